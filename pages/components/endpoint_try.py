"""Try an endpoint with the form of its model: by the traffic or one deployment; which one has answered, and how fast."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components import endpoint_cloud, markup, request_form
from services.config import ProjectConfig
from services.models.online.endpoints import Endpoint
from services.models.records import ModelRecord

BY_TRAFFIC = "By the traffic"
PATIENCE_S = 185.0  # Azure cuts a request off after 180 s


class NoAnswer(Exception):
    """The endpoint could not be asked; the message says why."""


@dataclass(frozen=True)
class Reply:
    """What an endpoint has answered: status, body, milliseconds, and which deployment it was."""

    status: int
    body: Any
    ms: float
    by: str = ""


def draw(config: ProjectConfig, endpoint: Endpoint, model: ModelRecord | None) -> None:
    """The choice of who answers, then the form."""
    if model is None:
        st.info(
            "The model of this endpoint is not in this installation, so there is no form for it. Its code is below Code."
        )
        return
    ways = [BY_TRAFFIC] * bool(endpoint.traffic) + [one.name for one in endpoint.deployments]
    if not ways:
        st.info("Nothing can answer yet: the endpoint has no deployment.")
        return
    way = st.segmented_control(
        "Who answers", ways, default=ways[0], key=f"way:{endpoint.name}", required=True
    )
    place = f"endpoint:{endpoint.name}"
    request_form.draw(
        place, model, lambda request: _asked(config, endpoint, "" if way == BY_TRAFFIC else way, request)
    )
    by = st.session_state.get(f"answered_by:{endpoint.name}")
    if by:
        markup.note(f"The last answer came from {by}.", live=False)


def send(config: ProjectConfig, endpoint: Endpoint, deployment: str, request: Any) -> Reply:
    """Ask the endpoint as a program would, with its key; `NoAnswer` when it can't be asked."""
    said = endpoint_cloud.ask(
        config, lambda cloud: cloud.scored(endpoint.id, deployment, request, PATIENCE_S), PATIENCE_S + 10
    )
    if said.value is None:
        raise NoAnswer(said.error)
    status, body, seconds, by = said.value
    return Reply(status, body, seconds * 1000, by)


def _asked(config: ProjectConfig, endpoint: Endpoint, deployment: str, request: Any) -> Reply:
    reply = send(config, endpoint, deployment, request)
    st.session_state[f"answered_by:{endpoint.name}"] = reply.by
    return reply
