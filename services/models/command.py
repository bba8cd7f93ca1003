"""The test on this machine from the command line: one call from two files to a verdict, and nothing left running."""

from pathlib import Path
from typing import Any

from services.models import candidate, files, golden, handler, inspection, local_test, serving
from services.models.candidate import Candidate
from services.models.local_test import Say

PROJECT = "command line"


def run_test(model: Path, request: Path, say: Say) -> dict[str, Any]:
    """Test a model file with a request or a golden set: the verdict, with "intake" and the answers' "predictions".

    A file that intake does not call safe is not run: the verdict is failed and says why. Raises `BadGolden`,
    `NotAModel`, `FileNotKept`.
    """
    cases = golden.read(request)
    stored = files.keep(model, say)
    say(f"Looking at {model.name}")
    intake = inspection.inspect(stored.path, name=model.name)
    safe = intake.verdict == "safe"
    tested = Candidate(
        stored.sha256, model.name, handler.generate(intake, model.name), cases, allowed=safe,
        refusal="" if safe else candidate.refusal_of(intake.verdict, intake.reasons),
    )  # fmt: skip
    verdict = _tested(tested, say) if safe else local_test.failed(tested, [tested.refusal])
    return verdict | {"intake": intake.data(), "predictions": _predictions(verdict)}


def _tested(tested: Candidate, say: Say) -> dict[str, Any]:
    key = serving.start(tested, PROJECT)
    try:
        state = local_test.await_ready(key, say)
        if state.phase != "ready":
            return local_test.failed(tested, [state.why]) | {"answer": state.answer, "log": state.log[-4000:]}
        return local_test.check(tested, key, say)
    finally:
        serving.stop(key)


def _predictions(verdict: dict[str, Any]) -> list[Any]:
    """What was predicted, row by row over all requests."""
    answers = [case["answer"] for case in verdict["cases"] if isinstance(case["answer"], dict)]
    lists = [answer.get("predictions") for answer in answers]
    return [one for rows in lists if isinstance(rows, list) for one in rows]
