"""Connections of a workspace to services elsewhere.

https://learn.microsoft.com/rest/api/azureml/workspace-connections
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import resource_not_found
from simulator.gatehouse import require_group
from simulator.state import Resource


class Connection(Child):
    """A connection; its credentials are given back only by listSecrets."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/connections"
    keeps_system_data = True
    actions: ClassVar[dict[str, str]] = {"listsecrets": "list_secrets"}

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise ARM's 404 for the workspace."""
        if call.state.get(address.parent.path) is None:
            require_group(call, address)
            raise resource_not_found("/".join((address.namespace, *address.parts[:2])), address.group)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Hide the credentials."""
        given = copy.deepcopy(body["properties"])
        if (credentials := given.pop("credentials", None)) is not None:
            resource.hidden["credentials"] = credentials
        body["properties"] = {"isSharedToAll": True, "metadata": {}, **given}

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget the credentials."""
        kept = {key: value for key, value in request.get("properties", {}).items() if key != "credentials"}
        return {**request, "properties": kept}

    def list_secrets(self, call: Call, resource: Resource) -> Reply:
        """Answer the connection with its credentials."""
        body = self.view(resource)
        body["properties"]["credentials"] = resource.hidden.get("credentials")
        return Reply(200, body)
