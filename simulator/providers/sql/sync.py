"""Data Sync: agents, groups and members.  Recorded: their operations are told of by a Location alone.

https://learn.microsoft.com/rest/api/sql/sync-groups
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, ClassVar

from simulator.call import Call, Reply
from simulator.operations import Operation, Style
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import begun
from simulator.state import Resource
from simulator.world import World

_NEVER = "0001-01-01T00:00:00Z"


class Synced(Setting):
    """What takes part in Data Sync."""

    def result_status_of(self, operation: Operation) -> int:
        """Return 201 for what has been made."""
        return 201 if operation.action == "create" else 200

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Show, after a deletion, what has been deleted, without its settings; nothing after an action."""
        if operation.action != "delete":
            return Reply(200)
        spelt = str(call.state.note(_GONE, operation.resource) or operation.resource)
        named = {"id": spelt, "name": spelt.rpartition("/")[2], "type": self.arm_type}
        return Reply(200, {"properties": dict(_LEFT.get(self.row.name, {})), **named})

    def deleted(self, world: World, resource: Resource) -> None:
        """Remember how it was spelt, for the answer after its deletion."""
        world.state.set_note(_GONE, resource.key, resource.id)


_GONE = "deleted of data sync"
_LEFT: dict[str, dict[str, Any]] = {
    "syncGroups": {"lastSyncTime": _NEVER, "syncState": "NotReady"},
    "syncMembers": {"skipInitSync": False},
}


class SyncAgent(Synced):
    """An agent, by which databases elsewhere take part."""

    arm_type = "Microsoft.Sql/servers/syncAgents"
    row = Row(
        "syncAgents",
        "syncAgent",
        "",
        "CreateSyncAgent",
        {
            "state": "NeverConnected",
            "isUpToDate": True,
            "expiryTime": "9999-12-31T23:59:59.9999999Z",
            "version": "4.2.0.0",
        },
        result_only=True,
    )
    actions: ClassVar[dict[str, str]] = {
        "generatekey": "generate_key",
        "GET linkeddatabases": "linked_databases",
    }

    def generate_key(self, call: Call, resource: Resource) -> Reply:
        """Answer a key: agent, secret, and the database that it belongs to."""
        number = call.world.fixed_id(resource.key)
        secret = base64.b64encode(hashlib.sha256(f"{number}/{call.world.now()}".encode()).digest()).decode()
        where = base64.b64encode(f"{resource.id.split('/')[8]}.database.windows.net".encode()).decode()
        return Reply(200, {"syncAgentKey": f"{number}:{secret}:{where}"})

    def linked_databases(self, call: Call, resource: Resource) -> Reply:
        """List the databases that the agent brings: none, as it has never been connected."""
        return Reply(200, {"value": []})


class SyncGroup(Synced):
    """A hub database with its members."""

    arm_type = "Microsoft.Sql/servers/databases/syncGroups"
    row = Row(
        "syncGroups",
        "syncGroup",
        "",
        "UpsertSyncGroup",
        {
            "interval": -1,
            "lastSyncTime": _NEVER,
            "conflictResolutionPolicy": "HubWin",
            "enableConflictLogging": False,
            "conflictLoggingRetentionInDays": 30,
            "syncState": "NotReady",
            "usePrivateLinkConnection": False,
            "privateEndpointName": "",
        },
        secrets=("hubDatabasePassword",),
        result_only=True,
    )
    actions: ClassVar[dict[str, str]] = {
        "refreshhubschema": "refresh",
        "cancelsync": "done",
        "triggersync": "done",
        "GET hubschemas": "nothing",
        "GET logs": "nothing",
    }

    def refresh(self, call: Call, resource: Resource) -> Reply:
        """Read the hub's tables anew."""
        way = Style("", "{resource}/refreshHubSchemaOperationResults/{id}", 1)
        return begun(call, resource, way, "RefrehSyncHubFullSchema")  # spelt so on Azure

    def done(self, call: Call, resource: Resource) -> Reply:
        """Start or stop a synchronisation, which has nothing to do here."""
        return Reply(200)

    def nothing(self, call: Call, resource: Resource) -> Reply:
        """List tables, or what has happened: none."""
        return Reply(200, {"value": []})


class SyncMember(Synced):
    """A database that is kept the same as its hub."""

    arm_type = "Microsoft.Sql/servers/databases/syncGroups/syncMembers"
    row = Row(
        "syncMembers",
        "syncMember",
        "",
        "UpsertSyncMember",
        {
            "syncMemberAzureDatabaseResourceId": "",
            "usePrivateLinkConnection": False,
            "privateEndpointName": "",
            "syncState": "UnProvisioned",
            "skipInitSync": False,
        },
        secrets=("password",),
        result_only=True,
    )
    actions: ClassVar[dict[str, str]] = {"refreshschema": "refresh", "GET schemas": "nothing"}

    def refresh(self, call: Call, resource: Resource) -> Reply:
        """Read the member's tables anew."""
        way = Style("", "{resource}/refreshSchemaOperationResults/{id}", 1)
        return begun(call, resource, way, "RefrehSyncMemberSchema")  # spelt so on Azure

    def nothing(self, call: Call, resource: Resource) -> Reply:
        """List the member's tables: none."""
        return Reply(200, {"value": []})
