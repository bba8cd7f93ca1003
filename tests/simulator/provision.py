"""`python -m tests.simulator.provision < ready.json`: nine resources through the SDKs, and how long that takes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from azure.identity import ClientSecretCredential
from azure.mgmt.resource.resources import ResourceManagementClient

HERE = {"location": "westeurope"}


def provision(ready: dict[str, Any]) -> float:
    """Group, logs, insights, vault, storage, registry, SQL server, database, workspace: one after the other."""
    trust = {"connection_verify": ready["ca_bundle"]}
    credential = ClientSecretCredential(
        ready["tenant_id"], ready["client_id"], ready["client_secret"],
        authority=ready["endpoint"], disable_instance_discovery=True, **trust,
    )  # fmt: skip
    scope = ready["endpoint"] + "/.default"
    more = {"base_url": ready["endpoint"], "credential_scopes": [scope], "polling_interval": 0.05, **trust}
    with ResourceManagementClient(credential, ready["subscription_id"], **more) as client:
        began = time.perf_counter()
        client.resource_groups.create_or_update("rg-bench", HERE)
        root = f"/subscriptions/{ready['subscription_id']}/resourceGroups/rg-bench/providers/"
        for path, version, body in _eight(root, ready["tenant_id"]):
            poller = client.resources.begin_create_or_update_by_id(root + path, body, api_version=version)
            poller.result()
        return time.perf_counter() - began


def _eight(root: str, tenant: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    logs, insights = (
        "Microsoft.OperationalInsights/workspaces/log-bench",
        "Microsoft.Insights/components/appi-bench",
    )
    storage, vault = "Microsoft.Storage/storageAccounts/stbench", "Microsoft.KeyVault/vaults/kv-bench"
    sku = {"family": "A", "name": "standard"}
    login = {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"}
    needs = {"storageAccount": storage, "keyVault": vault, "applicationInsights": insights}
    web = {"Application_Type": "web", "WorkspaceResourceId": root + logs}
    yield logs, "2023-09-01", {**HERE, "properties": {"sku": {"name": "PerGB2018"}}}
    yield insights, "2020-02-02", {**HERE, "kind": "web", "properties": web}
    yield storage, "2023-05-01", {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    yield (
        vault,
        "2023-07-01",
        {**HERE, "properties": {"tenantId": tenant, "sku": sku, "enableRbacAuthorization": True}},
    )
    yield "Microsoft.ContainerRegistry/registries/crbench", "2025-04-01", {**HERE, "sku": {"name": "Basic"}}
    yield "Microsoft.Sql/servers/sql-bench", "2023-08-01", {**HERE, "properties": login}
    yield "Microsoft.Sql/servers/sql-bench/databases/db", "2023-08-01", {**HERE, "sku": {"name": "Basic"}}
    places = {key: root + path for key, path in needs.items()}
    identity = {"type": "SystemAssigned"}
    yield "Microsoft.MachineLearningServices/workspaces/mlw-bench", "2024-10-01", {
        **HERE, "identity": identity, "properties": places,
    }  # fmt: skip


if __name__ == "__main__":
    print(provision(json.load(sys.stdin)))
