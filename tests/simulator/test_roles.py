"""Roles of one's own, what a caller may do, and who gets a role without being looked up."""

from __future__ import annotations

import uuid

from tests.simulator.conftest import Running

V = "2022-04-01"
ROOT = "providers/Microsoft.Authorization"


def test_a_custom_role_can_be_assigned_and_not_deleted_meanwhile(simulator: Running) -> None:
    """201 with what was left open filled in; found by type; in use it stays."""
    number = str(uuid.uuid4())
    path = f"{simulator.subscription}/{ROOT}/roleDefinitions/{number}"
    properties = {"roleName": "Reader of runs", "permissions": [{"actions": ["*/read"]}]}
    made = simulator.arm("PUT", path, {"properties": properties}, version=V)
    assert made.status == 201
    assert made.body["properties"]["type"] == "CustomRole"
    assert made.body["properties"]["permissions"][0]["notDataActions"] == []
    group = simulator.group("rg-roles")
    listed = simulator.arm(
        "GET", f"{group}/{ROOT}/roleDefinitions?$filter=type%20eq%20'CustomRole'", version=V
    )
    assert [one["name"] for one in listed.body["value"]] == [number]
    given = {"roleDefinitionId": path, "principalId": str(uuid.uuid4()), "principalType": "User"}
    assignment = f"{group}/{ROOT}/roleAssignments/{uuid.uuid4()}"
    assert simulator.arm("PUT", assignment, {"properties": given}, version=V).status == 201
    assert simulator.arm("DELETE", path, version=V).code == "RoleDefinitionHasAssignments"
    assert simulator.arm("DELETE", assignment, version=V).body["properties"]["roleDefinitionId"] == path
    assert simulator.arm("DELETE", path, version=V).body["name"] == number
    assert simulator.arm("DELETE", path, version=V).status == 204


def test_what_a_custom_role_may_not_be(simulator: Running) -> None:
    """No guid, a built-in role's guid, a name that is taken, no name at all."""
    path = f"{simulator.subscription}/{ROOT}/roleDefinitions"
    mine = {"properties": {"roleName": "Mine", "permissions": []}}
    owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
    assert simulator.arm("PUT", f"{path}/mine", mine, version=V).code == "InvalidRoleDefinitionId"
    assert simulator.arm("PUT", f"{path}/{owner}", mine, version=V).code == "InvalidRoleDefinitionId"
    taken = {"properties": {"roleName": "contributor"}}
    refused = simulator.arm("PUT", f"{path}/{uuid.uuid4()}", taken, version=V)
    assert refused.code == "RoleDefinitionWithSameNameExists"
    assert simulator.arm("PUT", f"{path}/{uuid.uuid4()}", {"properties": {}}, version=V).status == 400


def test_built_in_roles_say_what_they_allow(simulator: Running) -> None:
    """A reader of blobs reads blobs, and a contributor gives nobody rights."""
    path = f"{simulator.subscription}/{ROOT}/roleDefinitions"
    blobs = simulator.arm("GET", f"{path}/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", version=V).body["properties"]
    assert blobs["permissions"][0]["dataActions"] == [
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
    ]
    found = simulator.arm("GET", f"{path}?$filter=roleName%20eq%20'Contributor'", version=V).body["value"]
    assert "Microsoft.Authorization/*/Write" in found[0]["properties"]["permissions"][0]["notActions"]


def test_permissions_and_operations_of_a_provider(simulator: Running) -> None:
    """The rehearsal's caller owns everything; operations come by type where that is asked."""
    group = simulator.group("rg-roles")
    assert simulator.arm("GET", f"{group}/{ROOT}/permissions", version=V).body["value"][0]["actions"] == ["*"]
    assert simulator.arm("GET", f"{group}-x/{ROOT}/permissions", version=V).code == "ResourceGroupNotFound"
    path = f"/{ROOT}/providerOperations/Microsoft.KeyVault"
    assert simulator.arm("GET", path, version=V).body["resourceTypes"] is None
    types = simulator.arm("GET", path + "?$expand=resourceTypes", version=V).body["resourceTypes"]
    assert "vaults" in [one["name"] for one in types]
