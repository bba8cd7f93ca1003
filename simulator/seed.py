"""What a fresh rehearsal already holds: a team's shared resources, good ones and unsuitable ones, to choose from."""

from __future__ import annotations

from typing import Any

from simulator.address import parse
from simulator.call import Call
from simulator.clock import catch_up
from simulator.kinds import REGISTRY
from simulator.world import World

HOME, ELSEWHERE = "westeurope", "eastus"
GROUP = "rg-shared-data"
TEAM_GROUP = "rg-team"


def plant(world: World) -> None:
    """Create the shared resources through the types themselves, as finished as if made long ago."""
    first, second = world.subscriptions
    _put(
        world,
        f"/subscriptions/{first.id}/resourceGroups/{GROUP}",
        {"location": HOME, "tags": {"team": "data"}},
    )
    _put(world, f"/subscriptions/{second.id}/resourceGroups/{TEAM_GROUP}", {"location": HOME})
    root = f"/subscriptions/{first.id}/resourceGroups/{GROUP}/providers/"
    for path, body in _contents(world, root).items():
        _put(world, root + path, body)


def _contents(world: World, root: str) -> dict[str, dict[str, Any]]:
    storage, sql = "Microsoft.Storage/storageAccounts/", "Microsoft.Sql/servers/sql-shared"
    logs = "Microsoft.OperationalInsights/workspaces/log-shared"
    vault = {
        "tenantId": world.tenant_id,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
    }
    login = {"administratorLogin": "sqladmin", "administratorLoginPassword": "Planted-Once-4711"}
    classic = {"Application_Type": "web", "IngestionMode": "ApplicationInsights"}
    based = {"Application_Type": "web", "WorkspaceResourceId": root + logs}
    return {
        storage + _unique(world, "stshareddata"): _account("Standard_LRS"),
        storage + _unique(world, "stsharedprem"): _account("Premium_LRS"),
        storage + _unique(world, "stsharedlake"): _account("Standard_LRS", isHnsEnabled=True),
        storage + _unique(world, "stsharedus"): {**_account("Standard_LRS"), "location": ELSEWHERE},
        "Microsoft.KeyVault/vaults/kv-shared-data": {"location": HOME, "properties": vault},
        logs: {"location": HOME, "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}},
        "Microsoft.Insights/components/appi-shared": {"location": HOME, "kind": "web", "properties": based},
        "Microsoft.Insights/components/appi-classic": {
            "location": HOME,
            "kind": "web",
            "properties": classic,
        },
        "Microsoft.ContainerRegistry/registries/crshareddata": {"location": HOME, "sku": {"name": "Basic"}},
        sql: {"location": HOME, "properties": login},
        f"{sql}/databases/sales": {"location": HOME, "sku": {"name": "Basic"}},
    }


def _account(sku: str, **properties: Any) -> dict[str, Any]:
    return {"location": HOME, "kind": "StorageV2", "sku": {"name": sku}, "properties": properties}


def _unique(world: World, name: str) -> str:
    return name + world.fixed_id(name)[:4]


def _put(world: World, path: str, body: dict[str, Any]) -> None:
    address = parse(path)
    kind = REGISTRY[address.type if address.namespace else "microsoft.resources/resourcegroups"]
    caller = {"oid": world.user_object_id, "upn": "team@groundplan.example", "idtyp": "user"}
    call = Call(world, "PUT", address, {"api-version": kind.api_versions[1]}, body, caller)
    kind.put(call)
    # Whatever would take its time has long been done.
    world.state.run("UPDATE operations SET ends = 0")
    catch_up(world)
