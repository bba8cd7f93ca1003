"""What a recording takes for granted: the groups, parents and references that stood there before it began."""

from __future__ import annotations

import re
from typing import Any

from tests.simulator.conftest import Running

HERE = "westeurope"
REFERENCE = re.compile(r"/subscriptions/[^/]+/resourceGroups/[^/\"]+/providers/[^/\"]+/[^/\"]+/[^/\"]+", re.I)
TENANT = "00000000-0000-0000-0000-000000000001"


class Parents:
    """Creates what is missing, with the smallest body that its type takes."""

    def __init__(self, simulator: Running, seen: dict[str, dict[str, Any]]) -> None:
        self.simulator, self.seen = simulator, seen

    def group(self, path: str, seen: dict[str, Any] | None = None) -> None:
        """Create the resource group that a path stands in, as it was seen where it was."""
        found = re.match(r"/subscriptions/[^/]+/resourcegroups/[^/?]+", path, re.I)
        if found and self.simulator.arm("HEAD", found[0]).status == 404:
            was = self.seen.get(found[0].lower(), seen if seen and "/providers/" not in path else {})
            body = {"location": was.get("location", HERE), "tags": was.get("tags") or {}}
            # Recordings differ in how they write it, answers never.
            fixed = re.sub("/resourcegroups/", "/resourceGroups/", found[0], flags=re.I)
            self.simulator.arm("PUT", fixed, body)

    def ancestors(self, path: str, location: str = HERE) -> None:
        """Create every resource that a path leads through."""
        head, _, tail = path.partition("/providers/")
        parts = tail.split("/")
        for depth in range(3, len(parts) - 1, 2):
            self.one(f"{head}/providers/{'/'.join(parts[:depth])}", {"location": location})

    def references(self, body: Any) -> None:
        """Create every resource that a body names."""
        for text in _strings(body):
            if found := REFERENCE.fullmatch(text):
                self.group(found[0])
                self.one(found[0], {})

    def one(self, path: str, seen: dict[str, Any]) -> None:
        """Create one resource as it was seen, where the simulator does not have it yet."""
        kind = re.sub(r"^.*/providers/", "", path).lower().split("/")
        name = "/".join([kind[0], *kind[1::2]])
        seen = self.seen.get(path.lower(), seen)
        if self.simulator.arm("GET", path, version=VERSIONS.get(name, "2023-01-01")).status != 404:
            return
        body = _body(name, path, seen, self.simulator)
        if body is None:
            return
        if name == "microsoft.machinelearningservices/workspaces":
            self.references(body)
        self.simulator.arm("PUT", path, body, version=VERSIONS.get(name, "2023-01-01"))


VERSIONS = {"microsoft.keyvault/vaults": "2023-07-01", "microsoft.insights/components": "2020-02-02"}
_SMALLEST: dict[str, dict[str, Any]] = {
    "microsoft.storage/storageaccounts": {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}},
    "microsoft.storage/storageaccounts/blobservices": {"properties": {}},
    "microsoft.operationalinsights/workspaces": {"properties": {}},
    "microsoft.insights/components": {"kind": "web", "properties": {"Application_Type": "web"}},
    "microsoft.containerregistry/registries": {"sku": {"name": "Premium"}},
    "microsoft.sql/servers": {
        "properties": {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"}
    },
    "microsoft.sql/servers/databases": {},
}
_ASSETS = re.compile(
    r"workspaces/(datastores|(models|environments|codes|data|components)/versions|(online|batch)endpoints"
    r"|computes|(online|batch)endpoints/deployments)$"
)


def _body(name: str, path: str, seen: dict[str, Any], simulator: Running) -> dict[str, Any] | None:
    where = {"location": seen.get("location", HERE), "tags": seen.get("tags") or {}}
    if name == "microsoft.keyvault/vaults":
        properties = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
        return {**where, "properties": properties}
    if name == "microsoft.machinelearningservices/workspaces":
        return {**where, **_workspace(path, seen, simulator)}
    if name == "microsoft.authorization/roleassignments" and seen.get("properties"):
        keys = ("roleDefinitionId", "principalId", "principalType")
        return {"properties": {key: seen["properties"][key] for key in keys}}
    if name in _SMALLEST:
        return {**where, **_SMALLEST[name]}
    if _ASSETS.search(name) and seen.get("properties"):
        return {**where, "properties": seen["properties"]}
    return None


def _workspace(path: str, seen: dict[str, Any], simulator: Running) -> dict[str, Any]:
    root, old = path.rsplit("/providers/", 1)[0] + "/providers/", seen.get("properties", {})
    fitting = {
        "storageAccount": root + "Microsoft.Storage/storageAccounts/streplayed",
        "keyVault": root + "Microsoft.KeyVault/vaults/kv-replayed",
        "applicationInsights": root + "Microsoft.Insights/components/appi-replayed",
    }
    given = {key: old.get(key) or value for key, value in fitting.items()}
    if old.get("containerRegistry"):
        given["containerRegistry"] = old["containerRegistry"]
    text = re.compile(r"/subscriptions/[^/]+")
    named = {key: text.sub(simulator.subscription, value) for key, value in given.items()}
    more = {key: old[key] for key in ("friendlyName", "description") if old.get(key)}
    return {"identity": {"type": "SystemAssigned"}, "properties": {**named, **more}}


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in _strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in _strings(one)]
    return [value] if isinstance(value, str) else []
