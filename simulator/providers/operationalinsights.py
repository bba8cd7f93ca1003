"""Microsoft.OperationalInsights: Log Analytics workspaces.

https://learn.microsoft.com/rest/api/loganalytics/workspaces
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Literal

from pydantic import Field

from simulator.call import Call, Reply, page
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.namespaces import Namespace
from simulator.operations import Operation, Style
from simulator.schema import Identity, Tracked, Wire
from simulator.state import Resource
from simulator.world import World, timestamp

DELETED = "deleted log analytics"
RETENTION = 14 * 86400
#: Versions before this one answer in the words of the older service, and tell of no operation.
FIRST_POLLED = "2021"


class Sku(Wire):
    """How the workspace is paid for."""

    name: Literal[
        "Free", "Standard", "Premium", "PerNode", "PerGB2018", "pergb2018", "Standalone", "CapacityReservation", "LACluster"
    ]  # fmt: skip
    capacityReservationLevel: int | None = None


class WorkspaceProperties(Wire):
    """A workspace's settings."""

    sku: Sku | None = None
    retentionInDays: int | None = Field(default=None, ge=-1, le=730)
    workspaceCapping: dict[str, Any] | None = None
    publicNetworkAccessForIngestion: str | None = None
    publicNetworkAccessForQuery: str | None = None
    forceCmkForQuery: bool | None = None
    features: dict[str, Any] | None = None
    defaultDataCollectionRuleResourceId: str | None = None
    replication: dict[str, Any] | None = None
    Application_Type: str | None = None  # azure-ai-ml's own template sends it here, and the service drops it


class WorkspaceBody(Tracked):
    """What a PUT on a workspace may say."""

    properties: WorkspaceProperties | None = None
    identity: Identity | None = None


class LogAnalyticsWorkspace(Kind):
    """A Log Analytics workspace."""

    arm_type = "Microsoft.OperationalInsights/workspaces"
    body = WorkspaceBody
    seconds = 22
    delete_seconds = 11
    deletion_rank = 7
    create_status = 201
    create_style = Style(
        status="/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/locations/{location}"
        "/operationstatuses/{id}",
        result="/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/locations/{location}"
        "/operationresults/{id}",
        retry_after=20,
    )
    actions = {  # noqa: RUF012
        "sharedkeys": "shared_keys",
        "listkeys": "shared_keys",  # 2015 called it so
        "regeneratesharedkey": "regenerate_key",
        "GET usages": "usages",
        "GET managementgroups": "management_groups",
        "GET intelligencepacks": "packs",
        "GET availableservicetiers": "tiers",
    }

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return how the version tells of its work: 2021-12-01-preview points at the workspace itself, 2015 not at all."""
        if action == "create" and call.api_version < FIRST_POLLED:
            return Style()
        if action == "create" and call.api_version == "2021-12-01-preview":
            return Style(at_resource=True)
        return super().style_of(call, action)

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        if not matches("[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]", name):
            message = (
                f"'{name}' is not a valid workspace name. The workspace name should include 4-63 letters, digits or '-'. "
                "The '-' should not be the first or the last symbol."
            )
            raise ArmError(400, "InvalidParameter", message)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults; a workspace of that name that was soft-deleted comes back as it was."""
        kept = call.state.note(DELETED, resource.id) if not before else None
        if kept and kept["until"] < call.world.now():
            kept = None
        call.state.set_note(DELETED, resource.id, None)
        old = (before or (kept or {}).get("body", {})).get("properties", {})
        now, given = timestamp(call.world.now()), body["properties"]
        given.pop("Application_Type", None)
        sku = given.get("sku", {}).get("name", "PerGB2018")
        # Recorded: a new workspace that asks for Standalone gets PerGB2018.
        sku = "PerGB2018" if sku.lower() in {"standalone", "pergb2018"} else sku
        body["properties"] = {
            "customerId": old.get("customerId") or str(uuid.uuid4()),
            "retentionInDays": 30,
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": True,
            },
            "workspaceCapping": {
                "dailyQuotaGb": -1.0,
                "quotaNextResetTime": now,
                "dataIngestionStatus": "RespectQuota",
            },
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "createdDate": old.get("createdDate") or now,
            "modifiedDate": now,
            **given,
            "sku": {"name": sku, "lastSkuUpdate": now},
        }
        body.pop("systemData")
        body["etag"] = f'"{uuid.uuid4()}"'

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Return the workspace as the version shows it."""
        body = self.view(resource)
        return _older(body) if call.api_version < FIRST_POLLED else body

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer the workspace as the version shows it."""
        return self.seen(call, resource)

    def delete(self, call: Call) -> Reply:
        """Delete softly, or for good with ``force=true``."""
        reply = super().delete(call)
        if call.query.get("force", "").lower() == "true":
            call.state.set_note(DELETED, call.address.path, None)
        return reply

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep the workspace for 14 days."""
        world.state.set_note(
            DELETED, resource.id, {"id": resource.id, "body": resource.body, "until": world.now() + RETENTION}
        )

    def shared_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer the workspace's two keys."""
        rounds = resource.hidden.get("rounds", 0)
        made = f"{resource.seed}/{rounds}" if rounds else resource.seed
        keys = {name: call.world.fixed_id(f"{made}/{name}") for name in ("primary", "secondary")}
        return Reply(200, {f"{name}SharedKey": value for name, value in keys.items()})

    def regenerate_key(self, call: Call, resource: Resource) -> Reply:
        """Make the keys anew."""
        resource.hidden["rounds"] = resource.hidden.get("rounds", 0) + 1
        call.state.put(resource)
        return self.shared_keys(call, resource)

    def usages(self, call: Call, resource: Resource) -> Reply:
        """Answer how much has been taken in today: nothing."""
        name = {"value": "DataAnalyzed", "localizedValue": "Data Analyzed"}
        reset = timestamp(call.world.now() // 86400 * 86400 + 86400)
        one = {"name": name, "unit": "Bytes", "currentValue": 0.0, "limit": -1.0, "nextResetTime": reset}
        return Reply(200, {"value": [{**one, "quotaPeriod": "P1D"}]})

    def management_groups(self, call: Call, resource: Resource) -> Reply:
        """Answer that none is connected."""
        return Reply(200, {"value": []})

    def packs(self, call: Call, resource: Resource) -> Reply:
        """Answer the solutions that every workspace has; a bare list, as the service writes it."""
        pack = {"name": "LogManagement", "enabled": True, "displayName": "Log Management"}
        return Reply(200, [pack])

    def tiers(self, call: Call, resource: Resource) -> Reply:
        """Answer how the workspace may be paid for; a bare list, too."""
        sku = resource.body["properties"]["sku"]["name"].lower()
        days = {"minimumRetention": 30, "maximumRetention": 730, "defaultRetention": 30}
        names = ("PerGB2018", "CapacityReservation")
        return Reply(
            200,
            [
                {"serviceTier": name, "enabled": name.lower() == sku, **days, "capacityReservationLevel": 0}
                for name in names
            ],
        )


class OperationalInsights(Namespace):
    """The workspaces that are only soft-deleted."""

    namespace = "Microsoft.OperationalInsights"

    def other(self, call: Call) -> Reply | None:
        """Answer the list of deleted workspaces of a subscription or a group."""
        if call.method != "GET" or [part.lower() for part in call.address.parts] != ["deletedworkspaces"]:
            return None
        scope, now = call.address.scope.lower() + "/", call.world.now()
        kept = [note for note in call.state.notes(DELETED).values() if note["id"].lower().startswith(scope)]
        return page(call, [note["body"] for note in kept if note["until"] > now])


def _older(body: dict[str, Any]) -> dict[str, Any]:
    """Return a workspace in the words of 2015: an ID in small letters, no ETag, dates as mail writes them."""
    body.pop("etag", None)
    head, _, tail = body["id"].partition("/providers/")
    scope = re.sub("/resourceGroups/", "/resourcegroups/", head)
    space, _, rest = tail.partition("/")
    body["id"] = f"{scope}/providers/{space.lower()}/{rest}"
    sku, properties = body["properties"]["sku"], {"source": "Azure", **body["properties"]}
    sku = {**sku, "name": sku["name"].lower(), "maxCapacityReservationLevel": 3000}
    for part, keys in ((properties, ("createdDate", "modifiedDate")), (sku, ("lastSkuUpdate",))):
        part |= {key: _mail_date(part[key]) for key in keys if key in part}
    return {**body, "properties": {**properties, "sku": sku}}


def _mail_date(text: str) -> str:
    return format_datetime(datetime.fromisoformat(text.replace("Z", "+00:00")), usegmt=True)
