"""A connection to one target: the session, the clients, and the requests that every other verb is made of."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

from services.cloud import clients
from services.cloud.credentials import credential
from services.cloud.errors import CloudError, translated
from services.cloud.target import Target

# Azure asks for 15 s between polls at the longest; where it names no time, this is ours.
AZURE_POLL_S = 5.0
FASTEST_POLL_S = 0.1


class Connection:
    """Clients of one target that share a session. Every method raises `CloudError` and nothing else.

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

    async def close(self) -> None:
        """Give back every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            self._clients.clear()

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

    async def there(self, id: str, api_version: str) -> dict[str, Any]:
        """Read a resource that must be there; `CloudError` when it is not."""
        found = await self.get(id, api_version)
        if found is None:
            raise CloudError("ResourceNotFound", f"{id} could not be found.", status=404)
        return found

    async def act(self, id: str, action: str, api_version: str, body: Any = None) -> dict[str, Any]:
        """Send an action (`listKeys`, `getLogs`) to a resource and give its answer."""
        return await self.send("POST", f"{id}/{action}", api_version, body)

    async def send(
        self,
        method: str,
        path: str,
        api_version: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request for which no client has a method; its JSON answer, or {} where there is none."""
        from azure.core.exceptions import HttpResponseError
        from azure.core.rest import HttpRequest

        with translated():
            client = self._client("resources", clients.subscription_of(path))
            params = {"api-version": api_version, **(query or {})}
            request = HttpRequest(method, f"{self.target.endpoint}{path}", params=params, json=body)
            response = await client.send_request(request)
            if response.status_code >= 400:
                raise HttpResponseError(response=response)
            return dict(response.json()) if response.content else {}

    @asynccontextmanager
    async def _reading(self, kind: str, subscription_id: str) -> AsyncIterator[Any]:
        with translated():
            yield self._client(kind, subscription_id)

    def _resources(self, id: str) -> Any:
        return self._client("resources", clients.subscription_of(id)).resources

    def _client(self, kind: str, subscription_id: str) -> Any:
        key = (kind, subscription_id)
        if key not in self._clients:
            self._clients[key] = clients.make(kind, self._credential, subscription_id, self._options())
        return self._clients[key]

    def _options(self) -> dict[str, Any]:
        """What every client gets: one shared session, no retries inside the SDK (runs do it, visibly)."""
        scope = f"{self.target.endpoint}/.default"
        return {
            "base_url": self.target.endpoint, "credential_scopes": [scope], "transport": self._transport(),
            "retry_total": 0, "retry_status": 0, "retry_connect": 0, "retry_read": 0, "polling_interval": self.poll_s,
            "connection_timeout": 20, "read_timeout": 120,
        }  # fmt: skip

    def _transport(self) -> Any:
        from azure.core.pipeline.transport import AioHttpTransport

        return AioHttpTransport(session=self._http(), session_owner=False)

    def _http(self) -> Any:
        """The session of all clients."""
        if self._session is None:
            self._session = _session(self.target)
        return self._session


def _session(target: Target) -> Any:
    """One session for all clients of a target: only the rehearsal's trusts the simulator's authority and skips proxies."""
    import aiohttp

    from services.cloud.names import Names

    context = ssl.create_default_context(cafile=target.ca_bundle)
    connector = aiohttp.TCPConnector(ssl=context, limit=64, resolver=Names())
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
