"""What Azure Monitor tells of an endpoint, from real requests, and autoscale settings that are applied."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.scoring import autoscale, meters
from simulator.state import Resource, State
from simulator.world import World
from tests.simulator.conftest import Answer, Running
from tests.simulator.served import CONDA, Workshop

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
INSIGHTS = "providers/Microsoft.Insights"


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Workshop:
    """An endpoint with one deployment that serves."""
    made = Workshop(simulator, "rg-monitor").open()
    made.environment("good", CONDA.format(python=PYTHON))
    made.code("good")
    made.model("m")
    assert made.deploy("blue")["status"] == "Succeeded"
    made.traffic(blue=100)
    return made


def test_requests_are_counted(workshop: Workshop):
    """As many requests as were sent, split by status on demand; latencies are those that were measured."""
    list(workshop.many({"data": [[1, 1]]}, 20))
    assert workshop.score({"fail": True}).status == 424
    counted = _metrics(workshop, "RequestsPerMinute", aggregation="Total")
    assert _sum(counted["value"][0]["timeseries"][0], "total") == 21
    split = _metrics(workshop, "RequestsPerMinute", aggregation="Total", **{"$filter": "statusCode eq '*'"})
    by_status = {
        one["metadatavalues"][0]["value"]: _sum(one, "total") for one in split["value"][0]["timeseries"]
    }
    assert by_status == {"200": 20, "424": 1}
    names = "RequestLatency,RequestLatency_P50,RequestLatency_P99"
    mean, half, most = (
        one["timeseries"][0]["data"][0]["average"]
        for one in _metrics(workshop, names, interval="FULL")["value"]
    )
    assert 0 < half <= most and 0 < mean < 5000
    of_blue = _metrics(workshop, "RequestsPerMinute", below="/deployments/blue", aggregation="Total")
    assert _sum(of_blue["value"][0]["timeseries"][0], "total") == 21


def test_what_is_not_there_is_refused(workshop: Workshop):
    """An unknown metric, a bad timespan and a dimension that the metric lacks are 400 with the reason."""
    for name, query, told in (
        ("Nothing", {}, "Valid metrics: ConnectionsActive"),
        ("RequestsPerMinute", {"timespan": "yesterday"}, "Invalid timespan"),
        ("RequestLatency", {"$filter": "statusCode eq '*'"}, "dimension"),
        ("RequestsPerMinute", {"interval": "PT1S"}, "PT1M is the shortest"),
    ):
        answer = _ask(workshop, name, **query)
        assert answer.status == 400
        assert told in answer.body["error"]["message"]
    listed = workshop.simulator.arm(
        "GET", f"{workshop.endpoint}/{INSIGHTS}/metricDefinitions", version="2024-02-01"
    )
    assert "RequestLatency_P95" in {one["name"]["value"] for one in listed.body["value"]}


def test_autoscale_setting(workshop: Workshop):
    """It is validated, kept, listed and deleted; its limits are applied to the deployment."""
    blue = f"{workshop.endpoint}/deployments/blue"
    path = f"{workshop.simulator.group('rg-monitor')}/{INSIGHTS}/autoscalesettings/scale-blue"
    for minimum, maximum, target, code in (
        (3, 2, blue, "InvalidCapacity"),
        (1, 21, blue, "InvalidCapacity"),
        (1, 2, blue + "x", "TargetResourceNotFound"),
    ):
        refused = workshop.simulator.arm("PUT", path, _setting(target, minimum, maximum), "2022-10-01")
        assert (refused.status, refused.code) == (400, code)
    made = workshop.simulator.arm("PUT", path, _setting(blue, 2, 4), "2022-10-01")
    assert (made.status, made.body["properties"]["enabled"]) == (201, True)
    until = time.monotonic() + 10
    while _capacity(workshop, blue) != 2 and time.monotonic() < until:
        time.sleep(0.05)  # the setting is looked at by the clock
    assert _capacity(workshop, blue) == 2
    listing = path.rsplit("/", 1)[0]
    assert len(workshop.simulator.arm("GET", listing, version="2022-10-01").body["value"]) == 1
    assert workshop.simulator.arm("DELETE", path, version="2022-10-01").status == 200
    assert workshop.simulator.arm("GET", path, version="2022-10-01").status == 404


@pytest.mark.parametrize(
    ("per_minute", "capacity", "cooldown_over", "wanted"),
    [(100, 1, True, 2), (100, 3, True, 3), (100, 1, False, 1), (30, 2, True, 2), (2, 3, True, 2), (2, 1, True, 1)],
    ids=["out", "not-over-the-most", "cooldown", "between", "in", "not-under-the-least"],
)  # fmt: skip
def test_rules_decide(world: World, per_minute: int, capacity: int, cooldown_over: bool, wanted: int):
    """Many requests ask for one more instance, few for one less, within the limits and after the cooldown."""
    blue = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    blue += "/onlineEndpoints/e/deployments/blue"
    deployment = Resource(blue, "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments",
                          "blue", "Succeeded", {})  # fmt: skip
    world.state.put(deployment)
    now = world.now()
    for minute in range(1, 6):
        with world.at(now - 60 * minute):
            for _ in range(per_minute):
                meters.count(world, deployment, 200, 200, 0.01, 100)
    rules = [_rule(blue, "GreaterThan", 60, "Increase"), _rule(blue, "LessThan", 5, "Decrease")]
    setting = Resource("/x", autoscale.SETTINGS, "x", "Succeeded", _setting(blue, 1, 3, rules))
    world.state.set_note(autoscale.ACTED, "/x", now - (400 if cooldown_over else 10))
    assert autoscale.decide(world, setting, capacity) == wanted


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world without a server."""
    state = State(tmp_path / "state.sqlite")
    made = World(state, tmp_path, "https://127.0.0.1:1", 1, 0.0)
    meters.prepare(made)
    yield made
    state.close()


def _setting(target: str, minimum: int, maximum: int, rules: list[Any] | None = None) -> dict[str, Any]:
    capacity = {"minimum": str(minimum), "maximum": str(maximum), "default": str(minimum)}
    profile = {"name": "always", "capacity": capacity, "rules": rules or []}
    return {"location": "westeurope", "properties": {"targetResourceUri": target, "profiles": [profile]}}


def _rule(target: str, how: str, threshold: float, direction: str) -> dict[str, Any]:
    trigger = {
        "metricName": "RequestsPerMinute", "metricResourceUri": target, "timeGrain": "PT1M", "timeWindow": "PT5M",
        "statistic": "Average", "timeAggregation": "Average", "operator": how, "threshold": threshold,
    }  # fmt: skip
    action = {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}
    return {"metricTrigger": trigger, "scaleAction": action}


def _ask(workshop: Workshop, names: str, below: str = "", **query: str) -> Answer:
    more = "".join(f"&{key}={value}" for key, value in query.items())
    path = f"{workshop.endpoint}{below}/{INSIGHTS}/metrics?metricnames={names}{more}"
    return workshop.simulator.arm("GET", path, version="2024-02-01")


def _metrics(workshop: Workshop, names: str, below: str = "", **query: str) -> dict[str, Any]:
    answer = _ask(workshop, names, below, **query)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def _sum(line: dict[str, Any], how: str) -> float:
    return float(sum(point.get(how, 0) for point in line["data"]))


def _capacity(workshop: Workshop, path: str) -> int:
    return int(workshop.simulator.arm("GET", path, version="2024-10-01").body["sku"]["capacity"])
