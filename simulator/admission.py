"""Whether ARM lets a write through at all: registration, locks and policies, in this order, before any provider is asked.

https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources
"""

from __future__ import annotations

import json
import re
from typing import Any

from simulator import catalogue, regions
from simulator.call import Call
from simulator.errors import ArmError, gateway
from simulator.kinds import Kind

LOCKS = "microsoft.authorization/locks"
RULES = "scenario rules"


def check_write(call: Call, kind: Kind) -> None:
    """Refuse a PUT or PATCH that ARM would not hand on to the provider."""
    if call.method == "PUT":
        catalogue.check_registered(call, kind)
    if kind.arm_type.lower() == LOCKS:
        return
    _check_locks(call, "write", {"readonly"}, below=False)
    if kind.regional and call.method == "PUT":
        _check_policies(call, kind)


def check_delete(call: Call, kind: Kind) -> None:
    """Refuse a deletion that ARM would not hand on to the provider; a group's locked contents are in the way too."""
    if kind.arm_type.lower() != LOCKS:
        _check_locks(call, "delete", {"readonly", "cannotdelete"}, below=True)


def _check_locks(call: Call, action: str, levels: set[str], below: bool) -> None:
    target = call.address.path.lower()
    for lock in call.state.everything(LOCKS):
        scope = lock.key.rsplit("/providers/microsoft.authorization/", 1)[0]
        within = (target + "/").startswith(scope + "/") or (below and scope.startswith(target + "/"))
        if within and str(lock.body["properties"]["level"]).lower() in levels:
            place = lock.id.rsplit("/providers/Microsoft.Authorization/", 1)[0]
            message = (
                f"The scope '{call.address.path}' cannot perform {action} operation because following scope(s) are locked: "
                f"'{place}'. Please remove the lock and try again."
            )
            raise gateway(409, "ScopeLocked", message)


def _check_policies(call: Call, kind: Kind) -> None:
    body = call.body if isinstance(call.body, dict) else {}
    for policy in call.state.note(RULES, "policies") or []:
        if re.search(policy["type"], kind.arm_type, re.IGNORECASE) and _denies(policy, body):
            raise _disallowed(call, policy["name"])


def _denies(policy: dict[str, Any], body: dict[str, Any]) -> bool:
    """Tell whether every condition that a policy names holds for a body."""
    tags = (
        {key.lower() for key in body.get("tags") or {}} if isinstance(body.get("tags") or {}, dict) else set()
    )
    sku = body.get("sku")
    held = [
        policy["without_tag"] is None or policy["without_tag"].lower() not in tags,
        policy["outside_regions"] is None
        or regions.normal(str(body.get("location", ""))) not in policy["outside_regions"],
        policy["other_sku_than"] is None
        or not isinstance(sku, dict)
        or sku.get("name") not in policy["other_sku_than"],
        policy["property_path"] is None or _at(body, policy["property_path"]) == policy["property_is"],
    ]
    return all(held)


def _at(body: Any, path: str) -> Any:
    for step in path.split("."):
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _disallowed(call: Call, name: str) -> ArmError:
    root = f"/subscriptions/{call.address.subscription}/providers/Microsoft.Authorization"
    number = call.world.fixed_id(f"policy/{name}").replace("-", "")[:24]
    assignment = {"name": name, "id": f"{root}/policyAssignments/{number}"}
    definition = {"name": name, "id": f"{root}/policyDefinitions/{number}"}
    identifiers = json.dumps(
        [{"policyAssignment": assignment, "policyDefinition": definition}], separators=(",", ":")
    )
    resource = call.address.name
    message = f"Resource '{resource}' was disallowed by policy. Policy identifiers: '{identifiers}'."
    info = {
        "policyDefinitionDisplayName": name,
        "policyDefinitionEffect": "deny",
        "policyAssignmentDisplayName": name,
        "policyAssignmentId": assignment["id"],
        "policyDefinitionId": definition["id"],
        "policyDefinitionName": number,
        "policyAssignmentName": number,
        "policyAssignmentScope": f"/subscriptions/{call.address.subscription}",
    }
    more = [{"type": "PolicyViolation", "info": info}]
    return gateway(403, "RequestDisallowedByPolicy", message, target=resource, additional=more)
