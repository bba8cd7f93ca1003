"""Step 2: the workspace and the resources that it can't be without."""

import streamlit as st

from pages.components import choice, fields, footer, graph_panel, page, region, steps
from pages.components.choice import Part

draft = page.begin(
    steps.WORKSPACE,
    "Workspace details",
    "Name the workspace and its region. New resources for it are suggested; you can choose existing ones instead.",
)
footer.draw(draft, steps.WORKSPACE)
form, side = graph_panel.columns()
with side:
    graph_panel.of_draft(draft)
with form:
    fields.text(draft, "workspace.name", label="Workspace name")
    region.draw(draft)
    choice.draw(draft, Part("storage_account", more=("sku",), checked="storage_account"))
    choice.draw(draft, Part("key_vault", more=("sku",), checked="key_vault"))
    choice.draw(draft, Part("application_insights"))
    if draft.config.sections["application_insights"].model_dump()["mode"] == "new":
        with st.container(key="indented"):
            choice.draw(draft, Part("log_analytics", more=("retention_days",)))
    with st.expander("Advanced: storage access, high business impact"):
        fields.field(draft, "workspace.storage_access", label="Storage account access")
        fields.field(draft, "workspace.high_business_impact", label="High business impact workspace")
