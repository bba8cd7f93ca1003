"""TorchScript's code: no Python, but torch parses it and runs its operators, some of them as soon as the file is loaded.

The code is read as words, so that spaces, comments and line breaks hide nothing. A few operators read and write files,
those of other libraries can do anything, and an expression that is nested deep enough ends the process that parses it.
"""

import math
import re
from collections.abc import Iterator

from services.models.inspection.findings import Report, readable
from services.models.intake import Column

_WORDS = re.compile(
    r"#[^\n]*|\\\r?\n|\"\"\".*?\"\"\"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*"
    r"|\d[\w.]*(?:(?<=[eE])[+-]\d+)?|\n[ \t]*|[ \t\r\f]+|.",
    re.DOTALL,
)
FILES = {"save", "from_file", "load", "fopen", "open", "read_file", "write_file", "load_tensor"}
_CODE = {"PythonOp", "IgnoredPythonOp", "rpc_sync", "rpc_async", "rpc_remote", "FallbackGraph", "BailOut"}
_UNCHECKED = {
    "_sparse_coo_tensor_unsafe",
    "_sparse_csr_tensor_unsafe",
    "_sparse_compressed_tensor_unsafe",
    "set_data",
}
OPERATORS = {"aten", "prim", "quantized", "prims", "torchvision", "inductor", "higher_order"}
_AT_LOADING = {"unchecked_cast", "annotate", "set_weight_bias", "eq", "ne"}
_BEGINS = {"class", "def", "import", "op_version_set", "@"}
_FORWARD = re.compile(r"def forward\(\s*\w+\s*:\s*([\w.]+),?\s*(.{0,2000}?)\)\s*->", re.DOTALL)
DEEPEST, LONGEST, LARGEST = 100, 5_000, 1 << 32


def check(text: str, name: str, report: Report) -> None:
    """Judge one file of code."""
    endless: set[str] = set()
    for line in _lines(text):
        _check_line(line, name, report)
        if line[1:2] == ["while"] and line[3:4] == [":"]:
            endless.add(line[2])
        elif line[1:2] and line[1] in endless and "=" in line and line[line.index("=") + 1 :][:1] == ["True"]:
            report.unknown(f"Its code has a loop without end ({readable(name, 80)}).")
    _check_loading(text, name, report)
    found = _FORWARD.search(text)
    if found and (not report.inputs or name == "code/__torch__.py"):
        listed = [part.split(":") for part in found[2].split(",") if ":" in part]
        report.inputs = [Column(parts[0].strip(), "") for parts in listed]
        report.details["forward"] = [f"{p[0].strip()}: {':'.join(p[1:]).strip()}" for p in listed]


def _lines(text: str) -> Iterator[list[str]]:
    """Logical lines as words; the first word is the indentation ("\\n" and spaces)."""
    line, depth = ["\n"], 0
    for word in _WORDS.findall(text):
        if word.startswith("\n"):
            if depth <= 0:
                yield line
                line, depth = [word], 0
        elif word[0] not in "#\\ \t\r\f":
            depth += (word in "([{") - (word in ")]}")
            line.append(word)
    yield line


def _check_line(line: list[str], name: str, report: Report) -> None:
    where = readable(name, 80)
    if len(line) > 1 and line[0] == "\n" and line[1] not in _BEGINS:
        report.unknown(f"Its code has a statement outside of classes and functions ({where}).")
    if line[-1] == "." or len(line) > LONGEST or len(line[0]) > 2 * DEEPEST or _depth(line) > DEEPEST:
        report.unknown(f"Its code is nested or chained so far that a parser may break ({where}).")
    for i in range(1, len(line)):
        if line[i - 1] == "." and line[i + 1 : i + 2] != ["."]:
            _check_call(_dotted(line, i), where, report)
        if line[i] == "[" and math.prod(_numbers(line, i + 1)) > LARGEST:
            report.unknown(f"Its code asks for a tensor of thousands of millions of numbers ({where}).")
    if line[1:2] == ["import"] and "classes" in line and "quantized" not in line:
        report.unknown(f"Its code needs a class of a library that is not known here ({where}).")


def _depth(line: list[str]) -> int:
    depth = deepest = signs = 0
    for word in line:
        depth += (word in "([{") - (word in ")]}")
        signs = signs + 1 if word in ("-", "not", "~", "+", "*") else 0
        deepest = max(deepest, depth, signs)
    return deepest


def _dotted(line: list[str], at: int) -> list[str]:
    parts = [line[at]]
    while at > 1 and line[at - 1] == "." and (line[at - 2].isidentifier() or line[at - 2] == ")"):
        at -= 2
        parts.insert(0, line[at])
    return parts


def _check_call(parts: list[str], where: str, report: Report) -> None:
    called, space = parts[-1], parts[1] if parts[0] == "ops" and len(parts) > 2 else ""
    said = readable(".".join(part for part in parts if part != ")"), 80)
    if called in FILES | _CODE:
        report.blocked(f"Its code calls {said}, which reads or writes files or runs code ({where}).")
    elif called in _UNCHECKED:
        report.unknown(f"Its code calls {said}, which does not check its indices ({where}).")
    elif space and space not in OPERATORS:
        report.unknown(
            f"Its code calls operators of {readable(space, 40)}, a library that is not known here."
        )


def _numbers(line: list[str], at: int) -> list[int]:
    found: list[int] = []
    while at + 1 < len(line) and line[at].isdigit() and len(line[at]) < 25 and len(found) < 16:
        found.append(int(line[at]))
        if line[at + 1] != ",":
            return found if line[at + 1] == "]" else []
        at += 2
    return found if line[at : at + 1] == ["]"] else []


def _check_loading(text: str, name: str, report: Report) -> None:
    """`__setstate__` runs while the file is loaded: packing of quantised weights is all that may stand there."""
    inside, indent = False, 0
    for line in _lines(text):
        here = len(line[0])
        if inside and len(line) > 1 and here <= indent:
            inside = False
        if line[1:3] == ["def", "__setstate__"] or (inside and line[1:2] == ["def"]):
            inside, indent = True, here
        elif inside and not _harmless(line):
            report.unknown(f"Its code does something while it is loaded ({readable(name, 80)}).")
            return


def _harmless(line: list[str]) -> bool:
    if {"while", "for"} & set(line[1:2]):
        return False
    calls = [
        _dotted(line, i)
        for i in range(1, len(line))
        if line[i].isidentifier() and line[i + 1 : i + 2] == ["("]
    ]
    packs = ("ops", "quantized")
    return all(
        call[-1] in _AT_LOADING | {"if", "elif", "return", "in", "not"} or tuple(call[:2]) == packs
        for call in calls
    )
