"""Step 7: what stands now: every resource with its ID and outputs, `config.json`, what to do next."""

import streamlit as st

from pages.components import footer, page, result, steps
from services.runs import journal

draft = page.begin(
    steps.COMPLETE, "Overview of the deployment", "What was created, where it is, and how to go on from here."
)
run = journal.newest(draft.id)
if run is None or run.kind != "apply" or run.state != "Succeeded":
    result.missing(draft, run)
    footer.draw(draft, steps.COMPLETE)
    st.stop()
plan = journal.plan_of(run.id)
st.success("**Your deployment is complete.**")
result.essentials(plan, run)
result.table(plan, run)
result.outputs(plan, run)
result.next_steps(draft, plan)
footer.draw(draft, steps.COMPLETE)
