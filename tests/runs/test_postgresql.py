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
from services.runs import database, engine, journal, projects
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


# What a page's process does when Create is pressed, three times, and then watches, as its panel does.
WEB = """
import sys, time
from services.runs import client, journal, projects
client._staff = lambda target: None  # the test's workers are all that shall work
runs = [client.start(projects.create({"name": name}).id) for name in sys.argv[1:]]
while not all(journal.view(run).ended for run in runs):
    time.sleep(0.2)
print(*(journal.view(run).state for run in runs))
"""
TAKEN_OVER_WITHIN_S = 30.0


@pytest.mark.slow
def test_three_workers_and_two_web_processes_share_the_runs_and_a_killed_ones_are_taken_over(
    postgresql: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Six runs asked for by two machines; the busiest worker and one web are killed with -9; nothing is doubled."""
    with fresh_home(0.1) as environment:
        monkeypatch.setenv("GROUNDPLAN_HOME", environment["GROUNDPLAN_HOME"])
        first = Installation(environment).started()  # its simulator serves all; its own worker is on SQLite
        monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", postgresql)
        workers = [_worker(first, tmp_path / f"machine{n}") for n in range(3)]
        webs = [_web(first, tmp_path / f"web{n}", [f"shared{n}{i}" for i in range(3)]) for n in range(2)]
        try:
            until(lambda: len(first.puts("shared")) >= 12, 60)
            busiest = max(range(3), key=lambda n: len(_pending(tmp_path / f"machine{n}")))
            assert _pending(tmp_path / f"machine{busiest}")
            killed_at = time.monotonic()
            workers[busiest].kill()
            webs[1].kill()
            until(lambda: not _pending(tmp_path / f"machine{busiest}"), TAKEN_OVER_WITHIN_S)
            print(f"taken over {time.monotonic() - killed_at:.1f} s after the kill")
            said, _ = webs[0].communicate(timeout=120)
            runs = [run for one in projects.every() for run in journal.history(one.id)]
            until(lambda: all(journal.view(run.id).ended for run in runs), 60)
            assert set(Counter(first.puts("shared")).values()) == {1}
        finally:
            for process in (*workers, *webs):
                process.kill()
                process.wait()
    assert said.split() == ["Succeeded"] * 3
    assert [journal.view(run.id).state for run in runs] == ["Succeeded"] * 6
    assert all(s.created_by_run for run in runs for s in journal.view(run.id).steps.values())


@pytest.mark.slow
def test_the_trails_of_a_shared_database_are_only_added_to(
    postgresql: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """The guard stands in PostgreSQL, too, against emptying the table as well."""
    monkeypatch.setenv("GROUNDPLAN_DATABASE_URL", postgresql)
    projects.create({"name": "kept"})
    for statement in ("UPDATE audit SET action = ''", "DELETE FROM audit", "TRUNCATE audit"):
        with pytest.raises(database.DatabaseError, match="only added to"), database.writing() as db:
            db.exec_driver_sql(statement)


def _pending(folder: Path) -> list[object]:
    """The workflows that the worker of that home is at."""
    executor = engine.executor_id("rehearsal", folder)
    return list(engine.client().list_workflows(status="PENDING", executor_id=executor))


def _web(first: Installation, folder: Path, names: list[str]) -> "subprocess.Popen[str]":
    """A page's process with a home of its own, as on another machine."""
    _another_machine(first, folder)
    environment = os.environ | {"GROUNDPLAN_HOME": str(folder)}
    line = [sys.executable, "-c", WEB, *names]
    return subprocess.Popen(line, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)


def _another_machine(first: Installation, folder: Path) -> None:
    """A home that knows the first one's simulator."""
    without = shutil.ignore_patterns("*.lock", "*.sqlite*")
    shutil.copytree(first.home / "simulator", folder / "simulator", ignore=without)


def _worker(first: Installation, folder: Path) -> "subprocess.Popen[bytes]":
    """A worker with a home of its own, as on another machine, that knows the first one's simulator."""
    _another_machine(first, folder)
    environment = os.environ | {"GROUNDPLAN_HOME": str(folder)}
    line = [sys.executable, "-m", "services", "worker", "--target", "rehearsal"]
    process = subprocess.Popen(line, cwd=REPOSITORY, env=environment)
    lock = folder / "worker-rehearsal.lock"
    until(lambda: lock.exists() and '"ready": true' in lock.read_text(), 60)
    return process
