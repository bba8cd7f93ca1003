"""The steps in the portal's order, and the links between pages that keep the project in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

OVERVIEW = "setup/overview.py"


@dataclass(frozen=True)
class Step:
    """One page of the set-up: its number, file, titles, and the keys of `project.yaml` that are chosen there."""

    number: int
    file: str
    title: str
    short: str
    keys: tuple[str, ...] = ()


RESOURCE_GROUP = Step(
    1, "setup/resource_group.py", "Resource group", "Resource group",
    ("name", "cloud", "subscription_id", "resource_group", "tags"),
)  # fmt: skip
WORKSPACE = Step(
    2, "setup/workspace.py", "Workspace", "Workspace",
    ("workspace", "location", "storage_account", "key_vault", "application_insights", "log_analytics"),
)  # fmt: skip
REGISTRY = Step(3, "setup/registry.py", "Container registry", "Registry", ("container_registry",))
OPTIONS = Step(
    4,
    "setup/options.py",
    "Project options",
    "Options",
    ("data_sources", "sql", "learning", "production", "devops"),
)
SUMMARY = Step(5, "setup/summary.py", "Summary", "Summary")
PROVISIONING = Step(6, "setup/provisioning.py", "Provisioning", "Provisioning")
COMPLETE = Step(7, "setup/complete.py", "Complete", "Complete")
STEPS = (RESOURCE_GROUP, WORKSPACE, REGISTRY, OPTIONS, SUMMARY, PROVISIONING, COMPLETE)


def of_path(path: str) -> Step:
    """The step on which a key is chosen; keys that nothing knows belong to the summary."""
    head = path.partition(".")[0]
    return next((step for step in STEPS if head in step.keys), SUMMARY)


def after(step: Step) -> Step | None:
    """The next step."""
    return next((s for s in STEPS if s.number == step.number + 1), None)


def before(step: Step) -> Step | None:
    """The step before."""
    return next((s for s in STEPS if s.number == step.number - 1), None)


def query(project_id: str | None) -> Mapping[str, str]:
    """The parameters that go with every link: Streamlit's own navigation drops them."""
    return {"project": project_id} if project_id else {}


def link(
    step: Step | str, label: str, project_id: str | None, *, key: str = "", disabled: bool = False
) -> None:
    """A link to a page of this project, in a container of that key for the style sheet."""
    with st.container(key=key or None, width="content"):
        file = step if isinstance(step, str) else step.file
        st.page_link(file, label=label, query_params=query(project_id), disabled=disabled)


def go(step: Step | str, project_id: str | None) -> None:
    """Leave for a page of this project."""
    st.switch_page(step if isinstance(step, str) else step.file, query_params=query(project_id))
