"""How long a rehearsal takes against its critical path and against one resource after the other."""

import json
import time
from pathlib import Path
from typing import Any

from benchmarks.house import command, fresh_home

PACE = 0.1
PROJECT = "name: benchmark\ncontainer_registry: {mode: new}\nsql: {mode: new}\n"


def measure() -> dict[str, Any]:
    """Apply a project with everything on at pace 0.1, the processes started before and not counted.

    Seconds; `over_critical_path` is the run's wall time divided by the plan's critical path at that pace.
    """
    with fresh_home(PACE) as environment:
        file = Path(environment["GROUNDPLAN_HOME"]) / "project.yaml"
        file.write_text(PROJECT)
        command(environment, "check", str(file))
        warm = Path(environment["GROUNDPLAN_HOME"]) / "warm.yaml"
        warm.write_text("name: warm\n")
        command(environment, "apply", str(warm), "--json")
        plan = json.loads(command(environment, "plan", str(file), "--json").stdout)
        began = time.perf_counter()
        run = json.loads(command(environment, "apply", str(file), "--json").stdout)
        command_s = time.perf_counter() - began
    return _figures(plan, run, command_s)


def _figures(plan: dict[str, Any], run: dict[str, Any], command_s: float) -> dict[str, Any]:
    critical = plan["critical_path_s"] * PACE
    sequential = sum(r["expected_s"] for r in plan["resources"]) * PACE
    wall = run["elapsed_s"]
    return {
        "state": run["state"], "resources": len(run["resources"]), "pace": PACE, "critical_path_s": round(critical, 2),
        "sequential_s": round(sequential, 2), "wall_s": round(wall, 2), "over_critical_path": round(wall / critical, 3),
        "over_sequential": round(wall / sequential, 3), "command_s": round(command_s, 2),
    }  # fmt: skip
