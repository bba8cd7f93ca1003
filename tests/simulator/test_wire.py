"""Status codes, headers and bodies per type, held against what was recorded of Azure; by plain HTTP."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.simulator.conftest import Running, Start

HERE = {"location": "westeurope"}
SQL = {"administratorLogin": "gpadmin", "administratorLoginPassword": "Correct-Horse-1"}


@pytest.fixture(scope="module")
def slow(start_module: Start, tmp_path_factory: pytest.TempPathFactory) -> Running:
    """A simulator whose operations outlast a test: what is running stays running."""
    return start_module("--pace", "0.2", state=tmp_path_factory.mktemp("slow"))


def vault_body(simulator: Running, **more: Any) -> dict[str, Any]:
    """A vault that Azure would take."""
    sku = {"family": "A", "name": "standard"}
    properties = {"tenantId": simulator.ready["tenant_id"], "sku": sku, "accessPolicies": [], **more}
    return {**HERE, "properties": properties}


def test_group_is_created_updated_and_found(simulator: Running) -> None:
    """201 for a new group, 200 for one that is there; spelt resourceGroups however the client spells it."""
    path = f"{simulator.subscription}/resourcegroups/rg-one"
    made = simulator.arm("PUT", path, {**HERE, "tags": {"a": "b"}})
    assert made.status == 201
    assert made.body["id"] == f"{simulator.subscription}/resourceGroups/rg-one"
    assert made.body["properties"] == {"provisioningState": "Succeeded"}
    assert simulator.arm("PUT", path, HERE).status == 200
    assert simulator.arm("PATCH", path, {"tags": {"c": "d"}}).body["tags"] == {"c": "d"}
    assert simulator.arm("HEAD", path).status == 204
    assert simulator.arm("HEAD", path + "x").status == 404


def test_group_deletion_takes_everything_along(simulator: Running) -> None:
    """202 with Location and Retry-After, 200 with no body at the end, and then there is nothing left."""
    group = simulator.group("rg-doomed")
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/kv-doomed"
    simulator.arm("PUT", vault, vault_body(simulator))
    gone = simulator.arm("DELETE", group)
    assert gone.status == 202
    assert gone.body is None
    assert gone.headers["Retry-After"] == "1"
    assert "/operationresults/" in gone.headers["Location"]
    poll = simulator.arm("GET", gone.headers["Location"])
    assert (poll.status, poll.body) == (200, None)
    assert simulator.arm("GET", group).code == "ResourceGroupNotFound"
    assert simulator.arm("GET", vault).code == "ResourceGroupNotFound"
    assert simulator.arm("DELETE", group).status == 404


def test_group_being_deleted_takes_nothing_new(slow: Running) -> None:
    """While a group goes, its resources are Deleting and a write is refused."""
    group = slow.group("rg-going")
    assignment = f"{group}/providers/Microsoft.Insights/components/appi-going"
    slow.arm("PUT", assignment, {**HERE, "kind": "web", "properties": {"Application_Type": "web"}})
    poll = slow.arm("DELETE", group)
    assert slow.arm("GET", poll.headers["Location"]).status == 202
    assert slow.arm("GET", group).body["properties"]["provisioningState"] == "Deleting"
    assert slow.arm("GET", assignment).body["properties"]["provisioningState"] == "Deleting"
    assert slow.arm("PUT", group, HERE).code == "ResourceGroupBeingDeleted"
    assert slow.arm("PUT", assignment, {**HERE, "kind": "web"}).code == "ResourceGroupBeingDeleted"


def test_storage_is_accepted_without_a_body(simulator: Running) -> None:
    """202, empty, with a Location whose last answer is the account itself."""
    path = f"{simulator.group()}/providers/Microsoft.Storage/storageAccounts/stwire1"
    made = simulator.arm("PUT", path, {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_GRS"}})
    assert (made.status, made.body) == (202, None)
    assert made.headers["Retry-After"] == "1"
    assert "/locations/westeurope/asyncoperations/" in made.headers["Location"]
    assert made.headers["Azure-AsyncOperation"] is None
    poll = simulator.arm("GET", made.headers["Location"])
    assert poll.status == 200
    assert poll.body["id"] == path
    assert poll.body["sku"] == {"name": "Standard_GRS", "tier": "Standard"}
    assert poll.body["properties"]["minimumTlsVersion"] == "TLS1_2"
    again = simulator.arm("PUT", path, {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_GRS"}})
    assert again.status == 200
    deleted = simulator.arm("DELETE", path)
    assert (deleted.status, deleted.body) == (200, None)
    assert simulator.arm("DELETE", path).status == 204


def test_storage_that_is_being_made_refuses_a_second_put(slow: Running) -> None:
    """409 StorageAccountOperationInProgress, and no keys yet."""
    path = f"{slow.group()}/providers/Microsoft.Storage/storageAccounts/stslow1"
    body = {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    made = slow.arm("PUT", path, body)
    assert made.headers["Retry-After"] == "4", "17 s recorded, x 0.2, rounded up"
    assert slow.arm("GET", made.headers["Location"]).status == 202
    assert slow.arm("GET", path).body["properties"]["provisioningState"] == "Creating"
    again = slow.arm("PUT", path, body)
    assert (again.status, again.code) == (409, "StorageAccountOperationInProgress")
    assert slow.arm("POST", path + "/listKeys").code == "StorageAccountIsNotProvisioned"


def test_vault_answers_at_once_and_registers_its_name_later(slow: Running, simulator: Running) -> None:
    """200 without any poll address; RegisteringDns until the clock has passed."""
    path = "/providers/Microsoft.KeyVault/vaults/kv-wire"
    made = slow.arm("PUT", slow.group() + path, vault_body(slow))
    assert made.status == 200
    assert made.headers["Location"] is None
    assert made.headers["Azure-AsyncOperation"] is None
    assert made.body["properties"]["provisioningState"] == "RegisteringDns"
    simulator.arm("PUT", simulator.group() + path, vault_body(simulator))
    done = simulator.arm("GET", simulator.group() + path).body
    assert done["properties"]["provisioningState"] == "Succeeded"
    assert done["properties"]["enableSoftDelete"] is True


def test_deleted_vault_must_be_recovered_or_purged(simulator: Running) -> None:
    """409 ConflictError for a new vault of that name; recover brings back what it was."""
    path = f"{simulator.group()}/providers/Microsoft.KeyVault/vaults/kv-phoenix"
    deleted = (
        f"{simulator.subscription}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-phoenix"
    )
    assert simulator.arm("GET", deleted).code == "DeletedVaultNotFound"
    simulator.arm("PUT", path, {**vault_body(simulator, softDeleteRetentionInDays=7), "tags": {"a": "b"}})
    assert simulator.arm("DELETE", path).status == 200
    again = simulator.arm("PUT", path, vault_body(simulator))
    assert (again.status, again.code) == (409, "ConflictError")
    back = simulator.arm("PUT", path, vault_body(simulator, createMode="recover"))
    assert back.status == 200
    assert back.body["properties"]["softDeleteRetentionInDays"] == 7
    simulator.arm("DELETE", path)
    purge = simulator.arm("POST", deleted + "/purge")
    assert purge.status == 202
    assert simulator.arm("GET", purge.headers["Location"]).status == 200
    assert simulator.arm("PUT", path, vault_body(simulator)).status == 200


def test_secret_is_written_and_never_read(simulator: Running) -> None:
    """The value goes in by the management plane, and no answer holds it."""
    vault = f"{simulator.group()}/providers/Microsoft.KeyVault/vaults/kv-secret"
    assert (
        simulator.arm("PUT", vault + "/secrets/pw", {"properties": {"value": "x"}}).code
        == "ParentResourceNotFound"
    )
    simulator.arm("PUT", vault, vault_body(simulator))
    made = simulator.arm("PUT", vault + "/secrets/pw", {"properties": {"value": "hush-hush"}})
    assert made.status == 200
    assert made.body["properties"]["secretUri"] == "https://kv-secret.vault.azure.net/secrets/pw"
    read = simulator.arm("GET", vault + "/secrets/pw")
    assert "hush-hush" not in f"{made.body}{read.body}{simulator.arm('GET', vault + '/secrets').body}"
    assert "value" not in read.body["properties"]


def test_log_analytics_is_made_by_an_async_operation(slow: Running, simulator: Running) -> None:
    """201 with the body and Azure-AsyncOperation; a second PUT meanwhile is a conflict."""
    path = "/providers/Microsoft.OperationalInsights/workspaces/log-wire"
    body = {**HERE, "properties": {"sku": {"name": "PerGB2018"}}}
    made = slow.arm("PUT", slow.group() + path, body)
    assert made.status == 201
    assert made.headers["Retry-After"] == "4"
    assert made.body["properties"]["provisioningState"] == "Creating"
    assert slow.arm("GET", made.headers["Azure-AsyncOperation"]).body["status"] == "InProgress"
    assert slow.arm("PUT", slow.group() + path, body).code == "Conflict"
    made = simulator.arm("PUT", simulator.group() + path, body)
    poll = simulator.arm("GET", made.headers["Azure-AsyncOperation"])
    assert poll.body["status"] == "Succeeded"
    assert poll.body["endTime"]
    customer = made.body["properties"]["customerId"]
    simulator.arm("DELETE", simulator.group() + path)
    again = simulator.arm("PUT", simulator.group() + path, body)
    assert again.body["properties"]["customerId"] == customer, "a soft-deleted workspace comes back"


def test_application_insights_needs_a_workspace_that_is_there(simulator: Running, slow: Running) -> None:
    """200 at once with keys; 400 for a Log Analytics workspace that is missing or not ready."""
    path, logs = (
        "/providers/Microsoft.Insights/components/appi-wire",
        "/providers/Microsoft.OperationalInsights/workspaces/log-x",
    )

    def body(group: str) -> dict[str, Any]:
        return {
            **HERE,
            "kind": "web",
            "properties": {"Application_Type": "web", "WorkspaceResourceId": group + logs},
        }

    group = simulator.group()
    assert simulator.arm("PUT", group + path, body(group)).status == 400
    simulator.arm("PUT", group + logs, HERE)
    made = simulator.arm("PUT", group + path, body(group))
    assert made.status == 200
    assert made.body["type"] == "microsoft.insights/components"
    assert made.body["properties"]["IngestionMode"] == "LogAnalytics"
    assert made.body["properties"]["ConnectionString"].startswith("InstrumentationKey=")
    group = slow.group()
    slow.arm("PUT", group + logs, HERE)
    refused = slow.arm("PUT", group + path, body(group))
    assert "not active" in refused.body["error"]["message"]


def test_registry_polls_a_bare_status(simulator: Running) -> None:
    """201 and an operationStatuses address that answers the status and nothing else."""
    path = f"{simulator.group()}/providers/Microsoft.ContainerRegistry/registries/crwire1"
    made = simulator.arm("PUT", path, {**HERE, "sku": {"name": "Basic"}})
    assert made.status == 201
    assert made.body["properties"]["provisioningState"] == "Creating"
    assert made.headers["Retry-After"] is None
    assert simulator.arm("GET", made.headers["Azure-AsyncOperation"]).body == {"status": "Succeeded"}
    assert simulator.arm("GET", path).body["properties"]["loginServer"] == "crwire1.azurecr.io"


def test_sql_answers_with_both_addresses(simulator: Running, slow: Running) -> None:
    """202 with what it does; polls are always 200; a server says Ready, a database Online."""
    path = "/providers/Microsoft.Sql/servers/sql-wire"
    made = simulator.arm("PUT", simulator.group() + path, {**HERE, "properties": SQL})
    assert made.status == 202
    assert made.body["operation"] == "UpsertLogicalServer"
    poll = simulator.arm("GET", made.headers["Azure-AsyncOperation"])
    assert poll.body["status"] == "Succeeded"
    assert simulator.arm("GET", made.headers["Location"]).body["properties"]["state"] == "Ready"
    made = simulator.arm("PUT", simulator.group() + path + "/databases/d", {**HERE, "sku": {"name": "S0"}})
    assert made.body["operation"] == "CreateLogicalDatabase"
    assert "/databaseAzureAsyncOperation/" in made.headers["Azure-AsyncOperation"]
    found = simulator.arm("GET", simulator.group() + path + "/databases/d").body
    assert (found["properties"]["status"], found["sku"]["tier"]) == ("Online", "Standard")
    slow.arm("PUT", slow.group() + path, {**HERE, "properties": SQL})
    again = slow.arm("PUT", slow.group() + path, {**HERE, "properties": SQL})
    assert (again.status, again.code) == (409, "ConflictingServerOperation")
    assert slow.arm("PUT", slow.group() + path + "/databases/d", HERE).code == "ConflictingServerOperation"


def test_sql_finds_taken_names_and_full_regions_late(simulator: Running) -> None:
    """202 first; the status says Failed with the reason, at 200; and nothing is left behind."""
    root = simulator.group() + "/providers/Microsoft.Sql/servers/"
    taken = simulator.ready["taken_names"]["Microsoft.Sql/servers"]
    for name, place, code in (
        (taken, "westeurope", "NameAlreadyExists"),
        ("sql-full", "southindia", "RegionDoesNotAllowProvisioning"),
    ):
        made = simulator.arm("PUT", root + name, {"location": place, "properties": SQL})
        assert made.status == 202
        poll = simulator.arm("GET", made.headers["Azure-AsyncOperation"])
        assert (poll.status, poll.body["status"], poll.body["error"]["code"]) == (200, "Failed", code)
        assert simulator.arm("GET", root + name).code == "ResourceNotFound"


@pytest.mark.parametrize("password", ["short1!", "alllowercase", "Gpadmin-1234", "12345678"])
def test_sql_refuses_weak_passwords(simulator: Running, password: str) -> None:
    """Too short, too few kinds of characters, or with the login in it."""
    path = f"{simulator.group()}/providers/Microsoft.Sql/servers/sql-weak"
    answer = simulator.arm(
        "PUT", path, {**HERE, "properties": {**SQL, "administratorLoginPassword": password}}
    )
    assert (answer.status, answer.code) == (400, "PasswordNotComplex")


def test_sql_refuses_reserved_logins(simulator: Running) -> None:
    """``admin`` and ``sa`` are not for anybody."""
    path = f"{simulator.group()}/providers/Microsoft.Sql/servers/sql-sa"
    for login in ("admin", "sa", "1gp"):
        answer = simulator.arm("PUT", path, {**HERE, "properties": {**SQL, "administratorLogin": login}})
        assert (answer.status, answer.code) == (400, "InvalidParameterValue")


def workspace(simulator: Running, name: str) -> tuple[str, dict[str, Any]]:
    """Make all that a workspace needs and return its path and body."""
    root = simulator.group() + "/providers"
    needs = {
        "storageAccount": f"{root}/Microsoft.Storage/storageAccounts/st{name}",
        "keyVault": f"{root}/Microsoft.KeyVault/vaults/kv-{name}",
        "applicationInsights": f"{root}/Microsoft.Insights/components/appi-{name}",
    }
    simulator.arm(
        "PUT", needs["storageAccount"], {**HERE, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    )
    simulator.arm("PUT", needs["keyVault"], vault_body(simulator))
    component = {**HERE, "kind": "web", "properties": {"Application_Type": "web"}}
    simulator.arm("PUT", needs["applicationInsights"], component)
    body = {**HERE, "identity": {"type": "SystemAssigned"}, "properties": needs}
    return f"{root}/Microsoft.MachineLearningServices/workspaces/mlw-{name}", body


def test_workspace_is_accepted_without_a_body(simulator: Running) -> None:
    """202, null, both addresses, no Retry-After; then its identity, datastores and keys are there."""
    path, body = workspace(simulator, "wire")
    made = simulator.arm("PUT", path, body)
    assert (made.status, made.body, made.headers["Retry-After"]) == (202, None, None)
    assert "workspaceOperationsStatus" in made.headers["Azure-AsyncOperation"]
    assert "type=location" in made.headers["Location"]
    assert simulator.arm("GET", made.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    assert simulator.arm("GET", made.headers["Location"]).body["id"] == path
    found = simulator.arm("GET", path).body
    assert found["identity"]["principalId"]
    assert found["identity"]["tenantId"] == simulator.ready["tenant_id"]
    assert found["properties"]["discoveryUrl"]
    stores = simulator.arm("GET", path + "/datastores?isDefault=true").body["value"]
    assert [one["name"] for one in stores] == ["workspaceblobstore"]
    assert len(simulator.arm("GET", path + "/datastores").body["value"]) == 4
    assert simulator.arm("POST", path + "/listKeys").body["userStorageKey"]
    assert simulator.arm("GET", path + "/datastores/none").code == "UserError"
    changed = simulator.arm("PATCH", path, {"properties": {"friendlyName": "Churn"}})
    assert changed.status == 202
    after = simulator.arm("GET", path).body["properties"]
    assert after["friendlyName"] == "Churn"
    assert after["workspaceId"] == found["properties"]["workspaceId"]


def test_workspace_refuses_what_it_cannot_use(simulator: Running) -> None:
    """Something missing, something that is not there, and unsuitable storage accounts."""
    path, body = workspace(simulator, "bad")
    lacking = {key: value for key, value in body["properties"].items() if key != "keyVault"}
    answer = simulator.arm("PUT", path, {**body, "properties": lacking})
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert answer.body["error"]["message"] == "Missing dependent resources in workspace json"
    gone = {**body["properties"], "keyVault": body["properties"]["keyVault"] + "x"}
    assert simulator.arm("PUT", path, {**body, "properties": gone}).code == "ValidationError"
    shared = simulator.arm(
        "GET", f"{simulator.subscription}/providers/Microsoft.Storage/storageAccounts"
    ).body["value"]
    for one in shared:
        if one["name"].startswith(("stsharedprem", "stsharedlake")):
            bad = {**body["properties"], "storageAccount": one["id"]}
            assert simulator.arm("PUT", path, {**body, "properties": bad}).code == "ValidationError"


def test_deleted_workspace_must_be_purged_or_recovered(simulator: Running) -> None:
    """A soft-deleted workspace is in the way of a new one until it is purged, or brought back."""
    path, body = workspace(simulator, "soft")
    simulator.arm("PUT", path, body)
    first = simulator.arm("GET", path).body["properties"]["workspaceId"]
    assert simulator.arm("DELETE", path).status == 202
    assert simulator.arm("PUT", path, body).code == "BadRequest"
    recover = {**body, "properties": {**body["properties"], "allowRecoverSoftDeletedWorkspace": True}}
    assert simulator.arm("PUT", path, recover).status == 202
    assert simulator.arm("GET", path).body["properties"]["workspaceId"] == first
    assert simulator.arm("DELETE", path + "?forceToPurge=true").status == 202
    simulator.arm("GET", path)
    assert simulator.arm("PUT", path, body).status == 202


def test_role_assignment(simulator: Running) -> None:
    """201; the same again under its own name 201, under another 409; unknown principals are refused."""
    scope = simulator.group()
    role = f"{simulator.subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
    path, body = workspace(simulator, "role")
    simulator.arm("PUT", path, body)
    principal = simulator.arm("GET", path).body["identity"]["principalId"]
    wanted = {
        "properties": {
            "roleDefinitionId": role,
            "principalId": principal,
            "principalType": "ServicePrincipal",
        }
    }
    at = f"{scope}/providers/Microsoft.Authorization/roleAssignments/"
    first = at + str(uuid.uuid4())
    made = simulator.arm("PUT", first, wanted)
    assert made.status == 201
    assert made.body["properties"]["scope"] == scope
    assert simulator.arm("PUT", first, wanted).status == 201
    again = simulator.arm("PUT", at + str(uuid.uuid4()), wanted)
    assert (again.status, again.code) == (409, "RoleAssignmentExists")
    stranger = {"properties": {"roleDefinitionId": role, "principalId": str(uuid.uuid4())}}
    assert simulator.arm("PUT", at + str(uuid.uuid4()), stranger).code == "PrincipalNotFound"
    assert simulator.arm("PUT", at + "no-guid", wanted).code == "InvalidRoleAssignmentId"
    found = simulator.arm("GET", f"{at.rstrip('/')}?$filter=principalId eq '{principal}'").body["value"]
    assert [one["id"] for one in found] == [made.body["id"]]
    assert simulator.arm("DELETE", first).status == 200
    assert simulator.arm("DELETE", first).status == 204


def test_role_definitions(simulator: Running) -> None:
    """Built-in roles have the guids that they have everywhere."""
    path = f"{simulator.subscription}/providers/Microsoft.Authorization/roleDefinitions"
    found = simulator.arm("GET", path + "?$filter=roleName eq 'Storage Blob Data Contributor'").body["value"]
    assert [one["name"] for one in found] == ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"]
    assert (
        simulator.arm("GET", found[0]["id"]).body["properties"]["roleName"] == "Storage Blob Data Contributor"
    )


def test_tags_by_themselves(simulator: Running) -> None:
    """Tags of a resource, a group and a subscription: read, merged, replaced, taken away."""
    group = simulator.group("rg-tags")
    path = f"{group}/providers/Microsoft.Insights/components/appi-tags"
    simulator.arm(
        "PUT", path, {**HERE, "kind": "web", "properties": {"Application_Type": "web"}, "tags": {"a": "1"}}
    )
    for scope in (path, group, simulator.subscription):
        tags = f"{scope}/providers/Microsoft.Resources/tags/default"
        simulator.arm("PUT", tags, {"properties": {"tags": {"a": "1"}}})
        merged = simulator.arm("PATCH", tags, {"operation": "Merge", "properties": {"tags": {"b": "2"}}})
        assert merged.body["properties"]["tags"] == {"a": "1", "b": "2"}
        simulator.arm("PATCH", tags, {"operation": "Delete", "properties": {"tags": {"a": "1"}}})
        assert simulator.arm("GET", tags).body["properties"]["tags"] == {"b": "2"}
    assert simulator.arm("GET", path).body["tags"] == {"b": "2"}
    assert simulator.arm("GET", f"{path}x/providers/Microsoft.Resources/tags/default").status == 404


@pytest.mark.parametrize(
    ("sku", "objective", "answered"),
    [
        ({"name": "S0"}, "S0", "Standard"),
        ({"name": "Standard", "capacity": 50}, "S2", "Standard"),
        ({"name": "Basic"}, "Basic", "Basic"),
        ({"name": "P1"}, "P1", "Premium"),
        ({"name": "GP_S_Gen5_2"}, "GP_S_Gen5_2", "GP_S_Gen5"),
    ],
)
def test_sizes_of_databases(simulator: Running, sku: dict[str, Any], objective: str, answered: str) -> None:
    """A size by its objective, or by tier and capacity, is the same size."""
    server = f"{simulator.group('rg-sizes')}/providers/Microsoft.Sql/servers/sql-sizes"
    login = {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"}
    simulator.arm("PUT", server, {**HERE, "properties": login}, version="2023-08-01")
    path = f"{server}/databases/db{objective.lower()}"
    simulator.arm("PUT", path, {**HERE, "sku": sku}, version="2023-08-01")
    found = simulator.arm("GET", path, version="2023-08-01").body
    assert found["properties"]["currentServiceObjectiveName"] == objective
    assert found["sku"]["name"] == answered
