"""Taking a foreign change over into the configuration: which setting, with which value, asks for what is there now?

No type says how its settings become its body backwards. So every value that a setting may have is tried: the one whose
body has the found value at that place is the answer. Where none has, the configuration can't express the change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from services.config import ConfigError, Section
from services.plan import Plan, build_plan
from services.runs import client, journal, projects
from services.runs.changes import Difference
from services.runs.database import writing
from services.runs.drift import GONE, same

OURS = "tags.groundplan-project"
FIXED = frozenset({"mode", "name", "id", "server", "database", "endpoint", "deployment"})


@dataclass(frozen=True)
class Taken:
    """A setting of `project.yaml` and the value that asks for what is there."""

    path: str
    value: Any


def fitting(project_id: str, plan: Plan, key: str, difference: Difference) -> Taken | None:
    """The setting that asks for what was found; None when the configuration can't express it."""
    if difference == GONE or key not in plan:
        return None
    choices = projects.get(project_id).choices
    for one in _candidates(plan, key, difference):
        try:
            config = client.configured(projects.with_key(choices, one.path, one.value))
        except ConfigError:
            continue
        changed = build_plan(config)
        if key in changed and same(_at(changed[key].body, difference.path), difference.after):
            return one
    return None


def take(project_id: str, wanted: list[Taken], by: str = "") -> None:
    """Write the settings into the project's draft; the next run makes them the ones that count.

    Raises `Conflict` when somebody else has just changed one of them.
    """
    for one in wanted:
        now = projects.get(project_id)
        projects.set_key(
            project_id, one.path, one.value, seen=now.choices, seen_version=now.version, writer=by
        )
    with writing() as db:
        journal.note(db, by, project_id, "change taken over", {one.path: one.value for one in wanted})


def _candidates(plan: Plan, key: str, difference: Difference) -> Iterator[Taken]:
    """Every value that a setting of the resource's section may have; a tag has its own."""
    head, _, name = difference.path.partition(".")
    if head == "tags" and name and "." not in name and difference.path != OURS:
        yield Taken(difference.path, difference.after)
        return
    section = plan[key].section
    for field, values in _values(Section.SECTIONS[section], difference.after).items():
        for value in values:
            yield Taken(f"{section}.{field}", value)


def _values(settings: type[Section], found: Any) -> dict[str, list[Any]]:
    """Field -> the values worth trying: those of a choice, both of a switch, the found one of a number."""
    tried: dict[str, list[Any]] = {}
    for name, field in settings.model_fields.items():
        if name in FIXED:
            continue
        if get_origin(field.annotation) is Literal:
            tried[name] = list(get_args(field.annotation))
        elif field.annotation is bool:
            tried[name] = [True, False]
        elif field.annotation is int and isinstance(found, int):
            tried[name] = [found]
    return tried


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
