"""An editor of one file on a page: line numbers, marks, and what was typed survives F5 and another tab.

Streamlit's text area shows no line numbers and keeps a text only when it is left; the editor packages for Streamlit are
no longer kept. So this one is a text area of the browser with a margin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "groundplan_handler_editor",
    html=(HERE / "handler_editor.html").read_text(encoding="utf-8"),
    css=(HERE / "handler_editor.css").read_text(encoding="utf-8"),
    js=(HERE / "handler_editor.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Edit:
    """What was typed: `number` grows with every one that is sent, `base` is the text that the writer began with."""

    number: int
    text: str
    base: str


def waiting(key: str) -> Edit | None:
    """What the editor of this key has sent last."""
    sent: Any = (st.session_state.get(key) or {}).get("edit")
    if not isinstance(sent, Mapping) or not {"number", "text", "base"} <= sent.keys():
        return None
    return Edit(int(sent["number"]), str(sent["text"]), str(sent["base"]))


def draw(
    key: str,
    name: str,
    text: str,
    *,
    marks: Mapping[int, str],
    conflict: bool = False,
    dropped: int = 0,
    height: int = 560,
) -> None:
    """Show the editor of a file. `marks` are line -> "bad" or "care"; edits up to `dropped` give way to `text`."""
    data = {
        "id": key, "name": name, "text": text, "marks": {str(line): mark for line, mark in marks.items()},
        "conflict": conflict, "dropped": dropped, "height": height,
    }  # fmt: skip
    _component(key=key, data=data, on_edit_change=_heard)


def _heard() -> None:
    """What was sent is read at the start of the run, by `waiting`."""
