"""What else a SQL server and a database have: rules, policies and settings, each with its own way to be written.

The types stand in ``rows``; those with a life of their own are classes elsewhere, on the same footing.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, resource_not_found
from simulator.operations import Operation, Style
from simulator.providers.sql.older import setting as in_old_words
from simulator.providers.sql.rows import DATABASE, SERVER, WORKLOAD_GROUP, Row
from simulator.providers.sql.shared import (
    OLDEST,
    as_recorded,
    not_found,
    old_place,
    result_style,
    server_id,
    style,
)
from simulator.state import Resource
from simulator.world import timestamp

#: What auditing writes down where nobody chose.
_GROUPS = [
    "SUCCESSFUL_DATABASE_AUTHENTICATION_GROUP",
    "FAILED_DATABASE_AUTHENTICATION_GROUP",
    "BATCH_COMPLETED_GROUP",
]


class Setting(Child):
    """A rule, policy or setting."""

    row: ClassVar[Row]
    api_versions = (OLDEST, "2026-12-31")
    seconds = update_seconds = delete_seconds = 2
    waits_after_end = True

    def canonical_id(self, call: Call) -> str:
        """Return the ID with the only name as Azure spells it, however it was asked for."""
        made = super().canonical_id(call)
        only = self.row.only
        return f"{made.rsplit('/', 1)[0]}/{only}" if made.lower().endswith(f"/{only.lower()}") else made

    def status_of(self, call: Call, action: str) -> int:
        """Return 202 where there is an operation; 2014-04-01 knows none."""
        if self.style_of(call, action):
            return 202
        if action != "create" or self._stands_already(call):
            return 200
        return (self.row.old_status if call.api_version == OLDEST else 0) or self.row.status

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the type's own poll addresses, but for 2014-04-01."""
        if not self.row.noun or call.api_version == OLDEST:
            return None
        make = result_style if self.row.result_only else style
        return as_recorded(make(self.row.noun, 15 if action == "delete" else 1), call.api_version)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        verb = self.row.operation
        for word in ("Upsert", "Create"):
            if action == "delete" or word == "Create":
                verb = verb.replace(word, {"delete": "Drop", "update": "Update"}.get(action, word))
        return {"operation": verb, "startTime": timestamp(operation.started)}

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as SQL does."""
        body: dict[str, Any] = {"name": operation.id, "status": operation.state}
        body["startTime"] = timestamp(operation.started)
        if operation.error and operation.state == "Failed":
            body["error"] = operation.error
        return body

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write in the middle of another; some types have a code of their own."""
        if not self.row.busy:
            return super().busy(call, resource, operation)
        message = f"Setting '{resource.name}' is already in progress. Use the Azure-AsyncOperation address to follow it."
        return ArmError(409, self.row.busy, message)

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget secrets."""
        return {**request, "properties": self._shown(request.get("properties") or {})}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Lay what is given over the defaults, or over what a relative was given."""
        given = self._shown(body["properties"])
        relative = self._relative(call, resource)
        if not given and relative is not None:
            given = relative.body["properties"]
        properties = {**copy.deepcopy(self.row.defaults or {}), **copy.deepcopy(given)}
        if "auditActionsAndGroups" in properties and properties["state"] == "Enabled":
            properties["auditActionsAndGroups"] = properties["auditActionsAndGroups"] or list(_GROUPS)
        for key, value in (self.row.defaults or {}).items():
            if isinstance(value, dict) and isinstance(properties[key], dict):
                properties[key] = value | properties[key]
        if self.row.name == "automaticTuning":
            properties["actualState"] = properties["desiredState"]
        if self.row.name.endswith("lertPolicies"):
            properties["creationTime"] = timestamp(resource.created)
            properties["storageAccountAccessKey"] = ""
        body["properties"] = properties
        if relative is not None:
            known = relative.body["properties"]
            relative.body["properties"] = known | {key: properties[key] for key in known if key in properties}
            call.state.put(relative)

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Show, after an action, what it has acted on."""
        left = None if operation.action == "delete" else call.state.get(operation.resource)
        return super().gone(call, operation) if left is None else Reply(200, self.seen(call, left))

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 for a missing parent; of some types ARM tells that the parent itself is not there."""
        if self.row.parent_told and call.state.get(address.parent.path) is None:
            raise resource_not_found(f"Microsoft.Sql/servers/{address.names[0]}", address.group)
        super().require_parent(call, address, action)

    def missing(self, address: Address) -> ArmError:
        """Return SQL's own 404."""
        return not_found(self.arm_type, address)

    def shown(self, call: Call, action: str, resource: Resource) -> Any:
        """Answer without a place, in the version that has one."""
        body = self.seen(call, resource)
        if call.api_version == OLDEST and "location" in body:
            body["location"] = None
        return body

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Say it in the words of the version that has others."""
        body = self.view(resource)
        if call.api_version != OLDEST:
            return body
        if self.row.only and call.address.is_item:  # that version answers with the name as it was asked for
            body["name"] = call.address.name
            body["id"] = f"{resource.id.rsplit('/', 1)[0]}/{body['name']}"
        return in_old_words(self.row.name, body, old_place(call, resource)) if self.row.old else body

    def _new(self, call: Call) -> Resource:
        resource = super()._new(call)
        return replace(resource, name=resource.id.rsplit("/", 1)[1])

    def _shown(self, properties: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in properties.items() if key not in self.row.secrets}

    def _relative(self, call: Call, resource: Resource) -> Resource | None:
        if not self.row.near:
            return None
        parent, _, name = resource.id.rsplit("/", 2)
        return call.state.get(f"{parent}/{self.row.near}/{name}")

    def _stands_already(self, call: Call) -> bool:
        """Tell whether a first write changes what is there under another name, or by the server's own setting."""
        if self.row.by_server:
            server = server_id(call.address.path)
            return call.state.get(f"{server}/{self.row.name}/{self.row.only}") is not None
        return bool(self.row.near) and self._relative(call, self._new(call)) is not None


def _declare(parent: str, row: Row) -> None:
    """Make a type of a row; naming its arm_type is what registers it."""
    only = row.only.lower() if row.always else ""
    members = {"arm_type": f"{parent}/{row.name}", "row": row, "singleton": only, "__module__": __name__}
    type(f"{row.name[0].upper()}{row.name[1:]}", (Setting,), {**members, "__doc__": f"The type {row.name}."})


for _parent, _rows in (
    ("Microsoft.Sql/servers", SERVER),
    ("Microsoft.Sql/servers/databases", DATABASE),
    ("Microsoft.Sql/servers/databases/workloadGroups", WORKLOAD_GROUP),
):
    for _row in _rows:
        _declare(_parent, _row)
