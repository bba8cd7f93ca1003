"""The way of the sample model of R in Chromium: upload, handler, test here, deploy, score; as R itself predicts."""

import pytest
from playwright.sync_api import Browser, expect

from tests.pages.browser import Server, heading, tab
from tests.pages.test_model_walk_browser import deployed, passed_here, provisioned, scored, uploaded
from tests.r_here import REVENUE, needs_r, predictions

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400), needs_r]
COLUMNS = ["age", "tenure_months", "monthly_charge", "support_calls", "plan"]
ROWS = [[58, 96, 22.0, 0, "basic"], [23, 2, 96.0, 9, "premium"], [47, 31, 60.5, 2, "standard"]]


def test_a_model_of_r_goes_from_a_file_to_an_endpoint_that_answers_as_r_does(
    server: Server, browser: Browser
):
    """The same pages and buttons as for Python; the container of the rehearsal gives the numbers of Rscript."""
    page = tab(browser)
    project = provisioned(page, server, "revenue-rds")
    uploaded(page, server, project, REVENUE)
    page.get_by_role("link", name="2 API handler").click()
    heading(page, "API handler").wait_for()
    expect(page.get_by_text("plumber.R").first).to_be_visible()
    passed_here(page, REVENUE.name)
    deployed(page, REVENUE.name)
    answer = scored(page, REVENUE.name, ROWS)
    own = predictions([dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
    assert answer["predictions"] == pytest.approx(own, rel=1e-9)
