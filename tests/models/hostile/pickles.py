"""Hostile pickles. Each makes the folder `mark` when a loader loads it: that proves it, and hurts nobody."""

import bz2
import gzip
import io
import lzma
import marshal
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from tests.models.hostile.opcodes import call, framed, named, protocol, short, written

NUMPY = b"\x93NUMPY\x01\x00"


def live(mark: str) -> Iterator[tuple[str, str, bytes]]:
    """(name, loader, bytes): loaders are pickle, joblib, numpy."""
    for name, data in plain(mark):
        yield name, "pickle", data
    for name, data in calls(mark):
        yield f"call {name}", "pickle", protocol(4, data)
    seed = protocol(4, call(named("os", "mkdir"), short(mark)))
    yield from arrays(mark, seed)
    for name, pack in PACKERS.items():
        yield f"joblib in {name}", "joblib", pack(seed)
        yield f"joblib text protocol in {name}", "joblib", pack(b"cos\nmkdir\n(V" + mark.encode() + b"\ntR.")


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "zlib": zlib.compress,
    "zlib level 0": lambda data: zlib.compress(data, 0),
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


def plain(mark: str) -> Iterator[tuple[str, bytes]]:
    """One call of os.mkdir, spelt in every way."""
    text, folder = mark.encode(), short(mark)
    make = named("os", "mkdir")

    class Maker:
        def __reduce__(self) -> tuple[object, ...]:
            import os

            return os.mkdir, (mark,)

    for version in range(6):
        yield f"reduce, protocol {version}", pickle.dumps(Maker(), version)
        yield f"in a list, protocol {version}", pickle.dumps([1, {"model": (Maker(), 2)}], version)
    yield "text global", b"cos\nmkdir\n(V" + text + b"\ntR."
    yield "text global without any signature", b"N0cposix\nmkdir\n(S'" + text + b"'\ntR."
    yield "binary without PROTO", make + b"(" + folder + b"tR."
    yield "INST", b"(V" + text + b"\nios\nmkdir\n."
    yield "OBJ", b"(cos\nmkdir\nV" + text + b"\no."
    yield (
        "Python 2 names",
        protocol(2, b"c__builtin__\neval\n(X" + _wide(f"__import__('os').mkdir({mark!r})") + b"tR"),
    )
    yield (
        "module name from the memo",
        protocol(4, short("os") + b"\x940h\x00" + short("mkdir") + b"\x93\x8c" + folder[1:] + b"\x85R"),
    )
    yield (
        "names in the wrong places",
        protocol(4, short("mkdir") + b"\x940" + short("os") + b"h\x00\x93" + folder + b"\x85R"),
    )
    yield (
        "names through a list",
        protocol(4, short("os") + b"q\x05]q\x06h\x05a0h\x05" + short("mkdir") + b"\x93" + folder + b"\x85R"),
    )
    yield "names through DUP", protocol(4, short("os") + b"20" + short("mkdir") + b"\x93" + folder + b"\x85R")
    yield (
        "names as BINUNICODE",
        protocol(4, b"X" + _wide("os") + b"X" + _wide("mkdir") + b"\x93" + folder + b"\x85R"),
    )
    yield (
        "names as BINUNICODE8",
        protocol(4, b"\x8d" + _wider("os") + b"\x8d" + _wider("mkdir") + b"\x93" + folder + b"\x85R"),
    )
    yield "names as SHORT_BINSTRING", protocol(4, b"U\x02osU\x05mkdir\x93" + folder + b"\x85R")
    yield "names as text", protocol(4, b"Vos\nV\\u006dkdir\n\x93" + folder + b"\x85R")
    yield "junk on the stack", protocol(4, b"]}(((K\x01K\x02" + make + folder + b"\x85R")
    yield "marks popped", protocol(4, b"((1" + make + b"(" + folder + b"tR")
    yield "in a frame", framed(make + folder + b"\x85R")
    yield (
        "frames of a wrong size",
        b"\x80\x04\x95" + struct.pack("<Q", 3) + b"N0N0" + make + folder + b"\x85R.",
    )
    yield "result thrown away", protocol(4, make + folder + b"\x85R0]")
    yield "behind a large text", protocol(4, b"X" + _wide("a" * 300_000) + b"0" + make + folder + b"\x85R0]")
    yield "behind large bytes", protocol(4, b"B" + _wide("." * 300_000) + b"0" + make + folder + b"\x85R0]")
    yield "before broken bytes", b"\x80\x04" + make + folder + b"\x85R0\xff\xff\xff"
    yield "before the end of the file", b"\x80\x04" + make + folder + b"\x85R"
    yield "before a mark that is not there", b"\x80\x04" + make + folder + b"\x85R0t."
    yield "before a truncated value", b"\x80\x04" + make + folder + b"\x85R0X\xff\xff\x00\x00abc"
    yield "with something behind it", protocol(4, make + folder + b"\x85R") + b"PK\x05\x06" + bytes(18)
    yield "as a key", protocol(4, b"}" + make + folder + b"\x85RK\x01s")
    yield (
        "as a state",
        protocol(
            4,
            named("sklearn.linear_model._base", "LinearRegression")
            + b")\x81}"
            + short("coef_")
            + make
            + folder
            + b"\x85Rsb",
        ),
    )
    yield "in a frozenset", protocol(4, b"(" + make + folder + b"\x85R\x91")
    yield "protocol raised half way", b"c__builtin__\nobject\n0\x80\x04" + make + folder + b"\x85R."
    yield (
        "many memo slots",
        protocol(4, b"".join(b"N\x940" for _ in range(2000)) + make + b"\x94" + folder + b"\x85R"),
    )


def calls(mark: str) -> Iterator[tuple[str, bytes]]:
    """Other functions that do the same, or lead to one that does."""
    folder, code = short(mark), short(f"import os; os.mkdir({mark!r})")
    expression = short(f"__import__('os').mkdir({mark!r})")
    compiled = marshal.dumps(compile(f"import os; os.mkdir({mark!r})", "x", "exec"))
    importing = call(named("importlib", "import_module"), short("os"))
    yield "os.system", call(named("os", "system"), short(f"mkdir '{mark}'"))
    yield "posix.system", call(named("posix", "system"), short(f"mkdir '{mark}'"))
    yield "os.popen", call(named("os", "popen"), short(f"mkdir '{mark}'"))
    yield "_io.FileIO", call(named("_io", "FileIO"), short(f"{mark}.file"), short("w"))
    yield "open", call(named("builtins", "open"), short(f"{mark}.file"), short("w"))
    yield "os.makedirs", call(named("os", "makedirs"), folder)
    yield "subprocess.call", call(named("subprocess", "call"), b"](" + short("mkdir") + folder + b"e")
    yield "subprocess.Popen", call(named("subprocess", "Popen"), b"](" + short("mkdir") + folder + b"e")
    yield "subprocess.getoutput", call(named("subprocess", "getoutput"), short(f"mkdir '{mark}'"))
    yield "builtins.exec", call(named("builtins", "exec"), code)
    yield "builtins.eval", call(named("builtins", "eval"), expression)
    yield "getattr", call(call(named("builtins", "getattr"), importing, short("mkdir")), folder)
    yield (
        "__import__",
        call(
            call(
                named("builtins", "getattr"),
                call(named("builtins", "__import__"), short("os")),
                short("mkdir"),
            ),
            folder,
        ),
    )
    yield (
        "map in a list",
        call(
            named("builtins", "list"),
            call(named("builtins", "map"), named("os", "mkdir"), b"](" + folder + b"e"),
        ),
    )
    yield (
        "filter in a tuple",
        call(
            named("builtins", "tuple"),
            call(named("builtins", "filter"), named("os", "mkdir"), b"](" + folder + b"e"),
        ),
    )
    yield (
        "filter in bytes",
        call(
            named("builtins", "bytes"),
            call(named("builtins", "map"), named("os", "mkdir"), b"](" + folder + b"e"),
        ),
    )
    yield (
        "operator.methodcaller",
        call(call(named("operator", "methodcaller"), short("mkdir"), folder), importing),
    )
    yield (
        "operator.attrgetter",
        call(call(call(named("operator", "attrgetter"), short("mkdir")), importing), folder),
    )
    yield "functools.partial", call(call(named("functools", "partial"), named("os", "mkdir")), folder)
    yield (
        "functools.partial by its state",
        call(
            call(named("functools", "partial"), named("numpy", "log1p"))
            + b"("
            + named("os", "mkdir")
            + b")}Ntb",
            folder,
        ),
    )
    yield (
        "functools.reduce",
        call(named("functools", "reduce"), named("os", "mkdir"), b"](" + folder + b"M\xff\x01e"),
    )
    yield "timeit", call(named("timeit", "timeit"), code, short("pass"), named("time", "time"), b"K\x01")
    yield (
        "code.InteractiveInterpreter",
        call(
            call(
                named("builtins", "getattr"),
                call(named("code", "InteractiveInterpreter")),
                short("runsource"),
            ),
            code,
        ),
    )
    yield (
        "types.FunctionType",
        call(
            call(
                named("types", "FunctionType"),
                call(named("marshal", "loads"), b"B" + struct.pack("<I", len(compiled)) + compiled),
                b"}",
            )
        ),
    )
    yield "dotted name", call(named("shutil", "os.mkdir"), folder)
    yield "dotted name of an allowed module", call(named("joblib", "os.mkdir"), folder)
    yield "dotted name of pathlib", call(named("pathlib", "os.mkdir"), folder)
    yield "dotted name of bdb", call(named("bdb", "os.mkdir"), folder)
    yield "pdb.run", call(call(named("builtins", "getattr"), call(named("bdb", "Bdb")), short("run")), code)
    yield "cProfile.run", call(named("cProfile", "run"), code)
    yield "profile.run", call(named("profile", "run"), code)
    yield (
        "trace.Trace",
        call(
            call(
                named("builtins", "getattr"), call(named("trace", "Trace"), b"K\x00", b"K\x00"), short("run")
            ),
            code,
        ),
    )
    yield "dotted name of _osx_support", call(named("_osx_support", "os.mkdir"), folder)
    yield (
        "pickle in a pickle",
        call(named("pickle", "loads"), _bytes(protocol(4, call(named("os", "mkdir"), folder)))),
    )
    yield (
        "_pickle in a pickle",
        call(named("_pickle", "loads"), _bytes(protocol(4, call(named("os", "mkdir"), folder)))),
    )
    yield (
        "numpy's ufunc by name",
        call(call(named("numpy._core", "_ufunc_reconstruct"), short("os"), short("mkdir")), folder),
    )
    yield "numpy runstring", call(named("numpy.testing._private.utils", "runstring"), code, b"}")
    yield (
        "_codecs of a module",
        call(named("_codecs", "lookup"), short("utf-8")) + b"0" + call(named("os", "mkdir"), folder),
    )
    yield "scipy's argument parser", _scipy(mark)
    yield (
        "defaultdict with a function",
        call(
            named("collections", "defaultdict"),
            call(named("functools", "partial"), named("os", "mkdir"), folder),
        )
        + b"2"
        + short("x")
        + b"0"
        + b"0"
        + call(named("os", "mkdir"), folder),
    )
    yield (
        "weakref.finalize",
        call(call(named("weakref", "finalize"), named("os", "mkdir"), named("os", "mkdir"), folder)),
    )
    yield (
        "contextlib",
        call(
            call(named("builtins", "getattr"), call(named("contextlib", "ExitStack")), short("callback")),
            named("os", "mkdir"),
            folder,
        )
        + b"0"
        + call(named("os", "mkdir"), folder),
    )
    yield "joblib's delayed", call(named("os", "mkdir"), folder) + b"0" + named("joblib.parallel", "delayed")
    yield "asyncio", call(named("asyncio.unix_events", "os.mkdir"), folder)
    yield "logging", call(named("logging", "os.mkdir"), folder)
    yield "text written", call(named("os", "mkdir"), folder) + b"0" + written("builtins", "print")


def arrays(mark: str, seed: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Pickles in NumPy's files and between joblib's arrays."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    array = NUMPY + struct.pack("<H", len(header)) + header
    yield "npy of objects", "numpy", array + seed
    yield "npy that is a pickle", "numpy", seed
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("arr_0.npy", array + seed)
    yield "npz of objects", "numpy", packed.getvalue()
    yield "joblib array of objects", "joblib", protocol(4, _wrapper("O8", 63)[:-1] + b"b")[:-1] + seed + b"."
    yield (
        "joblib behind an array",
        "joblib",
        b"\x80\x04"
        + _wrapper("u1", 0)
        + b"\x01\xff\x07"
        + b"0"
        + call(named("os", "mkdir"), short(mark))
        + b".",
    )
    inside = b"0" + call(named("os", "mkdir"), short(mark)) + b"."
    old = _wrapper("u1", 0, len(inside), aligned=False)
    yield "instructions in an old joblib array", "pickle", b"\x80\x04" + old + inside + b"."


def _wrapper(kind: str, flags: int, count: int = 1, aligned: bool = True) -> bytes:
    """joblib's NumpyArrayWrapper with its state; the array's bytes follow."""
    order = b"|" if kind in ("O8", "u1") else b"<"
    state = (
        b"(K\x03" + short(order.decode()) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK" + bytes([flags]) + b"tb"
    )
    dtype = named("numpy", "dtype") + short(kind) + b"\x89\x88\x87R" + state
    pairs = short("subclass") + named("numpy", "ndarray") + short("shape") + b"K" + bytes([count]) + b"\x85"
    pairs += short("order") + short("C") + short("dtype") + dtype + short("allow_mmap") + b"\x89"
    pairs += short("numpy_array_alignment_bytes") + (b"K\x10" if aligned else b"N")
    return named("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}(" + pairs + b"ub"


def _scipy(mark: str) -> bytes:
    """scipy's distributions compile a template of their state when they are unpickled."""
    template = f"import os; os.mkdir({mark!r})\ndef _parse_args(*a): pass\n_parse_args_rvs = _parse_args_stats = _parse_args"
    state = b"}(" + short("_parse_arg_template") + b"X" + _wide(template) + b"u"
    return named("scipy.stats._distn_infrastructure", "rv_continuous") + b")\x81" + state + b"b"


def _bytes(data: bytes) -> bytes:
    return b"B" + struct.pack("<I", len(data)) + data


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


def _wider(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()
