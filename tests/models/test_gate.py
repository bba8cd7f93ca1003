"""The gate opens for a passed test of exactly these hashes, and for nothing else."""

from dataclasses import replace

import pytest

from services.models import gate
from services.models.candidate import Candidate
from services.models.handler import Handler

FILES = {"score.py": "def init(): pass", "conda.yaml": "dependencies: [python=3.11]"}


def model(**more):
    return Candidate(
        "a" * 64,
        "m.pkl",
        Handler("python", "score.py", FILES),
        ({"request": {}},),
        **({"allowed": True} | more),
    )


def verdict(tested, passed=True, **more):
    return {"passed": passed, "hashes": dict(tested.hashes), "why": [], **more}


def test_it_opens_for_a_passed_test_of_the_same_hashes():
    opened = gate.judge(model(), verdict(model()))
    assert opened.open and opened.hashes == model().hashes


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sha256": "b" * 64}, "the model file changed"),
        ({"handler": Handler("python", "score.py", FILES | {"score.py": "#"})}, "the API handler changed"),
        (
            {"handler": Handler("python", "score.py", FILES | {"conda.yaml": "dependencies: [python=3.12]"})},
            "environment",
        ),
        ({"golden": ()}, "the golden set changed"),
    ],
    ids=["model", "handler", "environment", "golden"],
)
def test_a_change_of_any_part_shuts_it_and_is_named(change, says):
    shut = gate.judge(replace(model(), **change), verdict(model()))
    assert not shut.open and says in shut.reason and "again" in shut.reason


def test_it_stays_shut_without_a_model_a_test_or_a_pass():
    assert "Bring a model file" in gate.gate(None).reason
    assert "not been tested" in gate.judge(model(), None).reason
    failed = gate.judge(
        model(), verdict(model(), passed=False, why=["Request 1: predictions[0] is 2, 1 is expected."])
    )
    assert not failed.open and "Request 1" in failed.reason
    for forged in ({}, {"passed": True}, {"passed": "yes", "hashes": dict(model().hashes)}):
        assert not gate.judge(model(), forged).open


def test_a_file_that_may_not_be_loaded_does_not_pass_whatever_the_verdict_says():
    shut = gate.judge(model(allowed=False, refusal="The file is blocked."), verdict(model()))
    assert not shut.open and "blocked" in shut.reason


def test_the_golden_set_changes_the_key_but_not_what_is_served():
    other = replace(model(), golden=())
    assert other.key != model().key and other.server_key == model().server_key
    assert replace(model(), file_name="n.pkl").server_key != model().server_key
