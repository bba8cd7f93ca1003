"""Odd bodies for every type and every action, and odd templates: always ARM's own envelope, never a 500."""

from __future__ import annotations

import copy
import http.client
import json
import ssl
from random import Random
from typing import Any

import pytest

from simulator import providers
from simulator.kinds import REGISTRY
from tests.simulator.conftest import Running
from tests.simulator.parents import Parents

assert providers  # importing them is what registers the types
HERE = {"location": "westeurope"}
ROUNDS = 14
ODD: list[Any] = [
    None,
    0,
    -1,
    2**70,
    1.5,
    True,
    "",
    "x",
    "é\u202e",
    "[x]",
    "[",
    "../..",
    "a" * 3000,
    [],
    [None],
    {},
    {"a": {}},
    {"": 1},
]
ASKED = {"keyName": "key1", "properties": {}, "tags": ["a"]}
#: A body that each type takes, or nearly: it is what gets bent.
GOOD: dict[str, dict[str, Any]] = {
    "storageaccounts": {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"encryption": {}}},
    "vaults": {"properties": {"tenantId": "t" * 36, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}},
    "accesspolicies": {"properties": {"accessPolicies": [{"objectId": "a", "permissions": {"keys": ["get"]}}]}},
    "registries": {"sku": {"name": "Premium"}, "properties": {"networkRuleSet": {"ipRules": []}, "policies": {}}},
    "components": {"kind": "web", "properties": {"Application_Type": "web"}},
    "servers": {"properties": {"administratorLogin": "owner", "administratorLoginPassword": "Correct-Horse-1"}},
    "databases": {"sku": {"name": "GP_Gen5_2"}, "properties": {"maxSizeBytes": 5}},
    "tables": {"properties": {"schema": {"name": "T_CL", "columns": [{"name": "TimeGenerated", "type": "datetime"}]}}},
    "datastores": {"properties": {"datastoreType": "AzureBlob", "credentials": {"credentialsType": "None"},
                                  "containerName": "c"}},
    "versions": {"properties": {"modelUri": "azureml://x", "image": "i", "condaFile": "name: x", "properties": {}}},
    "onlineendpoints": {"properties": {"authMode": "Key", "traffic": {}}},
    "batchendpoints": {"properties": {"authMode": "Key"}},
    "deployments": {"sku": {"capacity": 1}, "properties": {"endpointComputeType": "Managed", "model": "m",
                                                            "instanceType": "Standard_DS2_v2"}},
    "computes": {"properties": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS3_v2"}}},
    "managementpolicies": {"properties": {"policy": {"rules": [{}]}}},
    "locks": {"properties": {"level": "CanNotDelete"}},
    "tasks": {"properties": {"trigger": {"sourceTriggers": [{"sourceRepository": {}}]}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def line(simulator: Running) -> Any:
    """One connection that stays open, and a way to ask over it."""
    port = int(simulator.ready["endpoint"].rsplit(":", 1)[1])
    trust = ssl.create_default_context(cafile=simulator.ready["ca_bundle"])
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=30)
    headers = {"Authorization": f"Bearer {simulator.token()}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: Any) -> tuple[int, Any]:
        connection.request(method, path, json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else None

    yield ask
    connection.close()


def bent(random: Random, value: Any, depth: int = 0) -> Any:
    """Return a body with some of its parts replaced by what nobody expects."""
    if depth and random.random() < 0.25:
        return random.choice(ODD)
    if isinstance(value, dict):
        out = {key: bent(random, item, depth + 1) for key, item in value.items()}
        if random.random() < 0.3:
            out[random.choice(["properties", "sku", "tags", "identity", "x", "location"])] = random.choice(
                ODD
            )
        return out
    return [bent(random, item, depth + 1) for item in value] if isinstance(value, list) else value


def path_of(arm_type: str, group: str) -> str:
    """Return a path of a type whose parents can be made."""
    space, *types = arm_type.split("/")
    names = {
        "blobservices": "default", "fileservices": "default", "queueservices": "default", "tableservices": "default",
        "automatictuning": "current", "roleassignments": "00000000-0000-0000-0000-00000000000a",
    }  # fmt: skip
    parts = [part for kind in types for part in (kind, names.get(kind.lower(), f"fuzz{len(kind)}x"))]
    return f"{group}/providers/{space}/{'/'.join(parts)}"


@pytest.mark.parametrize(
    "arm_type", sorted(kind.arm_type for kind in REGISTRY.values() if "/" in kind.arm_type)
)
def test_every_type(simulator: Running, line: Any, arm_type: str) -> None:
    """PUT, PATCH, GET, DELETE and every action with bent bodies."""
    kind, random = REGISTRY[arm_type.lower()], Random(arm_type)
    path = path_of(arm_type, simulator.group("rg-fuzz"))
    Parents(simulator, {}).ancestors(path)
    good = {
        **HERE,
        **copy.deepcopy(GOOD.get(arm_type.rsplit("/", 1)[1].lower(), {"properties": {"a": {"b": [1]}}})),
    }
    version = f"api-version={kind.api_versions[1]}"
    actions = [name.split(" ") for name in kind.actions]
    for turn in range(ROUNDS):
        body = good if turn % 5 == 0 else bent(random, good)
        for method in ("PUT", "GET", "PATCH") + (("DELETE",) if turn % 7 == 6 else ()):
            status, answer = line(method, f"{path}?{version}", body if method != "GET" else None)
            assert status < 500, (method, path, body, answer)
        for words in actions:
            verb, name = words if len(words) == 2 else ("POST", words[0])
            status, answer = line(
                verb,
                f"{path}/{name}?{version}",
                bent(random, ASKED),
            )
            assert status < 500, (verb, path, name, answer)


def test_templates(simulator: Running, line: Any) -> None:
    """Bent templates, bent expressions, deep and large ones."""
    random, root = Random(7), simulator.group("rg-fuzzed") + "/providers/Microsoft.Resources/deployments"
    account = {
        "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01", "name": "[concat('st', parameters('p'))]",
        "location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "dependsOn": [],
        "copy": {"name": "c", "count": 2}, "condition": "[equals(1, 1)]", "tags": {"a": "[variables('v')]"},
    }  # fmt: skip
    template = {
        "$schema": "x", "contentVersion": "1.0.0.0", "parameters": {"p": {"type": "string", "defaultValue": "x"}},
        "variables": {"v": "[uniqueString('a')]", "copy": [{"name": "l", "count": 3, "input": "[copyIndex('l')]"}]},
        "resources": [account, {**account, "type": "Microsoft.Resources/deployments", "name": "n", "properties": {}}],
        "outputs": {"o": {"type": "string", "value": "[reference('st0').x]"}},
        "functions": [{"namespace": "f", "members": {}}],
    }  # fmt: skip
    deep = "[" + "concat(" * 3000 + "'a'" + ")" * 3000 + "]"
    texts = [
        deep,
        "[",
        "[]",
        "[[a]",
        "[f.x()]",
        "[a.b.c]",
        "[map(1, 2)]",
        "[first(1)]",
        "[format('{9}')]",
        "[json(1)]",
        "[items(1)]",
    ]
    for turn in range(150):
        bad = bent(random, template)
        if turn % 3 == 0:
            bad = {**template, "variables": {"v": random.choice(texts)}}
        mode = random.choice(["Incremental", "Complete", 1])
        body = {"properties": {"mode": mode, "template": bad, "parameters": random.choice(ODD)}}
        for tail in (f"/fuzz{turn}", f"/fuzz{turn}/validate", f"/fuzz{turn}/whatIf"):
            status, answer = line(
                "POST" if tail.count("/") > 1 else "PUT", f"{root}{tail}?api-version=2024-03-01", body
            )
            assert status < 500, (tail, body, answer)
    status, answer = line("GET", f"{root}?api-version=2024-03-01", None)
    assert status == 200, answer


def test_whatever_is_left_can_be_deleted(simulator: Running) -> None:
    """A group full of odd resources goes."""
    for name in ("rg-fuzz", "rg-fuzzed"):
        group = f"{simulator.subscription}/resourceGroups/{name}"
        for lock in simulator.arm("GET", f"{group}/providers/Microsoft.Authorization/locks").body["value"]:
            simulator.arm("DELETE", lock["id"])
        assert simulator.arm("DELETE", group).status == 202
        assert simulator.arm("GET", group).status == 404
