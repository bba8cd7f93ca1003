"""Every type of the first house, by the unmodified SDKs: created, read, listed, deleted."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.identity.aio import ClientSecretCredential as AsyncCredential
from azure.mgmt.applicationinsights import ApplicationInsightsManagementClient
from azure.mgmt.containerregistry import ContainerRegistryManagementClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.loganalytics import LogAnalyticsManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.mgmt.resource.resources.aio import ResourceManagementClient as AsyncResources
from azure.mgmt.resource.subscriptions import SubscriptionClient
from azure.mgmt.sql import SqlManagementClient
from azure.mgmt.storage import StorageManagementClient
from azure.mgmt.storage.aio import StorageManagementClient as AsyncStorage

from tests.simulator.conftest import Running

GROUP = "rg-sdks"
HERE = {"location": "westeurope"}
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"


@pytest.fixture(scope="module")
def resources(simulator: Running) -> Iterator[ResourceManagementClient]:
    """The resources client, with a group to work in."""
    with simulator.client(ResourceManagementClient) as client:
        client.resource_groups.create_or_update(GROUP, {**HERE, "tags": {"team": "data"}})
        yield client


def by_id(resources: ResourceManagementClient, path: str, version: str, body: Any) -> Any:
    """Create something by its ID, as the product does."""
    return resources.resources.begin_create_or_update_by_id(path, body, api_version=version).result()


def test_resource_group(simulator: Running, resources: ResourceManagementClient) -> None:
    """A group keeps its tags, is found without regard to case, and says when it is not there."""
    assert resources.resource_groups.get("RG-SDKS").tags == {"team": "data"}
    assert resources.resource_groups.check_existence(GROUP)
    assert not resources.resource_groups.check_existence("rg-none")
    assert GROUP in {group.name for group in resources.resource_groups.list()}
    with pytest.raises(ResourceNotFoundError, match="ResourceGroupNotFound"):
        resources.resource_groups.get("rg-none")


def test_storage_account(simulator: Running, resources: ResourceManagementClient) -> None:
    """An account is accepted with 202, ends as the resource itself, and has two keys."""
    with simulator.client(StorageManagementClient) as client:
        body = {
            **HERE,
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": {"accessTier": "Cool"},
        }
        account = client.storage_accounts.begin_create(GROUP, "stsdks1", body).result()
        assert account.provisioning_state == "Succeeded"
        assert account.access_tier == "Cool"
        assert account.primary_endpoints.blob == f"https://stsdks1.blob.{simulator.ready['blob_suffix']}/"
        assert len(client.storage_accounts.list_keys(GROUP, "stsdks1").keys_property) == 2
        client.storage_accounts.update(GROUP, "stsdks1", {"tags": {"a": "b"}})
        assert client.storage_accounts.get_properties(GROUP, "stsdks1").tags == {"a": "b"}
        assert "stsdks1" in {one.name for one in client.storage_accounts.list()}
        assert [one.name for one in client.storage_accounts.list_by_resource_group(GROUP)] == ["stsdks1"]
        free = client.storage_accounts.check_name_availability(
            {"name": "stsdks1", "type": "Microsoft.Storage/storageAccounts"}
        )
        assert not free.name_available
        client.storage_accounts.delete(GROUP, "stsdks1")
        with pytest.raises(ResourceNotFoundError):
            client.storage_accounts.get_properties(GROUP, "stsdks1")


def test_key_vault(simulator: Running, resources: ResourceManagementClient) -> None:
    """A vault takes secrets, is soft-deleted, and can be purged."""
    with simulator.client(KeyVaultManagementClient) as client:
        properties = {
            "tenantId": simulator.ready["tenant_id"],
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
        }
        client.vaults.begin_create_or_update(GROUP, "kv-sdks", {**HERE, "properties": properties}).result()
        vault = client.vaults.get(GROUP, "kv-sdks")
        assert vault.properties.provisioning_state == "Succeeded"
        assert vault.properties.vault_uri == "https://kv-sdks.vault.azure.net/"
        secret = client.secrets.create_or_update(GROUP, "kv-sdks", "pw", {"properties": {"value": "hush"}})
        assert secret.properties.value is None
        client.vaults.delete(GROUP, "kv-sdks")
        assert "kv-sdks" in {one.name for one in client.vaults.list_deleted()}
        assert not client.vaults.check_name_availability(
            {"name": "kv-sdks", "type": "Microsoft.KeyVault/vaults"}
        ).name_available
        client.vaults.begin_purge_deleted("kv-sdks", "westeurope").result()
        assert "kv-sdks" not in {one.name for one in client.vaults.list_deleted()}


def test_log_analytics_and_application_insights(
    simulator: Running, resources: ResourceManagementClient
) -> None:
    """A workspace comes by a long-running operation, a component at once, and the one holds the other's ID."""
    with simulator.client(LogAnalyticsManagementClient) as client:
        body = {**HERE, "properties": {"sku": {"name": "PerGB2018"}, "retentionInDays": 30}}
        workspace = client.workspaces.begin_create_or_update(GROUP, "log-sdks", body).result()
        assert workspace.provisioning_state == "Succeeded"
    with simulator.client(ApplicationInsightsManagementClient) as client:
        properties = {"Application_Type": "web", "WorkspaceResourceId": workspace.id}
        path = f"{simulator.subscription}/resourceGroups/{GROUP}/providers/Microsoft.Insights/components/appi-sdks"
        by_id(resources, path, "2020-02-02", {**HERE, "kind": "web", "properties": properties})
        component = client.components.get(GROUP, "appi-sdks")
        assert component.app_id and component.connection_string
        client.components.delete(GROUP, "appi-sdks")


def test_container_registry(simulator: Running, resources: ResourceManagementClient) -> None:
    """A registry comes by 201 and Azure-AsyncOperation."""
    with simulator.client(ContainerRegistryManagementClient) as client:
        body = {**HERE, "sku": {"name": "Basic"}, "properties": {"adminUserEnabled": True}}
        registry = client.registries.begin_create("rg-sdks", "crsdks", body).result()
        assert registry.login_server == "crsdks.azurecr.io"
        assert len(client.registries.list_credentials(GROUP, "crsdks").passwords) == 2
        client.registries.begin_delete(GROUP, "crsdks").result()


def test_sql(simulator: Running, resources: ResourceManagementClient) -> None:
    """A server with its database and a firewall rule; the password is never given back."""
    with simulator.client(SqlManagementClient) as client:
        properties = {"administratorLogin": "gpadmin", "administratorLoginPassword": "Correct-Horse-1"}
        server = client.servers.begin_create_or_update(
            GROUP, "sql-sdks", {**HERE, "properties": properties}
        ).result()
        assert server.fully_qualified_domain_name == "sql-sdks.database.windows.net"
        assert server.administrator_login == "gpadmin"
        assert server.administrator_login_password is None
        body = {**HERE, "sku": {"name": "S0"}}
        database = client.databases.begin_create_or_update(GROUP, "sql-sdks", "sales", body).result()
        assert database.status == "Online"
        rule = {"properties": {"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"}}
        client.firewall_rules.create_or_update(GROUP, "sql-sdks", "azure", rule)
        names = {one.name for one in client.databases.list_by_server(GROUP, "sql-sdks")}
        assert names == {"master", "sales"}
        client.databases.begin_delete(GROUP, "sql-sdks", "sales").result()
        client.servers.begin_delete(GROUP, "sql-sdks").result()
        with pytest.raises(ResourceNotFoundError):
            client.servers.get(GROUP, "sql-sdks")


def test_workspace_and_its_role_assignment(simulator: Running, resources: ResourceManagementClient) -> None:
    """A workspace's own identity gets a role on the storage account that the workspace uses."""
    workspace = make_workspace(simulator, resources, "sdks")
    assert workspace.properties["provisioningState"] == "Succeeded"
    assert workspace.properties["workspaceId"]
    assert workspace.identity.principal_id
    scope = workspace.properties["storageAccount"]
    role = f"{simulator.subscription}/providers/Microsoft.Authorization/roleDefinitions/{BLOB_CONTRIBUTOR}"
    properties = {"roleDefinitionId": role, "principalId": workspace.identity.principal_id}
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    made = by_id(resources, path, "2022-04-01", {"properties": properties})
    assert made.properties["scope"].lower() == scope.lower()
    resources.resources.begin_delete_by_id(workspace.id, api_version="2024-10-01").result()


def test_subscriptions(simulator: Running) -> None:
    """Two subscriptions, one tenant, and regions enough to choose from."""
    with SubscriptionClient(simulator.credential(), **simulator.options()) as client:
        assert len(list(client.subscriptions.list())) == 2
        names = {one.name for one in client.subscriptions.list_locations(simulator.ready["subscription_id"])}
        assert {"westeurope", "eastus", "swedencentral"} <= names
        assert [one.tenant_id for one in client.tenants.list()] == [simulator.ready["tenant_id"]]


def test_async_clients(simulator: Running, resources: ResourceManagementClient) -> None:
    """The async SDKs do the same over aiohttp."""

    async def work() -> tuple[str, str]:
        ready, options = simulator.ready, simulator.options()
        async with AsyncCredential(
            ready["tenant_id"],
            ready["client_id"],
            ready["client_secret"],
            authority=ready["endpoint"],
            disable_instance_discovery=True,
            connection_verify=ready["ca_bundle"],
        ) as credential:
            async with AsyncStorage(credential, ready["subscription_id"], **options) as storage:
                body: Any = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
                poller = await storage.storage_accounts.begin_create(GROUP, "stasync1", body)
                account = await poller.result()
            async with AsyncResources(credential, ready["subscription_id"], **options) as client:
                found = await client.resources.get_by_id(str(account.id), api_version="2023-01-01")
        return str(account.id), str(found.id)

    made, found = asyncio.run(work())
    assert made == found


def make_workspace(simulator: Running, resources: ResourceManagementClient, name: str) -> Any:
    """Create a workspace with all that it needs, each by its ID."""
    root = f"{simulator.subscription}/resourceGroups/{GROUP}/providers"
    storage = f"{root}/Microsoft.Storage/storageAccounts/st{name}ws"
    vault = f"{root}/Microsoft.KeyVault/vaults/kv-{name}-ws"
    insights = f"{root}/Microsoft.Insights/components/appi-{name}-ws"
    by_id(resources, storage, "2023-01-01", {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}})
    properties = {
        "tenantId": simulator.ready["tenant_id"],
        "sku": {"family": "A", "name": "standard"},
        "accessPolicies": [],
    }
    by_id(resources, vault, "2023-07-01", {**HERE, "properties": properties})
    by_id(
        resources, insights, "2020-02-02", {**HERE, "kind": "web", "properties": {"Application_Type": "web"}}
    )
    body = {
        **HERE,
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageAccount": storage,
            "keyVault": vault,
            "applicationInsights": insights,
            "systemDatastoresAuthMode": "identity",
        },
    }
    path = f"{root}/Microsoft.MachineLearningServices/workspaces/mlw-{name}"
    return by_id(resources, path, "2024-10-01", body)
