"""How every page about a project's model begins, and the links between them in the order of the way of a model."""

from functools import partial

import streamlit as st

from pages.components import markup, model_places, page, steps, upload_arrivals
from pages.components.model_places import PAGES, WORDS
from pages.components.state import Draft
from services.models import records
from services.models.records import ModelRecord


def begin(which: str, title: str, sentence: str) -> Draft:
    """Read the project that the URL names and draw what stands above the content; else the page ends here."""
    return page.of_project(PAGES[which], title, sentence, partial(_links, which))


def with_model(which: str, title: str, sentence: str) -> tuple[Draft, ModelRecord]:
    """The same for a page that needs a model file; without one it ends here.

    It says where to bring one. A file that is being looked at is shown instead, and the page goes on once that has ended.
    """
    draft = begin(which, title, sentence)
    arriving = upload_arrivals.waiting(draft.id)  # asked first: one that ends meanwhile is a model by then
    model = records.current(draft.id)
    if model is None:
        _without(draft, arriving)
        st.stop()
    markup.line([(model.file_name, "muted", f"SHA-256 {model.sha256}")])
    return draft, model


def _without(draft: Draft, arriving: bool) -> None:
    if arriving:
        upload_arrivals.draw(draft.id)
    else:
        st.info("This project has no model file yet. Bring one, or try it with one of the samples.")
    steps.link(model_places.FIRST, "To the model file" if arriving else "Bring a model file", draft.id)


def _links(here: str, draft: Draft) -> None:
    """The pages of this group, this one marked as the steps mark theirs."""
    with st.container(key="stepper", horizontal=True, gap="small"):
        for number, (which, file) in enumerate(PAGES.items(), 1):
            place = "current_place" if which == here else "place"
            steps.link(file, f"{number} {WORDS[which]}", draft.id, key=f"step_{which}_{place}")
