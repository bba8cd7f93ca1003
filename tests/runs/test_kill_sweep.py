"""The worker is killed with -9 after every single write of a full run: each resource exists once, and the run says so."""

from collections import Counter

import pytest

from services.runs import client, journal, projects
from tests.runs.conftest import Installation, until

EVERYTHING = {"container_registry": {"mode": "new"}, "sql": {"mode": "new"}}
WRITES = 11  # ten resources and the secret that holds the SQL administrator's password


@pytest.mark.slow
def test_a_kill_after_any_write_loses_and_repeats_nothing(
    slow_house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run for each write that a full run makes, in one installation whose worker dies again and again."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(slow_house.home))
    for n in range(1, WRITES + 1):
        name = f"sweep{n:02d}"
        run_id = client.start(projects.create({"name": name} | EVERYTHING).id)
        until(lambda: len(slow_house.puts(name)) >= n, 60)  # noqa: B023
        slow_house.kill_worker()
        slow_house.started()
        until(lambda: journal.view(run_id).ended or journal.view(run_id).state == "Parked", 60)  # noqa: B023
        run = journal.view(run_id)
        assert run.state == "Succeeded", (n, {k: (s.state, s.error) for k, s in run.steps.items()})
        assert all(s.created_by_run for s in run.steps.values()), n
        puts = Counter(p for p in slow_house.puts(name) if "/secrets/" not in p)
        assert set(puts.values()) == {1}, (n, puts)
        assert len(puts) == len(run.steps), n
