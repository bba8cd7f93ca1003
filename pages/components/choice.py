"""The portal's way to choose a resource: `(new) name` first, then what the subscription holds, `None` where allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import streamlit as st

from pages.components import binding, cloud_state, fields, markup, state, titles
from pages.components.state import Draft
from services.config import Section
from services.preflight.existing import Candidate
from services.runs.projects import MISSING

NEW, NONE, BY_ID = "new", "none", "by id"


@dataclass(frozen=True)
class Part:
    """A section as one row of the form: its label, the key that names the new resource, further fields, the checked type."""

    section: str
    name: str = "name"
    more: tuple[str, ...] = ()
    checked: str = ""
    label: str = ""


def draw(draft: Draft, part: Part, *, disabled: bool = False) -> None:
    """The select, what can't be chosen and why, and the fields of a new resource."""
    with st.container(key=f"part_{part.section}", gap="xxsmall"):
        _draw(draft, part, disabled)


def _draw(draft: Draft, part: Part, disabled: bool) -> None:
    answer = cloud_state.candidates(part.section, draft.config)
    chosen = _chosen(draft, part)
    options = _options(draft, part, answer.value, chosen, bool(answer.error))
    write = partial(_choose, draft.id, part.section)
    key = binding.bind(draft.key(f"{part.section}#choice"), chosen, write, "select")
    st.selectbox(
        (part.label or titles.of(part.section)) + fields.REQUIRED, options, key=key, disabled=disabled,
        format_func=lambda option: _words(draft, part, answer.value, option),
        help=fields.help_of(f"{part.section}.{part.name}"),
    )  # fmt: skip
    cloud_state.trouble(answer, part.section)
    if chosen == NEW:
        _create_new(draft, part, disabled)
    elif chosen != NONE:
        _existing(draft, part, chosen, answer.value, bool(answer.error))
    _unsuitable(part, answer.value, chosen)


def _options(draft: Draft, part: Part, found: Sequence[Candidate], chosen: str, silent: bool) -> list[str]:
    modes = get_args(Section.SECTIONS[part.section].model_fields["mode"].annotation)
    listed = [c.id for c in found if c.unsuitable is None]
    options = [NONE] * (NONE in modes) + [NEW] + listed + [BY_ID] * silent
    return list(dict.fromkeys([*options, chosen]))


def _words(draft: Draft, part: Part, found: Sequence[Candidate], option: str) -> str:
    if option == NONE:
        return "None"
    if option == NEW:
        new = state.parsed(_with_section(draft, part.section, {"mode": "new"}, drop=("id",)))
        return f"(new) {state.value_at(new.config, f'{part.section}.{part.name}')}"
    if option == BY_ID:
        return "Existing, by name or resource ID"
    known = next((c for c in found if c.id == option), None)
    return f"{known.name} · {known.group} · {known.location}" if known else option.rpartition("/")[2]


def _chosen(draft: Draft, part: Part) -> str:
    settings = draft.config.sections[part.section]
    mode = str(getattr(settings, "mode", NEW))
    if mode != "existing":
        return mode
    return str(getattr(settings, "id", None) or "") or BY_ID


def _choose(id: str, section: str, choice: str) -> None:
    """Write a choice. The name and size of a new resource stay in the draft, so that they are there again later."""
    now = dict(state.section_choices(id, section))
    now.pop("id", None)
    if choice in (NEW, NONE):
        now["mode"] = choice
    else:
        now |= {"mode": "existing"} | ({"id": choice} if choice != BY_ID else {})
    if now["mode"] == Section.SECTIONS[section].model_fields["mode"].default:
        del now["mode"]
    state.commit(id, section, now or MISSING)


def _unsuitable(part: Part, found: Sequence[Candidate], chosen: str) -> None:
    out = [c for c in found if c.unsuitable and c.id != chosen]
    if out:
        with st.expander(f"{len(out)} existing can't be chosen", type="compact"):
            markup.items(f"{c.name} ({c.group}): {c.unsuitable}" for c in out)


def _create_new(draft: Draft, part: Part, disabled: bool) -> None:
    paths = [f"{part.section}.{key}" for key in (part.name, *part.more)]
    problem = any(draft.problems(path) for path in paths)
    check = cloud_state.taken(draft.config, part.checked, paths[0]) if part.checked else None
    taken = None if problem or check is None else check()
    with st.expander(
        "Create new",
        expanded=problem or taken is not None,
        key=f"new:{draft.id}:{part.section}",
        type="compact",
    ):
        fields.text(draft, paths[0], label="Name", disabled=disabled, check=check)
        for path in paths[1:]:
            fields.field(draft, path, label=titles.field(path), disabled=disabled)


def _existing(draft: Draft, part: Part, chosen: str, found: Sequence[Candidate], silent: bool) -> None:
    known = next((c for c in found if c.id == chosen), None)
    if chosen == BY_ID:
        fields.text(draft, f"{part.section}.name", label="Name in the project's resource group")
    elif known and known.unsuitable:
        markup.note(f"{known.name} {known.unsuitable}. Choose another one, or create a new one.", "bad")
    elif known:
        markup.note("It is used as it is and never changed.", "good")
    elif not silent:
        markup.note("It is not in the subscription any more. Choose another one, or create a new one.", "bad")


def _with_section(draft: Draft, section: str, more: dict[str, Any], drop: tuple[str, ...]) -> dict[str, Any]:
    now = draft.project.choices.get(section)
    kept = {k: v for k, v in now.items() if k not in drop} if isinstance(now, dict) else {}
    return {**draft.project.choices, section: kept | more}
