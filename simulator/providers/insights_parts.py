"""Microsoft.Insights: what stands below an Application Insights component.

https://learn.microsoft.com/rest/api/application-insights/component-linked-storage-accounts
"""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, resource_not_found
from simulator.schema import Wire, read
from simulator.state import Resource

BILLING: dict[str, Any] = {
    "Cap": 100.0,
    "MaxHistoryCap": 1000.0,
    "ResetTime": 14,
    "WarningThreshold": 90,
    "StopSendNotificationWhenHitThreshold": False,
    "StopSendNotificationWhenHitCap": False,
}


class ApiKeyAsked(Wire):
    """What a new API key is to be called, and what it may read and write."""

    id: str | None = None
    name: str
    linkedReadProperties: list[str] | None = None
    linkedWriteProperties: list[str] | None = None


class LinkedStorage(Child):
    """A storage account of one's own for the profiler; answers spell everything small."""

    arm_type = "Microsoft.Insights/components/linkedStorageAccounts"
    casing = "microsoft.insights/components/linkedstorageaccounts"

    def canonical_id(self, call: Call) -> str:
        """Spell the ID small, but for the names of the group and the subscription."""
        address = call.address
        scope = f"/subscriptions/{address.subscription}/resourcegroups/{address.group}"
        names = [name.lower() for name in address.names]
        return f"{scope}/providers/microsoft.insights/components/{names[0]}/linkedstorageaccounts/{names[1]}"

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Spell the name small."""
        super().build(call, body, resource, before)
        body["name"] = resource.name = resource.name.lower()

    def get(self, call: Call) -> Reply:
        """Answer one; recorded: where there is none, 404 and the word null."""
        if call.state.get(call.address.path) is None and call.state.get(call.address.parent.path) is not None:
            return Reply(404, "null")
        return super().get(call)


class PricingPlan(Child):
    """The plan that a component is paid by."""

    arm_type = "Microsoft.Insights/components/pricingPlans"
    casing = "microsoft.insights/components/pricingPlans"
    singleton = "current"
    defaults: ClassVar[dict[str, Any]] = {
        "planType": "Basic",
        "cap": 100.0,
        "maxHistoryCap": 1000.0,
        "resetHour": 0,
        "warningThreshold": 90,
        "stopSendNotificationWhenHitThreshold": False,
        "stopSendNotificationWhenHitCap": False,
    }


class ApiKey(Child):
    """A key of a component: the service names it, and shows it once."""

    arm_type = "Microsoft.Insights/components/apiKeys"
    casing = "microsoft.insights/components/apiKeys"
    posts = True

    def missing(self, address: Address) -> ArmError:
        """Return the component's own 404."""
        return ArmError(404, "NotFound", f"API key {address.name} was not found.")

    def put(self, call: Call) -> Reply:
        """Refuse: keys are made by a POST."""
        message = f"The requested resource does not support http method '{call.method}'."
        raise ArmError(405, "MethodNotAllowed", message)

    patch = put

    def post(self, call: Call) -> Reply:
        """Make a key and answer it, this once with the key itself."""
        component, asked = call.state.get(call.address.without_action.path), read(ApiKeyAsked, call.body)
        if component is None:
            raise resource_not_found(
                f"Microsoft.Insights/components/{call.address.names[0]}", call.address.group
            )
        if any(one.body["name"] == asked.name for one in call.state.under(component.id, self.arm_type)):
            raise ArmError(409, "Conflict", f"An API key named '{asked.name}' already exists.")
        number, now = str(uuid.uuid4()), call.world.now()
        body = {
            "id": f"{component.id.replace('/resourceGroups/', '/resourcegroups/')}/apikeys/{number}",
            "name": asked.name,
            "createdDate": format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True),
            "linkedReadProperties": asked.linkedReadProperties or [],
            "linkedWriteProperties": asked.linkedWriteProperties or [],
        }
        place = f"{component.id}/apiKeys/{number}"
        call.state.put(Resource(place, self.arm_type.lower(), number, "Succeeded", body, created=now))
        return Reply(200, {**body, "apiKey": secrets.token_hex(20)})

    def delete(self, call: Call) -> Reply:
        """Delete, and answer what was there."""
        there = self.require(call)
        call.state.remove(there.id)
        return Reply(200, self.view(there))


def billing(call: Call, component: Resource) -> Reply:
    """Answer what a component may take in a day, after changing it where that is asked."""
    kept = component.hidden.setdefault(
        "billing", {"CurrentBillingFeatures": ["Basic"], "DataVolumeCap": dict(BILLING)}
    )
    if call.method == "PUT":
        asked = call.body if isinstance(call.body, dict) else {}
        kept["CurrentBillingFeatures"] = asked.get("CurrentBillingFeatures", kept["CurrentBillingFeatures"])
        kept["DataVolumeCap"] = {
            **kept["DataVolumeCap"],
            **(asked.get("DataVolumeCap") or {}),
            "ResetTime": 0,
        }
        call.state.put(component)
        return Reply(200, kept)
    return Reply(200, {**kept, "EndTime": "2018-04-02T13:00:00+00:00"})
