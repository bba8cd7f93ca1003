"""Changes, history, undo, check and tear down as a page shows them; the worker's part is written by the test."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from pages.components import run_file
from services.progress import StepError
from services.runs import client, drift, events, journal, projects, teardown
from services.runs.changes import Difference
from tests.pages.conftest import Open, said

Project = Callable[..., str]
LOCKED = StepError(
    "ScopeLocked", "locked", 409, "A lock forbids the change.", "Remove the lock.", "key_vault.name"
)


@pytest.fixture
def applied(
    rehearsal: dict[str, Any], project: Project, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """Store a project whose first run has created everything; gives its ID."""
    monkeypatch.setattr(client, "_staff", lambda _: None)

    def stored(**choices: Any) -> str:
        id = project(**choices)
        apply(id)
        return id

    return stored


def apply(id: str, *, failed: str = "", adopted: str = "") -> str:
    """Walk a run of a project to its end as the worker would; its ID."""
    run_id, now = client.start(id, by="command line"), time.time()
    for r in journal.plan_of(run_id):
        made = r.is_new and r.key != adopted and changes_made(r.id, id)
        journal.set_step(
            run_id, r.key, started_at=now - 4, finished_at=now, attempt=int(made), created_by_run=made,
            state="Succeeded" if r.is_new else "Existing", **({"body": r.plain_body()} if made else {}),
            correlation_id=f"cid-{r.key}" if made else "",
        )  # fmt: skip
    if failed:
        journal.set_step(run_id, failed, state="Failed", error=LOCKED)
    journal.set_run(run_id, state="Failed" if failed else "Succeeded", started_at=now - 5, finished_at=now)
    return run_id


def changes_made(resource_id: str, project_id: str) -> bool:
    """Whether no run has put it yet."""
    return journal.last_body(resource_id, project_id) is None


def remove(id: str, *, kept: str = "", soft: str = "") -> str:
    """Walk a removal to its end as the worker would; its ID."""
    run_id, now = teardown.start(id, by="command line"), time.time()
    for key in journal.view(run_id).steps:
        outputs = {"soft_deleted_until": "2027-02-21"} if key == soft else {}
        journal.set_step(run_id, key, state="Deleted", started_at=now, finished_at=now, outputs=outputs)
    if kept:
        journal.set_step(
            run_id, kept, state="Skipped", note="It holds what Groundplan did not create: vm-guest."
        )
    journal.set_run(run_id, state="Succeeded", started_at=now, finished_at=now)
    return run_id


def test_before_the_first_run_everything_would_be_created(open_page: Open, project: Project) -> None:
    """The button says so."""
    page = open_page("summary", project())
    assert page.button("create").label == "Create"
    assert "7 to create" in said(page)


def test_an_applied_project_has_nothing_to_change(open_page: Open, applied: Callable[..., str]) -> None:
    """The button can't be pressed, and the way to look for foreign changes stands there."""
    page = open_page("summary", applied())
    assert page.button("create").label == "Nothing to change"
    assert page.button("create").disabled
    assert "7 unchanged" in said(page)
    assert "Check that nobody has changed it" in said(page)
    assert "What changes" not in said(page)


def test_a_changed_project_says_what_changes_from_what_to_what(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """The property's path, now and then; the rest is unchanged."""
    id = applied(storage_account={"sku": "Standard_LRS"})
    projects.replace(
        id,
        {"name": "churn", "storage_account": {"sku": "Standard_ZRS"}, "container_registry": {"mode": "new"}},
    )
    page = open_page("summary", id)
    text = said(page)
    assert page.button("create").label == "Apply changes"
    assert not page.button("create").disabled
    assert "1 to create, 2 to change, 5 unchanged" in text
    row = text[text.index("sku.name") :]
    assert row.index("Standard_LRS") < row.index("Standard_ZRS")


def test_what_an_earlier_run_adopted_is_no_change(
    open_page: Open, applied: Callable[..., str], project: Project
) -> None:
    """Somebody else's role assignment has no body of ours; it is not created for ever."""
    applied()  # silences the worker
    id = project(name="other")
    apply(id, adopted="role_assignment_storage")
    page = open_page("summary", id)
    assert "7 unchanged" in said(page)
    assert page.button("create").disabled


def test_what_failed_after_azure_took_it_is_tried_again(
    open_page: Open, applied: Callable[..., str], project: Project
) -> None:
    """Its body was put, but it does not stand."""
    applied()
    id = project(name="other")
    apply(id, failed="key_vault")
    page = open_page("summary", id)
    assert "1 to create, 6 unchanged" in said(page)
    assert page.button("create").label == "Apply changes"


def test_after_a_removal_everything_would_be_created_anew(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """And no page calls the project complete."""
    id = applied()
    remove(id)
    page = open_page("summary", id)
    assert page.button("create").label == "Create"
    assert "7 Complete ✓" not in said(page)
    assert not open_page("complete", id).success
    assert "Removed · Rehearsal" in said(open_page())


def test_an_ended_run_is_undone_after_a_second_press(open_page: Open, applied: Callable[..., str]) -> None:
    """How many resources go stands before; then the same page follows the removal."""
    id = applied()
    [run] = journal.history(id)
    page = open_page("provisioning", id)
    assert "the 7 resources that this run created" in said(page)
    assert "Key vault 90 days" in said(page)
    page.button(f"undo:{run.id}").click().run()
    newest = journal.newest(id)
    assert newest
    assert newest.kind == "destroy"
    assert "0 of 7 resources are removed" in said(page)
    assert "Undo: 7 planned" in said(open_page("project/history", id))


def test_a_run_that_created_nothing_that_stands_offers_no_undo(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """A second run of an unchanged project; a run whose resources are gone."""
    id = applied()
    apply(id)
    assert "Undo this run" not in said(open_page("provisioning", id))
    remove(id)
    first = journal.history(id)[-1]
    assert "Undo this run" not in said(open_page("project/run", id, run=first.id))


def test_a_removal_speaks_of_removing_and_offers_no_setting(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """A failed deletion can be tried again or left; there is no setting to change."""
    id = applied()
    run_id = teardown.start(id)
    journal.set_run(run_id, state="Running", started_at=time.time())
    for key in journal.view(run_id).steps:
        journal.set_step(run_id, key, state="Deleted", finished_at=time.time())
    journal.set_step(run_id, "key_vault", state="Failed", error=LOCKED)
    page = open_page("provisioning", id)
    text = said(page)
    assert "Removing needs your answer. 6 of 7 resources are removed, 1 failed" in text
    assert "A lock forbids the change" in page.error[0].value
    assert page.button("retry:key_vault")
    assert "Change the setting" not in text


def test_tear_down_says_what_goes_what_stays_and_why(
    open_page: Open, applied: Callable[..., str], rehearsal: dict[str, Any], control: Any
) -> None:
    """In the order of deletion, with what is lost; what was chosen as existing stays."""
    shared = next(r for r in control("GET", "/_simulator/resources") if r["name"].startswith("stshareddata"))
    text = said(
        open_page("project/tear_down", applied(storage_account={"mode": "existing", "id": shared["id"]}))
    )
    goes, stays = text.index("What would be removed"), text.index("What stays")
    assert goes < text.index(">mlw-churn<") < text.index(">log-churn<") < text.index(">rg-churn<") < stays
    assert "Every secret, key and certificate in it" in text
    assert stays < text.index(f">{shared['name']}<", stays)
    assert "It was there before; you chose to use it." in text
    assert "Key vault 90 days" in text


def test_tear_down_waits_for_the_name_and_takes_the_purge_along(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """Nearly the name is not the name."""
    id = applied(name="Ünïon 'x'")
    page = open_page("project/tear_down", id)
    page.text_input(f"confirm:{id}").set_value("Ünïon").run()
    assert page.button("tear_down").disabled
    page.checkbox(f"purge:{id}").check()
    page.text_input(f"confirm:{id}").set_value("Ünïon 'x'").run()
    page.button("tear_down").click().run()
    newest = journal.newest(id)
    assert newest
    assert newest.kind == "destroy"
    assert journal.options(newest.id)["purge"]
    assert "0 of 7 resources are removed" in said(page)
    assert page.button("cancel"), "the same panel as for creating"


def test_a_press_without_the_name_starts_nothing(open_page: Open, applied: Callable[..., str]) -> None:
    """The name is looked at again when the press arrives, whatever the page showed."""
    id = applied()
    page = open_page("project/tear_down", id)
    page.text_input(f"confirm:{id}").set_value("churn").run()
    page.text_input(f"confirm:{id}").set_value("chur")
    page.button("tear_down").click().run()
    assert [run.kind for run in journal.history(id)] == ["apply"]


def test_tear_down_of_a_running_project_has_to_wait(open_page: Open, applied: Callable[..., str]) -> None:
    """It leads to the run."""
    id = applied()
    client.start(id)
    page = open_page("project/tear_down", id)
    assert "can begin when it has ended" in page.info[0].value
    assert not [b for b in page.button if b.key == "tear_down"]


def test_a_run_that_began_in_another_tab_is_told(open_page: Open, applied: Callable[..., str]) -> None:
    """Nothing is removed under a run."""
    id = applied()
    page = open_page("project/tear_down", id)
    page.text_input(f"confirm:{id}").set_value("churn").run()
    client.start(id)
    page.button("tear_down").click().run()
    assert "A run of this project goes on" in "".join(e.value for e in page.error)
    assert [run.kind for run in journal.history(id)] == ["apply", "apply"]


def test_the_receipt_says_what_is_gone_what_stays_and_until_when(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """Also in the history, later."""
    id = applied()
    run_id = remove(id, kept="resource_group", soft="key_vault")
    for page in (open_page("project/tear_down", id), open_page("project/run", id, run=run_id)):
        text = said(page)
        receipt = text.index("Receipt")
        assert "6 removed" in text[receipt:]
        assert "It holds what Groundplan did not create: vm-guest." in text[receipt:]
        assert "2027-02-21" in text[receipt:]
        assert "billing stopped" in text[receipt:]
    assert open_page("project/tear_down", id).button("tear_down").label == "Remove 1 resource", (
        "the group can be tried again"
    )


def test_a_project_without_runs_has_no_history(open_page: Open, project: Project) -> None:
    """Every page of the group says what is missing and where to go."""
    id = project()
    for name in ("history", "drift", "tear_down"):
        assert "Review + create" in said(open_page(f"project/{name}", id)), name


def test_the_history_lists_every_run_and_filters(open_page: Open, applied: Callable[..., str]) -> None:
    """What it did, how it ended, when with the exact time on hover, how long, by whom."""
    id = applied()
    apply(id, failed="key_vault")
    remove(id)
    page = open_page("project/history", id)
    text = said(page)
    assert (
        text.index("Remove: 7 removed")
        < text.index("Create and change: 6 unchanged, 1 failed")
        < text.index("Create and change: 7 created")
    )
    assert "took 5 s" in text
    assert "by command line" in text
    assert text.index(">destroy started<") < text.index(">apply started<") < text.index(">project created<")
    assert time.strftime('title="%Y-%m-%d') in text
    page.selectbox(f"kind:{id}").set_value("apply").run()
    assert "2 of 3 runs" in said(page)
    assert "Remove: 7" not in said(page)
    page.selectbox(f"state:{id}").set_value("Failed").run()
    assert "1 of 3 runs" in said(page)
    assert "Create and change: 7 created" not in said(page)


def test_one_run_shows_every_attempt_and_what_failed(open_page: Open, applied: Callable[..., str]) -> None:
    """Attempts, correlation IDs, notes, the error with Azure's own words."""
    id = applied()
    [run] = journal.history(id)
    journal.set_step(run.id, "workspace", attempt=3, note="Azure was busy; tried again.")
    journal.set_step(run.id, "key_vault", state="Failed", error=LOCKED)
    page = open_page("project/run", id, run=run.id)
    text = said(page)
    assert "cid-storage_account" in text
    assert "Azure was busy; tried again." in text
    assert ">3<" in text
    assert "A lock forbids the change" in page.error[0].value
    assert not [b for b in page.button if b.key == "retry:key_vault"], "an ended run is not answered"


def test_a_run_of_another_project_is_not_shown(
    open_page: Open, applied: Callable[..., str], project: Project
) -> None:
    """A mistyped address leads back to the list."""
    mine, other = applied(), project(name="other")
    page = open_page("project/run", other, run=journal.history(mine)[0].id)
    assert "no such run" in page.warning[0].value


def test_a_run_as_json_holds_all_that_is_known(applied: Callable[..., str]) -> None:
    """Times are RFC 3339, steps in their order, a removal with its receipt."""
    id = applied()
    run = journal.history(id)[0]
    written = json.loads(run_file.one(run))
    assert written["id"] == run.id
    assert written["finished_at"].endswith("Z")
    assert [s["key"] for s in written["steps"]] == list(run.steps)
    assert written["steps"][0]["correlation_id"] == "cid-resource_group"
    assert "receipt" not in written
    gone = json.loads(run_file.one(journal.view(remove(id))))
    assert len(gone["receipt"]["removed"]) == 7
    whole = json.loads(run_file.every(id))
    assert [one["kind"] for one in whole["runs"]] == ["destroy", "apply"]
    assert [one["action"] for one in whole["audit"]] == [
        "destroy started",
        "apply started",
        "project created",
    ]


def test_a_foreign_change_is_shown_and_put_back(
    open_page: Open, applied: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Property by property; putting back starts a run of exactly these and leads to it."""
    asked: list[list[str]] = []

    async def check(*_: Any) -> dict[str, tuple[Difference, ...]]:
        return {
            "key_vault": (Difference("properties.sku.name", "standard", "premium"),),
            "workspace": (),
            "log_analytics": (drift.GONE,),
        }

    def put_back(project_id: str, keys: list[str], by: str = "") -> str:
        asked.append(keys)
        return client.start(project_id, by)

    monkeypatch.setattr(drift, "check", check)
    monkeypatch.setattr(drift, "put_back", put_back)
    page = open_page("project/drift", applied())
    page.button("check_now").click().run()
    text = said(page)
    assert "3 resources, 2 changed by others" in text
    assert text.index("properties.sku.name") < text.index(">standard<") < text.index(">premium<")
    assert "The whole resource" in text
    page.button("put_back").click().run()
    assert asked == [["key_vault", "log_analytics"]]
    assert page.title[0].value == "Provisioning"


def test_a_foreign_change_is_taken_over_where_the_configuration_can_ask_for_it(
    open_page: Open, applied: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which setting, which value, and what can't be expressed; it leads to the summary that shows it."""

    async def check(*_: Any) -> dict[str, tuple[Difference, ...]]:
        sku = Difference("properties.sku.name", "standard", "premium")
        return {"key_vault": (sku,), "log_analytics": (drift.GONE,)}

    monkeypatch.setattr(drift, "check", check)
    id = applied()
    page = open_page("project/drift", id)
    page.button("check_now").click().run()
    text = said(page)
    assert text.index(">key_vault.sku<") < text.index("One of them is nothing that project.yaml can ask for")
    page.button("take_over").click().run()
    assert projects.get(id).choices["key_vault"] == {"sku": "premium"}
    assert page.title[0].value == "Review + create"
    assert "properties.sku.name" in said(page)


def test_a_tear_down_names_what_is_foreign_only_when_it_is_ticked(
    open_page: Open, applied: Callable[..., str], rehearsal: dict[str, Any], control: Any
) -> None:
    """One box for each, none ticked; the count on the button and the run's steps follow."""
    shared = next(r for r in control("GET", "/_simulator/resources") if r["name"].startswith("stshareddata"))
    id = applied(storage_account={"mode": "existing", "id": shared["id"]})
    page = open_page("project/tear_down", id)
    page.text_input(f"confirm:{id}").set_value("churn").run()
    assert page.button("tear_down").label == "Remove 6 resources"
    page.checkbox(f"also:{id}:storage_account").check().run()
    assert page.button("tear_down").label == "Remove 7 resources"
    page.button("tear_down").click().run()
    removal = journal.history(id)[0]
    assert removal.options["also"] == [shared["id"]]
    assert removal.steps["storage_account"].resource_id == shared["id"]


def test_the_log_of_every_step_stands_on_the_run_and_in_its_file(
    open_page: Open, applied: Callable[..., str]
) -> None:
    """Tries, Azure's answers and the IDs that its support asks for."""
    id = applied()
    run_id = journal.history(id)[0].id
    told = events.Event("Azure answered 429.", 2, "TooManyRequests", 429, "req-1", "corr-1")
    events.add(run_id, "key_vault", told)
    text = said(open_page("project/run", id, run=run_id))
    assert text.index("Azure answered 429.") < text.index(">req-1<") < text.index(">corr-1<")
    written = json.loads(run_file.one(journal.view(run_id)))
    log = next(s["log"] for s in written["steps"] if s["key"] == "key_vault")
    assert [(one["text"], one["status"], one["request_id"]) for one in log] == [
        ("Azure answered 429.", 429, "req-1")
    ]


def test_a_silent_cloud_leaves_the_check_undone(
    open_page: Open, applied: Callable[..., str], control: Any
) -> None:
    """It says that it could not look; it does not say that nothing has changed."""
    id = applied()
    control(
        "POST",
        "/_simulator/faults",
        {
            "match": {"method": "GET", "path": "/resourceGroups/rg-churn"},
            "do": {"status": 403, "code": "AuthorizationFailed", "message": "You may not look."},
            "times": 50,
        },
    )
    page = open_page("project/drift", id)
    page.button("check_now").click().run()
    assert "You may not look" in said(page)
    assert "as the project asked for it" not in said(page)


def test_a_real_check_finds_what_is_not_there(open_page: Open, applied: Callable[..., str]) -> None:
    """The journal says created, the simulator has nothing: every resource is gone."""
    page = open_page("project/drift", applied())
    page.button("check_now").click().run()
    assert "7 resources, 7 changed by others" in said(page)
    assert said(page).count("The whole resource") == 7
