"""Generated handlers of PyTorch, Keras, safetensors and MLflow models answer as the models do.

`make test-frameworks` makes the environment and names its Python in FRAMEWORKS; without it these tests are not collected.
"""

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from services.models import handler, inspection, samples
from services.models.intake import Intake
from services.models.samples import Sample
from tests.models.built import model_home
from tests.models.test_handler_samples import serve

__all__ = ["model_home"]
PYTHON = os.environ.get("FRAMEWORKS")
HERE = Path(__file__).parent
ASK = HERE.parent / "models" / "handler_trained.py"
NETWORK = "    return torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(dim=1))\n"
UNWRITTEN = ("weights.pt", "checkpoint.pt", "weights.safetensors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained models."""
    made = tmp_path_factory.mktemp("frameworks")
    run(HERE / "trained.py", made)
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> dict[str, Any]:
    """What each model says itself."""
    return json.loads((folder / "told.json").read_text())


@pytest.fixture(scope="module")
def intakes(folder: Path, told: dict[str, Any]) -> dict[str, Intake]:
    """What inspection finds in each."""
    return {name: inspection.inspect(folder / name) for name in told}


@pytest.fixture(scope="module")
def answers(folder: Path, told: dict[str, Any], intakes: dict[str, Intake]) -> dict[str, list[Any]]:
    """What each handler answers: to the model's own request, then to what it can't take."""
    for name, intake in intakes.items():
        place = folder / "handlers" / name
        place.mkdir(parents=True)
        (place / "score.py").write_text(written(handler.generate(intake, name).files["score.py"]))
    asked = folder / "requests.json"
    asked.write_text(json.dumps({name: [said["request"], *WRONG] for name, said in told.items()}))
    return json.loads(run(ASK, "ask", folder, asked))


WRONG = [
    "", "no JSON", "[]", "{}", '{"data": []}', {"data": [["a", "b", "c", "d"]]}, {"data": [[1, 2], [3]]},
    {"data": [[1.0] * 9]}, {"inputs": {"no such": [[1]]}}, '{"data": [[1e999, 1, 1, 1]]}', {"data": [[10**400, 1, 1, 1]]},
]  # fmt: skip


def run(*words: object) -> str:
    """Run a script in the environment of frameworks."""
    assert PYTHON
    done = subprocess.run([PYTHON, "-W", "ignore", *words], capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(score: str) -> str:
    """A handler whose architecture the user has filled in."""
    start = score.find("    raise NotImplementedError(")
    return score if start < 0 else score[:start] + NETWORK + score[score.index("\n", start) + 1 :]


def close(one: Any, other: Any) -> bool:
    """Equal up to float32."""
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(close, one, other))
    return math.isclose(one, other, rel_tol=1e-5, abs_tol=1e-6)


def test_predictions_are_the_models_own(answers, told) -> None:
    """TorchScript, .pt2, weights with an architecture, Keras in both formats, MLflow."""
    wrong = {name: given[0] for name, given in answers.items() if given[0][0] != 200}
    assert wrong == {}
    assert {
        n for n, said in told.items() if not close(said["predictions"], answers[n][0][1]["predictions"])
    } == set()


def test_a_wrong_request_is_refused_with_a_reason(answers) -> None:
    """Status 400 and one sentence."""
    passed = [
        (name, WRONG[i], g) for name, given in answers.items() for i, g in enumerate(given[1:]) if g[0] != 400
    ]
    assert passed == []


def test_only_the_architecture_is_left_open(intakes) -> None:
    """Weights alone need it, and the handler lists them."""
    for name, intake in intakes.items():
        found = [problem.rule for problem in handler.problems(handler.generate(intake, name))]
        assert found == (["todo"] if name in UNWRITTEN else []), name
    assert "0.weight (3, 4)" in handler.generate(intakes["weights.pt"], "weights.pt").files["score.py"]


@pytest.mark.parametrize(
    "sample", [s for s in samples.every() if s.path.suffix != ".rds"], ids=lambda sample: sample.key
)
def test_every_sample_passes_the_test_on_this_machine(model_home, sample: Sample) -> None:
    """Each in the environment that it asks for."""
    serve(sample)
