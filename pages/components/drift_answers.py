"""What can be done about foreign changes: put back what was asked for, or take over what is there."""

import streamlit as st

from pages.components import changes, guard, markup, state, steps
from pages.components.markup import cell
from services.plan import Plan, build_plan
from services.runs import drift, take_over
from services.runs.changes import Difference, of_plan
from services.runs.client import RunActive
from services.runs.projects import Conflict
from services.runs.take_over import Taken

STARTED = "put_back_started"  # this tab has just started a run that puts back
TAKEN = "taken_over"  # this tab has just taken changes over


def draw(draft: state.Draft, plan: Plan, found: dict[str, tuple[Difference, ...]]) -> None:
    """Both ways, with what each would do besides."""
    _put_back(draft, list(found))
    fits = {
        (key, one.path): take_over.fitting(draft.id, plan, key, one) for key, some in found.items() for one in some
    }  # fmt: skip
    _take_over(draft, plan, {place: one for place, one in fits.items() if one})
    left = [one for place, one in fits.items() if one is None]
    if left:
        count = "One of them is" if len(left) == 1 else f"{len(left)} of them are"
        markup.note(
            f"{count} nothing that project.yaml can ask for: put back, or leave as it is.", live=False
        )


def forward(draft: state.Draft) -> None:
    """After a click: to the run that puts back, or to the summary that shows what taking over asks for."""
    if st.session_state.pop(STARTED, False):
        steps.go(steps.PROVISIONING, draft.id)
    if st.session_state.pop(TAKEN, False):
        steps.go(steps.SUMMARY, draft.id)


def _put_back(draft: state.Draft, keys: list[str]) -> None:
    """One start for all of them; what the draft would change besides is said first."""
    planned = of_plan(build_plan(draft.config), draft.id)
    besides = [one for key, one in planned.items() if one.kind in changes.WORK and key not in keys]
    if besides:
        markup.note(
            "Your draft has changes that were not applied yet: putting back applies them too. See the summary.", "care",
            live=False,
        )  # fmt: skip
    st.button(
        f"Put back {len(keys)} resource{'s' * (len(keys) != 1)}", key="put_back", on_click=_start, args=(draft.id, keys),
        help="Puts these resources as the project asks for them; nothing else is touched.",
    )  # fmt: skip


def _take_over(draft: state.Draft, plan: Plan, fits: dict[tuple[str, str], Taken]) -> None:
    """The settings that would ask for what is there, and one start for all of them."""
    if not fits:
        return
    rows = [
        [cell(plan[key].name, mono=True), cell(taken.path, mono=True), cell(changes.shown(taken.value))]
        for (key, _), taken in fits.items()
    ]
    markup.table("What taking over would set", ("Resource", "Setting in project.yaml", "Value"), rows)
    count = len({one.path for one in fits.values()})
    st.button(
        f"Take over {count} setting{'s' * (count != 1)}", key="take_over", on_click=_take,
        args=(draft.id, list(fits.values())),
        help="Writes what is there into the project. The summary then shows what applying it would change elsewhere.",
    )  # fmt: skip


@guard.answering
def _start(id: str, keys: list[str]) -> None:
    try:
        drift.put_back(id, keys, by=state.tab())
    except RunActive:
        st.session_state[state.REFUSED] = "A run of this project goes on. Wait for its end, then check again."
    else:
        _forget(id)
        st.session_state[STARTED] = True


@guard.answering
def _take(id: str, wanted: list[Taken]) -> None:
    try:
        take_over.take(id, wanted, by=state.tab())
    except Conflict as conflict:
        st.session_state[state.REFUSED] = f"{conflict.path} was just changed in another tab. Check again."
    else:
        _forget(id)
        st.session_state[TAKEN] = True


def _forget(id: str) -> None:
    """The check is of yesterday now."""
    st.session_state.get(state.DRIFT, {}).pop(id, None)
