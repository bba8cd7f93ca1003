"""The plan: what is needed, in an order that works, and nothing else; run over every type of the catalogue."""

from collections.abc import Mapping
from typing import Any

import pytest

from services import project_file
from services.catalogue import registry
from services.catalogue.base import Output, ResourceType, Secret
from services.config import ProjectConfig
from services.plan import Plan, build_plan

SUB = "/subscriptions/a9f878f9-874b-5edc-99bf-5165dcedfd8e"
EVERYTHING = "name: churn\ncontainer_registry: {mode: new}\nsql: {mode: new}"
EXISTING = f"""
name: churn
resource_group: {{mode: existing, name: rg-team}}
storage_account: {{mode: existing, id: {SUB}/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stdata}}
key_vault: {{mode: existing, name: kv-team}}
application_insights: {{mode: existing, name: appi-team}}
container_registry: {{mode: existing, name: crteam}}
sql: {{mode: existing, id: {SUB}/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-team/databases/customers}}
"""


def plan_of(text: str) -> Plan:
    """The plan of a project file."""
    return build_plan(project_file.read(text).strict())


def edges(plan: Plan) -> dict[str, set[str]]:
    """Key -> what it waits for, the resource group left out."""
    return {r.key: set(r.depends_on) - {"resource_group"} for r in plan if r.key != "resource_group"}


@pytest.mark.parametrize("text", ["name: churn", EVERYTHING, EXISTING])
def test_each_resource_stands_after_all_that_it_needs(text: str) -> None:
    """The order can be walked from front to back."""
    seen: set[str] = set()
    for resource in plan_of(text):
        assert set(resource.depends_on) <= seen
        seen.add(resource.key)


def test_the_default_plan_has_the_hidden_resources_too() -> None:
    """Log Analytics before Application Insights, the parts before the workspace, the role after both of its ends."""
    assert edges(plan_of("name: churn")) == {
        "storage_account": set(),
        "key_vault": set(),
        "log_analytics": set(),
        "application_insights": {"log_analytics"},
        "workspace": {"storage_account", "key_vault", "application_insights"},
        "role_assignment_storage": {"workspace", "storage_account"},
    }


def test_sql_waits_for_the_vault_that_keeps_its_password() -> None:
    """And its database for the server."""
    found = edges(plan_of(EVERYTHING))
    assert found["sql_server"] == {"key_vault"}
    assert found["sql_database"] == {"sql_server"}
    assert found["workspace"] >= {"container_registry"}


def test_existing_resources_keep_their_place_and_bring_their_log_workspace() -> None:
    """An ID leads into another group, a name into the project's; no time is expected for reading."""
    plan = plan_of(EXISTING)
    assert "log_analytics" not in plan
    assert plan["storage_account"].id.startswith(f"{SUB}/resourceGroups/rg-data/")
    assert plan["key_vault"].id == f"{SUB}/resourceGroups/rg-team/providers/Microsoft.KeyVault/vaults/kv-team"
    assert plan["sql_server"].id == f"{SUB}/resourceGroups/rg-data/providers/Microsoft.Sql/servers/sql-team"
    assert plan["sql_database"].name == "customers"
    assert {r.key for r in plan if r.is_new} == {"workspace", "role_assignment_storage"}
    assert plan.critical_path_s == plan["workspace"].expected_s + plan["role_assignment_storage"].expected_s


def test_the_critical_path_is_the_longest_chain() -> None:
    """With SQL it leads through the vault and the server."""
    plan = plan_of(EVERYTHING)
    assert plan.critical_path == ("resource_group", "key_vault", "sql_server", "sql_database")
    assert plan.critical_path_s == sum(plan[key].expected_s for key in plan.critical_path)


def test_no_role_is_assigned_where_the_workspace_uses_keys_or_is_not_ours() -> None:
    """The assignment is for identity-based access of a workspace that this plan makes."""
    assert "role_assignment_storage" not in plan_of("name: a\nworkspace: {storage_access: accesskey}")
    assert "role_assignment_storage" not in plan_of("name: a\nworkspace: {mode: existing, name: mlw-team}")


def test_a_role_assignment_has_the_same_name_every_time() -> None:
    """So that a second run finds the first one's."""
    names = {plan_of("name: churn")["role_assignment_storage"].name for _ in range(3)}
    assert len(names) == 1
    assert names != {plan_of("name: fraud")["role_assignment_storage"].name}


@pytest.mark.parametrize("kind", registry.TYPES.values(), ids=lambda t: t.key)
def test_every_type_declares_what_the_contract_asks_for(kind: ResourceType) -> None:
    """Docs, type, version, rule, icon: nothing is left to guess."""
    assert kind.docs.startswith("https://learn.microsoft.com/")
    assert kind.arm_type.startswith("Microsoft.")
    assert kind.expected_s > 0
    assert (kind.pricing == "") == (kind.key in ("resource_group", "role_assignment"))
    assert type(kind).__doc__


@pytest.mark.parametrize("text", ["name: churn", EVERYTHING])
def test_no_secret_is_in_any_plan(text: str) -> None:
    """A body holds a reference to a secret, never its value; the plan's plain data holds neither."""
    plan = plan_of(text)
    for resource in plan:
        for path, value in leaves(resource.body):
            if "password" in path.lower():
                assert isinstance(value, Secret)
    assert "assword" not in str(plan.data())


def test_every_output_in_a_body_is_an_edge() -> None:
    """What is known only after another resource exists makes it wait for that one."""
    for resource in plan_of(EVERYTHING):
        for output in resource.outputs():
            assert output.key == "subscription" or output.key in resource.depends_on


def test_bodies_carry_the_users_tags_and_region() -> None:
    """Every tracked resource, the group included."""
    config: ProjectConfig = project_file.read(
        EVERYTHING + "\ntags: {team: data}\nlocation: northeurope"
    ).strict()
    for resource in build_plan(config):
        if resource.key != "role_assignment_storage":
            assert resource.body["location"] == "northeurope"
            assert resource.body["tags"] == {"team": "data", "groundplan-project": "churn"}


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every value of a body with its dotted path."""
    if isinstance(value, Mapping):
        return [leaf for k, v in value.items() for leaf in leaves(v, f"{path}.{k}")]
    assert not isinstance(value, Output) or value.reference()
    return [(path, value)]
