"""The way of a model in Chromium: upload, handler, test here, deploy, score; the endpoint answers as the model does."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.house import REPOSITORY
from tests.pages.browser import Server, begin, heading, settled, shot, tab

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
SAMPLES = REPOSITORY / "assets" / "samples"
ROWS = [[41, 30, 55.5, 2], [67, 118, 20.0, 0], [22, 1, 99.0, 9], [35, 60, 61.25, 4]]
OWN = {
    "churn.joblib": """
import json, sys, joblib, numpy
print(json.dumps(joblib.load(sys.argv[1]).predict(numpy.array(json.loads(sys.argv[2]), float)).tolist()))
""",
    "churn.onnx": """
import json, sys, onnxruntime, numpy
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
table = numpy.array(json.loads(sys.argv[2]), numpy.float32)
inputs = {one.name: table[:, [n]] for n, one in enumerate(session.get_inputs())}
feeds = inputs if len(inputs) > 1 else {next(iter(inputs)): table}
print(json.dumps(session.run(None, feeds)[0].tolist()))
""",
}


@pytest.mark.parametrize("sample", ["churn.joblib", "churn.onnx"])
def test_a_model_goes_from_a_file_to_an_endpoint_that_answers_as_it_does(
    server: Server, browser: Browser, sample: str
) -> None:
    """Every page by its links and buttons; the same numbers on this machine, in the cloud and from the model itself."""
    page = tab(browser)
    project = provisioned(page, server, sample.replace(".", "-"))
    uploaded(page, server, project, SAMPLES / sample)
    page.get_by_role("link", name="2 API handler").click()
    heading(page, "API handler").wait_for()
    expect(page.get_by_text("score.py").first).to_be_visible()
    shot(page, f"model-2-handler-{sample}")
    passed_here(page, sample)
    deployed(page, sample)
    answers = scored(page, sample, ROWS)
    assert answers["predictions"] == own(server, SAMPLES / sample)


def provisioned(page: Page, server: Server, name: str) -> str:
    """A project whose resources stand, through the wizard with its defaults."""
    project = begin(page, server, name)
    for title in ("Workspace details", "Container registry", "Project options", "Review + create"):
        page.locator(".st-key-next a").click()
        heading(page, title).wait_for()
    expect(page.get_by_text("Validation passed")).to_be_visible()
    page.get_by_role("button", name="Create", exact=True).click()
    page.get_by_text("Your deployment is complete.").wait_for(timeout=60_000)
    return project


def uploaded(page: Page, server: Server, project: str, file: Path) -> None:
    """Bring the file by the button of the page and see what it is."""
    page.goto(server.url(f"/upload?project={project}"))
    heading(page, "Model file").wait_for()
    page.locator('input[type="file"]').first.set_input_files(file)
    expect(page.get_by_role("link", name="Next: API handler")).to_be_visible(timeout=60_000)
    shot(page, f"model-1-file-{file.name}")


def passed_here(page: Page, sample: str) -> None:
    """Build, start, try, take the sample's golden set, and pass the test."""
    page.get_by_role("link", name="3 Test on this machine").click()
    heading(page, "Test on this machine").wait_for()
    page.get_by_role("button", name="Take the sample's requests").click()
    page.get_by_role("button", name="Build and start").click()
    expect(page.get_by_role("button", name="Run test")).to_be_enabled(timeout=180_000)
    page.get_by_role("button", name="Run test").click()
    page.get_by_text("It can be deployed.").first.wait_for(timeout=60_000)
    shot(page, f"model-3-test-{sample}")


def deployed(page: Page, sample: str) -> None:
    """Deploy with what is proposed and see the run to its end."""
    page.get_by_role("link", name="4 Deploy").click()
    heading(page, "Deploy to the cloud").wait_for()
    page.locator(".st-key-deploy button").click()
    page.get_by_text("The model is deployed:").wait_for(timeout=240_000)
    settled(page)
    shot(page, f"model-4-deploy-{sample}")


def scored(page: Page, sample: str, rows: list[list[Any]]) -> dict[str, Any]:
    """Ask the endpoint on its page and read what it answered."""
    page.get_by_role("link", name="5 Endpoint").click()
    heading(page, "Endpoint").wait_for()
    page.get_by_text("JSON", exact=True).first.click()
    box = page.get_by_role("textbox", name="Request as JSON")
    box.fill(json.dumps({"data": rows}))
    box.press("Control+Enter")
    settled(page)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Answered in").wait_for(timeout=30_000)
    page.get_by_text("Request and answer as JSON").click()
    answer = page.locator("pre:visible", has_text="predictions").last
    shot(page, f"model-5-endpoint-{sample}")
    found: dict[str, Any] = json.loads(answer.inner_text())
    return found


def own(server: Server, file: Path) -> list[Any]:
    """What the model predicts when it is loaded without any of our code, in the environment that the test has built."""
    home = Path(server.environment["GROUNDPLAN_HOME"])
    library = "joblib" if file.suffix == ".joblib" else "onnxruntime"
    found = home.glob(f"models/environments/*/lib/python3.*/site-packages/{library}")
    python = next(found).parents[3] / "bin" / "python"
    command = [python, "-c", OWN[file.name], str(file), json.dumps(ROWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return list(json.loads(done.stdout))
