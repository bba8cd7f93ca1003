"""The sample model of R in the test on this machine: in the sandbox, with its generated handler and its golden set."""

from dataclasses import replace

import pytest

from services.models import gate, handler, inspection, local_test, samples, serving
from services.models.candidate import Candidate
from services.models.files import keep
from tests.models.built import model_home, settled
from tests.r_here import needs_r, predictions

__all__ = ["model_home"]
pytestmark = needs_r
ROWS = [
    {"age": 44.0, "tenure_months": 12.0, "monthly_charge": 31.5, "support_calls": 1.0, "plan": "standard"},
    {"age": 70.0, "tenure_months": 110.0, "monthly_charge": 18.0, "support_calls": 4.0, "plan": "premium"},
]


@pytest.fixture
def sample(model_home) -> Candidate:
    """The sample as the pages take it: kept, looked at, with the handler that is generated for it."""
    found = next(one for one in samples.every() if one.key == "revenue-r")
    intake = inspection.inspect(found.path)
    assert (intake.format, intake.framework, intake.verdict) == ("rds", "r", "safe")
    made = handler.generate(intake, found.path.name)
    return Candidate(keep(found.path).sha256, found.path.name, made, golden=tuple(found.golden), allowed=True)


def test_the_sample_passes_and_answers_as_rs_own_predict(sample):
    """In bubblewrap: its golden set, and rows of which it has never heard."""
    key = serving.start(sample, "p")
    state = settled(key)
    assert state.phase == "ready" and state.isolation == "bubblewrap", state
    answer = serving.ask(key, {"data": ROWS})
    assert answer.body["predictions"] == pytest.approx(predictions(ROWS), rel=1e-12)
    verdict = local_test.check(sample, key, lambda _: None)
    assert verdict["passed"] and [case["passed"] for case in verdict["cases"]] == [True, True], verdict["why"]
    assert gate.judge(sample, verdict).open


def test_another_handler_closes_the_gate_and_what_it_lacks_is_told(sample):
    """The verdict holds for exactly these files; a package that is not there is named, with what to do."""
    files = sample.handler.files | {
        "plumber.R": "library(noSuchPackage)\n" + sample.handler.files["plumber.R"]
    }
    changed = replace(sample, handler=replace(sample.handler, files=files))
    assert changed.key != sample.key
    state = settled(serving.start(changed, "p"))
    assert state.phase == "failed" and "needs the R package noSuchPackage" in state.why, state
