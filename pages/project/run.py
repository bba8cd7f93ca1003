"""One run, which the URL names: every step with attempts and IDs, what failed and why; and as a file."""

import streamlit as st

from pages.components import project_page, run_details

draft = project_page.begin("history", "Run", "Everything that is known of one run of this project.")
run_details.draw(draft.id, st.query_params.get("run", ""))
