"""api/ and model/ when somebody has brought a model: its handler as it was generated or edited, and the file itself."""

import re
from collections.abc import Iterator

from services.scaffold.chosen import Chosen
from services.scaffold.rendering import text
from services.scaffold.tree import Call, File

_PURPOSES = {
    "score.py": "Answers requests with the model; the very same file in tests and in the cloud.",
    "plumber.R": "Answers requests with the model; the very same file in tests and in the cloud.",
    "conda.yaml": "The environment of the cloud, with the versions that the model needs.",
    "requirements.txt": "The packages of conda.yaml, for pip.",
    "Dockerfile": "The container of the cloud: R, plumber and the handler.",
}


def files(chosen: Chosen) -> Iterator[File]:
    """The handler's files and the model that they answer with."""
    for name, content in sorted(chosen.files.items()):
        purpose = _PURPOSES.get(name, "A part of the handler.")
        yield File(f"api/{name}", purpose, "cloud", "production", tuple(_calls(chosen, name)), text(content))
    yield File(
        model(chosen), "The model that was brought; the handler answers with it.", "cloud", "learning", render=chosen.content
    )  # fmt: skip


def model(chosen: Chosen) -> str:
    """The path of the model file."""
    return f"model/{chosen.file_name}"


def _calls(chosen: Chosen, name: str) -> Iterator[Call]:
    if name == chosen.entry:
        yield Call("reads", model(chosen))
    if name == "Dockerfile":
        yield Call("runs", f"api/{chosen.entry}")
    for other in sorted(chosen.files):
        stem = re.escape(other.removesuffix(".py"))
        if (
            other != name
            and other.endswith(".py")
            and re.search(rf"^\s*(?:from|import) {stem}\b", chosen.files[name], re.M)
        ):
            yield Call("imports", f"api/{other}")
