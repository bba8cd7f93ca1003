"""What an MLflow folder asks to have installed: known packages of the usual index, and nothing from anywhere else.

A requirement's version is no reason for anything: only who wrote the package is. The lines are read as pip reads them
(https://pip.pypa.io/en/stable/reference/requirements-file-format/): what pip would take and is not understood here is
never safe.
"""

import re
from collections.abc import Iterable
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from services.models import conda_packages
from services.models.inspection.findings import Report, readable
from services.models.inspection.known_packages import is_known, likely

LINES = 2_000
LONGEST = 1_000  # characters of a line
SHOWN, TOGETHER = 24, 4  # names that are shown, and in one reason
# Options of pip that say nothing of where packages come from, and PyTorch's own index, which Groundplan asks, too.
_HARMLESS = re.compile(
    r"--pre|--prefer-binary|--require-hashes|--only-binary[= ]\s*[\w:.,-]+"
    r"|--extra-index-url[= ]\s*https://download\.pytorch\.org/whl(/(cpu|cu\d{2,3}|rocm[\d.]+))?/?"
)
_INCLUDES = re.compile(
    r"(?:-r|-c|--requirement|--constraint)[= ]?\s*((?:\./)?(?:requirements|constraints)\.txt)"
)
_HASH = re.compile(r"\s--hash[= ]\s*\w+:[0-9a-fA-F]+")
_ELSEWHERE = re.compile(
    r"://|\$\{|^(git|hg|svn|bzr)\+|^file:|\.(whl|zip|egg|tar|tgz|tar\.\w+)\b", re.IGNORECASE
)
_CHANNELS = frozenset(
    [
        "conda-forge",
        "defaults",
        "nodefaults",
        "main",
        "anaconda",
        "pytorch",
        "nvidia",
        "rapidsai",
        "intel",
        "fastai",
        "huggingface",
        "microsoft",
        "https://repo.anaconda.com/pkgs/main",
        "https://conda.anaconda.org/conda-forge",
    ]
)
_SOURCES = ("PIP_", "UV_", "CONDA_", "MAMBA_", "HTTP", "ALL_PROXY", "SSL_", "REQUESTS_", "CURL_")
_PYTHON = re.compile(r"python\s*=*\s*(\d+(?:\.\d+)*)(?:\.\*)?")


def read_text(text: str, there: Iterable[str], report: Report) -> None:
    """Judge a requirements or constraints file; `there` are the files beside it, which it may include."""
    read_lines(re.sub(r"\\\r?\n", "", text).splitlines(), there, report)


def read_lines(lines: Iterable[Any], there: Iterable[str], report: Report) -> None:
    """Judge lines of pip; a pinned version of a known package is kept in the report."""
    strangers, beside = dict[str, str](), frozenset(there)
    for number, line in enumerate(lines):
        if number >= LINES:
            return report.unknown(f"It asks for more than {LINES} packages.")
        text = re.sub(r"(^|\s+)#.*$", "", line).strip() if isinstance(line, str) else str(line)
        if not isinstance(line, str) or len(text) > LONGEST:
            report.unknown(f"A line of its requirements cannot be read: {readable(text, 80)}")
        elif text:
            _line(text, beside, report, strangers)
    _tell(strangers, report)
    return None


def read_conda(data: dict[str, Any], there: Iterable[str], report: Report) -> None:
    """Judge a conda.yaml: its channels, its variables, its own packages, and those for pip."""
    _channels(data.get("channels"), report)
    _variables(data.get("variables"), report)
    strangers = dict[str, str]()
    for one in _list(data, "dependencies", report):
        if isinstance(one, dict):
            if set(one) != {"pip"} or not isinstance(one["pip"], list):
                report.unknown(f"Its conda.yaml asks for packages of another kind: {readable(str(one), 80)}")
            else:
                read_lines(one["pip"], there, report)
        elif isinstance(one, str) and len(one) <= LONGEST:
            _conda_line(one.strip(), report, strangers)
        else:
            report.unknown(f"A line of its conda.yaml cannot be read: {readable(str(one), 80)}")
    _tell(strangers, report)


def read_python_env(data: dict[str, Any], there: Iterable[str], report: Report) -> None:
    """Judge a python_env.yaml, whose lists hold lines of pip."""
    if isinstance(data.get("python"), str):
        report.versions["python"] = readable(data["python"], 20)
    builders = report.child()  # of no use to a model: only what stands against them counts
    read_lines(_list(data, "build_dependencies", report), there, builders)
    report.absorb(builders)
    read_lines(_list(data, "dependencies", report), there, report)


def _line(text: str, beside: frozenset[str], report: Report, strangers: dict[str, str]) -> None:
    plain = _HASH.sub("", text).strip()
    included = _INCLUDES.fullmatch(plain)
    if (included and included[1].removeprefix("./") in beside) or _HARMLESS.fullmatch(plain):
        return
    if plain.startswith("-") or re.search(r"\s--?[A-Za-z]", plain):
        report.blocked(f"Its requirements change how and from where packages are installed: {readable(text)}")
    elif _ELSEWHERE.search(plain) or re.match(r"[.~]|[^;]*[@/\\]", plain):
        report.blocked(f"Its requirements install what an address or a path holds: {readable(text)}")
    else:
        _requirement(plain, report, strangers)


def _requirement(text: str, report: Report, strangers: dict[str, str]) -> None:
    try:
        found = Requirement(text)
    except (InvalidRequirement, RecursionError):
        report.unknown(f"A line of its requirements cannot be read: {readable(text, 80)}")
        return
    if found.url:
        report.blocked(f"Its requirements install what an address or a path holds: {readable(text)}")
    elif not is_known(found.name):
        strangers.setdefault(canonicalize_name(found.name), text)
    else:
        pinned = re.fullmatch(r"==([\w.+!-]+)", str(found.specifier))
        if pinned:
            report.versions[canonicalize_name(found.name)] = pinned[1]


def _conda_line(text: str, report: Report, strangers: dict[str, str]) -> None:
    if python := _PYTHON.fullmatch(text):
        report.versions["python"] = python[1]
        return
    channel, _, rest = text.rpartition("::")
    name = re.split(r"[\s=<>!~\[]", rest.strip(), maxsplit=1)[0].lower()
    if "://" in text or "/" in rest or "\\" in text:
        report.blocked(f"Its conda.yaml takes a package from an address or a path: {readable(text)}")
    elif channel and channel.partition("/")[0] not in _CHANNELS:
        report.blocked(f"Its conda.yaml takes a package from a stranger's channel: {readable(text)}")
    elif conda_packages.pypi_name(name) is None and name != "python" and not is_known(name):
        strangers.setdefault(name, text)
    else:
        _conda_version(text, report)


def _conda_version(text: str, report: Report) -> None:
    try:
        line = conda_packages.read(text).line
    except conda_packages.NotOnPyPI:
        return
    name, _, version = line.partition("==")
    if is_known(name) and re.fullmatch(r"[\w.+!-]+", version):
        report.versions.setdefault(canonicalize_name(name), version)


def _channels(channels: Any, report: Report) -> None:
    for one in channels if isinstance(channels, list) else [channels] if channels else []:
        if str(one).rstrip("/") not in _CHANNELS:
            report.blocked(f"Its conda.yaml takes packages from a stranger's channel: {readable(str(one))}")


def _variables(variables: Any, report: Report) -> None:
    if not variables:
        return
    named = [str(name) for name in variables] if isinstance(variables, dict) else [str(variables)]
    shown = readable(", ".join(named[:SHOWN]))
    if any(name.upper().startswith(_SOURCES) for name in named):
        report.blocked(f"Its conda.yaml changes from where packages come by variables: {shown}")
    else:
        report.unknown(f"Its conda.yaml sets variables: {shown}")


def _list(data: dict[str, Any], key: str, report: Report) -> list[Any]:
    found = data.get(key)
    if found is not None and not isinstance(found, list):
        report.unknown(f"{key} of its environment is no list.")
    if isinstance(found, list) and len(found) > LINES:
        report.unknown(f"It asks for more than {LINES} packages.")
    return found[:LINES] if isinstance(found, list) else []


def _tell(strangers: dict[str, str], report: Report) -> None:
    """The reasons name every package that is not on the list, and what it may have been meant to be."""
    named = list(strangers)
    for at in range(0, min(len(named), SHOWN), TOGETHER):
        shown = ", ".join(map(_shown, named[at : at + TOGETHER]))
        report.unknown(f"It asks for packages that are not known here: {shown}.")
    if len(named) > SHOWN:
        report.unknown(f"It asks for {len(named) - SHOWN} more packages that are not known here.")
    if named:
        kept = report.details.setdefault("unknown_packages", [])
        kept += [line for name in named[:SHOWN] if (line := readable(strangers[name], 100)) not in kept]


def _shown(name: str) -> str:
    near = likely(name)
    return f"{readable(name, 50)} (is {near} meant?)" if near else readable(name, 50)
