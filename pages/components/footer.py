"""The portal's footer: one step back, straight to the review, one step on."""

from collections.abc import Callable

import streamlit as st

from pages.components import steps
from pages.components.state import Draft
from pages.components.steps import Step


def draw(draft: Draft, here: Step, *, next: bool = True, action: Callable[[], None] | None = None) -> None:
    """Stick the links to the bottom of the window; `action` stands in the place of the next step."""
    before, after = steps.before(here), steps.after(here)
    with st.bottom, st.container(key="footer", horizontal=True, vertical_alignment="center"):
        if before:
            steps.link(before, "Back", draft.id, key="back")
        else:
            steps.link(steps.OVERVIEW, "Back", None, key="back")
        st.space("stretch")
        if here.number < steps.SUMMARY.number - 1:
            steps.link(steps.SUMMARY, "Review + create", draft.id, key="review")
        if action:
            action()
        elif after and next:
            steps.link(after, f"Next: {after.title}", draft.id, key="next")
