"""How every page about a whole project begins, and the links between them."""

from functools import partial

import streamlit as st

from pages.components import graph_places, page, steps
from pages.components.project_places import PAGES, WORDS
from pages.components.state import Draft


def begin(which: str, title: str, sentence: str) -> Draft:
    """Read the project that the URL names and draw what stands above the content; else the page ends here."""
    return page.of_project(PAGES[which], title, sentence, partial(_links, which))


def _links(here: str, draft: Draft) -> None:
    """The pages of this group, this one marked as the steps mark theirs; the repository stands with its graph."""
    with st.container(key="stepper", horizontal=True, gap="small"):
        for which, file in PAGES.items():
            place = "current_place" if which == here else "place"
            steps.link(file, WORDS[which], draft.id, key=f"step_{which}_{place}")
        steps.link(graph_places.PAGES["files"], "Files", draft.id, key="step_files_place")
