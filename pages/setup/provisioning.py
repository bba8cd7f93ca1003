"""Step 6: the newest run of the project, live. Closing the tab changes nothing; the URL shows it again."""

import streamlit as st

from pages.components import footer, graph_panel, guard, page, project_places, run_panel, steps, undo
from services.progress import RunView
from services.runs import journal

draft = page.begin(
    steps.PROVISIONING,
    "Provisioning",
    "Every resource as it comes up, or goes. You can close this page: the run goes on.",
)
newest = journal.newest(draft.id)
if newest is None:
    st.info("Nothing has been created yet. Review the project, then press Create.")
    steps.link(steps.SUMMARY, "Review + create", draft.id)
    st.stop()
plan = journal.plan_of(newest.id)


def draw(run: RunView) -> None:
    """How far the run is, on the graph and in the table."""
    guard.refusal()
    run_panel.summary(run)
    run_panel.failures(run, plan)
    graph_panel.draw(plan, draft.id, run, height=440)
    run_panel.table(run, plan)
    if not run.ended:
        run_panel.cancel(run)


run_panel.live(newest.id, draw)
undo.draw(newest)
if newest.kind == "destroy" and newest.ended:
    steps.link(project_places.PAGES["tear_down"], "See the receipt", draft.id)
footer.draw(draft, steps.PROVISIONING, next=newest.kind == "apply" and newest.state == "Succeeded")
