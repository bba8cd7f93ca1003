"""What tests of blob storage share: names below .localhost lead to loopback, and accounts are made by ARM."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.storage.blob import BlobServiceClient, generate_account_sas

from tests.simulator.conftest import Running

GROUP = "rg-blobs"
VERSION = "2023-01-01"


@contextmanager
def loopback_names() -> Iterator[None]:
    """Resolve every name below .localhost to loopback, as RFC 6761 asks; the C library here does not."""
    before = socket.getaddrinfo

    def resolve(host: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return before("127.0.0.1" if str(name).endswith(".localhost") else host, *more, **named)

    socket.getaddrinfo = resolve
    try:
        yield
    finally:
        socket.getaddrinfo = before


@contextmanager
def trusted(bundle: str) -> Iterator[None]:
    """Let clients that take no certificate authority as an argument trust this one."""
    before = os.environ.get("REQUESTS_CA_BUNDLE")
    os.environ["REQUESTS_CA_BUNDLE"] = bundle
    try:
        yield
    finally:
        os.environ.pop("REQUESTS_CA_BUNDLE") if before is None else os.environ.update(
            REQUESTS_CA_BUNDLE=before
        )


@dataclass
class Account:
    """A storage account of a running simulator, made by ARM."""

    simulator: Running
    path: str
    name: str

    @property
    def url(self) -> str:
        """Where its blobs are."""
        return f"https://{self.name}.blob.{self.simulator.ready['blob_suffix']}"

    @property
    def host(self) -> str:
        """Its Host header."""
        return self.url.removeprefix("https://")

    def keys(self) -> list[str]:
        """Return its two keys."""
        found = self.simulator.arm("POST", f"{self.path}/listKeys", version=VERSION).body["keys"]
        return [one["value"] for one in found]

    def change(self, **properties: Any) -> None:
        """Change settings of the account."""
        answer = self.simulator.arm("PATCH", self.path, {"properties": properties}, version=VERSION)
        assert answer.status == 200, answer.body
        self.simulator.arm("GET", self.path, version=VERSION)

    def client(self, credential: Any = None, **more: Any) -> BlobServiceClient:
        """Return the SDK's client: by the first key unless something else is given; it tries once."""
        if credential is None:  # from a host that is not Azure's own the SDK does not read the account's name
            credential = {"account_name": self.name, "account_key": self.keys()[0]}
        bundle = self.simulator.ready["ca_bundle"]
        options = {"connection_verify": bundle, "retry_total": 0, **more}
        return BlobServiceClient(self.url, credential=credential or None, **options)


def account(simulator: Running, group: str = GROUP, **properties: Any) -> Account:
    """Make a storage account of a new name."""
    name = "st" + uuid.uuid4().hex[:12]
    path = f"{simulator.group(group)}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": properties,
    }
    assert simulator.arm("PUT", path, body, version=VERSION).status == 202
    assert simulator.arm("GET", path, version=VERSION).body["properties"]["provisioningState"] == "Succeeded"
    return Account(simulator, path, name)


def sas(account: Account, permission: str = "racwdl", hours: float = 1, **more: Any) -> str:
    """Return a signature for the account, by its first key."""
    until, levels = datetime.now(UTC) + timedelta(hours=hours), more.pop("levels", "sco")
    return generate_account_sas(
        account.name, account.keys()[0], levels, permission, until, services="b", **more
    )


def stored_files(simulator: Running) -> list[Path]:
    """Return the files that hold what is stored."""
    return sorted((simulator.folder / "blobs").iterdir())
