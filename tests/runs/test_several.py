"""Several runs at once: they do not wait for each other, and who looks at one sees the same as everybody else."""

from collections import Counter

import pytest

from services.runs import client, journal, projects
from tests.runs.conftest import Installation, until

COUNT = 8


def test_eight_runs_of_eight_projects_go_on_at_the_same_time(
    slow_house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have begun before the first ends, none waits for another's end, and every resource is put once."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(slow_house.home))
    made = [projects.create({"name": f"crowd{n}"}) for n in range(COUNT)]
    runs = [client.start(one.id) for one in made]
    with pytest.raises(client.RunActive):
        client.start(made[0].id)
    until(lambda: all(journal.view(run).ended for run in runs), 150)
    views = [journal.view(run) for run in runs]
    assert [v.state for v in views] == ["Succeeded"] * COUNT
    begun, ended = [v.started_at or 0.0 for v in views], [v.finished_at or 0.0 for v in views]
    assert max(begun) < min(ended)
    assert set(Counter(slow_house.puts("crowd")).values()) == {1}


def test_two_tabs_on_one_run_agree(slow_house: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both answer the same failure: the first one counts, the second is told, and the run ends as the first one asked."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(slow_house.home))
    project = projects.create({"name": "tabs", "key_vault": {"name": "kv-contoso"}})
    run_id = client.start(project.id, by="one tab")
    until(lambda: journal.view(run_id).state == "Parked", 60)
    client.answer(run_id, "key_vault", "stop", by="one tab")
    until(lambda: journal.view(run_id).ended)
    with pytest.raises(client.CannotStart, match="answered already"):
        client.answer(run_id, "key_vault", "retry", by="another tab")
    assert journal.view(run_id) == journal.view(run_id)
    assert journal.view(run_id).state == "Failed"
    assert [a.by for a in journal.trail(project.id)][:2] == ["one tab", "one tab"]
