"""The DevOps platform's pipelines: the same steps on GitHub and Azure DevOps, signed in without a secret."""

from collections.abc import Iterator

from services.scaffold.facts import Facts
from services.scaffold.parts import deploy, learning, tests
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File


def files(facts: Facts) -> Iterator[File]:
    """Workflows, pipelines, both or none."""
    if facts.platform in ("github", "both"):
        yield _pipeline(
            facts, ".github/workflows/ci.yml", f"{_begins(facts)} on every change.", _check(facts)
        )
        yield _pipeline(
            facts, ".github/workflows/deploy.yml",
            f"{_begins(facts, ',')} and deploys when you start it, signed in to Azure by OpenID Connect.", _all(facts),
        )  # fmt: skip
    if facts.platform in ("azure-devops", "both"):
        purpose = f"{_begins(facts)} on every change, and deploys from main after an approval."
        yield _pipeline(facts, "azure-pipelines.yml", purpose, _all(facts))


def _pipeline(facts: Facts, path: str, purpose: str, calls: tuple[Call, ...]) -> File:
    return File(path, purpose, "pipeline", "devops", calls, template(f"common/{path}", path, facts))


def _begins(facts: Facts, between: str = " and") -> str:
    return "Tests" if facts.chosen else f"Trains{between} tests"


def _check(facts: Facts) -> tuple[Call, ...]:
    # In R the pipeline takes the same packages ready-made from Ubuntu.
    needs = (Call("reads", tests.packages(facts)),) if facts.python else ()
    trains = () if facts.chosen else (Call("runs", learning.training(facts)),)
    return (*needs, *trains, Call("runs", tests.test(facts)))


def _all(facts: Facts) -> tuple[Call, ...]:
    return (*_check(facts), Call("runs", deploy.SCRIPT))
