"""What pressing Create would do to each resource, in words, with what would change and from what to what."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components import markup
from pages.components.markup import cell
from services.plan import Plan
from services.progress import DONE, RunView, StepView
from services.runs import changes, journal
from services.runs.changes import Difference

CREATE, CHANGE, UNCHANGED, USE, AGAIN = "Create", "Change", "Unchanged", "Use as it is", "Try again"
WORDS = {"create": CREATE, "change": CHANGE, "unchanged": UNCHANGED, "existing": USE}
WORK = frozenset({CREATE, CHANGE, AGAIN})
NOTHING = "Nothing to change"


@dataclass(frozen=True)
class Coming:
    """What would happen to one resource, and its properties that would change."""

    word: str
    differences: tuple[Difference, ...] = ()


def coming(plan: Plan, project_id: str) -> dict[str, Coming]:
    """Key -> what would happen. What an earlier run has adopted is used again; what has failed is tried again."""
    told = told_last(journal.history(project_id, limit=20))
    found = changes.of_plan(plan)
    return {
        r.key: Coming(_word(found[r.key].kind, told.get(r.id.lower())), found[r.key].differences)
        for r in plan
    }


def told_last(runs: Iterable[RunView]) -> dict[str, tuple[str, StepView]]:
    """Resource ID -> the newest step that brought something about, with the kind of its run; the newest run first."""
    found: dict[str, tuple[str, StepView]] = {}
    for run in runs:
        for step in run.steps.values():
            if step.state in DONE or step.state == "Failed":
                found.setdefault(step.resource_id.lower(), (run.kind, step))
    return found


def button(planned: Mapping[str, Coming]) -> str:
    """What the button says: Create, Apply changes, or that there is nothing to do."""
    words = {one.word for one in planned.values()}
    if not words & WORK:
        return NOTHING
    return "Apply changes" if words & {CHANGE, UNCHANGED, AGAIN} else "Create"


def summary(planned: Mapping[str, Coming]) -> str:
    """How many of each, in one line."""
    words = [one.word for one in planned.values()]
    counted = ((words.count(w), w.lower()) for w in (CREATE, CHANGE, AGAIN, UNCHANGED, USE))
    return ", ".join(f"{count} {word}" for count, word in counted if count)


def finish_s(plan: Plan, planned: Mapping[str, Coming]) -> dict[str, float]:
    """Key -> seconds from the start until that resource stands; what only has to be looked at takes none."""
    done: dict[str, float] = {}
    for r in plan:
        own = r.expected_s if planned[r.key].word in WORK else 0.0
        done[r.key] = own + max((done[d] for d in r.depends_on), default=0.0)
    return done


def differences(plan: Plan, planned: Mapping[str, Coming]) -> None:
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


def shown(value: Any) -> str:
    """A value of a body as text; what is not there is a dash."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _word(kind: str, last: tuple[str, StepView] | None) -> str:
    if last and kind == "create" and last[0] == "apply" and last[1].state in DONE:
        return USE  # it was there already, and no run of ours has put it
    if last and kind == "unchanged" and last[0] == "apply" and last[1].state == "Failed":
        return AGAIN  # Azure took the request and did not bring it to stand
    return WORDS[kind]
