"""The form: fields judged while typed, names that follow, existing resources, drafts in the database."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.house import free_port
from services.runs import client, projects
from tests.pages.conftest import Open, choices, said

Project = Callable[..., str]
SHARED = "rg-shared-data"


def existing(page: Any, key: str, name: str) -> str:
    """The ID behind an option of a choice, found by the name that it shows."""
    select = page.selectbox(key)
    return next(option for option in select.options if option.startswith(name))


def test_what_is_typed_is_stored_at_once(open_page: Open, project: Project) -> None:
    """A second tab, or F5, shows it."""
    id = project()
    open_page("workspace", id).text_input(f"{id}:workspace.name").set_value("mlw-mine").run()
    assert choices(id)["workspace"] == {"name": "mlw-mine"}
    assert open_page("workspace", id).text_input(f"{id}:workspace.name").value == "mlw-mine"


def test_a_value_that_equals_the_default_is_no_choice(open_page: Open, project: Project) -> None:
    """Names that the user did not choose follow the project's name."""
    id = project(workspace={"name": "mlw-mine"})
    page = open_page("workspace", id)
    page.text_input(f"{id}:workspace.name").set_value("mlw-churn").run()
    assert choices(id) == {"name": "churn"}
    page = open_page("resource_group", id)
    page.text_input(f"{id}:name").set_value("demand").run()
    assert "(new) rg-demand" in page.selectbox(f"{id}:resource_group#choice").options
    assert open_page("workspace", id).text_input(f"{id}:workspace.name").value == "mlw-demand"


def test_an_illegal_name_is_kept_with_its_rule_and_a_suggestion_that_works(
    open_page: Open, project: Project
) -> None:
    """Nothing typed is lost, the step is marked, and one press mends it."""
    id = project()
    page = open_page("workspace", id)
    page.text_input(f"{id}:storage_account.name").set_value("My Storage").run()
    assert "Lower-case letters and digits only. Not allowed here: M, space, S" in said(page)
    assert page.text_input(f"{id}:storage_account.name").value == "My Storage"
    assert "2 Workspace !" in said(page)
    page.button(f"use:{id}:storage_account.name").click().run()
    assert choices(id)["storage_account"]["name"] == "mystorage"
    assert page.text_input(f"{id}:storage_account.name").value == "mystorage"
    assert "2 Workspace !" not in said(page)


@pytest.mark.parametrize("name", ["", "a", "x" * 60, "Ünïcode!", "kv--double", "שלום"])
def test_every_bad_name_gets_a_sentence_and_no_error(open_page: Open, project: Project, name: str) -> None:
    """Empty, short, long, foreign: the same calm line."""
    id = project()
    page = open_page("workspace", id)
    page.text_input(f"{id}:key_vault.name").set_value(name).run()
    assert page.text_input(f"{id}:key_vault.name").value == name
    page.button(f"use:{id}:key_vault.name").click().run()
    assert "2 Workspace !" not in said(page), "the suggestion must keep the rule"


def test_a_name_of_another_customer_is_told_while_typing(
    open_page: Open, project: Project, rehearsal: dict[str, Any]
) -> None:
    """The rule is kept, the name is taken: another one is offered, and it is free."""
    id, name = project(), rehearsal["taken_names"]["Microsoft.Storage/storageAccounts"]
    page = open_page("workspace", id)
    page.text_input(f"{id}:storage_account.name").set_value(name).run()
    assert f"another storage account in the world is called {name}" in said(page)
    page.button(f"use:{id}:storage_account.name").click().run()
    assert "Name taken" not in said(page)


def test_an_existing_resource_is_chosen_from_what_the_subscription_holds(
    open_page: Open, project: Project
) -> None:
    """Its ID is stored; unsuitable ones can't be chosen and say why."""
    id = project()
    page = open_page("workspace", id)
    key = f"{id}:storage_account#choice"
    page.selectbox(key).select(existing(page, key, "stshareddata")).run()
    assert choices(id)["storage_account"]["mode"] == "existing"
    assert choices(id)["storage_account"]["id"].lower().startswith("/subscriptions/")
    assert not any(option.startswith("stsharedlake") for option in page.selectbox(key).options)
    assert "has a hierarchical namespace" in said(page)
    assert "never changed" in said(page)


def test_a_new_resource_keeps_its_name_while_an_existing_one_is_tried(
    open_page: Open, project: Project
) -> None:
    """Choosing back and forth loses nothing."""
    id = project(storage_account={"name": "stmine", "sku": "Standard_ZRS"})
    page = open_page("workspace", id)
    key = f"{id}:storage_account#choice"
    page.selectbox(key).select(existing(page, key, "stshareddata")).run()
    page.selectbox(key).select("(new) stmine").run()
    assert choices(id)["storage_account"] == {"name": "stmine", "sku": "Standard_ZRS"}


def test_a_chosen_resource_that_is_gone_is_told(
    open_page: Open, project: Project, rehearsal: dict[str, Any]
) -> None:
    """Deleted between choosing and creating."""
    group = f"/subscriptions/{rehearsal['subscription_id']}/resourceGroups/{SHARED}"
    gone = f"{group}/providers/Microsoft.KeyVault/vaults/kv-gone"
    id = project(key_vault={"mode": "existing", "id": gone})
    assert "is not in the subscription any more" in said(open_page("workspace", id))
    summary = open_page("summary", id)
    assert "kv-gone is not there" in said(summary)
    assert summary.button("create").disabled


def test_the_registry_is_none_until_one_is_chosen(open_page: Open, project: Project) -> None:
    """None is the portal's default; New opens name and SKU."""
    id = project()
    page = open_page("registry", id)
    key = f"{id}:container_registry#choice"
    assert page.selectbox(key).value == "none"
    new = next(option for option in page.selectbox(key).options if option.startswith("(new) crchurn"))
    page.selectbox(key).select(new).run()
    page.selectbox(f"{id}:container_registry.sku").select("Standard").run()
    assert choices(id)["container_registry"] == {"mode": "new", "sku": "Standard"}


def test_sql_as_a_source_offers_a_database(open_page: Open, project: Project) -> None:
    """Nothing is added behind the user's back."""
    id = project()
    page = open_page("options", id)
    page.multiselect(f"{id}:data_sources").select("SQL database").run()
    assert choices(id)["data_sources"] == ["csv", "sql"]
    assert "sql" not in choices(id)
    page.button("add_sql").click().run()
    assert choices(id)["sql"] == {"mode": "new"}
    assert page.text_input(f"{id}:sql.server").value.startswith("sql-churn")


def test_a_framework_that_does_not_fit_its_language_is_told(open_page: Open, project: Project) -> None:
    """R with PyTorch is a problem with a way out."""
    id = project(learning={"framework": "pytorch"})
    page = open_page("options", id)
    page.selectbox(f"{id}:learning.language").select("R").run()
    assert "pytorch is not used from R" in said(page)
    page.button(f"use:{id}:learning.framework").click().run()
    assert choices(id)["learning"] == {"language": "r"}


def test_tags_are_added_changed_and_removed(open_page: Open, project: Project) -> None:
    """A row for each tag and one more; a doubled name changes nothing."""
    id = project()
    page = open_page("resource_group", id)
    page.text_input(f"{id}:tag:0:0").set_value("team").run()
    page.text_input(f"{id}:tag:0:1").set_value("data.science").run()
    page.text_input(f"{id}:tag:1:0").set_value("team").run()
    assert choices(id)["tags"] == {"team": "data.science"}
    page.text_input(f"{id}:tag:1:0").set_value("cost.center").run()
    assert choices(id)["tags"] == {"team": "data.science", "cost.center": ""}
    page.button(f"{id}:tag:0:remove").click().run()
    assert choices(id)["tags"] == {"cost.center": ""}
    assert page.text_input(f"{id}:tag:0:0").value == "cost.center"


def test_a_region_that_lacks_a_type_is_marked_and_told(open_page: Open, project: Project) -> None:
    """Known from what the providers say."""
    id = project(location="westindia")
    page = open_page("workspace", id)
    lacking = [option for option in page.selectbox(f"{id}:location").options if "lacks" in option]
    assert lacking, page.selectbox(f"{id}:location").options
    page.selectbox(f"{id}:location").select(lacking[0]).run()
    assert "does not offer" in said(page)


def test_the_rehearsal_that_is_away_is_told_and_names_are_entered_by_hand(
    open_page: Open, project: Project, home: Any
) -> None:
    """Unreachable: what was chosen is kept, every name can still be typed."""
    id = project(key_vault={"name": "kv-mine"})
    line = home / "simulator" / "simulator.json"
    ready = json.loads(line.read_text())
    line.write_text(json.dumps(ready | {"endpoint": f"https://127.0.0.1:{free_port()}"}))
    page = open_page("workspace", id)
    assert "does not answer" in said(page)
    assert "What you have chosen is kept" in said(page)
    page.text_input(f"{id}:key_vault.name").set_value("kv-other").run()
    page.text_input(f"{id}:location").set_value("northeurope").run()
    assert choices(id) == {"name": "churn", "key_vault": {"name": "kv-other"}, "location": "northeurope"}


def test_once_applied_the_identity_stays(
    open_page: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cloud, subscription, resource group and name are fixed."""
    monkeypatch.setattr(client, "_staff", lambda _: None)
    id = project()
    client.start(id)
    page = open_page("resource_group", id)
    assert page.text_input(f"{id}:name").disabled
    assert page.selectbox(f"{id}:cloud").disabled
    assert page.selectbox(f"{id}:subscription_id").disabled
    assert page.selectbox(f"{id}:resource_group#choice").disabled


def test_a_second_tab_is_told_before_it_overwrites(open_page: Open, project: Project) -> None:
    """Both values are shown; the user decides; what the first tab wrote stands until then."""
    id = project()
    first, second = open_page("workspace", id), open_page("workspace", id)
    first.text_input(f"{id}:workspace.name").set_value("mlw-first").run()
    second.text_input(f"{id}:workspace.name").set_value("mlw-second").run()
    assert "Workspace was changed in another tab" in second.warning[0].value
    assert "mlw-first" in said(second)
    assert second.text_input(f"{id}:workspace.name").value == "mlw-second"
    assert choices(id)["workspace"]["name"] == "mlw-first"
    second.button("mine:workspace.name").click().run()
    assert choices(id)["workspace"]["name"] == "mlw-second"
    assert not second.warning


def test_a_second_tab_can_take_the_others_value(open_page: Open, project: Project) -> None:
    """Then the field shows it."""
    id = project()
    first, second = open_page("workspace", id), open_page("workspace", id)
    first.text_input(f"{id}:workspace.name").set_value("mlw-first").run()
    second.text_input(f"{id}:workspace.name").set_value("mlw-second").run()
    second.button("theirs:workspace.name").click().run()
    assert second.text_input(f"{id}:workspace.name").value == "mlw-first"
    assert choices(id)["workspace"]["name"] == "mlw-first"


def test_two_tabs_on_different_fields_both_stand_and_are_told(open_page: Open, project: Project) -> None:
    """No conflict, no loss; the second sees what changed."""
    id = project()
    first, second = open_page("workspace", id), open_page("workspace", id)
    first.text_input(f"{id}:workspace.name").set_value("mlw-first").run()
    second.text_input(f"{id}:key_vault.name").set_value("kv-second").run()
    assert choices(id) == {
        "name": "churn",
        "workspace": {"name": "mlw-first"},
        "key_vault": {"name": "kv-second"},
    }
    assert "Another tab has changed: Workspace" in second.info[0].value
    assert second.text_input(f"{id}:workspace.name").value == "mlw-first"


def test_a_database_that_can_not_be_written_keeps_what_was_typed(
    open_page: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the page says so, and the value is stored as soon as it can be."""
    from services.runs.database import DatabaseError

    id = project()
    page = open_page("workspace", id)
    stored = projects.set_key

    def full(*_: Any, **__: Any) -> Any:
        raise DatabaseError("The database can't be written: the disk is full.")

    monkeypatch.setattr(projects, "set_key", full)
    page.text_input(f"{id}:workspace.name").set_value("mlw-mine").run()
    assert "the disk is full" in page.error[0].value
    assert page.text_input(f"{id}:workspace.name").value == "mlw-mine"
    monkeypatch.setattr(projects, "set_key", stored)
    page.button("again:workspace.name").click().run()
    assert choices(id)["workspace"]["name"] == "mlw-mine"
    assert not page.error


def test_a_cloud_that_does_not_answer_is_told_once_on_a_page(
    open_page: Open, project: Project, home: Any
) -> None:
    """Not below each of six fields."""
    id = project()
    line = home / "simulator" / "simulator.json"
    ready = json.loads(line.read_text())
    line.write_text(json.dumps(ready | {"endpoint": f"https://127.0.0.1:{free_port()}"}))
    assert said(open_page("workspace", id)).count("Ask again") == 1


def test_azure_without_anybody_signed_in_says_what_to_run_and_loses_nothing(
    open_page: Open, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The subscription can be typed, every other choice goes on."""
    from azure.identity import CredentialUnavailableError, DefaultAzureCredential

    def nobody(*_: Any, **__: Any) -> Any:
        raise CredentialUnavailableError("no credential")

    monkeypatch.setattr(DefaultAzureCredential, "get_token", nobody)
    monkeypatch.setattr(DefaultAzureCredential, "get_token_info", nobody)
    id = project(workspace={"name": "mlw-mine"})
    page = open_page("resource_group", id)
    page.selectbox(f"{id}:cloud").select("Azure").run()
    assert "Run `az login` in a terminal" in page.warning[0].value
    page.text_input(f"{id}:subscription_id").set_value("11111111-2222-3333-4444-555555555555").run()
    assert choices(id) == {
        "name": "churn", "cloud": "azure", "workspace": {"name": "mlw-mine"},
        "subscription_id": "11111111-2222-3333-4444-555555555555",
    }  # fmt: skip
    page.selectbox(f"{id}:cloud").select("Rehearsal (simulator on this machine)").run()
    assert choices(id) == {"name": "churn", "workspace": {"name": "mlw-mine"}}
