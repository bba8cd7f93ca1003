"""Applying a project: everything once, in order, over the wire; what goes wrong is said and can be mended."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from benchmarks.house import REPOSITORY
from services import project_file
from services.catalogue.base import Output, Resource, Secret
from services.cloud.bridge import ask
from services.cloud.target import rehearsal
from services.plan import Plan, build_plan
from services.runs import changes, journal
from tests.runs.conftest import Installation, states, until

EVERYTHING = "name: {}\ncontainer_registry: {{mode: new}}\nsql: {{mode: new}}\n"


def standing(house: Installation, resource: Resource) -> Any:
    """What the cloud says of a resource."""
    return ask(rehearsal(house.home), lambda cloud: cloud.get(resource.id, resource.api_version))


def plan_of(text: str) -> Plan:
    """The plan that a file makes."""
    return build_plan(project_file.read(text).strict())


def test_a_project_stands_after_apply_and_a_second_apply_puts_nothing(house: Installation) -> None:
    """Every resource of the plan exists with the body that the plan holds, put once; applying again changes nothing."""
    text = EVERYTHING.format("whole")
    code, document, said = house.apply(text)
    assert (code, document["state"]) == (0, "Succeeded"), said
    assert all(r["created_by_run"] for r in document["resources"])
    assert set(Counter(house.puts("whole")).values()) == {1}
    for resource in plan_of(text):
        assert_holds(resource.body, standing(house, resource))

    before = house.puts("whole")
    code, document, _ = house.apply(text)
    assert (code, set(states(document).values())) == (0, {"Succeeded"})
    assert not any(r["created_by_run"] for r in document["resources"])
    assert house.puts("whole") == before


def test_a_taken_name_parks_its_resource_alone_and_a_mended_file_goes_on(house: Installation) -> None:
    """The vault's chain finishes while the storage account waits; nothing is put twice afterwards."""
    taken = "name: parked\nstorage_account: {name: contosodata}\n"
    code, document, said = house.apply(taken)
    assert code == 1
    found = states(document)
    assert found["storage_account"] == "Failed"
    assert found["workspace"] == "Waiting"
    assert found["application_insights"] == found["key_vault"] == "Succeeded"
    error = next(r["error"] for r in document["resources"] if r["key"] == "storage_account")
    assert error["code"] == "StorageAccountAlreadyTaken"
    assert error["what"] == "Name taken: another storage account in the world is called contosodata."
    assert "contosodata" in said

    code, document, _ = house.apply("name: parked\nstorage_account: {name: stparkedfree}\n")
    assert (code, document["state"]) == (0, "Succeeded")
    assert set(Counter(house.puts("parked")).values()) == {1}


def test_an_existing_resource_is_read_and_never_put(house: Installation) -> None:
    """Adopted by GET; the workspace refers to it where it is."""
    shared = next(
        r for r in house.control("GET", "/_simulator/resources") if r["name"].startswith("stshareddata")
    )
    text = f"name: adopter\nstorage_account: {{mode: existing, id: '{shared['id']}'}}\n"
    code, document, said = house.apply(text)
    assert code == 0, said
    assert states(document)["storage_account"] == "Existing"
    assert not [p for p in house.puts("") if p.lower() == shared["id"].lower()]


def test_an_existing_resource_that_is_gone_parks_the_run_with_words(house: Installation) -> None:
    """Deleted between choosing and creating: said plainly, exit code 1, no traceback."""
    code, document, said = house.apply("name: gone\nkey_vault: {mode: existing, name: kv-gone}\n")
    assert code == 1
    error = next(r["error"] for r in document["resources"] if r["key"] == "key_vault")
    assert error["code"] == "ExistingMissing"
    assert "Traceback" not in said


def test_faults_that_pass_are_ridden_out(house: Installation) -> None:
    """429 with Retry-After, 503, a dropped answer after which the resource exists: the run succeeds, nothing twice."""
    fault: dict[str, Any] = {
        "match": {"method": "PUT", "path": "stflaky"},
        "do": {"status": 503, "code": "ServiceUnavailable"},
    }
    house.control("POST", "/_simulator/faults", fault | {"times": 2})
    fault = {
        "match": {"method": "PUT", "path": "kv-flaky"},
        "do": {"status": 429, "code": "429", "retry_after": 1},
    }
    house.control("POST", "/_simulator/faults", fault | {"times": 1})
    fault = {"match": {"method": "PUT", "path": "log-flaky"}, "do": {"drop": True}, "after": True}
    house.control("POST", "/_simulator/faults", fault | {"times": 1})
    code, document, said = house.apply("name: flaky\n")
    assert code == 0, said
    assert "429" in said
    tried = [
        r["path"].split("?")[0] for r in house.control("GET", "/_simulator/requests") if r["method"] == "PUT"
    ]
    assert len([p for p in tried if p.endswith("log-flaky")]) == 1
    assert all(r["created_by_run"] for r in document["resources"])


def test_the_same_project_is_not_applied_twice_at_once(slow_house: Installation) -> None:
    """The second is told which run goes on; the first is not disturbed."""
    slow = {"match": {"method": "PUT", "path": "mlw-twice"}, "do": {"delay": 15}, "times": 1}
    slow_house.control("POST", "/_simulator/faults", slow)
    path = slow_house.file("name: twice\n")
    line = [sys.executable, "-m", "services", "apply", path, "--json"]
    first = subprocess.Popen(
        line, cwd=REPOSITORY, env=slow_house.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    until(lambda: slow_house.run("status", path)[0] == 0)
    code, document, _ = slow_house.run("apply", path)
    assert (code, document["error"]["rule"]) == (1, "run_active")
    assert first.wait(60) == 0


def test_killing_the_worker_in_mid_run_loses_and_repeats_nothing(slow_house: Installation) -> None:
    """kill -9 while storage, vault and logs are being created; a new worker finishes what the old one began."""
    path = slow_house.file("name: killed\ncontainer_registry: {mode: new}\n")
    line = [sys.executable, "-m", "services", "apply", path, "--json"]
    first = subprocess.Popen(
        line, cwd=REPOSITORY, env=slow_house.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: len(slow_house.puts("killed")) >= 4)
    slow_house.kill_worker()
    first.kill()
    first.wait()
    slow_house.run("check", path)  # starts what is missing, as a page would
    until(lambda: slow_house.run("status", path)[1]["state"] == "Succeeded")
    document = slow_house.run("status", path)[1]
    assert set(Counter(slow_house.puts("killed")).values()) == {1}
    assert all(r["created_by_run"] for r in document["resources"])


def test_an_unreachable_simulator_is_said_and_waited_for(slow_house: Installation) -> None:
    """Started anew on its old port and state it answers again, and the run goes on by itself."""
    path = slow_house.file("name: lost\n")
    line = [sys.executable, "-m", "services", "apply", path, "--json"]
    first = subprocess.Popen(
        line, cwd=REPOSITORY, env=slow_house.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    until(lambda: len(slow_house.puts("lost")) >= 2)
    ready = json.loads((slow_house.home / "simulator" / "simulator.json").read_text())
    os.kill(ready["pid"], signal.SIGKILL)
    slow_house.run("check", path)
    assert first.wait(90) == 0
    assert set(Counter(slow_house.puts("lost")).values()) == {1}


def assert_holds(body: Any, found: Any, path: str = "") -> None:
    """Everything that the body asks for is in what stands, secrets apart."""
    if isinstance(body, dict):
        for key, value in body.items():
            if not isinstance(value, Secret):
                assert key in found, f"{path}.{key} is missing"
                assert_holds(value, found[key], f"{path}.{key}")
    elif isinstance(body, Output):
        assert found, path
    else:
        assert found == body, f"{path}: {found!r} is not {body!r}"


def test_a_changed_project_puts_what_changed_and_nothing_else(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag reaches every resource that bears tags, a SKU the registry; the SQL password is not touched."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    text = EVERYTHING.format("changing")
    assert house.apply(text)[0] == 0
    first = house.puts("changing")
    run = journal.newest_of(plan_of(text).config.identity)
    assert run is not None
    project_id = run.project
    sku = text.replace("container_registry: {mode: new}", "container_registry: {mode: new, sku: Standard}")
    known = changes.of_plan(plan_of(sku), project_id)
    assert {k for k, c in known.items() if c.kind != "unchanged"} == {"container_registry"}
    assert [(d.path, d.before, d.after) for d in known["container_registry"].differences] == [
        ("sku.name", "Basic", "Standard")
    ]
    code, document, said = house.apply(sku)
    assert code == 0, said
    assert [p.rpartition("/")[2][:10] for p in house.puts("changing")[len(first) :]] == ["crchanging"]
    assert not any(r["created_by_run"] for r in document["resources"])
    assert standing(house, plan_of(sku)["container_registry"])["sku"]["name"] == "Standard"

    before = house.puts("changing")
    assert house.apply(sku + "tags: {team: data}\n")[0] == 0
    later = house.puts("changing")[len(before) :]
    assert len(later) == len(plan_of(sku).resources) - 1
    assert not [p for p in later if "/secrets/" in p or "roleAssignments" in p]
    assert house.apply(sku + "tags: {team: data}\n")[0] == 0
    assert len(house.puts("changing")) == len(before) + len(later)


def test_another_projects_resource_is_used_as_it_is_and_not_changed(house: Installation) -> None:
    """Two projects in one group under the same names: the second one puts none of its tags on the first one's."""
    text = "name: owner\n"
    assert house.apply(text)[0] == 0
    before = house.puts("owner")
    same = "name: guest\nresource_group: {name: rg-owner}\nlog_analytics: {name: log-owner}\n"
    code, document, said = house.apply(same)
    assert code == 0, said
    later = {p.rpartition("/")[2] for p in house.puts("owner")[len(before) :]}
    assert not later & {"rg-owner", "log-owner"}
    made = {r["key"]: r["created_by_run"] for r in document["resources"]}
    assert (made["resource_group"], made["log_analytics"], made["workspace"]) == (False, False, True)
