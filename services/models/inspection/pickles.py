"""Pickle files: the streams in them, joblib's arrays between their instructions, and what follows their end."""

from typing import Any

from services.models.inspection import arrays, native_parts, opcodes
from services.models.inspection.findings import Broken, Report, TooMuch
from services.models.inspection.machine import Machine
from services.models.inspection.streams import CHUNK, Stream
from services.models.inspection.symbols import LONGEST_BYTES, LONGEST_RAW, Global, Obj, Persistent, Seq

UNFOLDED = 50_000_000


class Pickle:
    """What a pickle file holds: its root symbol and the names that it imports."""

    def __init__(self, root: Any, machine: Machine) -> None:
        self.root, self.imports, self.storages = root, dict(machine.imports), machine.storages
        self.has_arrays = ("joblib.numpy_pickle", "NumpyArrayWrapper") in self.imports


def walk(source: Stream, report: Report, *, persistent: bool = False, whole: bool = True) -> Pickle | None:
    """Walk a pickle and everything behind it; None when it breaks off (a finding). `whole`: nothing may follow."""
    machine = Machine(source, report, array=_array, persistent=persistent)
    root = _run(machine)
    if root is _BROKEN:
        return None
    if unfolded(root) > UNFOLDED:
        report.unknown(
            "Its parts are shared so often that it unfolds to more than 50 million: a bomb for memory."
        )
    if whole and not source.ended():
        _what_follows(source, report)
    return Pickle(root, machine)


def _run(machine: Machine) -> Any:
    try:
        return opcodes.run(machine)
    except Broken as broken:
        machine.report.unknown(f"The pickle cannot be followed to its end: {broken}.")
        return _BROKEN
    except (RecursionError, OverflowError, MemoryError) as error:
        raise TooMuch(f"the pickle cannot be followed ({type(error).__name__})") from None
    finally:
        machine.report.budget.step(machine.steps & 0xFFFF)


_BROKEN = object()


def _what_follows(source: Stream, report: Report) -> None:
    """Bytes behind the end: further pickles are walked, and nothing there makes a file safe."""
    report.unknown(
        f"Something follows the end of the pickle (byte {source.position}); no writer of models does that."
    )
    for _ in range(100):
        if source.ended() or source.peek(1) == b"\0":
            return
        machine = Machine(source, report, array=_array)
        if _run(machine) is _BROKEN:
            return


def _array(machine: Machine, wrapper: Obj) -> Obj:
    """Read past the array that joblib writes behind its wrapper."""
    source, report = machine.source, machine.report
    if machine.frame_end > source.position:
        machine.blocked(
            "An array of joblib lies inside of a frame: loaders would read it at different places"
        )
    machine.frame_end = 0  # joblib ends the frame before an array
    try:
        size, alignment = arrays.wrapper_size(wrapper)
    except arrays.Odd as odd:
        raise Broken(str(odd)) from None
    if alignment is None:
        _as_plain_pickle(machine)
    array = Obj(wrapper.made_by, wrapper.args, wrapper.state)
    if size is None:
        inner = Machine(source, report)
        root = opcodes.run(inner)
        machine.imports |= inner.imports
        return root if isinstance(root, Obj) else array
    if alignment is not None:
        padding = source.take(1)[0]
        if not 1 <= padding <= alignment:
            raise Broken(f"the padding of an array at byte {source.position} is {padding}")
        if source.take(padding).strip(b"\xff"):
            report.unknown("The padding before an array holds something else than padding.")
    if size <= LONGEST_BYTES:
        array.raw = source.take(size)
        array.facts = native_parts.facts(array.raw, array.get("dtype"))
    elif size <= LONGEST_RAW and native_parts.wanted(array.get("dtype")):
        array.facts = native_parts.facts(source.take(size), array.get("dtype"))
    else:
        source.pass_over(size)
    return array


def _as_plain_pickle(machine: Machine) -> None:
    """Arrays of old joblib files begin at once: `pickle.load` would take their bytes for instructions."""
    ahead = machine.source.peek(CHUNK)
    parts = [ahead]
    trial = Machine(Stream(lambda count: parts.pop() if parts else b""), machine.report.child())
    trial.stack, trial.memo, trial.protocol = list(machine.stack), dict(machine.memo), machine.protocol
    trial.steps, trial.memoized = machine.steps, machine.memoized
    machine.report.budget.step(len(trial.memo) + 1)
    try:
        opcodes.run(trial)
    except Broken:
        pass
    finally:
        if trial.report.verdict == "blocked":
            machine.report.absorb(trial.report, "Read by pickle.load instead of joblib.load")


def unfolded(root: Any) -> int:
    """How many parts a symbol has when shared ones are counted at each place; cycles count once."""
    sizes: dict[int, int] = {}
    stack: list[tuple[Any, bool]] = [(root, False)]
    while stack:
        value, done = stack.pop()
        key = id(value)
        if done:
            sizes[key] = min(10**12, 1 + sum(sizes.get(id(part), 1) for part in _parts(value)))
        elif (key not in sizes and isinstance(value, Seq | Obj)) or (
            hasattr(value, "pairs") and key not in sizes
        ):
            sizes[key] = 1
            stack.append((value, True))
            stack.extend((part, False) for part in _parts(value) if not isinstance(part, str | int | float))
    return sizes.get(id(root), 1)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Seq):
        return value.items
    if isinstance(value, Persistent | Global):
        return []
    pairs = [part for pair in getattr(value, "pairs", ()) for part in pair]
    if isinstance(value, Obj):
        return [*pairs, *value.items, value.state, value.args]
    return pairs
