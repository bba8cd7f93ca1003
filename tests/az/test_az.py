"""The az CLI as a user runs it: every command that the rehearsal promises.  Run it by `make test-az`."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.templates.hashing import guid, unique_string
from tests.az.conftest import AZ
from tests.simulator.conftest import Running

pytestmark = pytest.mark.skipif(not AZ, reason="AZ does not name an az executable: make test-az installs one")
Az = Callable[..., Any]
G = ("--resource-group", "rg-az")


@pytest.fixture(scope="module")
def group(az: Az) -> Any:
    """A group for everything."""
    return az("group", "create", "--name", "rg-az", "--location", "westeurope", "--tags", "team=data")


def test_groups(az: Az, group: Any) -> None:
    """create, show, list, exists, update, delete."""
    assert group["properties"]["provisioningState"] == "Succeeded"
    assert az("group", "show", "--name", "rg-az")["tags"] == {"team": "data"}
    assert "rg-az" in {one["name"] for one in az("group", "list")}
    assert az("group", "exists", "--name", "rg-az") is True
    assert az("group", "update", "--name", "rg-az", "--set", "tags.owner=me")["tags"]["owner"] == "me"
    az("group", "create", "--name", "rg-gone", "--location", "westeurope")
    az("group", "delete", "--name", "rg-gone", "--yes")
    assert az("group", "exists", "--name", "rg-gone") is False
    assert "ResourceGroupNotFound" in az("group", "show", "--name", "rg-gone", code=3)


def test_providers(az: Az) -> None:
    """list, show, register."""
    assert "Microsoft.Storage" in {one["namespace"] for one in az("provider", "list")}
    assert az("provider", "show", "--namespace", "Microsoft.Sql")["registrationState"] == "Registered"
    az("provider", "register", "--namespace", "Microsoft.Sql")


def test_storage(az: Az, group: Any) -> None:
    """check-name, create, show, list, keys list, update, delete."""
    assert az("storage", "account", "check-name", "--name", "contosodata")["reason"] == "AlreadyExists"
    made = az("storage", "account", "create", "--name", "staztest", *G, "--sku", "Standard_LRS")
    assert made["provisioningState"] == "Succeeded"
    assert az("storage", "account", "show", "--name", "staztest", *G)["sku"]["name"] == "Standard_LRS"
    assert "staztest" in {one["name"] for one in az("storage", "account", "list", *G)}
    assert len(az("storage", "account", "keys", "list", "--account-name", "staztest", *G)) == 2
    assert az("storage", "account", "update", "--name", "staztest", *G, "--tags", "a=b")["tags"] == {"a": "b"}
    az("storage", "account", "delete", "--name", "staztest", *G, "--yes")


def test_vaults(az: Az, group: Any) -> None:
    """create, show, list, delete, list-deleted, recover, purge."""
    name = ("--name", "kv-az-test")
    assert az("keyvault", "create", *name, *G)["properties"]["provisioningState"] in {
        "Succeeded",
        "RegisteringDns",
    }
    assert az("keyvault", "show", *name)["properties"]["vaultUri"].startswith("https://kv-az-test.")
    assert "kv-az-test" in {one["name"] for one in az("keyvault", "list", *G)}
    az("keyvault", "delete", *name, *G)
    assert "kv-az-test" in {one["name"] for one in az("keyvault", "list-deleted", "--resource-type", "vault")}
    az("keyvault", "recover", *name)
    az("keyvault", "delete", *name, *G)
    az("keyvault", "purge", *name)
    assert az("keyvault", "list-deleted", "--resource-type", "vault") == []


def test_logs(az: Az, group: Any) -> None:
    """create, show, delete."""
    what, name = ("monitor", "log-analytics", "workspace"), ("--workspace-name", "log-az")
    assert az(*what, "create", *name, *G)["provisioningState"] == "Succeeded"
    assert az(*what, "show", *name, *G)["retentionInDays"] == 30
    az(*what, "delete", *name, *G, "--yes")


def test_registries(az: Az, group: Any) -> None:
    """check-name, create, show, update, delete."""
    name = ("--name", "craztest")
    assert az("acr", "check-name", *name)["nameAvailable"] is True
    assert az("acr", "create", *name, *G, "--sku", "Basic")["loginServer"] == "craztest.azurecr.io"
    assert az("acr", "show", *name)["sku"]["name"] == "Basic"
    assert az("acr", "update", *name, "--admin-enabled", "true")["adminUserEnabled"] is True
    assert len(az("acr", "credential", "show", *name)["passwords"]) == 2
    az("acr", "delete", *name, "--yes")


def test_sql(az: Az, group: Any) -> None:
    """Server and database create, show, list, delete; firewall rules."""
    login = ("--admin-user", "owner", "--admin-password", "Correct-Horse-1")
    server, name = ("--server", "sql-az-test"), ("--name", "sql-az-test")
    assert az("sql", "server", "create", *name, *G, "--location", "westeurope", *login)["state"] == "Ready"
    assert az("sql", "server", "show", *name, *G)["administratorLogin"] == "owner"
    assert "sql-az-test" in {one["name"] for one in az("sql", "server", "list", *G)}
    assert (
        az("sql", "db", "create", "--name", "sales", *server, *G, "--service-objective", "S0")["status"]
        == "Online"
    )
    assert az("sql", "db", "show", "--name", "sales", *server, *G)["currentServiceObjectiveName"] == "S0"
    assert {one["name"] for one in az("sql", "db", "list", *server, *G)} == {"master", "sales"}
    addresses = ("--start-ip-address", "10.0.0.1", "--end-ip-address", "10.0.0.9")
    az("sql", "server", "firewall-rule", "create", "--name", "office", *server, *G, *addresses)
    assert [one["name"] for one in az("sql", "server", "firewall-rule", "list", *server, *G)] == ["office"]
    az("sql", "server", "firewall-rule", "delete", "--name", "office", *server, *G)
    az("sql", "db", "delete", "--name", "sales", *server, *G, "--yes")
    az("sql", "server", "delete", *name, *G, "--yes")


def test_roles(az: Az, group: Any, simulator: Running) -> None:
    """role definition list; role assignment create, list, delete."""
    found = az("role", "definition", "list", "--name", "Storage Blob Data Contributor")
    assert [one["roleName"] for one in found] == ["Storage Blob Data Contributor"]
    scope = ("--scope", f"{simulator.subscription}/resourceGroups/rg-az")
    who = az("account", "get-access-token")  # a sign-in that works is what the rest stands on
    assert who["tenant"] == simulator.ready["tenant_id"]
    principal = _object_id(simulator)
    assignee = ("--assignee-object-id", principal, "--assignee-principal-type", "ServicePrincipal")
    az("role", "assignment", "create", *assignee, "--role", "Reader", *scope)
    listed = az(
        "role",
        "assignment",
        "list",
        *scope,
        "--fill-principal-name",
        "false",
        "--fill-role-definition-name",
        "false",
    )
    assert [one["principalId"] for one in listed] == [principal]
    az("role", "assignment", "delete", "--ids", listed[0]["id"])


def test_resources_and_tags(az: Az, group: Any) -> None:
    """resource list, show, tag, delete; tag list."""
    made = az("storage", "account", "create", "--name", "stazres", *G, "--sku", "Standard_LRS")
    assert "stazres" in {one["name"] for one in az("resource", "list", *G)}
    assert az("resource", "show", "--ids", made["id"])["properties"]["provisioningState"] == "Succeeded"
    assert az("resource", "tag", "--ids", made["id"], "--tags", "x=y")["tags"] == {"x": "y"}
    az("tag", "update", "--resource-id", made["id"], "--operation", "Merge", "--tags", "z=1")
    assert az("tag", "list", "--resource-id", made["id"])["properties"]["tags"] == {"x": "y", "z": "1"}
    az("resource", "delete", "--ids", made["id"])


def test_locks(az: Az, group: Any) -> None:
    """lock create, list, delete."""
    az("lock", "create", "--name", "keep", *G, "--lock-type", "CanNotDelete")
    assert [one["name"] for one in az("lock", "list", *G)] == ["keep"]
    assert "ScopeLocked" in az("group", "delete", "--name", "rg-az", "--yes", code=1)
    az("lock", "delete", "--name", "keep", *G)


def test_deployments(az: Az, group: Any, template: Path, simulator: Running) -> None:
    """validate, what-if, create, show, list, operation list, delete, with a template file as people write it."""
    given = (*G, "--template-file", str(template), "--parameters", "prefix=st")
    assert az("deployment", "group", "validate", *given)["properties"]["provisioningState"] == "Succeeded"
    predicted = az("deployment", "group", "what-if", *given, "--no-pretty-print")
    assert [one["changeType"] for one in predicted["changes"]].count("Create") == 5
    done = az("deployment", "group", "create", "--name", "main", *given)
    outputs = {key: value["value"] for key, value in done["properties"]["outputs"].items()}
    unique = unique_string([f"{simulator.subscription}/resourceGroups/rg-az"])
    assert outputs == {
        "unique": unique, "uri": f"https://kv-{unique}.vault.azure.net/", "guid": guid(["main"]), "plain": "yes",
    }  # fmt: skip
    assert (
        az("deployment", "group", "show", "--name", "main", *G)["properties"]["provisioningState"]
        == "Succeeded"
    )
    assert "main" in {one["name"] for one in az("deployment", "group", "list", *G)}
    operations = az("deployment", "operation", "group", "list", "--name", "main", *G)
    assert len([one for one in operations if one["properties"]["targetResource"]]) == 5
    accounts = az("storage", "account", "list", *G)
    assert {one["tags"]["b"] for one in accounts} == {"x-2"}
    bad = az(
        "deployment",
        "group",
        "create",
        *G,
        "--template-file",
        str(template),
        "--parameters",
        "prefix=x",
        code=1,
    )
    assert "InvalidTemplate" in bad
    az("deployment", "group", "delete", "--name", "main", *G)


def test_rest(az: Az, simulator: Running) -> None:
    """rest, account list."""
    url = f"{simulator.ready['endpoint']}{simulator.subscription}/resourceGroups?api-version=2022-09-01"
    assert az("rest", "--method", "get", "--url", url, "--resource", simulator.ready["endpoint"] + "/")[
        "value"
    ]
    assert len(az("account", "list")) == 2


def _object_id(simulator: Running) -> str:
    """Return the object ID of the principal that is signed in."""
    payload = simulator.token().split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["oid"])
