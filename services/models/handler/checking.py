"""What is wrong with a handler's files, told without running a line of them."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from services.config import Problem
from services.models import conda_packages
from services.models.handler import r_parse
from services.models.handler.noun import ENVIRONMENT, Handler
from services.scaffold.frameworks import TORCH_INDEX

LARGEST = 1_000_000  # bytes of one file
_SERVER = "azureml-inference-server-http"
# Azure's inference server takes these names beside score.py for its own settings.
_TAKEN = ("config.json", "logging.json")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def problems(handler: Handler) -> tuple[Problem, ...]:
    """Everything that stands against a handler, the entry's file first. `path` is the file, with `:line:column`."""
    found = [p for name in _ordered(handler) for p in _of_file(name, handler.files[name])]
    if handler.language == "python":
        found += [*_entry(handler), *_conda(handler)]
    else:
        found += _missing(handler, ("plumber.R", "Dockerfile"))
    return tuple(found)


def is_warning(problem: Problem) -> bool:
    """Whether it can be tested and deployed in spite of the problem."""
    return problem.rule in ("differs", "conda_packages", "source", "todo", "suffix")


def name_problem(name: str) -> Problem | None:
    """What stands against a file's name."""
    if name.lower() in _TAKEN:
        message = "Azure's inference server would take this file for its own settings."
        return Problem(name, "taken", message, f"my_{name.lower()}")
    if "/" in name or "\\" in name or ".." in name:
        return Problem(name, "name", "The handler's files lie in one folder: a name without / and ..", None)
    if not _NAME.fullmatch(name):
        message = "A name has letters of ASCII, digits, _ . and -, starts with one of the first three kinds, 100 at most."
        return Problem(name, "name", message, "helpers.py")
    return None


def _ordered(handler: Handler) -> list[str]:
    return sorted(handler.files, key=lambda name: (name != handler.entry, name))


def _of_file(name: str, text: str) -> Iterator[Problem]:
    if bad := name_problem(name):
        yield bad
    if not text.strip():
        yield Problem(name, "empty", "The file is empty.", "Write it, or remove it.")
    elif len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        yield Problem(
            name, "length", "The file is larger than 1 MB. Data belongs to the model, not to its handler."
        )
    elif name.endswith(".py"):
        yield from _python(name, text)
    elif name.endswith((".R", ".r")):
        yield from r_parse.problems(name, text)


def _python(name: str, text: str) -> Iterator[Problem]:
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        place = f"{name}:{error.lineno or 1}:{error.offset or 1}"
        yield Problem(place, "syntax", f"Python can't read this line: {error.msg}.")
        return
    except (ValueError, RecursionError, MemoryError) as error:
        yield Problem(name, "syntax", f"Python can't read this file: {error or 'it is nested too deeply'}.")
        return
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        if any(_unwritten(statement) for statement in function.body):
            message = f"{function.name}() is still to be written; until then the model can't be loaded."
            yield Problem(f"{name}:{function.lineno}:1", "todo", message)


def _unwritten(statement: ast.stmt) -> bool:
    """`raise NotImplementedError(...)`."""
    return isinstance(statement, ast.Raise) and "NotImplementedError" in ast.dump(statement)


def _entry(handler: Handler) -> Iterator[Problem]:
    yield from _missing(handler, ("score.py", "conda.yaml"))
    try:
        tree = ast.parse(handler.files.get("score.py", ""))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    there = dict(_defined(tree))
    for name, wanted in (("init", 0), ("run", 1)):
        if handler.files.get("score.py", "").strip() and name not in there:
            message = f"There is no function {name}(): Azure's inference server calls it."
            yield Problem("score.py", "required", message, f"def {name}({'raw_data' if wanted else ''}):")


def _defined(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Names that a module binds at its top, imported ones too."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((alias.asname or alias.name, node) for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from ((t.id, node) for t in node.targets if isinstance(t, ast.Name))


def _missing(handler: Handler, names: tuple[str, ...]) -> list[Problem]:
    return [
        Problem(name, "required", "This file is needed.", None) for name in names if name not in handler.files
    ]


def _conda(handler: Handler) -> Iterator[Problem]:
    text = handler.files.get("conda.yaml", "")
    if not text.strip():
        return
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        yield _yaml(error)
        return
    if not isinstance(read, Mapping) or not isinstance(read.get("dependencies"), list):
        yield Problem(
            "conda.yaml", "required", "It needs `dependencies`: a list.", "dependencies: [python=3.11, pip]"
        )
        return
    yield from _dependencies(handler, read["dependencies"])


def _yaml(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
    return Problem(
        f"conda.yaml{place}", "syntax", f"This is no YAML: {getattr(error, 'problem', None) or error}."
    )


def _dependencies(handler: Handler, asked: list[Any]) -> Iterator[Problem]:
    if not handler.python:
        yield Problem("conda.yaml", "required", "The version of Python is not pinned.", "python=3.11")
    if not any(line.partition("=")[0].split("[")[0].strip() == _SERVER for line in handler.requirements):
        message = f"{_SERVER} is not among the pip packages; Azure serves score.py with it."
        yield Problem("conda.yaml", "required", message, f"{_SERVER}==1.5.1")
    for one in asked:
        name = re.split(r"[\s=<>!~]", one.strip().rpartition("::")[2])[0] if isinstance(one, str) else "pip"
        if name not in ("python", "pip", "setuptools", "wheel"):
            yield _conda_package(one)
    yield from _sources(handler.requirements)
    if (
        tuple(_lines(handler.files.get("requirements.txt", ""))) != handler.requirements
        and "requirements.txt" in handler.files
    ):
        message = "It says something else than conda.yaml, which is what Azure builds."
        yield Problem(
            "requirements.txt", "differs", message, "Go back to the generated one: it follows conda.yaml."
        )


def _conda_package(text: str) -> Problem:
    try:
        line = conda_packages.read(text).line
    except conda_packages.NotOnPyPI as error:
        message = f"Azure installs it from conda; the test on this machine and the rehearsal can't: {error}"
        return Problem("conda.yaml", "conda_packages", message, "Take it from pip if you can.")
    message = (
        f"{text} is a conda package. Azure takes it from conda's channels, "
        + (f"the test on this machine and the rehearsal take {line} from PyPI, as a wheel." if line else
           "here Python and the wheels bring their own.")
    )  # fmt: skip
    return Problem(
        "conda.yaml", "conda_packages", message, f"{line} below pip is the same in both." if line else None
    )


def _sources(lines: Iterable[str]) -> Iterator[Problem]:
    """Lines that have packages come from somewhere else; these are the user's own words, so they are told, not refused."""
    for line in lines:
        plain = line.strip()
        if plain != TORCH_INDEX and (plain.startswith("-") or "://" in plain or " @ " in plain):
            message = f"{plain} has packages come from elsewhere than the usual index. Their code runs with the model."
            yield Problem("conda.yaml", "source", message, "Keep it only if you trust who runs that place.")


def _lines(text: str) -> Iterator[str]:
    lines = (line.strip() for line in text.splitlines())
    return (line for line in lines if line and not line.startswith("#"))


__all__ = ["ENVIRONMENT", "is_warning", "name_problem", "problems"]
