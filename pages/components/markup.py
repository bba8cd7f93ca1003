"""The few pieces of HTML that Streamlit has no element for; every text that comes in is escaped here and nowhere else."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Literal

import streamlit as st

Tone = Literal["good", "care", "bad", "running", "muted"]
SIGNS: dict[Tone, str] = {"good": "✓", "care": "!", "bad": "✕", "running": "…", "muted": ""}
LOOK = Path(__file__).parent / "look.css"


def style() -> None:
    """Put the style sheet into the page."""
    st.html(LOOK)


def plain(text: str) -> str:
    """Text as it is where Streamlit reads Markdown: labels, messages."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])", r"\\\1", text)


def note(text: str, tone: Tone = "muted", *, live: bool = True) -> None:
    """One quiet line below a field; a screen reader is told when it changes."""
    role = ' role="status"' if live else ""
    st.html(f'<p class="gp-note gp-{tone}"{role}>{_sign(tone)}{escape(text)}</p>')


def line(parts: Iterable[tuple[str, Tone, str]]) -> None:
    """Several facts beside each other: text, tone, and what stands there on hover."""
    spans = "".join(
        f'<span class="gp-{tone}" title="{escape(hover)}">{_sign(tone)}{escape(text)}</span>'
        for text, tone, hover in parts
    )
    st.html(f'<p class="gp-line">{spans}</p>')


def lead(text: str) -> None:
    """The sentence that says what a page is."""
    st.html(f'<p class="gp-lead">{escape(text)}</p>')


def badge(text: str, kind: str, title: str) -> None:
    """A word that says in which state or on which cloud something is."""
    st.html(f'<span class="gp-badge gp-badge-{kind}" title="{escape(title)}">{escape(text)}</span>')


def facts(rows: Iterable[tuple[str, str]]) -> None:
    """Pairs of a name and a value, as the portal's essentials show them."""
    items = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in rows)
    st.html(f'<dl class="gp-facts">{items}</dl>')


def cell(
    text: str, *, mono: bool = False, tone: Tone | None = None, title: str = "", right: bool = False
) -> str:
    """One cell of `table`."""
    classes = [
        c for c, on in (("gp-mono", mono), ("gp-right", right), (f"gp-{tone}", tone is not None)) if on
    ]
    hover = f' title="{escape(title)}"' if title else ""
    return f'<td class="{" ".join(classes)}"{hover}>{_sign(tone) if tone else ""}{escape(text)}</td>'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A real table, which a screen reader can walk; the cells come from `cell`."""
    lines = list(rows)
    right = ["gp-right" in one for one in lines[0]] if lines else [False] * len(heads)
    places = [' class="gp-right"' if one else "" for one in right]
    pairs = zip(heads, places, strict=True)
    head = "".join(f'<th scope="col"{place}>{escape(h)}</th>' for h, place in pairs)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in lines)
    st.html(
        f'<div class="gp-scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table class="gp-table">'
        f'<caption class="gp-hidden">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def diff(caption: str, text: str) -> None:
    """A unified difference, each line with its sign and its colour."""
    kinds = {"+": "add", "-": "del", "@": "at"}
    named = [
        ("at" if place < 2 else kinds.get(line[:1], ""), line) for place, line in enumerate(text.split("\n"))
    ]
    lines = (f'<span class="{kind}">{escape(line) or " "}</span>' for kind, line in named)
    name = escape(caption)
    st.html(f'<pre class="gp-diff" tabindex="0" role="region" aria-label="{name}">{"".join(lines)}</pre>')


def items(lines: Iterable[str], tone: Tone = "muted") -> None:
    """A quiet list."""
    st.html(f'<ul class="gp-list gp-{tone}">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>')


def _sign(tone: Tone) -> str:
    sign = SIGNS[tone]
    return f'<span class="gp-sign" aria-hidden="true">{sign}</span> ' if sign else ""
