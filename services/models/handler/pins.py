"""Which Python and packages a model needs: the versions found in its file, and others known to go with them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from services.models.inspection.known_packages import is_known
from services.models.intake import Intake
from services.scaffold.frameworks import TORCH_INDEX, VERSIONS

_SERVER = "azureml-inference-server-http"


class Base(NamedTuple):
    """A Python with the libraries below scikit-learn, in versions of one time."""

    python: str
    numpy: str
    scipy: str
    pandas: str
    joblib: str


# Newest versions that were tried together on Python 3.11 in November 2026, beyond those of the scaffold.
_TRIED = VERSIONS | {
    "keras": "3.15.1", "h5py": "3.16.0", "safetensors": "0.8.0", "skops": "0.16.0", "mlflow-skinny": "3.17.2",
}  # fmt: skip
# scikit-learn -> what goes with it: each line resolved together with the server, from wheels alone, in November 2026.
# https://scikit-learn.org/stable/install.html says which Python and numpy each release asks for.
_SKLEARN = {
    (1, 0): Base("3.9", "1.22.4", "1.8.1", "1.5.3", "1.3.2"), (1, 1): Base("3.10", "1.23.5", "1.9.3", "1.5.3", "1.3.2"),
    (1, 2): Base("3.11", "1.24.4", "1.10.1", "1.5.3", "1.3.2"), (1, 3): Base("3.11", "1.26.4", "1.11.4", "2.1.4", "1.3.2"),
    (1, 4): Base("3.11", "1.26.4", "1.12.0", "2.2.3", "1.4.2"), (1, 5): Base("3.11", "2.0.2", "1.13.1", "2.2.3", "1.4.2"),
    (1, 6): Base("3.11", "2.2.6", "1.15.3", "2.2.3", "1.5.3"), (1, 7): Base("3.11", "2.3.5", "1.16.3", "2.3.3", "1.5.3"),
    (1, 8): Base("3.11", "2.4.6", "1.16.3", "2.3.3", "1.5.3"), (1, 9): Base("3.11", "2.4.6", "1.17.1", "3.1.1", "1.6.0"),
}  # fmt: skip
_NEWEST = _SKLEARN[1, 9]
_VERSION = re.compile(r"\d+(\.\d+){1,3}((a|b|rc|\.?dev|\.?post)\d+)?(\+[a-z0-9.]+)?")
# What the file names -> what is installed: the plain package brings gigabytes for graphics cards.
_WHEELS = {"xgboost": "xgboost-cpu", "sklearn": "scikit-learn", "mlflow": "mlflow-skinny"}
_BY_FRAMEWORK = {
    "scikit-learn": ("scikit-learn",), "onnx": ("onnxruntime",), "pytorch": ("torch",), "xgboost": ("xgboost-cpu",),
    "lightgbm": ("lightgbm",), "keras": ("keras", "torch"), "mlflow": ("mlflow-skinny", "pandas"),
    "safetensors": ("safetensors", "torch"), "other": (), "r": (),
}  # fmt: skip
_BY_FORMAT = {
    "joblib": ("joblib",), "scikit-learn-pickle": ("joblib",), "skops": ("skops",), "keras-h5": ("h5py",),
    "pickle": (),
}  # fmt: skip


@dataclass(frozen=True)
class Packages:
    """The Python version, the pip lines in order, and what the reader of the file should know about them."""

    python: str
    lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


def packages(intake: Intake, more: tuple[str, ...] = ()) -> Packages:
    """Pin what serves this model; a version that the file names is taken, others go with it."""
    found = dict(_found(intake.versions))
    base = _SKLEARN.get(release(found.get("scikit-learn", "")), _NEWEST)
    names = {*_BY_FRAMEWORK[intake.framework], *_BY_FORMAT.get(intake.format, ()), *more}
    if intake.framework == "mlflow":  # the folder lists what it was saved with
        names |= {name for name in found if is_known(name)} - {"pip"}
    wrapped = intake.framework in ("xgboost", "lightgbm") and intake.format not in ("xgboost", "lightgbm")
    if wrapped or "scikit-learn" in names or ("scikit-learn" in found and intake.framework != "onnx"):
        names |= {"joblib", "scikit-learn", "scipy"}
    below = base._asdict()
    pins = _TRIED | {name: below[name] for name in ("scipy", "pandas", "joblib")} | found
    pins["numpy"] = (
        base.numpy
        if "scikit-learn" in names and intake.framework != "mlflow"
        else found.get("numpy", base.numpy)
    )
    lines = tuple(f"{_wheel(name, pins[name])}=={pins[name]}" for name in sorted({_SERVER, "numpy", *names}))
    options = (TORCH_INDEX,) if "torch" in names else ()
    return Packages(base.python, options + lines, tuple(_notes(intake, found, names)))


def release(version: str) -> tuple[int, int]:
    """The release line of a version: (1, 9) of "1.9.1"; (0, 0) of what is none."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _found(versions: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Versions that look like versions: what stands in a file is a stranger's text, and goes into an installer."""
    for name, version in versions.items():
        if _VERSION.fullmatch(str(version)) and re.fullmatch(r"[A-Za-z0-9._-]+", str(name)):
            plain = str(version).partition("+")[0]
            yield _WHEELS.get(name, name), plain


def _wheel(name: str, version: str) -> str:
    """xgboost-cpu begins with 2.1."""
    early = name == "xgboost-cpu" and release(version) < (2, 1)
    return "xgboost" if early else name


def _notes(intake: Intake, found: Mapping[str, str], names: set[str]) -> Iterator[str]:
    known = _BY_FRAMEWORK[intake.framework][:1]
    if known and known[0] not in found and intake.framework not in ("onnx", "safetensors"):
        yield f"The file does not say which version of {known[0]} wrote it: check that this one is right."
    sklearn = found.get("scikit-learn", "")
    if "scikit-learn" in names and sklearn and release(sklearn) not in _SKLEARN:
        yield f"scikit-learn {sklearn} has not been tried with these versions of Python and numpy."
    unlisted = intake.details.get("unknown_packages")
    asked = [re.split(r"[^\w.-]", str(one))[0] for one in unlisted] if isinstance(unlisted, list) else []
    if any(asked):
        yield f"Left out, as these are not known here: {', '.join(filter(None, asked))}. Add those that you trust below pip."
    if "keras" in names and found.get("keras", "3").startswith(("1.", "2.")):
        yield f"The file was written by Keras {found['keras']}; Keras 3 reads most of them. Test it."
