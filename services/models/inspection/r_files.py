"""R models (.rds): which values in them are code, and what a model takes.

`readRDS` itself runs code only for promises (CVE-2024-27322), loads the packages whose namespaces are named, and asks
packages for their ALTREP classes. What comes later is code too: a model's functions run when it predicts, and so do
the calls in its terms. Functions are known by the hash of their arguments and body; `r_functions.txt` has those of R's
own families and links.
"""

from services.models.inspection import r_serialized as r
from services.models.inspection.allowed import words
from services.models.inspection.findings import Report, readable
from services.models.inspection.r_serialized import Node
from services.models.inspection.streams import Stream
from services.models.intake import Column

_PACKAGES = {"base", "stats", "utils", "methods", "graphics", "grDevices", "datasets", "splines"}
_ALTREP = {f"base:{name}" for name in ("compact_intseq", "compact_realseq", "deferred_string", "wrap_integer",
           "wrap_real", "wrap_logical", "wrap_string", "wrap_complex", "wrap_raw", "wrap_list")}  # fmt: skip
# What formulas, terms and the recorded call of a model are made of; all of it computes and nothing more.


def known_functions() -> frozenset[str]:
    """Hashes of the functions that R's own models hold."""
    return words("r_functions.txt")


def starts_rds(head: bytes) -> bool:
    """Whether decompressed bytes begin as R's binary serialization."""
    return head.startswith(b"X\n\0\0\0") and head[5:6] in (b"\2", b"\3")


def read(source: Stream, report: Report) -> None:
    """Inspect a serialized R object."""
    report.is_a("rds", "r", "table")
    judge = _Judge(report)
    reader = r.Reader(source, report.budget, judge.saw)
    try:
        root = reader.read()
    finally:
        if reader.version:
            report.versions["r"] = reader.version
    if not source.ended():
        report.unknown(f"Something follows the end of the object (byte {source.position}).")
    _describe(root, report)


class _Judge:
    def __init__(self, report: Report) -> None:
        self._report = report

    def saw(self, node: Node, within: bool) -> None:
        """Judge a node as soon as it has been read."""
        report, kind = self._report, node.type
        tagged = [one for tag, one in node.items if tag == "contrasts"] if kind == r.LIST else []
        for named in (
            node.attributes.get("contrasts"),
            node.get("contrasts") if kind == r.VECTOR else None,
            *tagged,
        ):
            self._contrasts(named)
        if kind == r.PROMISE and node.items[1][1].name == "unbound" and not _is_plain(node.items[2][1]):
            report.blocked(
                "It holds a promise: R runs the code in it when the value is first used (CVE-2024-27322)."
            )
        elif kind in (r.CLOSURE, r.EXPRESSION) and node.print not in known_functions():
            report.unknown(
                "It holds functions. R runs them when the model predicts, and they are none of R's own that are known here."
            )
        elif kind == r.CALL and (within or node.print) and node.print not in known_functions():
            self._calls(node, within)
        elif kind == r.BYTECODE and not within:
            report.blocked("It holds compiled code outside of any function.")
        elif kind in (r.NAMESPACE, r.PACKAGE) and node.name not in _PACKAGES:
            report.unknown(f"It loads the R package {readable(node.name, 60)} as soon as it is read.")
        elif kind == r.PERSISTENT:
            report.unknown("It asks its loader for an object that is not in the file.")
        elif kind in (r.POINTER, r.WEAK):
            report.unknown(
                "It holds a pointer into the memory of the session that wrote it; such a model cannot be loaded."
            )
        elif kind == r.S4:
            report.unknown("It holds an S4 object, whose class brings code of its package.")
        elif kind == r.ALTREP and node.name not in _ALTREP:
            report.blocked(f"It holds a vector of the class {readable(node.name, 60)}, which may open files.")

    def _contrasts(self, named: Node | None) -> None:
        """R looks functions up by these names and calls them with the levels, which are texts of the file."""
        listed = [] if named is None else [named, *(one for one in named.items if isinstance(one, Node))]
        for one in listed:
            for name in one.items if one.type == r.STRINGS else ():
                if name not in words("r_harmless.txt") or not str(name).startswith("contr."):
                    self._report.blocked(
                        f"Its contrasts would call {readable(str(name), 60)}() with texts of the file."
                    )

    def _calls(self, node: Node, within: bool) -> None:
        """A call outside of functions is judged with every call in it; within functions each comes by itself."""
        waiting = [node]
        while waiting:
            one = waiting.pop()
            if one.type == r.CALL and one.items:
                self._call(one, within)
            if not within and one.type not in (r.CLOSURE, r.EXPRESSION, r.ENVIRONMENT, r.BYTECODE):
                parts = [part[1] if isinstance(part, tuple) else part for part in one.items]
                waiting += [part for part in parts if isinstance(part, Node)]

    def _call(self, node: Node, within: bool) -> None:
        head = node.items[0][1]
        name = head.name if head.type in (r.SYMBOL, r.BUILTIN, r.SPECIAL) else ""
        if head.type == r.CALL and head.items and head.items[0][1].name == "::" and len(head.items) == 3:
            package, name = head.items[1][1].name, head.items[2][1].name
            if package not in _PACKAGES:
                return self._report.unknown(f"It holds a call of {readable(f'{package}::{name}', 80)}.")
        if name in words("r_dangerous.txt") and not within:
            self._report.blocked(f"It holds a call of {name}(), which would run when the model is used.")
        elif name in words("r_dangerous.txt") and name in (
            "system",
            "system2",
            "shell",
            "pipe",
            "download.file",
            "dyn.load",
            "unlink",
        ):
            self._report.blocked(f"It holds a function that calls {name}().")
        elif not within and name not in words("r_harmless.txt") and name not in ("::", ""):
            self._report.unknown(
                f"It holds a call of {readable(name, 60)}(), which is not known to be harmless."
            )
        elif not within and not name and head.type not in (r.SYMBOL, 0):
            self._report.blocked("It holds a call of a function that is only made when it runs.")
        return None


def _is_plain(node: Node) -> bool:
    """Whether evaluating a node only gives its value or another one's."""
    return node.type in (0, r.SYMBOL, r.LOGICAL, r.INTEGER, r.REAL, r.COMPLEX, r.STRINGS, r.RAW)


def _describe(root: Node, report: Report) -> None:
    classes = [str(one) for one in (root.attributes["class"].items if "class" in root.attributes else [])]
    report.details["estimator"] = readable(classes[0], 60) if classes else ""
    report.details["class"] = [readable(one, 60) for one in classes[:10]]
    if not classes or root.type not in (r.VECTOR, r.S4) or classes[0] in ("data.frame", "factor", "tbl_df"):
        report.unknown("It is an R object of no class of models.")
        return
    if classes[0] not in words("r_classes.txt"):
        report.unknown(f"Its class {readable(classes[0], 60)} belongs to a package that is not known here.")
    terms = root.get("terms") or root.attributes.get("terms")
    if terms is not None:
        _terms(terms, root, report)
    family = root.get("family")
    name = family.get("family") if family else None
    if name and name.items:
        report.details["family"] = readable(str(name.items[0]), 40)
    _task(classes, report)


def _task(classes: list[str], report: Report) -> None:
    classifies = report.details.get("family") in ("binomial", "quasibinomial") or classes[0] in (
        "multinom",
        "lda",
        "qda",
    )
    report.details["task"] = (
        "clustering" if classes[0] == "kmeans" else "classification" if classifies else "regression"
    )
    report.details["probabilities"] = classifies
    report.outputs = [Column("prediction", "int64" if classes[0] == "kmeans" else "float64")]


def _terms(terms: Node, root: Node, report: Report) -> None:
    """Columns from the terms: the variables of the formula, their classes, and the levels of factors."""
    kinds = terms.attributes.get("dataClasses")
    names = kinds.attributes.get("names") if kinds else None
    response = terms.attributes.get("response")
    skip = response.items[0] if response and response.items else 0
    levels = root.get("xlevels")
    listed = list(zip(names.items, kinds.items, strict=False)) if kinds and names else []
    seen: dict[str, Column] = {}
    for i, (name, kind) in enumerate(listed):
        if i + 1 != skip and name != "(weights)":
            allowed = levels.get(name) if levels else None
            for column in _columns(
                terms, i, str(name), str(kind), tuple(allowed.items[:500]) if allowed else ()
            ):
                seen.setdefault(column.name, column)
    report.inputs = list(seen.values())
    report.details |= {"formula": readable(_written(terms), 300), "named": True, "n_features": len(seen)}


_DTYPES = {"numeric": "float64", "factor": "str", "ordered": "str", "character": "str", "logical": "bool"}


def _columns(terms: Node, i: int, name: str, kind: str, levels: tuple[str, ...]) -> list[Column]:
    """A variable is a column, or an expression of columns: `factor(cyl)` takes cyl, `log(x + y)` takes x and y."""
    variables = terms.attributes.get("variables")
    node = variables.items[i + 1][1] if variables and i + 1 < len(variables.items) else None
    if node is None or node.type == r.SYMBOL:
        return [Column(name, _DTYPES.get(kind, "float64"), (), levels)]
    inner = sorted(_symbols(node))
    return [
        Column(one, "float64" if kind.startswith(("numeric", "nmatrix")) or kind == "factor" else "")
        for one in inner
    ]


def _symbols(node: Node) -> set[str]:
    found: set[str] = set()
    for _, one in node.items[1:]:
        found |= {one.name} if one.type == r.SYMBOL else _symbols(one) if one.type == r.CALL else set()
    return found


_INFIX = {"~", "+", "-", "*", "/", "^", ":", "%in%"}


def _written(node: Node, depth: int = 0) -> str:
    """A formula as it is written."""
    if node.type != r.CALL or depth > 30:
        return node.name or ", ".join(
            f"{one:g}" if isinstance(one, float) else str(one) for one in node.items[:3]
        )
    head, *parts = [one for _, one in node.items]
    written = [_written(one, depth + 1) for one in parts]
    if head.name in _INFIX:
        return f" {head.name} ".join(written) if len(written) > 1 else f"{head.name} {''.join(written)}"
    return f"({', '.join(written)})" if head.name == "(" else f"{head.name}({', '.join(written)})"
