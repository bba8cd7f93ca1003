"""skops files: a JSON tree of nodes, each with the class it makes, and arrays beside it. The same allow-list judges them."""

import json
from typing import Any

from services.models.inspection import (
    arrays,
    boosters_in_pickles,
    distributions,
    estimators,
    native_parts,
    numpy_files,
)
from services.models.inspection.allowed import is_dangerous, is_stdlib, kinds
from services.models.inspection.archives import Archive, Member
from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.symbols import Global, Large, Map, Obj, Seq

_PLAIN = {("builtins", n) for n in ("str", "int", "float", "bool", "bytes", "bytearray", "type", "NoneType")}
_CONTAINERS = {"ListNode": "list", "TupleNode": "tuple", "SetNode": "set"}
_LOADERS = {
    "DefaultDictNode", "FunctionNode", "JsonNode", "TupleNode", "ConstructorFromReduceNode", "ObjectNode", "SetNode",
    "ListNode", "BytearrayNode", "TypeNode", "MaskedArrayNode", "TreeNode", "RandomGeneratorNode", "RandomStateNode",
    "CachedNode", "NdArrayNode", "DTypeNode", "SparseMatrixNode", "SliceNode", "LossNode", "BytesNode", "DictNode",
    "PartialNode",
}  # fmt: skip


def read(archive: Archive, report: Report) -> set[str]:
    """Inspect a skops file; the names of the members that it accounts for."""
    report.is_a("skops", "scikit-learn")
    member = archive.find("schema.json")
    assert member
    reader = _Reader(archive, report)
    schema = archive.json(member)
    if not isinstance(schema, dict) or "__loader__" not in schema:
        raise Broken("schema.json is not what skops writes")
    root = reader.node(schema, 0)
    if isinstance(version := schema.get("_skops_version"), str):
        report.versions["skops"] = readable(version, 40)
    if not estimators.describe(root, list(reader.imports.values()), report) and report.verdict == "safe":
        report.unknown("It holds no model that is known here.")
    return {"schema.json"} | reader.files


class _Reader:
    def __init__(self, archive: Archive, report: Report) -> None:
        self.archive, self.report = archive, report
        self.imports: dict[tuple[str, str], Global] = {}
        self.files: set[str] = set()
        self.seen: dict[Any, Any] = {}
        self.members = {one.name: one for one in archive.members}

    def node(self, node: Any, depth: int) -> Any:
        """The symbol of a node, after judging the class that it names."""
        if depth > 200:
            raise Broken("schema.json is nested more than 200 deep")
        if not isinstance(node, dict):
            return node if isinstance(node, str | int | float | bool | None) else None
        loader = node.get("__loader__")
        if loader is None and not {"__class__", "__module__"} & set(node):
            return Map([(key, self.node(value, depth + 1)) for key, value in node.items()])
        if loader not in _LOADERS:
            self.report.unknown(
                f"It holds a node of the kind {readable(str(loader), 60)}, which is not followed."
            )
        made_by = self._judge(node)
        if loader == "CachedNode":
            return self.seen.get(node.get("__id__"))
        value = self._value(str(loader), made_by, node, depth)
        self.seen[node.get("__id__")] = value
        return value

    def _judge(self, node: dict[str, Any]) -> Global:
        """Judge the class that a node names; a function of older files is named within its content as well."""
        content = node.get("content")
        if node.get("__loader__") == "FunctionNode" and isinstance(content, dict) and "function" in content:
            self._name(str(content.get("module_path", "")), str(content["function"]))
        return self._name(str(node.get("__module__", "")), str(node.get("__class__", "")))

    def _name(self, module: str, name: str) -> Global:
        found = Global(module, name, kinds().get((module, name)))
        if (module, name) in self.imports or (module, name) in _PLAIN:
            return found
        self.imports[module, name] = found
        if found.kind in ("rule", distributions.KIND):
            self.report.blocked(
                f"It would keep {found}, which is only harmless with arguments that are checked."
            )
        elif found.kind is None and (is_dangerous(module) or is_stdlib(module)):
            self.report.blocked(f"It names {found}, which is no part of a model.")
        elif found.kind is None:
            self.report.unknown(f"It needs {found}, which is not among the names that are known to be safe.")
        return found

    def _value(self, loader: str, made_by: Global, node: dict[str, Any], depth: int) -> Any:
        content = node.get("content")
        if isinstance(node.get("file"), str):
            return self._file(node["file"])
        if loader == "JsonNode":
            return self._json(content)
        if loader in _CONTAINERS or isinstance(content, list):
            items = [self.node(one, depth + 1) for one in content] if isinstance(content, list) else []
            return Seq(_CONTAINERS.get(loader, "list"), items)
        parts = [(key, self.node(value, depth + 1)) for key, value in self._children(node)]
        if loader in ("DictNode", "DefaultDictNode"):
            return Map(parts)
        state = dict(parts).get("content")
        made = Obj(made_by, state=state if isinstance(state, Map) else Map(parts))
        if made.type_name == "Booster" and (
            odd := boosters_in_pickles.odd(made, made.state, self.report.budget)
        ):
            self.report.unknown(f"{odd}.")
        return made

    def _children(self, node: dict[str, Any]) -> list[tuple[str, Any]]:
        content = node.get("content")
        if isinstance(content, dict) and "__loader__" not in content:
            extra = [(k, v) for k, v in node.items() if isinstance(v, dict) and k != "content"]
            return [
                *content.items(),
                *(pair for pair in extra if pair[0] != "key_types" or (self.node(pair[1], 1) and False)),
            ]
        return [(key, value) for key, value in node.items() if isinstance(value, dict)]

    def _json(self, content: Any) -> Any:
        try:
            return json.loads(content) if isinstance(content, str) else content
        except (ValueError, RecursionError):
            raise Broken("schema.json holds a value that is no JSON") from None

    def _booster(self, member: Member) -> Any:
        """The bytes of a booster of trees."""
        source = self.archive.open(member)
        head = source.peek(64_000)
        self.files.add(member.name)
        try:
            boosters_in_pickles.check(source, head, self.report.budget)
        except Broken as broken:
            self.report.unknown(
                f"{readable(member.name, 80)} is no booster of trees that can be read: {broken}."
            )
        return Large("bytes", member.size, head, checked=True)

    def _sparse(self, member: Member) -> Any:
        """A sparse matrix: SciPy's archive of arrays, which must fit each other."""
        inner = Archive(self.archive.place(member), self.report)
        parts = [
            (one.name.removesuffix(".npy"), numpy_files.read(inner.open(one), self.report))
            for one in inner.members
        ]
        self.files.add(member.name)
        held = dict(parts)
        for one in held.values():
            if isinstance(one, Obj):
                native_parts.note(one)
        state = Map([*parts, ("_shape", Seq("tuple", arrays.values(held.get("shape")) or []))])
        kinds = arrays.values(held.get("format")) or [""]
        made = Obj(Global("scipy.sparse", f"{kinds[0]}_matrix"), state=state)
        if odd := native_parts.odd(made, state):
            self.report.unknown(f"{readable(member.name, 80)}: {odd}.")
        return made

    def _file(self, name: str) -> Any:
        member = self.members.get(name)
        if member is not None and name.endswith(".bin"):
            return self._booster(member)
        if member is None or not name.endswith((".npy", ".npz")):
            self.report.unknown(f"It keeps something in {readable(name, 80)}, which is not followed.")
            return None
        if name.endswith(".npz"):
            return self._sparse(member)
        self.files.add(name)
        return numpy_files.read(self.archive.open(member), self.report)
