"""What is said about resources at their scope, and what watches them: kept, listed, and gone with what it is about."""

from __future__ import annotations

from tests.simulator.conftest import Running

HERE = {"location": "westeurope"}


def vault(simulator: Running, name: str) -> str:
    """Create a key vault and return its path."""
    path = f"{simulator.group('rg-extended')}/providers/Microsoft.KeyVault/vaults/{name}"
    sku = {"family": "A", "name": "standard"}
    properties = {"tenantId": simulator.ready["tenant_id"], "sku": sku, "accessPolicies": []}
    assert simulator.arm("PUT", path, {**HERE, "properties": properties}).status == 200
    return path


def test_a_diagnostic_setting_stands_below_its_resource(simulator: Running) -> None:
    """It wants a place to send to, names what the resource has, and goes with it."""
    path = vault(simulator, "kv-extended")
    root = f"{path}/providers/Microsoft.Insights/diagnosticSettings"
    assert simulator.arm("PUT", f"{root}/all", {"properties": {"logs": []}}).status == 400
    body = {
        "properties": {"workspaceId": f"{path}-logs", "logs": [{"category": "AuditEvent", "enabled": True}]}
    }
    made = simulator.arm("PUT", f"{root}/all", body)
    assert made.status == 200
    assert made.body["properties"]["storageAccountId"] is None
    assert "/resourcegroups/" in made.body["id"]
    assert [one["name"] for one in simulator.arm("GET", root).body["value"]] == ["all"]
    categories = simulator.arm("GET", f"{root}Categories").body["value"]
    assert "AuditEvent" in [one["name"] for one in categories]
    assert simulator.arm("GET", f"{root}Categories/AuditEvent").status == 200
    missing = simulator.arm("PUT", f"{path}-not/providers/Microsoft.Insights/diagnosticSettings/all", body)
    assert missing.code == "ResourceNotFound"
    simulator.arm("DELETE", path)
    assert simulator.arm("GET", f"{root}/all").code == "ResourceNotFound"


def test_a_policy_is_defined_assigned_and_taken_back(simulator: Running) -> None:
    """201 with who made it; an assignment of what is not there is refused; a deletion answers what was there."""
    version = "2021-06-01"
    root = f"{simulator.subscription}/providers/Microsoft.Authorization/policyDefinitions"
    rule = {"if": {"field": "location", "equals": "eastus"}, "then": {"effect": "audit"}}
    assert simulator.arm("PUT", f"{root}/one", {"properties": {}}, version=version).status == 400
    made = simulator.arm("PUT", f"{root}/one", {"properties": {"policyRule": rule}}, version=version)
    assert (made.status, made.body["properties"]["policyType"]) == (201, "Custom")
    group = simulator.group("rg-policies")
    at = f"{group}/providers/Microsoft.Authorization/policyAssignments/mine"
    nothing = {"properties": {"policyDefinitionId": f"{root}/two"}}
    assert simulator.arm("PUT", at, nothing, version=version).code == "PolicyDefinitionNotFound"
    assigned = simulator.arm(
        "PUT", at, {"properties": {"policyDefinitionId": f"{root}/one"}}, version=version
    )
    assert (assigned.status, assigned.body["properties"]["scope"]) == (201, group)
    assert simulator.arm("DELETE", at, version=version).body["name"] == "mine"
    assert simulator.arm("DELETE", at, version=version).status == 204


def test_an_alert_may_be_global_and_nothing_sets_it_off(simulator: Running) -> None:
    """The location comes back as it was written; a query rule has a region of its own."""
    root = f"{simulator.group('rg-alerts')}/providers/Microsoft.Insights"
    people = {"groupShortName": "ops", "emailReceivers": [{"name": "ada", "emailAddress": "ada@example.com"}]}
    told = simulator.arm("PUT", f"{root}/actionGroups/ops", {"location": "Global", "properties": people})
    assert (told.status, told.body["location"]) == (201, "Global")
    assert told.body["properties"]["smsReceivers"] == []
    alert = f"{root}/metricAlerts/busy"
    body = {"location": "global", "properties": {"severity": 3, "scopes": [], "criteria": {"allOf": []}}}
    assert simulator.arm("PUT", alert, body).status == 200
    assert simulator.arm("GET", f"{alert}/status").body["value"][0]["properties"]["status"] == "Unknown"
    assert simulator.arm("PUT", f"{root}/scheduledQueryRules/q", body).status == 400
    assert simulator.arm("PUT", f"{root}/scheduledQueryRules/q", {**body, **HERE}).status == 201
    assert simulator.arm("DELETE", alert).status == 200
