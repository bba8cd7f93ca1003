"""What a pickle may call while it is loaded, with which arguments, and which state it may give to what it made.

Each rule has thought of arguments that an attacker chooses: nothing here opens a file, imports a module, looks up an
attribute by name, or asks for memory that the file does not itself fill.
"""

import re
from collections.abc import Callable
from typing import Any

from services.models.inspection import arrays, distributions, native_parts, torch_calls
from services.models.inspection.allowed import is_dangerous, is_stdlib, kinds
from services.models.inspection.symbols import Global, Large, Map, Obj, Seq, shown

MANY = 1_000
HEAVY = 1_000_000  # tuples in tuples that unfold to more than this take for ever to hash


class Refused(Exception):
    """A call or a state that is not allowed; `blocked` says which verdict it means."""

    def __init__(self, reason: str, blocked: bool = True) -> None:
        super().__init__(reason)
        self.blocked = blocked


def call(callee: Any, args: Any, making: bool = False) -> Any:
    """The symbol that a call gives, or `Refused`. `making` is for `__new__` alone, which runs no `__init__`."""
    if not isinstance(callee, Global):
        raise Refused(f"It would call {shown(callee)}, which is not known before it runs.")
    if not isinstance(args, Seq):
        raise Refused(f"{callee} would be called with arguments that are not followed ({shown(args)}).")
    said = f"{callee} would be called with {shown(args)}"
    if callee.kind is None:
        return _stranger(callee, args, making, said)
    if callee.kind in ("call", "new", "rule", "type"):
        if args.dropped:
            raise Refused(f"{said}, too many to follow.", blocked=False)
        rule = _RULES.get(callee.name) if callee.kind in ("rule", "type") else _any
        rule = _new if callee.kind == "new" else rule
        result = rule(callee, args.items) if rule else None
        if result is None:
            raise Refused(f"{said}; no writer of models does that.")
        return result
    if callee.kind in ("class", distributions.KIND) and (making or not args.items):
        return Obj(callee, args)
    raise Refused(f"{said} while loading; no writer of models does that.")


def _stranger(callee: Global, args: Seq, making: bool, said: str) -> Any:
    if making and not is_dangerous(callee.module) and not is_stdlib(callee.module):
        return Obj(callee, args)  # that the class is not known has been said where it was imported
    raise Refused(f"{said} as soon as the file is loaded.")


def build(made: Any, state: Any) -> None:
    """Check the state that is given to something made before; `Refused` when it would do more than set values."""
    if not isinstance(made, Obj):
        raise Refused(f"It would set attributes of {shown(made)}, which was not made by this file.")
    if arrays.is_dtype(made):
        made.state = state
        return _odd(arrays.check_dtype, made)
    if made.type_name in arrays.MAKERS:
        return _odd(arrays.check_array, state)
    if isinstance(made.made_by, Global) and made.made_by.kind == distributions.KIND:
        if odd := distributions.odd(made, state):
            raise Refused(odd)
        return None
    if made.type_name == "vectorize" and not distributions.vectorized(state):
        raise Refused("It would make any function one of numpy.vectorize.")
    if made.type_name == "partial":
        parts = state.items if isinstance(state, Seq) else []
        if len(parts) != 4 or not _is_function(parts[0]):
            raise Refused("It would put another function into functools.partial.")
    for one in state.items if isinstance(state, Seq) and state.type == "tuple" else [state]:
        _check_attributes(made, one)
    return None


def _check_attributes(made: Obj, state: Any) -> None:
    for key, value in state.pairs if isinstance(state, Map) else ():
        if not isinstance(key, str):
            raise Refused(
                f"It would set an attribute of {made.made_by} whose name is not spelt out ({shown(key)})."
            )
        spoken = key in ("__doc__", "__name__") and (value is None or isinstance(value, str | Large))
        if key.startswith("__") and key.endswith("__") and not spoken:
            raise Refused(
                f"It would set {key} of an object of {made.made_by}, which changes what the object is."
            )
        if key == "input" and value != "content" and made.type_name.endswith("Vectorizer"):
            raise Refused(
                f"Its text vectorizer opens the files that a request names (input={shown(value)}).",
                blocked=False,
            )
        if key == "n_jobs" and isinstance(value, int) and abs(value) > MANY:
            raise Refused(f"It would start {value} workers.", blocked=False)


def takes_items(value: Any) -> bool:
    """Whether appending to an object is its own doing. Any other object could have been given an `append`."""
    made_by = value.made_by if isinstance(value, Obj) else None
    return isinstance(made_by, Global) and (made_by.name == "deque" or made_by.kind is None)


def check_key(value: Any) -> None:
    """`Refused` for a key that takes for ever to hash: tuples of tuples that unfold without end."""
    if isinstance(value, Seq) and value.weight > HEAVY:
        raise Refused("A key unfolds to more than a million parts: loading would not end.", blocked=False)


def _odd(check: Callable[[Any], None], what: Any) -> None:
    try:
        check(what)
    except arrays.Odd as odd:
        forged = any(word in str(odd) for word in ("forged", "claims", "outside"))
        raise Refused(f"{str(odd)[0].upper()}{str(odd)[1:]}.", blocked=forged) from None


def _any(callee: Global, args: list[Any]) -> Any:
    if callee.name == "Tree":  # takes the length of an array at its word
        known = len(args) == 3 and arrays.is_array(args[1]) and arrays.shape(args[1]) == (args[2],)
        return Obj(callee, Seq("tuple", args)) if known else None
    return Obj(callee, Seq("tuple", args))


def _new(callee: Global, args: list[Any]) -> Any:
    known = isinstance(args[0], Global) and args[0].kind in ("class", "call") if args else False
    return Obj(args[0]) if known and len(args) in (1, 3) else None


def _reconstruct(callee: Global, args: list[Any]) -> Any:
    """numpy: (class, (0,), b"b"); any other shape would ask for memory before there is data."""
    empty = len(args) == 3 and isinstance(args[1], Seq) and args[1].items == [0] and args[2] in (b"b", "b")
    classes = {("numpy", "ndarray"), ("numpy", "matrix")}
    return Obj(callee, None) if empty and _is_global(args[0], classes) else None


def _mareconstruct(callee: Global, args: list[Any]) -> Any:
    masked = {("numpy.ma.core", "MaskedArray"), ("numpy.ma", "MaskedArray")}
    empty = len(args) == 4 and isinstance(args[2], Seq) and args[2].items == [0] and args[3] in (b"b", "b")
    known = empty and _is_global(args[0], masked) and _is_global(args[1], {("numpy", "ndarray")})
    return Obj(callee, None) if known else None


def _dtype(callee: Global, args: list[Any]) -> Any:
    made = Obj(callee, Seq("tuple", args))
    if len(args) > 3 or not all(isinstance(one, int) for one in args[1:]):
        return None
    _odd(arrays.code, made)  # type: ignore[arg-type]
    return made


def _scalar(callee: Global, args: list[Any]) -> Any:
    if len(args) != 2 or not arrays.is_dtype(args[0]) or not isinstance(args[1], bytes):
        return None
    letter, size = arrays.code(args[0])
    return Obj(callee, args[0], args[1]) if letter not in "OV" and size == len(args[1]) else None


def _frombuffer(callee: Global, args: list[Any]) -> Any:
    known = len(args) == 4 and arrays.is_dtype(args[1]) and arrays.code(args[1])[0] != "O"
    if not known or not (
        isinstance(args[0], bytes) or (isinstance(args[0], Large) and args[0].type == "bytes")
    ):
        return None
    made = Obj(callee, Seq("tuple", args))
    made.state = Seq("tuple", [1, args[2], args[1], False, args[0]])
    _odd(arrays.check_array, made.state)
    native_parts.note(made)
    return made


def _ufunc(callee: Global, args: list[Any]) -> Any:
    if len(args) != 2 or args[0] not in ("numpy", "numpy.core._multiarray_umath", "scipy.special._ufuncs"):
        return None
    module = "numpy" if str(args[0]).startswith("numpy") else args[0]
    kind = kinds().get((module, args[1])) if isinstance(args[1], str) else None
    return Global(module, args[1], "value") if kind == "value" else None


def _reconstructor(callee: Global, args: list[Any]) -> Any:
    if len(args) != 3 or not isinstance(args[0], Global):
        return None
    plain = {("builtins", name) for name in ("object", "dict", "list", "tuple", "set", "int", "float", "str")}
    given = args[2] is None or isinstance(args[2], Map | Seq | str | int | float)
    known = args[0].kind == "class" or (
        args[0].kind is None and not is_dangerous(args[0].module) and not is_stdlib(args[0].module)
    )
    return Obj(args[0]) if known and given and _is_global(args[1], plain) else None


def _newobj(callee: Global, args: list[Any]) -> Any:
    if not args:
        return None
    positional = args[1].items if callee.name == "__newobj_ex__" and isinstance(args[1], Seq) else args[1:]
    return call(args[0], Seq("tuple", list(positional)), making=True)


def _encode(callee: Global, args: list[Any]) -> Any:
    """`_codecs.encode(text, "latin1")` is how old protocols spell bytes; other codecs import modules by name."""
    if len(args) != 2 or args[1] not in ("latin1", "latin-1"):
        return None
    if isinstance(args[0], str):
        try:
            return args[0].encode("latin-1")
        except UnicodeEncodeError:
            return None
    large = isinstance(args[0], Large) and args[0].type == "text"
    return _encoded(args[0]) if large else None


def _encoded(text: Large) -> Large | None:
    if text.raw is None:
        return Large("bytes", -1, text.head, text.checked)
    try:
        raw = text.raw.decode("utf-8").encode("latin-1")
    except UnicodeError:
        return None
    text.raw = None
    return Large("bytes", len(raw), raw=raw)


def _bytes(callee: Global, args: list[Any]) -> Any:
    if not args:
        return b""
    if len(args) == 2 and isinstance(args[0], str | Large):
        return _encode(callee, args)
    one = args[0] if len(args) == 1 else None
    return one if isinstance(one, bytes | Large) else _ints(callee, one)


def _ints(callee: Global, one: Any) -> Any:
    """bytes([1, 2]) is fine, bytes(10**12) is not."""
    return Obj(callee, one) if isinstance(one, Seq) else None


def _container(callee: Global, args: list[Any]) -> Any:
    """list, dict, tuple, set: of what the file spells out, never of a range or an object that makes items."""
    if len(args) > 1 or (args and not isinstance(args[0], Seq | Map)):
        return None
    items = args[0].items if args and isinstance(args[0], Seq) else []
    hashed = callee.name in ("set", "frozenset", "dict")
    for one in items if hashed else ():
        check_key(one)
        check_key(one.items[0] if callee.name == "dict" and isinstance(one, Seq) and one.items else None)
    if callee.name == "dict":
        pairs = [tuple(one.items) for one in items if isinstance(one, Seq) and len(one.items) == 2]
        return Map(args[0].pairs if args and isinstance(args[0], Map) else pairs)
    return Seq(callee.name, list(items), weight=args[0].weight if items else 1)


def _ordered(callee: Global, args: list[Any]) -> Any:
    """OrderedDict, Counter: empty or of what the file spells out; deque also with its longest length."""
    if callee.name == "deque":
        return Obj(callee) if len(args) <= 2 and (not args or isinstance(args[0], Seq)) else None
    filled = _container(Global("builtins", "dict", "type"), args)
    return None if filled is None else Obj(callee, pairs=list(filled.pairs))


def _defaultdict(callee: Global, args: list[Any]) -> Any:
    factory = args[0] if args else None
    known = factory is None or (isinstance(factory, Global) and factory.kind in ("type", "value", "class"))
    return Obj(callee) if known and len(args) <= 1 else None


def _partial(callee: Global, args: list[Any]) -> Any:
    """A function of scikit-learn or NumPy with some arguments kept; scikit-learn's own transformers hold one."""
    return Obj(callee, Seq("tuple", args)) if len(args) == 1 and _is_function(args[0]) else None


def _is_function(value: Any) -> bool:
    known = isinstance(value, Global) and value.kind == "value"
    return known and value.module.split(".")[0] in ("sklearn", "numpy", "scipy")


def _numbers(callee: Global, args: list[Any]) -> Any:
    plain = all(one is None or isinstance(one, int | float) for one in args)
    return Obj(callee, Seq("tuple", args)) if plain and len(args) <= 3 else None


def _decimal(callee: Global, args: list[Any]) -> Any:
    """Decimal and Fraction of digits; "1e999999999" would make Fraction compute for ever."""
    spelt = len(args) == 1 and isinstance(args[0], str) and len(args[0]) <= 1000
    return (
        Obj(callee, Seq("tuple", args))
        if spelt and re.fullmatch(r"-?[\d./]+|-?NaN|-?Infinity", args[0])
        else None
    )


def _random(callee: Global, args: list[Any]) -> Any:
    maker = {("numpy.random._pickle", "__bit_generator_ctor")}
    known = len(args) in (1, 2) and (isinstance(args[0], str) or _is_bits(args[0]))
    return (
        Obj(callee, Seq("tuple", args)) if known and all(_is_global(one, maker) for one in args[1:]) else None
    )


def _is_bits(value: Any) -> bool:
    made = value.made_by if isinstance(value, Obj) else value
    return isinstance(made, Global) and made.module.startswith("numpy.random.") and made.kind is not None


def _getattr(callee: Global, args: list[Any]) -> Any:
    return Obj(callee, Seq("tuple", args)) if distributions.entropy(args) else None


def _size(callee: Global, args: list[Any]) -> Any:
    return _container(Global("builtins", "tuple", "type"), args)


def _is_global(value: Any, names: set[tuple[str, str]]) -> bool:
    return isinstance(value, Global) and (value.module, value.name) in names


_RULES: dict[str, Callable[[Global, list[Any]], Any]] = {
    "_reconstruct": _reconstruct, "_mareconstruct": _mareconstruct, "dtype": _dtype, "scalar": _scalar,
    "_frombuffer": _frombuffer, "_ufunc_reconstruct": _ufunc, "_reconstructor": _reconstructor,
    "__newobj__": _newobj, "__newobj_ex__": _newobj, "encode": _encode, "bytes": _bytes, "bytearray": _bytes,
    "list": _container, "dict": _container, "tuple": _container, "set": _container, "frozenset": _container,
    "OrderedDict": _ordered, "Counter": _ordered, "deque": _ordered, "defaultdict": _defaultdict, "partial": _partial,
    "complex": _numbers, "slice": _numbers, "range": _numbers, "Decimal": _decimal, "Fraction": _decimal,
    "__randomstate_ctor": _random, "__generator_ctor": _random,
    "Size": _size, "getattr": _getattr, **torch_calls.RULES,
}  # fmt: skip
