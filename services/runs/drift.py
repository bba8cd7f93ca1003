"""Has anybody changed behind our back? Every resource of a plan is read and compared with the body that was asked for.

Only what we asked for is compared: Azure adds properties of its own, leaves out what is write-only, and spells
locations and IDs as it likes.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from services.catalogue.base import Output, Resource, Secret
from services.cloud.connect import Cloud
from services.plan import Plan
from services.runs import client, journal
from services.runs.changes import Difference

GONE = Difference("", "there", "gone")


async def check(plan: Plan, project_id: str, cloud: Cloud) -> dict[str, tuple[Difference, ...]]:
    """Key -> what differs (before: as asked for, after: as it is) of every resource that the project's runs have put.

    A resource that is not there any more has the one difference `GONE`. Raises `CloudError`.
    """
    ours = [r for r in plan if r.is_new and journal.last_body(r.id, project_id) is not None]
    found = await asyncio.gather(*(cloud.get(r.id, r.api_version) for r in ours))
    return {r.key: _differences(r, one) for r, one in zip(ours, found, strict=True)}


def put_back(project_id: str, keys: list[str], by: str = "") -> str:
    """Start a run that puts those resources as the project asks for them, whatever they are now; the run's ID.

    Raises as `client.start` does.
    """
    return client.start(project_id, by, put=keys)


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same to Azure: texts without case and spaces, lists in any order."""
    return bool(_plain(one) == _plain(other))


def _differences(resource: Resource, found: Mapping[str, Any] | None) -> tuple[Difference, ...]:
    return (GONE,) if found is None else tuple(_compared(resource.body, found))


def _compared(wanted: Any, found: Any, path: str = "") -> Iterator[Difference]:
    if isinstance(wanted, Mapping):
        for key, value in wanted.items():
            if isinstance(found, Mapping) and key in found:
                yield from _compared(value, found[key], f"{path}.{key}" if path else str(key))
    elif not isinstance(wanted, Output | Secret) and not same(wanted, found):
        yield Difference(path, wanted, found)


def _plain(value: Any) -> Any:
    """A value as it compares: texts without case and spaces, lists in any order."""
    if isinstance(value, str):
        return value.replace(" ", "").lower()
    return sorted(map(str, value)) if isinstance(value, list | tuple) else value
