"""How long rehearsals take against their critical path and against one resource after the other: one, and eight at once."""

import os
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks.house import command, fresh_home, looking_at
from services.plan import Plan
from services.progress import RunView
from services.runs import client, journal, projects

PACE = 0.25
EVERYTHING: dict[str, Any] = {"container_registry": {"mode": "new"}, "sql": {"mode": "new"}}


def measure() -> dict[str, Any]:
    """Apply projects with everything on at pace 0.25, the processes started and warm before and not counted.

    Seconds; `over_critical_path` is the longest run's wall time, from the press to the end, divided by the plan's
    critical path at that pace. `lag_s` is from the moment at which a resource could begin until it does, `over_expected_s`
    how much longer than Azure's own time it took, both as medians over all steps: the rehearsal's Retry-After counts whole
    seconds, which is most of the latter.
    """
    with fresh_home(PACE) as environment, looking_at(environment):
        warm = Path(environment["GROUNDPLAN_HOME"]) / "warm.yaml"
        warm.write_text("name: warm\n")
        command(environment, "apply", str(warm), "--json")
        return {"pace": PACE, "load_before": os.getloadavg()[0], "one": _runs(1), "eight": _runs(8)}


def _runs(count: int) -> dict[str, Any]:
    made = [projects.create({"name": f"bench{count}x{n}"} | EVERYTHING).id for n in range(count)]
    runs = [client.start(id) for id in made]
    while not all(journal.view(run).ended for run in runs):
        time.sleep(0.1)
    views, plan = [journal.view(run) for run in runs], journal.plan_of(runs[0])
    critical = plan.critical_path_s * PACE
    sequential = sum(r.expected_s for r in plan) * PACE * count
    walls = [(v.finished_at or 0.0) - v.created_at for v in views]
    return {
        "states": sorted({v.state for v in views}), "critical_path_s": round(critical, 2),
        "sequential_s": round(sequential, 2), "wall_s": round(max(walls), 2),
        "over_critical_path": round(max(walls) / critical, 3), "over_sequential": round(max(walls) / sequential, 3),
        "lag_s": round(statistics.median(x for v in views for x in _lags(v)), 3),
        "over_expected_s": round(statistics.median(x for v in views for x in _over(v, plan)), 3),
    }  # fmt: skip


def _lags(run: RunView) -> list[float]:
    ends = {key: step.finished_at or 0.0 for key, step in run.steps.items()}
    ready = {
        key: max((ends[d] for d in step.depends_on), default=run.created_at)
        for key, step in run.steps.items()
    }
    return [(step.started_at or 0.0) - ready[key] for key, step in run.steps.items()]


def _over(run: RunView, plan: Plan) -> list[float]:
    return [(step.elapsed_s(0.0) or 0.0) - plan[key].expected_s * PACE for key, step in run.steps.items()]
