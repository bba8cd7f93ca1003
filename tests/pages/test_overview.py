"""The overview: a name begins a draft, a file becomes a project, what is there can be opened."""

from collections.abc import Callable

import pytest

from services.runs import projects
from tests.pages.conftest import Open, said

NAME = "new_project_name"


def test_a_name_is_stored_before_anything_is_pressed_and_stands_in_the_url(open_page: Open) -> None:
    """The first key strokes make a draft; the next ones change it."""
    page = open_page()
    page.text_input(NAME).set_value("chu").run()
    page.text_input(NAME).set_value("churn").run()
    [project] = projects.every()
    assert project.choices == {"name": "churn"}
    assert page.query_params["project"] == project.id


def test_a_new_tab_on_that_url_goes_on_with_the_name(open_page: Open, project: Callable[..., str]) -> None:
    """F5 on the overview loses nothing."""
    assert open_page("overview", project(name="half a na")).text_input(NAME).value == "half a na"


def test_start_goes_to_the_first_step(open_page: Open) -> None:
    """The button leads on with the project in the URL."""
    page = open_page()
    page.text_input(NAME).set_value("churn").run()
    page.button("start").click().run()
    assert page.title[0].value == "Project details"
    assert page.query_params["project"] == projects.every()[0].id


def test_start_without_a_name_says_what_is_missing(open_page: Open) -> None:
    """Nothing is stored."""
    page = open_page()
    page.button("start").click().run()
    assert "Give the project a name first" in said(page)
    assert projects.every() == []


def test_two_projects_of_one_name_stay_two(open_page: Open, project: Callable[..., str]) -> None:
    """The picker tells them apart, and opening the second does not lead to the first."""
    first, second = project(), project()
    page = open_page("workspace", first)
    assert page.title[0].value == "Workspace details", "the picker must not lead away"
    assert sorted(page.selectbox(f"picker:{first}").options) == sorted(
        [f"churn ({first})", f"churn ({second})"]
    )


def test_a_file_becomes_a_project_with_what_was_chosen_in_it(open_page: Open) -> None:
    """What equals a default is no choice, so that names go on following."""
    page = open_page()
    file = b"name: churn\nlocation: northeurope\nstorage_account: {mode: new, sku: Standard_LRS}\n"
    page.file_uploader("load").upload("project.yaml", file, "application/yaml").run()
    page.button("open_file").click().run()
    [project] = projects.every()
    assert project.choices == {"name": "churn", "location": "northeurope"}
    assert page.title[0].value == "Project details"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nam: churn", ["There is no key `nam` here", "Try: name"]),
        ("name: churn\nstorage_account: {name: My Storage}", ["storage_account.name", "Not allowed here"]),
        ("name: churn\nlocation: [1]", ["location"]),
        ("a: &x [1]\nname: *x", ["line 2", "aliases"]),
        ("name: a\nname: b", ["stands twice"]),
        ("{" * 5000, ["yaml"]),
        ("name: " + "x" * 300_000, ["at most 256 KB"]),
    ],
    ids=["unknown key", "name rule", "wrong type", "bomb", "twice", "depth", "giant"],
)
def test_a_file_that_can_not_be_used_is_explained_by_path_and_changes_nothing(
    open_page: Open, content: str, words: list[str]
) -> None:
    """Each mistake stands with its place; no project appears."""
    page = open_page()
    page.file_uploader("load").upload("project.yaml", content.encode(), "application/yaml").run()
    assert all(word in said(page) for word in words), said(page)[-2000:]
    assert projects.every() == []


def test_names_in_any_script_and_with_markup_are_shown_as_they_are(
    open_page: Open, project: Callable[..., str]
) -> None:
    """Right-to-left, emoji, Markdown and HTML stay text."""
    names = ["עברית שלום", "🚀 rocket", "*bold* [x](http://y) $z$", "<b>a</b> & b"]
    ids = [project(name=name) for name in names]
    page = open_page()
    labels = [link.proto.label for link in page.get("page_link")]
    assert all(name in labels for name in names[:2])
    assert "\\*bold\\* \\[x\\]" in "".join(labels)
    for id in ids:
        assert open_page("workspace", id).text_input(f"{id}:workspace.name").value.isascii()


def test_an_address_of_no_project_leads_back(open_page: Open) -> None:
    """A mistyped address is a sentence and a link."""
    page = open_page("workspace", "never-was")
    assert "There is no project" in page.warning[0].value
    assert "To the overview" in said(page)


def test_a_step_without_a_project_leads_back(open_page: Open) -> None:
    """A step's plain address asks for a project."""
    assert "belongs to a project" in open_page("summary").info[0].value
