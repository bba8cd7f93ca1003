"""What pressing Create would do to each resource, in words, with what would change and from what to what."""

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.components import markup, project_places, steps
from pages.components.markup import Tone, cell
from services.plan import Plan
from services.runs.changes import Change, Kind

WORDS: dict[Kind, str] = {
    "create": "Create", "change": "Change", "unchanged": "Unchanged", "existing": "Use as it is",
}  # fmt: skip
COUNTED: dict[Kind, str] = {
    "create": "to create", "change": "to change", "unchanged": "unchanged", "existing": "used as it is",
}  # fmt: skip
TONES: dict[Kind, Tone] = {"change": "care", "unchanged": "good"}
WORK: frozenset[Kind] = frozenset({"create", "change"})
NOTHING = "Nothing to change"


def button(planned: Mapping[str, Change]) -> str:
    """What the button says: Create, Apply changes, or that there is nothing to do."""
    kinds = {one.kind for one in planned.values()}
    if not kinds & WORK:
        return NOTHING
    return "Apply changes" if kinds & {"change", "unchanged"} else "Create"


def summary(planned: Mapping[str, Change]) -> str:
    """How many of each, in one line."""
    kinds = [one.kind for one in planned.values()]
    return ", ".join(f"{kinds.count(kind)} {said}" for kind, said in COUNTED.items() if kind in kinds)


def told(project_id: str, plan: Plan, planned: Mapping[str, Change]) -> None:
    """What applying a project again would do; where that is nothing, the way to look whether others changed it."""
    if button(planned) == NOTHING:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            markup.note(
                "Nothing to change: every resource stands as the project asks for it.", "good", live=False
            )
            steps.link(project_places.PAGES["drift"], "Check that nobody has changed it", project_id)
        return
    markup.note(f"Applying it: {summary(planned)}.", "care", live=False)
    _differences(plan, planned)


def word(one: Change) -> str:
    """The cell that says what happens to a resource."""
    return cell(WORDS[one.kind], tone=TONES.get(one.kind))


def finish_s(plan: Plan, planned: Mapping[str, Change]) -> dict[str, float]:
    """Key -> seconds from the start until that resource stands; what only has to be looked at takes none."""
    done: dict[str, float] = {}
    for r in plan:
        own = r.expected_s if planned[r.key].kind in WORK else 0.0
        done[r.key] = own + max((done[d] for d in r.depends_on), default=0.0)
    return done


def shown(value: Any) -> str:
    """A value of a body as text; what is not there is a dash."""
    if value is None:
        return "–"
    if value == "":
        return "(empty)"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _differences(plan: Plan, planned: Mapping[str, Change]) -> None:
    """Every property that would change, before and after."""
    rows = [
        [
            cell(plan[key].name, mono=True),
            cell(d.path, mono=True),
            cell(shown(d.before)),
            cell(shown(d.after)),
        ]
        for key, one in planned.items()
        for d in one.differences
    ]
    if rows:
        st.header("What changes", anchor=False)
        markup.table("What changes", ("Resource", "Property", "Now", "Then"), rows)
