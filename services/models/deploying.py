"""Deploying from the command line: file, look, test on this machine, gate, release, and the run to its end."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from services.config import ProjectConfig
from services.models import candidate, files, inspection, local_test, records, releasing, serving
from services.models.gate import gate
from services.models.records import ModelRecord
from services.processes import leases
from services.progress import RunView
from services.runs import client, follow, journal

Say = Callable[[str], None]
BY = "command line"


def deploy(
    config: ProjectConfig, model: Path, golden: list[dict[str, Any]], say: Say, override: str = ""
) -> dict[str, Any]:
    """Serve a model file from the project's workspace and follow it to the end.

    The project is applied first where it does not stand yet. What the test on this machine has passed already is not
    tested again. `override` is the file's name, typed by who lets a file pass that intake does not call safe.
    Raises `GateClosed`, `CannotStart`, `RunActive`, `NotAModel`.
    """
    lease = leases.take("cli")
    try:
        follow.ready(config.cloud, say)
        project = follow.project_of(config)
        record = _tested(_brought(project.id, model, golden, override, say), say)
        release = releasing.propose(record, config)  # a closed gate ends it before anything is created
        _stands(project.id, say)
        run_id = _going_on(project.id) or releasing.start(project.id, release, BY)
        say(f"Run {run_id}: deploying {release.file_name} to {release.endpoint}/{release.deployment}.")
        return report(follow.to_the_end(run_id, say))
    finally:
        lease.release()


def report(run: RunView) -> dict[str, Any]:
    """How a deployment has ended, as `deploy --json` prints it."""
    release = run.options["release"]
    endpoint, smoke = run.steps["online_endpoint"], run.steps["smoke_test"]
    return {
        "endpoint": release["endpoint"],
        "deployment": release["deployment"],
        "scoring_uri": endpoint.outputs.get("properties.scoringUri"),
        "smoke_test": dict(smoke.outputs) or None,
        **follow.report(run),
    }


def _brought(
    project_id: str, model: Path, golden: list[dict[str, Any]], override: str, say: Say
) -> ModelRecord:
    stored = files.keep(model)
    say(f"Looking at {model.name} ({stored.size / 1e6:.1f} MB).")
    intake = inspection.inspect(stored.path, name=model.name)
    say(f"It is {intake.format} and {intake.verdict}.")
    for reason in intake.reasons:
        say(f"  {reason}")
    record = records.add(project_id, model.name, intake, BY)
    if list(record.golden) != golden and not _same_requests(record.golden, golden):
        record = records.set_golden(record.id, golden, seen=record.version, by=BY)
    if override and intake.verdict != "safe":
        _check_typed(override, model.name)
        record = records.set_override(record.id, override, BY)
    return record


def _check_typed(typed: str, name: str) -> None:
    if typed != name:
        raise releasing.GateClosed(f"To let this file pass, --override takes its name exactly: {name}.")


def _same_requests(kept: Any, given: list[dict[str, Any]]) -> bool:
    """Whether the golden set differs only in answers that were recorded where none were given."""
    if len(kept) != len(given):
        return False
    pairs = zip(kept, given, strict=True)
    return all(
        k["request"] == g["request"] and g.get("expected") in (None, k.get("expected")) for k, g in pairs
    )


def _tested(record: ModelRecord, say: Say) -> ModelRecord:
    """The record with a verdict of exactly what it holds; where no answer was given, the model's own one here is kept."""
    tested = candidate.of_record(record)
    if gate(record).open or not tested.allowed:
        return record
    key = serving.start(tested, record.project_id)
    try:
        state = local_test.await_ready(key, say)
        if state.phase != "ready":
            raise releasing.GateClosed(f"The test on this machine could not start. {state.why}")
        record = _answered(record, key)
        return records.set_verdict(record.id, local_test.check(candidate.of_record(record), key, say), BY)
    finally:
        serving.stop(key)


def _answered(record: ModelRecord, key: str) -> ModelRecord:
    """The golden set with the model's own answers where none are given, so that the cloud must answer the same."""
    if all(case.get("expected") is not None for case in record.golden):
        return record
    asked = [case if case.get("expected") is not None else _with_answer(case, key) for case in record.golden]
    return records.set_golden(record.id, asked, seen=record.version, by=BY)


def _with_answer(case: Mapping[str, Any], key: str) -> dict[str, Any]:
    answer = serving.ask(key, case["request"])
    return {"request": case["request"]} | ({"expected": answer.body} if answer.status == 200 else {})


def _stands(project_id: str, say: Say) -> None:
    run = journal.newest(project_id)
    if run is None or run.kind != "apply" or run.state != "Succeeded":
        say("The project's resources do not stand yet: creating them first.")
        follow.to_the_end(client.start(project_id, BY), say)


def _going_on(project_id: str) -> str | None:
    """A deployment that waits for an answer is tried again, as `apply` does."""
    run = journal.newest(project_id, kinds=journal.MODELS)
    if run is None or run.kind != "deploy" or run.state != "Parked":
        return None
    return follow.retry(run, lambda _: None)
