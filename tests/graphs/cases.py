"""Configurations and runs that the tests of the graphs draw."""

from dataclasses import replace

from services import project_file
from services.plan import Plan, build_plan
from services.progress import RunView, StepError, StepState, StepView

START = 1_750_000_000.0
DEFAULT = "name: churn"
EVERYTHING = """
name: churn
sql: {mode: new}
container_registry: {mode: new}
data_sources: [csv, xlsx, json, sql]
devops: {platform: both}
"""
OTHER = "/subscriptions/11111111-0000-4000-8000-000000000000/resourceGroups"
EXISTING = f"""
name: churn
resource_group: {{mode: existing, name: rg-shared}}
storage_account: {{mode: existing, id: {OTHER}/rg-data/providers/Microsoft.Storage/storageAccounts/stshared}}
key_vault: {{mode: existing, name: kv-shared}}
application_insights: {{mode: existing, name: appi-shared}}
container_registry: {{mode: existing, name: crshared}}
sql: {{mode: existing, server: sqlshared, database: sales}}
workspace: {{mode: existing, name: mlw-shared}}
data_sources: [sql]
learning: {{language: r}}
devops: {{platform: none}}
"""
ALL = {"default": DEFAULT, "everything": EVERYTHING, "existing": EXISTING}


def plan(text: str) -> Plan:
    """The plan of a project.yaml."""
    return build_plan(project_file.read(text).config)


def run(of: Plan, states: dict[str, StepState], error: str = "") -> RunView:
    """A run that started at START: steps in the given states took 5 s of an expected 20 s, all others wait."""
    steps = {r.key: StepView(r.key, "Waiting", 20.0) for r in of}
    for key, state in states.items():
        ended = START + 5 if state in ("Succeeded", "Failed", "Deleted") else None
        why = StepError("Code", error) if state == "Failed" else None
        steps[key] = replace(steps[key], state=state, started_at=START, finished_at=ended, error=why)
    return RunView("run", "churn", "apply", "Running", steps, START)
