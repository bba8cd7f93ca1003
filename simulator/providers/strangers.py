"""Types of Azure that the rehearsal does not understand: they are kept as they are given, and that is all.

Templates and tools bring them along; a 404 for a network would be further from the truth than a network without packets.
"""

from __future__ import annotations

from typing import Any

from simulator.call import Call
from simulator.children import Free
from simulator.elsewhere import ELSEWHERE
from simulator.errors import ArmError, gateway
from simulator.kinds import STRANGERS, Kind, matches
from simulator.state import Resource

_SPELT = {name.lower(): name for name in ELSEWHERE}
#: What Azure adds to a few of them, where templates ask for it.
_DEFAULTS: dict[str, dict[str, Any]] = {
    "microsoft.compute/availabilitysets": {
        "platformUpdateDomainCount": 5,
        "platformFaultDomainCount": 3,
        "virtualMachines": [],
    },
}
#: SKUs of those that have one without being asked; their PUT answers 200, however new they are.
_SKUS = {"microsoft.compute/availabilitysets": {"name": "Classic"}}


class Stranger(Kind):
    """A type by its name only."""

    body = Free
    create_status = 201
    keeps_system_data = False

    def __init__(self, arm_type: str) -> None:
        # Declared per class everywhere else: here a type is an instance.
        self.arm_type = arm_type  # type: ignore[misc]
        self.regional = arm_type.count("/") == 1  # type: ignore[misc]
        if arm_type.lower() in _SKUS:
            self.create_status = 200  # type: ignore[misc]

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a name that no resource may have."""
        if not matches(r"[^<>*%&:\\?/]{1,260}", name):
            raise gateway(400, "InvalidResourceName", f"The resource name '{name}' is not valid.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse nothing: nothing is known."""
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Give identities their principals, and spell the type as it was first written."""
        body["properties"] = {**_DEFAULTS.get(self.arm_type.lower(), {}), **body["properties"]}
        for key, value in resource.request.items():
            body.setdefault(key, value)
        if sku := _SKUS.get(self.arm_type.lower()):
            body.setdefault("sku", dict(sku))
        if isinstance(body.get("identity"), dict):
            body["identity"] = call.world.identity(body["identity"], resource.id)
        if self.arm_type.lower() == "microsoft.managedidentity/userassignedidentities":
            principal = call.world.principal_of(resource.id)
            client = call.world.fixed_id(f"client/{resource.key}")
            body["properties"] = {
                "tenantId": call.world.tenant_id,
                "principalId": principal,
                "clientId": client,
            }


def stranger(arm_type: str) -> Kind | None:
    """Return a kind for a type of a namespace that Azure has and the rehearsal has not."""
    space, _, types = arm_type.partition("/")
    spelt = _SPELT.get(space.lower())
    return Stranger(f"{spelt}/{types}") if spelt and types and matches(r"[A-Za-z0-9/]+", types) else None


STRANGERS.append(stranger)
