"""Faults on demand, and the journal that tells what a client really did."""

from __future__ import annotations

import http.client
import time
from typing import Any

import pytest
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.simulator.conftest import Running, Start

HERE = {"location": "westeurope"}


@pytest.fixture
def fresh(simulator: Running) -> Running:
    """The simulator, begun anew."""
    assert simulator.control("POST", "reset").status == 200
    return simulator


def vault(fresh: Running, name: str) -> str:
    """A path to a resource that is made at once."""
    return (
        f"{fresh.subscription}/resourceGroups/rg-shared-data/providers/Microsoft.Insights/components/{name}"
    )


BODY = {**HERE, "kind": "web", "properties": {"Application_Type": "web"}}


def test_nth_request_fails_as_told(fresh: Running) -> None:
    """Counting begins at 1 among those that match; ``times`` of them fail, and then it is over."""
    fault = {
        "match": {"method": "PUT", "path": "components/", "nth": 2},
        "do": {"status": 429, "code": "TooManyRequests", "message": "slow down", "retry_after": 2},
        "times": 2,
    }
    assert fresh.control("POST", "faults", fault).status == 200
    answers = [fresh.arm("PUT", vault(fresh, f"appi-{number}"), BODY) for number in range(4)]
    assert [one.status for one in answers] == [200, 429, 429, 200]
    assert answers[1].headers["Retry-After"] == "2"
    assert answers[1].body["error"] == {"code": "TooManyRequests", "message": "slow down"}
    assert [one["status"] for one in fresh.writes()] == [200, 429, 429, 200]
    assert fresh.arm("GET", vault(fresh, "appi-1")).status == 404, "a fault strikes before the request acts"


def test_after_lets_the_request_act_first(fresh: Running) -> None:
    """The answer fails, but the resource is there."""
    for where in ({"after": True}, {}):
        do = {"status": 503} | ({} if where else {"after": True})
        fresh.control("POST", "faults", {"match": {"method": "PUT", "path": "components"}, "do": do, **where})
        name = f"appi-after-{len(where)}"
        assert fresh.arm("PUT", vault(fresh, name), BODY).status == 503
        assert fresh.arm("GET", vault(fresh, name)).status == 200
    assert [one["status"] for one in fresh.writes()] == [503, 503]


@pytest.mark.parametrize("after", [False, True])
def test_drop_cuts_the_connection(fresh: Running, after: bool) -> None:
    """No answer at all; the journal holds the write with status null."""
    fault = {"match": {"method": "PUT", "path": "components/appi-drop"}, "do": {"drop": True}, "after": after}
    fresh.control("POST", "faults", fault)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        fresh.arm("PUT", vault(fresh, "appi-drop"), BODY)
    assert [(one["method"], one["status"]) for one in fresh.writes()] == [("PUT", None)]
    assert fresh.arm("GET", vault(fresh, "appi-drop")).status == (200 if after else 404)


def test_delay(fresh: Running) -> None:
    """The answer comes late, and is good; others are not kept waiting."""
    fresh.control("POST", "faults", {"match": {"path": "appi-late"}, "do": {"delay": 0.5}})
    began = time.monotonic()
    assert fresh.arm("PUT", vault(fresh, "appi-late"), BODY).status == 200
    assert time.monotonic() - began >= 0.5


def test_polls_and_tokens_can_fail_too(fresh: Running) -> None:
    """A fault may strike any path but the control paths."""
    fresh.control("POST", "faults", {"match": {"path": "oauth2"}, "do": {"status": 503}})
    assert fresh.raw("POST", "/x/oauth2/v2.0/token", data=b"").status == 503
    fresh.control("POST", "faults", {"do": {"status": 500}, "times": 99})
    assert fresh.control("GET", "resources").status == 200
    assert fresh.arm("GET", fresh.subscription).status == 500


def test_sdk_gets_over_a_short_failure(fresh: Running) -> None:
    """The unmodified SDK retries a 503 by itself: two writes in the journal, one resource."""
    fresh.control("POST", "faults", {"match": {"method": "PUT"}, "do": {"status": 503, "retry_after": 1}})
    with fresh.client(ResourceManagementClient) as client:
        client.resource_groups.create_or_update("rg-retry", HERE)
    assert [one["status"] for one in fresh.writes()] == [503, 201]


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"do": {}},
        {"do": {"status": 200}},
        {"do": {"status": 500}, "time": 1},
        {"do": {"drop": True}, "match": {"path": "("}},
        7,
    ],
)
def test_faults_that_make_no_sense(fresh: Running, fault: Any) -> None:
    """400 with the reason."""
    answer = fresh.control("POST", "faults", fault)
    assert (answer.status, answer.code) == (400, "InvalidFault")


def test_control_paths_take_json_only(fresh: Running) -> None:
    """A form on a foreign page cannot send that content type."""
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert (
            fresh.raw("POST", "/_simulator/reset", data=b"{}", headers={"Content-Type": kind}).status == 415
        )
    assert fresh.control("GET", "nonsense").status == 404
    assert fresh.control("DELETE", "faults").status == 200


def test_journal_holds_writes_in_order(fresh: Running) -> None:
    """Method, path, status, and when; no reads, no questions."""
    fresh.group("rg-j")
    fresh.arm("GET", fresh.subscription)
    fresh.arm(
        "PUT", f"{fresh.subscription}/resourceGroups/rg-j/providers/Microsoft.Storage/storageAccounts/X", BODY
    )
    fresh.arm("DELETE", f"{fresh.subscription}/resourceGroups/rg-j")
    found = fresh.writes()
    assert [(one["method"], one["status"]) for one in found] == [("PUT", 201), ("PUT", 400), ("DELETE", 202)]
    assert set(found[0]) == {"method", "path", "status", "at"}
    assert found[0]["path"] == f"{fresh.subscription}/resourceGroups/rg-j"


def test_reset_begins_anew(fresh: Running) -> None:
    """Resources, journal and faults are gone; the seed is back."""
    fresh.group("rg-gone")
    fresh.control("POST", "faults", {"do": {"status": 500}})
    fresh.control("POST", "reset")
    assert fresh.writes() == []
    assert fresh.control("GET", "faults").body == []
    names = {one["name"] for one in fresh.control("GET", "resources").body}
    assert "rg-gone" not in names
    assert "rg-shared-data" in names


def test_slow_requests_do_not_block_others(start: Start) -> None:
    """A synchronous type takes its time for its own client alone."""
    running = start("--pace", "1")
    running.token()
    import threading

    thread = threading.Thread(target=lambda: running.group("rg-slow"))
    thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert running.arm("GET", running.subscription).status == 200
    assert time.monotonic() - began < 0.5
    thread.join()
