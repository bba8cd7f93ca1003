"""Counts what lies in a storage account, as far as counting stays cheap: what a tear-down would take with it."""

from dataclasses import dataclass
from typing import Any

MOST = 5000  # one page of a listing


@dataclass(frozen=True)
class Census:
    """Blobs in an account and their size in bytes; `more` when there are more than were counted."""

    blobs: int
    size: int
    more: bool = False


async def count(address: str, credential: Any, transport: Any, most: int = MOST) -> Census:
    """Count the blobs of every container of the account at that address."""
    from azure.storage.blob.aio import BlobServiceClient

    options = {"transport": transport, "retry_total": 0, "connection_timeout": 20, "read_timeout": 60}
    blobs = size = 0
    async with BlobServiceClient(address, credential=credential, **options) as client:
        async for container in client.list_containers():
            async for blob in client.get_container_client(container.name).list_blobs():
                if blobs == most:
                    return Census(blobs, size, more=True)
                blobs, size = blobs + 1, size + int(blob.size or 0)
    return Census(blobs, size)
