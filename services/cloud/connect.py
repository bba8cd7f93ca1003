"""`connect(target)`: the one door to Azure Resource Manager, used by pages, checks, runs and the command line alike."""

from collections.abc import Mapping
from typing import Any

from services.catalogue.base import Begun
from services.cloud import clients
from services.cloud.connection import AZURE_POLL_S, FASTEST_POLL_S
from services.cloud.errors import CloudError, translated
from services.cloud.serving import Serving
from services.cloud.target import Target

__all__ = ["AZURE_POLL_S", "FASTEST_POLL_S", "Cloud", "connect"]
SUBSCRIPTION_API = "2022-12-01"
LOCKS_API = "2020-05-01"


class Cloud(Serving):
    """What may be asked of one target: resources, names, lists; and, inherited, what models need."""

    async def begin_put(self, id: str, api_version: str, body: Mapping[str, Any]) -> Begun:
        """Ask for a resource by its ID, through the client that speaks for its type; no waiting."""
        seen = _Seen()
        with translated():
            poller = await self._put(id, api_version, body, raw_response_hook=seen)
            return await _begun(poller, seen)

    async def finish_put(self, id: str, api_version: str, token: str) -> dict[str, Any]:
        """Follow an accepted operation to its end and give the resource; `token` comes from `begin_put`."""
        with translated():
            poller = await self._put(id, api_version, {}, continuation_token=token)
            return clients.plain(await poller.result())

    async def begin_delete(self, id: str, api_version: str, params: Mapping[str, str] | None = None) -> Begun:
        """Ask for a resource's deletion by its ID; no waiting. What is gone already is no error."""
        seen = _Seen()
        with translated():
            poller = await self._delete(id, api_version, params=dict(params or {}), raw_response_hook=seen)
            return await _begun(poller, seen)

    async def finish_delete(self, id: str, api_version: str, token: str) -> None:
        """Follow an accepted deletion to its end; `token` comes from `begin_delete`."""
        with translated():
            poller = await self._delete(id, api_version, continuation_token=token)
            await poller.result()

    async def purge_vault(self, id: str, location: str) -> None:
        """Remove a deleted vault for good, so that its name is free."""
        with translated():
            vaults = self._client("keyvault", clients.subscription_of(id)).vaults
            await (await vaults.begin_purge_deleted(clients.group_and_name(id)[1], location)).result()

    async def deleted_vaults(self, subscription_id: str) -> list[dict[str, Any]]:
        """The deleted vaults that can be recovered: name, properties.location, properties.vaultId."""
        async with self._reading("keyvault", subscription_id) as client:
            return [clients.plain(item) async for item in client.vaults.list_deleted()]

    async def locks(self, id: str) -> list[dict[str, Any]]:
        """The locks that hold at a resource or group, those from above and below it included: name, level, id."""
        found = await self.send("GET", f"{id}/providers/Microsoft.Authorization/locks", LOCKS_API)
        return [
            {"id": one["id"], "name": one["name"], "level": one["properties"]["level"]}
            for one in found["value"]
        ]

    async def inside(self, group_id: str) -> list[dict[str, Any]]:
        """Every resource in a resource group: id, name, type, location."""
        group = group_id.rstrip("/").rpartition("/")[2]
        async with self._reading("resources", clients.subscription_of(group_id)) as client:
            found = client.resources.list_by_resource_group(group)
            return [clients.plain(item) async for item in found]

    async def put_secret(self, vault_id: str, name: str, value: str) -> None:
        """Write a secret through the management plane: no data-plane role is needed."""
        group, vault = clients.group_and_name(vault_id)
        with translated():
            client = self._client("keyvault", clients.subscription_of(vault_id))
            await client.secrets.create_or_update(group, vault, name, {"properties": {"value": value}})

    async def name_taken(self, type: str, name: str, subscription_id: str) -> str | None:
        """Azure's reason why a global name can't be had; None when it is free or the type has no global names."""
        check = clients.NAME_CHECKS.get(type)
        if check is None:
            return None
        with translated():
            answer = await check(self._client(clients.CLIENT_OF[type], subscription_id), name)
        free = answer.get("nameAvailable", answer.get("available"))
        return None if free else str(answer.get("message") or answer.get("reason") or "The name is taken.")

    async def listing(self, type: str, subscription_id: str) -> list[dict[str, Any]]:
        """Every resource of that ARM type in the subscription, as ARM JSON."""
        async with self._reading(clients.CLIENT_OF[type], subscription_id) as client:
            return [clients.plain(item) async for item in clients.LISTS[type](client)]

    async def children(self, type: str, parent_id: str) -> list[dict[str, Any]]:
        """The children of that ARM type below a resource, such as the databases of a server."""
        group, name = clients.group_and_name(parent_id)
        async with self._reading(clients.CLIENT_OF[type], clients.subscription_of(parent_id)) as client:
            return [clients.plain(item) async for item in clients.CHILDREN[type](client, group, name)]

    async def subscriptions(self) -> list[dict[str, Any]]:
        """The subscriptions that whoever is signed in can see: subscriptionId, displayName, state, tenantId."""
        async with self._reading("subscriptions", "") as client:
            return [clients.plain(item) async for item in client.subscriptions.list()]

    async def tenants(self) -> list[dict[str, Any]]:
        """The tenants that whoever is signed in belongs to."""
        async with self._reading("subscriptions", "") as client:
            return [clients.plain(item) async for item in client.tenants.list()]

    async def locations(self, subscription_id: str) -> list[dict[str, Any]]:
        """The regions of the subscription: name, displayName, metadata."""
        async with self._reading("subscriptions", "") as client:
            return [
                clients.plain(item) async for item in client.subscriptions.list_locations(subscription_id)
            ]

    async def provider(self, namespace: str, subscription_id: str) -> dict[str, Any]:
        """A resource provider: registrationState, and each type's locations by display name."""
        async with self._reading("resources", subscription_id) as client:
            return clients.plain(await client.providers.get(namespace))

    async def subscription(self, subscription_id: str) -> dict[str, Any]:
        """One subscription; bodies take the tenant's ID from it."""
        found = await self.get(f"/subscriptions/{subscription_id}", SUBSCRIPTION_API)
        if found is None:
            raise CloudError(
                "SubscriptionNotFound", f"The subscription {subscription_id} could not be found.", status=404
            )
        return found

    def _put(self, id: str, api_version: str, body: Mapping[str, Any], **options: Any) -> Any:
        kind = clients.PUTS.get(clients.type_of(id), "resources")
        client = self._client(kind, clients.subscription_of(id))
        return clients.PUT_WITH[kind](
            client, id, api_version, dict(body), {"polling_interval": self.poll_s, **options}
        )

    def _delete(self, id: str, api_version: str, **options: Any) -> Any:
        options = {"polling_interval": self.poll_s, **options}
        return self._resources(id).begin_delete_by_id(id.lstrip("/"), api_version=api_version, **options)


def connect(target: Target) -> Cloud:
    """Open the door to a target; nothing is sent yet."""
    return Cloud(target)


class _Seen:
    """Keeps the IDs of the first answer of an operation: Azure support asks for them."""

    def __init__(self) -> None:
        self.correlation_id = self.request_id = ""

    def __call__(self, response: Any) -> None:
        headers = response.http_response.headers
        self.correlation_id = self.correlation_id or headers.get("x-ms-correlation-request-id", "")
        self.request_id = self.request_id or headers.get("x-ms-request-id", "")


async def _begun(poller: Any, seen: _Seen) -> Begun:
    """A finished operation gives its resource at once; any other its continuation token."""
    ids: dict[str, Any] = {"correlation_id": seen.correlation_id, "request_id": seen.request_id}
    if poller.polling_method().finished():
        return Begun(resource=clients.plain(await poller.result()), **ids)
    return Begun(token=poller.continuation_token(), **ids)
