"""What every room shares: who is who in the rehearsal, the clock, and the state behind it all."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.schema import identity_type

if TYPE_CHECKING:
    from simulator.state import State

NAMESPACE = uuid.UUID("6b0f2d1c-57a4-4e0b-9d43-8f1d8c1e5a10")

#: Names that another customer owns, one a type: a name check says so, and a PUT fails as it does on Azure.
TAKEN_NAMES = {
    "Microsoft.Storage/storageAccounts": "contosodata",
    "Microsoft.KeyVault/vaults": "kv-contoso",
    "Microsoft.ContainerRegistry/registries": "contosoregistry",
    "Microsoft.Sql/servers": "sql-contoso",
}


@dataclass(frozen=True)
class Subscription:
    """A subscription that the rehearsal's tenant holds."""

    id: str
    name: str


@dataclass
class World:
    """One running simulator; handlers get it with every call."""

    state: State
    folder: Path
    endpoint: str
    port: int
    pace: float
    seed: int = 0
    client_secret: str = ""
    signing_key: bytes = b""
    boot: str = field(default_factory=lambda: uuid.uuid4().hex)
    moment: float | None = None

    def now(self) -> float:
        """Return the time that operations are measured by; a restart does not touch it."""
        return time.time() if self.moment is None else self.moment

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Do what should have happened at a moment that has passed meanwhile."""
        before, self.moment = self.moment, moment
        try:
            yield
        finally:
            self.moment = before

    def fixed_id(self, what: str) -> str:
        """Return a guid that stays the same for one seed."""
        return str(uuid.uuid5(NAMESPACE, f"{self.seed}/{what}"))

    def identity(self, asked: dict[str, Any], resource_id: str) -> dict[str, Any]:
        """Return a managed identity as answers show it; its principal stays the same for one resource."""
        out = {**asked, "type": identity_type(asked.get("type"))}
        if "SystemAssigned" in str(out["type"]):
            out |= {"principalId": self.principal_of(resource_id), "tenantId": self.tenant_id}
        return out

    def principal_of(self, resource_id: str) -> str:
        """Return the object ID of a resource's own identity."""
        return self.fixed_id(f"principal/{resource_id.lower()}")

    @cached_property
    def tenant_id(self) -> str:
        """The directory that everybody signs in to."""
        return self.fixed_id("tenant")

    @cached_property
    def client_id(self) -> str:
        """The application that rehearses."""
        return self.fixed_id("client")

    @cached_property
    def client_object_id(self) -> str:
        """The service principal of that application."""
        return self.fixed_id("client-object")

    @cached_property
    def user_object_id(self) -> str:
        """The person who signs in by device code."""
        return self.fixed_id("user")

    @cached_property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Two, so that a picker has something to pick."""
        return (
            Subscription(self.fixed_id("subscription"), "Groundplan rehearsal"),
            Subscription(self.fixed_id("subscription/team"), "Groundplan team"),
        )

    @property
    def blob_suffix(self) -> str:
        """What follows ``{account}.blob.`` in blob addresses."""
        return f"sim.localhost:{self.port}"

    def ready_line(self, ca_bundle: Path, pid: int) -> dict[str, Any]:
        """Return all that a client must know to use this simulator."""
        return {
            "endpoint": self.endpoint,
            "ca_bundle": str(ca_bundle),
            "tenant_id": self.tenant_id,
            "subscription_id": self.subscriptions[0].id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "pace": self.pace,
            "blob_suffix": self.blob_suffix,
            "taken_names": TAKEN_NAMES,
            "pid": pid,
        }


def timestamp(at: float) -> str:
    """Return a moment as ARM writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
