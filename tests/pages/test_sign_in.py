"""Who signs in to Azure: the sign-in that is kept counts until another way is chosen, and "what is there" forgets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from pages.components import state
from services.cloud import bridge
from services.cloud.errors import CloudError
from services.cloud.target import SIGN_IN_FILE, Target
from tests.pages.conftest import Open

Project = Callable[..., str]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Target]:
    """The targets that pages ask, in order; none of them is reached."""
    st.cache_data.clear()
    seen: list[Target] = []

    def ask(where: Target, *_: Any, **__: Any) -> Any:
        seen.append(where)
        raise CloudError("Nobody", "nobody is asked in a test")

    monkeypatch.setattr(bridge, "ask", ask)
    return seen


@pytest.fixture
def kept(home: Path) -> Path:
    """A device-code sign-in that another process has kept."""
    file = home / SIGN_IN_FILE
    file.write_text(json.dumps({"way": "device", "record": "who"}))
    return file


def ways(asked: list[Target]) -> set[tuple[str, str]]:
    """How Azure was asked: the way and the record."""
    return {(t.sign_in, t.record) for t in asked if t.name == "azure"}


def test_a_kept_sign_in_counts_in_every_tab(
    open_page: Open, project: Project, asked: list[Target], kept: Path
) -> None:
    """Nothing has to be chosen again."""
    page = open_page("resource_group", project(cloud="azure"))
    assert page.selectbox(state.SIGN_IN_WIDGET).value == "device"
    assert ways(asked) == {("device", "who")}


def test_choosing_what_is_there_forgets_who_signed_in(
    open_page: Open, project: Project, asked: list[Target], kept: Path
) -> None:
    """For every process: the record is gone."""
    page = open_page("resource_group", project(cloud="azure"))
    asked.clear()
    page.selectbox(state.SIGN_IN_WIDGET).select_index(0).run()
    assert not kept.exists()
    assert page.selectbox(state.SIGN_IN_WIDGET).value == "default"
    assert ways(asked) == {("default", "")}


def test_another_way_counts_in_this_tab_until_somebody_has_signed_in(
    open_page: Open, project: Project, asked: list[Target], kept: Path
) -> None:
    """What is kept stays kept, for the others."""
    id = project(cloud="azure")
    page = open_page("resource_group", id)
    asked.clear()
    page.selectbox(state.SIGN_IN_WIDGET).select_index(1).run()
    assert ways(asked) == {("browser", "")}
    assert kept.exists()
    assert open_page("resource_group", id).selectbox(state.SIGN_IN_WIDGET).value == "device"
