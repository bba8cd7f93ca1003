"""What applying a project would do to each resource, compared with what its runs have put before.

It compares our own bodies with each other, not with Azure's answers: Azure adds and rewrites properties, and a re-run
of an unchanged project must put nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.catalogue.base import Resource
from services.plan import Plan
from services.runs import journal

Kind = Literal["create", "change", "unchanged", "existing"]


@dataclass(frozen=True)
class Difference:
    """One property of a body that would change: its dotted path, what was put, what would be put."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Change:
    """What would happen to one resource. One that somebody else has made counts as "create" until a run has met it."""

    kind: Kind
    differences: tuple[Difference, ...] = ()


def of(resource: Resource, project_id: str) -> Change:
    """What applying would do to a resource, as far as the project's runs know."""
    if not resource.is_new:
        return Change("existing")
    before = journal.last_body(resource.id, project_id)
    if before is None:
        return Change("unchanged" if journal.adopted(resource.id, project_id) else "create")
    differences = tuple(_differences(before, resource.plain_body()))
    return Change("change" if differences else "unchanged", differences)


def of_plan(plan: Plan, project_id: str) -> dict[str, Change]:
    """Key -> what applying the plan would do."""
    return {r.key: of(r, project_id) for r in plan}


def _differences(before: Any, after: Any, path: str = "") -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif before != after:
        yield Difference(path, before, after)
