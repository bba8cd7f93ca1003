"""What brings data back: restore points, which the service names by the clock, and imports of a file.

https://learn.microsoft.com/rest/api/sql/restore-points
"""

from __future__ import annotations

from typing import Any

from simulator import operations
from simulator.address import parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.operations import Operation, Style
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import accepted, not_found, place_of
from simulator.schema import Wire, read
from simulator.state import Resource
from simulator.world import timestamp


class Label(Wire):
    """What a request for a restore point says."""

    restorePointLabel: str


class RestorePoint(Setting):
    """A moment that a database can be brought back to."""

    arm_type = "Microsoft.Sql/servers/databases/restorePoints"
    row = Row("restorePoints", "", "", "CreateRestorePoint")
    posts = True
    create_style = Style("", "{parent}/restorePointsOperationResults/{id}", 15)

    def post(self, call: Call) -> Reply:
        """Make a restore point now."""
        label = read(Label, call.body).restorePointLabel
        now = call.world.now()
        number = str(int((now + 11644473600) * 10_000_000))  # as Windows counts
        call.address = parse(f"{call.address.path}/{number}")
        resource = self._new(call)
        resource.state = "Creating"
        self._fill(call, {"properties": {"restorePointLabel": label}}, resource, None)
        call.state.put(resource)
        operation = operations.begin(call.world, resource, "create", self.seconds, self.create_style)
        headers = operations.headers(call.world, operation, self.create_style, call.api_version)
        return Reply(202, accepted(call, "CreateRestorePoint", operation), headers)

    def put(self, call: Call) -> Reply:
        """Refuse: restore points are made by a POST on their list."""
        raise ArmError(405, "HttpMethodNotSupported", "Restore points are made by a POST on their list.")

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Say which moment it is, and where."""
        when = {"restorePointType": "DISCRETE", "restorePointCreationDate": timestamp(resource.created)}
        body["properties"] = when | body["properties"]
        body["location"] = place_of(call.world, resource.id)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return accepted(call, self.row.operation, operation)


class ImportExtension(Setting):
    """An import of a file into a new database; the rehearsal has no rows to read."""

    arm_type = "Microsoft.Sql/servers/databases/extensions"
    row = Row("extensions", "", "", "ImportDatabase", secrets=("storageKey", "administratorLoginPassword"))
    create_style = Style("", "{parent}/extensions/importExtensionOperationResults/{id}", 30)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse any extension but an import."""
        if name.lower() != "import":
            raise not_found(self.arm_type, call.address)

    def status_of(self, call: Call, action: str) -> int:
        """Return 202 for an import."""
        return 200 if action == "delete" else 202

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the address of the import's result."""
        return None if action == "delete" else self.create_style

    def result_status_of(self, operation: Operation) -> int:
        """Return 201, as an import makes something."""
        return 201

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Say how it went."""
        super().build(call, body, resource, before)
        now = timestamp(call.world.now())
        told = {"requestId": call.world.fixed_id(resource.key), "requestType": "Import", "queuedTime": now}
        told |= {
            "lastModifiedTime": now,
            "blobUri": body["properties"].get("storageUri"),
            "status": "Completed",
        }
        server, database = resource.id.split("/")[8:11:2]
        body["properties"] = told | {"serverName": server, "databaseName": database, "errorMessage": None}

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return accepted(call, self.row.operation, operation)
