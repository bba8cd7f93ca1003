"""Draws a field from its declaration: the title, the help and the rule of a name stand in the catalogue, not in the page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from pages.components import binding, markup, state, titles
from pages.components.state import Draft
from services.catalogue import registry
from services.config import Core, Problem, Section
from services.naming import NameRule

REQUIRED = " *"  # no colour: the label is read out as it is written
SCOPES = {"global": "unique in the world"}


def field(draft: Draft, path: str, *, label: str | None = None, disabled: bool = False) -> None:
    """The field of one key, whatever its type: text, choice, number or yes/no."""
    with frame(draft, path):
        _field(draft, path, label, disabled)


def frame(draft: Draft, path: str) -> st.delta_generator.DeltaGenerator:
    """A place of its own for a field and what is said about it: what comes and goes there moves no other field."""
    return st.container(key=f"field:{draft.key(path)}", gap="xxsmall")


def _field(draft: Draft, path: str, label: str | None, disabled: bool) -> None:
    annotation = declared(path).annotation
    if get_origin(annotation) is Literal:
        select(draft, path, get_args(annotation), label=label, disabled=disabled)
    elif annotation is bool:
        _checkbox(draft, path, label, disabled)
    elif annotation is int:
        _number(draft, path, label, disabled)
    else:
        _text(draft, path, label, disabled, None, None)


def text(
    draft: Draft, path: str, *, label: str | None = None, disabled: bool = False,
    check: Callable[[], Problem | None] | None = None, help: str | None = None,
) -> None:  # fmt: skip
    """A text that is judged while it is typed; `check` asks the cloud once the rule is kept."""
    with frame(draft, path):
        _text(draft, path, label, disabled, check, help)


def _text(
    draft: Draft, path: str, label: str | None, disabled: bool, check: Callable[[], Problem | None] | None, help: str | None
) -> None:  # fmt: skip
    key = binding.bind(draft.key(path), str(draft.shown(path)), _write(draft, path))
    st.text_input(
        (label or titles.of(path)) + REQUIRED, key=key, help=help or help_of(path), disabled=disabled, live="300ms",
        autocomplete="off", max_chars=260,
    )  # fmt: skip
    verdict(draft, path, check)


def verdict(draft: Draft, path: str, check: Callable[[], Problem | None] | None = None) -> None:
    """The rule and whether it is kept, in one quiet line, with a suggestion that can be taken."""
    problem = next(iter(draft.problems(path)), None)
    problem = problem or (check() if check else None)
    rule = rule_of(path)
    if problem:
        markup.note(problem.message, "bad")
        if problem.suggestion:
            st.button(
                f"Use {markup.plain(problem.suggestion)}", key=f"use:{draft.key(path)}", type="tertiary",
                on_click=state.commit, args=(draft.id, path, problem.suggestion),
            )  # fmt: skip
    elif rule:
        scope = SCOPES.get(rule.scope, f"unique in its {rule.scope}")
        markup.note(f"{rule.min}–{rule.max} characters, {scope}. {rule.says}", "good")


def select(
    draft: Draft, path: str, options: Sequence[Any], *, label: str | None = None, disabled: bool = False,
    words: Callable[[Any], str] = titles.word, help: str | None = None,
) -> None:  # fmt: skip
    """One of a few values; a stored value that is none of them gives way to the default and is named as a problem."""
    shown = draft.shown(path)
    value = shown if shown in options else state.value_at(draft.config, path)
    key = binding.bind(draft.key(path), value, _write(draft, path), "select")
    st.selectbox(
        label or titles.of(path), list(options), key=key, format_func=words, help=help or help_of(path),
        disabled=disabled,
    )  # fmt: skip
    if draft.problems(path):
        verdict(draft, path)


def help_of(path: str) -> str | None:
    """Two sentences and a link, where the question comes up."""
    head = path.partition(".")[0]
    described = declared(path).description
    kind = registry.by_section(head) if head in Section.SECTIONS else None
    link = f"[{kind.label} in Azure's documentation]({kind.docs})" if kind else None
    return " ".join(filter(None, [described, link])) or None


def declared(path: str) -> FieldInfo:
    """The declaration of a key."""
    head, _, rest = path.partition(".")
    return Section.SECTIONS[head].model_fields[rest] if rest else Core.model_fields[head]


def rule_of(path: str) -> NameRule | None:
    """The name rule of a key, if it holds a name."""
    head, _, rest = path.partition(".")
    return Section.SECTIONS[head].name_rules().get(rest) if rest else None


def _write(draft: Draft, path: str) -> binding.Write:
    return partial(state.commit, draft.id, path)


def _checkbox(draft: Draft, path: str, label: str | None, disabled: bool) -> None:
    key = binding.bind(draft.key(path), draft.shown(path) is True, _write(draft, path), "tick")
    st.checkbox(
        label or titles.field(path), key=key, help=help_of(path), disabled=disabled,
    )  # fmt: skip


def _number(draft: Draft, path: str, label: str | None, disabled: bool) -> None:
    low, high = _bounds(declared(path))
    shown = draft.shown(path)
    fits = isinstance(shown, int) and low <= shown <= high
    value = shown if fits else state.value_at(draft.config, path)
    key = binding.bind(draft.key(path), value, _write(draft, path), "number")
    st.number_input(
        label or titles.field(path), min_value=low, max_value=high, step=1, key=key, help=help_of(path),
        disabled=disabled,
    )  # fmt: skip
    if draft.problems(path):
        verdict(draft, path)


def _bounds(info: FieldInfo) -> tuple[int, int]:
    low = next((m.ge for m in info.metadata if hasattr(m, "ge")), 0)
    high = next((m.le for m in info.metadata if hasattr(m, "le")), 1_000_000)
    return low, high
