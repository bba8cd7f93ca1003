"""tests/: input -> output on this machine, with the handler that the cloud will run; the gate before it."""

import json
from collections.abc import Iterator
from typing import Any

from services.scaffold import sample
from services.scaffold.chosen import Chosen
from services.scaffold.facts import Facts
from services.scaffold.parts import api, learning
from services.scaffold.rendering import template, text
from services.scaffold.tree import Call, File, Verb

REQUEST = "tests/request.json"
EXPECTED = "tests/expected.json"
GOLDEN = "tests/golden.json"


def files(facts: Facts) -> Iterator[File]:
    """The golden set, the test, and the check that the endpoint's answer goes through as well."""
    if facts.chosen:
        yield from _golden(facts, facts.chosen)
        return
    yield File(
        REQUEST, "A sample request: rows of numbers in the order of the columns.", "nowhere", "production",
        render=text(_json({"data": sample.REQUEST})),
    )  # fmt: skip
    yield File(
        EXPECTED, "The predictions that the sample request must get.", "nowhere", "production",
        render=text(_json({"predictions": sample.EXPECTED})),
    )  # fmt: skip
    yield _test(facts)
    yield File(
        check(facts), "Compares an answer with the expected one: the test's and the endpoint's.", "your machine",
        "production", (Call("reads", EXPECTED),),
        template(f"{facts.language}/{check(facts)}", check(facts), facts),
    )  # fmt: skip
    if facts.python:
        yield File(
            "tests/requirements.txt", "What testing needs on top: Azure's inference server and pytest.", "nowhere",
            "production", (Call("reads", learning.packages(facts)),),
            template("python/tests/requirements.txt", "tests/requirements.txt", facts),
        )  # fmt: skip


def test(facts: Facts) -> str:
    """The path of the test."""
    return "tests/test_score.py" if facts.python else "tests/test_score.R"


def check(facts: Facts) -> str:
    """The path of the comparison."""
    return "tests/check_answer.py" if facts.python else "tests/check_answer.R"


def packages(facts: Facts) -> str:
    """The path of the list of packages that the test needs."""
    return "tests/requirements.txt" if facts.python else learning.packages(facts)


def _golden(facts: Facts, chosen: Chosen) -> Iterator[File]:
    """The same for a model that was brought: every request of its golden set, with what it must get."""
    cases = [{"request": case["request"], "expected": case.get("expected")} for case in chosen.golden]
    language = facts.language
    yield File(
        GOLDEN, "Requests with the answers that they must get: the golden set.", "nowhere", "production",
        render=text(_json(cases)),
    )  # fmt: skip
    yield File(
        REQUEST, "The first request of the golden set, which a deployed endpoint is asked.", "nowhere", "production",
        render=text(_json(chosen.first["request"])),
    )  # fmt: skip
    yield File(
        EXPECTED, "What that request must get.", "nowhere", "production",
        render=text(_json(chosen.first.get("expected") or {})),
    )  # fmt: skip
    purpose = "Sends the golden set through the handler on this machine and compares the answers."
    verb: Verb = "imports" if facts.python else "runs"
    calls = (Call("runs", api.handler(facts)), Call("reads", GOLDEN), Call(verb, check(facts)))
    source = f"{language}/tests/golden_score.{'py' if facts.python else 'R'}"
    yield File(
        test(facts), purpose, "your machine", "production", calls, template(source, test(facts), facts)
    )
    yield File(
        check(facts), "Compares an answer with the expected one: the test's and the endpoint's.", "your machine",
        "production", (Call("reads", EXPECTED),),
        template(f"{language}/{check(facts)}", check(facts), facts),
    )  # fmt: skip
    if facts.python:
        yield File(
            "tests/requirements.txt", "What testing needs: the handler's packages and pytest.", "nowhere", "production",
            (Call("reads", "api/requirements.txt"),),
            template("python/tests/golden_requirements.txt", "tests/requirements.txt", facts),
        )  # fmt: skip


def _test(facts: Facts) -> File:
    calls = (
        Call("runs", api.handler(facts)), Call("reads", REQUEST),
        Call("imports" if facts.python else "runs", check(facts)),
    )  # fmt: skip
    purpose = "Sends input through the handler on this machine and compares the output; wrong requests must be refused."
    return File(
        test(facts), purpose, "your machine", "production", calls,
        template(f"{facts.language}/{test(facts)}", test(facts), facts),
    )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"
