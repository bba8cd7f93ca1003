"""The sample models: what inspection finds in them, their handlers in Azure's own inference server, their golden sets."""

import pytest

from services.models import files, gate, handler, inspection, local_test, samples, serving
from services.models.candidate import Candidate
from services.models.samples import Sample
from tests.models.built import model_home, settled

__all__ = ["model_home"]
QUICKEST = "churn-onnx"  # `make test-frameworks` serves them all


def test_every_sample_is_there_with_its_golden_set() -> None:
    """scikit-learn, ONNX, XGBoost and R; each with rows in order and rows by name."""
    assert [sample.key for sample in samples.every()] == ["churn", "churn-onnx", "revenue", "revenue-r"]
    for sample in samples.every():
        first, second = sample.golden
        assert isinstance(first["request"]["data"][0], list) and isinstance(
            second["request"]["data"][0], dict
        )
        assert all(case["expected"]["predictions"] for case in sample.golden)


@pytest.mark.parametrize("sample", samples.every(), ids=lambda sample: sample.key)
def test_a_sample_is_safe_and_its_handler_has_no_problem(sample: Sample) -> None:
    """Found by inspection alone, so the handler knows the names of the columns."""
    intake = inspection.inspect(sample.path)
    assert intake.verdict == "safe", intake.reasons
    made = handler.generate(intake, sample.path.name)
    assert handler.problems(made) == ()
    assert made.language == "r" or '"monthly_charge"' in made.files["score.py"]


@pytest.mark.slow
def test_a_sample_passes_the_test_on_this_machine(model_home) -> None:
    """Its golden set is met, wrong requests are refused, the gate opens."""
    serve(next(sample for sample in samples.every() if sample.key == QUICKEST))


def serve(sample: Sample) -> None:
    """Put a sample through the test on this machine."""
    stored = files.keep(sample.path)
    made = handler.generate(inspection.inspect(sample.path), sample.path.name)
    one = Candidate(stored.sha256, sample.path.name, made, sample.golden, allowed=True)
    key = serving.start(one, "p")
    assert settled(key, 170).phase == "ready", serving.state(key)
    verdict = local_test.check(one, key, lambda _: None)
    assert verdict["passed"], verdict["why"]
    assert gate.judge(one, verdict).open
