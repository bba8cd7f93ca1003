"""Does the region offer every type, and is the subscription registered for its provider?"""

import asyncio
from collections.abc import Mapping
from typing import Any

from services.catalogue.base import Resource
from services.cloud.connect import Cloud
from services.config import ProjectConfig
from services.plan import Plan
from services.preflight.findings import Finding


async def check(plan: Plan, cloud: Cloud) -> list[Finding]:
    """Compare the new resources with what each provider says about the region, and the region with the subscription's."""
    subscription = plan.config.subscription_id
    known = {str(one["name"]) for one in await cloud.locations(subscription)}
    if plan.config.location not in known:
        what = f"The subscription has no region {plan.config.location}."
        return [
            Finding("region_unknown", "error", "location", what, f"Choose one of: {', '.join(sorted(known))}")
        ]
    new = [r for r in plan if r.is_new and r.location]
    namespaces = sorted({r.type.split("/")[0] for r in new} - {"Microsoft.Resources"})
    answers = await asyncio.gather(*(cloud.provider(ns, subscription) for ns in namespaces))
    found = dict(zip(namespaces, answers, strict=True))
    return [f for r in new if r.type.split("/")[0] in found for f in _findings(r, found, plan.config)]


def _findings(resource: Resource, providers: Mapping[str, Any], config: ProjectConfig) -> list[Finding]:
    namespace, _, kind = resource.type.partition("/")
    provider = providers[namespace]
    found: list[Finding] = []
    offered = locations(provider, kind)
    if offered and config.location not in offered:
        what = f"{config.location} does not offer {resource.label.lower()}s."
        found.append(
            Finding(
                "region_lacks_type", "error", "location", what, f"Choose one of: {', '.join(sorted(offered))}"
            )
        )
    if provider.get("registrationState") not in ("Registered", "Registering"):
        what = f"The subscription is not registered for {namespace} yet."
        found.append(
            Finding(
                "provider_unregistered", "info", "subscription_id", what, "The run registers it by itself."
            )
        )
    return found


def locations(provider: Mapping[str, Any], kind: str) -> set[str]:
    """The short names of the regions that offer a type; empty when the provider does not say."""
    types = {str(t.get("resourceType", "")).lower(): t for t in provider.get("resourceTypes", [])}
    named = types.get(kind.lower(), {}).get("locations", [])
    return {str(name).replace(" ", "").lower() for name in named}
