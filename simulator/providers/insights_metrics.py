"""Microsoft.Insights: metrics of online endpoints and deployments, below the resource that they are about.

https://learn.microsoft.com/rest/api/monitor/metrics/list
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from simulator.call import Call, Reply
from simulator.errors import ArmError, resource_not_found
from simulator.namespaces import Namespace
from simulator.scoring.metrics import METRICS, Metric, Points, series
from simulator.scoring.wanted import seconds
from simulator.state import Resource

AGGREGATIONS = ("none", "average", "count", "minimum", "maximum", "total")
SPELT = {kind: f"Microsoft.MachineLearningServices/workspaces/onlineEndpoints{tail}" for kind, tail in zip(
    METRICS, ("", "/deployments"), strict=True)}  # fmt: skip
#: More points than this are refused, as too long a timespan is on Azure.
MOST_POINTS = 10_000


class Monitor(Namespace):
    """What Azure Monitor says about a resource."""

    namespace = "Microsoft.Insights"

    def other(self, call: Call) -> Reply | None:
        """Answer ``{resource}/providers/Microsoft.Insights/metrics`` and its definitions."""
        what = call.address.parts[0].lower() if len(call.address.parts) == 1 else ""
        answers = {"metrics": metrics, "metricdefinitions": definitions, "metricnamespaces": namespaces}
        if what not in answers or call.method != "GET":
            return None
        resource = call.state.get(call.address.scope)
        if resource is None:
            raise resource_not_found(call.address.scope.rpartition("/providers/")[2], call.address.group)
        if resource.type not in METRICS:
            message = f"The rehearsal has no metrics of resources of type '{resource.type}'."
            raise ArmError(400, "BadRequest", message)
        return answers[what](call, resource)


def metrics(call: Call, resource: Resource) -> Reply:
    """Answer values of one or more metrics over a timespan."""
    start, end = _timespan(call)
    step = _step(call, start, end)
    how = _aggregations(call)
    asked = [name.strip() for name in call.query.get("metricnames", "").split(",") if name.strip()]
    filters = _filters(call.query.get("$filter", ""))
    value = [
        _metric(call, resource, _known(resource, name), (start, end, step), how, filters) for name in asked
    ]
    if not asked:
        raise ArmError(400, "BadRequest", "The parameter metricnames must name at least one metric.")
    body = {
        "cost": 0,
        "timespan": f"{_stamp(start)}/{_stamp(end)}",
        "interval": call.query.get("interval", "PT1M"),
        "value": value,
        "namespace": SPELT[resource.type],
        "resourceregion": resource.location,
    }
    return Reply(200, body)


def definitions(call: Call, resource: Resource) -> Reply:
    """Answer which metrics there are; those without a source are named, and have no values here."""
    return Reply(200, {"value": [_definition(resource, one) for one in METRICS[resource.type].values()]})


def namespaces(call: Call, resource: Resource) -> Reply:
    """Answer the one namespace that the metrics are in."""
    name = SPELT[resource.type]
    properties = {"metricNamespaceName": name}
    path = f"{resource.id}/providers/microsoft.insights/metricNamespaces/{name}"
    one = {"id": path, "type": "Microsoft.Insights/metricNamespaces", "name": name, "properties": properties}
    return Reply(200, {"value": [{**one, "classification": "Platform"}]})


def _metric(
    call: Call,
    resource: Resource,
    metric: Metric,
    when: tuple[int, int, int],
    how: list[str],
    filters: dict[str, frozenset[str]],
) -> dict[str, Any]:
    for name in filters:
        if name not in metric.dimensions:
            message = (
                f"Metric: {metric.name} does not support requested dimension combination: {name.lower()}"
            )
            raise ArmError(400, "BadRequest", f"{message}, supported ones are: {','.join(metric.dimensions)}")
    found = series(call.world, resource.id, metric, *when, filters) if metric.source else {}
    return {
        "id": f"{resource.id}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.title,
        "unit": metric.unit,
        "timeseries": [_timeseries(list(filters), *one, when, how) for one in found.items()],
        "errorCode": "Success",
    }


def _timeseries(
    names: list[str], values: tuple[str, ...], points: Points, when: tuple[int, int, int], how: list[str]
) -> dict[str, Any]:
    """Return one line of a chart: a stretch in which nothing was measured has a time and no value."""
    data = []
    for at in range(*when):
        found = points.get(at, {})
        data.append({"timeStamp": _stamp(at), **{name: found[name] for name in how if name in found}})
    told = [
        {"name": {"value": name.lower(), "localizedValue": name.lower()}, "value": value}
        for name, value in zip(names, values, strict=False)
    ]
    return {"metadatavalues": told, "data": data}


def _definition(resource: Resource, metric: Metric) -> dict[str, Any]:
    return {
        "id": f"{resource.id}/providers/microsoft.insights/metricdefinitions/{metric.name}",
        "resourceId": resource.id,
        "namespace": SPELT[resource.type],
        "name": {"value": metric.name, "localizedValue": metric.title},
        "displayDescription": metric.title,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": "Average",
        "supportedAggregationTypes": ["None", "Average", "Minimum", "Maximum", "Total", "Count"],
        "metricAvailabilities": [
            {"timeGrain": grain, "retention": "P93D"}
            for grain in ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "P1D")
        ],
        "dimensions": [{"value": name, "localizedValue": name} for name in metric.dimensions],
    }


def _known(resource: Resource, name: str) -> Metric:
    table = METRICS[resource.type]
    if name.lower() not in table:
        provider, _, kind = SPELT[resource.type].partition("/")
        valid = ",".join(one.name for one in table.values())
        message = f"Failed to find metric configuration for provider: {provider}, resource Type: {kind}, metric: {name}"
        raise ArmError(400, "BadRequest", f"{message}, Valid metrics: {valid}")
    return table[name.lower()]


def _timespan(call: Call) -> tuple[int, int]:
    """Return first minute and the one after the last; without a timespan it is the last hour."""
    text = call.query.get("timespan", "")
    now = int(call.world.now() // 60) + 1
    if not text:
        return now - 60, now
    try:
        first, last = (datetime.fromisoformat(part.strip()) for part in text.split("/"))
    except ValueError:
        raise ArmError(400, "BadRequest", f"Invalid timespan '{text}': begin/end is wanted.") from None
    times = [(one if one.tzinfo else one.replace(tzinfo=UTC)).timestamp() for one in (first, last)]
    start, end = int(times[0] // 60), -int(-times[1] // 60)
    if end <= start:
        raise ArmError(400, "BadRequest", f"Invalid timespan '{text}': it ends before it begins.")
    return start, end


def _step(call: Call, start: int, end: int) -> int:
    """Return the minutes between two points."""
    text = call.query.get("interval", "PT1M")
    step = end - start if text.upper() == "FULL" else int(seconds(text.upper()) // 60)
    if step < 1:
        raise ArmError(400, "BadRequest", f"Invalid interval '{text}': PT1M is the shortest.")
    if (end - start) // step > MOST_POINTS:
        raise ArmError(400, "BadRequest", f"The timespan has too many points of {text}.")
    return step


def _aggregations(call: Call) -> list[str]:
    how = [name.strip().lower() for name in call.query.get("aggregation", "Average").split(",")]
    for name in how:
        if name not in AGGREGATIONS:
            raise ArmError(400, "BadRequest", f"Invalid aggregation '{name}'.")
    return how


def _filters(text: str) -> dict[str, frozenset[str]]:
    """Read ``deployment eq 'blue' or deployment eq 'green' and statusCode eq '*'``: a star splits by all values."""
    asked: dict[str, set[str]] = {}
    for name, value in re.findall(r"(\w+)\s+eq\s+'([^']*)'", text):
        asked.setdefault(name, set()).add(value)
    return {name: frozenset() if "*" in values else frozenset(values) for name, values in asked.items()}


def _stamp(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
