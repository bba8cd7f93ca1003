"""A resource that could not be made waits for its user, and every answer that is offered does what it says."""

from typing import Any

import pytest

from services.cloud.bridge import ask
from services.cloud.target import rehearsal
from services.config import ConfigError
from services.progress import RunView
from services.runs import client, events, journal, projects, teardown
from tests.runs.conftest import Installation, until


@pytest.fixture
def at(house: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """This process looks at the installation, as its web server would."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    return house


def settled(run_id: str) -> RunView:
    """The run once it has ended or waits for an answer."""
    until(lambda: journal.view(run_id).ended or journal.view(run_id).state == "Parked", 60)
    return journal.view(run_id)


def stopped_at_its_twins(name: str) -> tuple[str, RunView]:
    """A project that was torn down without purging and is applied again: vault and workspace are held by their twins."""
    project = projects.create({"name": name})
    assert settled(client.start(project.id)).state == "Succeeded"
    assert settled(teardown.start(project.id)).state == "Succeeded"
    run = settled(client.start(project.id))
    assert run.state == "Parked"
    return project.id, run


def test_a_deleted_twin_is_recovered_and_belongs_to_the_project_again(at: Installation) -> None:
    """The vault, then the workspace that needs it; with the settings of now, and a tear-down removes both."""
    id, run = stopped_at_its_twins("recovered")
    vault = run.steps["key_vault"]
    assert client.answers(run, vault) == ["recover", "purge", "retry", "stop"]
    client.answer(run.id, "key_vault", "recover", by="test")
    until(lambda: journal.view(run.id).steps["workspace"].state == "Failed", 60)
    client.answer(run.id, "workspace", "recover", by="test")
    run = settled(run.id)
    assert run.state == "Succeeded"
    assert run.steps["key_vault"].created_by_run
    assert run.steps["workspace"].created_by_run
    told = [e.text for e in events.of_run(run.id)["key_vault"]]
    assert "Recovered, with what was in it." in told
    assert any(e.request_id and e.correlation_id for e in events.of_run(run.id)["key_vault"])
    assert vault.resource_id in [one for _, one in journal.made_by(id)]
    assert settled(teardown.start(id, purge=True)).state == "Succeeded"


def test_a_deleted_twin_is_purged_and_its_name_used_anew(at: Installation) -> None:
    """A new vault and a new workspace."""
    _, run = stopped_at_its_twins("purged")
    client.answer(run.id, "key_vault", "purge")
    until(lambda: journal.view(run.id).steps["workspace"].state == "Failed", 60)
    client.answer(run.id, "workspace", "purge")
    run = settled(run.id)
    assert run.state == "Succeeded"
    assert all(s.created_by_run for s in run.steps.values())


def test_an_optional_resource_is_skipped_with_what_needs_it(at: Installation) -> None:
    """The SQL server can't be had here; the rest stands, and a later run creates what was skipped."""
    fault: dict[str, Any] = {
        "match": {"method": "PUT", "path": "servers/sql-skipping[^/]*$"},
        "do": {"status": 400, "code": "RegionDoesNotAllowProvisioning", "message": "Closed."},
    }
    at.control("POST", "/_simulator/faults", fault | {"times": 1})
    project = projects.create({"name": "skipping", "sql": {"mode": "new"}})
    run = settled(client.start(project.id))
    assert client.answers(run, run.steps["sql_server"]) == ["retry", "skip", "stop"]
    client.answer(run.id, "sql_server", "skip")
    until(lambda: journal.view(run.id).ended)
    run = journal.view(run.id)
    assert run.state == "Succeeded"
    assert (run.steps["sql_server"].state, run.steps["sql_database"].state) == ("Skipped", "Skipped")
    assert run.steps["workspace"].state == "Succeeded"
    again = settled(client.start(project.id))
    assert (again.state, again.steps["sql_database"].created_by_run) == ("Succeeded", True)


def test_what_the_project_needs_cannot_be_skipped_and_a_second_answer_is_told(at: Installation) -> None:
    """Also a registry that the workspace refers to."""
    project = projects.create({"name": "needed", "storage_account": {"name": "contosodata"}})
    run = settled(client.start(project.id))
    assert client.answers(run, run.steps["storage_account"]) == ["retry", "stop"]
    with pytest.raises(client.CannotStart, match="can't be skipped"):
        client.answer(run.id, "storage_account", "skip")
    client.answer(run.id, "storage_account", "stop")
    until(lambda: journal.view(run.id).ended)
    run = journal.view(run.id)
    assert run.state == "Failed"
    with pytest.raises(client.CannotStart, match="answered already"):
        client.answer(run.id, "storage_account", "retry")


def test_a_retry_with_an_input_that_breaks_another_rule_is_refused_and_nothing_is_lost(
    at: Installation,
) -> None:
    """The run goes on waiting, and a good name ends it well."""
    project = projects.create({"name": "rules", "storage_account": {"name": "contosodata"}})
    run = settled(client.start(project.id))
    now = projects.set_key(
        project.id, "storage_account.name", "NOT-A-NAME", seen=project.choices, seen_version=project.version
    )
    with pytest.raises(ConfigError, match=r"storage_account\.name"):
        client.answer(run.id, "storage_account", "retry")
    assert journal.view(run.id).state == "Parked"
    projects.set_key(
        project.id, "storage_account.name", "strulesfree", seen=now.choices, seen_version=now.version
    )
    client.answer(run.id, "storage_account", "retry")
    assert settled(run.id).state == "Succeeded"


def test_a_run_that_waits_can_be_undone(at: Installation) -> None:
    """It is cancelled first; what it had created goes, and nothing of it is left."""
    project = projects.create({"name": "unwanted", "storage_account": {"name": "contosodata"}})
    run = settled(client.start(project.id))
    removal = settled(teardown.undo(run.id, by="test"))
    assert removal.state == "Succeeded"
    assert journal.made_by(project.id) == []
    left = [r for r in at.control("GET", "/_simulator/resources") if "unwanted" in r["id"]]
    assert left == []


def test_a_failure_after_a_cancel_ends_the_run(at: Installation) -> None:
    """Nobody is asked any more: what failed stays failed, and the run does not wait for ever."""
    slow: dict[str, Any] = {
        "match": {"method": "PUT", "path": "vaults/kv-late[^/]*$"},
        "do": {"status": 400, "code": "Whatever", "message": "No.", "delay": 3},
    }
    at.control("POST", "/_simulator/faults", slow | {"times": 1})
    project = projects.create({"name": "late"})
    run_id = client.start(project.id)
    until(lambda: journal.view(run_id).steps["key_vault"].attempt == 1, 30)
    client.cancel(run_id)
    until(lambda: journal.view(run_id).ended, 30)
    run = journal.view(run_id)
    assert (run.state, run.steps["key_vault"].state) == ("Canceled", "Failed")


def test_a_cancel_ends_a_pause_between_two_tries(at: Installation) -> None:
    """Azure asks to wait for a minute; the user does not have to."""
    fault: dict[str, Any] = {
        "match": {"method": "PUT", "path": "vaults/kv-hasty[^/]*$"},
        "do": {"status": 429, "retry_after": 60},
    }
    at.control("POST", "/_simulator/faults", fault | {"times": 1})
    project = projects.create({"name": "hasty"})
    run_id = client.start(project.id)
    until(lambda: "429" in journal.view(run_id).steps["key_vault"].note, 30)
    client.cancel(run_id)
    until(lambda: journal.view(run_id).ended, 20)
    assert journal.view(run_id).steps["key_vault"].state == "Canceled"
    assert not any("kv-hasty" in p for p in at.puts("hasty"))


def test_a_403_is_waited_out_while_a_new_role_assignment_spreads(at: Installation) -> None:
    """Within minutes of the project's role assignment; the page says what it waits for."""
    project = projects.create({"name": "spreading"})
    assert settled(client.start(project.id)).state == "Succeeded"
    forbidden: dict[str, Any] = {
        "match": {"method": "PUT", "path": "workspaces/mlw-spreading$"},
        "do": {"status": 403, "code": "AuthorizationFailed", "message": "Not yet."},
    }
    at.control("POST", "/_simulator/faults", forbidden | {"times": 2})
    now = projects.get(project.id)
    projects.set_key(project.id, "tags.team", "data", seen=now.choices, seen_version=now.version)
    run = settled(client.start(project.id))
    assert run.state == "Succeeded"
    told = [e.text for e in events.of_run(run.id)["workspace"]]
    assert len([t for t in told if "role assignment is still spreading" in t]) == 2


def test_settings_changed_after_an_unclear_answer_are_put(at: Installation) -> None:
    """Azure answered 503 and created all the same; what is changed before the retry still reaches it."""
    unclear: dict[str, Any] = {
        "match": {"method": "PUT", "path": "registries/crunclear[^/]*$"},
        "do": {"status": 503},
        "after": True,
    }
    at.control("POST", "/_simulator/faults", unclear | {"times": 1})
    project = projects.create({"name": "unclear", "container_registry": {"mode": "new"}})
    run = settled(client.start(project.id))
    assert (run.state, run.steps["container_registry"].created_by_run) == ("Succeeded", True)
    now = projects.get(project.id)
    projects.set_key(
        project.id, "container_registry.sku", "Standard", seen=now.choices, seen_version=now.version
    )
    run = settled(client.start(project.id))
    resource = journal.plan_of(run.id)["container_registry"]
    found = ask(rehearsal(at.home), lambda cloud: cloud.get(resource.id, resource.api_version))
    assert found is not None
    assert found["sku"]["name"] == "Standard"
