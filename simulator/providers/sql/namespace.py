"""What Microsoft.Sql answers besides its resources: name checks, and what a region can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from simulator import regions
from simulator.call import Call, Reply
from simulator.kinds import matches
from simulator.namespaces import Namespace
from simulator.providers.sql.capabilities import versions
from simulator.providers.sql.names import FULL_REGION, NAME_RULE, SERVERS, invalid_name, taken
from simulator.providers.sql.shared import not_found
from simulator.schema import Wire, read


class NameCheck(Wire):
    """A question whether a name is free."""

    name: str
    type: Literal["Microsoft.Sql/servers"]


class Sql(Namespace):
    """The namespace's own actions, and what a region can do."""

    namespace = "Microsoft.Sql"
    actions = {"checknameavailability": "check_name_availability"}  # noqa: RUF012

    def check_name_availability(self, call: Call) -> Reply:
        """Tell whether a server's name is free; the key is ``available`` here."""
        name = read(NameCheck, call.body).name
        if not matches(NAME_RULE, name):
            return Reply(
                200, {"name": name, "available": False, "reason": "Invalid", "message": invalid_name(name)}
            )
        if taken(call, name):
            message = "Specified server name is already used."
            return Reply(
                200, {"name": name, "available": False, "reason": "AlreadyExists", "message": message}
            )
        return Reply(200, {"name": name, "available": True})

    def other(self, call: Call) -> Reply | None:
        """Answer what a region can do and how much of it is used; lists of what is never there are empty."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or len(parts) < 3 or parts[0] != "locations":
            return None
        answer = _REGIONAL.get(parts[2])
        if answer is None or len(parts) > 4:
            return None
        return answer(call, parts)


def _capabilities(call: Call, parts: list[str]) -> Reply | None:
    if len(parts) > 3:
        return None
    name = regions.display_name(parts[1])
    body: dict[str, Any] = {
        "name": name,
        "supportedServerVersions": [],
        "supportedManagedInstanceVersions": [],
    }
    if parts[1] == FULL_REGION:
        reason = f"Location '{name}' is not accepting creation of new servers at this time."
        return Reply(200, {**body, "status": "Disabled", "reason": reason})
    return Reply(200, {**body, "supportedServerVersions": versions(call.world), "status": "Available"})


def _usages(call: Call, parts: list[str]) -> Reply | None:
    place = parts[1]
    every = call.state.under(f"/subscriptions/{call.address.subscription}", SERVERS)
    counts = {"ServerQuota": float(sum(one.location == place for one in every))}
    rows = [
        _usage(call, place, name, title, counts.get(name, used), limit)
        for name, title, used, limit in _LIMITS
    ]
    if len(parts) == 3:
        return Reply(200, {"value": rows})
    found = next((one for one in rows if one["name"].lower() == parts[3]), None)
    if found is None:
        raise not_found("Microsoft.Sql/locations/usages", call.address)
    return Reply(200, found)


#: Name, title, used, limit.
_LIMITS = (
    ("ServerQuota", "Regional Server Quota for {}", 0.0, 20.0),
    ("SubscriptionFreeDatabaseCount", "Free Database Count per Subscription for {}", 0.0, 1.0),
    ("SubscriptionFreeDatabaseDaysLeft", "Free to Basic Database Upgrade count-down in {}", 365.0, 365.0),
    ("SubnetQuota", "Subnet Quota", 0.0, 8.0),
    ("VCoreQuota", "VCore Quota", 0.0, 960.0),
    ("RegionalVCoreQuotaForSQLDBAndDW", "Regional VCore Quota for SQL DB and SQL DW", 0.0, 2000.0),
)


def _usage(call: Call, place: str, name: str, title: str, used: float, limit: float) -> dict[str, Any]:
    numbers = {"displayName": title.format(place), "currentValue": used, "limit": limit, "unit": "Count"}
    where = (
        f"/subscriptions/{call.address.subscription}/providers/Microsoft.Sql/locations/{place}/usages/{name}"
    )
    return {"properties": numbers, "id": where, "name": name, "type": "Microsoft.Sql/locations/usages"}


def _none(call: Call, parts: list[str]) -> Reply | None:
    return Reply(200, {"value": []}) if len(parts) == 3 else None


_REGIONAL: dict[str, Callable[[Call, list[str]], Reply | None]] = {
    "capabilities": _capabilities,
    "usages": _usages,
    "syncdatabaseids": _none,
    "deletedservers": _none,
    "longtermretentionbackups": _none,
    "longtermretentionservers": _none,
}
