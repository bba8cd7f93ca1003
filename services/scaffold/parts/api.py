"""api/: the handler that answers requests with the model, and the environment that it runs in."""

from collections.abc import Iterator

from services.scaffold.facts import Facts
from services.scaffold.parts import brought, learning
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File


def files(facts: Facts) -> Iterator[File]:
    """The handler and its environment."""
    if facts.chosen:
        yield from brought.files(facts.chosen)
    else:
        yield from _python(facts) if facts.python else _r(facts)


def handler(facts: Facts) -> str:
    """The path of the file that answers requests."""
    return "api/score.py" if facts.python else "api/plumber.R"


def environment(facts: Facts) -> str:
    """The path of the file that the cloud builds the environment from."""
    return "api/conda.yaml" if facts.python else "api/Dockerfile"


def _python(facts: Facts) -> Iterator[File]:
    yield File(
        "api/score.py", "Answers requests with the model; the very same file in tests and in the cloud.",
        "cloud", "production", (Call("reads", learning.model(facts)), Call("reads", learning.SCHEMA)),
        template(f"python/api/score_{facts.framework.key}.py", "api/score.py", facts),
    )  # fmt: skip
    yield File(
        "api/conda.yaml", "The environment of the cloud, with the versions that the model was trained with.",
        "cloud", "production", render=template("python/api/conda.yaml", "api/conda.yaml", facts),
    )  # fmt: skip


def _r(facts: Facts) -> Iterator[File]:
    yield File(
        "api/plumber.R", "Answers requests with the model; the very same file in tests and in the cloud.",
        "cloud", "production", (Call("reads", learning.model(facts)),),
        template("r/api/plumber.R", "api/plumber.R", facts),
    )  # fmt: skip
    yield File(
        "api/Dockerfile", "The container of the cloud: R, plumber and the handler.", "cloud", "production",
        (Call("runs", "api/plumber.R"),), template("r/api/Dockerfile", "api/Dockerfile", facts),
    )  # fmt: skip
