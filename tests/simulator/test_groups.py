"""What is done with groups and subscriptions as a whole: export, move, filters, tag names, providers."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import Running

HERE = {"location": "westeurope"}
ACCOUNT = {**HERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "tags": {"team": "data"}}
V = "2022-09-01"


def account(simulator: Running, group: str, name: str) -> str:
    """Create a storage account with a container in it and return the account's path."""
    path = f"{group}/providers/Microsoft.Storage/storageAccounts/{name}"
    assert simulator.arm("PUT", path, ACCOUNT).status == 202
    inner = f"{path}/blobServices/default/containers/raw"
    assert simulator.arm("PUT", inner, {}).status == 201
    return path


def exported(simulator: Running, group: str, options: str) -> dict[str, Any]:
    """Export a group's template and return it."""
    body = {"resources": ["*"], "options": options}
    begun = simulator.arm("POST", f"{group}/exportTemplate", body, version=V)
    assert begun.status == 202
    template: dict[str, Any] = simulator.arm("GET", begun.headers["Location"]).body["template"]
    return template


def test_an_exported_template_makes_the_group_anew(simulator: Running) -> None:
    """Names are parameters; a deployment with other names creates the same things in another group."""
    account(simulator, simulator.group("rg-export"), "stexport01")
    template = exported(simulator, simulator.group("rg-export"), "IncludeParameterDefaultValue")
    name = "storageAccounts_stexport01_name"
    assert template["parameters"] == {name: {"defaultValue": "stexport01", "type": "String"}}
    assert "provisioningState" not in str(template)
    other = simulator.group("rg-anew")
    properties = {"mode": "Incremental", "template": template, "parameters": {name: {"value": "stanew01"}}}
    deployment = f"{other}/providers/Microsoft.Resources/deployments/anew"
    assert simulator.arm("PUT", deployment, {"properties": properties}, version=V).status == 201
    assert simulator.arm("GET", deployment, version=V).body["properties"]["provisioningState"] == "Succeeded"
    listed = f"{other}/providers/Microsoft.Resources/deployments?$filter=provisioningState eq "
    assert len(simulator.arm("GET", listed + "'Succeeded'", version=V).body["value"]) == 1
    assert simulator.arm("GET", listed + "'Failed'", version=V).body["value"] == []
    made = simulator.arm("GET", f"{other}/providers/Microsoft.Storage/storageAccounts/stanew01").body
    assert made["tags"] == {"team": "data"}
    inner = f"{made['id']}/blobServices/default/containers/raw"
    assert simulator.arm("GET", inner).status == 200


def test_an_exported_template_points_at_its_own_resources(simulator: Running) -> None:
    """An ID of another resource of the template is an expression, and the template says in which order."""
    group = simulator.group("rg-points")
    logs = f"{group}/providers/Microsoft.OperationalInsights/workspaces/Log-Points"
    simulator.arm("PUT", logs, {**HERE, "properties": {}})
    properties = {"Application_Type": "web", "WorkspaceResourceId": logs}
    component = f"{group}/providers/Microsoft.Insights/components/appi-points"
    simulator.arm("PUT", component, {**HERE, "kind": "web", "properties": properties})
    template = exported(simulator, group, "IncludeParameterDefaultValue")
    assert template["parameters"]["workspaces_Log_Points_name"]["defaultValue"] == "Log-Points"
    found = {one["type"]: one for one in template["resources"]}
    pointer = (
        "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaces_Log_Points_name'))]"
    )
    written = found["Microsoft.Insights/components"]
    assert written["properties"]["WorkspaceResourceId"] == pointer
    assert written["dependsOn"] == [pointer]
    assert "lastSkuUpdate" not in str(found)


def test_an_empty_group_is_exported_at_once(simulator: Running) -> None:
    """200 with a template that has nothing in it, as every older version answers."""
    reply = simulator.arm(
        "POST", f"{simulator.group('rg-empty')}/exportTemplate", {"resources": ["*"]}, version=V
    )
    assert (reply.status, reply.body["template"]["resources"]) == (200, [])


def test_resources_move_to_another_group_with_what_stands_under_them(simulator: Running) -> None:
    """202, then 204; the old ID is gone, the new one has the container too, and the keys are what they were."""
    source, target = simulator.group("rg-from"), simulator.group("rg-to")
    path = account(simulator, source, "stmoves01")
    keys = simulator.arm("POST", f"{path}/listKeys").body
    body = {"resources": [path], "targetResourceGroup": target}
    for action in ("validateMoveResources", "moveResources"):
        begun = simulator.arm("POST", f"{source}/{action}", body, version=V)
        assert (begun.status, begun.body) == (202, None)
        assert simulator.arm("GET", begun.headers["Location"]).status == 204
    assert simulator.arm("GET", path).code == "ResourceNotFound"
    moved = f"{target}/providers/Microsoft.Storage/storageAccounts/stmoves01"
    assert simulator.arm("GET", moved).body["id"] == moved
    assert simulator.arm("GET", f"{moved}/blobServices/default/containers/raw").status == 200
    assert simulator.arm("POST", f"{moved}/listKeys").body == keys


def test_a_move_that_cannot_be_made_is_refused(simulator: Running) -> None:
    """No target, no resource, a child, another group's resource, a body that says nothing."""
    source, target = simulator.group("rg-stays"), simulator.group("rg-waits")
    path = account(simulator, source, "ststays01")
    wanted = {
        "ResourceGroupNotFound": {"resources": [path], "targetResourceGroup": target + "-not"},
        "ResourceNotFound": {"resources": [path + "x"], "targetResourceGroup": target},
        "ResourceMoveNotSupported": {
            "resources": [f"{path}/blobServices/default/containers/raw"],
            "targetResourceGroup": target,
        },
        "InvalidMoveResourcesRequest": {"resources": [path], "targetResourceGroup": source},
        "InvalidRequestContent": {"targetResourceGroup": target},
    }
    for code, body in wanted.items():
        assert simulator.arm("POST", f"{source}/moveResources", body, version=V).code == code
    assert simulator.arm("GET", path).status == 200


def test_lists_obey_their_filters(simulator: Running) -> None:
    """By tag for groups, by part of a name for resources; what is no filter is refused."""
    path = f"{simulator.subscription}/resourceGroups"
    simulator.arm("PUT", f"{path}/rg-tagged", {**HERE, "tags": {"owner": "ada"}})
    account(simulator, f"{path}/rg-tagged", "stfilter01")
    by_tag = simulator.arm(
        "GET", f"{path}?$filter=tagName eq 'owner' and tagValue eq 'ada'".replace(" ", "%20")
    )
    assert [one["name"] for one in by_tag.body["value"]] == ["rg-tagged"]
    every = f"{simulator.subscription}/resources?$filter="
    by_part = simulator.arm("GET", every + "substringof('filter01',%20name)")
    assert [one["name"] for one in by_part.body["value"]] == ["stfilter01"]
    more = simulator.arm("GET", f"{every}name%20eq%20'stfilter01'&$expand=createdTime,provisioningState")
    assert more.body["value"][0]["provisioningState"] == "Succeeded"
    assert set(more.body["value"][0]) - set(by_part.body["value"][0]) == {"createdTime", "provisioningState"}
    assert simulator.arm("GET", every + "size%20gt%205").code == "InvalidFilterInQueryString"


def test_tag_names_are_kept_with_their_values(simulator: Running) -> None:
    """201 for what is new, 200 for what is there, 204 where there is nothing to delete."""
    path = f"{simulator.subscription}/tagNames"
    assert simulator.arm("PUT", f"{path}/cost").status == 201
    assert simulator.arm("PUT", f"{path}/cost").status == 200
    assert simulator.arm("PUT", f"{path}/cost/tagValues/low").body["tagValue"] == "low"
    assert simulator.arm("PUT", f"{path}/nothing/tagValues/low").code == "TagNameNotFound"
    listed = simulator.arm("GET", path).body["value"]
    assert [value["tagValue"] for value in listed[0]["values"]] == ["low"]
    assert simulator.arm("DELETE", f"{path}/cost/tagValues/low").status == 200
    assert simulator.arm("DELETE", f"{path}/cost").status == 200
    assert simulator.arm("DELETE", f"{path}/cost").status == 204


def test_a_tenant_sees_types_and_operations_of_a_provider(simulator: Running) -> None:
    """No registration there; the operations name every type that the simulator has."""
    seen = simulator.arm("GET", "/providers/Microsoft.KeyVault").body
    assert "registrationState" not in seen
    assert "vaults" in [one["resourceType"] for one in seen["resourceTypes"]]
    found = simulator.arm("GET", "/providers/Microsoft.KeyVault/operations").body["value"]
    assert {"Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/write"} <= {
        one["name"] for one in found
    }
    assert simulator.arm("GET", "/providers/Microsoft.Nothing/operations").status == 404


def test_a_provider_tells_how_it_is_registered(simulator: Running) -> None:
    """Most must be registered, a few are free; some tell of one application, others of a list."""
    root = f"{simulator.subscription}/providers"
    search = simulator.arm("POST", f"{root}/Microsoft.Search/register").body
    assert (search["registrationState"], search["registrationPolicy"]) == (
        "Registered",
        "RegistrationRequired",
    )
    assert search["authorization"]["applicationId"]
    free = simulator.arm("GET", f"{root}/Microsoft.Authorization").body
    assert (free["registrationPolicy"], free["authorizations"]) == ("RegistrationFree", [])
    assert simulator.arm("POST", f"{root}/Microsoft.Nothing/register").code == "InvalidResourceNamespace"


def test_a_scope_may_be_escaped_and_comes_back_as_it_was_written(simulator: Running) -> None:
    """A lock by its scope, with %2F for every slash, spelt resourcegroups."""
    scope = simulator.group("rg-scope").replace("resourceGroups", "resourcegroups")
    path = f"/{scope.replace('/', '%2F')}/providers/Microsoft.Authorization/locks/keep"
    made = simulator.arm("PUT", path, {"properties": {"level": "CanNotDelete"}}, version="2016-09-01")
    assert made.status == 201
    assert made.body["id"] == f"{scope}/providers/Microsoft.Authorization/locks/keep"
    assert simulator.arm("DELETE", path, version="2016-09-01").status == 200
