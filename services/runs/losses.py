"""What a tear-down would take with it, and what would stand in its way: asked before anything is removed."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from services.cloud.census import Census
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError

STORAGE = "/providers/microsoft.storage/storageaccounts/"


@dataclass(frozen=True)
class Losses:
    """Resource ID in lower case -> what lies in it; the locks that forbid a deletion; what could not be asked."""

    contents: dict[str, Census]
    locks: tuple[dict[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


async def look(cloud: Cloud, ids: Sequence[str]) -> Losses:
    """Ask what lies in the storage accounts among these resources, and which locks hold them."""
    accounts = [id for id in ids if STORAGE in id.lower() and id.count("/") == 8]
    groups = list({"/".join(id.split("/")[:5]).lower(): "/".join(id.split("/")[:5]) for id in ids}.values())
    counted = await asyncio.gather(*(cloud.contents(id) for id in accounts), return_exceptions=True)
    locked = await asyncio.gather(*(cloud.locks(id) for id in groups), return_exceptions=True)
    found = {id.lower(): one for id, one in zip(accounts, counted, strict=True) if isinstance(one, Census)}
    locks = [one for some in locked if isinstance(some, list) for one in some]
    held = tuple(one for one in locks if _holds(one, ids))
    return Losses(
        found, held, tuple(_why(one) for one in [*counted, *locked] if isinstance(one, BaseException))
    )


def words(one: Census) -> str:
    """`12 blobs, 3.4 MB`."""
    size = next((f"{one.size / n:.1f} {unit}" for n, unit in UNITS if one.size >= n), f"{one.size} bytes")
    return f"{'more than ' if one.more else ''}{one.blobs} blob{'s' * (one.blobs != 1)}, {size}"


UNITS = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def _holds(lock: dict[str, str], ids: Sequence[str]) -> bool:
    """Whether a lock lies at one of these resources, above it or below it."""
    scope = lock["id"].lower().rpartition("/providers/microsoft.authorization/locks/")[0]
    return any(f"{id.lower()}/".startswith(f"{scope}/") or scope.startswith(f"{id.lower()}/") for id in ids)


def _why(error: BaseException) -> str:
    if not isinstance(error, CloudError):
        raise error
    return f"{error.code}: {error.message}"
