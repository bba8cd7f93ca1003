"""The models that a project has had: choose another one, or remove one with its file."""

import streamlit as st

from pages.components import durations, guard, markup, state
from pages.components.upload_card import VERDICTS
from services.models import candidate, files, records, serving, testing
from services.models.files import in_words
from services.models.records import ModelRecord
from services.runs import journal


def draw(models: list[ModelRecord]) -> None:
    """A row for each model but the one in use, which has the card above; removing asks first."""
    if not models:
        return
    st.header("Models of this project", anchor=False)
    for model in models:
        with st.container(
            horizontal=True, vertical_alignment="center", gap="medium", key=f"kept_{model.id}", border=True
        ):
            _row(model, chosen=model is models[0])


def _row(model: ModelRecord, *, chosen: bool) -> None:
    word, tone, _ = VERDICTS[model.intake.verdict]
    markup.line(
        [
            (model.file_name, "muted", f"SHA-256 {model.sha256}"), (word, tone, "Verdict"),
            (in_words(model.size), "muted", f"{model.size:,} bytes"),
            (durations.ago(model.created_at), "muted", durations.clock(model.created_at)),
        ]
    )  # fmt: skip
    if chosen:
        markup.note("In use", "good", live=False)
    else:
        st.button("Use this one", key=f"choose_{model.id}", on_click=_choose, args=(model.id,))
    with st.popover("Remove"):
        st.markdown(
            f"Removes **{markup.plain(model.file_name)}** from this project, with its handler, its golden set and its test. "
            "What is deployed already stays as it is."
        )
        st.button("Remove it", key=f"remove_{model.id}", on_click=_remove, args=(model,))


@guard.answering
def _choose(id: str) -> None:
    records.choose(id, by=state.tab())


@guard.answering
def _remove(model: ModelRecord) -> None:
    """Nothing is taken from under a run; file and test server go when no other model is made of the file."""
    run = journal.newest(model.project_id)
    if run and not run.ended:
        st.session_state[state.REFUSED] = (
            "A run of this project goes on and may need the model. Wait for its end, or cancel it first."
        )
        return
    testing.forget(model.id)
    records.remove(model.id, by=state.tab())
    if not records.used(model.sha256):
        serving.stop(candidate.of_record(model).server_key)
        files.forget(model.sha256)
