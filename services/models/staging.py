"""Lays a candidate out as Azure does and says how it is run: the same score.py, the same server, the same variables.

https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http
https://learn.microsoft.com/azure/machine-learning/how-to-deploy-online-endpoints
"""

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.models.environment import Environment
from services.models.sandbox import Box, Isolation, Limits

ROOT = "/var/azureml-app"
CODE = f"{ROOT}/code"
SOCKET = "/run/groundplan"  # the folder that the socket lies in
_RELAY = "/run/relay/relay.py"
_ENVIRONMENT = "/env"
_WORKER_TIMEOUT_S = 300  # the inference server's own default
_OURS = ("config.json", "logging.json")  # the inference server would take them for its own settings


class CannotStage(Exception):
    """The candidate can't be laid out; the message says why and what to do."""


@dataclass(frozen=True)
class Stage:
    """A box, the command that serves the model in it, and the paths that say that it is ready and take requests."""

    box: Box
    command: tuple[str, ...]
    ready_path: str
    score_path: str = "/score"


@dataclass(frozen=True)
class Cast:
    """What is served: entry, files by name, the model's file, and the language."""

    language: str
    entry: str
    files: Mapping[str, str]
    model: Path
    file_name: str


def lay_out(
    cast: Cast,
    folder: Path,
    socket: Path,
    environment: Environment | None,
    isolation: Isolation,
    limits: Limits,
) -> Stage:
    """Write code and model below `folder` as Azure lays them out; the socket is to appear in the folder `socket`."""
    root = folder / "azureml-app"
    shutil.rmtree(root, ignore_errors=True)
    _write_code(root / "code", cast.files)
    home = f"azureml-models/{_name_of(cast.file_name)}/1"
    inside = f"{home}/{_plain(cast.file_name)}"
    (root / home).mkdir(parents=True)
    readable = {ROOT: root}
    if isolation == "bubblewrap":
        (root / inside).touch()  # the place to mount it on
        readable[f"{ROOT}/{inside}"] = cast.model
    else:
        (root / inside).symlink_to(cast.model)
    if cast.language == "r":
        return _stage_r(cast, readable, socket, isolation, limits, home)
    assert environment
    return _stage_python(cast, readable, socket, environment, isolation, limits, home)


def _stage_python(
    cast: Cast, readable: dict[str, Path], socket: Path, environment: Environment, isolation: Isolation, limits: Limits,
    home: str,
) -> Stage:  # fmt: skip
    readable |= {_ENVIRONMENT: environment.path} | _base(environment.base)
    box = Box(readable, {SOCKET: socket}, {}, limits, isolation)
    variables = {
        "AML_APP_ROOT": box.at(CODE),
        "AZUREML_ENTRY_SCRIPT": cast.entry,
        "AZUREML_MODEL_DIR": box.at(f"{ROOT}/{home}"),
        "AML_APP_INSIGHTS_ENABLED": "false",
        "PATH": f"{box.at(_ENVIRONMENT)}/bin:/usr/bin:/bin",
    }
    command = (
        f"{box.at(_ENVIRONMENT)}/bin/python", "-m", "gunicorn", "-b", f"unix:{box.at(SOCKET)}/s", "-w", "1", "--timeout",
        str(_WORKER_TIMEOUT_S), "--error-logfile", "-",
        "azureml_inference_server_http.server.entry:app",
    )  # fmt: skip
    return Stage(Box(readable, box.writable, variables, limits, isolation), command, "/")


def _stage_r(
    cast: Cast, readable: dict[str, Path], socket: Path, isolation: Isolation, limits: Limits, home: str
) -> Stage:
    """plumber listens on TCP alone: a relay in the same sandbox stands between its loopback and our socket."""
    if shutil.which("Rscript") is None:
        raise CannotStage(
            "There is no R on this machine. Install it (Debian: apt-get install r-base-core r-cran-plumber)."
        )
    ours = Path(os.path.realpath(sys.executable))
    readable |= {"/run/relay": Path(__file__).parent / "relay"} | _base(ours.parents[1])
    box = Box(readable, {SOCKET: socket}, {}, limits, isolation)
    variables = {"AZUREML_MODEL_DIR": box.at(f"{ROOT}/{home}"), "AML_APP_ROOT": box.at(CODE)}
    command = (
        str(ours), "-I", "-S", box.at(_RELAY), f"{box.at(SOCKET)}/s", "Rscript", "--vanilla", "-e",
        "arguments <- commandArgs(TRUE); "
        "plumber::pr_run(plumber::plumb(arguments[1]), host = '127.0.0.1', port = as.integer(arguments[2]), docs = FALSE)",
        f"{box.at(CODE)}/{cast.entry}",
    )  # fmt: skip
    return Stage(Box(readable, box.writable, variables, limits, isolation), command, "/ready")


def _base(base: Path) -> dict[str, Path]:
    """The Python that an environment stands on, where it is not part of the system."""
    return {} if base.is_relative_to("/usr") else {str(base): base}


def _write_code(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(parents=True)
    for name, text in files.items():
        path = folder / name
        if name in _OURS or not path.resolve().is_relative_to(folder.resolve()):
            raise CannotStage(
                f"A handler may not have a file called {name}. Rename it on the page API handler."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _name_of(file_name: str) -> str:
    """A name for the model as Azure takes it."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file_name.partition(".")[0]).strip("-")[:60] or "model"


def _plain(file_name: str) -> str:
    return file_name.replace("/", "_").replace("\0", "_").lstrip(".")[:200] or "model"
