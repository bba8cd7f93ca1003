"""The plan that a run is drawn with: its own, or for a removal what it removes, which no plan has any more."""

from dataclasses import replace

from services.plan import Plan
from services.progress import RunView
from services.runs import journal


def of(run: RunView) -> Plan:
    """The plan of a run, with a resource for each of its steps where it withdraws something deployed."""
    plan = journal.plan_of(run.id)
    if run.kind != "withdraw" or all(key in plan for key in run.steps):
        return plan
    found = [
        replace(journal.resource_of(plan, run.id, key), key=key, depends_on=step.depends_on)
        for key, step in run.steps.items()
    ]
    return Plan(plan.config, tuple(found))
