"""`connect(target)`: the one door to Azure Resource Manager, used by pages, checks, runs and the command line alike."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

from services.catalogue.base import Begun
from services.cloud import clients
from services.cloud.credentials import credential
from services.cloud.errors import CloudError, translated
from services.cloud.target import Target

# Azure asks for 15 s between polls at the longest; where it names no time, this is ours.
AZURE_POLL_S = 5.0
FASTEST_POLL_S = 0.1
SUBSCRIPTION_API = "2022-12-01"


class Cloud:
    """A connection to one target. Every method raises `CloudError` and nothing else.

    It belongs to the event loop that first uses it; close it there.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.poll_s = max(FASTEST_POLL_S, AZURE_POLL_S * target.pace)
        self._credential = credential(target)
        self._session: Any = None
        self._clients: dict[tuple[str, str], Any] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def get(self, id: str, api_version: str) -> dict[str, Any] | None:
        """Read a resource by its ID; None when there is none."""
        try:
            with translated():
                found = await self._resources(id).get_by_id(id.lstrip("/"), api_version=api_version)
        except CloudError as error:
            if error.status == 404:
                return None
            raise
        return clients.plain(found)

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

    async def close(self) -> None:
        """Give back every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            self._clients.clear()

    @asynccontextmanager
    async def _reading(self, kind: str, subscription_id: str) -> AsyncIterator[Any]:
        with translated():
            yield self._client(kind, subscription_id)

    def _put(self, id: str, api_version: str, body: Mapping[str, Any], **options: Any) -> Any:
        kind = clients.PUTS.get(clients.type_of(id), "resources")
        client = self._client(kind, clients.subscription_of(id))
        return clients.PUT_WITH[kind](
            client, id, api_version, dict(body), {"polling_interval": self.poll_s, **options}
        )

    def _delete(self, id: str, api_version: str, **options: Any) -> Any:
        options = {"polling_interval": self.poll_s, **options}
        return self._resources(id).begin_delete_by_id(id.lstrip("/"), api_version=api_version, **options)

    def _resources(self, id: str) -> Any:
        return self._client("resources", clients.subscription_of(id)).resources

    def _client(self, kind: str, subscription_id: str) -> Any:
        key = (kind, subscription_id)
        if key not in self._clients:
            self._clients[key] = clients.make(kind, self._credential, subscription_id, self._options())
        return self._clients[key]

    def _options(self) -> dict[str, Any]:
        """What every client gets: one shared session, no retries inside the SDK (runs do it, visibly)."""
        from azure.core.pipeline.transport import AioHttpTransport

        if self._session is None:
            self._session = _session(self.target)
        transport = AioHttpTransport(session=self._session, session_owner=False)
        scope = f"{self.target.endpoint}/.default"
        return {
            "base_url": self.target.endpoint, "credential_scopes": [scope], "transport": transport, "retry_total": 0,
            "retry_status": 0, "retry_connect": 0, "retry_read": 0, "polling_interval": self.poll_s,
            "connection_timeout": 20, "read_timeout": 120,
        }  # fmt: skip


def connect(target: Target) -> Cloud:
    """Open the door to a target; nothing is sent yet."""
    return Cloud(target)


class _Seen:
    """Keeps the correlation ID of the first answer of an operation."""

    def __init__(self) -> None:
        self.correlation_id = ""

    def __call__(self, response: Any) -> None:
        headers = response.http_response.headers
        self.correlation_id = self.correlation_id or headers.get("x-ms-correlation-request-id", "")


async def _begun(poller: Any, seen: _Seen) -> Begun:
    """A finished operation gives its resource at once; any other its continuation token."""
    if poller.polling_method().finished():
        return Begun(resource=clients.plain(await poller.result()), correlation_id=seen.correlation_id)
    return Begun(token=poller.continuation_token(), correlation_id=seen.correlation_id)


def _session(target: Target) -> Any:
    """One session for all clients of a target: only the rehearsal's trusts the simulator's authority and skips proxies."""
    import aiohttp

    context = ssl.create_default_context(cafile=target.ca_bundle)
    connector = aiohttp.TCPConnector(ssl=context, limit=64)
    session = aiohttp.ClientSession(
        connector=connector,
        trust_env=target.ca_bundle is None,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
    # aiohttp sends a PUT again, unseen, when a kept connection drops; whether Azure has taken the first one must be
    # looked up before (runs do). There is no public switch: aiohttp's own test client sets the same attribute.
    session._retry_connection = False
    return session
