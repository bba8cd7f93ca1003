"""Every key of the session state, and the one way in which a page reads and writes a project's draft.

The database is the truth. A session holds only what a tab needs to be told apart: who it is, which version of a draft it has
shown, and what it could not write.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import streamlit as st

from services.cloud.target import rehearsal_subscription
from services.config import Problem, ProjectConfig
from services.parsing import Parsed, parse
from services.processes.home import HomeError, home
from services.runs import projects
from services.runs.database import DatabaseError
from services.runs.projects import MISSING, Conflict, Project, ProjectMissing

TAB = "tab"  # this tab's name as a writer
SEEN = "seen"  # project id -> the Project that this tab has shown
UNSAVED = "unsaved"  # (project id, path) -> Unsaved
TOLD = "told"  # project id -> what another tab has changed, said once
SIGN_IN = (
    "sign_in"  # the way to sign in to Azure that this tab has chosen; without it the kept sign-in counts
)
SIGN_IN_WIDGET = "sign_in_with"
DRIFT = "drift"  # project id -> what the last check of this tab has found
DEVICE = "device_code"  # a sign-in that is under way
NEW_PROJECT = "new_project"  # the draft that the overview's name field has begun: {"id": ...}
WAITING_TAGS = "waiting_tags"  # (project id, row, 0 name or 1 value) -> a text that can't be a tag yet
SAID = "said"  # that the cloud does not answer has been said in this run of the page
PLAYED = "played"  # the scenario that the rehearsal has just begun anew in, said once
REFUSED = "refused"  # why a click could not be followed
PAGE = "page"  # the page that this tab shows, with its project
DRAWN = "drawn"  # the widgets of that page: key -> (value shown, how to write a change)


@dataclass(frozen=True)
class Unsaved:
    """A value that could not be written, and why: another tab's value, or a fault of the database."""

    path: str
    value: Any
    conflict: Conflict | None = None
    fault: str = ""


@dataclass(frozen=True)
class Draft:
    """A project as a page sees it: what is stored, and what comes of reading it."""

    project: Project
    parsed: Parsed

    @property
    def id(self) -> str:
        """The project's ID, which stands in every URL."""
        return self.project.id

    @property
    def config(self) -> ProjectConfig:
        """The best configuration that the draft gives."""
        return self.parsed.config

    @property
    def fixed(self) -> bool:
        """Whether a run has begun, so that the project's identity stays."""
        return self.project.applied is not None

    def key(self, path: str) -> str:
        """The widget key of a configuration's key."""
        return f"{self.id}:{path}"

    def shown(self, path: str) -> Any:
        """What the field shows: what was typed, even if it is wrong or could not be written; else the default."""
        unsaved = unsaved_of(self.id).get(path)
        if unsaved:
            return unsaved.value
        chosen = projects.look_up(self.project.choices, path)
        return value_at(self.config, path) if chosen is MISSING else chosen

    def problems(self, path: str) -> tuple[Problem, ...]:
        """What is wrong with a key and those below it."""
        return self.parsed.at(path)


def tab() -> str:
    """This tab's name as a writer of drafts."""
    return str(st.session_state.setdefault(TAB, uuid.uuid4().hex[:12]))


def project_id() -> str | None:
    """The project that the URL names."""
    return st.query_params.get("project") or None


def read(id: str) -> Draft:
    """Read the draft anew; what this tab has shown from now on is this version."""
    project = projects.get(id)
    before = _seen().get(id)
    if before and before.version != project.version and project.writer != tab():
        _told()[id] = changed_keys(before, project)
    _seen()[id] = project
    return Draft(project, parsed(project.choices))


def parsed(choices: Any) -> Parsed:
    """Read choices with the running rehearsal's subscription."""
    return parse(choices, subscription_id=rehearsal_subscription(home()))


def begin(name: str) -> None:
    """Store the first key strokes of a new project's name, or the next ones."""
    begun: dict[str, str] = st.session_state.setdefault(NEW_PROJECT, {})
    if "id" in begun:
        commit(begun["id"], "name", name)
    elif name:
        id = create({"name": name})
        begun |= {"id": id} if id else {}


def create(choices: dict[str, Any]) -> str | None:
    """Store a new project and give its ID; None when it could not be stored, which the page says."""
    writer = tab()
    try:
        return projects.create(choices, writer=writer).id
    except (DatabaseError, HomeError) as error:
        st.session_state[REFUSED] = str(error)
        return None


def changed_elsewhere(id: str) -> bool:
    """Whether another tab has written since this one looked."""
    seen, now = _seen().get(id), projects.get(id)
    return seen is not None and now.version != seen.version and now.writer != tab()


def commit(id: str, path: str, value: Any) -> None:
    """Write one key of a draft; what can't be written is kept in the session, and the page says so."""
    known, unsaved, told_of, writer = (
        _seen(),
        _unsaved(),
        _told(),
        tab(),
    )  # no session is touched after the write
    try:
        seen = known.get(id) or projects.get(id)
        stored = _stored(seen, path, value)
        now = projects.set_key(id, path, stored, seen=seen.choices, seen_version=seen.version, writer=writer)
    except Conflict as conflict:
        unsaved[(id, path)] = Unsaved(path, value, conflict=conflict)
    except (DatabaseError, HomeError, ProjectMissing) as error:
        unsaved[(id, path)] = Unsaved(path, value, fault=str(error))
    else:
        elsewhere = [key for key in changed_keys(seen, now) if key != path and not path.startswith(f"{key}.")]
        if now.version > seen.version + 1 and elsewhere:
            told_of[id] = elsewhere
        known[id] = now
        unsaved.pop((id, path), None)


def section_choices(id: str, section: str) -> dict[str, Any]:
    """What the user has chosen in a section, as this tab has seen it."""
    seen = _seen().get(id)
    found = seen.choices.get(section) if seen else None
    return dict(found) if isinstance(found, dict) else {}


def remove(id: str, path: str) -> None:
    """Take a choice back, so that the default stands again."""
    commit(id, path, MISSING)


def take_mine(id: str, path: str) -> None:
    """Write this tab's value over the other's, which the user has seen."""
    mine = _unsaved().pop((id, path), None)
    if mine:
        commit(id, path, mine.value)


def take_theirs(id: str, path: str) -> None:
    """Drop this tab's value."""
    _unsaved().pop((id, path), None)


def unsaved_of(id: str) -> dict[str, Unsaved]:
    """What this tab could not write, by path."""
    return {path: one for (project, path), one in _unsaved().items() if project == id}


def told(id: str) -> list[str]:
    """The keys that another tab has changed since this one looked; empty once it has been told."""
    return _told().pop(id, [])


def value_at(config: ProjectConfig, path: str) -> Any:
    """The value of a dotted key in a configuration."""
    head, _, rest = path.partition(".")
    return (
        getattr(config.sections[head], rest)
        if rest and head in config.sections
        else getattr(config.core, head)
    )


def changed_keys(before: Project, now: Project) -> list[str]:
    """The keys whose choices differ, down to a section's fields."""
    keys = dict.fromkeys([*_leaves(before.choices), *_leaves(now.choices)])
    return [k for k in keys if projects.look_up(before.choices, k) != projects.look_up(now.choices, k)]


def _leaves(choices: Any, above: str = "") -> list[str]:
    found: list[str] = []
    for key, value in choices.items():
        deeper = isinstance(value, dict) and not above and key != "tags"
        found += _leaves(value, f"{key}.") if deeper else [f"{above}{key}"]
    return found


def _stored(seen: Project, path: str, value: Any) -> Any:
    """A value that equals the default is no choice: names go on following what they derive from."""
    if value is MISSING or (isinstance(value, dict) and path != "tags"):
        return value
    default = value_at(parsed(projects.with_key(seen.choices, path, MISSING)).config, path)
    plain = list(default) if isinstance(default, tuple) else default
    return MISSING if plain == value and path != "name" else value


def _seen() -> dict[str, Project]:
    return st.session_state.setdefault(SEEN, {})  # type: ignore[no-any-return]


def _unsaved() -> dict[tuple[str, str], Unsaved]:
    return st.session_state.setdefault(UNSAVED, {})  # type: ignore[no-any-return]


def _told() -> dict[str, list[str]]:
    return st.session_state.setdefault(TOLD, {})  # type: ignore[no-any-return]
