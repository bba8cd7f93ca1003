"""Step 1: the project's details: where it goes, its resource group, its tags."""

import streamlit as st

from pages.components import choice, fields, footer, graph_panel, page, region, steps, subscription, tags

draft = page.begin(
    steps.RESOURCE_GROUP,
    "Project details",
    "Select the subscription that pays, and the resource group: the folder in which everything of this project lies.",
)
footer.draw(draft, steps.RESOURCE_GROUP)
form, side = graph_panel.columns()
with side:
    graph_panel.of_draft(draft)
with form:
    fields.text(draft, "name", disabled=draft.fixed)
    subscription.draw(draft)
    with st.container(key="indented"):
        choice.draw(draft, choice.Part("resource_group"), disabled=draft.fixed)
        region.draw(draft)
    tags.draw(draft)
