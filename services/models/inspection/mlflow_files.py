"""MLflow model folders as zip: what `MLmodel` names, and every file by the rules of its own format."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml

from services.models.inspection import asked_packages
from services.models.inspection.archives import Archive, Member
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.known_packages import is_known
from services.models.inspection.streams import Stream
from services.models.intake import Column

Nested = Callable[[Stream, Report, str], Report]
_TEXTS = re.compile(r"(?:.*/)?(?:MLmodel|conda\.yaml|python_env\.yaml|(?:requirements|constraints)\.txt|input_example\.json"
                    r"|serving_input_example\.json|registered_model_meta|metadata\.json|README\.md)$")  # fmt: skip
_LISTS = ("requirements.txt", "constraints.txt")
_LOADERS = {
    f"mlflow.{name}" for name in ("sklearn", "xgboost", "lightgbm", "onnx", "pytorch", "keras", "tensorflow")
}
_DTYPES = {
    "double": "float64",
    "float": "float32",
    "long": "int64",
    "integer": "int32",
    "boolean": "bool",
    "string": "str",
}
# What a flavor calls a library in "..._version", where that is not the name of its package.
_PACKAGES = {
    "sklearn": "scikit-learn", "pytorch": "torch", "torch": "torch", "xgb": "xgboost", "lgb": "lightgbm",
    "sentence_transformers": "sentence-transformers", "paddle": "paddlepaddle", "llama_index": "llama-index",
}  # fmt: skip
_IMPORTED = frozenset({"keras", "tensorflow.keras", "tf_keras", "mlflow.pytorch.pickle_module", "pickle"})


def description(archive: Archive) -> Member | None:
    """The MLmodel that is loaded: at the top, where MLflow lays a copy into metadata/, or in the archive's single folder."""
    return _member(archive, "MLmodel") if "MLmodel" in archive.names else archive.find("MLmodel")


def read(archive: Archive, report: Report, nested: Nested) -> set[str]:
    """Inspect an MLflow folder; the names of the members that it accounts for."""
    top = description(archive)
    assert top
    root = top.name[: -len("MLmodel")]
    said = _yaml(archive, top)
    claimed = {name for name in archive.names if _TEXTS.match(name)}
    for name in archive.names:
        if name.endswith("/MLmodel") and name != top.name:  # a copy, as in metadata/, or another model
            _flavors(_yaml(archive, _member(archive, name)), report)
        if name.endswith((*_LISTS, "conda.yaml", "python_env.yaml")):
            _environment(archive, name, report)
        elif name.endswith(".py") or "/code/" in f"/{name[len(root) :]}":
            report.unknown(f"{readable(name, 80)} is code of its author, which would run with the model.")
            claimed.add(name)
    inner = _model(archive, said, root, report, nested)
    claimed |= {inner} if inner else set()
    report.is_a("mlflow", "mlflow", report.columns)
    _flavors(said, report)
    _signature(said, report)
    return claimed


def _environment(archive: Archive, name: str, report: Report) -> None:
    """What one file of the folder asks to have installed; it may include the lists that lie beside it."""
    folder, member = name[: name.rfind("/") + 1], _member(archive, name)
    there = {one for one in _LISTS if folder + one in archive.names}
    if name.endswith(_LISTS):
        asked_packages.read_text(archive.text(member).decode("utf-8", "replace"), there, report)
    elif name.endswith("conda.yaml"):
        asked_packages.read_conda(_yaml(archive, member), there, report)
    else:
        asked_packages.read_python_env(_yaml(archive, member), there, report)


def _member(archive: Archive, name: str) -> Member:
    return next(one for one in archive.members if one.name == name)


def _yaml(archive: Archive, member: Member) -> dict[str, Any]:
    text = archive.text(member)
    if len(text) > 2_000_000 or text.count(b"&") > 50:
        raise Broken(f"{readable(member.name, 80)} is larger or more knotted than a description is")
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Broken(f"{readable(member.name, 80)} is no YAML") from None
    if not isinstance(data, dict):
        raise Broken(f"{readable(member.name, 80)} describes nothing")
    return data


def _model(archive: Archive, said: dict[str, Any], root: str, report: Report, nested: Nested) -> str | None:
    """The file that the python_function flavor loads, with what it says of its inputs."""
    flavors = said.get("flavors")
    python = flavors.get("python_function", {}) if isinstance(flavors, dict) else {}
    path = python.get("model_path") or python.get("data") or python.get("python_model")
    found = [
        n for n in archive.names if isinstance(path, str) and n in (root + path, f"{root}{path}/model.pth")
    ]
    if len(found) != 1:
        return None
    inner = nested(archive.open(_member(archive, found[0])), report, found[0])
    report.versions |= inner.versions
    report.inputs, report.outputs, report.columns = inner.inputs, inner.outputs, inner.columns
    report.details |= inner.details | {"model_file": found[0][len(root) :], "model_format": inner.format}
    report.details["model_framework"] = inner.framework
    return found[0]


def _flavors(said: dict[str, Any], report: Report) -> None:
    flavors = said.get("flavors")
    if not isinstance(flavors, dict):
        return report.unknown("MLmodel names no flavor.")
    report.details["flavors"] = [readable(str(name), 40) for name in flavors][:20]
    for name, flavor in flavors.items():
        _flavor(str(name), flavor if isinstance(flavor, dict) else {}, report)
    return None


def _flavor(name: str, flavor: dict[Any, Any], report: Report) -> None:
    for key, value in flavor.items():
        library = str(key).removesuffix("_version")
        package = _PACKAGES.get(library, library)
        if library != key and isinstance(value, str) and (package == "python" or is_known(package)):
            report.versions.setdefault(package, readable(value, 40))
        if str(key).endswith("_module") and key != "loader_module" and value not in _IMPORTED:
            report.unknown(f"Its flavor {readable(name, 40)} imports {readable(str(value), 60)}.")
    loader = flavor.get("loader_module")
    if loader is not None and loader not in _LOADERS:
        report.unknown(f"It is loaded by {readable(str(loader), 60)}: code of its author.")
    if any(flavor.get(key) for key in ("code", "model_code_path", "code_paths")):
        report.unknown(f"Its flavor {readable(name, 40)} brings code of its author.")
    for one in _texts(flavor):
        if one.startswith(("/", "~")) or ".." in one.replace("\\", "/").split("/"):
            report.blocked(f"MLmodel leads out of its folder: {readable(one, 80)}")
    for one in flavor.values():
        if isinstance(one, str) and "://" in one:
            report.blocked(f"MLmodel leads out of its folder: {readable(one, 80)}")


def _texts(value: Any) -> Iterator[str]:
    """Every text below a flavor, however deep it lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _signature(said: dict[str, Any], report: Report) -> None:
    if isinstance(said.get("mlflow_version"), str):
        report.versions["mlflow"] = readable(said["mlflow_version"], 40)
    signature = said.get("signature")
    said_of = signature if isinstance(signature, dict) else {}
    for side in ("inputs", "outputs"):
        columns = _columns(said_of.get(side))
        if columns:
            setattr(report, side, columns)
            if side == "inputs":
                report.columns = "tensors" if columns[0].shape else "table"
                report.details["named"] = not columns[0].shape


def _columns(text: Any) -> list[Column]:
    try:
        listed = yaml.safe_load(text) if isinstance(text, str) and len(text) < 1_000_000 else None
    except (yaml.YAMLError, RecursionError):
        return []
    return [
        _column(i, one)
        for i, one in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
    ]


def _column(i: int, one: dict[str, Any]) -> Column:
    if one.get("type") == "tensor" and isinstance(spec := one.get("tensor-spec"), dict):
        shape = tuple(n if isinstance(n, int) and n >= 0 else None for n in spec.get("shape", []))
        return Column(str(one.get("name", f"x{i}")), str(spec.get("dtype", ""))[:20], shape)
    return Column(str(one.get("name", f"x{i}"))[:200], _DTYPES.get(str(one.get("type")), ""))
