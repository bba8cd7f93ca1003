"""The az CLI, as a user installs it, pointed at a simulator as a custom cloud."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import Running, launch, ready

AZ = os.environ.get("AZ", "")


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One simulator at pace 0 for the whole session."""
    folder = tmp_path_factory.mktemp("az")
    process = launch(folder, "--pace", "0")
    yield ready(process, folder)
    process.kill()
    process.communicate()


@pytest.fixture(scope="session")
def az(simulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Run an az command that must succeed and return its JSON; signed in as the service principal."""
    line, folder = simulator.ready, tmp_path_factory.mktemp("config")
    environment = {
        **os.environ,
        "REQUESTS_CA_BUNDLE": line["ca_bundle"],
        "AZURE_CONFIG_DIR": str(folder),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
        "NO_PROXY": "127.0.0.1",
    }

    def run(*words: str, code: int = 0) -> Any:
        command = [AZ, *words, "--output", "json"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=170, check=False
        )
        assert done.returncode == code, f"az {' '.join(words)}: {done.returncode}\n{done.stderr[-1500:]}"
        if code:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    run("cloud", "register", "-n", "Rehearsal", "--endpoint-resource-manager", line["endpoint"])
    run("cloud", "set", "-n", "Rehearsal")
    run("config", "set", "core.instance_discovery=false")
    secret = (
        "--username",
        line["client_id"],
        "--password",
        line["client_secret"],
        "--tenant",
        line["tenant_id"],
    )
    run("login", "--service-principal", *secret)
    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A template with all that the issue names, comments and a text over two lines included."""
    path = tmp_path_factory.mktemp("template") / "main.json"
    path.write_text(TEMPLATE)
    return path


TEMPLATE = """{
  // what az sends as it stands
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "prefix": {"type": "string", "minLength": 2, "metadata": {"description": "a text
over two lines"}},
    "withVault": {"type": "bool", "defaultValue": true}
  },
  "variables": {
    "unique": "[uniqueString(resourceGroup().id)]",
    "vault": "[resourceId('Microsoft.KeyVault/vaults', concat('kv-', variables('unique')))]",
    "name": "[toLower(concat(parameters('prefix'), variables('unique')))]",
    "tags": "[union(createObject('a', '1'), createObject('b', format('{0}-{1}', 'x', length(split('p,q', ',')))))]"
  },
  "resources": [
    {
      "type": "Microsoft.Storage/storageAccounts", "apiVersion": "2023-01-01",
      "name": "[take(concat(variables('name'), copyIndex()), 24)]", "location": "[resourceGroup().location]",
      "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "tags": "[variables('tags')]",
      "copy": {"name": "accounts", "count": 2},
      "resources": [{"type": "blobServices", "apiVersion": "2023-01-01", "name": "default", "properties": {},
        "dependsOn": ["[take(concat(variables('name'), copyIndex()), 24)]"]}]
    },
    {
      "condition": "[and(parameters('withVault'), contains('abc', 'b'))]",
      "type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[concat('kv-', variables('unique'))]",
      "location": "[resourceGroup().location]", "dependsOn": ["accounts"],
      "properties": {"tenantId": "[subscription().tenantId]", "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": true}
    },
    {"condition": "[not(parameters('withVault'))]", "type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01",
     "name": "never", "location": "[resourceGroup().location]", "properties": {}}
  ],
  "outputs": {
    "unique": {"type": "string", "value": "[variables('unique')]"},
    "uri": {"type": "string", "value": "[reference(variables('vault')).vaultUri]"},
    "guid": {"type": "string", "value": "[guid(deployment().name)]"},
    "plain": {"type": "string", "value": "[base64ToString(base64(if(equals(1, 1), 'yes', 'no')))]"}
  }
}
"""
