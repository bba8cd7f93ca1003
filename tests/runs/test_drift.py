"""Somebody changes a resource behind our back: it is seen property by property, and can be put back."""

from typing import Any

import pytest

from services.cloud.bridge import ask
from services.cloud.connect import Cloud
from services.cloud.target import rehearsal
from services.runs import client, drift, journal, projects
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

    again = drift.put_back(project.id, ["container_registry"], by="test")
    until(lambda: journal.view(again).ended, 60)
    assert journal.view(again).state == "Succeeded"
    assert not any(ask(target, lambda cloud: drift.check(plan, project.id, cloud)).values())
    puts = [p for p in house.puts("drifting") if p == registry.id]
    assert len(puts) == 3  # ours, the meddler's, ours again
