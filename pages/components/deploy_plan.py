"""What pressing Deploy would do: every step, how long it takes, what it costs a month; and the button."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.components import changes, cloud_state, durations, guard, markup, state, titles
from pages.components.markup import cell
from pages.components.state import Draft
from services.config import ConfigError, Problem
from services.models import files, records, releasing
from services.models.online import sizes
from services.models.online.sizes import Region
from services.models.records import ModelRecord
from services.plan import Plan, build_release
from services.release import Release
from services.runs.changes import Change, of_plan
from services.runs.client import CannotStart, RunActive

VERBS = {
    "model_file": "Upload",
    "model": "Register",
    "environment": "Register",
    "code": "Register",
    "smoke_test": "Ask",
}
ALWAYS = ("smoke_test", "traffic")


def draw(
    draft: Draft, model: ModelRecord, chosen: Mapping[str, Any], region: Region | None, stopped: str
) -> None:
    """The plan of the release and its start; `stopped` says why it can't begin."""
    problems = _problems(draft)
    if problems:
        st.header("What will be done", anchor=False)
        markup.items((f"{titles.of(one.path)}: {one.message}" for one in problems), "bad")
        return
    release = releasing.propose(model, draft.config, **chosen)
    plan = build_release(draft.config, release)
    planned, pace = _planned(plan, draft.id), cloud_state.pace(draft.config)
    takes = durations.short(max(changes.finish_s(plan, planned).values()) * pace)
    st.header("What will be done", anchor=False)
    markup.lead(
        f"About {takes}: what does not depend on each other is done at once. Requests come in only when every request of "
        f"the golden set ({len(release.golden)}) is answered as on this machine."
    )
    _table(plan, planned, pace)
    _cost(draft, release, region)
    st.button(
        "Deploy", key="deploy", type="primary", disabled=bool(stopped), help=stopped or None,
        on_click=_start, args=(draft.id, model.id, dict(chosen)),
    )  # fmt: skip


def _problems(draft: Draft) -> list[Problem]:
    return [one for one in draft.parsed.problems if one.path.startswith("production.")]


def _planned(plan: Plan, project_id: str) -> dict[str, Change]:
    """What happens to each part; the golden set is asked and the traffic looked at every time."""
    return {key: Change("create") if key in ALWAYS else one for key, one in of_plan(plan, project_id).items()}


def _table(plan: Plan, planned: Mapping[str, Change], pace: float) -> None:
    done = changes.finish_s(plan, planned)
    rows = [
        [
            cell(str(number), right=True), cell(r.name, mono=True, title=r.id), cell(r.label), _word(r.key, planned[r.key]),
            *(cell(durations.short(s * pace) if planned[r.key].kind in changes.WORK else "–", right=True)
              for s in (r.expected_s, done[r.key])),
        ]
        for number, r in enumerate(plan, 1)
    ]  # fmt: skip
    heads = ("", "Part", "Type", "What happens", "Takes", "Ready after")
    markup.table("The parts of the deployment in order", heads, rows)


def _word(key: str, one: Change) -> str:
    if one.kind != "create":
        return changes.word(one)
    return cell("Set" if key == "traffic" else VERBS.get(key, changes.WORDS["create"]))


def _cost(draft: Draft, release: Release, region: Region | None) -> None:
    """Dollars a month, as far as a price is known; and from when the price is."""
    size = sizes.named(release.instance_type, region)
    month = size.month(draft.config.location, release.instance_count) if size else None
    count = f"{release.instance_count} × {release.instance_type}"
    if month is None:
        markup.note(f"Cost of {count} in {draft.config.location}: none known.", "care", live=False)
    else:
        markup.note(f"Cost of {count}: about {sizes.money(month)} a month ({sizes.HOURS} hours).", live=False)
    if draft.config.cloud == "rehearsal":
        markup.note("In the rehearsal nothing costs money.", live=False)


@guard.answering
def _start(project_id: str, model_id: str, chosen: dict[str, Any]) -> None:
    """Begin with the model and the choices as they are now: they may have changed since the page was drawn."""
    try:
        release = releasing.propose(records.get(model_id), releasing.project_config(project_id), **chosen)
        releasing.start(project_id, release, by=state.tab())
    except RunActive:
        st.session_state[state.REFUSED] = (
            "A run of this project goes on. Wait for its end, or cancel it first."
        )
    except (releasing.GateClosed, files.FileMissing, CannotStart, ConfigError) as error:
        st.session_state[state.REFUSED] = str(error)
