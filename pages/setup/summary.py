"""Step 5: review everything, take the file away, create."""

import streamlit as st

from pages.components import changes, cloud_state, durations, footer, graph_panel, markup, page, review, steps
from services import project_file
from services.plan import build_plan
from services.runs.changes import of_plan

draft = page.begin(
    steps.SUMMARY,
    "Review + create",
    "What will be created or changed, in order. Nothing happens before you press the button.",
)
valid = review.validation(draft)
plan, pace = build_plan(draft.config), cloud_state.pace(draft.config)
planned = of_plan(plan, draft.id)
footer.draw(draft, steps.SUMMARY, action=lambda: review.create(draft, valid, planned))
if draft.fixed:
    changes.told(draft.id, plan, planned)
form, side = graph_panel.columns()
with side:
    graph_panel.of_standing(draft)
with form:
    review.values(draft)
st.header("Plan", anchor=False)
takes = durations.short(max(changes.finish_s(plan, planned).values()) * pace)
markup.lead(f"{changes.summary(planned)}. About {takes}: what does not depend on each other is done at once.")
review.plan_table(plan, pace, planned)
st.header("project.yaml", anchor=False)
text = project_file.write(draft.config)
st.download_button(
    "Download project.yaml", text, "project.yaml", "application/yaml", key="download", on_click="ignore"
)
with st.expander("Show the file"):
    st.code(text, language="yaml")
