"""Deployments as resources: created from a template, polled, cancelled, exported, deleted.

https://learn.microsoft.com/rest/api/resources/deployments
"""

from __future__ import annotations

import re
import uuid
from typing import Any, ClassVar

from simulator import operations, regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError, gateway, invalid_content
from simulator.gatehouse import require_group
from simulator.kinds import Kind, matches
from simulator.operations import Operation, Style
from simulator.providers.deployments import preflight
from simulator.providers.deployments.prepare import Prepared, prepare, properties_of
from simulator.providers.deployments.run import OPEN, duration
from simulator.providers.deployments.statuses import WAIT, not_found
from simulator.providers.deployments.whatif import changes
from simulator.state import Resource
from simulator.templates.hashing import hash64
from simulator.world import timestamp

_RESULT = Style(result="/subscriptions/{subscription}/operationresults/{id}")
WHAT_IF = "what-if results"


class Deployment(Kind):
    """A deployment of a resource group or of a subscription."""

    arm_type = "Microsoft.Resources/deployments"
    api_versions = ("2015-01-01", "2026-12-31")
    regional = False
    deletion_rank = 0
    keeps_system_data = False
    delete_status = 202
    delete_style = _RESULT
    actions: ClassVar[dict[str, str]] = {"cancel": "cancel", "exporttemplate": "export"}

    def put(self, call: Call) -> Reply:
        """Check the template, and begin."""
        require_group(call, call.address, writing=True)
        name = call.address.name
        if len(name) > 64 or not matches(r"[-\w\._\(\)]+", name):
            message = f"The deployment name '{name}' is invalid: 1 to 64 letters, digits, '-', '_', '.' and parentheses."
            raise gateway(400, "InvalidDeploymentName", message)
        existing = call.state.get(call.address.path)
        if existing is not None and existing.state in OPEN:
            message = f"Unable to edit or replace deployment '{name}': previous deployment from "
            message += (
                f"'{timestamp(existing.created)}' is still active. Please see https://aka.ms/arm-deploy."
            )
            raise gateway(409, "DeploymentActive", message)
        prepared = self._prepared(call, call.address)
        preflight.check(call, prepared, name)
        resource = self._resource(call, prepared)
        call.state.put(resource)
        number = f"{hash64(uuid.uuid4().bytes):020d}"
        place = (
            f"{call.world.endpoint}{resource.id}/operationStatuses/{number}?api-version={call.api_version}"
        )
        headers = {"Azure-AsyncOperation": place, "Retry-After": WAIT}
        return Reply(200 if existing else 201, self.view(resource), headers)

    def get(self, call: Call) -> Reply:
        """Answer one deployment."""
        return Reply(200, self.view(self.require(call)))

    def missing(self, address: Address) -> ArmError:
        """Return the 404 for a deployment that is not there."""
        return not_found(address)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List those of this very scope, newest first."""
        scope = call.address.scope.lower() + "/providers/microsoft.resources/deployments/"
        found = [
            one for one in call.state.under(call.address.scope, self.arm_type) if one.key.startswith(scope)
        ]
        state = re.search(r"provisioningState eq '(\w+)'", call.query.get("$filter", ""), re.IGNORECASE)
        return [
            self.view(one) for one in reversed(found) if not state or one.state.lower() == state[1].lower()
        ]

    def delete(self, call: Call) -> Reply:
        """Forget a deployment; what it made stays."""
        resource = self.require(call)
        if resource.state in OPEN:
            message = f"The deployment '{resource.name}' cannot be deleted: it is still active."
            raise gateway(409, "DeploymentCannotBeDeleted", message)
        call.state.remove(resource.id)
        operation = operations.begin(call.world, resource, "delete", 1, _RESULT)
        return Reply(202, None, operations.headers(call.world, operation, _RESULT, call.api_version))

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Answer a what-if with its result, a deletion with nothing."""
        found = call.state.note(WHAT_IF, operation.id)
        return Reply(200, found) if found is not None else Reply(204)

    def action(self, call: Call, name: str) -> Reply | None:
        """Validate or predict a deployment that need not be there; else act on one that is."""
        address = call.address.without_action
        if call.method == "POST" and name.lower() == "validate":
            return self._validate(call, address)
        if call.method == "POST" and name.lower() == "whatif":
            return self._what_if(call, address)
        return super().action(call, name)

    def cancel(self, call: Call, resource: Resource) -> Reply:
        """Let what has begun end, and begin nothing more."""
        if resource.state not in OPEN:
            message = (
                f"The deployment '{resource.name}' cannot be cancelled because it has provisioning state '{resource.state}' "
                "or it has already expired."
            )
            raise gateway(409, "DeploymentCannotBeCancelled", message)
        for step in resource.hidden["steps"]:
            if step["state"] in {"Waiting", "Running"}:
                step |= {"state": "Canceled", "ends": call.world.now()}
        resource.state = "Canceled"
        resource.hidden["ended"] = call.world.now()
        resource.hidden.pop("values", None)
        call.state.put(resource)
        return Reply(204)

    def export(self, call: Call, resource: Resource) -> Reply:
        """Answer the template."""
        return Reply(200, {"template": resource.hidden["template"]})

    def _prepared(self, call: Call, address: Address) -> Prepared:
        require_group(call, address)
        if not isinstance(call.body, dict):
            raise invalid_content("Error converting value to type 'DeploymentDefinition'. Path ''")
        root = f"/subscriptions/{address.subscription}"
        if address.group:
            group = call.state.get(f"{root}/resourceGroups/{address.group}")
            root = group.id if group else root
        elif regions.normal(str(call.body.get("location", ""))) not in regions.BY_NAME:
            message = "The 'location' property must be specified for a deployment of a subscription."
            raise gateway(400, "LocationRequired", message)
        return prepare(call, call.body, root, address.name)

    def _validate(self, call: Call, address: Address) -> Reply:
        prepared = self._prepared(call, address)
        preflight.check(call, prepared, address.name)
        properties = {
            **properties_of(call, prepared),
            "provisioningState": "Succeeded",
            "timestamp": timestamp(call.world.now()),
            "duration": "PT0S",
            "correlationId": str(uuid.uuid4()),
            "validatedResources": [{"id": item.id} for item in prepared.items],
        }
        place = f"{prepared.root}/providers/{self.arm_type}/{address.name}"
        return Reply(
            200, {"id": place, "name": address.name, "type": self.arm_type, "properties": properties}
        )

    def _what_if(self, call: Call, address: Address) -> Reply:
        found: dict[str, Any]
        try:
            prepared = self._prepared(call, address)
            preflight.check(call, prepared, address.name)
            told = {"correlationId": str(uuid.uuid4()), "changes": changes(call, prepared)}
            found = {"status": "Succeeded", "properties": told}
        except ArmError as wrong:
            if not wrong.code.startswith("InvalidTemplate"):
                raise
            found = {"status": "Failed", "error": wrong.error()}  # recorded: found out while it works at it
        place = f"{address.scope}/providers/{self.arm_type}/what-if"
        ghost = Resource(place, self.arm_type.lower(), "what-if", "", {})
        style = Style(result=_RESULT.result, retry_after=1)
        operation = operations.begin(call.world, ghost, "whatif", 1, style)
        call.state.set_note(WHAT_IF, operation.id, found)
        return Reply(202, None, operations.headers(call.world, operation, style, call.api_version))

    def _resource(self, call: Call, prepared: Prepared) -> Resource:
        now, name = call.world.now(), call.address.name
        place = f"{prepared.root}/providers/{self.arm_type}/{name}"
        body: dict[str, Any] = {"id": place, "name": name, "type": self.arm_type}
        if not call.address.group:
            body["location"] = regions.normal(str(call.body["location"]))
        if call.body.get("tags"):
            body["tags"] = call.body["tags"]
        body["properties"] = {
            **properties_of(call, prepared),
            "timestamp": timestamp(now),
            "duration": duration(0),
            "correlationId": str(uuid.uuid4()),
        }
        steps = [
            {
                "id": item.id, "type": item.type, "name": item.name, "version": item.version, "raw": item.raw,
                "loops": item.loops, "depends_on": item.depends_on, "existing": item.existing, "state": "Waiting",
                "started": 0.0, "ends": 0.0, "operation": None, "error": None,
            }
            for item in prepared.items
        ]  # fmt: skip
        hidden = {
            "root": prepared.root,
            "mode": prepared.mode,
            "template": prepared.template,
            "values": prepared.scope.parameters,
            "symbols": prepared.scope.symbols,
            "steps": steps,
            "caller": {
                key: call.caller[key] for key in ("oid", "appid", "upn", "idtyp") if call.caller.get(key)
            },
        }
        request = {"properties": {"mode": prepared.mode}}
        return Resource(place, self.arm_type.lower(), name, "Accepted", body, request, hidden, created=now)
