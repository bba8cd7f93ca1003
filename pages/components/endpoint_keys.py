"""The keys of an endpoint: hidden until asked for, shown once, kept nowhere; either can be made anew."""

import streamlit as st

from pages.components import again, endpoint_cloud, guard, markup, secret_field
from services.config import ProjectConfig
from services.models.online import endpoints
from services.models.online.endpoints import Endpoint, KeyType

WHICH: tuple[KeyType, ...] = ("Primary", "Secondary")


def draw(config: ProjectConfig, endpoint: Endpoint) -> None:
    """The button that shows both keys, and the way to make one anew."""
    if endpoint.auth != "Key":
        st.info("This endpoint has no keys: programs bring a token.")
        return
    markup.lead(
        "Programs send one of the keys with every request. They are asked for when you press the button, shown until "
        "the page changes, and stored nowhere here."
    )
    again.drawn("keys", lambda: _shown(config, endpoint), None)
    st.header("Make a key anew", anchor=False)
    markup.lead("Let programs use the other key first: those that use the old one are refused from then on.")
    with st.container(horizontal=True):
        for which in WHICH:
            with st.popover(f"{which} key"):
                st.markdown(f"**The {which.lower()} key that is in use now stops working.**")
                st.button(
                    f"Make the {which.lower()} key anew", key=f"regenerate:{which}", type="primary",
                    on_click=_regenerate, args=(config, endpoint, which),
                )  # fmt: skip


def _shown(config: ProjectConfig, endpoint: Endpoint) -> None:
    if not st.button("Show the keys", key="show_keys"):
        return
    found = endpoint_cloud.ask(config, lambda cloud: endpoints.keys(cloud, endpoint.id))
    if found.value is None:
        markup.note(found.error, "bad")
        return
    for which in WHICH:
        secret_field.draw(f"{which} key", found.value[which])


@guard.answering
def _regenerate(config: ProjectConfig, endpoint: Endpoint, which: KeyType) -> None:
    if endpoint_cloud.change(config, lambda cloud: endpoints.regenerate(cloud, endpoint.id, which)):
        st.toast(f"The {which.lower()} key is made anew. It takes a few seconds until the new one is known.")
