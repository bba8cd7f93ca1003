"""Files in a workspace's blob store, through azure-storage-blob: in blocks, so that a broken upload goes on where it was."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cloud.errors import CloudError

STORE_API = "2024-10-01"
BLOCK = 8 * 1024 * 1024
AT_ONCE = 4
Say = Callable[[str], None]


@dataclass(frozen=True)
class Place:
    """A container: the account's ID and blob address, and the container's name."""

    account_id: str
    address: str
    container: str


@asynccontextmanager
async def service(place: Place, credential: Any, transport: Any) -> AsyncIterator[Any]:
    """A client of the container; `credential` is the account's key or a token credential."""
    from azure.storage.blob.aio import ContainerClient

    options = {"transport": transport, "retry_total": 0, "connection_timeout": 20, "read_timeout": 120}
    client = ContainerClient(place.address, place.container, credential=credential, **options)
    try:
        yield client
    finally:
        await client.close()


async def properties(client: Any, path: str) -> dict[str, Any] | None:
    """Size and metadata of a file; None when there is none."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        found = await client.get_blob_client(path).get_blob_properties()
    except ResourceNotFoundError:
        return None
    return {"size": found.size, "metadata": dict(found.metadata or {}), "properties": {}}


async def upload(client: Any, path: str, source: Path, metadata: Mapping[str, str], say: Say) -> None:
    """Send the blocks that are not there yet, several at once, then the list of all of them.

    Azure keeps uncommitted blocks for a week: https://learn.microsoft.com/rest/api/storageservices/put-block-list
    """
    blob = client.get_blob_client(path)
    size = await asyncio.to_thread(_size, source)
    say("Checking that the file is the one that was tested.")
    await asyncio.to_thread(_check, source, metadata.get("sha256", ""))
    names = [_block(number) for number in range(max(1, -(-size // BLOCK)))]
    there = await _staged(blob)
    missing = [n for n, name in enumerate(names) if name not in there]
    limit, done = asyncio.Semaphore(AT_ONCE), _Progress(size, size - _bytes(missing, size), say)

    async def send(number: int) -> None:
        async with limit:
            data = await asyncio.to_thread(_read, source, number)
            await blob.stage_block(names[number], data, length=len(data))
            done.add(len(data))

    async with asyncio.TaskGroup() as tasks:
        for number in missing:
            tasks.create_task(send(number))
    from azure.storage.blob import BlobBlock

    await blob.commit_block_list([BlobBlock(name) for name in names], metadata=dict(metadata))


async def write(client: Any, folder: str, files: Mapping[str, str]) -> None:
    """Write small texts into a folder, over what was there."""
    for name, text in files.items():
        await client.get_blob_client(folder + name).upload_blob(text.encode(), overwrite=True)


async def delete(client: Any, path: str) -> None:
    """Remove a file, or all below a path that ends in a slash."""
    from azure.core.exceptions import ResourceNotFoundError

    names = [b.name async for b in client.list_blobs(name_starts_with=path)] if path.endswith("/") else [path]
    for name in names:
        try:
            await client.get_blob_client(name).delete_blob()
        except ResourceNotFoundError:
            continue


class _Progress:
    def __init__(self, size: int, done: int, say: Say) -> None:
        self.size, self.done, self.say = size, done, say

    def add(self, count: int) -> None:
        self.done += count
        self.say(f"{self.done / 1e6:.0f} of {self.size / 1e6:.0f} MB.")


async def _staged(blob: Any) -> set[str]:
    """The names of blocks that an earlier try has brought and nobody has listed."""
    from azure.core.exceptions import ResourceNotFoundError

    try:
        _, waiting = await blob.get_block_list("uncommitted")
    except ResourceNotFoundError:
        return set()
    return {block.id for block in waiting}


def _block(number: int) -> str:
    return base64.b64encode(f"{number:08d}".encode()).decode()


def _bytes(numbers: list[int], size: int) -> int:
    return sum(min(BLOCK, size - number * BLOCK) for number in numbers)


def _size(source: Path) -> int:
    try:
        return source.stat().st_size
    except OSError as error:
        raise CloudError(
            "ModelFileMissing", f"The model file is not on this machine any more: {source}."
        ) from error


def _check(source: Path, sha256: str) -> None:
    with source.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 and found != sha256:
        raise CloudError("ModelFileChanged", f"{source} has another content than what was tested.")


def _read(source: Path, number: int) -> bytes:
    with source.open("rb") as file:
        file.seek(number * BLOCK)
        return file.read(BLOCK)
