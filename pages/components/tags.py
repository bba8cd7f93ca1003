"""Tags: names and values that go onto every resource."""

from functools import partial

import streamlit as st

from pages.components import binding, fields, markup, state
from pages.components.state import Draft


def draw(draft: Draft) -> None:
    """A row for each tag, and an empty one for the next."""
    tags = draft.shown("tags")
    rows = [*tags.items(), ("", "")] if isinstance(tags, dict) else [("", "")]
    with st.expander("Tags", expanded=len(rows) > 1, key=f"tags:{draft.id}"):
        markup.note("Name/value pairs on every resource, to find and to bill them by.", live=False)
        for number, (name, value) in enumerate(rows):
            _row(draft, number, name, str(value))
        fields.verdict(draft, "tags")


def _row(draft: Draft, number: int, name: str, value: str) -> None:
    left, right, end = st.columns([4, 4, 2], vertical_alignment="bottom")
    for column, place, shown in ((left, 0, name), (right, 1, value)):
        write = partial(_write, draft.id, number, place)
        key = binding.bind(
            f"{draft.id}:tag:{number}:{place}", _waiting().get((draft.id, number, place), shown), write
        )
        column.text_input(("Name", "Value")[place], key=key, max_chars=(512, 256)[place], live=place == 1)
    if name:
        label, what = f"{draft.id}:tag:{number}:remove", markup.plain(name)
        end.button("Remove", key=label, on_click=_remove, args=(draft.id, name), help=f"Remove {what}")
    wanted = _waiting().get((draft.id, number, 0), "")
    if wanted:
        markup.note(f"There is a tag {wanted} already; a name stands once.", "bad")


def _write(id: str, number: int, place: int, text: str) -> None:
    """Write one half of a row. A doubled name, and a value without a name, wait in the session."""
    waiting, rows = _waiting(), _rows(id)
    waiting[(id, number, place)] = text.strip()
    row = [*(rows[number] if number < len(rows) else ("", ""))]
    row = [waiting.get((id, number, part), row[part]) for part in (0, 1)]
    others = [name for i, (name, _) in enumerate(rows) if i != number]
    if row[0] and row[0] not in others:
        rows[number : number + 1] = [(row[0], row[1])]
        state.commit(id, "tags", dict(rows))
        for part in (0, 1):
            waiting.pop((id, number, part), None)


def _remove(id: str, name: str) -> None:
    _waiting().clear()
    state.commit(id, "tags", {n: v for n, v in _rows(id) if n != name})


def _rows(id: str) -> list[tuple[str, str]]:
    return list(state.section_choices(id, "tags").items())


def _waiting() -> dict[tuple[str, int, int], str]:
    return st.session_state.setdefault(state.WAITING_TAGS, {})  # type: ignore[no-any-return]
