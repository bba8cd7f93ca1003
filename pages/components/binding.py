"""Ties widgets to the draft: each shows what is stored, and what the user changes is written at the start of the next run.

Not by `on_change`: Streamlit may break off a callback where it touches the session, when the next key stroke comes in,
and never calls it again (seen). What is compared at the start of a run is found again however often it is broken off.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.components.state import DRAWN, PAGE

Write = Callable[[Any], None]


def enter(page: str) -> None:
    """Note which page this tab shows: a widget of another page leaves nothing behind, even under the same key."""
    if st.session_state.get(PAGE) != page:
        st.session_state[PAGE] = page
        st.session_state[DRAWN] = {}


def bind(key: str, value: Any, write: Write, *, always: bool = False) -> str:
    """Give a widget its value before it is drawn, and remember how to write a change; gives the key.

    A select knows its options by what they show: where that changes, give its value `always`.
    """
    drawn: dict[str, tuple[Any, Write]] = st.session_state.setdefault(DRAWN, {})
    if always or key not in drawn or key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    drawn[key] = (value, write)
    return key


def reconcile() -> None:
    """Write what the user has changed since the widgets were drawn."""
    drawn: dict[str, tuple[Any, Write]] = st.session_state.get(DRAWN, {})
    for key, (value, write) in list(drawn.items()):
        now = st.session_state.get(key, value)
        if now != value:
            write(now)
            drawn[key] = (now, write)
