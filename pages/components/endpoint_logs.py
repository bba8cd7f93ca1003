"""The logs of a deployment's containers: the inference server, and what mounts the files before it."""

import streamlit as st

from pages.components import endpoint_cloud, markup
from services.config import ProjectConfig
from services.models.online import endpoints
from services.models.online.endpoints import CONTAINERS, Endpoint

TAILS = (100, 500, 2000, 5000)


def draw(config: ProjectConfig, endpoint: Endpoint) -> None:
    """Which log, how much of it, the log, and a file of it."""
    names = [one.name for one in endpoint.deployments]
    if not names:
        st.info("There is no deployment, so there are no logs.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Deployment", names, key=f"log_of:{endpoint.name}", width=180)
        container = st.selectbox(
            "Container",
            list(CONTAINERS),
            format_func=lambda one: CONTAINERS[one],
            key="log_container",
            width=220,
        )
        tail = st.selectbox("Last lines", TAILS, key="log_tail", width=140)
        st.button("Refresh", key="log_refresh")
    deployment = endpoint.deployment(name)
    assert deployment
    answer = endpoint_cloud.ask(config, lambda cloud: endpoints.logs(cloud, deployment.id, container, tail))
    if answer.value is None:
        markup.note(answer.error, "bad")
        return
    if not answer.value.strip():
        markup.note("The container has written nothing yet.", live=False)
        return
    st.code(answer.value, language="log", height=420)
    st.download_button(
        "Download the log", answer.value, f"{endpoint.name}-{name}-{container}.log", "text/plain", key="log_file",
        on_click="ignore",
    )  # fmt: skip
