"""Where runs go: the rehearsal's simulator, found by its ready line, or Azure (or another cloud that speaks like it)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.config import REHEARSAL_SUBSCRIPTION, Cloud

PUBLIC_ENDPOINT = "https://management.azure.com"
PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
SIGN_IN_FILE = "sign-in.json"
ENDPOINT_VARIABLE = "GROUNDPLAN_AZURE_RESOURCE_MANAGER"


@dataclass(frozen=True)
class Target:
    """One cloud to talk to. `pace` scales expected durations: 1 on Azure, the simulator's own in the rehearsal.

    `ca_bundle` is the simulator's certificate authority, trusted by these clients alone; Azure uses the system's.
    `record` says who signed in interactively (an `AuthenticationRecord`: names, no secret).
    """

    name: Cloud
    endpoint: str
    authority: str
    pace: float = 1.0
    ca_bundle: str | None = None
    tenant_id: str = ""
    client_id: str = ""
    client_secret: str = ""
    subscription_id: str = ""
    sign_in: str = "default"
    record: str = ""

    @property
    def is_public(self) -> bool:
        """Whether this is Azure's public cloud, whose authority MSAL knows by itself."""
        return self.authority == PUBLIC_AUTHORITY


class TargetMissing(Exception):
    """There is nothing to talk to; the message says what to start."""


def resolve(name: Cloud, home: Path, sign_in: str | None = None) -> Target:
    """Find the target of that name; `TargetMissing` when the rehearsal's simulator is not running.

    `sign_in` is default, browser or device; without it the way in which somebody signed in last.
    """
    return rehearsal(home) if name == "rehearsal" else azure(home, sign_in)


def rehearsal(home: Path) -> Target:
    """Read the ready line of the running simulator in `home`/simulator/simulator.json."""
    ready = ready_line(home)
    if ready is None:
        raise TargetMissing(
            "The rehearsal's simulator is not running. Start it with `python -m simulator serve`."
        )
    return Target(
        "rehearsal", ready["endpoint"], ready["endpoint"], float(ready.get("pace", 1.0)), ready["ca_bundle"],
        ready["tenant_id"], ready["client_id"], ready["client_secret"], ready["subscription_id"],
    )  # fmt: skip


def azure(home: Path, sign_in: str | None = None) -> Target:
    """Azure's public cloud, or the one that the environment names (a sovereign cloud, Azure Stack, a simulator).

    Whoever signed in through one process is known to all: the record of it lies in `home`.
    """
    endpoint = os.environ.get(ENDPOINT_VARIABLE, PUBLIC_ENDPOINT).rstrip("/")
    authority = os.environ.get("AZURE_AUTHORITY_HOST", PUBLIC_AUTHORITY).rstrip("/")
    authority = authority if "://" in authority else f"https://{authority}"
    kept = _read(home / SIGN_IN_FILE) or {}
    way = sign_in or str(kept.get("way", "default"))
    record = str(kept.get("record", "")) if way == kept.get("way") else ""
    tenant = os.environ.get("AZURE_TENANT_ID", "")
    return Target("azure", endpoint, authority, tenant_id=tenant, sign_in=way, record=record)


def ready_line(home: Path) -> dict[str, Any] | None:
    """The simulator's ready line, or None when there is none that can be read."""
    found = _read(home / "simulator" / "simulator.json")
    return found if found and "endpoint" in found else None


def rehearsal_subscription(home: Path) -> str:
    """The subscription of the running simulator, or the one that it has by default."""
    return str((ready_line(home) or {}).get("subscription_id", REHEARSAL_SUBSCRIPTION))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
