"""Parts of a page that are drawn again by themselves, each in a container that keeps its place.

When such a part begins anew, Streamlit drops what of it is not sent yet, even of the run of the whole page before. The
browser then takes the part for gone and moves up what comes after it, which the part's next drawing overwrites: a button
is missing. What the container itself is sent with belongs to no part, so it stays.
"""

from collections.abc import Callable

import streamlit as st


def drawn(name: str, draw: Callable[[], None], every: float | None) -> None:
    """Draw something now, and again every so many seconds; `name` is unique on its page."""
    with st.container(key=f"again_{name}"):
        st.fragment(draw, run_every=every)()
