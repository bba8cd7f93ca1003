"""Summary, provisioning and complete: what would be created, how far it is, what stands."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from pages.components import result
from services.progress import StepError
from services.runs import client, journal, projects
from tests.pages.conftest import Open, said

Project = Callable[..., str]
ERROR = StepError(
    "StorageAccountAlreadyTaken", "taken", 409, "Another storage account is called stchurn.", "Use stchurn7.",
    "storage_account.name", '{"error": {"code": "StorageAccountAlreadyTaken"}}',
)  # fmt: skip


@pytest.fixture
def run(rehearsal: dict[str, Any], project: Project, monkeypatch: pytest.MonkeyPatch) -> str:
    """A project whose run has begun; the worker's part is written by the test. Gives the project's ID."""
    monkeypatch.setattr(client, "_staff", lambda _: None)
    id = project()
    journal.set_run(client.start(id), state="Running", started_at=time.time())
    return id


def run_of(id: str) -> str:
    """The newest run of a project."""
    newest = journal.newest(id)
    assert newest
    return newest.id


def finish(id: str, *, but: str = "") -> None:
    """Write every step as done, one left out."""
    now, run_id = time.time(), run_of(id)
    for key in journal.view(run_id).steps:
        if key != but:
            journal.set_step(run_id, key, state="Succeeded", started_at=now - 4, finished_at=now, attempt=1)
    if not but:
        journal.set_run(run_id, state="Succeeded", finished_at=now)


def test_the_summary_shows_every_value_and_the_plan_in_order(open_page: Open, project: Project) -> None:
    """Validation passed; names, sizes, order and durations stand there."""
    page = open_page("summary", project(tags={"team": "data"}))
    text = said(page)
    assert "Validation passed" in page.success[0].value
    assert all(
        w in text for w in ("(new) mlw-churn", "team: data", "Locally redundant", "CSV files", "churn-api")
    )
    plan = text.index("The plan in order")
    assert text.index(">rg-churn<", plan) < text.index(">log-churn<", plan) < text.index(">mlw-churn<", plan)
    assert "on the critical path" in text
    assert not page.button("create").disabled


def test_the_file_to_take_away_loads_again_as_the_same_project(open_page: Open, project: Project) -> None:
    """What the summary shows is what the services write."""
    from services import project_file

    page = open_page("summary", project(location="northeurope"))
    again = project_file.read(page.code[0].value)
    assert again.problems == ()
    assert again.config.location == "northeurope"


def test_a_problem_stands_on_the_summary_with_a_link_and_nothing_can_be_created(
    open_page: Open, project: Project
) -> None:
    """The step is marked, too."""
    page = open_page("summary", project(storage_account={"name": "NO"}))
    assert "Validation failed" in page.error[0].value
    assert "Storage account: " in said(page)
    assert "Go to Workspace" in said(page)
    assert page.button("create").disabled


def test_a_taken_name_is_found_before_anything_is_created(
    open_page: Open, project: Project, rehearsal: dict[str, Any]
) -> None:
    """The preflight asks the cloud."""
    name = rehearsal["taken_names"]["Microsoft.KeyVault/vaults"]
    page = open_page("summary", project(key_vault={"name": name}))
    assert f"is called {name}" in said(page)
    assert page.button("create").disabled


def test_create_starts_one_run_and_shows_it(
    open_page: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second press in another tab finds the run that goes on."""
    monkeypatch.setattr(client, "_staff", lambda _: None)  # no worker: the run stays queued
    id = project()
    first, second = open_page("summary", id), open_page("summary", id)
    first.button("create").click().run()
    second.button("create").click().run()
    assert len(journal.history(id)) == 1
    assert first.title[0].value == second.title[0].value == "Provisioning"


def test_provisioning_without_a_run_leads_to_the_summary(open_page: Open, project: Project) -> None:
    """A link instead of an empty table."""
    page = open_page("provisioning", project())
    assert "Nothing has been created yet" in page.info[0].value
    assert "Review + create" in said(page)


def test_provisioning_shows_how_far_each_resource_is(open_page: Open, run: str) -> None:
    """State, attempt and correlation ID in the table; one sentence for a screen reader."""
    journal.set_step(
        run_of(run),
        "storage_account",
        state="Creating",
        started_at=time.time() - 5,
        attempt=2,
        correlation_id="c0ffee",
    )
    text = said(open_page("provisioning", run))
    assert 'role="status"' in text
    assert "Deployment is in progress. 0 of 7 resources are ready." in text
    assert "Creating" in text
    assert "Correlation ID c0ffee" in text
    assert "/providers/Microsoft.Storage/storageAccounts/stchurn" in text.split("Correlation ID c0ffee")[0]


def test_a_failure_is_explained_and_can_be_answered(
    open_page: Open, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happened, what to do, Azure's own answer folded, and the press reaches the run."""
    asked: list[tuple[str, str, str]] = []
    monkeypatch.setattr(
        client, "answer", lambda run_id, key, action, by="": asked.append((run_id, key, action))
    )
    finish(run, but="storage_account")
    journal.set_step(run_of(run), "storage_account", state="Failed", error=ERROR)
    page = open_page("provisioning", run)
    assert "Another storage account is called stchurn" in page.error[0].value
    assert "Use stchurn7" in said(page)
    assert "6 Provisioning !" in said(page)
    assert page.code[0].value == ERROR.raw
    page.button("retry:storage_account").click().run()
    assert asked == [(run_of(run), "storage_account", "retry")]


def test_a_deleted_twin_offers_recover_and_purge_and_a_waiting_run_can_be_undone(
    open_page: Open, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Purging is asked for twice; an obligatory resource is not offered to be skipped."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(client, "answer", lambda _run, key, action, by="": asked.append((key, action)))
    finish(run, but="key_vault")
    held = StepError(
        "ConflictError", "held", 409, "A deleted key vault holds the name.", "Recover or purge it."
    )
    journal.set_step(run_of(run), "key_vault", state="Failed", error=held, finished_at=time.time())
    journal.set_step(run_of(run), "storage_account", created_by_run=True)
    page = open_page("provisioning", run)
    assert page.button(f"undo:{run_of(run)}").label == "Remove 1 resource"
    assert page.button("purge:key_vault").disabled
    assert not [b for b in page.button if b.key == "skip:key_vault"]
    page.checkbox("sure:key_vault").check().run()
    page.button("purge:key_vault").click().run()
    page.button("recover:key_vault").click().run()
    assert asked == [("key_vault", "purge"), ("key_vault", "recover")]


def test_an_answer_that_is_refused_says_why(
    open_page: Open, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry with settings that would move what stands."""

    def refuse(*_: Any, **__: Any) -> None:
        raise client.CannotStart("The change touches what this run has already made.")

    monkeypatch.setattr(client, "answer", refuse)
    finish(run, but="storage_account")
    journal.set_step(run_of(run), "storage_account", state="Failed", error=ERROR)
    page = open_page("provisioning", run)
    page.button("retry:storage_account").click().run()
    assert "touches what this run has already made" in "".join(e.value for e in page.error)


def test_cancel_reaches_the_run(open_page: Open, run: str) -> None:
    """It is written down at once."""
    page = open_page("provisioning", run)
    page.button("cancel").click().run()
    assert journal.cancelled(run_of(run))


def test_complete_lists_every_resource_and_what_others_need(
    open_page: Open, run: str, rehearsal: dict[str, Any]
) -> None:
    """Essentials, resource IDs, outputs, and config.json as MLClient reads it."""
    finish(run)
    journal.set_step(run_of(run), "key_vault", outputs={"properties.vaultUri": "https://kv-churn.vault"})
    page = open_page("complete", run)
    assert "Your deployment is complete" in page.success[0].value
    text = said(page)
    assert f"/subscriptions/{rehearsal['subscription_id']}/resourceGroups/rg-churn" in text
    assert "https://kv-churn.vault" in text
    assert "portal.azure.com" not in text, "there is nothing to see in the portal of a rehearsal"
    assert json.loads(result.config_json(journal.plan_of(run_of(run)))) == {
        "subscription_id": rehearsal["subscription_id"], "resource_group": "rg-churn", "workspace_name": "mlw-churn"
    }  # fmt: skip


def test_complete_says_what_is_missing_while_it_is_not(open_page: Open, run: str) -> None:
    """No success page for half a project."""
    finish(run, but="workspace")
    page = open_page("complete", run)
    assert "1 of 7 resources are missing" in page.warning[0].value
    assert "Machine Learning workspace" in said(page) or "Workspace" in said(page)
    assert not page.success


def test_the_overview_shows_how_each_project_stands(open_page: Open, run: str) -> None:
    """And leads to where it goes on."""
    finish(run)
    assert "Succeeded · Rehearsal" in said(open_page())
    assert projects.every()[0].applied
