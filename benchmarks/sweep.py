"""Kills and faults at every point of a full run: how many were tried, how many runs were lost or did anything twice.

The tests try a sample of the points with the same code.
"""

import json
import os
import ssl
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.dying import fuse_file
from benchmarks.house import REPOSITORY, command, fresh_home, looking_at
from services.progress import RunView
from services.runs import client, journal, projects

EVERYTHING: dict[str, Any] = {"container_registry": {"mode": "new"}, "sql": {"mode": "new"}}
ENDS_WITHIN_S = 240.0
FAULTS: dict[str, dict[str, Any]] = {
    "429": {"do": {"status": 429, "retry_after": 1}},
    "500": {"do": {"status": 500}},
    "500 after it acted": {"do": {"status": 500}, "after": True},
    "503": {"do": {"status": 503}},
    "503 after it acted": {"do": {"status": 503}, "after": True},
    "dropped": {"do": {"drop": True}},
    "dropped after it acted": {"do": {"drop": True}, "after": True},
    "409 in progress": {"do": {"status": 409, "code": "AnotherOperationInProgress"}},
    "expired token": {"do": {"status": 404}, "match": {"method": "GET", "path": "(?i)operation"}},
    "stalled": {"do": {"delay": 3}},
}


@dataclass
class Tally:
    """Points tried, and what went wrong at which."""

    points: int = 0
    lost: list[str] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    def data(self) -> dict[str, Any]:
        """The figures."""
        return {**vars(self), "longest_s": round(self.longest_s, 1)}


class Ground:
    """One installation at pace 0 in which this process plays the web's part, with a worker of the sweep's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worker: subprocess.Popen[bytes] | None = None
        self.environment = os.environ | {"GROUNDPLAN_HOME": str(folder)}

    def staff(self) -> None:
        """Start a worker that dies when told; the one before is gone."""
        line = [sys.executable, "-m", "benchmarks.dying", "worker", "rehearsal"]
        quiet = subprocess.DEVNULL
        self.worker = subprocess.Popen(line, cwd=REPOSITORY, env=self.environment, stdout=quiet, stderr=quiet)

    def dead(self) -> bool:
        """Whether the worker has died."""
        return self.worker is None or self.worker.poll() is not None

    def kill(self) -> None:
        """End the worker with -9."""
        if self.worker:
            self.worker.kill()
            self.worker.wait()

    def restart_cloud(self) -> None:
        """Kill the simulator with -9 and start it again."""
        line = self.folder / "simulator" / "simulator.json"
        os.kill(json.loads(line.read_text())["pid"], 9)
        line.unlink()
        start = [sys.executable, "-m", "simulator", "serve", "--pace", "0"]
        quiet = subprocess.DEVNULL
        subprocess.Popen(start, cwd=REPOSITORY, env=self.environment, stdout=quiet, stderr=quiet)
        _wait(line.exists)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Call a control path of the simulator."""
        line = json.loads((self.folder / "simulator" / "simulator.json").read_text())
        context = ssl.create_default_context(cafile=line["ca_bundle"])
        request = urllib.request.Request(
            f"{line['endpoint']}/_simulator/{path}", None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"}, method=method,
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30, context=context) as answer:
            return json.load(answer)

    def puts(self, name: str, *, acted: bool) -> Counter[str]:
        """How often each resource of a project was put; with `acted`, answers that failed count, too.

        A secret may be written again.
        """
        seen = [r for r in self.control("GET", "requests") if r["method"] == "PUT" and name in r["path"]]
        counted = [r for r in seen if (r["status"] or 500) < 300 or (acted and (r["status"] or 500) >= 500)]
        return Counter(r["path"].split("?")[0] for r in counted if "/secrets/" not in r["path"])


@contextmanager
def ground() -> Iterator[Ground]:
    """A fresh installation; this process looks at it until the block ends."""
    with fresh_home(0) as environment, looking_at(environment), _alone():
        folder = Path(environment["GROUNDPLAN_HOME"])
        file = folder / "first.yaml"
        file.write_text("name: first\n")
        command(environment, "check", str(file))  # starts simulator and worker; ours takes the worker's place
        os.kill(json.loads((folder / "worker-rehearsal.lock").read_text())["pid"], 9)
        place = Ground(folder)
        place.staff()
        try:
            yield place
        finally:
            place.kill()


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else starts a worker."""
    staff = client._staff
    client._staff = lambda target: None
    try:
        yield
    finally:
        client._staff = staff


def kill_worker(place: Ground, points: Iterable[int], tally: Tally) -> None:
    """For each n: a full run whose worker dies just before its n-th write; the next one finishes it."""
    for n in points:
        name = f"kill{n:04d}"
        fuse_file(place.folder).write_text(str(n))
        run_id = client.start(projects.create({"name": name} | EVERYTHING).id)
        if not _wait(lambda: place.dead() or journal.view(run_id).ended):  # noqa: B023
            tally.lost.append(f"write {n}: neither died nor ended")
        if not place.dead():  # the run has fewer writes than that: the sweep is over
            place.kill()
            place.staff()  # without what is left of the fuse
            return
        place.staff()
        _judge(place, tally, name, run_id, f"write {n}")


def kill_web(place: Ground, points: Iterable[int], tally: Tally, *, both: bool = False) -> int:
    """For each n: a page's process that dies just before its n-th write when Create is pressed; the writes that it has."""
    for n in points:
        name = f"{'both' if both else 'web'}{n:02d}"
        choices = json.dumps({"name": name} | EVERYTHING)
        line = [sys.executable, "-m", "benchmarks.dying", "asker", str(n), choices]
        asker = subprocess.run(line, cwd=REPOSITORY, env=place.environment, check=False)
        if both:
            place.kill()
            place.staff()
        found = [p for p in projects.every() if p.name == name]
        if not found:
            found = [
                projects.create({"name": name} | EVERYTHING)
            ]  # nothing was stored: the user types it again
        newest = journal.newest(found[0].id)
        run_id = newest.id if newest else client.start(found[0].id)  # or presses Create again
        _judge(place, tally, name, run_id, f"{'both' if both else 'web'} {n}")
        if asker.returncode == 0:
            return n - 1
    return 0


def kill_simulator(place: Ground, points: Iterable[int], tally: Tally) -> None:
    """For each n: a full run whose cloud dies after its n-th write and comes back on its port and state."""
    for n in points:
        name = f"cloud{n:02d}"
        run_id = client.start(projects.create({"name": name} | EVERYTHING).id)
        _wait(lambda: sum(place.puts(name, acted=True).values()) >= n or journal.view(run_id).ended)  # noqa: B023
        place.restart_cloud()
        _judge(place, tally, name, run_id, f"cloud after write {n}", acted=True)


def faults(place: Ground, kinds: Iterable[str], points: Sequence[int], tally: Tally) -> None:
    """For each kind of fault and each of these requests of a full run: it fails so, and the run succeeds unaided."""
    for kind in kinds:
        for n in points:
            name = f"f{list(FAULTS).index(kind)}x{n:04d}"
            place.control("DELETE", "faults")
            match = FAULTS[kind].get("match", {}) | {"nth": n}
            place.control("POST", "faults", FAULTS[kind] | {"match": match, "times": 1})
            run_id = client.start(projects.create({"name": name} | EVERYTHING).id)
            _judge(place, tally, name, run_id, f"{kind}, request {n}", acted="after" in FAULTS[kind])
    place.control("DELETE", "faults")


def requests(place: Ground) -> int:
    """How many requests a full run sends, polls and tokens included."""
    place.control("POST", "faults", {"match": {"nth": 10**6}, "do": {"status": 500}})
    run_id = client.start(projects.create({"name": "counted"} | EVERYTHING).id)
    _wait(lambda: journal.view(run_id).ended)
    return int(place.control("GET", "faults")[0]["seen"])


def _judge(place: Ground, tally: Tally, name: str, run_id: str, point: str, *, acted: bool = False) -> None:
    """Wait for the run's end and hold it against the simulator's own journal."""
    began = time.monotonic()
    _wait(lambda: journal.view(run_id).ended or journal.view(run_id).state == "Parked")
    tally.points += 1
    tally.longest_s = max(tally.longest_s, time.monotonic() - began)
    run, puts = journal.view(run_id), place.puts(name, acted=acted)
    if not _whole(run) or len(puts) != len(run.steps):
        errors = {
            k: s.error.code if s.error else s.state for k, s in run.steps.items() if s.state != "Succeeded"
        }
        tally.lost.append(f"{point}: {run.state}, {len(puts)} of {len(run.steps)} put, {errors}")
    tally.repeats += [f"{point}: {path} {count} times" for path, count in puts.items() if count > 1]


def _whole(run: RunView) -> bool:
    return run.state == "Succeeded" and all(s.created_by_run for s in run.steps.values())


def _wait(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + ENDS_WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
