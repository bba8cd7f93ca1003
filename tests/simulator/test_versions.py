"""What depends on an api-version, or on what happened to a resource before: found in recorded traffic."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import Running

HERE = {"location": "westeurope"}


def test_log_analytics_of_2015_speaks_of_no_operation(simulator: Running) -> None:
    """No poll address, an ID in small letters, the source, dates as mail writes them; today's version has none of it."""
    path = f"{simulator.group()}/providers/Microsoft.OperationalInsights/workspaces/log-old"
    made = simulator.arm("PUT", path, {**HERE, "properties": {}}, version="2015-11-01-preview")
    assert made.status == 201
    assert not {"location", "azure-asyncoperation"} & {name.lower() for name in made.headers}
    assert "/resourcegroups/" in made.body["id"]
    assert "/providers/microsoft.operationalinsights/" in made.body["id"]
    assert made.body["properties"]["source"] == "Azure"
    assert made.body["properties"]["createdDate"].endswith(" GMT")
    assert simulator.arm("GET", path, version="2022-10-01").body["id"] == path


def test_a_registry_that_was_replicated_goes_slowly(simulator: Running) -> None:
    """200 for one that never was, 202 with an address for one that ever had a replication."""
    root = f"{simulator.group()}/providers/Microsoft.ContainerRegistry/registries"
    body = {**HERE, "sku": {"name": "Premium"}}
    for name in ("crplain01", "crwide01"):
        assert simulator.arm("PUT", f"{root}/{name}", body, version="2017-10-01").status == 200
    copy = f"{root}/crwide01/replications/eastus"
    simulator.arm("PUT", copy, {"location": "eastus"}, version="2017-10-01")
    simulator.arm("DELETE", copy, version="2017-10-01")
    assert simulator.arm("DELETE", f"{root}/crplain01", version="2017-10-01").status == 200
    gone = simulator.arm("DELETE", f"{root}/crwide01", version="2017-10-01")
    assert (gone.status, gone.body["name"]) == (202, "crwide01")
    assert simulator.arm("GET", gone.headers["Location"]).status == 200
    assert simulator.arm("GET", f"{root}/crwide01").status == 404


def test_builds_of_2018(simulator: Running) -> None:
    """Queued, listed, kept, cancelled."""
    path = f"{simulator.group()}/providers/Microsoft.ContainerRegistry/registries/crbuild01"
    simulator.arm("PUT", path, {**HERE, "sku": {"name": "Basic"}})
    v = "2018-02-01-preview"
    queued = simulator.arm("POST", f"{path}/queueBuild", {"platform": {"osType": "Linux"}}, version=v).body
    assert queued["properties"]["status"] == "Queued"
    build = f"{path}/builds/{queued['name']}"
    kept = simulator.arm("PATCH", build, {"isArchiveEnabled": True}, version=v).body["properties"]
    assert kept["isArchiveEnabled"] is True
    assert simulator.arm("PATCH", build, {"isArchiveEnabled": "yes"}, version=v).status == 400
    assert simulator.arm("POST", f"{build}/cancel", version=v).status == 200
    listed = simulator.arm("GET", f"{path}/builds", version=v).body["value"]
    assert [one["properties"]["status"] for one in listed] == ["Canceled"]


def test_a_full_page_of_vaults_has_a_next_one(simulator: Running) -> None:
    """Key Vault cannot know that nothing follows: the next page is empty."""
    group = simulator.group("rg-pages")
    sku = {"family": "A", "name": "standard"}
    properties: dict[str, Any] = {"tenantId": simulator.ready["tenant_id"], "sku": sku, "accessPolicies": []}
    root = f"{group}/providers/Microsoft.KeyVault/vaults"
    simulator.arm("PUT", f"{root}/kv-pages-01", {**HERE, "properties": properties})
    first = simulator.arm("GET", f"{root}?$top=1")
    assert len(first.body["value"]) == 1
    assert simulator.arm("GET", first.body["nextLink"]).body == {"value": []}
    assert "nextLink" not in simulator.arm("GET", root).body


def test_a_what_if_of_a_wrong_template_fails_in_its_result(simulator: Running) -> None:
    """202 first; the poll tells what is wrong.  A body that is no deployment is refused at once."""
    path = f"{simulator.group()}/providers/Microsoft.Resources/deployments/if/whatIf"
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"size": {"type": "string"}},
        "resources": [],
    }
    body = {"properties": {"mode": "Incremental", "template": template}}
    begun = simulator.arm("POST", path, body)
    assert begun.status == 202
    told = simulator.arm("GET", begun.headers["Location"]).body
    assert (told["status"], told["error"]["code"]) == ("Failed", "InvalidTemplate")
    assert simulator.arm("POST", path, {"properties": {}}).status == 400


def test_storage_tells_what_can_be_had_and_who_is_linked(simulator: Running) -> None:
    """SKUs and usages by region; a connection that was rejected is never approved."""
    root = f"{simulator.subscription}/providers/Microsoft.Storage"
    skus = simulator.arm("GET", f"{root}/skus").body["value"]
    assert ["westeurope"] in [one["locations"] for one in skus if one["name"] == "Standard_ZRS"]
    path = f"{simulator.group()}/providers/Microsoft.Storage/storageAccounts/stlinked01"
    used = [simulator.arm("GET", f"{root}/locations/westeurope/usages").body["value"][0]]
    simulator.arm("PUT", path, {**HERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
    used.append(simulator.arm("GET", f"{root}/locations/westeurope/usages").body["value"][0])
    assert used[1]["currentValue"] - used[0]["currentValue"] == 1
    for status, code in (("Approved", 200), ("Rejected", 200), ("Approved", 400)):
        body = {"properties": {"privateLinkServiceConnectionState": {"status": status}}}
        assert simulator.arm("PUT", f"{path}/privateEndpointConnections/one", body).status == code
    assert simulator.arm("DELETE", f"{path}/privateEndpointConnections/one").status == 200
