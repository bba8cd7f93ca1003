"""Step 0: what Groundplan is, a new project, the projects that are there, a `project.yaml` to load."""

import streamlit as st

from pages.components import binding, graph_overview, markup, project_list, state

binding.enter("overview")
st.title("From an empty Azure subscription to a served model", anchor=False)
markup.lead(
    "You choose; Groundplan draws what it will create in Azure Machine Learning, creates it, and shows every step. "
    "Without an Azure account it rehearses on a simulator on this machine, where nothing costs money."
)
begin, load = st.columns([3, 2], gap="large")
with begin:
    st.header("New project", anchor=False)
    project_list.new()
with load:
    st.header("Load a project file", anchor=False)
    project_list.load()
project_list.draw()
graph_overview.draw(state.project_id())
