"""Microsoft.Insights: autoscale settings.  ``simulator.scoring.autoscale`` applies those of online deployments.

https://learn.microsoft.com/rest/api/monitor/autoscale-settings
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator.call import Call
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.schema import Tracked, Wire
from simulator.scoring.wanted import DEPLOYMENTS, seconds
from simulator.state import Resource

#: Instances of an online deployment.
LARGEST = 20


class Capacity(Wire):
    """How few and how many instances; numbers are texts on the wire."""

    minimum: str = Field(pattern=r"\d+")
    maximum: str = Field(pattern=r"\d+")
    default: str = Field(pattern=r"\d+")


class MetricTrigger(Wire):
    """When a rule fires."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    metricName: str
    metricResourceUri: str
    timeGrain: str
    timeWindow: str
    statistic: Literal["Average", "Min", "Max", "Sum", "Count"]
    timeAggregation: Literal["Average", "Minimum", "Maximum", "Total", "Count", "Last"]
    operator: Literal[
        "Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"
    ]
    threshold: float


class ScaleAction(Wire):
    """What a rule does."""

    direction: Literal["None", "Increase", "Decrease"]
    type: Literal["ChangeCount", "PercentChangeCount", "ExactCount", "ServiceAllowedNextValue"]
    value: str | None = Field(default=None, pattern=r"\d+")
    cooldown: str


class Rule(Wire):
    """One rule."""

    metricTrigger: MetricTrigger
    scaleAction: ScaleAction


class Profile(Wire):
    """Limits and rules, for always or for a time."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    name: str
    capacity: Capacity
    rules: list[Rule] = Field(max_length=10)


class AutoscaleProperties(Wire):
    """A setting."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    profiles: list[Profile] = Field(min_length=1, max_length=20)
    enabled: bool | None = None
    targetResourceUri: str | None = None
    targetResourceLocation: str | None = None
    name: str | None = None


class AutoscaleBody(Tracked):
    """What a PUT on a setting may say."""

    properties: AutoscaleProperties


class AutoscaleSetting(Kind):
    """An autoscale setting."""

    arm_type = "Microsoft.Insights/autoscaleSettings"
    casing = "Microsoft.Insights/autoscaleSettings"
    body = AutoscaleBody
    state_key = ""
    create_status = 201
    deletion_rank = 1

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        if not matches(r"[^<>*%&:?+/\\]{1,260}", name) or name.endswith((" ", ".")):
            raise ArmError(400, "InvalidResourceName", f"Resource name '{name}' is invalid.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a target that is not there, limits that contradict each other, and times that are none."""
        target = _target(call, body.properties.targetResourceUri)
        most = LARGEST if target.type == DEPLOYMENTS else 10_000
        for profile in body.properties.profiles:
            _check_capacity(profile, most)
            for rule in profile.rules:
                _check_rule(call, rule)
        _check_alone(call, target)
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        given = body["properties"]
        target = call.state.get(given["targetResourceUri"])
        body["properties"] = {
            "enabled": True,
            "notifications": [],
            "targetResourceLocation": target.location if target else "",
            **given,
            "name": resource.name,
        }


def _target(call: Call, uri: str | None) -> Resource:
    found = call.state.get(uri or "")
    if found is None:
        message = f"The resource '{uri}' that targetResourceUri names was not found."
        raise ArmError(400, "TargetResourceNotFound", message)
    return found


def _check_capacity(profile: Profile, most: int) -> None:
    least, largest, usual = (int(getattr(profile.capacity, key)) for key in ("minimum", "maximum", "default"))
    if not least <= usual <= largest:
        message = f"The capacity of profile '{profile.name}' must be minimum <= default <= maximum."
        raise ArmError(400, "InvalidCapacity", message)
    if least < 1 or largest > most:
        message = f"The capacity of profile '{profile.name}' must be between 1 and {most}."
        raise ArmError(400, "InvalidCapacity", message)


def _check_rule(call: Call, rule: Rule) -> None:
    trigger = rule.metricTrigger
    if call.state.get(trigger.metricResourceUri) is None:
        message = (
            f"The resource '{trigger.metricResourceUri}' of metric '{trigger.metricName}' was not found."
        )
        raise ArmError(400, "MetricResourceNotFound", message)
    for what, text, least, most in (
        ("timeGrain", trigger.timeGrain, 60, 12 * 3600),
        ("timeWindow", trigger.timeWindow, 300, 12 * 3600),
        ("cooldown", rule.scaleAction.cooldown, 60, 7 * 86400),
    ):
        if not least <= seconds(text, -1) <= most:
            message = f"{what} is '{text}': it must be an ISO 8601 duration between {least} s and {most} s."
            raise ArmError(400, "InvalidDuration", message)


def _check_alone(call: Call, target: Resource) -> None:
    """Refuse a second setting for one target."""
    for other in call.state.everything(AutoscaleSetting.arm_type):
        same = str(other.body["properties"]["targetResourceUri"]).lower() == target.key
        if same and other.key != call.address.path.lower():
            message = f"The resource '{target.id}' has the autoscale setting '{other.name}' already."
            raise ArmError(409, "Conflict", message)
