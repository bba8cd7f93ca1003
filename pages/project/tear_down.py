"""Removing what Groundplan has created for a project: what goes, what stays, a confirmation, the progress, the receipt."""

import streamlit as st

from pages.components import project_page, steps, tear_down
from services.runs import journal

draft = project_page.begin(
    "tear_down",
    "Tear down",
    "Removes what Groundplan has created for this project, and nothing else.",
)
newest = journal.newest(draft.id)
if newest and newest.kind == "apply" and not newest.ended:
    st.info("A run of this project goes on. Tearing down can begin when it has ended, or is cancelled.")
    steps.link(steps.PROVISIONING, "See the run", draft.id)
    st.stop()
if newest and newest.kind == "destroy":
    tear_down.progress(newest)
if newest is None or newest.ended:
    tear_down.offer(draft)
