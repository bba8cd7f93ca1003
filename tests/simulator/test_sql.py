"""What stands around a SQL server and its databases, over the wire: each as Azure spells it, tells it and keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Answer, Running

HERE = {"location": "westeurope"}
LOGIN = {"administratorLogin": "gpadmin", "administratorLoginPassword": "Correct-Horse-1"}
OLDEST, NEWEST = "2014-04-01", "2021-11-01"


@pytest.fixture(scope="module")
def servers(simulator: Running) -> tuple[str, str]:
    """Two servers in two regions, the first with a database."""
    root = f"{simulator.group('rg-sql')}/providers/Microsoft.Sql/servers"
    for name, place in (("sql-one", "westeurope"), ("sql-two", "northeurope")):
        done(simulator, "PUT", f"{root}/{name}", {"location": place, "properties": LOGIN})
    done(simulator, "PUT", f"{root}/sql-one/databases/sales", HERE)
    return f"{root}/sql-one", f"{root}/sql-two"


def done(simulator: Running, method: str, path: str, body: Any = None, version: str = NEWEST) -> Answer:
    """Ask, follow the Location to its end, and return what stands there."""
    answer = simulator.arm(method, path, body, version=version)
    assert answer.status < 300, answer.body
    return simulator.arm("GET", answer.headers["Location"]) if answer.headers["Location"] else answer


def shown(simulator: Running, path: str, version: str = NEWEST) -> dict[str, Any]:
    """Return what a GET shows."""
    answer = simulator.arm("GET", path, version=version)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def test_names_of_servers_are_kept_in_lower_case(simulator: Running) -> None:
    """Who writes capitals gets the server of the lower-case name, under either spelling."""
    root = f"{simulator.group('rg-sql')}/providers/Microsoft.Sql/servers"
    done(simulator, "PUT", f"{root}/SQL-Capitals", {**HERE, "properties": LOGIN})
    server = shown(simulator, f"{root}/SQL-Capitals")
    assert (server["name"], server["id"]) == ("sql-capitals", f"{root}/sql-capitals")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("securityAlertPolicies/default", "Default"),
        ("databases/sales/auditingSettings/default", "Default"),
        ("databases/sales/transparentDataEncryption/current", "Current"),
        ("encryptionProtector/CURRENT", "current"),
    ],
)
def test_settings_answer_with_their_own_spelling(
    simulator: Running, servers: tuple[str, str], setting: str, name: str
) -> None:
    """However its only name is asked for, a setting's name and ID are spelt as the service spells them."""
    found = shown(simulator, f"{servers[0]}/{setting}")
    assert (found["name"], found["id"].rpartition("/")[2]) == (name, name)


def test_auditing_is_one_policy_with_two_names(simulator: Running, servers: tuple[str, str]) -> None:
    """A policy that is written by one name shows under the other, and is only changed by a second write there."""
    policies = [
        f"{servers[0]}/databases/sales/{name}/default"
        for name in ("auditingSettings", "extendedAuditingSettings")
    ]
    on = {
        "properties": {
            "state": "Enabled",
            "isAzureMonitorTargetEnabled": True,
            "storageAccountAccessKey": "secret",
        }
    }
    assert simulator.arm("PUT", policies[0], on, version=NEWEST).status == 201
    other = shown(simulator, policies[1])["properties"]
    assert (other["state"], len(other["auditActionsAndGroups"])) == ("Enabled", 3)
    assert (
        simulator.arm("PUT", policies[1], {"properties": {"state": "Disabled"}}, version=NEWEST).status == 200
    )
    first = shown(simulator, policies[0])["properties"]
    assert first["state"] == "Disabled"
    assert "storageAccountAccessKey" not in first


def test_a_failover_group_stands_on_both_servers(simulator: Running, servers: tuple[str, str]) -> None:
    """The partner sees the group as secondary, becomes primary by a failover, and loses it with the other."""
    group, mirror = (f"{server}/failoverGroups/fog" for server in servers)
    body = {"properties": {"partnerServers": [{"id": servers[1]}], "databases": []}}
    done(simulator, "PUT", group, body)
    partner = shown(simulator, group)["properties"]["partnerServers"][0]
    assert (partner["location"], partner["replicationRole"]) == ("North Europe", "Secondary")
    assert shown(simulator, mirror)["properties"]["replicationRole"] == "Secondary"
    done(simulator, "POST", f"{mirror}/failover")
    assert shown(simulator, mirror)["properties"]["replicationRole"] == "Primary"
    assert shown(simulator, group)["properties"]["replicationRole"] == "Secondary"
    done(simulator, "DELETE", group)
    assert simulator.arm("GET", mirror, version=NEWEST).body["error"]["code"] == "ResourceNotFound"


def test_a_protector_tells_where_its_key_is(simulator: Running, servers: tuple[str, str]) -> None:
    """The service's own key is always there; one of a vault has a thumbprint, and the protector names its URI."""
    uri = "https://kv-sql.vault.azure.net/keys/tde/0123456789abcdef0123456789abcdef"
    names = [one["name"] for one in shown(simulator, f"{servers[0]}/keys")["value"]]
    assert names == ["ServiceManaged"]
    done(
        simulator,
        "PUT",
        f"{servers[0]}/keys/kv-sql_tde_01",
        {"properties": {"serverKeyType": "AzureKeyVault", "uri": uri}},
    )
    assert len(shown(simulator, f"{servers[0]}/keys/kv-sql_tde_01")["properties"]["thumbprint"]) == 40
    chosen = {"serverKeyType": "AzureKeyVault", "serverKeyName": "kv-sql_tde_01"}
    done(simulator, "PUT", f"{servers[0]}/encryptionProtector/current", {"properties": chosen})
    assert shown(simulator, f"{servers[0]}/encryptionProtector/current")["properties"]["uri"] == uri


def test_data_sync_tells_of_its_work_by_a_location_alone(
    simulator: Running, servers: tuple[str, str]
) -> None:
    """A sync group's result is 201 with its body, without the password; after its deletion its name is left."""
    group = f"{servers[0]}/databases/sales/syncGroups/sync"
    body = {"properties": {"hubDatabaseUserName": "hub", "hubDatabasePassword": "secret"}}
    made = simulator.arm("PUT", group, body, version=NEWEST)
    assert (made.status, made.headers["Azure-AsyncOperation"]) == (202, None)
    result = simulator.arm("GET", made.headers["Location"])
    assert (result.status, result.body["properties"]["syncState"]) == (201, "NotReady")
    assert "hubDatabasePassword" not in result.body["properties"]
    assert done(simulator, "POST", f"{group}/refreshHubSchema").body is None
    assert done(simulator, "DELETE", group).body["id"] == group


def test_a_job_runs_and_tells_how_its_steps_went(simulator: Running, servers: tuple[str, str]) -> None:
    """A job's version counts its steps; an execution is begun with the answer and has succeeded when asked again."""
    agent = f"{servers[0]}/jobAgents/agent"
    done(simulator, "PUT", agent, {**HERE, "properties": {"databaseId": f"{servers[0]}/databases/sales"}})
    secret = {"properties": {"username": "runner", "password": "secret"}}
    made = simulator.arm("PUT", f"{agent}/credentials/runner", secret, version=NEWEST)
    assert (made.status, made.body["properties"]) == (201, {"username": "runner"})
    assert done(simulator, "PUT", f"{agent}/jobs/nightly", {"properties": {}}).status == 201
    done(
        simulator, "PUT", f"{agent}/jobs/nightly/steps/one", {"properties": {"action": {"value": "select 1"}}}
    )
    begun = simulator.arm("POST", f"{agent}/jobs/nightly/start", version=NEWEST)
    assert (begun.status, begun.body["properties"]["lifecycle"]) == (200, "Created")
    execution = simulator.arm("GET", begun.headers["Location"]).body
    assert (execution["properties"]["jobVersion"], execution["properties"]["lifecycle"]) == (1, "Succeeded")
    steps = shown(simulator, f"{execution['id']}/steps")["value"]
    assert [one["properties"]["lastMessage"] for one in steps] == ["Step 1 succeeded."]
    gone = simulator.arm("DELETE", f"{agent}/jobs/other/steps/one", version=NEWEST)
    assert (gone.status, gone.body["error"]["code"]) == (404, "ResourceNotFound")


def test_a_restore_point_is_named_by_the_service(simulator: Running, servers: tuple[str, str]) -> None:
    """A POST on the list makes one, and it stands there by the number of its moment."""
    points = f"{servers[0]}/databases/sales/restorePoints"
    made = done(simulator, "POST", points, {"restorePointLabel": "before"})
    assert made.body["properties"]["restorePointLabel"] == "before"
    assert [one["name"] for one in shown(simulator, points)["value"]] == [made.body["name"]]
    assert made.body["name"].isdigit()


def test_replicas_know_each_other(simulator: Running, servers: tuple[str, str]) -> None:
    """A secondary and its source show one link; a failover turns it round, a deletion ends it on both sides."""
    source, copy = f"{servers[0]}/databases/sales", f"{servers[1]}/databases/sales"
    body = {"location": "northeurope", "properties": {"createMode": "Secondary", "sourceDatabaseId": source}}
    done(simulator, "PUT", copy, body)
    (here,) = shown(simulator, f"{source}/replicationLinks")["value"]
    (there,) = shown(simulator, f"{copy}/replicationLinks")["value"]
    assert (here["properties"]["role"], there["properties"]["role"]) == ("Primary", "Secondary")
    assert here["name"] == there["name"]
    assert done(simulator, "POST", f"{there['id']}/failover").body["properties"]["role"] == "Primary"
    assert shown(simulator, there["id"])["properties"]["role"] == "Primary"
    assert simulator.arm("DELETE", here["id"], version=NEWEST).status == 200
    assert shown(simulator, f"{copy}/replicationLinks")["value"] == []


def test_a_database_in_a_pool_has_the_pools_size(simulator: Running, servers: tuple[str, str]) -> None:
    """It shows the SKU ElasticPool, stands in the pool's list, and leaves by a size of its own."""
    pool, database = f"{servers[1]}/elasticPools/pool", f"{servers[1]}/databases/pooled"
    place = {"location": "northeurope"}
    missing = simulator.arm("PUT", database, {**place, "properties": {"elasticPoolId": pool}}, version=NEWEST)
    assert missing.body["error"]["code"] == "TargetElasticPoolDoesNotExist"
    done(
        simulator,
        "PUT",
        pool,
        {**place, "sku": {"name": "StandardPool", "tier": "Standard", "capacity": 100}},
    )
    done(simulator, "PUT", database, {**place, "properties": {"elasticPoolId": pool}})
    assert shown(simulator, database)["sku"] == {"name": "ElasticPool", "tier": "Standard", "capacity": 0}
    assert [one["name"] for one in shown(simulator, f"{pool}/databases")["value"]] == ["pooled"]
    done(simulator, "PATCH", database, {"sku": {"name": "S1"}})
    assert shown(simulator, database)["properties"]["currentServiceObjectiveName"] == "S1"
    assert shown(simulator, f"{pool}/databases")["value"] == []


def test_2014_04_01_asks_and_answers_in_its_own_words(simulator: Running, servers: tuple[str, str]) -> None:
    """That version's databases have an edition, poll addresses below them, a 201 at the end, and bare errors."""
    database = f"{servers[0]}/databases/old"
    bare = simulator.arm("GET", database, version=OLDEST)
    assert (bare.status, bare.body["code"]) == (404, "NotFound")
    asked = {"edition": "Standard", "requestedServiceObjectiveName": "S1", "maxSizeBytes": "1073741824"}
    made = simulator.arm("PUT", database, {**HERE, "properties": asked}, version=OLDEST)
    assert made.status == 202
    assert f"{database}/azureAsyncOperation/" in made.headers["Azure-AsyncOperation"]
    result = simulator.arm("GET", made.headers["Location"])
    told = result.body["properties"]
    assert (result.status, result.body["location"]) == (201, "West Europe")
    assert (told["edition"], told["serviceLevelObjective"], told["maxSizeBytes"]) == (
        "Standard",
        "S1",
        "1073741824",
    )
    assert shown(simulator, database)["sku"] == {"name": "Standard", "tier": "Standard", "capacity": 20}
    assert simulator.arm("DELETE", database, version=OLDEST).status == 200


def test_a_deleted_database_can_be_found_for_a_restore(simulator: Running, servers: tuple[str, str]) -> None:
    """It is listed with the moment of its deletion, and a restore from it is taken."""
    database = f"{servers[0]}/databases/dropped"
    done(simulator, "PUT", database, {**HERE, "sku": {"name": "S0"}})
    done(simulator, "DELETE", database)
    found = shown(simulator, f"{servers[0]}/restorableDroppedDatabases")["value"]
    dropped = next(one for one in found if one["properties"]["databaseName"] == "dropped")
    assert dropped["properties"]["deletionDate"]
    body = {"createMode": "Restore", "restorableDroppedDatabaseId": dropped["id"]}
    done(simulator, "PUT", f"{servers[0]}/databases/again", {**HERE, "properties": body})
    assert shown(simulator, f"{servers[0]}/databases/again")["properties"]["status"] == "Online"


def test_an_administrator_is_a_resource_and_a_part_of_its_server(simulator: Running) -> None:
    """One that came with the server stands below it; one that is written shows in the server; a deletion ends both."""
    server = f"{simulator.group('rg-sql')}/providers/Microsoft.Sql/servers/sql-entra"
    ada = {"login": "ada", "sid": "11111111-1111-1111-1111-111111111111", "principalType": "User"}
    done(simulator, "PUT", server, {**HERE, "properties": {"administrators": ada}})
    administrator = f"{server}/administrators/activeDirectory"
    assert shown(simulator, administrator)["properties"]["login"] == "ada"
    done(simulator, "PUT", administrator, {"properties": {**ada, "login": "grace"}})
    assert shown(simulator, server)["properties"]["administrators"]["login"] == "grace"
    done(simulator, "DELETE", administrator)
    assert simulator.arm("GET", administrator, version=NEWEST).status == 404
    assert "administrators" not in shown(simulator, server)["properties"]


def test_a_region_tells_its_editions_and_counts_its_servers(
    simulator: Running, servers: tuple[str, str]
) -> None:
    """A size can be found by edition, family and cores, as the az CLI does; each server counts."""
    place = f"{simulator.subscription}/providers/Microsoft.Sql/locations/westeurope"
    (version,) = shown(simulator, f"{place}/capabilities")["supportedServerVersions"]
    edition = next(one for one in version["supportedEditions"] if one["name"] == "GeneralPurpose")
    skus = [one["sku"] for one in edition["supportedServiceLevelObjectives"]]
    assert {"name": "GP_Gen5", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 4} in skus
    assert shown(simulator, f"{place}/usages/ServerQuota")["properties"]["currentValue"] >= 1


def test_only_a_data_warehouse_can_be_paused(simulator: Running, servers: tuple[str, str]) -> None:
    """A data warehouse is Paused until it is resumed; any other database refuses."""
    warehouse = f"{servers[0]}/databases/warehouse"
    done(simulator, "PUT", warehouse, {**HERE, "sku": {"name": "DW100c"}})
    done(simulator, "POST", f"{warehouse}/pause")
    assert shown(simulator, warehouse)["properties"]["status"] == "Paused"
    done(simulator, "POST", f"{warehouse}/resume")
    assert shown(simulator, warehouse)["properties"]["status"] == "Online"
    assert simulator.arm("POST", f"{servers[0]}/databases/sales/pause", version=NEWEST).status == 400
