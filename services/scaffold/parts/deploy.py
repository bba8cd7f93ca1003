"""deploy/: from a tested model to an endpoint that answers."""

from collections.abc import Iterator

from services.scaffold.facts import Facts
from services.scaffold.parts import api, learning, tests
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File

ENDPOINT = "online_endpoint"
SCRIPT = "deploy/deploy.sh"


def files(facts: Facts) -> Iterator[File]:
    """The endpoint, its deployment, and the script that tests before it sends."""
    yield File(
        "deploy/endpoint.yml", "The online endpoint: name and sign-in.", "cloud", "production",
        (Call("describes", ENDPOINT),), template("common/deploy/endpoint.yml", "deploy/endpoint.yml", facts),
    )  # fmt: skip
    sent = [learning.served(facts), api.handler(facts), api.environment(facts)]
    yield File(
        "deploy/deployment.yml", "The deployment: which model, handler, environment and machine.", "cloud", "production",
        (*(Call("sends", path) for path in sent), Call("describes", ENDPOINT)),
        template(f"{facts.language}/deploy/deployment.yml", "deploy/deployment.yml", facts),
    )  # fmt: skip
    purpose = (
        "Runs the test, deploys, asks the endpoint the sample request, and only then gives it the traffic."
    )
    yield File(
        SCRIPT, purpose, "pipeline", "production", _calls(facts),
        template("common/deploy/deploy.sh", SCRIPT, facts), executable=True,
    )  # fmt: skip


def _calls(facts: Facts) -> tuple[Call, ...]:
    return (
        Call("runs", tests.test(facts)), Call("reads", "deploy/endpoint.yml"), Call("reads", "deploy/deployment.yml"),
        Call("reads", tests.REQUEST), Call("runs", tests.check(facts)), Call("deploys to", ENDPOINT),
    )  # fmt: skip
