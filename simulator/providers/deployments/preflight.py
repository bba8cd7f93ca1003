"""What ARM finds wrong with a template before it begins: regions, types, names that are taken, bodies that make no sense.

Resources that wait for nothing and refer to nothing are tried in earnest, and the trial is undone.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from simulator import admission
from simulator.address import parse
from simulator.call import Call
from simulator.errors import ArmError, gateway
from simulator.kinds import kind_of
from simulator.providers.deployments.prepare import MISSHAPEN, Prepared, invalid_template
from simulator.templates.document import Item
from simulator.templates.evaluate import Scope
from simulator.templates.syntax import TemplateError


class Unknown(Exception):
    """A value that is known only when another resource is there."""


def check(call: Call, prepared: Prepared, name: str) -> None:
    """Refuse a template that cannot go well.

    Raises:
        ArmError: 400 InvalidTemplate for expressions, InvalidTemplateDeployment with the provider's errors inside.
    """
    found = [error for item in prepared.items if (error := _error(call, prepared, item))]
    if not found:
        return
    tracking = uuid.uuid4()
    message = (
        f"The template deployment '{name}' is not valid according to the validation procedure. The tracking id is "
        f"'{tracking}'. See inner errors for details."
    )
    raise gateway(400, "InvalidTemplateDeployment", message, details=found)


def dry_body(scope: Scope, item: Item) -> tuple[dict[str, Any], bool]:
    """Return a resource's body as far as it is known now, and whether that is all of it.

    Raises:
        ArmError: an expression in it can never be evaluated.
    """
    facts = replace(scope.facts, reference=_not_yet, listing=_not_yet)
    inner = replace(scope, facts=facts, loops=item.loops, known={})
    missing: list[str] = []
    try:
        body = _known(inner, {key: value for key, value in item.raw.items() if key not in _META}, missing)
    except TemplateError as wrong:
        raise invalid_template(str(wrong)) from None
    except MISSHAPEN as wrong:
        raise invalid_template(f"a part of the template has a wrong JSON type: {str(wrong)[:200]}") from None
    return body, not missing


_META = frozenset({"type", "apiVersion", "name", "condition", "copy", "dependsOn", "resources", "scope", "existing",
                   "comments", "metadata", "subscriptionId", "resourceGroup"})  # fmt: skip


def _error(call: Call, prepared: Prepared, item: Item) -> dict[str, Any] | None:
    address = parse(item.id)
    deployment = item.type.lower() == "microsoft.resources/deployments"
    kind = kind_of(item.type)
    if kind is None:
        space = item.type.split("/")[0]
        message = f"The resource type '{item.type.partition('/')[2]}' could not be found in the namespace '{space}'."
        return {"code": "InvalidResourceType", "target": item.id, "message": message}
    if deployment or item.existing:
        return None
    body, whole = dry_body(prepared.scope, item)
    if not whole or item.depends_on:
        return None
    version = item.version or kind.api_versions[1]
    trial = Call(call.world, "PUT", address, {"api-version": version}, body, call.caller)
    try:
        with call.state.trial():
            admission.check_write(trial, kind)
            kind.put(trial)
    except ArmError as error:
        # Only what cannot mend itself while other resources come up.
        if error.status == 404:
            return None
        return {**error.error(), "target": item.id}
    return None


def _known(scope: Scope, value: Any, missing: list[str]) -> Any:
    if isinstance(value, dict):
        if "copy" in value:
            return _leaf(scope, value, missing)
        return {key: _known(scope, item, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(scope, item, missing) for item in value]
    return _leaf(scope, value, missing)


def _leaf(scope: Scope, value: Any, missing: list[str]) -> Any:
    try:
        return scope.value(value)
    except Unknown:
        missing.append(str(value)[:100])
        return None


def _not_yet(*_: Any) -> Any:
    raise Unknown
