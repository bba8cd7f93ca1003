"""Where the data comes from; SQL as a source asks for a database."""

from functools import partial

import streamlit as st

from pages.components import binding, markup, state, titles
from pages.components.state import Draft

ALL = ("csv", "xlsx", "json", "sql")


def draw(draft: Draft) -> None:
    """Any of four sources, in the order in which they are chosen."""
    write = partial(state.commit, draft.id, "data_sources")
    key = binding.bind(draft.key("data_sources"), list(draft.config.core.data_sources), write, "select")
    st.multiselect(
        "Data sources", ALL, key=key, format_func=titles.word,
        help="They decide which readers the project's files hold.",
    )  # fmt: skip
    without = getattr(draft.config.sections["sql"], "mode", "none") == "none"
    if "sql" in draft.config.core.data_sources and without:
        markup.note(
            "SQL is a source, and no Azure SQL is chosen. Fine if your database is elsewhere.", "care"
        )
        st.button("Add a new Azure SQL database", key="add_sql", type="tertiary", on_click=state.commit, args=(
            draft.id, "sql.mode", "new"
        ))  # fmt: skip
