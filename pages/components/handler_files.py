"""The files of a handler on a page: which one is open, keeping what was typed, and what another tab has written."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.components import guard, handler_editor, markup, state
from pages.components.handler_editor import Edit
from services.config import Problem
from services.models import handler, records
from services.models.handler import Handler, checking, editing
from services.models.handler.editing import FileChanged, NameRefused
from services.models.records import ModelRecord
from services.runs.database import DatabaseError

MEMORY = "handler"  # model id, file -> Memory: what this tab has done with the editor's texts


@dataclass
class Memory:
    """The last edit that was kept, the last one that was given up, and one that could not be kept."""

    kept: int = 0
    dropped: int = 0
    refused: Edit | None = None
    why: str = ""


@dataclass(frozen=True)
class Bench:
    """A model's handler as the page works on it."""

    record: ModelRecord
    generated: Handler
    current: Handler
    problems: tuple[Problem, ...] = field(default=())


def take(record: ModelRecord) -> Bench:
    """Keep what the editors have sent, then read the handler as it stands."""
    for name in handler.of_record(record).files:
        memory, edit = _memory(record.id, name), handler_editor.waiting(_key(record.id, name))
        if edit and edit.number > max(memory.kept, memory.dropped):
            _keep(record.id, name, edit, memory)
    now = records.get(record.id)
    current = handler.of_record(now)
    return Bench(now, handler.generate(now.intake, now.file_name), current, handler.problems(current))


def choose(bench: Bench) -> str:
    """Which file is open; each says whether it was changed and whether something is wrong with it."""
    names = _ordered(bench)
    words = {name: _tab(bench, name) for name in names}
    key = f"handler_file_{bench.record.id}"
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    picked = st.segmented_control(
        "File",
        names,
        key=key,
        format_func=lambda name: words.get(name, name),
        label_visibility="collapsed",
        required=True,
    )
    return str(picked or names[0])


def edit(bench: Bench, name: str) -> None:
    """The editor of the open file, and above it what another tab has written."""
    memory = _memory(bench.record.id, name)
    if memory.refused:
        _conflict(bench, name, memory)
    marks = {
        line: tone(p) for p in reversed(bench.problems) for file, line in [place(p)] if file == name and line
    }
    handler_editor.draw(
        _key(bench.record.id, name), name, bench.current.files[name], marks=marks,
        conflict=memory.refused is not None, dropped=memory.dropped,
    )  # fmt: skip


def add(bench: Bench) -> None:
    """A further file of the user's own."""
    with st.form(f"add_{bench.record.id}", clear_on_submit=True, border=False):
        name = st.text_input("Name of a further file", placeholder="helpers.py")
        if st.form_submit_button("Add a file") and name:
            guard.answering(_add)(bench.record.id, name.strip())
            st.rerun()


def place(problem: Problem) -> tuple[str, int | None]:
    """The file and the line of a problem."""
    name, _, rest = problem.path.partition(":")
    line = rest.partition(":")[0]
    return name, int(line) if line.isdigit() else None


def tone(problem: Problem) -> markup.Tone:
    """How grave a problem is."""
    return "care" if checking.is_warning(problem) else "bad"


def restore(id: str, name: str | None) -> None:
    """Go back to the generated text; what this tab's editor still holds gives way."""
    editing.restore(id, name, by=state.tab())
    for file in [name] if name else list(handler.of_record(records.get(id)).files):
        memory = _memory(id, file)
        sent = handler_editor.waiting(_key(id, file))
        memory.refused, memory.dropped = None, max(memory.dropped, sent.number if sent else 0)


def _keep(id: str, name: str, edit: Edit, memory: Memory) -> None:
    try:
        editing.write(id, name, edit.text, base=edit.base, by=state.tab())
    except (FileChanged, DatabaseError) as error:
        memory.refused, memory.why = edit, str(error)
    else:
        memory.kept, memory.refused = edit.number, None


def _conflict(bench: Bench, name: str, memory: Memory) -> None:
    id = bench.record.id
    st.warning(
        f"**{markup.plain(name)} was changed in another tab.** Yours stands in the editor and is not stored yet: "
        "which one counts?" if "another tab" in memory.why else f"**{markup.plain(name)} could not be saved.** "
        f"{markup.plain(memory.why)}"
    )  # fmt: skip
    with st.container(horizontal=True):
        st.button("Use mine", key=f"mine_{name}", on_click=guard.answering(_mine), args=(id, name))
        st.button("Take theirs", key=f"theirs_{name}", on_click=_theirs, args=(id, name))


def _mine(id: str, name: str) -> None:
    memory = _memory(id, name)
    if memory.refused:
        editing.write(id, name, memory.refused.text, base=None, by=state.tab())
        memory.kept, memory.refused = memory.refused.number, None


def _theirs(id: str, name: str) -> None:
    memory = _memory(id, name)
    if memory.refused:
        memory.dropped, memory.refused = memory.refused.number, None


def _add(id: str, name: str) -> None:
    try:
        editing.add(id, name, by=state.tab())
    except NameRefused as error:
        st.session_state[state.REFUSED] = str(error)


def _tab(bench: Bench, name: str) -> str:
    mine = [tone(p) for p in bench.problems if place(p)[0] == name]
    sign = "✕ " if "bad" in mine else "! " if mine else ""
    return f"{sign}{name}{' (edited)' if name in bench.record.files else ''}"


def _ordered(bench: Bench) -> list[str]:
    first = list(bench.generated.files)
    return first + sorted(bench.current.files.keys() - set(first))


def _key(id: str, name: str) -> str:
    return f"editor:{id}:{name}"


def _memory(id: str, name: str) -> Memory:
    memories: dict[Any, Memory] = st.session_state.setdefault(MEMORY, {})
    return memories.setdefault((id, name), Memory())
