"""Metrics of online endpoints and deployments, computed from the meters: names, units and dimensions are Azure's.

https://learn.microsoft.com/azure/machine-learning/monitor-azure-machine-learning-reference
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.scoring.meters import percentile
from simulator.world import World

ENDPOINTS = "microsoft.machinelearningservices/workspaces/onlineendpoints"
DEPLOYMENTS = f"{ENDPOINTS}/deployments"


@dataclass(frozen=True)
class Metric:
    """A metric: ``source`` is what of the meters it is computed from, empty where nothing is measured here."""

    name: str
    title: str
    unit: str
    source: str
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What was counted in one minute, of one deployment and one outcome."""

    deployment: str
    minute: int
    status: int
    model: int
    latency: int
    count: int
    seconds: float
    size: int

    def value(self, dimension: str) -> str:
        """Return this row's value of a dimension."""
        return {
            "deployment": self.deployment.rsplit("/", 1)[1],
            "statusCode": str(self.status),
            "envoy_response_code": str(self.status),
            "statusCodeClass": f"{self.status // 100}xx",
            "modelStatusCode": str(self.model or ""),
        }[dimension]


Points = dict[int, dict[str, float]]  # minute at which a stretch begins -> aggregation -> value

_ENDPOINT = """
ConnectionsActive|Connections Active|Count||
NetworkBytes|Network Bytes|BytesPerSecond|bytes|
NewConnectionsPerSecond|New Connections Per Second|CountPerSecond||
RequestLatency|Request Latency|Milliseconds|mean|deployment
RequestLatency_P50|Request Latency P50|Milliseconds|0.50|deployment
RequestLatency_P90|Request Latency P90|Milliseconds|0.90|deployment
RequestLatency_P95|Request Latency P95|Milliseconds|0.95|deployment
RequestLatency_P99|Request Latency P99|Milliseconds|0.99|deployment
RequestsPerMinute|Requests Per Minute|Count|count|deployment,statusCode,statusCodeClass,modelStatusCode
"""
_DEPLOYMENT = """
CpuMemoryUtilizationPercentage|CPU Memory Utilization Percentage|Percent|gauge|
CpuUtilizationPercentage|CPU Utilization Percentage|Percent|gauge|
DeploymentCapacity|Deployment Capacity|Count|gauge|
DiskUtilization|Disk Utilization|Percent||
GpuMemoryUtilizationPercentage|GPU Memory Utilization Percentage|Percent||
GpuUtilizationPercentage|GPU Utilization Percentage|Percent||
RequestLatency_P50|Request Latency P50|Milliseconds|0.50|
RequestLatency_P90|Request Latency P90|Milliseconds|0.90|
RequestLatency_P95|Request Latency P95|Milliseconds|0.95|
RequestLatency_P99|Request Latency P99|Milliseconds|0.99|
RequestsPerMinute|Requests Per Minute|Count|count|envoy_response_code
"""


def _table(text: str) -> dict[str, Metric]:
    rows = [line.split("|") for line in text.strip().splitlines()]
    return {
        name.lower(): Metric(name, title, unit, source, tuple(filter(None, dimensions.split(","))))
        for name, title, unit, source, dimensions in rows
    }


METRICS = {ENDPOINTS: _table(_ENDPOINT), DEPLOYMENTS: _table(_DEPLOYMENT)}


def series(
    world: World,
    resource: str,
    metric: Metric,
    start: int,
    end: int,
    step: int,
    filters: Mapping[str, frozenset[str]] | None = None,
) -> dict[tuple[str, ...], Points]:
    """Return a metric from minute ``start`` up to ``end``, a point for each ``step`` minutes.

    ``filters`` holds the wished values of dimensions, an empty set for all of them; what is split by dimensions comes
    with their values as the key, in the order of ``filters``.  Where nothing was measured there is no point.
    """
    if metric.source == "gauge":
        return {(): _gauges(world, resource, metric, start, end, step)}
    rows = _rows(world, resource, start, end) if metric.source else []
    groups: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        values = tuple(row.value(name) for name in filters or {})
        if all(
            not wished or value in wished
            for value, wished in zip(values, (filters or {}).values(), strict=True)
        ):
            groups[values].append(row)
    return {
        key: _points(metric.source, group, start, end, step) for key, group in (groups or {(): []}).items()
    }


def reading(world: World, resource: str, metric: Metric, minutes: int, how: str = "average") -> float | None:
    """Return one value over the last whole minutes, None where nothing was measured."""
    now = int(world.now() // 60)
    found = series(world, resource, metric, now - minutes, now, minutes)
    for points in found.values():
        for values in points.values():
            return values.get(how)
    return None


def _rows(world: World, resource: str, start: int, end: int) -> list[Row]:
    key = resource.lower()
    found = world.state.run(
        "SELECT * FROM scorings WHERE (deployment = ? OR substr(deployment, 1, ?) = ?) AND minute >= ? AND minute < ?",
        key, len(key) + 1, key + "/", start, end,
    )  # fmt: skip
    return [Row(*row) for row in found]


def _points(source: str, rows: Iterable[Row], start: int, end: int, step: int) -> Points:
    stretches: dict[int, list[Row]] = {at: [] for at in range(start, end, step)}
    for row in rows:
        stretches[start + (row.minute - start) // step * step].append(row)
    values = {at: _values(source, found, min(step, end - at)) for at, found in stretches.items()}
    return {at: found for at, found in values.items() if found}


def _values(source: str, rows: list[Row], minutes: int) -> dict[str, float]:
    """Return every aggregation of one stretch of time."""
    if source in {"count", "bytes"}:
        by_minute: dict[int, float] = defaultdict(float)
        for row in rows:
            by_minute[row.minute] += row.count if source == "count" else row.size / 60
        return _aggregations([*by_minute.values(), *[0.0] * (minutes - len(by_minute))])
    if not rows:
        return {}
    count = sum(row.count for row in rows)
    if source == "mean":
        value = sum(row.seconds for row in rows) / count
    else:
        value = percentile(((row.latency, row.count) for row in rows), float(source))
    value = round(value * 1000, 3)
    return {"average": value, "minimum": value, "maximum": value, "total": value, "count": count}


def _gauges(world: World, resource: str, metric: Metric, start: int, end: int, step: int) -> Points:
    sql = "SELECT * FROM gauges WHERE deployment = ? AND name = ? AND minute >= ? AND minute < ?"
    stretches: dict[int, list[Any]] = defaultdict(list)
    for row in world.state.run(sql, resource.lower(), metric.name, start, end):
        stretches[start + (row["minute"] - start) // step * step].append(row)
    return {at: _merged(rows) for at, rows in stretches.items()}


def _merged(rows: list[Any]) -> dict[str, float]:
    count, total = sum(row["count"] for row in rows), sum(row["total"] for row in rows)
    least, most = min(row["least"] for row in rows), max(row["most"] for row in rows)
    return {"average": total / count, "minimum": least, "maximum": most, "total": total, "count": count}


def _aggregations(values: list[float]) -> dict[str, float]:
    total = sum(values)
    return {
        "average": total / len(values),
        "minimum": min(values),
        "maximum": max(values),
        "total": total,
        "count": len(values),
    }
