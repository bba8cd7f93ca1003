"""The region: by Azure's own names, with those marked that lack a type this project needs."""

import streamlit as st

from pages.components import cloud_state, fields, markup, state
from pages.components.state import Draft

HELP = "Choose one close to your users and your data. Everything of the project goes there."


def draw(draft: Draft) -> None:
    """A select of the subscription's regions; free entry while the cloud does not answer."""
    with st.container(key="region", gap="xxsmall"):
        _draw(draft)


def _draw(draft: Draft) -> None:
    answer = cloud_state.region_list(draft.config)
    if not answer.value:
        fields.text(draft, "location", label="Region", help=HELP)
        cloud_state.trouble(answer, "location")
        return
    known = {region.name: region for region in answer.value}
    shown = str(draft.shown("location"))
    fields.select(
        draft, "location", [*known, *([] if shown in known else [shown])], label="Region" + fields.REQUIRED, help=HELP,
        words=lambda name: _words(known.get(name), name),
    )  # fmt: skip
    chosen = known.get(state.value_at(draft.config, "location"))
    if chosen is None:
        markup.note("The subscription has no such region. Choose one of the list.", "bad")
    elif chosen.lacks:
        markup.note(
            f"{chosen.title} does not offer: {', '.join(chosen.lacks)}. Choose another region.", "bad"
        )


def _words(region: cloud_state.Region | None, name: str) -> str:
    if region is None:
        return name
    return f"{region.title} (lacks {', '.join(region.lacks)})" if region.lacks else region.title
