"""Touches that Streamlit has no option for: steps are marked for screen readers, and Enter starts a project."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "groundplan_touches", html="", js=(Path(__file__).parent / "touches.js").read_text(encoding="utf-8")
)


def draw(page: str) -> None:
    """Put the script on the page; it shows nothing and sends nothing."""
    with st.container(key="touches"):
        _component(key="touching", data={"page": page})
