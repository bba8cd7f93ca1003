"""Are the new names free in the whole world?"""

import asyncio

from services import naming
from services.catalogue import registry
from services.catalogue.base import Resource
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.config import ProjectConfig
from services.plan import Plan
from services.preflight.findings import Finding


async def check(plan: Plan, cloud: Cloud) -> list[Finding]:
    """Ask `checkNameAvailability` for every new resource whose name is global and which isn't there already."""
    asked = [r for r in plan if r.is_new and registry.of(r.key).name_rule.is_global]
    answers = await asyncio.gather(*(_taken(r, plan.config, cloud) for r in asked))
    return [answer for answer in answers if answer]


async def taken(key: str, name: str, config: ProjectConfig, cloud: Cloud) -> str | None:
    """Why a name of that type can't be had, in plain words with a free-looking suggestion; None when it is free."""
    kind = registry.of(key)
    if not kind.name_rule.is_global or naming.broken(kind.name_rule, name):
        return None
    if not await cloud.name_taken(kind.arm_type, name, config.subscription_id):
        return None
    return f"Name taken: another {kind.name_rule.noun} in the world is called {name}."


async def ours(key: str, name: str, id: str, config: ProjectConfig, cloud: Cloud) -> bool:
    """Whether a taken name is held by this very resource, or by a soft-deleted one that can be recovered or purged."""
    if await cloud.get(id, registry.of(key).api_version) is not None:
        return True
    return await _twin(key, name, config, cloud)


def another(key: str, name: str, config: ProjectConfig) -> str:
    """A name near the wish that ends in the project's own suffix."""
    rule = registry.of(key).name_rule
    unique = naming.suffix(config.subscription_id, config.identity[2], name)
    return naming.suggest(rule, f"{name[: rule.max - 5]}{rule.separator}{unique}")


async def _twin(key: str, name: str, config: ProjectConfig, cloud: Cloud) -> bool:
    """Whether it is our own soft-deleted one; who may not list those is told that the name is taken."""
    try:
        return await registry.of(key).deleted_twin(cloud, name, config.subscription_id)
    except CloudError:
        return False


async def _taken(resource: Resource, config: ProjectConfig, cloud: Cloud) -> Finding | None:
    if await _twin(resource.key, resource.name, config, cloud):
        return _deleted(resource)
    what = await taken(resource.key, resource.name, config, cloud)
    if what is None or await cloud.get(resource.id, resource.api_version) is not None:
        return None
    field = "server" if resource.key == "sql_server" else "name"
    fix = f"Use {another(resource.key, resource.name, config)}"
    return Finding("name_taken", "error", f"{resource.section}.{field}", what, fix)


def _deleted(resource: Resource) -> Finding:
    noun = registry.of(resource.key).name_rule.noun
    what = f"A deleted {noun} of yours called {resource.name} still holds the name."
    fix = "Create all the same: the run then offers to recover or to purge it. Or choose another name."
    return Finding("soft_deleted", "warning", f"{resource.section}.name", what, fix)
