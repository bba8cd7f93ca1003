"""Conda packages on this machine: PyPI's of the same name and version, said so, and a refusal for all others."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from services.models import conda_packages, environment, handler, serving, wanted
from services.models.conda_packages import NotOnPyPI
from services.models.wanted import Unsupported
from simulator.scoring import conda_packages as rehearsal
from tests.models.built import CONDA, SCORE, model_home, plain, settled, simple

__all__ = ["model_home"]
_NAMES = sorted(conda_packages._names())
_VERSIONS = st.text("0123456789.*=<>!~, py_|", max_size=14)


def conda(*lines: str) -> str:
    """A conda.yaml with these packages."""
    return json.dumps({"dependencies": ["python=3.11", *lines]})


def test_conda_packages_become_those_of_pypi_and_the_notes_say_so():
    asked = wanted.of_conda(
        conda("numpy=2.4", "scikit-learn>=1.3,<2", "pytorch::pytorch=2.2.1=cpu_0", "libgomp")
    )
    assert asked.lines == ("numpy==2.4.*", "scikit-learn>=1.3,<2", "torch==2.2.1")
    taken, brought = asked.notes
    assert taken.startswith("Taken from PyPI, as wheels, and not from conda's channels")
    assert "torch==2.2.1 for pytorch::pytorch=2.2.1=cpu_0" in taken and brought.endswith("libgomp.")
    assert (
        asked.digest
        == wanted.of_conda(conda("numpy 2.4.*", "scikit-learn >=1.3,<2", "pytorch==2.2.1")).digest
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("redis", "not known whether PyPI has the same"), ("blosc=1.21", "not known whether PyPI has the same"),
        ("mine::numpy", "the channel mine"), ("numpy=1|2", "says a version in a way that pip can't"),
        ("numpy[version='1']", "says a version"), ("openssl-but-not=3", "move it below pip"), ("./numpy", "is not read"),
    ],
)  # fmt: skip
def test_what_may_be_a_strangers_package_on_pypi_is_refused_by_name(line, says):
    with pytest.raises(Unsupported, match=says) as refused:
        wanted.of_conda(conda(line))
    assert line in str(refused.value) and "conda.yaml" in str(refused.value)


def test_this_machine_and_the_rehearsal_have_the_same_table():
    """It stands twice, as the one may not look into the other."""
    assert conda_packages._FILE.read_bytes() == rehearsal.TABLE.read_bytes()


@given(st.sampled_from(_NAMES), _VERSIONS)
def test_this_machine_and_the_rehearsal_read_the_same_in_every_line(name, version):
    """What passes the test here is built in the rehearsal, from the same versions."""
    try:
        ours = conda_packages.read(name + version).line
        theirs = rehearsal.read(name + version).line
    except (NotOnPyPI, rehearsal.NotOnPyPI):
        return
    assert ours == theirs or Requirement(ours) == Requirement(theirs)


def test_the_page_api_handler_tells_what_is_taken_in_its_place():
    text = CONDA.replace("  - pip\n", "  - pip\n  - numpy=2.4\n  - r-base\n", 1)
    text += "      - --extra-index-url https://example.com\n      - -e .\n"
    found = handler.problems(handler.Handler("python", "score.py", {"score.py": SCORE, "conda.yaml": text}))
    told = [(problem.rule, problem.message) for problem in found]
    assert [rule for rule, _ in told] == ["conda_packages", "conda_packages", "source", "source"], told
    assert "take numpy==2.4.* from PyPI, as a wheel" in told[0][1]
    assert "can't: 'r-base' is a conda package" in told[1][1] and "https://example.com" in told[2][1]


def test_a_handler_with_conda_packages_is_built_served_and_warned_of(model_home, tmp_path):
    text = conda("joblib==1.6.0", "mkl", {"pip": ["azureml-inference-server-http==1.5.1"]})  # type: ignore[arg-type]
    tested = plain(tmp_path, simple("import joblib\nreturn joblib.__version__"), conda=text)
    key = serving.start(tested, "p")
    state = settled(key)
    assert state.phase == "ready", state
    assert serving.ask(key, {}).body == "1.6.0"
    assert any("joblib==1.6.0 for joblib==1.6.0" in one for one in state.warnings), state.warnings
    built = environment.found(wanted.of_conda(text))
    line = [str(built.python), "-c", "import importlib.metadata as m; print(m.version('joblib'))"]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stdout.strip() == "1.6.0"
