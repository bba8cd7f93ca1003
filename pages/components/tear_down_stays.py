"""What a tear-down leaves where it is, unless the user names it: what Groundplan did not create; and locks in the way."""

import streamlit as st

from pages.components import markup
from pages.components.cloud_state import Answer
from pages.components.markup import cell
from services.catalogue.base import Resource
from services.plan import Plan
from services.runs import teardown
from services.runs.losses import Losses


def draw(plan: Plan, project_id: str, going: set[str]) -> list[str]:
    """A box for every resource that Groundplan did not create; the IDs of those that shall go all the same."""
    others = teardown.foreign(project_id, plan)
    st.header("What stays", anchor=False)
    rows = [[cell(r.name, mono=True, title=r.id), cell(r.label), cell(_why(r.is_new))] for r in others]
    if rows:
        markup.table("What stays", ("Resource", "Type", "Why"), rows)
        markup.note("Each stays unless you tick it.", live=False)
    also = [r.id for r in others if _box(r, project_id)]
    if also:
        markup.note(
            "What you have ticked may serve other projects, too. It goes with all that is in it.", "care"
        )
    if plan["resource_group"].id.lower() in going:
        markup.note(
            "The resource group goes last, and only when nothing is left in it: what somebody else has put there stays, "
            "and the group with it.", live=False,
        )  # fmt: skip
    return also


def locks(lost: Answer[Losses]) -> None:
    """The locks that forbid a removal, and what could not be asked."""
    for lock in lost.value.locks:
        where = lock["id"].rpartition("/providers/Microsoft.Authorization/")[0].rpartition("/")[2]
        said = (
            f"The lock {lock['name']} ({lock['level']}) on {where} forbids removing it. Take it away first."
        )
        markup.note(said, "care", live=False)
    for why in filter(None, [lost.error, *lost.value.unknown]):
        markup.note(f"What lies in the resources could not be asked. {why}", "care", live=False)


def _box(r: Resource, project_id: str) -> bool:
    return st.checkbox(f"Remove {markup.plain(r.name)} ({r.label}), too", key=f"also:{project_id}:{r.key}")


def _why(new: bool) -> str:
    return (
        "It was there already when Groundplan came." if new else "It was there before; you chose to use it."
    )
