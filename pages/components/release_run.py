"""A run about a model, live: the same panel as for provisioning, on the graph of its parts; and what came of it."""

import streamlit as st

from pages.components import graph_panel, guard, markup, model_places, run_panel, run_plan, steps, undo
from services.progress import RunView
from services.release import Release


def draw(run: RunView) -> None:
    """How far it is, what failed, the graph, the table, cancel, undo; and what came of it."""
    _panel(run)
    outcome(run)
    undo.draw(run)


def _panel(run: RunView) -> None:
    plan = run_plan.of(run)

    def panel(now: RunView) -> None:
        guard.refusal()
        run_panel.summary(now)
        run_panel.failures(now, plan)
        if now.state != "Succeeded" or now.kind == "deploy":
            graph_panel.draw(plan, f"{now.project}:{now.id}", now, height=440)
        run_panel.table(now, plan)
        if not now.ended:
            run_panel.cancel(now)

    with st.container(key="release_run"):
        run_panel.live(run.id, panel)


def ended(run: RunView) -> None:
    """A run that is over: how it went and where to go from there; the rest is folded unless something went wrong."""
    well = run.state == "Succeeded"
    if run.kind == "deploy" and well:
        st.success(f"**The model is deployed:** {markup.plain(title(run))}.")
        steps.link(model_places.PAGES["endpoint"], "To the endpoint", run.project, key="next")
    outcome(run)
    with st.expander(f"The last run: {markup.plain(title(run))}", expanded=not well):
        _panel(run)
        undo.draw(run)


def outcome(run: RunView) -> None:
    """What the golden set said before the traffic moved, and how the traffic stands since."""
    failed = run.steps.get("online_deployment")
    if run.kind == "deploy" and failed and failed.state == "Failed":
        query = {**steps.query(run.project), "part": "Logs"}
        st.page_link(
            model_places.PAGES["endpoint"], label="See the logs of its containers", query_params=query
        )
    smoke, traffic = run.steps.get("smoke_test"), run.steps.get("traffic")
    if smoke and smoke.outputs:
        told = smoke.outputs
        markup.note(
            f"Golden set: {told.get('passed')} of {told.get('requests')} answered as expected, the slowest in "
            f"{told.get('slowest_ms')} ms.", "good", live=False,
        )  # fmt: skip
    if traffic and traffic.state == "Succeeded":
        shares = traffic.outputs.get("traffic") or {}
        markup.note(f"Traffic: {words(shares)}.", "good", live=False)


def words(shares: dict[str, int]) -> str:
    """Shares of the traffic in words."""
    return ", ".join(f"{name} {share} %" for name, share in shares.items() if share) or "none"


def title(run: RunView) -> str:
    """What a run about models was asked for."""
    if run.kind == "withdraw":
        return "Removal"
    release = Release.of(run.options["release"])
    return f"{release.file_name} to {release.endpoint}/{release.deployment}, {release.share} % of the traffic"
