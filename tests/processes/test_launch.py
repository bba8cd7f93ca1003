"""Start, adopt, replace, stop: with real processes that stand in for the simulator and the workers."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.processes import family, launch, leases, spawn
from services.processes.presence import Presence
from tests.processes.house import REPOSITORY, until

SIMULATOR = [sys.executable, "-m", "tests.processes.stand_in", "serve"]
WORKER = [sys.executable, "-m", "tests.processes.stand_in", "worker"]
COMMANDS = {
    "simulator": SIMULATOR,
    "worker-rehearsal": WORKER,
    "worker-azure": [*WORKER, "--target", "azure"],
}


@pytest.fixture
def installation(home: Path) -> Iterator[Path]:
    """A fresh home whose processes are stopped after the test."""
    yield home
    launch.stop_all()


@pytest.fixture
def by_hand(installation: Path) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Processes that a test starts as a user would, outside of `ensure`; they end with the test."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def alive() -> dict[str, int]:
    """Return the living processes by name, as the status page shows them."""
    return {shown.name: shown.pid for shown in launch.status() if shown.pid}


def test_what_is_missing_is_started_and_what_runs_is_adopted(installation: Path) -> None:
    """The first call starts both and returns when both answer; the second changes nothing."""
    first = launch.ensure("rehearsal", COMMANDS)
    assert first.fresh == ("simulator", "worker-rehearsal")
    assert launch.readiness("rehearsal") == {"simulator": True, "worker": True}
    assert launch.ensure("rehearsal", COMMANDS) == launch.Started("rehearsal", first.pids, ())
    assert alive() == first.pids


def test_azure_needs_no_simulator(installation: Path) -> None:
    """Its worker runs alone, beside the one of the rehearsal."""
    started = launch.ensure("azure", COMMANDS)
    assert alive() == started.pids and list(started.pids) == ["worker-azure"]


def test_stopping_leaves_nothing(installation: Path) -> None:
    """Every process that was started here has ended when the call returns."""
    pids = [
        *launch.ensure("rehearsal", COMMANDS).pids.values(),
        *launch.ensure("azure", COMMANDS).pids.values(),
    ]
    launch.stop_all()
    assert alive() == {} and not any(psutil.pid_exists(pid) for pid in pids)


def test_they_survive_the_terminal(installation: Path) -> None:
    """Each leads a session of its own, so that the terminal's Ctrl+C does not reach it."""
    for pid in launch.ensure("rehearsal", COMMANDS).pids.values():
        assert os.getsid(pid) == pid


def test_two_processes_at_once_start_one_family(installation: Path) -> None:
    """Two servers that start in the same instant end up with the same simulator and worker."""
    code = f"from services.processes import launch; print(launch.ensure('rehearsal', {COMMANDS!r}).pids)"
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = {process.communicate(timeout=30)[0].strip() for process in both}
    assert answers == {str(alive())}


def test_threads_at_once_start_one_family(installation: Path) -> None:
    """The lock that keeps processes apart keeps threads apart."""
    found: list[dict[str, int]] = []
    threads = [
        threading.Thread(target=lambda: found.append(launch.ensure("rehearsal", COMMANDS).pids))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [alive()] * 4


def test_a_killed_worker_is_replaced_and_the_simulator_kept(installation: Path) -> None:
    """After kill -9 its lock is free, whatever the file says."""
    before = launch.ensure("rehearsal", COMMANDS).pids
    os.kill(before["worker-rehearsal"], signal.SIGKILL)
    until(lambda: "worker-rehearsal" not in alive())
    after = launch.ensure("rehearsal", COMMANDS)
    assert after.fresh == ("worker-rehearsal",)
    assert after.pids["simulator"] == before["simulator"]


@pytest.mark.parametrize("fault", ["code", "database"])
def test_a_worker_that_does_not_fit_is_drained_and_replaced(
    installation: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """One of another code version or on another database ends before the new one starts."""
    if fault == "database":
        monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", "sqlite:////tmp/other.sqlite")
    old = launch.ensure("azure", COMMANDS | {"worker-azure": [*COMMANDS["worker-azure"], *_aged(fault)]})
    monkeypatch.delenv("GROUNDPLAN_DATABASE_URL", raising=False)
    new = launch.ensure("azure", COMMANDS)
    assert new.fresh == ("worker-azure",) and new.pids != old.pids
    until(lambda: not psutil.pid_exists(old.pids["worker-azure"]))


def test_a_deaf_worker_is_killed_at_last(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ignores SIGTERM is given its time, then SIGKILL."""
    monkeypatch.setattr(launch, "STOP_WITHIN_S", 0.3)
    deaf = launch.ensure("azure", {"worker-azure": [*COMMANDS["worker-azure"], "--deaf"]}).pids[
        "worker-azure"
    ]
    launch.stop_all()
    assert alive() == {} and not psutil.pid_exists(deaf)


def test_a_simulator_started_by_hand_is_adopted_and_left(
    by_hand: list["subprocess.Popen[bytes]"], installation: Path
) -> None:
    """A user's own simulator serves us; only what Groundplan started is stopped."""
    by_hand.append(subprocess.Popen(SIMULATOR, cwd=REPOSITORY, stderr=subprocess.DEVNULL))
    until(lambda: "simulator" in alive())
    assert launch.ensure("rehearsal", COMMANDS).fresh == ("worker-rehearsal",)
    launch.stop_all()
    assert alive() == {"simulator": by_hand[0].pid}


def test_a_reused_pid_is_not_stopped(by_hand: list["subprocess.Popen[bytes]"], installation: Path) -> None:
    """Who carries the pid of one that we once started, but holds no lock of ours, is a stranger."""
    by_hand.append(subprocess.Popen(["sleep", "60"]))
    (installation / "simulator.started.json").write_text(json.dumps([by_hand[0].pid]))
    launch.stop_all()
    assert by_hand[0].poll() is None


def test_the_reason_of_a_failed_start_is_told(installation: Path) -> None:
    """The end of the log, its path and the way out; kept for the pages until a start succeeds."""
    failing = COMMANDS | {"simulator": [*SIMULATOR, "--fail", "port 8443 is taken"]}
    with pytest.raises(launch.LaunchError, match="cannot start: port 8443 is taken"):
        launch.ensure("rehearsal", failing)
    told = launch.last_error("rehearsal")
    assert told and str(installation / "logs" / "simulator.log") in told
    launch.ensure("rehearsal", COMMANDS)
    assert launch.last_error("rehearsal") is None


def test_a_start_forgets_the_dead_holder(installation: Path) -> None:
    """A lock file that says "ready" is emptied before its next holder can be mistaken for the last."""
    family.worker_lock("azure").write_text(json.dumps({"pid": 1, "ready": True}))
    with pytest.raises(launch.LaunchError):
        launch.ensure("azure", {"worker-azure": [*COMMANDS["worker-azure"], "--fail", "no"]})
    assert family.worker_lock("azure").read_text() == ""


def test_a_start_that_takes_too_long_is_ended(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not ready in time does not linger: the next try begins afresh."""
    monkeypatch.setattr(launch, "START_WITHIN_S", 0.5)
    with pytest.raises(launch.LaunchError, match="was not ready within"):
        launch.ensure("azure", {"worker-azure": [*COMMANDS["worker-azure"], "--delay", "60"]})
    assert alive() == {}


def test_leaving_in_mid_start_leaves_nothing(installation: Path) -> None:
    """Ctrl+C while the worker still imports its libraries ends that worker too."""
    presence = Presence("rehearsal", COMMANDS | {"worker-rehearsal": [*WORKER, "--delay", "60"]})
    presence.enter()
    until(lambda: "worker-rehearsal" in alive())
    began = time.monotonic()
    presence.leave()
    assert alive() == {} and time.monotonic() - began < launch.STOP_WITHIN_S


def test_the_last_one_out_stops_them(installation: Path) -> None:
    """The first of two servers leaves the processes to the other."""
    first, second = Presence("rehearsal", COMMANDS), Presence("rehearsal", COMMANDS)
    first.enter()
    second.enter()
    until(lambda: all(launch.readiness("rehearsal").values()))
    first.leave()
    assert set(alive()) == {"simulator", "worker-rehearsal", "web"}
    second.leave()
    assert alive() == {} and leases.last_out()


def test_a_long_log_is_put_aside_at_start(installation: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one is kept as .log.1, and the new one begins empty."""
    monkeypatch.setattr(spawn, "_ROTATE_BYTES", 10)
    (installation / "logs").mkdir()
    spawn.log_path("worker-azure").write_text("the last life of this worker")
    launch.ensure("azure", COMMANDS)
    assert (installation / "logs" / "worker-azure.log.1").read_text() == "the last life of this worker"
    assert "last life" not in spawn.log_path("worker-azure").read_text()


def test_members_of_a_target_are_the_real_programs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without stand-ins the documented commands are started, the simulator at the pace of GROUNDPLAN_PACE."""
    monkeypatch.setenv("GROUNDPLAN_PACE", "0")
    simulator, worker = (list(member.command[1:]) for member in family.members("rehearsal"))
    assert simulator == ["-m", "simulator", "serve", "--pace", "0"]
    assert worker == ["-m", "services", "worker", "--target", "rehearsal"]


def _aged(fault: str) -> list[str]:
    return ["--version", "older"] if fault == "code" else []
