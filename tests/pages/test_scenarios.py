"""The page of the rehearsal: every scenario can be played from it, and nothing is forgotten unasked."""

from collections.abc import Callable
from typing import Any

import pytest

from services import rehearsal
from tests.pages.conftest import Open, said

Control = Callable[..., Any]


@pytest.fixture(autouse=True)
def well_again(simulator: Any, control: Control) -> Any:
    """The session's simulator plays nothing after these tests."""
    yield
    control("POST", "/_simulator/scenario", {"name": None})


def test_a_scenario_is_played_and_the_page_says_so(open_page: Open) -> None:
    """The simulator itself answers that it plays it; the page lists every one with what it does."""
    page = open_page("rehearsal/scenarios")
    for one in rehearsal.stage().scenarios:
        assert one.title in [option.replace("\\", "") for option in page.radio(key="scenario").options]
    page.radio(key="scenario").set_value("quota-6-cores").run()
    page.checkbox(key="scenario_forget").check().run()
    page.button(key="scenario_play").click().run()
    assert rehearsal.stage().playing == "quota-6-cores"
    assert "begun anew" in said(page)


def test_what_stands_is_forgotten_only_when_asked(
    open_page: Open, rehearsal_group: str, control: Control
) -> None:
    """The button waits for the box; afterwards nothing stands any more."""
    page = open_page("rehearsal/scenarios")
    assert page.button(key="scenario_play").disabled
    page.checkbox(key="scenario_forget").check().run()
    assert "rg-stands" in standing(control)
    page.button(key="scenario_play").click().run()
    assert "rg-stands" not in standing(control)


def standing(control: Control) -> list[str]:
    """The names of all resources in the simulator."""
    return [one["name"] for one in control("GET", "/_simulator/resources")]


@pytest.fixture
def rehearsal_group(rehearsal: dict[str, Any]) -> str:
    """A resource group that stands in the rehearsal."""
    from services.cloud.bridge import ask
    from services.cloud.target import resolve
    from services.processes.home import home

    id = f"/subscriptions/{rehearsal['subscription_id']}/resourceGroups/rg-stands"
    ask(
        resolve("rehearsal", home()),
        lambda cloud: cloud.begin_put(id, "2025-04-01", {"location": "westeurope"}),
    )
    return id


def test_without_a_simulator_the_page_says_what_to_do(open_page: Open, home: Any) -> None:
    """No traceback, and a way to try again."""
    (home / "simulator" / "simulator.json").unlink()
    page = open_page("rehearsal/scenarios")
    assert "not running" in said(page)
    assert page.button(key="rehearsal_again")
