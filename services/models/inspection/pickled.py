"""Files that are one pickle: scikit-learn's and joblib's, plain ones, and torch's older ways of writing."""

from typing import Any

from services.models.inspection import estimators, opcodes, torch_calls
from services.models.inspection.findings import Broken, Report
from services.models.inspection.pickles import Pickle, walk
from services.models.inspection.streams import Stream
from services.models.inspection.symbols import Global, Map, Obj, Persistent, Seq

TORCH_MAGIC = bytes([0x8A, 0x0A]) + (0x1950A86A20F9469CFC6C).to_bytes(10, "little")


def starts_a_pickle(head: bytes) -> bool:
    """Whether the bytes can be a pickle with its signature (protocol 2 and later).

    A zero is no instruction: a loader stops there before it has done anything. Safetensors may begin like that.
    """
    return head[:1] == b"\x80" and len(head) > 2 and head[1] <= 5 and head[2] != 0


def read(source: Stream, report: Report, packed: str | None = None) -> None:
    """Inspect a pickle file; `packed` names the compression that it was found in."""
    report.is_a("joblib" if packed else "pickle", "other")
    if source.peek(14)[2:] == TORCH_MAGIC:
        return _legacy_torch(source, report)
    found = walk(source, report)
    if found is None:
        return None
    if packed:
        report.details["compression"] = packed
    return classify(found, report)


def classify(found: Pickle, report: Report) -> None:
    """Say which kind of pickle it is, and what its model takes."""
    imports = list(found.imports.values())
    packages = {one.module.split(".")[0] for one in imports}
    joblib = report.format == "joblib" or found.has_arrays
    is_model = estimators.describe(found.root, imports, report)
    if is_model or "sklearn" in packages:
        report.is_a("joblib" if joblib else "scikit-learn-pickle", "scikit-learn", report.columns)
    elif "torch" in packages:
        report.is_a("pickle", "pytorch")
        report.unknown(
            "A whole PyTorch module was pickled: its code is not in the file. Save it as TorchScript, .pt2 or ONNX."
        )
    else:
        report.is_a("joblib" if joblib else "pickle", "other")
    if report.verdict == "safe" and not is_model:
        report.unknown("It holds no model that is known here; a handler of your own would have to use it.")


def try_without_signature(source: Stream, report: Report) -> bool:
    """Walk what may be a pickle without PROTO; False when it is none (nothing is then reported)."""
    if not opcodes.can_start(source.peek(1)):
        return False
    trial = report.child()
    found = walk(source, trial)
    if found is None and not trial.imports:
        return False
    report.is_a("pickle", "other")
    report.absorb(trial)
    if found is not None:
        classify(found, report)
    return True


def also_a_pickle(source: Stream, report: Report) -> None:
    """A file of another format whose first bytes a pickle loader would run is not safe."""
    if not opcodes.can_start(source.peek(1)):
        return
    trial = report.child()
    walk(source, trial)
    if trial.imports:
        report.absorb(trial, "The file is a pickle as well")


def _legacy_torch(source: Stream, report: Report) -> None:
    """torch.save before 1.6: magic number, protocol, system, the object, the storages' keys, then their bytes."""
    report.is_a("torch-checkpoint", "pytorch", "tensors")
    roots = []
    for _ in range(5):
        found = walk(source, report, persistent=True, whole=False)
        if found is None:
            return
        roots.append(found)
    tensors(roots[3], report)
    try:
        _storages(source, roots[3], roots[4].root)
    except Broken as broken:
        report.unknown(f"The tensors cannot be followed to their end: {broken}.")


def _storages(source: Stream, main: Pickle, keys: Any) -> None:
    sizes = {str(key): size for key, size in _storage_sizes(main.root)}
    for key in keys.items if isinstance(keys, Seq) else ():
        count = int.from_bytes(source.take(8), "little")
        if sizes.get(str(key)) is None or count > 1 << 48:
            raise Broken(f"storage {key} is not used by any tensor")
        source.pass_over(count * sizes[str(key)])
    if not source.ended():
        raise Broken(f"something follows the last of them (byte {source.position})")


def _storage_sizes(root: Any) -> list[tuple[Any, int]]:
    found, stack, seen = [], [root], set()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if (
            isinstance(value, Persistent)
            and isinstance(value.id, Seq)
            and isinstance(value.id.items[1], Global)
        ):
            kind = value.id.items[1].name.removesuffix("Storage")
            found.append((value.id.items[2], torch_calls.SIZES.get(kind, 1)))
        elif isinstance(value, Seq | Map | Obj):
            stack += getattr(value, "items", []) if not isinstance(value, Map) else []
            stack += [part for pair in getattr(value, "pairs", ()) for part in pair]
            stack += [value.args, value.state] if isinstance(value, Obj) else []
    return found


def tensors(found: Pickle, report: Report) -> None:
    """Names and shapes of a state_dict, found at the top or under a key of a checkpoint."""
    report.is_a("torch-checkpoint", "pytorch", "tensors")
    report.details["tensors"] = _shapes(found.root)
    top = [key for key, _ in getattr(found.root, "pairs", ()) if isinstance(key, str)][:50]
    report.details["keys"] = top if not report.details["tensors"].keys() >= set(top) else []
    modules = [str(one) for one in found.imports.values() if one.module.startswith("torch.nn")]
    if modules:
        report.unknown(
            "A whole PyTorch module was pickled: its code is not in the file. Save it as TorchScript, .pt2 or ONNX."
        )
    report.details["advice"] = (
        "The file holds weights without the network that uses them. Save the model as TorchScript, .pt2 or ONNX, "
        "or write a handler that builds the network."
    )


def _is_tensor(value: Any) -> bool:
    made = isinstance(value, Obj) and value.type_name.startswith("_rebuild_tensor")
    return made and isinstance(value.args, Seq) and len(value.args.items) > 2


def _shapes(root: Any, prefix: str = "", depth: int = 0) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for key, value in getattr(root, "pairs", ()):
        if isinstance(value, Obj) and value.type_name == "_rebuild_parameter" and isinstance(value.args, Seq):
            value = value.args.items[0]
        if _is_tensor(value) and len(found) < 500:
            size = value.args.items[2]
            listed = size.items if isinstance(size, Seq) else []
            found[f"{prefix}{key}"] = [one for one in listed if isinstance(one, int)]
        elif isinstance(value, Map | Obj) and depth < 2 and isinstance(key, str) and len(found) < 500:
            found |= _shapes(value, f"{prefix}{key}.", depth + 1)
    return found
