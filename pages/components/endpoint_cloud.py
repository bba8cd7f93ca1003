"""What the pages about a served model ask of the cloud: live, kept for seconds only, and never in the way."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import streamlit as st

from pages.components import cloud_state, markup, state
from pages.components.cloud_state import Answer
from services.catalogue.release_parts import endpoint_id
from services.cloud import bridge
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.cloud.target import Target, TargetMissing
from services.config import ProjectConfig
from services.models.online import endpoints, sizes
from services.models.online.endpoints import Endpoint
from services.models.online.sizes import Region
from services.runs import journal

T = TypeVar("T")
Question = Callable[[Cloud], Coroutine[Any, Any, T]]
PATIENCE_S = 15.0


def ask(config: ProjectConfig, question: Question[T], patience: float = PATIENCE_S) -> Answer[T | None]:
    """The answer of a project's cloud now, or why there is none."""
    try:
        return Answer(bridge.ask(cloud_state.target(config), question, timeout=patience))
    except TargetMissing:
        return Answer(None, "The rehearsal is not running yet, so the cloud can't be asked.")
    except CloudError as error:
        return Answer(None, _said(config.cloud, error), error.sign_in)


def standing(
    project_id: str, config: ProjectConfig, names: tuple[str, ...]
) -> Answer[dict[str, Endpoint] | None]:
    """The endpoints of these names that stand, with their deployments and traffic; asked anew when a run has ended."""
    ids, since = tuple(endpoint_id(config, name) for name in names), _since(project_id)
    return _of_target(config, lambda target: _standing(target, ids, since))


def region(project_id: str, config: ProjectConfig) -> Answer[Region | None]:
    """What the project's region offers, and the quota that is left; asked anew when a run has ended."""
    place, since = (config.subscription_id, config.location), _since(project_id)
    return _of_target(config, lambda target: _region(target, *place, since))


def change(config: ProjectConfig, question: Question[Any]) -> bool:
    """Let the cloud change something; whether it has. Why not is said above the page."""
    answer = ask(config, question, 60.0)
    forget()
    if answer.error:
        st.session_state[state.REFUSED] = answer.error
    return not answer.error


def forget() -> None:
    """Ask everything anew the next time."""
    _standing.clear()
    _region.clear()


def trouble(answer: Answer[Any], place: str) -> None:
    """Say why the cloud did not answer, and ask again on demand."""
    if not answer.error:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        markup.note(answer.error, "care")
        st.button("Ask again", key=f"ask_again:{place}", type="tertiary", on_click=forget)


def silent(why: Answer[Any]) -> Answer[Any]:
    """The same silence for the next question: a cloud that does not answer is asked once a page."""
    return Answer(None, why.error, why.sign_in)


def _since(project_id: str) -> str:
    """What the cloud's answers are good for: until the newest run about models is another one, or has ended."""
    run = journal.newest(project_id, kinds=journal.MODELS)
    return f"{run.id} {run.state}" if run else ""


def _of_target(config: ProjectConfig, question: Callable[[Target], Answer[T | None]]) -> Answer[T | None]:
    try:
        return question(cloud_state.target(config))
    except TargetMissing:
        return Answer(None, "The rehearsal is not running yet, so the cloud can't be asked.")


@st.cache_data(ttl=4, max_entries=50, show_spinner=False)
def _standing(where: Target, ids: tuple[str, ...], since: str) -> Answer[dict[str, Endpoint] | None]:
    return _asked(where, lambda c: endpoints.look_at(c, list(ids)))


@st.cache_data(ttl=20, max_entries=50, show_spinner=False)
def _region(where: Target, subscription_id: str, location: str, since: str) -> Answer[Region | None]:
    return _asked(where, lambda c: sizes.ask(c, subscription_id, location))


def _asked(where: Target, question: Question[T]) -> Answer[T | None]:
    try:
        return Answer(bridge.ask(where, question, timeout=PATIENCE_S))
    except CloudError as error:
        return Answer(None, _said(where.name, error), error.sign_in)


def _said(cloud: str, error: CloudError) -> str:
    who = "The rehearsal" if cloud == "rehearsal" else "Azure"
    silent = error.code in ("Unreachable", "Timeout")
    return f"{who} does not answer: {error.message}" if silent else f"{who} says: {error.message}"
