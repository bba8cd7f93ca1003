"""The test on this machine in Chromium: it counts, and neither F5 nor a killed server nor a second tab stops it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from services.models import candidate, files, records, serving, testing
from services.models.intake import Intake
from services.models.records import ModelRecord
from services.runs import projects
from tests.models.built import settled as ready
from tests.models.built import simple
from tests.pages.browser import Server, heading, shot, tab
from tests.pages.served import CONDA, server_of_our_home

__all__ = ["server_of_our_home"]
pytestmark = pytest.mark.browser
REFUSING = """\
from azureml_inference_server_http.api.aml_response import AMLResponse
try:
    rows = json.loads(raw_data)["data"]
    assert rows and all(len(row) == 1 and row[0] >= 0 for row in rows)
except (ValueError, TypeError, KeyError, AssertionError):
    return AMLResponse({"error": "Rows of one number are wanted."}, 400, json_str=True)
time.sleep(rows[0][0])
return {"predictions": [1]}"""


@pytest.fixture
def model(server: Server, tmp_path: Path) -> Iterator[ModelRecord]:
    """A model that is served here and takes 0.3 s for an answer, with forty requests."""
    (tmp_path / "slow.bin").write_bytes(b"nothing")
    stored = files.keep(tmp_path / "slow.bin")
    intake = Intake("other", "other", "safe", (), stored.sha256, stored.size)
    record = records.add(projects.create({"name": "slow"}, "another tab").id, "slow.bin", intake)
    score = simple(REFUSING, head="import time")
    record = records.set_files(record.id, {"score.py": score, "conda.yaml": CONDA}, seen=record.version)
    cases = [{"request": {"data": [[0.3]]}, "expected": {"predictions": [1]}}] * 40
    record = records.set_golden(record.id, cases, seen=record.version)
    key = serving.start(candidate.of_record(record), record.project_id)
    assert ready(key, 120).phase == "ready", serving.state(key)
    yield record
    testing.cancel(record.id)
    serving.stop(key)


def opened(server: Server, page: Page, model: ModelRecord) -> Page:
    """The page Test on this machine."""
    page.goto(server.url(f"/test?project={model.project_id}"))
    heading(page, "Test on this machine").wait_for()
    return page


def test_a_running_test_outlives_the_tab_and_the_server_and_is_cancelled_from_another_tab(
    server: Server, browser: Browser, model: ModelRecord
) -> None:
    """Every page that is opened meanwhile counts on; after F5 and a killed server the verdict comes all the same."""
    page = opened(server, tab(browser), model)
    other = opened(server, tab(browser, color_scheme="dark"), model)
    other.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Run test").click()
    expect(page.get_by_text(" of 40").first).to_be_visible()
    page.reload()
    expect(page.get_by_text(" of 40").first).to_be_visible()
    expect(page.get_by_role("button", name="Run test")).to_have_count(0)
    expect(other.get_by_text(" of 40").first).to_be_visible()
    for one, name in ((page, "light-1280"), (other, "dark-390")):
        one.get_by_role("button", name="Cancel").scroll_into_view_if_needed()
        shot(one, f"model-3-testing-{name}")
    server.kill()
    server.start()
    page.reload()
    expect(page.get_by_text("It can be deployed.").first).to_be_visible(timeout=60_000)
    assert (records.get(model.id).verdict or {})["passed"]
    page.get_by_role("button", name="Run test").click()
    opened(server, other, model).get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("It was cancelled.").first).to_be_visible()
    expect(page.get_by_role("button", name="Run test")).to_be_enabled()
    for one, name in ((page, "light-1280"), (other, "dark-390")):
        one.get_by_text("It was cancelled.").first.scroll_into_view_if_needed()
        shot(one, f"model-3-cancelled-{name}")
