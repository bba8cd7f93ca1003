"""The az CLI on groups as a whole, roles of one's own and what is said about resources.  Run it by `make test-az`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.az.conftest import AZ

pytestmark = pytest.mark.skipif(not AZ, reason="AZ does not name an az executable: make test-az installs one")
Az = Callable[..., Any]


def test_groups_as_a_whole(az: Az) -> None:
    """group export, resource move, resource list, tag create, lock create and delete."""
    for name in ("rg-whole", "rg-other"):
        az("group", "create", "--name", name, "--location", "westeurope")
    one = ("--resource-group", "rg-whole", "--name", "stwhole01")
    made = az("storage", "account", "create", *one, "--location", "westeurope", "--sku", "Standard_LRS")
    assert "storageAccounts_stwhole01_name" in az("group", "export", "--name", "rg-whole")["parameters"]
    az("resource", "move", "--destination-group", "rg-other", "--ids", made["id"])
    assert [each["name"] for each in az("resource", "list", "--resource-group", "rg-other")] == ["stwhole01"]
    assert az("tag", "create", "--name", "owner")["tagName"] == "owner"
    lock = ("--name", "keep", "--resource-group", "rg-whole")
    assert az("lock", "create", *lock, "--lock-type", "CanNotDelete")["level"] == "CanNotDelete"
    az("lock", "delete", *lock)


def test_roles_and_operations(az: Az) -> None:
    """role definition create, list and delete; provider operation show."""
    scope = f"/subscriptions/{az('account', 'show')['id']}"
    role = {"Name": "Reader of runs", "Description": "", "Actions": ["*/read"], "AssignableScopes": [scope]}
    az("role", "definition", "create", "--role-definition", json.dumps(role))
    found = az("role", "definition", "list", "--custom-role-only", "true")
    assert [one["roleName"] for one in found] == ["Reader of runs"]
    az("role", "definition", "delete", "--name", "Reader of runs")
    known = az("provider", "operation", "show", "--namespace", "Microsoft.KeyVault")
    assert "vaults" in [one["name"] for one in known["resourceTypes"]]
