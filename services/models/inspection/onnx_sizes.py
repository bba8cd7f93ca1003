"""How much an ONNX model makes of little: ONNX Runtime works out constant parts while it loads a model.

A shape of a few bytes becomes a tensor of gigabytes, functions that call each other twice become a million nodes, and a
loop need not end. Values and shapes that depend on the request are left to the limits of the process that serves it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.models.inspection.findings import Report, readable

MANY = 1 << 31  # numbers in one tensor
DOUBLED = 1 << 24
TURNS = 1_000_000
_SHAPED = {"ConstantOfShape": 0, "Expand": 1, "Tile": 1, "RandomNormal": -1, "RandomUniform": -1, "Pad": 1, "Resize": -2,
           "Upsample": 1, "OneHot": 1, "Range": -3}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "Add": lambda a, b: a + b, "Sub": lambda a, b: a - b, "Mul": lambda a, b: a * b, "Max": max, "Min": min,
    "Div": lambda a, b: a // b if b else 0, "Equal": lambda a, b: float(a == b),
}  # fmt: skip
_SAME = {"Identity", "Cast", "Unsqueeze", "Squeeze", "Reshape", "Flatten"}
_COUNTS = ("n_targets", "inputdimensions", "targets", "n_supports")
Value = list[float] | None
Kept = tuple[int, Value, list[int]]  # of a tensor: how many numbers, those, and its shape


@dataclass
class Node:
    """One operator with the names it takes and gives, and its plain attributes."""

    operator: str
    domain: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    bodies: list["Graph"] = field(default_factory=list)


@dataclass
class Graph:
    """Nodes in the file's order, and the tensors that it keeps: values where they are few, else None."""

    nodes: list[Node] = field(default_factory=list)
    kept: dict[str, Kept] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def check(graph: Graph, report: Report, above: "_Walk | None" = None) -> None:
    """Findings on a graph and those within it."""
    walk = _Walk(graph, report, above)
    for node in graph.nodes:
        walk.step(node)
        for body in node.bodies:
            check(body, report, walk)
        if node.operator in ("Loop", "Scan"):
            _check_loop(node, walk)


def check_functions(functions: dict[tuple[str, str], list[Node]], nodes: list[Node], report: Report) -> None:
    """Functions are written out in place: how many nodes that makes."""
    sizes: dict[tuple[str, str], int] = {}

    def size(node: Node, depth: int) -> int:
        key = (node.domain, node.operator)
        inner = sum(size(one, depth) for body in node.bodies for one in body.nodes)
        if key not in functions:
            return 1 + inner
        if key not in sizes:
            sizes[key] = TURNS + 1  # while it is being counted: a function that leads to itself has no end
            if depth < 50:
                sizes[key] = sum(size(one, depth + 1) for one in functions[key])
        return min(sizes[key], TURNS + 1) + inner

    if functions and sum(size(node, 0) for node in nodes) > TURNS:
        report.unknown("Its functions call each other so often that they come to more than a million nodes.")


class _Walk:
    def __init__(self, graph: Graph, report: Report, above: "_Walk | None") -> None:
        self.report = report
        self.sizes: dict[str, int] = dict(above.sizes) if above and len(above.sizes) < 1000 else {}
        self.values: dict[str, Value] = dict(above.values) if above and len(above.values) < 1000 else {}
        self.growth: dict[str, int] = {}
        self.shapes: dict[str, list[int]] = {}
        for name, kept in graph.kept.items():
            self.sizes[name], self.values[name], self.shapes[name] = kept

    def step(self, node: Node) -> None:
        """Follow one node."""
        constant = all(name in self.sizes for name in node.inputs if name)
        value = self._value(node) if constant else None
        size = self._size(node, constant, value)
        if size is not None and size > MANY:
            self._bomb(node)
        for name in _COUNTS if node.domain == "ai.onnx.ml" else ():
            given = node.attributes.get(name)
            if _product(given if isinstance(given, list) else [given or 0]) > MANY >> 8:
                self._bomb(node)
        grown = [self.growth.get(name, 1) for name in node.inputs] or [1]
        factor = sum(grown) if node.operator in ("Concat", "SequenceConstruct", "Sum") else max(grown)
        if factor > DOUBLED and factor - DOUBLED <= max(grown) * len(grown):
            self.report.unknown("It joins a value to itself so often that it grows without measure.")
        for name in node.outputs:
            self.growth[name] = min(factor, 1 << 60)
            if constant:
                self.sizes[name], self.values[name] = min(size or 0, 1 << 60), value

    def _bomb(self, node: Node) -> None:
        self.report.unknown(
            f"Its operator {readable(node.operator, 40)} makes a tensor of thousands of millions of numbers."
        )

    def _value(self, node: Node) -> Value:
        """Small constants, worked out."""
        given = [self.values.get(name) for name in node.inputs if name]
        if node.operator == "Constant":
            found = next(iter(node.attributes.values()), None)
            return found[1] if isinstance(found, tuple) and len(found) == 3 else None
        if node.operator == "Shape" and node.inputs and node.inputs[0] in self.shapes:
            return [float(one) for one in self.shapes[node.inputs[0]]]
        if any(one is None for one in given) or not given:
            return None
        known = [one for one in given if one is not None]
        if node.operator in _SAME:
            return known[0]
        if node.operator == "Concat":
            joined = [number for one in known for number in one]
            return joined if len(joined) <= 64 else None
        if (
            node.operator == "Gather"
            and len(known) == 2
            and all(-len(known[0]) <= i < len(known[0]) for i in known[1])
        ):
            return [known[0][int(i)] for i in known[1]]
        if node.operator == "ConstantOfShape" and _product(known[0]) <= 64:
            found = next((one for one in node.attributes.values() if isinstance(one, tuple)), None)
            return (found[1] or [0.0])[:1] * _product(known[0]) if found else [0.0] * _product(known[0])
        return _worked_out(node.operator, known)

    def _size(self, node: Node, constant: bool, value: Value) -> int | None:
        held = [self.sizes.get(name, 0) for name in node.inputs]
        if node.operator in _SHAPED:
            return self._shaped(node, constant, held)
        if node.operator == "Constant":
            found = next(iter(node.attributes.values()), None)
            return found[0] if isinstance(found, tuple) else 1
        if not constant:
            return None
        if value is not None:
            return len(value)
        return sum(held) if node.operator == "Concat" else max(held, default=1)

    def _shaped(self, node: Node, constant: bool, held: list[int]) -> int | None:
        place = _SHAPED[node.operator]
        if place == -1:
            shape = node.attributes.get("shape")
            return _product(shape if isinstance(shape, list) else [])
        if place == -2:
            place = 3 if len(node.inputs) > 3 and node.inputs[3] else 2
        if place == -3:
            return self._range(node, constant)
        value = (
            self.values.get(node.inputs[place])
            if len(node.inputs) > place
            else node.attributes.get("repeats")
        )
        if not isinstance(value, list):
            if constant and len(node.inputs) > place:
                self.report.unknown(
                    f"Its operator {readable(node.operator, 40)} has a size that is worked out while it is loaded."
                )
            return None
        if node.operator == "Pad":
            return max((_product([n for n in value if n > 1]), max(held[:1] or [0])))
        return _product(value) * max(
            1, held[0] if node.operator in ("Tile", "OneHot", "Resize", "Upsample") else 1
        )

    def _range(self, node: Node, constant: bool) -> int | None:
        ends = [self.values.get(name) for name in node.inputs]
        if len(ends) == 3 and all(isinstance(one, list) and len(one) == 1 for one in ends):
            start, stop, step = (one[0] for one in ends if one)
            return int(max(0, (stop - start) / step)) if step else MANY + 1
        if constant:
            self.report.unknown("Its operator Range has a size that is worked out while it is loaded.")
        return None


def _worked_out(operator: str, known: list[list[float]]) -> Value:
    """An operator on lists of the same length, or of one number."""
    count = max(len(one) for one in known)
    if not all(len(one) in (1, count) for one in known):
        return None
    rows = list(zip(*(one * (count if len(one) == 1 else 1) for one in known), strict=True))
    if operator in _ARITHMETIC and len(known) == 2:
        return [_ARITHMETIC[operator](a, b) for a, b in rows]
    return [b if a else c for a, b, c in rows] if operator == "Where" and len(known) == 3 else None


def _check_loop(node: Node, walk: _Walk) -> None:
    turns = walk.values.get(node.inputs[0]) if node.inputs and node.inputs[0] else None
    if node.operator == "Loop" and isinstance(turns, list) and turns and turns[0] > TURNS:
        walk.report.unknown("It has a loop of more than a million turns.")
    if node.operator == "Loop" and not (node.inputs and node.inputs[0]):
        for body in node.bodies:
            kept = {
                name for one in body.nodes if one.operator in ("Identity", "Constant") for name in one.outputs
            }
            if body.outputs and (
                body.outputs[0] in kept or body.outputs[0] in body.inputs or body.outputs[0] in body.kept
            ):
                walk.report.unknown("It has a loop without end.")
    doubles = any(
        one.operator == "Concat" and len(set(one.inputs)) < len(one.inputs)
        for body in node.bodies
        for one in body.nodes
    )
    if doubles:
        walk.report.unknown("It has a loop that joins a value to itself, which doubles it with every turn.")


def _product(numbers: list[float]) -> int:
    return int(min(math.prod(max(1, abs(n)) for n in numbers[:64]), 1 << 62))
