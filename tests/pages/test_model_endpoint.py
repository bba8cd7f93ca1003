"""A model that really serves in the rehearsal, as the pages Deploy and Endpoint show it, and as programs ask it."""

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import Browser, expect
from streamlit.testing.v1 import AppTest

from benchmarks.house import fresh_home
from services.cloud import bridge
from services.cloud.target import rehearsal
from services.models import progress, releasing
from services.models.online import autoscale, consume, endpoints
from services.models.online.autoscale import Rule
from services.models.online.endpoints import Endpoint
from services.progress import RunView
from services.runs import follow, journal
from tests.pages import conftest, served
from tests.pages.browser import Server, heading, settled, tab
from tests.pages.conftest import REPOSITORY, calm

pytestmark = pytest.mark.browser  # it needs the whole server, whoever looks at it


@dataclass
class House:
    """A server with a project whose model serves as churn-api/blue."""

    server: Server
    home: Path
    project: str
    config: Any

    def open(self, page: str, **query: str) -> AppTest:
        """A page of the project in a tab of its own."""
        st.cache_data.clear()
        opened = AppTest.from_file(str(REPOSITORY / "pages" / "frame.py"), default_timeout=30)
        opened.query_params["project"] = self.project
        for key, value in query.items():
            opened.query_params[key] = value
        opened.switch_page(f"model/{page}.py")
        return calm(opened.run())

    def ask(self, question: Any) -> Any:
        """A question to the cloud."""
        return bridge.ask(rehearsal(self.home), question)

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint as it stands."""
        found = self.ask(lambda cloud: endpoints.look(cloud, self.step("online_endpoint")))
        assert found
        return found

    def step(self, key: str) -> str:
        """The resource ID of a part of the first deployment."""
        return journal.history(self.project, kinds=("deploy",))[-1].steps[key].resource_id

    @property
    def newest(self) -> RunView:
        """The newest run about models, followed to its end."""
        run = journal.newest(self.project, kinds=journal.MODELS)
        assert run
        return follow.to_the_end(run.id, lambda _: None)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One server for this file; the model is deployed once."""
    with fresh_home(0) as environment, pytest.MonkeyPatch.context() as patch:
        for name in ("GROUNDPLAN_HOME", "GROUNDPLAN_PACE"):
            patch.setenv(name, environment[name])
        server = Server(environment).start()
        project, config = served.project("churn")
        model = served.model(project, tmp_path_factory.mktemp("model"))
        run = follow.to_the_end(releasing.start(project, releasing.propose(model, config)), lambda _: None)
        assert run.state == "Succeeded", [(s.key, s.error) for s in run.steps.values()]
        yield House(server, Path(environment["GROUNDPLAN_HOME"]), project, config)
        server.stop()


def test_the_page_shows_how_it_stands(house: House) -> None:
    """State, address, authentication, the deployment with its traffic."""
    text = said(house.open("endpoint"))
    uri = house.endpoint.scoring_uri
    assert uri.endswith("/score")
    for words in ("churn-api", "Succeeded", "blue 100 %", "1 × Standard_DS2_v2", uri):
        assert words in text


def test_the_form_asks_it_and_says_who_answered(house: House) -> None:
    """The real answer comes with its time and the deployment that gave it."""
    page = house.open("endpoint")
    page.number_input[0].set_value(21.0).run()
    next(b for b in page.button if b.label == "Send").click().run()
    text = said(calm(page))
    assert '"predictions"' in text and "42.0" in text
    assert re.search(r"Answered in [\d.]+ ms", text)
    assert "The last answer came from blue." in text


@pytest.mark.parametrize("language", ["curl", "Python", "JavaScript", "R"])
def test_the_shown_code_is_run_and_gets_the_real_answer(house: House, language: str, tmp_path: Path) -> None:
    """Each program does what it says, with a key in an environment variable, also for texts that need quoting."""
    program = {"JavaScript": "node", "R": "Rscript"}.get(language)
    if program and not shutil.which(program):
        pytest.skip(f"{program} is not on this machine")
    uri, authority = house.endpoint.scoring_uri, rehearsal(house.home).ca_bundle or ""
    request = {"data": [[1.5], [2.0]], "note": 'it\'s "so" – $HOME `x` \\ é'}
    sample = next(one for one in consume.samples(uri, request, authority) if one.title == language)
    (tmp_path / sample.file).write_text(sample.text, encoding="utf-8")
    key = house.ask(lambda cloud: endpoints.keys(cloud, house.endpoint.id))["Primary"]
    assert key not in sample.text
    done = _run(sample.run, tmp_path, key)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"predictions": [3.0, 4.0]}), done.stderr
    assert _run(sample.run, tmp_path, "wrong").returncode != 0


def test_the_code_page_shows_that_code_and_its_answer(house: House) -> None:
    """The request of the golden set stands in it; what the endpoint has answered stands below and survives F5."""
    page = house.open("endpoint", part="Code", language="Python")
    assert "[[1.0], [3.0]]" in said(page) and consume.VARIABLE in said(page)
    page.button(key="send_sample").click().run()
    assert '"predictions"' in said(calm(page))
    assert "status 200 by blue" in said(house.open("endpoint", part="Code"))


def test_keys_are_shown_on_demand_and_kept_nowhere(house: House) -> None:
    """Neither the session nor any file of the installation holds one after it was shown."""
    page = house.open("endpoint", part="Keys")
    keys = house.ask(lambda cloud: endpoints.keys(cloud, house.endpoint.id))
    assert keys["Primary"] not in said(page)
    page.button(key="show_keys").click().run()
    calm(page)
    assert "show_keys" in repr(page.session_state) and keys["Primary"] not in repr(page.session_state)
    ours = [
        p
        for p in house.home.rglob("*")
        if p.is_file() and "simulator" not in p.parts and "environments" not in p.parts
    ]
    assert not [p for p in ours if keys["Primary"].encode() in p.read_bytes()]


def test_a_key_is_made_anew_and_the_old_one_is_refused(house: House) -> None:
    """Only the chosen key changes."""
    before = house.ask(lambda cloud: endpoints.keys(cloud, house.endpoint.id))
    house.open("endpoint", part="Keys").button(key="regenerate:Secondary").click().run()
    after = house.ask(lambda cloud: endpoints.keys(cloud, house.endpoint.id))
    assert after["Primary"] == before["Primary"] and after["Secondary"] != before["Secondary"]


def test_both_logs_can_be_read(house: House) -> None:
    """What the handler printed, and what mounted the files."""
    page = house.open("endpoint", part="Logs")
    assert "The model is loaded." in said(page)
    page.selectbox(key="log_container").select("StorageInitializer").run()
    assert "The model is loaded." not in said(calm(page))
    assert "Download the log" in said(page)


def test_measured_requests_are_drawn_and_told(house: House) -> None:
    """The charts have a table with the same figures; a part that was not measured says so."""
    house.ask(lambda cloud: cloud.score(house.endpoint.id, "", {"data": [[1.0]]}, 10))
    text = said(house.open("endpoint", part="Metrics"))
    assert "Requests (a minute)" in text and "Latency (ms)" in text
    assert "Minute (UTC)" in text


def test_the_rule_of_scaling_is_put_and_removed(house: House) -> None:
    """The page shows the rule that stands in the cloud; an impossible one is refused before it is sent."""
    deployment = house.step("online_deployment")
    page = house.open("endpoint", part="Scale")
    page.number_input[0].set_value(2)
    page.number_input[1].set_value(1)
    page.button(key="set_rule").click().run()
    assert "The default must lie between" in said(calm(page))
    page = house.open("endpoint", part="Scale")
    page.number_input[1].set_value(5)
    page.button(key="set_rule").click().run()
    assert house.ask(lambda cloud: autoscale.read(cloud, deployment)) == Rule(1, 5, 1)
    page = house.open("endpoint", part="Scale")
    assert "blue has 1 to 5 instances" in said(page)
    page.button(key="unscale:blue").click().run()
    assert house.ask(lambda cloud: autoscale.read(cloud, deployment)) is None


def test_graph_three_shows_production(house: House) -> None:
    """All stages are reached, the lock is open."""
    state = progress.of_project(house.project)
    assert state.open and state.reached == {"learning", "model", "handler", "test", "production"}
    assert state.file == "model.json"


def test_a_silent_cloud_leaves_what_runs_know(house: House) -> None:
    """The address and the deployment stand there, with the reason why nothing is newer."""
    line = house.home / "simulator" / "simulator.json"
    kept = line.read_text()
    line.write_text(json.dumps(json.loads(kept) | {"endpoint": "https://127.0.0.1:1"}))
    try:
        text = said(house.open("endpoint"))
    finally:
        line.write_text(kept)
    assert "does not answer" in text and "what the project's runs have left" in text
    assert "/score" in text and "1 × Standard_DS2_v2" in text


def test_green_beside_blue_then_back_then_gone(house: House, browser: Browser) -> None:
    """In the browser: the other colour is proposed, gets a share, takes all, gives it back, and is removed by its name."""
    page = tab(browser)
    page.goto(house.server.url(f"/endpoint?project={house.project}&part=Traffic"))
    page.get_by_role("button", name="Deploy green beside it").click()
    heading(page, "Deploy to the cloud").wait_for()
    expect(page.get_by_role("textbox", name="Online deployment")).to_have_value("green")
    expect(page.get_by_text("churn-api stands (blue 100 %). green joins it.")).to_be_visible()
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_text("Traffic: blue 90 %, green 10 %.").wait_for(timeout=60_000)
    expect(page.get_by_role("textbox", name="Online deployment")).to_have_value("green")
    assert house.endpoint.traffic == {"blue": 90, "green": 10}

    page.goto(house.server.url(f"/endpoint?project={house.project}&part=Traffic"))
    page.get_by_role("button", name="All traffic to green").click()
    page.get_by_text("Traffic: green 100 %.").first.wait_for(state="attached", timeout=60_000)
    assert (house.newest.state, house.endpoint.traffic) == ("Succeeded", {"green": 100})
    page.reload()
    settled(page)
    page.get_by_role("button", name="All traffic to blue").click()
    page.get_by_text("Traffic: blue 100 %.").first.wait_for(state="attached", timeout=60_000)
    assert house.endpoint.traffic == {"blue": 100}

    page.goto(house.server.url(f"/endpoint?project={house.project}&part=Remove"))
    settled(page)
    page.get_by_role("combobox", name="Deployment").click()
    page.get_by_role("option", name="green").click()
    remove = page.get_by_role("button", name="Remove the deployment")
    expect(remove).to_be_disabled()
    page.get_by_role("textbox", name="Type the name of the deployment to confirm: green").fill("green")
    expect(remove).to_be_enabled()
    remove.click()
    page.get_by_text("It is removed.").first.wait_for(state="attached", timeout=60_000)
    assert [one.name for one in house.endpoint.deployments] == ["blue"]


def said(page: AppTest) -> str:
    """All that a page says, its code blocks included."""
    return html.unescape("\n".join([conftest.said(page), *(one.value for one in page.code)]))


def _run(line: str, folder: Path, key: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {consume.VARIABLE: key}
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
