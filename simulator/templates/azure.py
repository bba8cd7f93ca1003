"""What template expressions ask about Azure: IDs, references, keys, and where the deployment stands.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource
"""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.templates import dates
from simulator.templates.syntax import Function, Node, TemplateError

Reference = Callable[[str, str, bool], Any]
Listing = Callable[[str, str, str, Any], Any]


@dataclass
class Facts:
    """What a deployment knows of the world around it."""

    subscription: dict[str, Any]
    group: dict[str, Any] | None
    tenant: dict[str, Any]
    deployment: dict[str, Any]
    environment: dict[str, Any]
    now: float
    reference: Reference | None = None  # id or symbol, api-version, whole resource
    listing: Listing | None = None  # function, id, api-version, body


@dataclass
class AboutAzure:
    """The part of a scope that answers about Azure."""

    facts: Facts
    symbols: dict[str, str] = field(default_factory=dict, kw_only=True)
    making_defaults: bool = field(default=False, kw_only=True)

    @abstractmethod
    def node(self, node: Node) -> Any:
        """Evaluate a piece of an expression."""

    def _arguments(self, node: Function, least: int, most: int = 50) -> list[Any]:
        if not least <= len(node.arguments) <= most:
            raise TemplateError(
                f"the template function '{node.name}' expects {least} arguments, it has {len(node.arguments)}"
            )
        return [self.node(argument) for argument in node.arguments]

    def _do_subscription(self, node: Function) -> Any:
        return self.facts.subscription

    def _do_resourcegroup(self, node: Function) -> Any:
        if self.facts.group is None:
            raise TemplateError(
                "the template function 'resourceGroup' is not available at subscription scope"
            )
        return self.facts.group

    def _do_tenant(self, node: Function) -> Any:
        return self.facts.tenant

    def _do_deployment(self, node: Function) -> Any:
        return self.facts.deployment

    def _do_environment(self, node: Function) -> Any:
        return self.facts.environment

    def _do_newguid(self, node: Function) -> str:
        self._only_in_defaults("newGuid")
        return str(uuid.uuid4())

    def _do_utcnow(self, node: Function) -> str:
        self._only_in_defaults("utcNow")
        return dates.utc_now(self.facts.now, *self._arguments(node, 0, 1))

    def _do_resourceid(self, node: Function) -> str:
        given = self._arguments(node, 2)
        at = next((at for at, part in enumerate(given) if "/" in str(part)), None)
        if at is None or at > 2:
            raise TemplateError(
                "the template function 'resourceId' expects a resource type such as 'Microsoft.Web/sites'"
            )
        subscription = self.facts.subscription["subscriptionId"]
        group = self.facts.group["name"] if self.facts.group else ""
        if at == 2:
            subscription, group = given[0], given[1]
        elif at == 1:
            group = given[0]
        scope = f"/subscriptions/{subscription}" + (f"/resourceGroups/{group}" if group else "")
        return f"{scope}/providers/{_pairs('resourceId', given[at], given[at + 1 :])}"

    def _do_subscriptionresourceid(self, node: Function) -> str:
        given = self._arguments(node, 2)
        subscription = self.facts.subscription["subscriptionId"]
        if "/" not in str(given[0]):
            subscription = given.pop(0)
        return (
            f"/subscriptions/{subscription}/providers/{_pairs('subscriptionResourceId', given[0], given[1:])}"
        )

    def _do_tenantresourceid(self, node: Function) -> str:
        given = self._arguments(node, 2)
        return f"/providers/{_pairs('tenantResourceId', given[0], given[1:])}"

    def _do_extensionresourceid(self, node: Function) -> str:
        given = self._arguments(node, 3)
        return f"{given[0]}/providers/{_pairs('extensionResourceId', given[1], given[2:])}"

    def _do_managementgroupresourceid(self, node: Function) -> str:
        given = self._arguments(node, 2)
        root = (
            f"/providers/Microsoft.Management/managementGroups/{given.pop(0)}"
            if "/" not in str(given[0])
            else ""
        )
        return f"{root}/providers/{_pairs('managementGroupResourceId', given[0], given[1:])}"

    def _do_reference(self, node: Function) -> Any:
        given = self._arguments(node, 1, 3)
        if self.facts.reference is None:
            raise TemplateError("the template function 'reference' is not expected at this location")
        target = self.symbols.get(str(given[0]), str(given[0]))
        version = str(given[1]) if len(given) > 1 and given[1] else ""
        return self.facts.reference(target, version, len(given) > 2 and str(given[2]).lower() == "full")

    def _do_providers(self, node: Function) -> Any:
        given = self._arguments(node, 1, 2)
        kinds = [{"resourceType": given[1], "locations": [], "apiVersions": []}] if len(given) > 1 else []
        return kinds[0] if kinds else {"namespace": given[0], "resourceTypes": []}

    def _do_pickzones(self, node: Function) -> list[str]:
        self._arguments(node, 3, 5)
        return []

    def _list(self, node: Function) -> Any:
        given = self._arguments(node, 1, 3)
        if self.facts.listing is None:
            raise TemplateError(f"the template function '{node.name}' is not expected at this location")
        target = self.symbols.get(str(given[0]), str(given[0]))
        return self.facts.listing(
            node.name, target, str(given[1]) if len(given) > 1 else "", [*given, None, None][2]
        )

    def _only_in_defaults(self, name: str) -> None:
        if not self.making_defaults:
            raise TemplateError(
                f"the template function '{name}' is not expected at this location: it is only allowed in the default "
                "value of a parameter"
            )


def _pairs(function: str, kind: Any, names: list[Any]) -> str:
    space, *types = str(kind).split("/")
    if len(types) != len(names):
        raise TemplateError(
            f"unable to evaluate template language function '{function}': the type '{kind}' requires '{len(types)}' "
            f"resource name argument(s)"
        )
    return "/".join([space, *(part for pair in zip(types, map(str, names), strict=True) for part in pair)])
