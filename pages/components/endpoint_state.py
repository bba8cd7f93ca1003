"""An endpoint as it stands: state, address, authentication, and its deployments with their shares of the traffic."""

import streamlit as st

from pages.components import markup, result, run_panel
from pages.components.markup import cell
from services.catalogue.release_parts import endpoint_id
from services.config import ProjectConfig
from services.models.online.endpoints import Endpoint
from services.models.releasing import Serving

AUTH = {"Key": "Key", "AMLToken": "Azure Machine Learning token", "AADToken": "Microsoft Entra token"}


def draw(config: ProjectConfig, endpoint: Endpoint) -> None:
    """The essentials, the scoring URI to copy, the deployments."""
    shares = ", ".join(f"{name} {share} %" for name, share in endpoint.traffic.items()) or "none"
    markup.facts(
        [
            ("State", endpoint.state), ("Authentication", AUTH.get(endpoint.auth, endpoint.auth)), ("Traffic", shares),
            ("Region", config.location),
        ]
    )  # fmt: skip
    markup.note("Scoring URI", live=False)
    st.code(endpoint.scoring_uri or "It has none yet.", language=None, wrap_lines=True)
    _table(endpoint)
    if config.cloud == "azure":
        st.link_button("Open the endpoint in the Azure portal", f"{result.PORTAL}{endpoint.id}")


def known(config: ProjectConfig, name: str, serving: dict[str, Serving]) -> None:
    """What the project's runs know of an endpoint while the cloud says nothing."""
    mine = {place.partition("/")[2]: one for place, one in serving.items() if place.startswith(f"{name}/")}
    uri = next((_uri(one) for one in mine.values() if _uri(one)), "")
    markup.note(
        "The cloud does not say how it stands now. This is what the project's runs have left.",
        "care",
        live=False,
    )
    if uri:
        st.code(uri, language=None, wrap_lines=True)
    markup.note(endpoint_id(config, name), live=False)
    rows = [
        [
            cell(deployment, mono=True), cell(one.run.state), cell(one.release.file_name, mono=True),
            cell(f"{one.release.instance_count} × {one.release.instance_type}", mono=True),
        ]
        for deployment, one in mine.items()
    ]  # fmt: skip
    markup.table("Deployments by runs", ("Deployment", "Newest run", "Model file", "Instances"), rows)


def _uri(one: Serving) -> str:
    step = one.run.steps.get("online_endpoint")
    return str(step.outputs.get("properties.scoringUri") or "") if step else ""


def _table(endpoint: Endpoint) -> None:
    rows = [
        [
            cell(one.name, mono=True, title=one.id), cell(one.state, tone=run_panel.TONES.get(one.state, "running")),
            cell(f"{endpoint.traffic.get(one.name, 0)} %", right=True), cell(one.model or "–", mono=True),
            cell(f"{one.instances} × {one.instance_type}", mono=True),
        ]
        for one in endpoint.deployments
    ]  # fmt: skip
    if rows:
        markup.table("Deployments", ("Deployment", "State", "Traffic", "Model", "Instances"), rows)
    else:
        markup.note("It has no deployment.", "care", live=False)
