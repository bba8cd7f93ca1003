"""What only a rehearsal has: the scenarios that its simulator can play, and which one it plays now.

It speaks to the simulator's control paths. Nothing that provisions or deploys comes through here: runs know no rehearsal.
"""

import json
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from services.cloud.target import ready_line
from services.processes.home import home

WITHIN_S = 10.0


@dataclass(frozen=True)
class Scenario:
    """A rehearsal in which something goes wrong; `name` is what `--scenario` takes."""

    name: str
    title: str
    what: str


@dataclass(frozen=True)
class Stage:
    """The running simulator: what it can play, what it plays ("" where all goes well), and how much stands in it."""

    scenarios: tuple[Scenario, ...]
    playing: str
    resources: int
    endpoint: str
    pace: float


class NoRehearsal(Exception):
    """The simulator does not answer; the message says what to do."""


def stage() -> Stage:
    """Ask the running simulator; `NoRehearsal` when there is none."""
    line = _line()
    found = tuple(Scenario(**one) for one in _call(line, "GET", "/scenarios"))
    playing, resources = _call(line, "GET", "/scenario")["name"], _call(line, "GET", "/resources")
    return Stage(found, playing or "", len(resources), line["endpoint"], float(line.get("pace", 1.0)))


def play(name: str) -> None:
    """Begin the rehearsal anew in a scenario, "" for one in which all goes well: everything that stands in it is gone."""
    _call(_line(), "POST", "/scenario", {"name": name or None})


def _line() -> dict[str, Any]:
    line = ready_line(home())
    if line is None:
        raise NoRehearsal(
            "The rehearsal's simulator is not running. It starts with the page; wait a moment and try again."
        )
    return line


def _call(line: dict[str, Any], method: str, path: str, body: Any = None) -> Any:
    context = ssl.create_default_context(cafile=line["ca_bundle"])
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    data = None if body is None else json.dumps(body).encode()
    address = f"{line['endpoint']}/_simulator{path}"
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"}, method=method)
    try:
        with opener.open(request, timeout=WITHIN_S) as answer:
            return json.load(answer)
    except (OSError, ValueError) as error:
        raise NoRehearsal(
            f"The rehearsal's simulator does not answer ({error}). Try again in a moment."
        ) from error
