"""The endpoints of a project and the parts of their page: which one, which part, and what is drawn without the cloud."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from pages.components import (
    endpoint_cloud,
    endpoint_code,
    endpoint_keys,
    endpoint_logs,
    endpoint_metrics,
    endpoint_remove,
    endpoint_scale,
    endpoint_state,
    endpoint_traffic,
    endpoint_try,
    model_places,
    steps,
)
from pages.components.state import Draft
from services.config import ProjectConfig
from services.models import records, releasing
from services.models.online.endpoints import Endpoint
from services.models.records import ModelRecord
from services.models.releasing import Serving
from services.release import Release
from services.runs import journal


@dataclass(frozen=True)
class Served:
    """An endpoint of a project: as it stands, what the project's runs have put there, and the model for the form."""

    draft: Draft
    config: ProjectConfig
    endpoint: Endpoint
    serving: dict[str, Serving]
    model: ModelRecord | None

    @property
    def release(self) -> Release | None:
        """What most of the requests meet, as far as runs of the project know it."""
        mine = {
            name: one.release
            for place, one in self.serving.items()
            for name in [_within(place, self.endpoint.name)]
        }
        most = sorted(self.endpoint.traffic, key=lambda name: -self.endpoint.traffic[name])
        return next((mine[name] for name in [*most, *mine] if name and name in mine), None)


PARTS: dict[str, Callable[[Served], None]] = {
    "Try it": lambda s: endpoint_try.draw(s.config, s.endpoint, s.model),
    "Code": lambda s: endpoint_code.draw(s.config, s.endpoint, s.release, s.model),
    "Keys": lambda s: endpoint_keys.draw(s.config, s.endpoint),
    "Traffic": lambda s: endpoint_traffic.draw(s.draft, s.endpoint, s.serving),
    "Logs": lambda s: endpoint_logs.draw(s.config, s.endpoint),
    "Metrics": lambda s: endpoint_metrics.draw(s.config, s.endpoint),
    "Scale": lambda s: endpoint_scale.draw(s.config, s.endpoint),
    "Remove": lambda s: endpoint_remove.draw(s.draft, s.endpoint),
}


def names(project_id: str) -> list[str]:
    """The endpoints that runs of a project have worked on, the newest first."""
    runs = journal.history(project_id, kinds=("deploy",))
    return list(dict.fromkeys(run.options["release"]["endpoint"] for run in runs))


def show(draft: Draft, some: list[str]) -> None:
    """One endpoint of the project: as the cloud has it now, else as the project's runs have left it."""
    config = releasing.project_config(draft.id)
    standing = endpoint_cloud.standing(draft.id, config, tuple(some))
    endpoint_cloud.trouble(standing, "endpoint")
    found = standing.value
    there = some if found is None else [name for name in some if name in found]
    if not there:
        none(draft)
        return
    name = there[0] if len(there) == 1 else _choose(there)
    st.header(name, anchor=False)
    if found is None:
        endpoint_state.known(config, name, releasing.serving(draft.id))
        return
    endpoint_state.draw(config, found[name])
    _parts(_served(draft, config, found[name]))


def none(draft: Draft) -> None:
    """Say that nothing is served yet, and where that begins."""
    st.info("This project serves no model yet. Test one on this machine, then deploy it.")
    steps.link(model_places.PAGES["deploy"], "Deploy", draft.id)


def _choose(some: list[str]) -> str:
    """Which of several endpoints is shown; the URL knows it."""
    return str(
        st.segmented_control(
            "Endpoint", some, default=some[0], key="endpoint", required=True, bind="query-params"
        )
    )


def _parts(served: Served) -> None:
    """The chosen part of the page; the URL knows which."""
    part = st.segmented_control(
        "Part of the page", list(PARTS), default="Try it", key="part", required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    with st.container(key="part_of_endpoint"):
        PARTS[str(part)](served)


def _served(draft: Draft, config: ProjectConfig, endpoint: Endpoint) -> Served:
    """What is known of a standing endpoint."""
    found = Served(draft, config, endpoint, releasing.serving(draft.id), None)
    sha256 = found.release.sha256 if found.release else ""
    mine = records.every(draft.id)
    model = next((one for one in mine if one.sha256 == sha256), next(iter(mine), None))
    return Served(draft, config, endpoint, found.serving, model)


def _within(place: str, endpoint: str) -> str:
    """The deployment of a place, "" where it is another endpoint's."""
    return place.removeprefix(f"{endpoint}/") if place.startswith(f"{endpoint}/") else ""
