"""Autoscale, applied: rules on what is measured here change a deployment's capacity, by real minutes and not the pace.

What is applied: the first profile without a date or recurrence, its limits, and rules on this rehearsal's own metrics.
Out when any rule says out, in when all rules that say in agree, as Azure decides.
https://learn.microsoft.com/azure/azure-monitor/autoscale/autoscale-understanding-settings
"""

from __future__ import annotations

import math
import operator
from typing import Any

from simulator.address import parse
from simulator.call import Call
from simulator.providers.machinelearning import sizes
from simulator.scoring.metrics import METRICS, reading
from simulator.scoring.wanted import DEPLOYMENTS, seconds
from simulator.state import Resource
from simulator.world import World

SETTINGS = "microsoft.insights/autoscalesettings"
ACTED = "autoscale"  # when a setting has last changed a capacity
#: Seconds between two evaluations of a setting, as on Azure at the fastest.
PERIOD = 30.0
LOOKED = "autoscale looked"
COMPARE = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}
#: A rule's timeAggregation -> the aggregation that it reads.
READ = {"Average": "average", "Minimum": "minimum", "Maximum": "maximum", "Total": "total", "Count": "count"}


def apply(world: World) -> None:
    """Evaluate every setting whose time has come."""
    now = world.now()
    for setting in world.state.everything(SETTINGS):
        if now - (world.state.note(LOOKED, setting.id) or 0.0) >= PERIOD:
            with world.state.transaction():
                world.state.set_note(LOOKED, setting.id, now)
                _evaluate(world, setting)


def decide(world: World, setting: Resource, capacity: int) -> int:
    """Return the capacity that a setting wants now, its cooldowns counted in."""
    profile = profile_of(setting)
    if profile is None:
        return capacity
    least, most = (int(profile["capacity"][key]) for key in ("minimum", "maximum"))
    if not least <= capacity <= most:
        return min(max(capacity, least), most)
    rules = profile.get("rules") or []
    out = [rule for rule in rules if rule["scaleAction"]["direction"] == "Increase"]
    into = [rule for rule in rules if rule["scaleAction"]["direction"] == "Decrease"]
    wanted = capacity
    if firing := [rule for rule in out if _fires(world, setting, rule)]:
        wanted = max(_changed(rule, capacity) for rule in firing)
    elif into and all(_fires(world, setting, rule) for rule in into):
        wanted = max(_changed(rule, capacity) for rule in into)
    return min(max(wanted, least), most)


def profile_of(setting: Resource) -> dict[str, Any] | None:
    """Return the profile that holds at all times, None where there is none, or the setting is off."""
    properties = setting.body["properties"]
    always = [one for one in properties["profiles"] if not one.get("fixedDate") and not one.get("recurrence")]
    return always[0] if always and properties.get("enabled", True) else None


def _evaluate(world: World, setting: Resource) -> None:
    target = world.state.get(setting.body["properties"].get("targetResourceUri") or "")
    if target is None or target.type != DEPLOYMENTS or target.state != "Succeeded":
        return
    before = int(target.body["sku"]["capacity"])
    wanted = decide(world, setting, before)
    if wanted == before or not _quota_allows(world, target, wanted):
        return
    target.body["sku"]["capacity"] = wanted
    target.request["sku"] = {**(target.request.get("sku") or {}), "capacity": wanted}
    target.hidden["instances"] = -(-wanted * 6 // 5)
    world.state.put(target)
    world.state.set_note(ACTED, setting.id, world.now())


def _fires(world: World, setting: Resource, rule: dict[str, Any]) -> bool:
    trigger, action = rule["metricTrigger"], rule["scaleAction"]
    last = world.state.note(ACTED, setting.id) or 0.0
    if world.now() - last < seconds(action.get("cooldown"), 300):
        return False
    source = world.state.get(
        trigger.get("metricResourceUri") or setting.body["properties"]["targetResourceUri"]
    )
    metric = METRICS.get(source.type, {}).get(trigger["metricName"].lower()) if source else None
    if source is None or metric is None:
        return False
    minutes = max(1, int(seconds(trigger["timeWindow"]) // 60))
    value = reading(world, source.id, metric, minutes, READ.get(trigger["timeAggregation"], "average"))
    return value is not None and bool(COMPARE[trigger["operator"]](value, trigger["threshold"]))


def _changed(rule: dict[str, Any], capacity: int) -> int:
    action = rule["scaleAction"]
    kind, amount = action["type"], int(action.get("value") or 1)
    if kind == "ExactCount":
        return amount
    step = amount if kind == "ChangeCount" else max(1, math.floor(capacity * amount / 100))
    return capacity + step if action["direction"] == "Increase" else capacity - step


def _quota_allows(world: World, target: Resource, wanted: int) -> bool:
    size = sizes.BY_NAME[target.hidden["size"].lower()]
    call = Call(world, "GET", parse(target.id), {}, None, {})
    used = sizes.used(call, target.location, size.family, target.id)
    most = sizes.limit(world, call.address.subscription, target.location, size.family)
    return used + sizes.needed(size, wanted) <= most
