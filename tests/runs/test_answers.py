"""What the page asks of a run: cancel, try again with other settings; the run answers honestly."""

import dataclasses
import time

import pytest

from services.cloud.bridge import ask
from services.cloud.errors import CloudError
from services.cloud.target import rehearsal
from services.progress import RunView
from services.runs import client, journal, projects, teardown
from tests.runs.conftest import Installation, until


@pytest.fixture
def at(slow_house: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """This process looks at that installation, as its web server would."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(slow_house.home))
    return slow_house


def ended(run_id: str) -> RunView:
    """The run once it has ended."""
    until(lambda: journal.view(run_id).ended, 60)
    return journal.view(run_id)


def test_cancel_begins_nothing_more_and_says_what_exists(at: Installation) -> None:
    """What Azure has accepted goes on to its end and is shown; what waited is canceled."""
    project = projects.create({"name": "stopped"})
    run_id = client.start(project.id, by="test")
    until(lambda: len(at.puts("stopped")) >= 4)
    client.cancel(run_id, by="test")
    cancelled_at = time.monotonic()
    before = at.puts("stopped")
    run = ended(run_id)
    assert run.state == "Canceled"
    assert time.monotonic() - cancelled_at < 20
    assert at.puts("stopped") == before
    assert run.steps["workspace"].state == run.steps["role_assignment_storage"].state == "Canceled"
    assert run.steps["storage_account"].state == run.steps["key_vault"].state == "Succeeded"
    assert all(s.created_by_run == (s.state == "Succeeded") for s in run.steps.values())


def test_a_parked_resource_is_tried_again_with_the_settings_as_they_are_now(at: Installation) -> None:
    """The name is mended on the page, the run goes on; what stood already is not touched."""
    project = projects.create({"name": "mended", "key_vault": {"name": "kv-contoso"}})
    run_id = client.start(project.id)
    until(lambda: journal.view(run_id).state == "Parked", 60)
    error = journal.view(run_id).steps["key_vault"].error
    assert error is not None
    assert (error.code, error.path) == ("VaultAlreadyExists", "key_vault.name")

    moved = projects.set_key(
        project.id, "storage_account.name", "stelsewhere", seen=project.choices, seen_version=project.version
    )
    with pytest.raises(client.CannotStart, match="Storage account"):
        client.answer(run_id, "key_vault", "retry")
    back = projects.set_key(
        project.id, "storage_account", projects.MISSING, seen=moved.choices, seen_version=moved.version
    )
    projects.set_key(project.id, "key_vault.name", "kv-mended", seen=back.choices, seen_version=back.version)
    client.answer(run_id, "key_vault", "retry")
    run = ended(run_id)
    assert run.state == "Succeeded"
    assert run.steps["key_vault"].resource_id.endswith("/kv-mended")
    assert len([p for p in at.puts("mended") if p.endswith("/kv-mended")]) == 1


def test_cancelling_a_parked_run_ends_it(at: Installation) -> None:
    """Nothing waits for ever."""
    project = projects.create({"name": "given-up", "storage_account": {"name": "contosodata"}})
    run_id = client.start(project.id)
    until(lambda: journal.view(run_id).state == "Parked", 60)
    client.cancel(run_id)
    run = ended(run_id)
    assert run.state == "Canceled"
    assert run.steps["storage_account"].state == "Failed"
    assert run.steps["workspace"].state == "Canceled"


def test_an_applied_project_keeps_its_identity(at: Installation) -> None:
    """Cloud, subscription, resource group and name are fixed once a run has begun."""
    project = projects.create({"name": "fixed"})
    ended(client.start(project.id))
    now = projects.get(project.id)
    projects.set_key(project.id, "name", "other", seen=now.choices, seen_version=now.version)
    with pytest.raises(client.CannotStart, match="keeps its"):
        client.start(project.id)


def test_a_parked_removal_goes_on_with_what_it_was_started_for(at: Installation) -> None:
    """A draft that was renamed meanwhile names somebody else's resource: it must not be what is deleted."""
    project = projects.create({"name": "kept-apart"})
    ended(client.start(project.id))
    fault = {
        "match": {"method": "DELETE", "path": "/stkeptapart[^/]*$"},
        "do": {"status": 409, "code": "ScopeLocked", "message": "Locked."},
        "times": 1,
    }
    at.control("POST", "/_simulator/faults", fault)
    removal = teardown.start(project.id)
    until(lambda: journal.view(removal).state == "Parked", 60)
    before = journal.view(removal).steps["storage_account"].resource_id
    now = projects.get(project.id)
    projects.set_key(
        project.id, "storage_account.name", "stsomebodyelse", seen=now.choices, seen_version=now.version
    )
    client.answer(removal, "storage_account", "retry")
    run = ended(removal)
    assert run.state == "Succeeded"
    assert run.steps["storage_account"].resource_id == before
    assert [a.action for a in journal.trail(project.id)][:2] == ["resource retry", "destroy started"]


def test_a_silent_authority_is_no_refused_sign_in(at: Installation) -> None:
    """A stopped simulator is unreachable; nobody is asked to sign in."""
    dead = dataclasses.replace(
        rehearsal(at.home), endpoint="https://127.0.0.1:9", authority="https://127.0.0.1:9"
    )
    began = time.monotonic()
    with pytest.raises(CloudError) as told:
        ask(dead, lambda cloud: cloud.subscriptions())
    assert told.value.code == "Unreachable"
    assert time.monotonic() - began < 5
