"""What Microsoft.Sql answers besides its resources: name checks, and what a region can do."""

from __future__ import annotations

from typing import Any, Literal

from simulator import regions
from simulator.call import Call, Reply
from simulator.kinds import matches
from simulator.namespaces import Namespace
from simulator.providers.sql.names import FULL_REGION, NAME_RULE, invalid_name, taken
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
        """Answer a region's capabilities, so that a full region can be known before a run."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or len(parts) != 3 or parts[0] != "locations" or parts[2] != "capabilities":
            return None
        full = parts[1] == FULL_REGION
        body: dict[str, Any] = {
            "name": regions.display_name(parts[1]),
            "status": "Disabled" if full else "Available",
        }
        if full:
            body["reason"] = (
                f"Location '{body['name']}' is not accepting creation of new servers at this time."
            )
        return Reply(200, {**body, "supportedServerVersions": []})
