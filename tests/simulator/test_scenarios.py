"""What goes wrong on Azure goes wrong here: by rule, and by named scenario."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import ROOT, Running, Start, launch

HERE = {"location": "westeurope"}
GROUP = "rg-shared-data"
STORAGE = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
NAMES = sorted(path.stem for path in (ROOT / "simulator" / "scenarios").glob("*.json"))


def shared(simulator: Running, tail: str) -> str:
    """A path in the shared group."""
    return f"{simulator.subscription}/resourceGroups/{GROUP}/providers/{tail}"


@pytest.fixture
def play(simulator: Running) -> Any:
    """Begin anew in a scenario; afterwards in none."""

    def begin(name: str) -> Running:
        assert simulator.control("POST", "scenario", {"name": name}).status == 200
        return simulator

    yield begin
    simulator.control("POST", "scenario", {"name": None})


def test_scenarios_are_listed(simulator: Running) -> None:
    """The command and the control path tell the same, in words."""
    command = [sys.executable, "-m", "simulator", "scenarios", "--json"]
    told = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert told == simulator.control("GET", "scenarios").body
    assert [one["name"] for one in told] == NAMES
    assert all(one["title"] and len(one["what"]) > 30 for one in told)


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_can_be_played(play: Any, name: str) -> None:
    """It begins, the shared resources are there, and a second reset begins it again."""
    simulator = play(name)
    assert simulator.control("POST", "reset").status == 200
    assert len(simulator.control("GET", "resources").body) > 10


def test_unknown_scenario(simulator: Running, tmp_path: Path) -> None:
    """Refused with the names that there are."""
    assert simulator.control("POST", "scenario", {"name": "nonsense"}).code == "UnknownScenario"
    process = launch(tmp_path, "--scenario", "nonsense")
    error = process.communicate(timeout=10)[1]
    assert process.returncode == 2
    assert "quota-6-cores" in error


def test_scenario_is_kept_over_a_restart(start: Start) -> None:
    """Started with a name once, it goes on."""
    first = start("--pace", "0", "--scenario", "policy-tags")
    first.stop()
    second = start("--pace", "0")
    answer = second.arm(
        "PUT", shared(second, "Microsoft.Storage/storageAccounts/stnotag"), STORAGE, version="2023-01-01"
    )
    assert answer.code == "RequestDisallowedByPolicy"


def test_policy(play: Any) -> None:
    """403 with the policy's identifiers, inside of templates too; a resource that complies passes."""
    simulator = play("policy-tags")
    path = shared(simulator, "Microsoft.Storage/storageAccounts/stpolicy")
    refused = simulator.arm("PUT", path, STORAGE, version="2023-01-01")
    assert (refused.status, refused.code) == (403, "RequestDisallowedByPolicy")
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    assert "Require a cost center" in refused.body["error"]["message"]
    assert refused.body["error"]["additionalInfo"][0]["type"] == "PolicyViolation"
    assert (
        simulator.arm("PUT", path, {**STORAGE, "tags": {"CostCenter": "7"}}, version="2023-01-01").status
        == 202
    )


def test_locks(simulator: Running) -> None:
    """A lock keeps a resource, its group, and with ReadOnly every change, until it is removed."""
    group = simulator.group("rg-locked")
    component = f"{group}/providers/Microsoft.Insights/components/appi-locked"
    body = {**HERE, "kind": "web", "properties": {"Application_Type": "web"}}
    simulator.arm("PUT", component, body)
    lock = f"{component}/providers/Microsoft.Authorization/locks/keep"
    assert (
        simulator.arm("PUT", lock, {"properties": {"level": "CanNotDelete"}}, version="2020-05-01").status
        == 201
    )
    for path in (component, group):
        refused = simulator.arm("DELETE", path)
        assert (refused.status, refused.code) == (409, "ScopeLocked")
    assert simulator.arm("PUT", component, body).status == 200
    simulator.arm("PUT", lock, {"properties": {"level": "ReadOnly"}}, version="2020-05-01")
    assert simulator.arm("PUT", component, body).code == "ScopeLocked"
    listed = simulator.arm(
        "GET", f"{group}/providers/Microsoft.Authorization/locks", version="2020-05-01"
    ).body["value"]
    assert [one["properties"]["level"] for one in listed] == ["ReadOnly"]
    assert simulator.arm("DELETE", lock, version="2020-05-01").status == 200
    assert simulator.arm("DELETE", group).status == 202


def test_unregistered_until_registered(play: Any) -> None:
    """409 with details, then POST register, then it works; a template registers by itself."""
    simulator = play("unregistered-providers")
    path = shared(simulator, "Microsoft.ContainerRegistry/registries/crunregistered")
    refused = simulator.arm("PUT", path, {**HERE, "sku": {"name": "Basic"}}, version="2025-04-01")
    assert (refused.status, refused.code) == (409, "MissingSubscriptionRegistration")
    assert refused.body["error"]["details"][0]["target"] == "Microsoft.ContainerRegistry"
    root = f"{simulator.subscription}/providers/Microsoft.ContainerRegistry"
    assert simulator.arm("GET", root).body["registrationState"] == "NotRegistered"
    assert simulator.arm("POST", f"{root}/register").body["registrationState"] == "Registered"
    assert simulator.arm("PUT", path, {**HERE, "sku": {"name": "Basic"}}, version="2025-04-01").status == 201


def test_region_without_the_type(play: Any) -> None:
    """400 with the list of regions, and the provider says so before."""
    simulator = play("region-without-ml")
    path = shared(simulator, "Microsoft.ContainerRegistry/registries/crnowhere")
    refused = simulator.arm("PUT", path, {**HERE, "sku": {"name": "Basic"}}, version="2025-04-01")
    assert refused.code == "LocationNotAvailableForResourceType"
    kinds = simulator.arm("GET", f"{simulator.subscription}/providers/Microsoft.ContainerRegistry").body[
        "resourceTypes"
    ]
    registry = next(kind for kind in kinds if kind["resourceType"] == "registries")
    assert "West Europe" not in registry["locations"]


def test_sql_region_is_full(play: Any) -> None:
    """Found only when the work is done."""
    simulator = play("sql-region-full")
    login = {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"}
    path = shared(simulator, "Microsoft.Sql/servers/sql-full")
    accepted = simulator.arm("PUT", path, {**HERE, "properties": login}, version="2023-08-01")
    assert accepted.status == 202
    end = simulator.arm("GET", accepted.headers["Azure-AsyncOperation"]).body
    assert end["error"]["code"] == "RegionDoesNotAllowProvisioning"


def test_created_but_503(play: Any) -> None:
    """The answer is an error; the resource is there."""
    simulator = play("created-but-503")
    path = shared(simulator, "Microsoft.Storage/storageAccounts/stunsure")
    assert simulator.arm("PUT", path, STORAGE, version="2023-01-01").status == 503
    assert simulator.arm("GET", path, version="2023-01-01").status == 200


def test_throttling(play: Any) -> None:
    """429 with Retry-After, and then it works."""
    simulator = play("throttled")
    answers = [
        simulator.arm("PUT", f"{simulator.subscription}/resourceGroups/rg-throttle-{number}", HERE)
        for number in range(3)
    ]
    assert [one.status for one in answers] == [201, 429, 201]
    assert answers[1].headers["Retry-After"] == "2"


def test_soft_deleted_names(play: Any) -> None:
    """A vault's name is blocked until it is purged; the logs come back as they were."""
    simulator = play("soft-deleted-names")
    path = shared(simulator, "Microsoft.KeyVault/vaults/kv-shared-old")
    sku = {"family": "A", "name": "standard"}
    body = {
        **HERE,
        "properties": {"tenantId": simulator.ready["tenant_id"], "sku": sku, "accessPolicies": []},
    }
    assert simulator.arm("PUT", path, body, version="2023-07-01").code == "ConflictError"
    root = f"{simulator.subscription}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-shared-old"
    assert simulator.arm("POST", f"{root}/purge", version="2023-07-01").status == 202
    assert simulator.arm("PUT", path, body, version="2023-07-01").status == 200
    logs = shared(simulator, "Microsoft.OperationalInsights/workspaces/log-shared-old")
    assert simulator.arm("PUT", logs, {**HERE, "properties": {}}, version="2023-09-01").status == 201


def test_directory_that_is_slow(start: Start) -> None:
    """A new identity is unknown unless the request says what it is."""
    simulator = start("--pace", "0.1", "--scenario", "role-propagation")
    path = shared(simulator, "Microsoft.ContainerRegistry/registries/crslow")
    body = {**HERE, "sku": {"name": "Basic"}, "identity": {"type": "SystemAssigned"}}
    principal = simulator.arm("PUT", path, body, version="2023-07-01").body["identity"]["principalId"]
    role = "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d"
    assignment = (
        f"{path}/providers/Microsoft.Authorization/roleAssignments/11111111-2222-3333-4444-555555555555"
    )
    given = {"roleDefinitionId": simulator.subscription + role, "principalId": principal}
    refused = simulator.arm("PUT", assignment, {"properties": given}, version="2022-04-01")
    assert (refused.status, refused.code) == (400, "PrincipalNotFound")
    given["principalType"] = "ServicePrincipal"
    assert simulator.arm("PUT", assignment, {"properties": given}, version="2022-04-01").status == 201


def test_quota_of_a_scenario(play: Any) -> None:
    """Usages tell the limit that deployments run into."""
    simulator = play("quota-6-cores")
    path = f"{simulator.subscription}/providers/Microsoft.MachineLearningServices/locations/westeurope/usages"
    limits = {one["limit"] for one in simulator.arm("GET", path, version="2024-04-01").body["value"]}
    assert limits == {6}
