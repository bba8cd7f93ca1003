"""Blue and green: a further deployment, how the traffic is shared, one way back; every stop replays the golden set."""

from collections.abc import Mapping

import streamlit as st

from pages.components import durations, guard, markup, model_places, release_run, state, steps
from pages.components.markup import cell
from pages.components.state import Draft
from services.models import releasing
from services.models.online import endpoints
from services.models.online.endpoints import Endpoint
from services.models.releasing import Serving
from services.progress import RunView
from services.release import Release, scaled
from services.runs import journal
from services.runs.client import CannotStart, RunActive

STOPS = (0, 10, 25, 50, 75, 90, 100)
SHOWN = 10


def draw(draft: Draft, endpoint: Endpoint, serving: Mapping[str, Serving]) -> None:
    """What can be moved, the way back, a further deployment, and the stops so far."""
    releases = {one.name: _release(endpoint, one.name, serving) for one in endpoint.deployments}
    known = {name: release for name, release in releases.items() if release}
    if len(endpoint.deployments) > 1 and known:
        _move(draft, endpoint, known)
        _back(draft, endpoint, known)
    elif endpoint.deployments and not endpoint.traffic and known:
        _move(draft, endpoint, known)
    _another(draft, endpoint)
    _stops(draft.id, endpoint.name)


def _move(draft: Draft, endpoint: Endpoint, known: Mapping[str, Release]) -> None:
    """A share for one of them; the others keep theirs in proportion."""
    st.header("Move traffic", anchor=False)
    names = list(known)
    least = min(range(len(names)), key=lambda n: endpoint.traffic.get(names[n], 0))
    name = st.segmented_control(
        "Deployment", names, default=names[least], key=f"move:{endpoint.name}", required=True
    )
    now = endpoint.traffic.get(str(name), 0)
    stops = sorted({*STOPS, now})
    share = st.select_slider(
        f"Share of {markup.plain(str(name))}", stops, now, key=f"share:{endpoint.name}:{name}:{now}",
        format_func=lambda one: f"{one} %",
    )  # fmt: skip
    alone = not any(part for other, part in endpoint.traffic.items() if other != name)
    idle = share == now or (alone and share not in (0, 100))
    after = _after(endpoint, str(name), int(share))
    markup.note(
        f"Afterwards: {release_run.words(after)}. The golden set of {name} is asked before.", live=False
    )
    st.button(
        "Move the traffic", key="move_traffic", type="primary", disabled=idle,
        help="Choose another share first." if idle else None,
        on_click=_start, args=(draft.id, known[str(name)], int(share), dict(endpoint.traffic)),
    )  # fmt: skip


def _back(draft: Draft, endpoint: Endpoint, known: Mapping[str, Release]) -> None:
    """One press gives all of the traffic to a deployment."""
    st.header("Roll back", anchor=False)
    with st.container(horizontal=True):
        for name, release in known.items():
            share = endpoint.traffic.get(name, 0)
            st.button(
                f"All traffic to {markup.plain(name)}", key=f"all_to:{name}", disabled=share == 100,
                help=f"It has {share} % now.", on_click=_start, args=(draft.id, release, 100, dict(endpoint.traffic)),
            )  # fmt: skip


def _another(draft: Draft, endpoint: Endpoint) -> None:
    """A further deployment beside what serves now, proposed in the other colour."""
    st.header("A further deployment", anchor=False)
    colour = endpoints.another_colour([one.name for one in endpoint.deployments])
    markup.lead(
        "A new version goes beside the one that serves. It answers the golden set first, then gets a share."
    )
    if st.button(f"Deploy {markup.plain(colour)} beside it", key="another_deployment"):
        state.commit(draft.id, "production.endpoint", endpoint.name)
        state.commit(draft.id, "production.deployment", colour)
        steps.go(model_places.PAGES["deploy"], draft.id)


def _stops(project_id: str, endpoint: str) -> None:
    """Every stop so far: who got which share when, and what the golden set said."""
    runs = [run for run in journal.history(project_id, kinds=("deploy",)) if _of(run).endpoint == endpoint]
    if not runs:
        return
    st.header("Stops so far", anchor=False)
    heads = ("When", "Deployment", "Share", "Golden set", "Slowest", "Run")
    markup.table("Stops so far", heads, [_stop(run) for run in runs[:SHOWN]])


def _stop(run: RunView) -> list[str]:
    release, smoke = _of(run), run.steps.get("smoke_test")
    told = smoke.outputs if smoke else {}
    passed = f"{told['passed']} of {told['requests']} passed" if told else "not passed"
    slowest = f"{told['slowest_ms']} ms" if told else "–"
    return [
        cell(durations.ago(run.created_at), title=durations.clock(run.created_at)), cell(release.deployment, mono=True),
        cell(f"{release.share} %", right=True), cell(passed, tone="good" if told else "bad"), cell(slowest, right=True),
        cell(run.state),
    ]  # fmt: skip


def _of(run: RunView) -> Release:
    return Release.of(run.options["release"])


def _release(endpoint: Endpoint, deployment: str, serving: Mapping[str, Serving]) -> Release | None:
    """What a run of the project has put there; None for a deployment that somebody else has made."""
    found = serving.get(f"{endpoint.name}/{deployment}")
    return found.release if found else None


def _after(endpoint: Endpoint, name: str, share: int) -> dict[str, int]:
    others = {other: part for other, part in endpoint.traffic.items() if other != name}
    if not any(others.values()):
        return {name: 100} if share else {}
    return scaled(others, 100 - share) | ({name: share} if share else {})


@guard.answering
def _start(project_id: str, release: Release, share: int, before: dict[str, int]) -> None:
    try:
        releasing.move_traffic(project_id, release, share, before, by=state.tab())
    except RunActive as error:
        raise CannotStart("A run of this project goes on. Wait for its end, or cancel it first.") from error
