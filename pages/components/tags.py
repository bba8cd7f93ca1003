"""Tags: names and values that go onto every resource."""

import streamlit as st

from pages.components import fields, markup, state
from pages.components.state import Draft


def draw(draft: Draft) -> None:
    """A row for each tag, and an empty one for the next."""
    tags = draft.shown("tags")
    rows = [*tags.items(), ("", "")] if isinstance(tags, dict) else [("", "")]
    known = f"{draft.id}:tags"
    fresh = st.session_state.get(known) != rows[:-1]
    with st.expander("Tags", expanded=len(rows) > 1, key=f"tags:{draft.id}"):
        markup.note("Name/value pairs on every resource, to find and to bill them by.", live=False)
        for number, (name, value) in enumerate(rows):
            _row(draft, number, name, value, fresh)
        fields.verdict(draft, "tags")
    st.session_state[known] = rows[:-1]


def _row(draft: Draft, number: int, name: str, value: str, fresh: bool) -> None:
    keys = tuple(f"{draft.id}:tag:{number}:{part}" for part in ("name", "value"))
    for key, shown in zip(keys, (name, str(value)), strict=True):
        if fresh or key not in st.session_state:
            st.session_state[key] = shown
    left, right, end = st.columns([4, 4, 2], vertical_alignment="bottom")
    left.text_input("Name", key=keys[0], on_change=_write, args=(draft.id, number, *keys), max_chars=512)
    right.text_input("Value", key=keys[1], on_change=_write, args=(draft.id, number, *keys), max_chars=256)
    if name:
        end.button(
            "Remove", key=f"{keys[0]}:remove", on_click=_remove, args=(draft.id, name), help=f"Remove {name}"
        )


def _write(id: str, number: int, name_key: str, value_key: str) -> None:
    """Write a row; one without a name waits for it, and a doubled name changes nothing."""
    rows = _rows(id)
    name, value = st.session_state[name_key].strip(), st.session_state[value_key].strip()
    if name and name not in [n for i, (n, _) in enumerate(rows) if i != number]:
        rows[number : number + 1] = [(name, value)]
        state.commit(id, "tags", dict(rows))


def _remove(id: str, name: str) -> None:
    state.commit(id, "tags", {n: v for n, v in _rows(id) if n != name})


def _rows(id: str) -> list[tuple[str, str]]:
    return list(state.section_choices(id, "tags").items())
