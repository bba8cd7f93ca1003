"""Which cloud, and which subscription of it; for Azure also who signs in and how."""

from functools import partial

import streamlit as st

from pages.components import again, binding, cloud_state, fields, markup, state, titles
from pages.components.state import Draft
from services.cloud import sign_in
from services.cloud.target import resolve
from services.config import REHEARSAL_SUBSCRIPTION
from services.processes.home import home

WAYS = {
    "default": "What is there: az login, environment, managed identity", "browser": "A browser window of this machine",
    "device": "A code to enter on another device",
}  # fmt: skip


def draw(draft: Draft) -> None:
    """Cloud and subscription; both stay once the project has been applied."""
    key = binding.bind(draft.key("cloud"), draft.config.cloud, partial(_change, draft.id), "select")
    st.selectbox(
        "Cloud", ("rehearsal", "azure"), key=key, format_func=titles.word, disabled=draft.fixed,
        help="The rehearsal is a simulator of Azure on this machine: no account, no cost.",
    )  # fmt: skip
    if draft.config.cloud == "azure":
        _sign_in(draft)
    answer = cloud_state.subscriptions(draft.config)
    if answer.value:
        _select(draft, {str(s["subscriptionId"]): str(s.get("displayName") or "") for s in answer.value})
    else:
        fields.text(draft, "subscription_id", label="Subscription", disabled=draft.fixed)
        cloud_state.trouble(answer, "subscription")


def _change(id: str, cloud: str) -> None:
    """Another cloud has other subscriptions."""
    state.commit(id, "cloud", cloud)
    state.remove(id, "subscription_id")


def _select(draft: Draft, known: dict[str, str]) -> None:
    shown = str(draft.shown("subscription_id"))
    unset = draft.config.cloud == "azure" and shown == REHEARSAL_SUBSCRIPTION
    options = [*known, *([] if shown in known or unset else [shown])]
    write = partial(state.commit, draft.id, "subscription_id")
    key = binding.bind(draft.key("subscription_id"), None if unset else shown, write, "select")
    st.selectbox(
        "Subscription" + fields.REQUIRED, options, index=None if unset else 0, key=key, disabled=draft.fixed,
        placeholder="Choose a subscription",
        format_func=lambda id: f"{known[id]} ({id})" if id in known else f"{id} (not among yours)",
        help="Resources are created in it, and it is billed for them.",
    )  # fmt: skip
    fields.verdict(draft, "subscription_id")


def _sign_in(draft: Draft) -> None:
    way = st.session_state.get(state.SIGN_IN) or resolve("azure", home()).sign_in
    key = binding.bind(state.SIGN_IN_WIDGET, way, _choose_way, "select")
    st.selectbox("Sign in with", list(WAYS), key=key, format_func=WAYS.__getitem__)
    if way != "default":
        st.button("Sign in", key="sign_in_now", on_click=_begin, args=(draft, way))
    if state.DEVICE in st.session_state:
        again.drawn("sign_in", _under_way, 2.0)
    tenants = cloud_state.tenants(draft.config)
    if tenants.value:
        markup.note(
            "Tenants: " + ", ".join(str(t.get("displayName") or t.get("tenantId")) for t in tenants.value)
        )


def _choose_way(way: str) -> None:
    """What the environment offers counts at once, for every process; the other ways once somebody has signed in."""
    if way == "default":
        sign_in.forget(home())
        st.session_state.pop(state.SIGN_IN, None)
    else:
        st.session_state[state.SIGN_IN] = way
    cloud_state.forget()


def _begin(draft: Draft, way: str) -> None:
    start = sign_in.start_device_code if way == "device" else sign_in.start_browser
    st.session_state[state.DEVICE] = start(cloud_state.target(draft.config))


def _under_way() -> None:
    """Show the code while it is waited for; when somebody has signed in, ask the cloud anew."""
    code: sign_in.DeviceCode | None = st.session_state.get(state.DEVICE)
    if code is None:
        return
    if code.done:
        del st.session_state[state.DEVICE]
        st.session_state.pop(state.SIGN_IN, None)  # it is kept now, for every process
        cloud_state.forget()
        st.rerun()
    if code.error:
        markup.note(f"Nobody signed in: {code.error}", "bad")
    else:
        markup.note(code.message or "Asking Microsoft for a code.", "running")
