"""Deployments over the wire: checked, run by the clock, polled, and what becomes of them when something fails."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

from tests.simulator.conftest import Running, Start

HERE = {"location": "westeurope"}
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
STORAGE, VAULT = "Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"


def account(name: str, **more: Any) -> dict[str, Any]:
    """A storage account of a template."""
    body = {
        "type": STORAGE,
        "apiVersion": "2023-01-01",
        "name": name,
        "location": "[resourceGroup().location]",
    }
    return {**body, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, **more}


def body(resources: Any, mode: str = "Incremental", given: Any = None, **parts: Any) -> dict[str, Any]:
    """A deployment's request."""
    template = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", **parts, "resources": resources}
    return {"properties": {"mode": mode, "template": template, "parameters": given or {}}}


def deploy(simulator: Running, path: str, request: Any) -> dict[str, Any]:
    """Begin a deployment, poll it to its end, and return it."""
    answer = simulator.arm("PUT", path, request)
    assert answer.status in {200, 201}, answer.body
    while simulator.arm("GET", answer.headers["Azure-AsyncOperation"]).body["status"] in {
        "Accepted",
        "Running",
    }:
        pass
    return dict(simulator.arm("GET", path).body["properties"])


def place(simulator: Running, group: str, name: str) -> str:
    """A deployment's path in a group that is there."""
    return f"{simulator.group(group)}/providers/Microsoft.Resources/deployments/{name}"


def test_outputs_references_and_operations(simulator: Running) -> None:
    """A reference waits for its resource; outputs, operations and the index tell what came of it."""
    path = place(simulator, "rg-deploy", "one")
    vault = {
        "type": VAULT, "apiVersion": "2023-07-01", "name": "[parameters('vault')]", "location": "westeurope",
        "tags": {"blob": "[reference('stdeployone').primaryEndpoints.blob]"},
        "properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"},
                       "enableRbacAuthorization": True},
    }  # fmt: skip
    outputs = {
        "blob": {"type": "string", "value": "[reference('stdeployone').primaryEndpoints.blob]"},
        "key": {"type": "int", "value": "[length(listKeys('stdeployone', '2023-01-01').keys)]"},
        "unique": {"type": "string", "value": "[uniqueString('test')]"},
        "secret": {"type": "securestring", "value": "[parameters('secret')]"},
    }
    parameters = {"vault": {"type": "string"}, "secret": {"type": "securestring"}}
    given = {"vault": {"value": "kv-deploy-one"}, "secret": {"value": "Hush-4711"}}
    done = deploy(
        simulator,
        path,
        body([account("stdeployone"), vault], "Incremental", given, parameters=parameters, outputs=outputs),
    )
    assert done["provisioningState"] == "Succeeded", done
    assert done["outputs"]["blob"]["value"].startswith("https://stdeployone.blob.")
    assert done["outputs"]["key"] == {"type": "Int", "value": 2}
    assert done["outputs"]["unique"]["value"] == "rbgf3xv4ufgzg"
    assert "value" not in done["outputs"]["secret"]
    assert done["parameters"]["secret"] == {"type": "SecureString"}
    operations = simulator.arm("GET", f"{path}/operations").body["value"]
    targets = [one["properties"].get("targetResource", {}).get("resourceName") for one in operations]
    assert targets == ["stdeployone", "kv-deploy-one", None]


def test_failure_leaves_the_rest_and_tells(simulator: Running) -> None:
    """A step that fails fails the deployment; what waits for it is not begun; the rest is there."""
    path = place(simulator, "rg-deployfail", "bad")
    server = {
        "type": "Microsoft.Sql/servers", "apiVersion": "2023-08-01", "name": "sql-contoso", "location": "westeurope",
        "properties": {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"},
    }  # fmt: skip
    later = account("stneverbegun", dependsOn=["[resourceId('Microsoft.Sql/servers', 'sql-contoso')]"])
    done = deploy(simulator, path, body([server, later, account("stindependent")]))
    assert done["provisioningState"] == "Failed"
    assert done["error"]["code"] == "DeploymentFailed"
    assert done["error"]["details"][0]["code"] == "NameAlreadyExists"
    root = path.rsplit("/providers/", 1)[0] + f"/providers/{STORAGE}/"
    assert simulator.arm("GET", root + "stindependent").status == 200
    assert simulator.arm("GET", root + "stneverbegun").status == 404
    failed = [one["properties"] for one in simulator.arm("GET", f"{path}/operations").body["value"]]
    assert failed[0]["statusMessage"]["error"]["code"] == "NameAlreadyExists"


def test_validation(simulator: Running) -> None:
    """Templates that cannot go well are refused before anything is made, with ARM's codes."""
    path = place(simulator, "rg-validate", "v")
    good = simulator.arm("POST", f"{path}/validate", body([account("stvalidate")]))
    assert good.status == 200
    assert good.body["properties"]["validatedResources"][0]["id"].endswith("/stvalidate")
    broken = simulator.arm("POST", f"{path}/validate", body([account("[nonsense()]")]))
    assert (broken.status, broken.code) == (400, "InvalidTemplate")
    assert broken.body["error"]["additionalInfo"][0]["type"] == "TemplateViolation"
    taken = simulator.arm("PUT", path, body([account("contosodata")]))
    assert (taken.status, taken.code) == (400, "InvalidTemplateDeployment")
    assert taken.body["error"]["details"][0]["code"] == "StorageAccountAlreadyTaken"
    nowhere = simulator.arm("POST", f"{path}/validate", body([account("stnowhere", location="atlantis")]))
    assert nowhere.body["error"]["details"][0]["code"] == "LocationNotAvailableForResourceType"
    root = path.rsplit("/providers/", 1)[0]
    assert simulator.arm("GET", f"{root}/resources").body["value"] == []


def test_what_if_and_complete_mode(simulator: Running) -> None:
    """What would be created, changed, left and deleted; then it happens."""
    path = place(simulator, "rg-whatif", "w")
    deploy(simulator, path, body([account("stwhatifa"), account("stwhatifb")]))
    request = body([account("stwhatifa", sku={"name": "Standard_GRS"}), account("stwhatifc")], "Complete")
    asked = simulator.arm("POST", f"{path}/whatIf", request)
    assert asked.status == 202
    found = simulator.arm("GET", asked.headers["Location"]).body
    assert found["status"] == "Succeeded"
    kinds = {one["resourceId"].rsplit("/", 1)[1]: one["changeType"] for one in found["properties"]["changes"]}
    assert kinds == {"stwhatifa": "Modify", "stwhatifb": "Delete", "stwhatifc": "Create"}
    deploy(simulator, path, request)
    left = {
        one["name"]
        for one in simulator.arm("GET", path.rsplit("/providers/", 1)[0] + "/resources").body["value"]
    }
    assert left == {"stwhatifa", "stwhatifc"}


def test_nested_deployment_and_subscription_scope(simulator: Running) -> None:
    """A deployment of a subscription makes a group and deploys into it by a template with a scope of its own."""
    inner = body([account("[parameters('name')]")], given={"name": {"value": "[concat('st', 'nested')]"}})
    inner["properties"]["template"]["parameters"] = {"name": {"type": "string"}}
    inner["properties"]["template"]["outputs"] = {
        "id": {"type": "string", "value": "[resourceId('x/y', parameters('name'))]"}
    }
    inner["properties"]["expressionEvaluationOptions"] = {"scope": "inner"}
    group = {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": "2024-03-01",
        "name": "rg-nested",
        "location": "westeurope",
    }
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2024-03-01",
        "name": "inner",
        "resourceGroup": "rg-nested",
    }
    resources = [group, {**nested, "dependsOn": ["rg-nested"], "properties": inner["properties"]}]
    outputs = {"id": {"type": "string", "value": "[reference('inner').outputs.id.value]"}}
    request = {**HERE, **body(resources, outputs=outputs)}
    path = f"{simulator.subscription}/providers/Microsoft.Resources/deployments/outer"
    done = deploy(simulator, path, request)
    assert done["provisioningState"] == "Succeeded", done
    assert done["outputs"]["id"]["value"].endswith("/resourceGroups/rg-nested/providers/x/y/stnested")
    assert (
        simulator.arm(
            "GET", f"{simulator.subscription}/resourceGroups/rg-nested/providers/{STORAGE}/stnested"
        ).status
        == 200
    )


def test_body_as_az_sends_it(simulator: Running) -> None:
    """An unquoted key and a file with comments within the JSON."""
    path = place(simulator, "rg-az", "az")
    text = json.dumps(body([account("staz")])["properties"]["template"])
    raw = (
        '{"properties": {"mode": "Incremental", "parameters": {}, template:'
        + text.replace("{", "{ // note\n", 1)
        + "}}"
    )
    headers = {"Authorization": f"Bearer {simulator.token()}", "Content-Type": "application/json"}
    assert (
        simulator.raw("PUT", f"{path}?api-version=2022-09-01", data=raw.encode(), headers=headers).status
        == 201
    )


def test_goes_on_after_kill_and_can_be_cancelled(start: Start) -> None:
    """Steps begin when those before them have ended, also while nobody looks; a cancelled one begins nothing more."""
    first = start("--pace", "0.02")
    path = place(first, "rg-clock", "slow")
    chain = [
        account("stchaina"),
        account("stchainb", dependsOn=["stchaina"]),
        account("stchainc", dependsOn=["stchainb"]),
    ]
    assert first.arm("PUT", path, body(chain)).status == 201
    assert first.arm("PUT", path, body(chain)).code == "DeploymentActive"
    first.stop(signal.SIGKILL)
    time.sleep(1.5)  # three times 23 s x 0.02
    second = start("--pace", "0.02")
    assert second.arm("GET", path).body["properties"]["provisioningState"] == "Succeeded"
    again = path.replace("/slow", "/cancelled")
    chain = [account("stchaind"), account("stchaine", dependsOn=["stchaind"])]
    assert second.arm("PUT", again, body(chain)).status == 201
    assert second.arm("POST", f"{again}/cancel").status == 204
    assert second.arm("GET", again).body["properties"]["provisioningState"] == "Canceled"
    assert second.arm("POST", f"{again}/cancel").code == "DeploymentCannotBeCancelled"
