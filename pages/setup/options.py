"""Step 4: data sources, Azure SQL, language and framework, the endpoint to come, the DevOps platform."""

import streamlit as st

from pages.components import choice, fields, footer, graph_panel, page, sources, steps

draft = page.begin(
    steps.OPTIONS,
    "Project options",
    "Where the data comes from, what the model is learned with, how it will be served. All of it can be changed later.",
)
footer.draw(draft, steps.OPTIONS)
form, side = graph_panel.columns()
with side:
    graph_panel.of_draft(draft)
with form:
    st.header("Data", anchor=False)
    sources.draw(draft)
    choice.draw(
        draft, choice.Part("sql", "server", ("database", "sku", "admin_login"), "sql_server", "Azure SQL")
    )
    st.header("Learning and development", anchor=False)
    fields.field(draft, "learning.language", label="Language")
    fields.field(draft, "learning.framework", label="Framework")
    st.header("Production", anchor=False)
    fields.field(draft, "production.endpoint", label="Online endpoint")
    fields.field(draft, "production.instance_type", label="Instance type")
    fields.field(draft, "production.instance_count", label="Instance count")
    st.header("DevOps", anchor=False)
    fields.field(draft, "devops.platform", label="DevOps platform")
