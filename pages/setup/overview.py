"""Step 0: what Groundplan is, a new project, the projects that are there, a `project.yaml` to load."""

import streamlit as st

from pages.components import markup, project_list

st.title("Groundplan", anchor=False)
markup.lead(
    "From an empty Azure subscription to a served machine-learning model. You choose; Groundplan draws what it will "
    "create, creates it, and shows every step. Without an Azure account it rehearses on a simulator on this machine."
)
begin, load = st.columns([3, 2], gap="large")
with begin:
    st.subheader("New project", anchor=False)
    project_list.new()
with load:
    st.subheader("Load a project file", anchor=False)
    project_list.load()
project_list.draw()
