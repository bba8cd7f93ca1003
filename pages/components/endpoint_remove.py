"""Removing a deployment or the whole endpoint: what is lost, what it no longer costs, and the name typed to confirm."""

import streamlit as st

from pages.components import guard, markup, state
from pages.components.state import Draft
from services.models import releasing
from services.models.online import sizes
from services.models.online.endpoints import Deployment, Endpoint
from services.runs.client import CannotStart, RunActive


def draw(draft: Draft, endpoint: Endpoint) -> None:
    """A deployment, then the endpoint with all of them."""
    region = draft.config.location
    if endpoint.deployments:
        st.header("Remove a deployment", anchor=False)
        names = [one.name for one in endpoint.deployments]
        name = st.selectbox("Deployment", names, key=f"remove_of:{endpoint.name}", width=240)
        one = endpoint.deployment(name)
        assert one
        markup.items([*_loses(endpoint, one), _saves([one], region)])
        _confirm(draft, endpoint.name, name)
    st.header("Remove the endpoint", anchor=False)
    count = len(endpoint.deployments)
    markup.items(
        [
            f"Its address and both keys are gone, with {count} deployment{'s' * (count != 1)}: programs that ask it fail.",
            "Registered models, environments and files stay: they cost next to nothing, and can be deployed again.",
            _saves(list(endpoint.deployments), region),
        ]
    )
    _confirm(draft, endpoint.name, None)


def _loses(endpoint: Endpoint, one: Deployment) -> list[str]:
    share = endpoint.traffic.get(one.name, 0)
    if not share:
        return ["It gets no traffic: nobody notices."]
    if share == 100:
        return [
            "It has all of the traffic. It goes back to a deployment that had it before; without one nobody answers."
        ]
    return [f"Its {share} % of the traffic go to the others."]


def _saves(some: list[Deployment], region: str) -> str:
    """What is not billed any more, as far as prices are known."""
    known = [(sizes.named(one.instance_type, None), one.instances) for one in some]
    months = [size.month(region, instances) if size else None for size, instances in known]
    if not months:
        return "Without a deployment an endpoint costs nothing."
    if None in months:
        return "What it costs a month: none known."
    return f"It costs about {sizes.money(sum(filter(None, months)))} a month on Azure, which ends."


def _confirm(draft: Draft, endpoint: str, deployment: str | None) -> None:
    name = deployment or endpoint
    what = "deployment" if deployment else "endpoint"
    key = f"confirm_{what}:{endpoint}:{deployment}"
    typed = st.text_input(
        f"Type the name of the {what} to confirm: {markup.plain(name)}", key=key, width=420, live="300ms",
        autocomplete="off", max_chars=64,
    )  # fmt: skip
    meant = (typed or "").strip() == name
    st.button(
        f"Remove the {what}", key=f"remove_{what}", type="primary", disabled=not meant,
        help=None if meant else "It can be pressed once the name above is typed.",
        on_click=_start, args=(draft.id, endpoint, deployment, key, name),
    )  # fmt: skip


@guard.answering
def _start(project_id: str, endpoint: str, deployment: str | None, key: str, name: str) -> None:
    """Begin, if the field still holds the name."""
    if str(st.session_state.get(key, "")).strip() != name:
        return
    try:
        releasing.remove(project_id, endpoint, deployment, by=state.tab())
    except RunActive as error:
        raise CannotStart("A run of this project goes on. Wait for its end, or cancel it first.") from error
    st.session_state[key] = ""
