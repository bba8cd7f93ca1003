"""How long a run stands still after its worker was killed: from the new worker's start to the next progress.

With `--sweep` also the kills at every write of both journals (worker, web, both), with `--faults` every request of a full
run failing in every way; `--every N` takes each N-th point.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import sweep as sweeps
from benchmarks.house import REPOSITORY, command, fresh_home

PACE = 0.25
PROJECT = "name: recover\n"
# What a worker imports before it can ask Azure for anything: the engine, its workflows, the SDKs of a run's beginning.
IMPORTS = "import services.runs.worker, services.runs.workflows, services.cloud.clients as c; c.warm()"
ASKED = "SELECT count(*) FROM step WHERE correlation_id != ''"
ENDED = "SELECT count(*) FROM step WHERE finished_at IS NOT NULL"
IN_FLIGHT = 4  # vault, storage account, logs beside the group that is done


def measure(rounds: int = 3, sweep: bool = False, faults: bool = False, every: int = 1) -> dict[str, Any]:
    """Medians in seconds: kill -9 to progress, a new process's imports alone, and the difference; and the sweeps."""
    kills = {"kills": _kills(every)} if sweep else {}
    failures = {"faults": _faults(every)} if faults else {}
    return {**_medians(rounds), **kills, **failures}


def _kills(every: int) -> dict[str, Any]:
    """Points, losses and repeats of the kills."""
    found: dict[str, Any] = {}
    with sweeps.ground() as place:
        for who in ("worker", "web", "both"):
            tally = sweeps.Tally()
            if who == "worker":
                sweeps.kill_worker(place, range(1, 10_000, every), tally)
            else:
                sweeps.kill_web(place, range(1, 100), tally, both=who == "both")
            found[who] = tally.data()
        tally = sweeps.Tally()
        sweeps.kill_simulator(place, range(1, 11), tally)
        found["simulator"] = tally.data()
    return found


def _faults(every: int) -> dict[str, Any]:
    """The same of the faults, and how many requests a full run has."""
    tally = sweeps.Tally()
    with sweeps.ground() as place:
        requests = sweeps.requests(place)
        sweeps.faults(place, sweeps.FAULTS, range(1, requests + 1, every), tally)
    return {"requests": requests, "kinds": list(sweeps.FAULTS), **tally.data()}


def _medians(rounds: int) -> dict[str, Any]:
    progress = sorted(_recovery() for _ in range(rounds))[rounds // 2]
    imports = sorted(_imports() for _ in range(rounds))[rounds // 2]
    figures = {"progress_s": progress, "imports_s": imports, "beside_imports_s": progress - imports}
    return {key: round(value, 2) for key, value in figures.items()} | {"rounds": rounds}


def _recovery() -> float:
    """Kill the worker while resources are being created, start another, and wait for a step to end."""
    with fresh_home(PACE) as environment:
        home = Path(environment["GROUNDPLAN_HOME"])
        file = home / "project.yaml"
        file.write_text(PROJECT)
        command(environment, "check", str(file))
        apply = _start(environment, "apply", str(file))
        while _count(environment, ASKED) < IN_FLIGHT:
            time.sleep(0.02)
        os.kill(json.loads((home / "worker-rehearsal.lock").read_text())["pid"], signal.SIGKILL)
        apply.kill()
        apply.wait()
        time.sleep(30 * PACE)  # what Azure has finished meanwhile is there to be found
        before, began = _count(environment, ENDED), time.perf_counter()
        worker = _start(environment, "worker", "--target", "rehearsal")
        while _count(environment, ENDED) == before:
            time.sleep(0.02)
        took = time.perf_counter() - began
        worker.kill()
        worker.wait()
        return took


def _count(environment: dict[str, str], question: str) -> int:
    """How many steps have come so far, read from the database as a page reads it."""
    database = Path(environment["GROUNDPLAN_HOME"]) / "groundplan.sqlite"
    if not database.exists():
        return 0
    with sqlite3.connect(database, timeout=5) as connection:
        found = connection.execute(question).fetchone()
    connection.close()
    return int(found[0])


def _imports() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], cwd=REPOSITORY, check=True)
    return time.perf_counter() - began


def _start(environment: dict[str, str], *words: str) -> "subprocess.Popen[bytes]":
    line = [sys.executable, "-m", "services", *words]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(line, cwd=REPOSITORY, env=environment, stdout=quiet, stderr=quiet)
