"""Conda packages of an environment: taken from PyPI in the same version where it has them, and refused where not."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from simulator.scoring.conda import Unsupported, recipe_of
from simulator.scoring.conda_packages import NotOnPyPI, read, table
from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, SCORE, Workshop

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.4", "numpy==1.26.4.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy 1.26*", "numpy==1.26.*"),
        ("numpy=1.26.4=py311h64a7726_0", "numpy==1.26.4"),
        ("numpy 1.26.4 py311h64a7726_0", "numpy==1.26.4"),
        ("numpy=*=*openblas*", "numpy"),
        ("scikit-learn >= 1.3, < 2", "scikit-learn>=1.3,<2"),
        ("scipy!=1.11.*", "scipy!=1.11.*"),
        ("scipy>=1.11.*", "scipy>=1.11"),
        ("conda-forge::pandas", "pandas"),
        ("conda-forge/linux-64::pandas=2", "pandas==2.*"),
        ("pytorch::pytorch=2.2", "torch==2.2.*"),
        ("py-xgboost", "xgboost"),
        ("msgpack-python", "msgpack"),
        ("matplotlib-base==3.9.0", "matplotlib==3.9.0"),
        ("libgcc=13.2", ""),
        ("mkl", ""),
    ],
)
def test_what_conda_means_in_words_of_pip(asked: str, line: str):
    """`=1.2` is any 1.2, `==1.2` that one alone; a build string belongs to one version and is conda's own."""
    found, wanted = read(asked).line, Requirement(line) if line else None
    assert (Requirement(found) if found else None) == wanted


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("redis=7", "not known to be the same on PyPI"),
        ("graphviz", "not known to be the same on PyPI"),
        ("r-base", "not known to be the same on PyPI"),
        ("somebody::numpy", "of the channel somebody"),
        ("numpy=1.2|1.3", "names its version in a way that pip cannot"),
        ("numpy[version='>=1']", "names its version in a way that pip cannot"),
        ("numpy=1.1.1w", "names its version in a way that pip cannot"),
        ("numpy @ https://example.com/numpy.whl", "names its version in a way that pip cannot"),
        ("numpy=1.2\nevil", "names its version in a way that pip cannot"),
        ("-e .", "not understood"),
        ("https://example.com/numpy-1.26.tar.bz2", "not known"),
    ],
)
def test_what_is_not_known_is_refused_with_its_name(asked: str, told: str):
    """A name of conda that is another's on PyPI would run a stranger's code."""
    with pytest.raises(Unsupported, match="the rehearsal has no conda") as refused:
        recipe_of(json.dumps({"dependencies": ["python=3.11", "numpy", asked]}))
    assert told in str(refused.value) and asked.split("=")[0].split("[")[0] in str(refused.value)


@given(st.text(max_size=30))
def test_whatever_is_asked_only_names_of_the_table_are_installed(text: str):
    """Any text is read or refused; what is read is one requirement, by a name of the table."""
    for asked in (text, f"numpy{text}", f"numpy={text}"):
        try:
            found = read(asked)
        except NotOnPyPI:
            continue
        requirement = Requirement(found.line) if found.pypi else None
        assert requirement is None or (requirement.name in table().values() and requirement.url is None)
        assert "\n" not in found.line


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), max_size=2))
def test_a_fuzzy_version_holds_what_begins_with_it(said: list[int], more: list[int]):
    """`=1.2` takes 1.2 and 1.2.3, and not 1.20."""
    version = ".".join(map(str, said))
    found = SpecifierSet(read(f"numpy={version}").versions)
    assert found.contains(".".join(map(str, [*said, *more])))
    assert not found.contains(f"{version}1")


def test_the_same_packages_are_the_same_recipe_whatever_is_noted():
    """Notes belong to the build log: they build nothing anew."""
    one = recipe_of(json.dumps({"dependencies": ["numpy=1.26", "libgcc"]}))
    other = recipe_of(json.dumps({"dependencies": ["defaults::numpy 1.26.*"]}))
    assert one.mark == other.mark and len(one.notes) == 2 and len(other.notes) == 1
    assert one.lines == ("--only-binary numpy", "numpy==1.26.*")


def test_a_deployment_with_conda_packages_answers_and_its_log_says_whence_they_are(simulator: Running):
    """numpy is named as conda does; the build log names PyPI, and what the wheels bring."""
    workshop = Workshop(simulator, "rg-conda").open("conda-api")
    text = CONDA.format(python=PYTHON).replace("  - numpy\n", "")
    text = text.replace("- pip\n", "- pip\n- conda-forge::numpy=2.4\n- libgcc-ng\n", 1)
    workshop.environment("conda", text)
    workshop.code(
        "tells", SCORE.replace('return {"predictions"', 'return {"numpy": np.__version__, "predictions"')
    )
    workshop.model("m")
    assert workshop.deploy("blue", code="tells", environment="conda")["status"] == "Succeeded"
    answer = workshop.score({"data": [[1, 1]]}, deployment="blue")
    assert (answer.status, answer.body["predictions"]) == (200, [3]), answer.body
    assert answer.body["numpy"].startswith("2.4.")
    log = workshop.logs("blue")
    assert "from PyPI, as wheels, instead of conda's channels: numpy==2.4.* for conda-forge::numpy=2.4" in log
    assert "in versions of their own: libgcc-ng" in log
