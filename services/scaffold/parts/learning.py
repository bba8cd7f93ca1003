"""learning/ and model/: how rows become a model file."""

from collections.abc import Iterator

from services.scaffold.facts import Facts
from services.scaffold.parts import data
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File

SCHEMA = "model/schema.json"


def files(facts: Facts) -> Iterator[File]:
    """Training, its packages, and what training makes."""
    yield from _python(facts) if facts.python else _r(facts)
    if model(facts) == served(facts) and facts.chosen:
        return
    purpose = f"The trained model ({facts.framework.title}); training makes it, git ignores it."
    yield File(model(facts), purpose, "cloud", "learning")


def training(facts: Facts) -> str:
    """The path of the script that trains."""
    return "learning/train.py" if facts.python else "learning/train.R"


def packages(facts: Facts) -> str:
    """The path of the list of packages that training needs."""
    return "learning/requirements.txt" if facts.python else "learning/packages.R"


def model(facts: Facts) -> str:
    """The path of the model file."""
    return f"model/{facts.framework.model_file}"


def served(facts: Facts) -> str:
    """The path of the model file that the API answers with: the one that was brought, else the one that training makes."""
    return f"model/{facts.model_file}"


def _python(facts: Facts) -> Iterator[File]:
    calls = (Call("imports", data.door(facts)), Call("imports", "learning/model.py"), Call("writes", SCHEMA))
    yield File(
        "learning/train.py", "Trains the model, measures it on rows that it has not seen, and saves it.",
        "your machine", "learning", calls, template("python/learning/train.py", "learning/train.py", facts),
    )  # fmt: skip
    yield File(
        "learning/model.py", f"Fits and saves the model with {facts.framework.title}.", "your machine", "learning",
        (Call("writes", model(facts)),),
        template(f"python/learning/model_{facts.framework.key}.py", "learning/model.py", facts),
    )  # fmt: skip
    yield File(
        "learning/requirements.txt", "The packages that loading and training need, with versions.", "nowhere", "learning",
        render=template("python/requirements.txt", "learning/requirements.txt", facts, lines=facts.training_packages),
    )  # fmt: skip
    purpose = "The columns and classes that the model was trained on; training makes it."
    yield File(SCHEMA, purpose, "cloud", "learning")


def _r(facts: Facts) -> Iterator[File]:
    calls = (Call("runs", data.door(facts)), Call("writes", model(facts)))
    yield File(
        "learning/train.R", "Trains the model, measures it on rows that it has not seen, and saves it.",
        "your machine", "learning", calls, template("r/learning/train.R", "learning/train.R", facts),
    )  # fmt: skip
    yield File(
        "learning/packages.R", "Installs the R packages that are missing.", "your machine", "learning",
        render=template("r/learning/packages.R", "learning/packages.R", facts),
    )  # fmt: skip
