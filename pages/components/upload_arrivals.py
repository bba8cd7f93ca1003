"""Files that have come and are being looked at: how far that is, and what came of those that were refused."""

import streamlit as st

from pages.components import again, guard, markup, state
from services.models import arrivals, files, records
from services.models.arrivals import Arrival

REFRESH_S = 0.7


def waiting(project_id: str) -> bool:
    """Whether files have come that are no models yet: looked at, refused, or lost on the way."""
    return any(one.state != "kept" for one in arrivals.of_project(project_id))


def draw(project_id: str) -> None:
    """Show them and look again while one goes on; when one has ended the whole page is drawn anew."""
    before = _shown(project_id)
    going_on = any(not one.ended for one in before)

    def panel() -> None:
        guard.guarded(lambda: _turn(project_id, [one.state for one in before if one.ended]))

    again.drawn("arrivals", panel, REFRESH_S if going_on else None)


def _turn(project_id: str, ended_before: list[str]) -> None:
    now = arrivals.of_project(project_id)
    if [one.state for one in now if one.ended] != ended_before:
        st.rerun()
    for one in now:
        _one(one)


def _shown(project_id: str) -> list[Arrival]:
    """What is not yet a model: those that are speak for themselves."""
    for one in arrivals.of_project(project_id):
        if one.state == "kept":
            arrivals.dismiss(one.id)
    return arrivals.of_project(project_id)


def _one(one: Arrival) -> None:
    name = markup.plain(one.name)
    if not one.ended:
        words = "is waiting to be looked at" if one.state == "waiting" else "is being looked at"
        st.progress(one.share, f"{name} {words}")
        return
    with st.container(border=True, key=f"arrival_{one.id}"):
        st.error(f"**{name} was not taken.** {markup.plain(one.said)}")
        with st.container(horizontal=True):
            if one.state == "lost":
                st.button("Look again", key=f"again_{one.id}", on_click=_again, args=(one.id,))
            st.button("Dismiss", key=f"dismiss_{one.id}", on_click=_dismiss, args=(one.id, one.sha256))


@guard.answering
def _again(id: str) -> None:
    arrivals.again(id)


@guard.answering
def _dismiss(id: str, sha256: str) -> None:
    """Forget it, and its file if no model is made of it."""
    arrivals.dismiss(id)
    if not records.used(sha256):
        files.forget(sha256)
    st.session_state.pop(state.REFUSED, None)
