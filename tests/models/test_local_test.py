"""The verdict: passed only where every golden answer is met and every wrong request is refused; held to its hashes."""

from dataclasses import replace

import pytest

from services.models import gate, local_test, serving
from tests.models.built import ROW, built, candidate, iris, model_home, plain, settled, simple

__all__ = ["built", "iris", "model_home"]


def verdict_of(one):
    """Serve a candidate and test it."""
    key = serving.start(one, "p")
    assert settled(key).phase == "ready", serving.state(key)
    return local_test.check(one, key, lambda _: None)


def test_a_model_that_answers_as_expected_passes_and_opens_the_gate(iris):
    file, (rows, classes, chances) = iris
    golden = (
        {"request": {"data": rows}, "expected": {"predictions": classes, "probabilities": chances}},
        {"request": {"data": [ROW]}},
    )
    one = candidate(file, golden=golden)
    verdict = verdict_of(one)
    assert verdict["passed"] and verdict["why"] == []
    assert [case["passed"] for case in verdict["cases"]] == [True, True]
    assert len(verdict["refusals"]) == 7 and {r["status"] for r in verdict["refusals"]} == {400}
    assert (
        0 < verdict["p50_ms"] <= verdict["p95_ms"]
        and verdict["memory_peak_mb"] > 50
        and verdict["startup_s"] > 0
    )
    assert gate.judge(one, verdict).open
    assert not gate.judge(replace(one, golden=golden[:1]), verdict).open


def test_an_answer_that_is_not_the_expected_one_fails_and_is_named(iris):
    file, (rows, classes, _) = iris
    wrong = {"request": {"data": rows}, "expected": {"predictions": [*classes[:-1], 9]}}
    verdict = verdict_of(candidate(file, golden=({"request": {"data": [[1]]}}, wrong)))
    assert not verdict["passed"] and [case["passed"] for case in verdict["cases"]] == [False, False]
    assert verdict["why"] == [
        "Request 1: It answered with status 400: Every row needs 4 numbers.",
        f"Request 2: predictions[5] is {classes[-1]}, 9 is expected.",
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return {'predictions': [1]}", "status 200; a wrong request must get 400"),
        (
            "return {'predictions': [json.loads(raw_data)['data'][0][0]]}",
            "status 500; a wrong request must get 400",
        ),
        ("if raw_data == '{': import os; os._exit(1)\nreturn {'predictions': [1]}", "gave no answer"),
    ],
    ids=["answers anything", "breaks", "dies"],
)
def test_a_handler_that_does_not_refuse_wrong_requests_cleanly_fails(built, tmp_path, body, says):
    verdict = verdict_of(plain(tmp_path, simple(body), golden=({"request": {"data": [[1, 2]]}},)))
    assert verdict["cases"][0]["passed"] and not verdict["passed"]
    assert any(says in why for why in verdict["why"]), verdict["why"]


def test_an_empty_golden_set_is_no_test(built, tmp_path):
    verdict = verdict_of(plain(tmp_path, simple("return {}")))
    assert not verdict["passed"] and "golden set is empty" in verdict["why"][0]
