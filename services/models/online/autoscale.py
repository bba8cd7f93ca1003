"""The rule by which a deployment grows and shrinks: a setting of Azure Monitor that names the deployment.

https://learn.microsoft.com/azure/machine-learning/how-to-autoscale-endpoints
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.models.online.asks import Asks

API = "2022-10-01"
Measure = Literal["cpu", "requests"]
WORDS: dict[Measure, str] = {"cpu": "CPU utilisation (%)", "requests": "Requests a minute and instance"}
MOST = 20  # instances that a deployment may have


@dataclass(frozen=True)
class Rule:
    """From how many to how many instances, and when: one more above `out`, one fewer below `back`, over five minutes."""

    least: int = 1
    most: int = 3
    default: int = 1
    measure: Measure = "cpu"
    out: float = 70.0
    back: float = 30.0

    def problems(self) -> list[str]:
        """What is wrong with it, in words."""
        wrong = []
        if not self.least <= self.default <= self.most:
            wrong.append("The default must lie between the fewest and the most instances.")
        if self.back >= self.out:
            wrong.append("It must shrink at less than it grows at; otherwise it would do both in turn.")
        if self.measure == "cpu" and self.out > 100:
            wrong.append("CPU utilisation ends at 100 %.")
        return wrong


def id_of(deployment_id: str) -> str:
    """The resource ID of a deployment's rule: one for each, in the deployment's resource group."""
    parts = deployment_id.split("/")
    name = f"autoscale-{parts[-3]}-{parts[-1]}"
    return f"{'/'.join(parts[:5])}/providers/Microsoft.Insights/autoscalesettings/{name}"


def body(rule: Rule, deployment_id: str, location: str) -> dict[str, Any]:
    """The ARM body of a rule."""
    capacity = {"minimum": str(rule.least), "maximum": str(rule.most), "default": str(rule.default)}
    rules = [_rule(rule, deployment_id, grow) for grow in (True, False)]
    return {
        "location": location,
        "properties": {
            "enabled": True,
            "targetResourceUri": deployment_id,
            "profiles": [{"name": "By load", "capacity": capacity, "rules": rules}],
            "notifications": [],
        },
    }


async def read(cloud: Asks, deployment_id: str) -> Rule | None:
    """The rule that stands; None when there is none, or one that was not made here."""
    found = await cloud.get(id_of(deployment_id), API)
    return None if found is None else _read(found.get("properties") or {})


async def put(cloud: Asks, rule: Rule, deployment_id: str, location: str) -> None:
    """Make the rule, or change it."""
    await cloud.send("PUT", id_of(deployment_id), API, body(rule, deployment_id, location))


async def remove(cloud: Asks, deployment_id: str) -> None:
    """Remove the rule; the number of instances stays as it is."""
    await cloud.send("DELETE", id_of(deployment_id), API)


def _rule(rule: Rule, deployment_id: str, grow: bool) -> dict[str, Any]:
    by_requests = rule.measure == "requests"
    trigger: dict[str, Any] = {
        "metricName": "RequestsPerMinute" if by_requests else "CpuUtilizationPercentage",
        "metricResourceUri": deployment_id.partition("/deployments/")[0] if by_requests else deployment_id,
        "timeGrain": "PT1M", "statistic": "Average", "timeWindow": "PT5M", "timeAggregation": "Average",
        "operator": "GreaterThan" if grow else "LessThan", "threshold": rule.out if grow else rule.back,
    }  # fmt: skip
    if by_requests:
        deployment = deployment_id.rpartition("/")[2]
        only = {"DimensionName": "deployment", "Operator": "Equals", "Values": [deployment]}
        trigger |= {"dividePerInstance": True, "dimensions": [only]}
    direction = "Increase" if grow else "Decrease"
    action = {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
    return {"metricTrigger": trigger, "scaleAction": action}


def _read(properties: Mapping[str, Any]) -> Rule | None:
    profile: Mapping[str, Any] = next(iter(properties.get("profiles") or ()), {})
    triggers = [one.get("metricTrigger") or {} for one in profile.get("rules") or ()]
    by = {one.get("operator"): float(one.get("threshold", 0)) for one in triggers}
    if set(by) != {"GreaterThan", "LessThan"}:
        return None
    capacity = {key: int(value) for key, value in profile["capacity"].items()}
    measure: Measure = "requests" if triggers[0].get("metricName") == "RequestsPerMinute" else "cpu"
    return Rule(
        capacity["minimum"],
        capacity["maximum"],
        capacity["default"],
        measure,
        by["GreaterThan"],
        by["LessThan"],
    )
