"""The rehearsal: what its simulator can be asked to get wrong, and how it begins anew."""

import streamlit as st

from pages.components import binding, markup, scenarios, state

binding.enter("rehearsal")
st.title("Rehearsal", anchor=False)
markup.lead(
    "A simulator of Azure on this machine. It can play what goes wrong on Azure, so that you meet it here first: "
    "choose a scenario, then set up or deploy a project as usual."
)
scenarios.draw(state.project_id())
