"""Which SDK client speaks for which resource type: the tables behind `Cloud`, so that no type is an `if` in it.

Heavy SDKs are imported when first used: a page that lists storage accounts does not pay for SQL.
"""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

_CLASSES = {
    "resources": ("azure.mgmt.resource.resources.aio", "ResourceManagementClient"),
    "subscriptions": ("azure.mgmt.resource.subscriptions.aio", "SubscriptionClient"),
    "storage": ("azure.mgmt.storage.aio", "StorageManagementClient"),
    "keyvault": ("azure.mgmt.keyvault.aio", "KeyVaultManagementClient"),
    "containerregistry": ("azure.mgmt.containerregistry.aio", "ContainerRegistryManagementClient"),
    "sql": ("azure.mgmt.sql.aio", "SqlManagementClient"),
    "loganalytics": ("azure.mgmt.loganalytics.aio", "LogAnalyticsManagementClient"),
    "applicationinsights": ("azure.mgmt.applicationinsights.aio", "ApplicationInsightsManagementClient"),
}
CLIENT_OF = {
    "Microsoft.Resources/resourceGroups": "resources",
    "Microsoft.MachineLearningServices/workspaces": "resources",
    "Microsoft.Storage/storageAccounts": "storage",
    "Microsoft.KeyVault/vaults": "keyvault",
    "Microsoft.ContainerRegistry/registries": "containerregistry",
    "Microsoft.Sql/servers": "sql",
    "Microsoft.Sql/servers/databases": "sql",
    "Microsoft.OperationalInsights/workspaces": "loganalytics",
    "Microsoft.Insights/components": "applicationinsights",
}
# Types that are created through their own client; every other by resource ID, which takes our body as it is.
PUTS = {"microsoft.storage/storageaccounts": "storage", "microsoft.keyvault/vaults": "keyvault"}
Listing = Callable[[Any], AsyncIterator[Any]]


def make(kind: str, credential: Any, subscription_id: str, options: dict[str, Any]) -> Any:
    """Build a client; only the subscriptions' takes no subscription."""
    module, name = _CLASSES[kind]
    cls = getattr(importlib.import_module(module), name)
    if kind == "subscriptions":
        return cls(credential, **options)
    return cls(credential, subscription_id, **options)


def warm() -> None:
    """Import what every run needs before the first one asks for it: seconds of imports that nobody has to wait for."""
    for kind in ("resources", "storage", "keyvault"):
        importlib.import_module(_CLASSES[kind][0])
    importlib.import_module("azure.identity")


def plain(model: Any) -> dict[str, Any]:
    """A model of any SDK generation as ARM JSON with its wire names."""
    if model is None:
        return {}
    if hasattr(model, "serialize"):
        return dict(model.serialize(keep_readonly=True)) | dict(model.additional_properties or {})
    return dict(model.as_dict() if hasattr(model, "as_dict") else model)


def subscription_of(id: str) -> str:
    """The subscription in a resource ID."""
    parts = id.strip("/").split("/")
    return parts[1] if len(parts) > 1 and parts[0].lower() == "subscriptions" else ""


def group_and_name(id: str) -> tuple[str, str]:
    """Resource group and last name in a resource ID."""
    parts = id.strip("/").split("/")
    return parts[3], parts[-1]


def type_of(id: str) -> str:
    """The ARM type in a resource ID, in lower case."""
    tail = id.lower().rpartition("/providers/")[2].split("/")
    return "/".join([tail[0], *tail[1::2]])


async def _put_by_id(
    client: Any, id: str, api_version: str, body: dict[str, Any], options: dict[str, Any]
) -> Any:
    return await client.resources.begin_create_or_update_by_id(
        id.lstrip("/"), body, api_version=api_version, **options
    )


async def _put_storage(
    client: Any, id: str, api_version: str, body: dict[str, Any], options: dict[str, Any]
) -> Any:
    return await client.storage_accounts.begin_create(*group_and_name(id), body, **options)


async def _put_vault(
    client: Any, id: str, api_version: str, body: dict[str, Any], options: dict[str, Any]
) -> Any:
    return await client.vaults.begin_create_or_update(*group_and_name(id), body, **options)


PUT_WITH: dict[str, Callable[[Any, str, str, dict[str, Any], dict[str, Any]], Awaitable[Any]]] = {
    "resources": _put_by_id,
    "storage": _put_storage,
    "keyvault": _put_vault,
}


async def _workspaces(client: Any) -> AsyncIterator[Any]:
    """The generic list has no properties; it is enough to choose a workspace by."""
    async for item in client.resources.list(
        filter="resourceType eq 'Microsoft.MachineLearningServices/workspaces'"
    ):
        yield item


LISTS: dict[str, Listing] = {
    "Microsoft.Resources/resourceGroups": lambda c: c.resource_groups.list(),
    "Microsoft.MachineLearningServices/workspaces": _workspaces,
    "Microsoft.Storage/storageAccounts": lambda c: c.storage_accounts.list(),
    "Microsoft.KeyVault/vaults": lambda c: c.vaults.list_by_subscription(),
    "Microsoft.ContainerRegistry/registries": lambda c: c.registries.list(),
    "Microsoft.Sql/servers": lambda c: c.servers.list(),
    "Microsoft.OperationalInsights/workspaces": lambda c: c.workspaces.list(),
    "Microsoft.Insights/components": lambda c: c.components.list(),
}
CHILDREN: dict[str, Callable[[Any, str, str], AsyncIterator[Any]]] = {
    "Microsoft.Sql/servers/databases": lambda c, group, server: c.databases.list_by_server(group, server),
}


async def _storage_name(client: Any, name: str) -> dict[str, Any]:
    body = {"name": name, "type": "Microsoft.Storage/storageAccounts"}
    return plain(await client.storage_accounts.check_name_availability(body))


async def _vault_name(client: Any, name: str) -> dict[str, Any]:
    return plain(
        await client.vaults.check_name_availability({"name": name, "type": "Microsoft.KeyVault/vaults"})
    )


async def _registry_name(client: Any, name: str) -> dict[str, Any]:
    body = {"name": name, "type": "Microsoft.ContainerRegistry/registries"}
    return plain(await client.registries.check_name_availability(body))


async def _sql_name(client: Any, name: str) -> dict[str, Any]:
    return plain(
        await client.servers.check_name_availability({"name": name, "type": "Microsoft.Sql/servers"})
    )


NAME_CHECKS: dict[str, Callable[[Any, str], Awaitable[dict[str, Any]]]] = {
    "Microsoft.Storage/storageAccounts": _storage_name,
    "Microsoft.KeyVault/vaults": _vault_name,
    "Microsoft.ContainerRegistry/registries": _registry_name,
    "Microsoft.Sql/servers": _sql_name,
}
