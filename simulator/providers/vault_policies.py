"""Access policies of a key vault, added, replaced or removed without a PUT of the whole vault.

https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults/update-access-policy
"""

from __future__ import annotations

from typing import Any

from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, resource_not_found
from simulator.gatehouse import require_group
from simulator.state import Resource

VAULTS = "microsoft.keyvault/vaults"


class AccessPolicies(Child):
    """What ``accessPolicies/add``, ``/replace`` and ``/remove`` do; there is nothing to GET."""

    arm_type = "Microsoft.KeyVault/vaults/accessPolicies"

    def put(self, call: Call) -> Reply:
        """Change the vault's policies and answer what they are now."""
        require_group(call, call.address)
        vault = call.state.get(call.address.parent.path)
        if vault is None or vault.type != VAULTS:
            raise resource_not_found(f"Microsoft.KeyVault/vaults/{call.address.names[0]}", call.address.group)
        how, given = call.address.name.lower(), _policies(call)
        if how not in {"add", "replace", "remove"}:
            raise ArmError(
                400,
                "BadRequest",
                f"'{call.address.name}' is not a valid operation kind: add, replace, remove.",
            )
        now: dict[tuple[str, str], dict[str, Any]] = {
            _key(one): one for one in vault.body["properties"]["accessPolicies"]
        }
        for policy in given:
            now[_key(policy)] = _changed(now.get(_key(policy), {}), policy, how)
        kept = [one for one in now.values() if any(one["permissions"].values())]
        for place in (vault.body, vault.request):
            place.setdefault("properties", {})["accessPolicies"] = kept
        call.state.put(vault)
        body = {
            "id": f"{vault.id}/accessPolicies/",
            "type": self.arm_type,
            "properties": {"accessPolicies": kept},
        }
        return Reply(200, body)

    def get(self, call: Call) -> Reply:
        """Refuse: only the vault itself shows its policies."""
        raise ArmError(405, "MethodNotAllowed", "The requested resource does not support http method 'GET'.")

    def view(self, resource: Resource) -> dict[str, Any]:
        """Return nothing more than the resource itself."""
        return dict(resource.body)


def _policies(call: Call) -> list[dict[str, Any]]:
    properties = call.body.get("properties") if isinstance(call.body, dict) else None
    given = properties.get("accessPolicies") if isinstance(properties, dict) else None
    if not isinstance(given, list) or not all(isinstance(one, dict) and one.get("objectId") for one in given):
        raise ArmError(400, "BadRequest", "The parameter accessPolicies is not specified.")
    return given


def _key(policy: dict[str, Any]) -> tuple[str, str]:
    return str(policy.get("objectId")).lower(), str(policy.get("applicationId") or "").lower()


def _changed(before: dict[str, Any], policy: dict[str, Any], how: str) -> dict[str, Any]:
    """Return a policy after the change; ``add`` joins permissions, ``remove`` takes them off."""
    old, new = before.get("permissions", {}), policy.get("permissions") or {}
    out = {key: list(value) for key, value in old.items()} if how != "replace" else {}
    for kind, words in new.items():
        had = [str(word) for word in out.get(kind, [])]
        lower = {str(word).lower() for word in words}
        if how == "remove":
            out[kind] = [word for word in had if word.lower() not in lower]
        else:
            out[kind] = had + [word for word in words if word not in had]
    return {**before, **policy, "permissions": out}
