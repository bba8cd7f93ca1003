"""Microsoft.OperationalInsights: what stands below a Log Analytics workspace.

https://learn.microsoft.com/rest/api/loganalytics
"""

from __future__ import annotations

from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call
from simulator.children import Child
from simulator.errors import ArmError
from simulator.operations import Operation, Style
from simulator.state import Resource
from simulator.world import timestamp

_TABLE = Style(
    status="/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/locations/{location}/operationstatuses/{id}",
    result="{resource}/operationresults/{id}",
)


class LinkedStorage(Child):
    """A storage account of one's own for a kind of data; the name comes back small, the ID as it was written."""

    arm_type = "Microsoft.OperationalInsights/workspaces/linkedStorageAccounts"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the kind of data."""
        kind = resource.name.lower()
        super().build(call, body, resource, before)
        body["name"] = kind
        body["properties"] = {"dataSourceType": kind, **body["properties"]}

    def missing(self, address: Address) -> ArmError:
        """Return the workspace's own 404."""
        return ArmError(404, "ResourceNotFound", f"Linked storage account {address.name} was not found.")


class Table(Child):
    """A table of a workspace."""

    arm_type = "Microsoft.OperationalInsights/workspaces/tables"
    state_key = "provisioningState"
    creating = "Updating"
    seconds = update_seconds = delete_seconds = 3
    create_status = update_status = delete_status = 202
    create_style = update_style = delete_style = _TABLE

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with no body."""
        return None

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a new table that is not called ``..._CL``, and one that cannot tell the time."""
        columns = _columns(body.properties or {})
        if existing is None and not call.address.name.endswith(("_CL", "_SRCH", "_RST")):
            message = f"Table name {call.address.name} is invalid: a custom table's name must end with _CL."
            raise ArmError(400, "InvalidParameter", message)
        if existing is None and columns and all(one.get("name") != "TimeGenerated" for one in columns):
            raise ArmError(400, "InvalidParameter", "Invalid schema: the column TimeGenerated is missing.")
        return None

    def patch(self, call: Call) -> Any:
        """Change; columns are added to those that are there."""
        before = self.require(call)
        given = call.body.get("properties") if isinstance(call.body, dict) else None
        schema = given.get("schema") if isinstance(given, dict) else None
        if isinstance(schema, dict) and isinstance(schema.get("columns"), list):
            old = (before.request.get("properties", {}).get("schema") or {}).get("columns", [])
            schema["columns"] = _columns(given or {})
            names = {one.get("name") for one in schema["columns"]}
            schema["columns"] = [one for one in old if one.get("name") not in names] + schema["columns"]
        return super().patch(call)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add retention, the standard columns and what follows from both."""
        given, old = body["properties"], before.get("properties", {})
        days, whole = (_days(given.get(key)) for key in ("retentionInDays", "totalRetentionInDays"))
        days, whole = (30 if days < 0 else days), (max(days, 30) if whole < 0 else whole)
        body["properties"] = {
            "totalRetentionInDays": whole,
            "archiveRetentionInDays": max(whole - days, 0),
            "plan": given.get("plan", "Analytics"),
            "lastPlanModifiedDate": old.get("lastPlanModifiedDate") or timestamp(call.world.now()),
            "retentionInDaysAsDefault": "retentionInDays" not in given,
            "totalRetentionInDaysAsDefault": "totalRetentionInDays" not in given,
            "schema": {
                "tableSubType": "DataCollectionRuleBased",
                "name": resource.name,
                "tableType": "CustomLog",
                "columns": [_column(one) for one in _columns(given)],
                "standardColumns": [_column({"name": "TenantId", "type": "guid"})],
                "solutions": ["LogManagement"],
                "isTroubleshootingAllowed": True,
            },
            "retentionInDays": days,
        }
        if (search := given.get("searchResults")) is not None:
            made = {"createDate": timestamp(call.world.now()), "createdBy": call.caller.get("oid")}
            body["properties"] = {**made, **body["properties"], "searchResults": search}
            body["properties"]["schema"]["tableType"] = "SearchResults"
        body["systemData"] = self.system_data(call, None)
        body.pop("type", None)  # recorded: a table's answer has no type

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Tell of a search also what it has found: the rehearsal's tables are empty."""
        body = super().status_body(operation)
        if operation.resource.endswith("_srch") and operation.state == "Succeeded":
            found = {"progress": 100.0, "ingestedRecords": 0, "scannedGb": 0.0}
            body["properties"] = {"resultStatistics": found}
        return body


class DataExport(Child):
    """A rule that exports tables."""

    arm_type = "Microsoft.OperationalInsights/workspaces/dataExports"
    create_status = 201
    defaults: ClassVar[dict[str, Any]] = {"allTables": False, "enable": True}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add number and dates."""
        super().build(call, body, resource, before)
        now, old = timestamp(call.world.now()), before.get("properties", {})
        number = old.get("dataExportId") or call.world.fixed_id(resource.key)
        body["properties"] |= {
            "dataExportId": number,
            "createdDate": old.get("createdDate") or now,
            "lastModifiedDate": now,
        }

    def missing(self, address: Address) -> ArmError:
        """Return the workspace's own 404."""
        message = f"Export {address.name} does not exist in the workspace."
        return ArmError(404, "NotFound", message)


class SavedSearch(Child):
    """A query that somebody keeps."""

    arm_type = "Microsoft.OperationalInsights/workspaces/savedSearches"
    defaults: ClassVar[dict[str, Any]] = {"version": 2}


class LinkedService(Child):
    """A service that uses the workspace."""

    arm_type = "Microsoft.OperationalInsights/workspaces/linkedServices"
    create_status = 201
    state_key = "provisioningState"


class DataSource(Child):
    """A source of data."""

    arm_type = "Microsoft.OperationalInsights/workspaces/dataSources"
    create_status = 201


def _columns(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the columns that a request names.

    Raises:
        ArmError: 400, they are not a list of objects.
    """
    schema = properties.get("schema") or {}
    found = (schema.get("columns") or []) if isinstance(schema, dict) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("name") for one in found):
        raise ArmError(
            400, "InvalidParameter", "Invalid schema: columns must be a list of objects with name and type."
        )
    return found


def _days(given: Any) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) else -1


def _column(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "isDefaultDisplay": False, "isHidden": False}
