"""What Azure Monitor has measured: requests and latency of an endpoint, processor and memory of a deployment.

https://learn.microsoft.com/azure/machine-learning/how-to-monitor-online-endpoints
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from services.models.online.asks import Asks

API = "2018-01-01"
REQUESTS, P50, P95 = "RequestsPerMinute", "RequestLatency_P50", "RequestLatency_P95"
CPU, MEMORY = "CpuUtilizationPercentage", "CpuMemoryUtilizationPercentage"


@dataclass(frozen=True)
class Point:
    """A minute (in UTC) of one metric; None where nothing was measured."""

    at: datetime
    value: float | None


async def read(
    cloud: Asks, id: str, metrics: tuple[str, ...], minutes: int, now: datetime
) -> dict[str, list[Point]]:
    """The last minutes of some metrics of a resource, by name; latencies in milliseconds, shares in percent."""
    span = f"{_iso(now - timedelta(minutes=minutes))}/{_iso(now)}"
    query = {
        "metricnames": ",".join(metrics),
        "timespan": span,
        "interval": "PT1M",
        "aggregation": "Average,Total",
    }
    answer = await cloud.send("GET", f"{id}/providers/microsoft.insights/metrics", API, query=query)
    return {one["name"]["value"]: _points(one) for one in answer.get("value") or []}


def measured(points: list[Point]) -> bool:
    """Whether anything was measured at all."""
    return any(point.value is not None for point in points)


def _points(metric: Mapping[str, Any]) -> list[Point]:
    series = [row for one in metric.get("timeseries") or [] for row in one.get("data") or []]
    return [Point(_time(row["timeStamp"]), _value(row)) for row in series]


def _value(row: Mapping[str, Any]) -> float | None:
    found = row.get("average", row.get("total"))
    return None if found is None else float(found)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
