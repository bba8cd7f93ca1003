"""The sample models: one click, and a newcomer has a model with everything that follows from it."""

import streamlit as st

from pages.components import guard, markup, state
from services.models import arrivals, files, samples
from services.models.files import FileNotKept
from services.models.samples import Sample


def draw(project_id: str, *, folded: bool) -> None:
    """Offer them; folded once the project has a model of its own."""
    known = samples.every()
    if not known:
        return
    if folded:
        with st.expander("Try it with a sample"):
            _offer(project_id, known)
        return
    st.header("Try it with a sample", anchor=False)
    _offer(project_id, known)


def _offer(project_id: str, known: tuple[Sample, ...]) -> None:
    markup.note("Each comes with sample requests and what the model answers to them.", live=False)
    for sample in known:
        with st.container(
            horizontal=True, vertical_alignment="center", gap="medium", key=f"sample_{sample.key}"
        ):
            st.markdown(f"**{markup.plain(sample.title)}**  \n{markup.plain(sample.description)}", width=660)
            st.button(
                f"Use {markup.plain(sample.path.name)}", key=f"use_{sample.key}", on_click=_take, args=(project_id, sample),
                help="It is taken as if you had uploaded it.",
            )  # fmt: skip


@guard.answering
def _take(project_id: str, sample: Sample) -> None:
    """Copy the file into the store and have it looked at, as an upload is."""
    try:
        stored = files.keep(sample.path)
    except FileNotKept as error:
        st.session_state[state.REFUSED] = str(error)
        return
    arrivals.begin(
        project_id, sample.path.name, stored.sha256, id=f"{project_id}-{sample.key}", golden=sample.golden,
        by=state.tab(),
    )  # fmt: skip
