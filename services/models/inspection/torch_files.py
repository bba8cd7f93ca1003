"""PyTorch's zip files: checkpoints (a pickle and raw tensors), TorchScript (code that torch runs) and .pt2 (a graph).

TorchScript code is no Python: torch parses it and runs its own operators. A few of those read and write files, and
operators of other libraries can do anything, so the code is read for them.
https://docs.pytorch.org/docs/stable/notes/serialization.html
"""

import re
from collections.abc import Callable
from typing import Any

from services.models.inspection import raw_data, torch_script
from services.models.inspection.archives import Archive, Member
from services.models.inspection.findings import Report, readable
from services.models.inspection.pickled import tensors
from services.models.inspection.pickles import Pickle, walk
from services.models.inspection.streams import Stream
from services.models.intake import Column

Nested = Callable[[Stream, Report, str], Report]
_PLAIN = {
    "version",
    "byteorder",
    ".format_version",
    ".storage_alignment",
    ".data/serialization_id",
    ".data/version",
}
_PLAIN |= {"archive_format", "archive_version"}
_INTEGER = r"Integer\(-?\d{1,20}\)"
_SYMBOL = r"Symbol\('\w{1,40}'(?:, (?:positive|integer|nonnegative)=True)*\)"
_NAMES = (
    r"[suz]\d+|Max|Min|Mod|Eq|Ne|Ge|Le|Gt|Lt|FloorDiv|CeilDiv|PythonMod|CleanDiv|Mul|Add|True|False|oo|int_oo|Abs|Piecewise"
    r"|ModularIndexing|TruncToInt|IntTrueDiv"
)
# a power stands alone: 9**9**9 would be worked out
_EXPRESSION = re.compile(
    rf"(?:{_SYMBOL}|{_INTEGER}|Pow\({_SYMBOL}, Integer\([2-9]\)\)|\b(?:{_NAMES})\b"
    r"|\*\*[2-9](?![\d.*])|\b\d{1,20}\b|[\s+\-/%(),<>=&|~.]|\*(?!\*))*"
)
_RAW = re.compile(r"(?:data|constants|tensors|traced_inputs)/\d+|data/(?:weights|constants)/\w+")
_SCRIPT_PICKLES = {"data.pkl", "constants.pkl", "attributes.pkl", "traced_inputs.pkl"}
_PLAIN_TARGETS = re.compile(
    r"_operator\.(?:add|sub|mul|truediv|floordiv|mod|neg|pos|pow|eq|ne|lt|le|gt|ge|getitem|and_|or_|xor|not_|lshift|rshift)"
    r"|math\.(?:trunc|ceil|floor|sqrt|log|log2|exp|sin|cos|tan|pow)|[\w.]{0,80}torch\.sym_\w+"
)
_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16",
}  # fmt: skip


def read(archive: Archive, report: Report, nested: Nested) -> set[str]:
    """Inspect one of torch's archives; the names of the members that it accounts for."""
    top = next(name for name in archive.names if name.split("/")[-1] in ("data.pkl", "archive_format"))
    root = top[: top.rfind("/") + 1]
    inside = {m.name[len(root) :]: m for m in archive.members if m.name.startswith(root)}
    if "archive_format" in inside:
        return {root + name for name in _pt2(archive, inside, report, nested)}
    if "constants.pkl" in inside or any(name.startswith("code/") for name in inside):
        return {root + name for name in _script(archive, inside, report)}
    return {root + name for name in _checkpoint(archive, inside, report)}


def _checkpoint(archive: Archive, inside: dict[str, Member], report: Report) -> set[str]:
    report.is_a("torch-checkpoint", "pytorch", "tensors")
    found = walk(archive.open(inside["data.pkl"]), report, persistent=True)
    if found is not None:
        tensors(found, report)
        _stored(found, inside, report)
    return {"data.pkl"} | _plain(archive, inside, report)


def _stored(found: Pickle, inside: dict[str, Member], report: Report) -> None:
    """Every storage that a pickle asks for must be there, as long as it says."""
    for key, size in found.storages:
        member = inside.get(f"data/{key}")
        if member is None or member.size != size:
            return report.unknown(
                f"The numbers of a tensor are missing or not as many as it says ({readable(key, 40)})."
            )
    return None


def _plain(archive: Archive, inside: dict[str, Member], report: Report) -> set[str]:
    raw = {n for n in inside if _RAW.fullmatch(n)}
    for name in raw:
        raw_data.check(archive, inside[name], report)
    small = {name for name in inside if name in _PLAIN and inside[name].size < 100}
    for name in small:
        if not re.fullmatch(rb"[\w.\-]*\s*", archive.text(inside[name])):
            report.unknown(f"{name} holds something else than a word.")
    return raw | small


def _script(archive: Archive, inside: dict[str, Member], report: Report) -> set[str]:
    report.is_a("torchscript", "pytorch", "tensors")
    pickles = [n for n in inside if n in _SCRIPT_PICKLES or n.endswith(".debug_pkl")]
    code = [n for n in inside if n.startswith("code/") and n.endswith(".py")]
    for name in pickles:
        _script_pickle(archive, inside[name], report)
    for name in code:
        torch_script.check(archive.text(inside[name]).decode("utf-8", "replace"), name, report)
    if not code:
        report.unknown("It is laid out as TorchScript and holds no code.")
    extra = [n for n in inside if n.startswith("extra/")]
    for name in extra:
        report.unknown(f"{readable(name, 80)} is an extra file, which is not followed.")
    return {*pickles, *code} | _plain(archive, inside, report)


def _script_pickle(archive: Archive, member: Member, report: Report) -> None:
    """These pickles are read by torch's C++ reader, which knows only classes of the file's own code."""
    trial = report.child()
    found = walk(archive.open(member), trial, persistent=True)
    strangers = [one for one in (found.imports.values() if found else ()) if one.kind is None]
    own = all(one.module.startswith(("__torch__", "torch.jit._pickle")) for one in strangers)
    foreign = "__torch__.torch.classes."
    own = own and all(
        f"{one.module}.".startswith(f"{foreign}quantized.") for one in strangers if foreign in f"{one}"
    )
    if trial.verdict == "blocked" and any("can run" in r or "dotted" in r for r in trial.reasons):
        report.absorb(trial, member.name)
    elif found is None or not own:
        report.unknown(f"{readable(member.name, 80)} names classes that are not of its own code.")


def _pt2(archive: Archive, inside: dict[str, Member], report: Report, nested: Nested) -> set[str]:
    report.is_a("torch-pt2", "pytorch", "tensors")
    described = [name for name in inside if name.endswith(".json")]
    for name in described:
        _described(archive.json(inside[name]), name, report)
    for name in inside:
        if re.search(r"\.(so|o|cpp|cubin|ptx|py|h|hsaco)$", name):
            report.blocked(f"{readable(name, 80)} is compiled or source code, which runs as it is.")
    samples = [name for name in inside if name.startswith("data/sample_inputs/")]
    for name in samples:
        nested(archive.open(inside[name]), report, name)
    return {*described, *samples} | _plain(archive, inside, report)


def _described(data: Any, name: str, report: Report) -> None:
    """Operators and expressions of a graph: torch evaluates the expressions as code."""
    stack = [data]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            stack += value.values()
            _described_part(value, name, report)
    if isinstance(data, dict) and "graph_module" in data:
        _signature(data, report)


def _described_part(value: dict[str, Any], name: str, report: Report) -> None:
    target, expression = value.get("target"), value.get("expr_str")
    if isinstance(target, str) and target.startswith("torch.ops."):
        if set(target.split(".")) & torch_script.FILES:
            report.blocked(f"Its graph calls {readable(target)}, which reads or writes files.")
        elif target.split(".")[2] not in torch_script.OPERATORS:
            report.unknown(f"Its graph calls {readable(target)}, which is not of PyTorch itself.")
    elif (
        isinstance(target, str)
        and "." in target
        and not _PLAIN_TARGETS.fullmatch(target)
        and "inputs" in value
    ):
        report.blocked(f"Its graph calls {readable(target)}, which is no operator of PyTorch.")
    if isinstance(expression, str) and not (
        len(expression) < 2_000 and expression.count("**") < 5 and _EXPRESSION.fullmatch(expression)
    ):
        report.blocked(f"It holds an expression that is code: {readable(expression, 80)}")
    if value.get("use_pickle") is True:
        report.unknown(f"{readable(name, 80)} says that a weight is a pickle.")
    if "custom_obj_name" in value or value.get("class_fqn"):
        report.unknown("It holds an object of a class of its own.")


def _signature(data: dict[str, Any], report: Report) -> None:
    module = data["graph_module"]
    meta = module.get("graph", {}).get("tensor_values", {})
    for side, columns in (("input", report.inputs), ("output", report.outputs)):
        for spec in module.get("signature", {}).get(f"{side}_specs", []):
            name = _find_name(spec.get(f"user_{side}"))
            if name is not None:
                tensor = meta.get(name, {})
                sizes = tuple(
                    size.get("as_int") for size in tensor.get("sizes", []) if isinstance(size, dict)
                )
                columns.append(Column(name, _DTYPES.get(tensor.get("dtype"), ""), sizes))
    torch_version = data.get("torch_version")
    if isinstance(torch_version, str):
        report.versions["torch"] = readable(torch_version, 40)


def _find_name(value: Any) -> str | None:
    while isinstance(value, dict) and value:
        if isinstance(value.get("name"), str):
            return str(value["name"])
        value = next(iter(value.values()))
    return None
