"""The API handler in Chromium: typing is kept, problems show their line, F5 and a second tab lose nothing, the way back."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from services.models import records
from services.models.intake import Column, Intake
from services.runs import projects
from tests.pages.browser import Server, settled, shot, tab
from tests.pages.served import server_of_our_home

__all__ = ["server_of_our_home"]
pytestmark = pytest.mark.browser
COLUMNS = ("age", "tenure_months", "monthly_charge", "support_calls")


@pytest.fixture
def model(server: Server) -> records.ModelRecord:
    """A project with a model file, as intake has found it."""
    project = projects.create({"name": "churn"}, "another tab").id
    known: dict[str, object] = {
        "estimator": "Pipeline",
        "steps": ["a: StandardScaler", "b: LogisticRegression"],
    }
    columns = tuple(Column(name, "float64") for name in COLUMNS)
    intake = Intake(
        "joblib",
        "scikit-learn",
        "safe",
        (),
        "0" * 64,
        1,
        {"scikit-learn": "1.9.1"},
        columns,
        (),
        "table",
        known,
    )
    return records.add(project, "churn.joblib", intake)


def opened(server: Server, browser: Browser, model: records.ModelRecord, **options: object) -> Page:
    """The page in a tab of its own."""
    page = tab(browser, **options)
    page.goto(server.url(f"/handler?project={model.project_id}"))
    editor(page).wait_for()
    settled(page)
    return page


def editor(page: Page, name: str = "score.py") -> Locator:
    """The editor of a file."""
    return page.get_by_role("textbox", name=name, exact=True)


def starting(text: str) -> re.Pattern[str]:
    """A pattern for a text that starts so."""
    return re.compile(f"^{re.escape(text)}")


def type_at_top(page: Page, text: str) -> None:
    """Put a line before everything else."""
    editor(page).click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(text)


def test_what_is_typed_is_checked_kept_and_can_be_given_up(
    server: Server, browser: Browser, model: records.ModelRecord
) -> None:
    """Type a wrong line, see its number, mend it, F5, see the difference, go back to the generated file."""
    page = opened(server, browser, model, color_scheme="light")
    page.get_by_text("None found.").wait_for()
    shot(page, "handler")
    type_at_top(page, "x = (1\n")
    page.get_by_text("score.py, line 1: Python can't read this line: '(' was never closed.").wait_for()
    shot(page, "handler-problem")
    editor(page).press("Control+Home")
    editor(page).press("End")
    page.keyboard.type(")")
    page.get_by_text("None found.").wait_for()
    page.reload()
    expect(editor(page)).to_have_value(records.get(model.id).files["score.py"])
    assert editor(page).input_value().startswith("x = (1)\n")
    page.get_by_text("What you have changed in score.py").wait_for()
    shot(page, "handler-changed")
    page.get_by_role("button", name="Go back to the generated file").click()
    page.get_by_role("button", name="Give my changes up").click()
    page.get_by_text("score.py is as it was generated.").wait_for()
    assert records.get(model.id).files == {}
    expect(editor(page)).to_have_value(starting('"""Answers'))


def test_f5_in_the_middle_of_a_word_loses_nothing(
    server: Server, browser: Browser, model: records.ModelRecord
) -> None:
    """What the server does not have yet is kept in the browser and sent again."""
    page = opened(server, browser, model)
    type_at_top(page, "# in a hurry\n")
    page.reload()
    editor(page).wait_for()
    expect(editor(page)).to_have_value(starting("# in a hurry"))
    page.get_by_text("What you have changed in score.py").wait_for()
    assert records.get(model.id).files["score.py"].startswith("# in a hurry\n")


def test_the_second_of_two_tabs_is_told_and_keeps_its_text(
    server: Server, browser: Browser, model: records.ModelRecord
) -> None:
    """Both change the same file; mine or theirs, and either is what then counts in both."""
    first, second = (opened(server, browser, model) for _ in range(2))
    type_at_top(first, "# first\n")
    first.get_by_text("What you have changed in score.py").wait_for()
    type_at_top(second, "# second\n")
    second.get_by_text("score.py was changed in another tab.").wait_for()
    assert editor(second).input_value().startswith("# second\n"), "nothing of its own is lost"
    assert records.get(model.id).files["score.py"].startswith("# first\n"), "nothing was written over"
    shot(second, "handler-conflict")
    second.get_by_role("button", name="Use mine").click()
    second.get_by_text("score.py was changed in another tab.").wait_for(state="detached")
    assert records.get(model.id).files["score.py"].startswith("# second\n")
    first.reload()
    expect(editor(first)).to_have_value(starting("# second"))
    type_at_top(second, "# more\n")
    second.get_by_text("+# more").wait_for()
    type_at_top(first, "# less\n")
    first.get_by_role("button", name="Take theirs").click()
    first.get_by_text("score.py was changed in another tab.").wait_for(state="detached")
    expect(editor(first)).to_have_value(starting("# more"))


def test_a_module_of_ones_own_is_added_and_removed(
    server: Server, browser: Browser, model: records.ModelRecord
) -> None:
    """A name that the server would misread is refused."""
    page = opened(server, browser, model, color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 900})
    page.get_by_role("textbox", name="Name of a further file").fill("config.json")
    page.get_by_role("button", name="Add a file").click()
    page.get_by_text("would take this file for its own settings").wait_for()
    page.get_by_role("textbox", name="Name of a further file").fill("helpers.py")
    page.get_by_role("button", name="Add a file").click()
    page.get_by_text("helpers.py (edited)").click()
    editor(page, "helpers.py").wait_for()
    shot(page, "handler-narrow")
    page.get_by_role("button", name="Remove this file").click()
    page.get_by_role("button", name="Remove it").click()
    editor(page, "helpers.py").wait_for(state="detached")
    assert records.get(model.id).files == {}
