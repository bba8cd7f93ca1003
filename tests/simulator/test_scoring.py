"""Deployments that run: the uploaded model and code answer behind the scoring URI, each in a process of its own."""

from __future__ import annotations

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, Workshop, server_in

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def workshop(simulator: Running) -> Workshop:
    """An endpoint with blue and green; green's weights are other ones."""
    made = Workshop(simulator).open()
    made.environment("good", CONDA.format(python=PYTHON))
    made.code("good")
    made.model("m", weights=[1, 2])
    made.model("n", weights=[100, 200])
    assert made.deploy("blue")["status"] == "Succeeded"
    assert made.deploy("green", model="n")["status"] == "Succeeded"
    made.traffic(blue=100)
    return made


def test_the_model_answers(workshop: Workshop):
    """The answer is computed from the uploaded weights, and says which deployment gave it."""
    answer = workshop.score({"data": [[1, 1], [2, 3]]})
    assert (answer.status, answer.body) == (200, {"predictions": [3, 8]})
    assert answer.headers["azureml-model-deployment"] == "blue"
    assert answer.headers["x-ms-request-id"] and float(answer.headers["x-ms-run-fn-exec-ms"]) >= 0


def test_header_picks_a_deployment(workshop: Workshop):
    """The header goes before the traffic; a name that is not there is a 404."""
    assert workshop.score({"data": [[1, 1]]}, deployment="green").body == {"predictions": [300]}
    assert workshop.score({"data": [[1, 1]]}, deployment="red").status == 404


def test_only_the_endpoints_keys_open_it(workshop: Workshop):
    """No key and a wrong key are 401; a key made anew works, and the old one no longer does."""
    old = workshop.key()
    assert workshop.score({"data": [[1, 1]]}, key="wrong").status == 401
    assert workshop.simulator.raw("POST", f"/inference{workshop.endpoint}/score", {}).status == 401
    asked = {"keyType": "Primary"}
    workshop.simulator.arm("POST", f"{workshop.endpoint}/regenerateKeys", asked, "2024-10-01")
    assert workshop.score({"data": [[1, 1]]}).status == 200
    assert workshop.score({"data": [[1, 1]]}, key=old).status == 401


def test_traffic_by_percentage(workshop: Workshop):
    """Of 300 requests at 90/10, both get their share, within what chance allows; with no traffic there is a 404."""
    workshop.traffic(blue=90, green=10)
    counts = Counter(workshop.many({"data": [[1, 1]]}, 300))
    # 30 expected, with a standard deviation of 5.2: outside of six of them once in 10^9.
    assert 0 < counts["green"] <= 62, counts
    assert sum(counts.values()) == 300
    workshop.traffic(blue=0)
    assert workshop.score({"data": [[1, 1]]}).status == 404
    workshop.traffic(blue=100)


def test_mirrored_traffic(workshop: Workshop):
    """A copy of every second request goes to green as well, and its caller hears blue alone."""
    workshop.traffic(blue=100, mirror={"green": 50})
    before = _counted(workshop, "green")
    assert set(workshop.many({"data": [[1, 1]]}, 40)) == {"blue"}
    assert _counted(workshop, "green") - before > 5  # 20 expected, with a standard deviation of 3.2
    workshop.traffic(blue=100)


@pytest.mark.parametrize("mode", ["AMLToken", "AADToken"])
def test_tokens_open_endpoints_of_their_kind(workshop: Workshop, mode: str):
    """An endpoint that is authenticated by token takes its own kind, and no other."""
    other = workshop.at(f"{mode.lower()}-api", mode)
    assert other.deploy("only")["status"] == "Succeeded"
    simulator = workshop.simulator
    token = simulator.token()
    if mode == "AMLToken":
        token = simulator.arm("POST", f"{other.endpoint}/token", {}, "2024-10-01").body["accessToken"]
    assert other.score({"data": [[1, 1]]}, "only", token).body == {"predictions": [3]}
    assert other.score({"data": [[1, 1]]}, "only", workshop.key()).status == 401
    assert simulator.arm("DELETE", other.endpoint, version="2024-10-01").status == 202


def test_failing_model_code_is_424(workshop: Workshop):
    """What run() raises is a 424 with the container's own status; the traceback is in the log alone."""
    answer = workshop.score({"fail": True})
    assert answer.status == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    assert "this row is bad" not in str(answer.body)
    assert "ValueError: this row is bad" in workshop.logs("blue", tail=40)


def test_a_request_that_takes_too_long_is_408(workshop: Workshop):
    """requestTimeout is the limit; the deployment answers again when its worker is free."""
    short = {"requestTimeout": "PT1S", "maxConcurrentRequestsPerInstance": 1}
    assert workshop.deploy("green", model="n", requestSettings=short)["status"] == "Succeeded"
    assert workshop.score({"sleep": 1.5}, deployment="green").status == 408
    assert workshop.score({"data": [[1, 1]]}, deployment="green").status == 200


def test_too_large_a_payload_is_413(workshop: Workshop):
    """10 MB is the most that an endpoint takes."""
    assert workshop.score({"data": "x" * (10 * 1024 * 1024)}).status == 413


def test_swagger_passes_through(workshop: Workshop):
    """The server's own description is at the address that the endpoint names."""
    headers = {"Authorization": f"Bearer {workshop.key()}"}
    answer = workshop.simulator.raw("GET", f"/inference{workshop.endpoint}/swagger.json", headers=headers)
    assert (answer.status, answer.body["swagger"]) == (200, "2.0")


def test_the_container_sees_none_of_our_secrets(workshop: Workshop):
    """Its variables are its own: what the deployment says, and places below its own folder."""
    seen = workshop.score({"tell": True}).body["variables"]
    outside = set(os.environ) - {
        "PATH",
        "HOME",
        "PWD",
        "LANG",
        "TMPDIR",
        "GROUNDPLAN_HOME",
        "PYTHONUNBUFFERED",
    }
    assert not outside & set(seen), outside & set(seen)
    assert seen["HOME"].startswith(str(workshop.simulator.folder / "containers"))
    assert seen["AZUREML_MODEL_DIR"].endswith("azureml-models/m/1")


def test_a_killed_container_is_started_again(workshop: Workshop):
    """After kill -9 the deployment answers again by itself, from another process."""
    before = workshop.score({"tell": True}).body
    server_in(workshop.simulator, before["home"]).kill()
    statuses = [answer.status for _ in range(20) if (answer := workshop.score({"data": [[1, 1]]}))]
    assert statuses[-1] == 200, statuses
    assert workshop.score({"tell": True}).body["home"] != before["home"]
    assert "User container ended with code 137" in workshop.logs("blue")


def test_logs_of_both_containers(workshop: Workshop):
    """The inference server's log has what init() printed; the storage initializer's what was mounted; tail cuts."""
    assert "weights [100, 200]" in workshop.logs("green")
    mounted = workshop.logs("green", containerType="StorageInitializer")
    assert "Mounted the model at" in mounted and "azureml-models/n/1" in mounted
    assert len(workshop.logs("green", containerType="StorageInitializer", tail=1).splitlines()) == 1


def test_an_update_switches_when_it_is_ready(workshop: Workshop):
    """The old container answers until the new one can; then the new weights count, and the old process is gone."""
    assert workshop.deploy("pink", model="m")["status"] == "Succeeded"
    before = server_in(workshop.simulator, workshop.score({"tell": True}, deployment="pink").body["home"])
    workshop.begin("pink", model="n")
    assert workshop.score({"data": [[1, 1]]}, deployment="pink").body["predictions"][0] in {3, 300}
    assert workshop.wait(f"{workshop.endpoint}/deployments/pink") == "Succeeded"
    assert workshop.score({"data": [[1, 1]]}, deployment="pink").body == {"predictions": [300]}
    psutil.wait_procs([before], timeout=15)
    assert not before.is_running()


def test_a_failed_update_leaves_the_old_one_serving(workshop: Workshop):
    """The deployment is Failed, and what worked goes on working."""
    workshop.code(
        "broken", "def init():\n    raise RuntimeError('no weights')\n\ndef run(raw):\n    return 1\n"
    )
    assert workshop.deploy("green", model="n", code="broken")["status"] == "Failed"
    assert workshop.score({"data": [[1, 1]]}, deployment="green").body == {"predictions": [300]}
    assert workshop.deploy("green", model="n")["status"] == "Succeeded"


def test_too_many_requests_at_once_are_429(workshop: Workshop):
    """Of three at a time one is worked on, one waits, and the third is sent away."""
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: workshop.score({"sleep": 0.7, "data": [[1, 1]]}), range(3)))
    assert sorted(answer.status for answer in found) == [200, 200, 429]


def test_scaling_needs_no_new_container(workshop: Workshop):
    """Another capacity keeps the process; two instances work on two requests at a time."""
    before = workshop.score({"tell": True}, deployment="green").body["home"]
    assert workshop.deploy("green", model="n", instances=2)["status"] == "Succeeded"
    with ThreadPoolExecutor(2) as pool:
        asked = {"sleep": 0.5, "tell": True}
        found = list(pool.map(lambda _: workshop.score(asked, deployment="green").body, range(2)))
    assert {one["home"] for one in found} == {before}
    assert len({one["pid"] for one in found}) == 2


def test_deletion_ends_the_container(workshop: Workshop):
    """Deleting a deployment, or the endpoint above it, ends its processes."""
    other = workshop.at("brief-api")
    assert other.deploy("only")["status"] == "Succeeded"
    master = server_in(workshop.simulator, other.score({"tell": True}, deployment="only").body["home"])
    assert workshop.simulator.arm("DELETE", other.endpoint, version="2024-10-01").status == 202
    psutil.wait_procs([master], timeout=15)
    assert not master.is_running()


def _counted(workshop: Workshop, name: str) -> float:
    path = f"{workshop.endpoint}/deployments/{name}/providers/Microsoft.Insights/metrics"
    query = "?metricnames=RequestsPerMinute&aggregation=Total&interval=FULL"
    answer = workshop.simulator.arm("GET", path + query, version="2024-02-01")
    return float(answer.body["value"][0]["timeseries"][0]["data"][0]["total"])
