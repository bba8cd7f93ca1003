"""What a cloud does for models: files, assets, endpoints. `Cloud` inherits it; every method raises `CloudError` alone."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from services.cloud import blobs, census, clients, ml
from services.cloud.blobs import STORE_API, Place
from services.cloud.census import Census
from services.cloud.connection import Connection
from services.cloud.errors import CloudError, translated
from services.cloud.target import Target

T = TypeVar("T")
Say = Callable[[str], None]
LARGEST_ANSWER = 10_000_000
# Servers of a handler's own may compress for whoever says nothing, and this session unpacks nothing.
PLAIN = {"Accept-Encoding": "identity"}
NAMED = "azureml-model-deployment"  # the header that names a deployment, in requests and in answers


class Serving(Connection):
    """The part of a connection that knows workspaces from within."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._stores: dict[str, tuple[str, str]] = {}  # workspace ID -> account ID, container

    async def blob(self, workspace_id: str, path: str) -> dict[str, Any] | None:
        """The properties of a file in the workspace's blob store: size, metadata; None when there is none."""
        async with self._store(workspace_id) as client:
            return await blobs.properties(client, path)

    async def contents(self, account_id: str) -> Census:
        """What lies in a storage account: number and size of its blobs, as far as counting is cheap."""
        account = await self._account(account_id)
        address = str(account["properties"]["primaryEndpoints"]["blob"])
        with translated():
            return await census.count(address, await self._opener(account), self._transport())

    async def upload(
        self, workspace_id: str, path: str, source: str, metadata: Mapping[str, str], say: Say
    ) -> dict[str, Any]:
        """Bring a file into the workspace's blob store, going on where an earlier try stopped; its properties."""
        async with self._store(workspace_id) as client:
            await blobs.upload(client, path, Path(source), metadata, say)
            return await blobs.properties(client, path) or {}

    async def write_blobs(self, workspace_id: str, folder: str, files: Mapping[str, str]) -> str:
        """Write small texts into a folder of the workspace's blob store; the folder's URL."""
        async with self._store(workspace_id) as client:
            await blobs.write(client, folder, files)
            return f"{client.url.partition('?')[0]}/{folder.rstrip('/')}"

    async def delete_blob(self, workspace_id: str, path: str) -> None:
        """Remove a file, or all below a path that ends in a slash; what is gone already is no error."""
        async with self._store(workspace_id) as client:
            await blobs.delete(client, path)

    async def register_model(
        self, workspace_id: str, name: str, version: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Register a file of the workspace's blob store as a version of a model; the version's ARM JSON."""
        await self._with_ml(workspace_id, lambda client: ml.put_model(client, name, version, body))
        return await self.there(f"{workspace_id}/models/{name}/versions/{version}", STORE_API)

    async def register_environment(
        self, workspace_id: str, name: str, version: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Register a version of an environment; its ARM JSON."""
        await self._with_ml(workspace_id, lambda client: ml.put_environment(client, name, version, body))
        return await self.there(f"{workspace_id}/environments/{name}/versions/{version}", STORE_API)

    async def score(
        self, endpoint_id: str, deployment: str, request: Any, timeout_s: float
    ) -> tuple[int, Any, float]:
        """Ask one deployment of an endpoint ("" for whichever the traffic gives): status, answer, seconds.

        The key is asked for and forgotten. https://learn.microsoft.com/azure/machine-learning/how-to-authenticate-online-endpoint
        """
        return (await self.scored(endpoint_id, deployment, request, timeout_s))[:3]

    async def scored(
        self, endpoint_id: str, deployment: str, request: Any, timeout_s: float
    ) -> tuple[int, Any, float, str]:
        """The same, and which deployment has answered; "" where the answer does not say."""
        endpoint = await self.there(endpoint_id, STORE_API)
        key = (await self.act(endpoint_id, "listKeys", STORE_API))["primaryKey"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **PLAIN}
        if deployment:
            headers[NAMED] = deployment
        address = endpoint["properties"]["scoringUri"]
        return await self._post(address, json.dumps(request), headers, timeout_s)

    async def _post(
        self, address: str, body: str, headers: Mapping[str, str], timeout_s: float
    ) -> tuple[int, Any, float, str]:
        import aiohttp

        began = time.monotonic()
        with translated():
            try:
                limit = aiohttp.ClientTimeout(total=timeout_s)
                async with self._http().post(address, data=body, headers=headers, timeout=limit) as response:
                    text = (await _whole(response.content)).decode(errors="replace")
            except aiohttp.ClientError as error:
                raise CloudError("Unreachable", f"The endpoint does not answer: {error}") from error
        took, by = time.monotonic() - began, response.headers.get(NAMED, "")
        return response.status, _json(text), took, by

    async def _with_ml(self, workspace_id: str, act: Callable[[Any], T]) -> T:
        with translated():
            return await ml.with_client(self.target, self._credential.plain, workspace_id, act)

    @asynccontextmanager
    async def _store(self, workspace_id: str) -> AsyncIterator[Any]:
        """The container of the workspace's own blob store, opened by the account's key where keys are allowed."""
        account_id, container = self._stores.get(workspace_id) or await self._blob_store(workspace_id)
        self._stores[workspace_id] = account_id, container
        account = await self._account(account_id)
        place = Place(account_id, account["properties"]["primaryEndpoints"]["blob"], container)
        with translated():
            async with blobs.service(place, await self._opener(account), self._transport()) as client:
                yield client

    async def _blob_store(self, workspace_id: str) -> tuple[str, str]:
        """Where the workspace keeps its files: the storage account's ID and the container's name."""
        store = (await self.there(f"{workspace_id}/datastores/workspaceblobstore", STORE_API))["properties"]
        workspace = await self.there(workspace_id, STORE_API)
        return workspace["properties"]["storageAccount"], store["containerName"]

    async def _account(self, account_id: str) -> dict[str, Any]:
        with translated():
            client = self._client("storage", clients.subscription_of(account_id))
            return clients.plain(
                await client.storage_accounts.get_properties(*clients.group_and_name(account_id))
            )

    async def _opener(self, account: Mapping[str, Any]) -> Any:
        """The account's key, for which Contributor is enough; where keys are switched off, who is signed in."""
        if account["properties"].get("allowSharedKeyAccess") is False:
            return self._credential
        account_id = account["id"]
        client = self._client("storage", clients.subscription_of(account_id))
        found = clients.plain(await client.storage_accounts.list_keys(*clients.group_and_name(account_id)))
        return {
            "account_name": clients.group_and_name(account_id)[1],
            "account_key": found["keys"][0]["value"],
        }


async def _whole(content: Any) -> bytes:
    """An answer to its end, or as much of it as is read at all; one read gives only what has come so far."""
    parts, size = [], 0
    while size < LARGEST_ANSWER and (part := await content.read(LARGEST_ANSWER - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
