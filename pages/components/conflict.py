"""What the second of two tabs is told: which value another tab has written, and that nothing of its own is lost."""

import streamlit as st

from pages.components import durations, markup, state, titles
from pages.components.state import Draft, Unsaved
from services.runs.projects import MISSING


def draw(draft: Draft) -> None:
    """One box for each value that could not be written, and one line about what changed elsewhere.

    They stand in a place of their own, so that a message that comes moves no field out of the focus.
    """
    with st.container(key="messages"):
        _messages(draft)


def _messages(draft: Draft) -> None:
    for unsaved in state.unsaved_of(draft.id).values():
        if unsaved.conflict:
            _conflict(draft, unsaved)
        else:
            _fault(draft, unsaved)
    changed = state.told(draft.id)
    if changed:
        st.info(
            f"Another tab has changed: {', '.join(map(markup.plain, map(titles.of, changed)))}. You see the new values."
        )


def _conflict(draft: Draft, unsaved: Unsaved) -> None:
    assert unsaved.conflict
    path, name = unsaved.path, markup.plain(titles.of(unsaved.path))
    with st.container(border=True, key=f"conflict_{path.replace('.', '_')}"):
        st.warning(
            f"**{name} was changed in another tab {durations.ago(unsaved.conflict.at)}.** "
            "Yours is not stored yet: which one counts?"
        )
        st.text(f"Yours:  {_plain(unsaved.value)}\nTheirs: {_plain(unsaved.conflict.theirs)}")
        with st.container(horizontal=True):
            st.button("Use mine", key=f"mine:{path}", on_click=state.take_mine, args=(draft.id, path))
            st.button("Take theirs", key=f"theirs:{path}", on_click=state.take_theirs, args=(draft.id, path))


def _fault(draft: Draft, unsaved: Unsaved) -> None:
    name, fault = markup.plain(titles.of(unsaved.path)), markup.plain(unsaved.fault)
    st.error(f"**{name} could not be saved; it is kept on this page.** {fault}")
    st.button(
        "Save again", key=f"again:{unsaved.path}", on_click=state.take_mine, args=(draft.id, unsaved.path)
    )


def _plain(value: object) -> str:
    if value is None or value is MISSING:
        return "(the default)"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {v}" for k, v in value.items()) or "(empty)"
    return str(value) or "(empty)"
