"""Runs every check against a cloud, all at once: each is a question that the user would otherwise meet as an error."""

import asyncio

from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.cloud.sign_in import HELP
from services.config import ProjectConfig
from services.plan import Plan, build_plan
from services.preflight import existing, names, regions
from services.preflight.findings import Finding

CHECKS = (regions.check, names.check, existing.check)


async def check(config: ProjectConfig, cloud: Cloud) -> list[Finding]:
    """Ask the cloud everything that can be known before the run. A cloud that doesn't answer is a finding, too."""
    plan = build_plan(config)
    answers = await asyncio.gather(*(_asked(one, plan, cloud) for one in CHECKS))
    found = [finding for answer in answers for finding in answer]
    return sorted(dict.fromkeys(found), key=lambda f: ("error", "warning", "info").index(f.severity))


async def _asked(one: object, plan: Plan, cloud: Cloud) -> list[Finding]:
    try:
        return await one(plan, cloud)  # type: ignore[operator, no-any-return]
    except CloudError as error:
        if error.sign_in:
            return [Finding("sign_in", "error", "cloud", "Nobody is signed in to Azure.", HELP)]
        return [
            Finding(
                "unreachable",
                "warning",
                "cloud",
                f"The cloud could not be asked: {error.message}",
                "Try again.",
            )
        ]
