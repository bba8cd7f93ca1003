"""data/: where rows come from. One loader for each chosen source, one door for training."""

from collections.abc import Callable, Iterator

from services.scaffold import sample
from services.scaffold.facts import Facts
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File, Verb

DATABASE = "sql_database"
_SAMPLES: dict[str, Callable[[], bytes]] = {
    "csv": lambda: sample.csv_text().encode(),
    "json": lambda: sample.json_text().encode(),
    "xlsx": sample.xlsx_bytes,
}


def files(facts: Facts) -> Iterator[File]:
    """The door, the loaders, the samples, a page that explains them."""
    yield File(
        "data/README.md", "Says where the rows come from and how to use your own.", "nowhere", "data",
        render=template("common/data_README.md", "data/README.md", facts),
    )  # fmt: skip
    yield _door(facts)
    for source in facts.sources:
        yield _loader(facts, source)
    for kind in sorted({"csv", *facts.sources} - {"sql"}):
        purpose = f"A small made-up set of customers as {kind.upper()}, so that everything runs at once."
        yield File(sample_path(kind), purpose, "nowhere", "data", render=_SAMPLES[kind])


def door(facts: Facts) -> str:
    """The path of the file that training reads its rows through."""
    return "data/load.py" if facts.python else "data/load.R"


def loader(facts: Facts, source: str) -> str:
    """The path of a source's loader."""
    return f"data/load_{source}.{'py' if facts.python else 'R'}"


def sample_path(source: str) -> str:
    """The path of the sample in a source's format."""
    return f"data/sample.{source}"


def _door(facts: Facts) -> File:
    verb: Verb = "imports" if facts.python else "runs"
    calls = [Call(verb, loader(facts, source)) for source in facts.sources]
    purpose = "Loads the rows from the chosen source and checks their columns."
    return File(
        door(facts), purpose, "your machine", "data", (*calls, Call("reads", sample_path("csv"))),
        template(f"{facts.language}/{door(facts)}", door(facts), facts),
    )  # fmt: skip


def _loader(facts: Facts, source: str) -> File:
    path = loader(facts, source)
    origin = "the SQL database, signed in with Microsoft Entra" if source == "sql" else f"{_a(source)} file"
    target = DATABASE if source == "sql" else sample_path(source)
    return File(
        path, f"Reads the rows from {origin}.", "your machine", "data", (Call("reads", target),),
        template(f"{facts.language}/{path}", path, facts),
    )  # fmt: skip


def _a(source: str) -> str:
    return f"an {source.upper()}" if source == "xlsx" else f"a {source.upper()}"
