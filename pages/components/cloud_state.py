"""What pages ask of the cloud: kept for a short while, and never in the way when the cloud does not answer."""

import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar

import streamlit as st

from pages.components import markup, state
from services import parsing
from services.catalogue import registry
from services.cloud import bridge, sign_in
from services.cloud.connect import Cloud
from services.cloud.errors import CloudError
from services.cloud.target import Target, TargetMissing, rehearsal_subscription, resolve
from services.config import Problem, ProjectConfig
from services.plan import Plan, build_plan
from services.preflight import Finding, check, existing, names, regions
from services.preflight.existing import Candidate
from services.processes.home import HomeError, home
from services.runs import drift, losses
from services.runs.changes import Difference
from services.runs.losses import Losses

T = TypeVar("T")
PATIENCE_S = 8.0
SILENCE_S = 15.0


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What the cloud said, or why it said nothing."""

    value: T
    error: str = ""
    sign_in: bool = False


@dataclass(frozen=True)
class Region:
    """A region of the subscription; `lacks` names the types of this project that it does not offer."""

    name: str
    title: str
    lacks: tuple[str, ...] = field(default=())


# Clouds that did not answer: until when nobody asks them again, and what is said meanwhile.
_silent: dict[Target, tuple[float, Answer[Any] | None]] = {}


def target(config: ProjectConfig) -> Target:
    """The cloud of a project; `TargetMissing` while the rehearsal is not up."""
    return resolve(config.cloud, home(), st.session_state.get(state.SIGN_IN))


def pace(config: ProjectConfig) -> float:
    """How fast that cloud goes: 1 for Azure, the simulator's own for the rehearsal."""
    try:
        return target(config).pace
    except TargetMissing:
        return 1.0


@st.cache_resource(show_spinner=False)
def warm() -> None:
    """Load the SDKs in the background once, so that the first page that asks does not wait for them."""
    config = parsing.parse({"name": "warm"}, subscription_id=rehearsal_subscription(home())).config
    choosing = [kind.Settings for kind in registry.TYPES.values() if "mode" in kind.Settings.model_fields]
    sections = [settings.section for settings in choosing]

    def ask() -> None:
        with suppress(TargetMissing, CloudError, HomeError):
            where = resolve("rehearsal", home())
            for section in dict.fromkeys(sections):
                bridge.ask(where, partial(existing.candidates, section, config))

    threading.Thread(target=ask, name="warm-cloud", daemon=True).start()


def candidates(section: str, config: ProjectConfig) -> Answer[list[Candidate]]:
    """The existing resources that a section could use."""
    return _answer(
        config, lambda t: _candidates(t, section, config.subscription_id, config.location, config), []
    )


def region_list(config: ProjectConfig) -> Answer[list[Region]]:
    """The regions of the subscription by title, each with what it lacks."""
    types = tuple(sorted({(r.type, r.label) for r in build_plan(config) if r.is_new}))
    return _answer(config, lambda t: _regions(t, config.subscription_id, types), [])


def subscriptions(config: ProjectConfig) -> Answer[list[dict[str, Any]]]:
    """The subscriptions that whoever is signed in can see."""
    return _answer(config, _subscriptions, [])


def tenants(config: ProjectConfig) -> Answer[list[dict[str, Any]]]:
    """The tenants that whoever is signed in belongs to."""
    return _answer(config, _tenants, [])


def findings(config: ProjectConfig) -> Answer[list[Finding]]:
    """Every check of the preflight."""
    return _answer(config, lambda t: _findings(t, config.digest, config), [])


def taken(config: ProjectConfig, key: str, path: str) -> Callable[[], Problem | None]:
    """A check whether the name of a new resource is another customer's; silent when the cloud does not answer."""

    def ask() -> Problem | None:
        resource = next((r for r in build_plan(config) if r.key == key), None)
        if resource is None or not resource.is_new:
            return None
        answer = _answer(
            config, lambda t: _taken(t, key, resource.name, resource.id, config.digest, config), None
        )
        if not answer.value:
            return None
        return Problem(path, "name_taken", answer.value, names.another(key, resource.name, config))

    return ask


def drifted(plan: Plan, project_id: str) -> Answer[dict[str, tuple[Difference, ...]]]:
    """Key -> what differs from what the runs have put, asked anew at every call."""
    return _answer(
        plan.config, lambda t: _asked(t, lambda cloud: drift.check(plan, project_id, cloud), {}, 30.0), {}
    )


def losses_of(config: ProjectConfig, ids: tuple[str, ...]) -> Answer[Losses]:
    """What lies in resources that are about to go, and which locks hold them."""
    return _answer(config, lambda t: _losses(t, ids), Losses({}))


def forget() -> None:
    """Ask everything anew the next time."""
    _silent.clear()
    for kept in (_candidates, _regions, _subscriptions, _tenants, _findings, _taken, _losses):
        kept.clear()


def trouble(answer: Answer[Any], id: str) -> None:
    """Say in one message that the cloud does not answer, and what can be done without it; once on a page."""
    if not answer.error or st.session_state.get(state.SAID):
        return
    st.session_state[state.SAID] = True
    if answer.sign_in:
        st.warning(f"{sign_in.HELP} What you have chosen is kept.")
    else:
        markup.note(f"{answer.error} What you have chosen is kept; names can be entered by hand.", "care")
    st.button("Ask again", key=f"ask_again:{id}", on_click=forget, type="tertiary")


def _answer(config: ProjectConfig, question: Callable[[Target], Answer[T]], nothing: T) -> Answer[T]:
    try:
        return question(target(config))
    except TargetMissing:
        return Answer(nothing, "The rehearsal is not running yet, so Azure can't be asked.")


def _asked(
    where: Target,
    question: Callable[[Cloud], Coroutine[Any, Any, T]],
    nothing: T,
    patience: float = PATIENCE_S,
) -> Answer[T]:
    until, why = _silent.get(where, (0.0, None))
    if why and time.monotonic() < until:
        return Answer(nothing, why.error, why.sign_in)
    try:
        return Answer(bridge.ask(where, question, timeout=patience))
    except CloudError as error:
        who = "The rehearsal" if where.name == "rehearsal" else "Azure"
        answer = Answer(
            nothing, f"{who} does not answer: {error.message}", error.sign_in and where.name == "azure"
        )
        if error.sign_in or error.code == "Unreachable":
            _silent[where] = (time.monotonic() + SILENCE_S, answer)
        return answer


@st.cache_data(ttl=20, max_entries=200, show_spinner=False)
def _candidates(
    where: Target, section: str, subscription_id: str, location: str, _config: ProjectConfig
) -> Answer[list[Candidate]]:
    return _asked(where, lambda cloud: existing.candidates(section, _config, cloud), [])


@st.cache_data(ttl=120, max_entries=50, show_spinner="Reading the regions of the subscription")
def _regions(where: Target, subscription_id: str, types: tuple[tuple[str, str], ...]) -> Answer[list[Region]]:
    return _asked(where, lambda cloud: _read_regions(cloud, subscription_id, types), [])


async def _read_regions(
    cloud: Cloud, subscription_id: str, types: tuple[tuple[str, str], ...]
) -> list[Region]:
    spaces = sorted({kind.partition("/")[0] for kind, _ in types} - {"Microsoft.Resources"})
    providers = {space: await cloud.provider(space, subscription_id) for space in spaces}
    offered = {label: _offered(providers, kind) for kind, label in types}
    found = [
        Region(
            str(one["name"]), str(one.get("displayName") or one["name"]),
            tuple(label for label, where in offered.items() if where and one["name"] not in where),
        )
        for one in await cloud.locations(subscription_id)
        if (one.get("metadata") or {}).get("regionType", "Physical") == "Physical"
    ]  # fmt: skip
    return sorted(found, key=lambda region: (bool(region.lacks), region.title))


def _offered(providers: dict[str, Any], kind: str) -> set[str]:
    space, _, name = kind.partition("/")
    return regions.locations(providers[space], name) if space in providers else set()


@st.cache_data(ttl=60, max_entries=20, show_spinner=False)
def _subscriptions(where: Target) -> Answer[list[dict[str, Any]]]:
    return _asked(where, lambda cloud: cloud.subscriptions(), [], 30.0)


@st.cache_data(ttl=60, max_entries=20, show_spinner=False)
def _tenants(where: Target) -> Answer[list[dict[str, Any]]]:
    return _asked(where, lambda cloud: cloud.tenants(), [], 30.0)


@st.cache_data(ttl=10, max_entries=50, show_spinner="Checking with Azure")
def _findings(where: Target, digest: str, _config: ProjectConfig) -> Answer[list[Finding]]:
    return _asked(where, lambda cloud: check(_config, cloud), [], 30.0)


@st.cache_data(ttl=30, max_entries=200, show_spinner=False)
def _taken(
    where: Target, key: str, name: str, id: str, digest: str, _config: ProjectConfig
) -> Answer[str | None]:
    return _asked(where, lambda cloud: _name_taken(cloud, key, name, id, _config), None)


@st.cache_data(ttl=20, max_entries=50, show_spinner="Looking what is in the resources")
def _losses(where: Target, ids: tuple[str, ...]) -> Answer[Losses]:
    return _asked(where, lambda cloud: losses.look(cloud, ids), Losses({}), 30.0)


async def _name_taken(cloud: Cloud, key: str, name: str, id: str, config: ProjectConfig) -> str | None:
    """A name that this project's own resource holds, or held before it was deleted, is not another's."""
    answer = await names.taken(key, name, config, cloud)
    own = answer and await names.ours(key, name, id, config, cloud)
    return None if own else answer
