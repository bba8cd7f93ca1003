"""How far a project's model is, as graph 3 shows it: the stages that are reached, those that failed and why, the file."""

from services.graphs.conceptual import ModelState, Stage
from services.models import candidate, records, releasing
from services.models.gate import judge
from services.models.handler import Handler
from services.models.records import ModelRecord
from services.progress import RunView
from services.runs import journal


def model_state(record: ModelRecord | None, project_id: str = "") -> ModelState:
    """The state of a model, None for a project without one; what serves in the cloud is what the project's runs left."""
    if record is None:
        return ModelState()
    tested = candidate.of_record(record)
    reached: set[Stage] = {"learning", "model"}
    failed: dict[Stage, str] = {}
    if tested.refusal:
        failed["model"] = tested.refusal
    elif _usable(tested.handler):
        reached.add("handler")
    opened = judge(tested, record.verdict)
    if opened.open:
        reached.add("test")
    elif not tested.refusal and _has_failed(record):
        failed["test"] = opened.reason
    _production(record, project_id or record.project_id, reached, failed)
    return ModelState(frozenset(reached), failed, record.file_name)


def of_project(project_id: str) -> ModelState:
    """The state of the model that a project's pages speak of."""
    return model_state(records.current(project_id), project_id)


def _usable(handler: Handler) -> bool:
    return bool(handler.files.get(handler.entry, "").strip())


def _has_failed(record: ModelRecord) -> bool:
    """Whether the last test was of what there is now, and did not pass; a changed model is only not tested yet."""
    verdict, hashes = record.verdict or {}, candidate.of_record(record).hashes
    return verdict.get("passed") is False and dict(verdict.get("hashes") or {}) == dict(hashes)


def _production(record: ModelRecord, project_id: str, reached: set[Stage], failed: dict[Stage, str]) -> None:
    """This very file is served by a run of ours that has ended well; its newest run says whether the last try failed."""
    served = releasing.serving(project_id).values()
    if any(one.run.state == "Succeeded" and one.release.sha256 == record.sha256 for one in served):
        reached.add("production")
    runs = journal.history(project_id, kinds=("deploy",))
    mine = (run for run in runs if run.options["release"]["sha256"] == record.sha256)
    newest = next(mine, None)
    why = _why(newest) if newest else ""
    if why:
        reached.discard("production")
        failed["production"] = why


def _why(run: RunView) -> str:
    """What stopped a deployment, "" where nothing did."""
    if run.state not in ("Parked", "Failed"):
        return ""
    return next(
        (s.error.what or s.error.message for s in run.steps.values() if s.error and s.state == "Failed"), ""
    )
