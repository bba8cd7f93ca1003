"""Keys, signatures, usages and links of the project's resources: what stands beside PUT, GET and DELETE."""

from __future__ import annotations

from tests.simulator.conftest import Running

HERE = {"location": "westeurope"}


def test_an_account_signature_opens_what_it_allows(simulator: Running) -> None:
    """Signed with the account's key, it lists a container until the key is made anew; half a question is refused."""
    path = f"{simulator.group()}/providers/Microsoft.Storage/storageAccounts/stsigned01"
    simulator.arm("PUT", path, {**HERE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
    simulator.arm("PUT", f"{path}/blobServices/default/containers/raw", {})
    asked = {"signedServices": "b", "signedResourceTypes": "sco", "signedPermission": "rl"}
    assert simulator.arm("POST", f"{path}/ListAccountSas", asked).code == "InvalidRequestContent"
    whole = {**asked, "signedExpiry": "2099-01-01T00:00:00Z", "keyToSign": "key2"}
    token = simulator.arm("POST", f"{path}/ListAccountSas", whole).body["accountSasToken"]
    host = {"Host": f"stsigned01.blob.{simulator.ready['blob_suffix']}", "x-ms-version": "2021-08-06"}
    blobs = f"/raw?restype=container&comp=list&{token}"
    assert simulator.raw("GET", blobs, headers=host).status == 200
    simulator.arm("POST", f"{path}/regenerateKey", {"keyName": "key2"})
    assert simulator.raw("GET", blobs, headers=host).status == 403


def test_an_api_key_is_shown_once(simulator: Running) -> None:
    """The service names it; a second one of the same name is refused; a list has no key in it."""
    version = "2015-05-01"
    path = f"{simulator.group()}/providers/Microsoft.Insights/components/appi-keys"
    simulator.arm("PUT", path, {**HERE, "kind": "web", "properties": {"Application_Type": "web"}})
    asked = {"name": "reader", "linkedReadProperties": [f"{path}/api"], "linkedWriteProperties": []}
    made = simulator.arm("POST", f"{path}/ApiKeys", asked, version=version)
    assert (made.status, len(made.body["apiKey"])) == (200, 40)
    assert simulator.arm("POST", f"{path}/ApiKeys", asked, version=version).status == 409
    listed = simulator.arm("GET", f"{path}/ApiKeys", version=version).body["value"]
    assert ["apiKey" in one for one in listed] == [False]
    one = f"{path}/APIKeys/{made.body['id'].rsplit('/', 1)[1]}"
    assert simulator.arm("DELETE", one, version=version).body["name"] == "reader"
    assert simulator.arm("GET", one, version=version).status == 404


def test_a_workspace_tells_its_keys_usages_and_tiers(simulator: Running) -> None:
    """Keys differ after they are made anew; the rest is what an empty workspace has."""
    path = f"{simulator.group()}/providers/Microsoft.OperationalInsights/workspaces/log-sides"
    simulator.arm("PUT", path, {**HERE, "properties": {}})
    first = simulator.arm("POST", f"{path}/sharedKeys").body
    assert simulator.arm("POST", f"{path}/regenerateSharedKey").body != first
    assert simulator.arm("GET", f"{path}/usages").body["value"][0]["currentValue"] == 0
    assert simulator.arm("GET", f"{path}/managementGroups").body == {"value": []}
    assert simulator.arm("GET", f"{path}/intelligencePacks").body[0]["name"] == "LogManagement"
    tiers = simulator.arm("GET", f"{path}/availableServiceTiers").body
    assert [one["enabled"] for one in tiers] == [True, False]
