"""The frame of every page: navigation that keeps the project in the URL, the header, one place where errors end."""

from pathlib import Path

import streamlit as st

from pages.components import (
    binding,
    graph_places,
    guard,
    header,
    markup,
    model_places,
    project_places,
    rehearsal_places,
    steps,
    touches,
)

ICON = Path(__file__).parents[1] / "assets" / "icons" / "favicon.png"

st.set_page_config(
    "Groundplan", str(ICON) if ICON.exists() else None, layout="wide", initial_sidebar_state="collapsed"
)
overview = st.Page(steps.OVERVIEW, title="Groundplan", default=True)
page = st.navigation(
    [
        overview,
        *(st.Page(step.file, title=f"{step.title} · Groundplan") for step in steps.STEPS),
        *(
            st.Page(file, title=title)
            for file, title in (
                graph_places.TITLES | model_places.TITLES | project_places.TITLES | rehearsal_places.TITLES
            ).items()
        ),
    ],
    position="hidden",
)
markup.style()
guard.guarded(binding.reconcile)
with st.container(key="top"):
    guard.guarded(header.draw)
    guard.refusal()
guard.guarded(page.run)
touches.draw(page.url_path)
