"""When one machine is not enough: several workers on one PostgreSQL, one of them killed, nothing lost or doubled."""

import os
import pwd
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.house import REPOSITORY, free_port, fresh_home
from services.runs import client, engine, journal, projects
from tests.runs.conftest import Installation, until

SERVER = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test's own on a loopback port; its URL. Skips where none is installed."""
    if not SERVER:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    folder, port = tmp_path_factory.mktemp("postgresql"), free_port()
    data = Path("/tmp") / f"groundplan-pg-{port}"
    data.mkdir(mode=0o700)
    as_user: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(data, pwd.getpwnam("postgres").pw_name)
        as_user = ["runuser", "-u", "postgres", "--"]
    binaries = SERVER[-1].parent
    made = subprocess.run(
        [*as_user, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "gp", "-E", "UTF8"],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"initdb does not work here: {made.stderr}")
    options = ["-D", str(data), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(data)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, str(binaries / "postgres"), *options], stdout=log, stderr=log, cwd="/"
        )
    ready = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
    until(lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, 20)
    subprocess.run(
        [str(binaries / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "gp", "groundplan"], check=True
    )
    yield f"postgresql://gp@127.0.0.1:{port}/groundplan"
    server.terminate()
    server.wait(20)
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.slow
def test_three_workers_share_the_runs_and_a_killed_ones_are_taken_over(
    postgresql: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Six runs of six projects; the worker that holds most is killed with -9; all end, every PUT once."""
    with fresh_home(0.1) as environment:
        monkeypatch.setenv("GROUNDPLAN_HOME", environment["GROUNDPLAN_HOME"])
        first = Installation(environment).started()  # its simulator serves all; its own worker is on SQLite
        monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", postgresql)
        workers = [_worker(first, tmp_path / f"machine{n}") for n in range(3)]
        monkeypatch.setattr(client, "_staff", lambda _target: None)  # the three are all that shall work
        try:
            runs = [client.start(projects.create({"name": f"shared{n}"}).id) for n in range(6)]
            until(lambda: len(first.puts("shared")) >= 12, 60)
            busiest = max(range(3), key=lambda n: len(_pending(tmp_path / f"machine{n}")))
            assert _pending(tmp_path / f"machine{busiest}")
            killed_at = time.monotonic()
            workers[busiest].kill()
            until(lambda: all(journal.view(r).ended for r in runs), 120)
            assert time.monotonic() - killed_at < 90
            assert set(Counter(first.puts("shared")).values()) == {1}
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
    assert [journal.view(r).state for r in runs] == ["Succeeded"] * 6
    assert all(s.created_by_run for r in runs for s in journal.view(r).steps.values())


def _pending(folder: Path) -> list[object]:
    """The workflows that the worker of that home is at."""
    executor = engine.executor_id("rehearsal", folder)
    return list(engine.client().list_workflows(status="PENDING", executor_id=executor))


def _worker(first: Installation, folder: Path) -> "subprocess.Popen[bytes]":
    """A worker with a home of its own, as on another machine, that knows the first one's simulator."""
    shutil.copytree(
        first.home / "simulator", folder / "simulator", ignore=shutil.ignore_patterns("*.lock", "*.sqlite*")
    )
    environment = os.environ | {"GROUNDPLAN_HOME": str(folder)}
    line = [sys.executable, "-m", "services", "worker", "--target", "rehearsal"]
    process = subprocess.Popen(line, cwd=REPOSITORY, env=environment)
    lock = folder / "worker-rehearsal.lock"
    until(lambda: lock.exists() and '"ready": true' in lock.read_text(), 60)
    return process
