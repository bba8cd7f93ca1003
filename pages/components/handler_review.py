"""Beside and below the editor of a handler: problems, hashes, the state of the verdict, the difference, the ways back."""

import io
import zipfile
from pathlib import Path

import streamlit as st

from pages.components import graph_places, guard, handler_files, markup, model_places, steps
from pages.components.handler_files import Bench
from services.models import handler
from services.models.gate import gate
from services.models.handler import editing

STYLE = Path(__file__).parent / "handler_review.css"


def style() -> None:
    """Put the style of a difference into the page."""
    st.html(STYLE)


def problems(bench: Bench) -> None:
    """Everything that stands against the handler, with its line."""
    st.subheader("Problems", anchor=False)
    if not bench.problems:
        markup.note("None found. Nothing was run for that; the test on this machine runs it.", "good")
    for problem in bench.problems:
        name, line = handler_files.place(problem)
        hint = f" Try: {problem.suggestion}" if problem.suggestion else ""
        where = f"{name}, line {line}" if line else name
        markup.note(f"{where}: {problem.message}{hint}", handler_files.tone(problem))


def facts(bench: Bench) -> None:
    """What the test and the gate know this handler by, and whether the last test still speaks of it."""
    st.subheader("This version", anchor=False)
    current = bench.current
    rows = [("Code, SHA-256", current.digest[:16]), ("Environment, SHA-256", current.environment_digest[:16])]
    rows += (
        [("Python", current.python or "not pinned")] if current.language == "python" else [("Language", "R")]
    )
    edited = editing.edited(bench.record)
    markup.facts([*rows, ("Edited files", ", ".join(edited) or "none: as generated")])
    if bench.record.verdict is not None:
        found = gate(bench.record)
        markup.note(found.reason, "good" if found.open else "care")
    steps.link(graph_places.PAGES["files"], "It is part of the project's files", bench.record.project_id)
    steps.link(model_places.PAGES["test"], "Test it on this machine", bench.record.project_id)


def difference(bench: Bench, name: str) -> None:
    """The open file against the generated one."""
    changes = handler.difference(bench.generated, bench.current)
    if name not in changes:
        markup.note(f"{name} is as it was generated.", live=False)
        return
    with st.expander(f"What you have changed in {name}", expanded=True):
        markup.diff(f"Difference of {name}", changes[name])


def actions(bench: Bench, name: str) -> None:
    """Download, remove, go back."""
    with st.container(horizontal=True):
        st.download_button(
            f"Download {name}",
            bench.current.files[name],
            name,
            "text/plain",
            key="handler_file_download",
            on_click="ignore",
        )
        st.download_button(
            "Download all (zip)",
            lambda: zipped(bench),
            "api.zip",
            "application/zip",
            key="handler_zip",
            on_click="ignore",
        )
        if name in editing.own(bench.record):
            _sure("Remove this file", f"{name} is removed for good.", "Remove it", bench, name)
        elif name in bench.record.files:
            words = f"Your changes in {name} are given up for good."
            _sure("Go back to the generated file", words, "Give my changes up", bench, name)
        if len(bench.record.files) > 1:
            words = f"Your changes in {', '.join(editing.edited(bench.record))} are given up for good."
            _sure("Go back to the generated handler", words, "Give all changes up", bench, None)


def zipped(bench: Bench) -> bytes:
    """Every file of the handler as a zip."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, text in sorted(bench.current.files.items()):
            parts.writestr(f"api/{name}", text)
    return archive.getvalue()


def _sure(label: str, words: str, do: str, bench: Bench, name: str | None) -> None:
    with st.popover(label):
        markup.note(words, "care", live=False)
        key = f"back_{name or 'all'}"
        st.button(do, key=key, on_click=guard.answering(handler_files.restore), args=(bench.record.id, name))
