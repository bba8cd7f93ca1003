"""What the subscription really holds, and whether it can serve this project."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.cloud.connect import Cloud
from services.config import ProjectConfig
from services.plan import Plan
from services.preflight.findings import Finding


@dataclass(frozen=True)
class Candidate:
    """An existing resource that could be chosen; `unsuitable` says why it can't."""

    id: str
    name: str
    group: str
    location: str
    unsuitable: str | None = None


async def candidates(section: str, config: ProjectConfig, cloud: Cloud) -> list[Candidate]:
    """Every resource of the section's type in the subscription, suitable ones first, then by name."""
    kind = registry.by_section(section)
    if kind is None:
        return []
    found = await cloud.listing(kind.arm_type, config.subscription_id)
    made = [_candidate(one, kind.unsuitable(one, config)) for one in found]
    return sorted(made, key=lambda c: (c.unsuitable is not None, c.name.lower()))


async def databases(server_id: str, cloud: Cloud) -> list[Candidate]:
    """The databases of an existing SQL server; `master` is not for users."""
    found = await cloud.children("Microsoft.Sql/servers/databases", server_id)
    return [_candidate(one, None) for one in found if one.get("name") != "master"]


async def check(plan: Plan, cloud: Cloud) -> list[Finding]:
    """Every resource chosen as existing is there and suits."""
    found: list[Finding] = []
    for resource in [r for r in plan if not r.is_new]:
        found += _findings(resource, await cloud.get(resource.id, resource.api_version), plan.config)
    return found


def _findings(resource: Resource, found: Mapping[str, Any] | None, config: ProjectConfig) -> list[Finding]:
    path = f"{resource.section}.id"
    if found is None:
        what = f"{resource.label} {resource.name} is not there: it was deleted after you chose it, or you may not see it."
        return [Finding("existing_missing", "error", path, what, "Choose another one, or create a new one.")]
    why = registry.of(resource.key).unsuitable(found, config)
    if why:
        return [
            Finding("existing_unsuitable", "error", path, f"{resource.name} {why}.", "Choose another one.")
        ]
    return []


def _candidate(found: Mapping[str, Any], unsuitable: str | None) -> Candidate:
    id = str(found.get("id", ""))
    parts = id.split("/")
    group = parts[4] if len(parts) > 4 else ""
    return Candidate(id, str(found.get("name", "")), group, str(found.get("location", "")), unsuitable)
