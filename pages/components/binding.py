"""Ties widgets to the draft: each shows what is stored, and what the user changes is written at the start of the next run.

Not by `on_change`: Streamlit may break off a callback where it touches the session, when the next key stroke comes in,
and never calls it again (seen). What is compared at the start of a run is found again however often it is broken off.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from pages.components.state import DRAWN, PAGE, SAID

Write = Callable[[Any], None]
Kind = Literal["text", "select", "number", "tick"]


@dataclass(frozen=True)
class Drawn:
    """What a widget was given, and how a change of it is written."""

    value: Any
    write: Write
    kind: Kind


def enter(page: str) -> None:
    """Note which page this tab shows: a widget of another page leaves nothing behind, even under the same key."""
    if st.session_state.get(PAGE) != page:
        st.session_state[PAGE] = page
        st.session_state[DRAWN] = {}


def bind(key: str, value: Any, write: Write, kind: Kind = "text") -> str:
    """Give a widget its value before it is drawn, and remember how to write a change; gives the key.

    A select knows its options by what they show, which may change: it gets its value every time. So does a widget of
    another kind under the key, as when a select gives way to free entry: it would begin empty.
    """
    drawn: dict[str, Drawn] = st.session_state.setdefault(DRAWN, {})
    before = drawn.get(key)
    known = before is not None and before.kind == kind and key in st.session_state
    if kind == "select" or not known or st.session_state[key] != value:
        st.session_state[key] = value
    drawn[key] = Drawn(value, write, kind)
    return key


def reconcile() -> None:
    """Begin a run of a page: write what the user has changed since the widgets were drawn."""
    st.session_state[SAID] = False
    drawn: dict[str, Drawn] = st.session_state.get(DRAWN, {})
    for key, before in list(drawn.items()):
        now = st.session_state.get(key, before.value)
        if now != before.value:
            before.write(now)
            drawn[key] = replace(before, value=now)
