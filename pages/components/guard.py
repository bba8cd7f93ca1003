"""Where every error that a page can't handle ends: one message in plain words, the rest in the log."""

import logging
from collections.abc import Callable

import streamlit as st

from pages.components import markup, state
from services.config import ConfigError
from services.models.records import ModelChanged, ModelMissing
from services.processes.home import HomeError
from services.runs.client import CannotStart
from services.runs.database import DatabaseError
from services.runs.journal import RunMissing
from services.runs.projects import ProjectMissing

REFUSALS = (
    DatabaseError,
    HomeError,
    ProjectMissing,
    RunMissing,
    CannotStart,
    ConfigError,
    ModelChanged,
    ModelMissing,
)

log = logging.getLogger("groundplan.pages")


def guarded(draw: Callable[[], None]) -> None:
    """Draw something; say in one message why it can't be drawn. Streamlit's own signals pass through."""
    try:
        draw()
    except (DatabaseError, HomeError) as error:
        st.error(f"**Groundplan can't reach its data.** {markup.plain(str(error))}")
        st.button("Try again", key="guard_again")
    except (ProjectMissing, RunMissing, ModelMissing) as error:
        st.warning(f"{markup.plain(str(error))} It may have been removed, or the address is mistyped.")
        st.page_link("setup/overview.py", label="To the overview")
    except Exception as error:
        log.exception("a page failed")
        st.error(
            f"**This page met an error of its own** ({type(error).__name__}). What you entered is kept. "
            "Reload the page; if it stays, the server's log has the details."
        )


def answering(act: Callable[..., None]) -> Callable[..., None]:
    """A callback of a button that keeps why it was refused; `refusal` says it above the page."""

    def guarded_act(*args: object) -> None:
        try:
            act(*args)
        except REFUSALS as error:
            st.session_state[state.REFUSED] = str(error)

    return guarded_act


def refusal() -> None:
    """Say why the last click was not followed."""
    message = st.session_state.pop(state.REFUSED, None)
    if message:
        st.error(markup.plain(message))
