"""Tearing a project down: what would go, what would stay and why, and a start that has to be meant."""

import unicodedata
from dataclasses import dataclass

import streamlit as st

from pages.components import (
    cloud_state,
    graph_panel,
    guard,
    markup,
    receipt,
    run_panel,
    soft_delete,
    state,
    steps,
    tear_down_stays,
)
from pages.components.markup import cell
from pages.components.state import Draft
from services.catalogue import registry
from services.plan import Plan
from services.progress import RunView
from services.runs import journal, losses, teardown
from services.runs.client import RunActive
from services.runs.losses import Losses

# What a resource takes with it that cannot be made again from project.yaml.
INSIDE = {
    "storage_account": "Every blob, file and model in it",
    "key_vault": "Every secret, key and certificate in it",
    "log_analytics": "Every log in it",
    "application_insights": "Its view of requests and failures",
    "container_registry": "Every image in it",
    "sql_server": "Its logins and firewall rules",
    "sql_database": "Every table and row in it",
    "workspace": "Its models, jobs, environments and endpoints",
    "role_assignment": "The workspace's access to the storage account",
}


@dataclass(frozen=True)
class Going:
    """A resource that tearing down would remove."""

    key: str
    id: str
    label: str


def progress(run: RunView) -> None:
    """A removal as it goes on; its receipt when it has ended."""
    plan = journal.plan_of(run.id)

    def draw(now: RunView) -> None:
        guard.refusal()
        run_panel.summary(now)
        run_panel.failures(now, plan)
        if now.ended:
            receipt.draw(now, plan)
            return
        graph_panel.draw(plan, now.project, now, height=400)
        run_panel.table(now, plan)
        run_panel.cancel(now)

    run_panel.live(run.id, draw)


def offer(draft: Draft) -> None:
    """What would go and what would stay; the start waits for the project's name."""
    applied = next((r for r in journal.history(draft.id) if r.kind == "apply"), None)
    made = journal.made_by(draft.id)
    if applied is None or not made:
        markup.note("Nothing stands that Groundplan has created for this project.", live=False)
        steps.link(steps.SUMMARY, "Review + create", draft.id)
        return
    plan = journal.plan_of(applied.id)
    going = [_going(plan, key, id) for key, id in reversed(made)]
    st.header("What would be removed", anchor=False)
    markup.lead("Only what Groundplan has created for this project, each before what it needs.")
    lost = cloud_state.losses_of(plan.config, tuple(g.id for g in going))
    rows = [
        [cell(g.id.rpartition("/")[2], mono=True, title=g.id), cell(g.label), cell(_inside(g, lost.value))]
        for g in going
    ]
    markup.table("What would be removed", ("Resource", "Type", "What is lost with it"), rows)
    tear_down_stays.locks(lost)
    also = tear_down_stays.draw(plan, draft.id, {g.id.lower() for g in going})
    _confirm(draft, going, also)


def _going(plan: Plan, key: str, id: str) -> Going:
    return Going(key, id, run_panel.label_of(plan, key))


def _inside(one: Going, lost: Losses) -> str:
    """What goes with it: in words, and counted where it could be."""
    said, counted = INSIDE.get(registry.of(one.key).key, "–"), lost.contents.get(one.id.lower())
    return f"{said}: {losses.words(counted)}" if counted else said


def _confirm(draft: Draft, going: list[Going], also: list[str]) -> None:
    """Purge or not, the project's name, Start."""
    name = journal.plan_of(journal.history(draft.id)[0].id).config.name
    st.header("Tear down", anchor=False)
    kept = soft_delete.kept(g.key for g in going)
    if kept:
        st.checkbox(
            f"Purge what Azure would keep for recovery ({kept})", key=f"purge:{draft.id}",
            help="Purged is gone for good and its name is free at once. Otherwise it can be recovered, and keeps its name.",
        )  # fmt: skip
    typed = st.text_input(
        f"Type the project's name to confirm: {markup.plain(name)}", key=f"confirm:{draft.id}", width=420, live="300ms",
        autocomplete="off", max_chars=64,
    )  # fmt: skip
    meant, count = _same(typed, name), len(going) + len(also)
    st.button(
        f"Remove {count} resource{'s' * (count != 1)}", key="tear_down", type="primary", disabled=not meant,
        help=None if meant else "It can be pressed once the name above is typed.",
        on_click=_start, args=(draft.id, name, also),
    )  # fmt: skip


def _same(typed: str, name: str) -> bool:
    return unicodedata.normalize("NFC", typed).strip() == unicodedata.normalize("NFC", name).strip()


@guard.answering
def _start(id: str, name: str, also: list[str]) -> None:
    """Begin, with what the fields hold now: they may have changed since the page was drawn."""
    purge, typed = bool(st.session_state.get(f"purge:{id}")), str(st.session_state.get(f"confirm:{id}", ""))
    if not _same(typed, name):
        return
    try:
        teardown.start(id, purge, by=state.tab(), also=also)
    except RunActive:
        st.session_state[state.REFUSED] = (
            "A run of this project goes on. Wait for its end, or cancel it first."
        )
    else:
        st.session_state[f"confirm:{id}"] = ""
