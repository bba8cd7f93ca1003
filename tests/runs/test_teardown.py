"""Taking down: what Groundplan has made goes in reverse order, what it did not make stays, and the receipt says so."""

import pytest

from services.cloud.bridge import ask
from services.cloud.connect import Cloud
from services.cloud.target import rehearsal
from services.runs import client, journal, losses, projects, teardown
from tests.runs.conftest import Installation, until

EVERYTHING = "name: {}\ncontainer_registry: {{mode: new}}\nsql: {{mode: new}}\n"


def deletes(house: Installation, project: str) -> list[str]:
    """The last part of every deleted ID of a project, in order."""
    seen = house.control("GET", "/_simulator/requests")
    paths = [r["path"].split("?")[0] for r in seen if r["method"] == "DELETE" and (r["status"] or 500) < 300]
    return [p.rpartition("/")[2] for p in paths if project in p]


def test_destroy_removes_all_in_reverse_order_and_applying_again_works_after_a_purge(
    house: Installation,
) -> None:
    """Purged names are free at once."""
    text = EVERYTHING.format("fleeting")
    code, applied, said = house.apply(text)
    assert code == 0, said
    code, receipt, said = house.run("destroy", house.file(text), "--yes", "--purge")
    assert code == 0, said
    assert sorted(receipt["removed"]) == sorted(r["id"] for r in applied["resources"])
    assert receipt["kept"] == receipt["soft_deleted"] == []
    order = deletes(house, "fleeting")
    assert order[-1] == "rg-fleeting"
    assert order.index("mlw-fleeting") < order.index("appi-fleeting") < order.index("log-fleeting")
    ids = {r["id"].lower() for r in house.control("GET", "/_simulator/resources")}
    assert not ids & {r["id"].lower() for r in applied["resources"]}
    code, again, said = house.apply(text)
    assert code == 0, said
    assert all(r["created_by_run"] for r in again["resources"])


def test_without_purge_the_receipt_says_until_when_azure_keeps_what(house: Installation) -> None:
    """Vault, workspace and Log Analytics; a second destroy has nothing to do."""
    house.apply("name: lingering\n")
    code, receipt, said = house.run("destroy", house.file("name: lingering\n"), "--yes")
    assert code == 0, said
    kept = {s["id"].rpartition("/")[2].split("-")[0] for s in receipt["soft_deleted"]}
    assert kept == {"kv", "mlw", "log"}
    assert all(len(s["until"]) == 10 for s in receipt["soft_deleted"])
    code, error, _ = house.run("destroy", house.file("name: lingering\n"), "--yes")
    assert (code, error["error"]["rule"]) == (1, "cannot_start")


def test_destroy_without_yes_is_bad_input(house: Installation) -> None:
    """Nothing is asked for."""
    code, error, _ = house.run("destroy", house.file("name: cautious\n"))
    assert (code, error["error"]["path"]) == (2, "--yes")


def test_what_was_there_before_and_what_somebody_else_put_there_stays(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adopted account is kept with its reason, and the group too, because a stranger lives in it."""
    shared = next(
        r for r in house.control("GET", "/_simulator/resources") if r["name"].startswith("stshareddata")
    )
    text = f"name: mixed\nstorage_account: {{mode: existing, id: '{shared['id']}'}}\n"
    assert house.apply(text)[0] == 0
    stranger = "name: guest\nresource_group: {mode: existing, name: rg-mixed}\n"
    assert house.apply(stranger)[0] == 0
    code, receipt, said = house.run("destroy", house.file(text), "--yes", "--purge")
    assert code == 0, said
    kept = {k["id"].rpartition("/")[2]: k["why"] for k in receipt["kept"]}
    assert kept[shared["name"]] == "It was there before."
    assert not [p for p in deletes(house, "mixed") if p == shared["name"]]
    ids = {r["id"].lower() for r in house.control("GET", "/_simulator/resources")}
    assert shared["id"].lower() in ids
    assert any(id.endswith("/mlw-guest") for id in ids)


def test_undo_removes_what_this_run_created_and_nothing_of_an_earlier_one(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry added later goes again; the rest stands."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    assert house.apply("name: undone\n")[0] == 0
    code, added, _ = house.apply("name: undone\ncontainer_registry: {mode: new}\n")
    assert code == 0
    undoing = teardown.undo(added["run"], by="test")
    until(lambda: journal.view(undoing).ended, 60)
    receipt = teardown.receipt(journal.view(undoing))
    assert [id.rpartition("/")[2][:8] for id in receipt["removed"]] == ["crundone"]
    ids = {r["id"].lower() for r in house.control("GET", "/_simulator/resources")}
    assert any(id.endswith("/mlw-undone") for id in ids)


def test_a_lock_parks_the_deletion_with_words(house: Installation) -> None:
    """Azure refuses; the rest goes on, and a second destroy tries again."""
    assert house.apply("name: locked\n")[0] == 0
    fault = {
        "match": {"method": "DELETE", "path": "/stlocked[^/]*$"},
        "do": {"status": 409, "code": "ScopeLocked", "message": "The scope is locked."},
        "times": 1,
    }
    house.control("POST", "/_simulator/faults", fault)
    code, receipt, said = house.run("destroy", house.file("name: locked\n"), "--yes", "--purge")
    assert code == 1
    assert any("lock" in k["why"] for k in receipt["kept"])
    code, receipt, said = house.run("destroy", house.file("name: locked\n"), "--yes", "--purge")
    assert code == 0, said


def test_what_is_lost_is_counted_and_a_lock_is_named_before_anything_is_removed(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blobs by number and size, the lock that will forbid it; the command says both first."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    code, applied, said = house.apply("name: losing\n")
    assert code == 0, said
    ids = [r["id"] for r in applied["resources"]]
    at = {r["key"]: r["id"] for r in applied["resources"]}
    lock = f"{at['key_vault']}/providers/Microsoft.Authorization/locks/keep"

    async def fill(cloud: Cloud) -> None:
        await cloud.write_blobs(at["workspace"], "data/", {"a.csv": "x" * 1500, "b.csv": "y" * 500})
        body = {"properties": {"level": "CanNotDelete"}}
        await cloud.send("PUT", lock, "2020-05-01", body)

    target = rehearsal(house.home)
    ask(target, fill)
    found = ask(target, lambda cloud: losses.look(cloud, ids))
    census = found.contents[at["storage_account"].lower()]
    assert losses.words(census) == "2 blobs, 2.0 kB"
    assert [(one["name"], one["level"]) for one in found.locks] == [("keep", "CanNotDelete")]
    code, receipt, said = house.run("destroy", house.file("name: losing\n"), "--yes", "--purge")
    assert code == 1
    assert "2 blobs, 2.0 kB will be lost" in said
    assert "lock keep (CanNotDelete)" in said

    async def unlock(cloud: Cloud) -> None:
        await cloud.begin_delete(lock, "2020-05-01")

    ask(target, unlock)
    code, receipt, said = house.run("destroy", house.file("name: losing\n"), "--yes", "--purge")
    assert code == 0, said
    assert {one["id"] for one in receipt["billing_stopped"]} == set(receipt["removed"])
    assert all(one["at"].endswith("+00:00") for one in receipt["billing_stopped"])


def test_what_groundplan_did_not_create_goes_only_when_it_is_named(house: Installation) -> None:
    """By its resource ID; one that the project does not use is refused and nothing begins."""
    assert house.apply("name: lender\n")[0] == 0
    theirs = next(
        r for r in house.control("GET", "/_simulator/resources") if r["name"].startswith("kv-lender")
    )
    text = f"name: borrower\nkey_vault: {{mode: existing, id: '{theirs['id']}'}}\n"
    assert house.apply(text)[0] == 0
    path = house.file(text)
    code, error, _ = house.run("destroy", path, "--yes", "--also", f"{theirs['id']}-other")
    assert (code, error["error"]["rule"]) == (1, "cannot_start")
    code, receipt, said = house.run("destroy", path, "--yes", "--purge", "--also", theirs["id"])
    assert code == 0, said
    assert theirs["id"] in receipt["removed"]
    assert receipt["kept"] == []


def test_a_project_that_was_never_applied_has_nothing_to_remove(home: object) -> None:
    """Said before anything starts."""
    project = projects.create({"name": "never"})
    with pytest.raises(client.CannotStart, match="nothing"):
        teardown.start(project.id)
