"""Instance types: what is known of each, what it costs, and whether it fits: region, memory, and the quota that is left.

Cores, memory and prices come from a dated list (`assets/instance_types.json`); the cloud's own answer goes before it.
https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas#virtual-machine-quota-allocation-for-deployment
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.models.online.asks import Asks

LIST = Path(__file__).resolve().parents[3] / "assets" / "instance_types.json"
API = "2024-10-01"
HOURS = 730  # of a month, as Azure's calculator counts
# What the system and the inference server leave to the model, as a share of the machine's memory: our own caution.
USABLE = 0.75
MOST_PAGES = 20


@dataclass(frozen=True)
class Size:
    """An instance type. `usd_per_hour` maps regions to prices; `no_reserve` ones are not held back a fifth for upgrades."""

    name: str
    family: str
    cores: int
    memory_gb: float
    gpus: int = 0
    gpu: str = ""
    no_reserve: bool = False
    usd_per_hour: Mapping[str, float] = field(default_factory=dict)

    def needs(self, instances: int) -> int:
        """Cores that Azure counts against the quota: a fifth more instances, which it keeps for upgrades."""
        return self.cores * (instances if self.no_reserve else math.ceil(instances * 1.2))

    def month(self, region: str, instances: int) -> float | None:
        """Dollars a month in a region; None where no price is known."""
        hour = self.usd_per_hour.get(region)
        return None if hour is None else hour * HOURS * instances


@dataclass(frozen=True)
class Quota:
    """Cores of a family that a subscription may use in a region, and those in use."""

    used: int
    limit: int

    @property
    def left(self) -> int:
        """Cores that are left."""
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Region:
    """What the cloud says about a region: the types that it offers and the quota of each family (in small letters)."""

    sizes: Mapping[str, Size]
    quotas: Mapping[str, Quota]


@dataclass(frozen=True)
class Wanted:
    """What a deployment asks of a type. `peak_mb` is the memory that the test on this machine took at most.

    `held` are cores that the deployment holds already, by family: they come free when it changes in place.
    """

    region: str
    instances: int = 1
    peak_mb: float | None = None
    held: Mapping[str, int] = field(default_factory=dict)


@cache
def listed() -> tuple[Size, ...]:
    """The types of the dated list, in its order."""
    return tuple(_listed(one) for one in _file()["types"])


def dated() -> str:
    """Which prices these are and from when, in one sentence."""
    prices = _file()["prices"]
    return f"Prices: {prices['currency']} an hour for Linux, pay as you go, as of {prices['as_of']} ({prices['source']})."


async def ask(cloud: Asks, subscription_id: str, region: str) -> Region:
    """Ask the cloud for the types of a region and the quota of every family."""
    place = f"/subscriptions/{subscription_id}/providers/Microsoft.MachineLearningServices/locations/{region}"
    found = (await cloud.send("GET", f"{place}/vmSizes", API)).get("value") or []
    usages = await _every(cloud, f"{place}/usages")
    return Region(
        {one["name"].lower(): _offered(one) for one in found},
        {_folded(one["name"]["value"]): Quota(int(one["currentValue"]), int(one["limit"])) for one in usages},
    )


def offered(region: Region | None) -> list[Size]:
    """The types of the list with what the cloud says of each; those that it does not offer are kept, to say so."""
    return [_with(one, region) for one in listed()]


def named(name: str, region: Region | None) -> Size | None:
    """A type by its name, from the list or from what the cloud offers; None when neither knows it."""
    known = {one.name.lower(): one for one in offered(region)}
    return known.get(name.lower()) or (region.sizes.get(name.lower()) if region else None)


def unfit(size: Size, wanted: Wanted, region: Region | None) -> str:
    """Why a type does not fit; "" when it does, as far as is known."""
    if region and region.sizes and size.name.lower() not in region.sizes:
        return f"Not offered in {wanted.region}."
    if wanted.peak_mb and wanted.peak_mb > size.memory_gb * 1024 * USABLE:
        free = f"of its {size.memory_gb:g} GB about {size.memory_gb * USABLE:.1f} are free"
        return f"The test took {wanted.peak_mb:,.0f} MB; {free}."
    quota = left(size, wanted, region)
    need = size.needs(wanted.instances)
    if quota is not None and need > quota:
        return f"Needs {need} cores of quota, {quota} are left."
    return ""


def left(size: Size, wanted: Wanted, region: Region | None) -> int | None:
    """Cores of the type's family that are left for this deployment; None when the cloud has not said."""
    quota = region.quotas.get(_folded(size.family)) if region else None
    if quota is None:
        return None
    return min(
        quota.limit, quota.left + wanted.held.get(_folded(size.family), 0)
    )  # what it holds may be counted already


def held(size: Size | None, instances: int) -> dict[str, int]:
    """The cores that a standing deployment gives back when it changes in place."""
    return {_folded(size.family): size.needs(instances)} if size else {}


def money(amount: float | None) -> str:
    """Dollars as people read them; "none known" where there is no figure."""
    if amount is None:
        return "none known"
    return f"${amount:,.2f}"


async def _every(cloud: Asks, path: str) -> list[dict[str, Any]]:
    """All pages of a list."""
    answer = await cloud.send("GET", path, API)
    found = list(answer.get("value") or [])
    for _ in range(MOST_PAGES):
        token = _token(str(answer.get("nextLink") or ""))
        if not token:
            break
        answer = await cloud.send("GET", path, API, query={"$skiptoken": token})
        found += answer.get("value") or []
    return found


def _token(link: str) -> str:
    query = parse_qs(urlsplit(link).query)
    return next((values[0] for key, values in query.items() if key.lower() == "$skiptoken"), "")


def _listed(one: Mapping[str, Any]) -> Size:
    return Size(**{key: value for key, value in one.items() if key in Size.__dataclass_fields__})


def _offered(one: Mapping[str, Any]) -> Size:
    return Size(
        one["name"], one["family"], int(one["vCPUs"]), float(one["memoryGB"]), int(one.get("gpus") or 0)
    )


def _with(size: Size, region: Region | None) -> Size:
    now = region.sizes.get(size.name.lower()) if region else None
    return (
        replace(size, family=now.family, cores=now.cores, memory_gb=now.memory_gb, gpus=now.gpus)
        if now
        else size
    )


def _folded(family: str) -> str:
    """Azure writes a family with and without spaces."""
    return family.replace(" ", "").lower()


@cache
def _file() -> dict[str, Any]:
    return dict(json.loads(LIST.read_text(encoding="utf-8")))
