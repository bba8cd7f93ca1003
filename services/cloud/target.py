"""Where runs go: the rehearsal's simulator, found by its ready line, or Azure (or another cloud that speaks like it)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from services.config import REHEARSAL_SUBSCRIPTION, Cloud

PUBLIC_ENDPOINT = "https://management.azure.com"
PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
ENDPOINT_VARIABLE = "GROUNDPLAN_AZURE_RESOURCE_MANAGER"


@dataclass(frozen=True)
class Target:
    """One cloud to talk to. `pace` scales expected durations: 1 on Azure, the simulator's own in the rehearsal.

    `ca_bundle` is the simulator's certificate authority, trusted by these clients alone; Azure uses the system's.
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

    @property
    def is_public(self) -> bool:
        """Whether this is Azure's public cloud, whose authority MSAL knows by itself."""
        return self.authority == PUBLIC_AUTHORITY


class TargetMissing(Exception):
    """There is nothing to talk to; the message says what to start."""


def resolve(name: Cloud, home: Path, sign_in: str = "default") -> Target:
    """Find the target of that name; `TargetMissing` when the rehearsal's simulator is not running."""
    return rehearsal(home) if name == "rehearsal" else azure(sign_in)


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


def azure(sign_in: str = "default") -> Target:
    """Azure's public cloud, or the one that the environment names (a sovereign cloud, Azure Stack, a simulator)."""
    endpoint = os.environ.get(ENDPOINT_VARIABLE, PUBLIC_ENDPOINT).rstrip("/")
    authority = os.environ.get("AZURE_AUTHORITY_HOST", PUBLIC_AUTHORITY).rstrip("/")
    authority = authority if "://" in authority else f"https://{authority}"
    return Target(
        "azure", endpoint, authority, tenant_id=os.environ.get("AZURE_TENANT_ID", ""), sign_in=sign_in
    )


def ready_line(home: Path) -> dict[str, str] | None:
    """The simulator's ready line, or None when there is none that can be read."""
    try:
        found = json.loads((home / "simulator" / "simulator.json").read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "endpoint" in found else None


def rehearsal_subscription(home: Path) -> str:
    """The subscription of the running simulator, or the one that it has by default."""
    return str((ready_line(home) or {}).get("subscription_id", REHEARSAL_SUBSCRIPTION))
