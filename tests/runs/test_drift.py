"""Somebody changes a resource behind our back: it is seen property by property, and can be put back."""

from typing import Any

import pytest

from services.cloud.bridge import ask
from services.cloud.connect import Cloud
from services.cloud.target import rehearsal
from services.plan import build_plan
from services.runs import changes, client, drift, journal, projects, take_over
from tests.runs.conftest import Installation, until


def test_a_foreign_change_is_seen_and_put_back(house: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag and a SKU differ, a deleted resource is gone; what nobody touched is the same."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    project = projects.create({"name": "drifting", "container_registry": {"mode": "new"}})
    run_id = client.start(project.id)
    until(lambda: journal.view(run_id).ended, 60)
    plan, target = journal.plan_of(run_id), rehearsal(house.home)
    registry = plan["container_registry"]

    async def meddle(cloud: Cloud) -> None:
        body: dict[str, Any] = {
            **registry.plain_body(),
            "sku": {"name": "Premium"},
            "tags": {"groundplan-project": "x"},
        }
        await cloud.begin_put(registry.id, registry.api_version, body)
        role = plan["role_assignment_storage"]
        await cloud.begin_delete(role.id, role.api_version)

    ask(target, meddle)
    seen = ask(target, lambda cloud: drift.check(plan, project.id, cloud))
    assert {d.path: (d.before, d.after) for d in seen["container_registry"]} == {
        "sku.name": ("Basic", "Premium"),
        "tags.groundplan-project": ("drifting", "x"),
    }
    assert seen["role_assignment_storage"] == (drift.GONE,)
    assert not any(
        found for key, found in seen.items() if key not in ("container_registry", "role_assignment_storage")
    )

    fits = {
        d.path: take_over.fitting(project.id, plan, "container_registry", d)
        for d in seen["container_registry"]
    }
    assert fits == {
        "sku.name": take_over.Taken("container_registry.sku", "Premium"),
        "tags.groundplan-project": None,  # our own mark is nobody's choice
    }
    assert take_over.fitting(project.id, plan, "role_assignment_storage", drift.GONE) is None

    again = drift.put_back(project.id, ["container_registry"], by="test")
    until(lambda: journal.view(again).ended, 60)
    assert journal.view(again).state == "Succeeded"
    assert not any(ask(target, lambda cloud: drift.check(plan, project.id, cloud)).values())
    puts = [p for p in house.puts("drifting") if p == registry.id]
    assert len(puts) == 3  # ours, the meddler's, ours again


def test_a_foreign_change_is_taken_over_and_the_project_then_asks_for_it(
    house: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Into the draft, with a line in the audit trail; after the next run nothing differs any more."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(house.home))
    project = projects.create({"name": "keeping", "tags": {"team": "data"}})
    run_id = client.start(project.id)
    until(lambda: journal.view(run_id).ended, 60)
    plan, target = journal.plan_of(run_id), rehearsal(house.home)
    logs = plan["log_analytics"]

    async def meddle(cloud: Cloud) -> None:
        body = logs.plain_body()
        body["properties"] = {**body["properties"], "retentionInDays": 90}
        await cloud.begin_put(logs.id, logs.api_version, {**body, "tags": {**body["tags"], "team": "ml"}})

    ask(target, meddle)
    seen = ask(target, lambda cloud: drift.check(plan, project.id, cloud))["log_analytics"]
    wanted = [take_over.fitting(project.id, plan, "log_analytics", d) for d in seen]
    assert {(t.path, t.value) for t in wanted if t} == {
        ("log_analytics.retention_days", 90),
        ("tags.team", "ml"),
    }
    take_over.take(project.id, [t for t in wanted if t], by="test")
    assert projects.get(project.id).choices["log_analytics"] == {"retention_days": 90}
    assert journal.trail(project.id)[0].action == "change taken over"
    known = changes.of_plan(build_plan(client.configured(projects.get(project.id).choices)), project.id)
    assert [d.path for d in known["log_analytics"].differences] == ["tags.team", "properties.retentionInDays"]
    again = client.start(project.id)
    until(lambda: journal.view(again).ended, 60)
    now = journal.plan_of(again)
    assert not any(ask(target, lambda cloud: drift.check(now, project.id, cloud)).values())
