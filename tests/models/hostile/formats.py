"""Hostile files of the other formats, made from the benign ones of `tests/models/files` or by hand."""

import base64
import io
import json
import marshal
import stat
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.models.hostile.opcodes import call, named, protocol, short

FILES = Path(__file__).parents[1] / "files"
SEED = protocol(4, call(named("os", "mkdir"), short("never")))


RENAMED = {
    "Linux program": b"\x7fELF\x02\x01\x01",
    "Windows program": b"MZ\x90\x00",
    "macOS program": b"\xcf\xfa\xed\xfe",
    "script": b"#!/bin/sh\nid\n",
    "web page": b"<!DOCTYPE html><html>",
    "PDF": b"%PDF-1.7\n",
    "picture": b"\x89PNG\r\n\x1a\n",
    "compiled Python": b"\xa7\x0d\x0d\x0a" + bytes(12),
    "text": b"Dear reader,\nnothing here.\n",
    "zeros": bytes(5000),
    "noise": bytes(range(256)) * 20,
    "Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\n",
    "LZ4": b"\x04\x22\x4d\x18" + bytes(50),
    "XGBoost's old binary": b"binf" + bytes(100),
    "R in ASCII": b"A\n3\n262658\n197888\n",
    "R workspace": b"RDX3\nX\n" + bytes(20),
}


def files() -> Iterator[tuple[str, bytes]]:
    """(name, bytes)"""
    yield from odd_zips()
    yield from torch_files()
    yield from keras_files()
    yield from skops_files()
    yield from onnx_files()
    yield from data_files()
    yield from folders()
    for path in sorted(FILES.glob("hostile_*.rds")):
        yield path.stem, path.read_bytes()


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """A plain archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def unzipped(name: str) -> dict[str, bytes]:
    """The members of one of the benign files."""
    with zipfile.ZipFile(FILES / name) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def odd_zips() -> Iterator[tuple[str, bytes]]:
    """Archives that two readers would read differently, or that write where they should not."""
    good = unzipped("state_dict.pt")
    root = next(iter(good)).split("/")[0]
    whole = zipped(good)
    yield "prefix", b"GIF8" + whole
    yield "pickle before the zip", SEED + whole
    yield "something behind the zip", whole + b"more"
    yield "comment", whole[:-2] + b"\x04\x00abcd"
    yield "no directory", whole[: whole.rindex(b"PK\x01\x02")]
    for bad in ("../out", "/etc/out", "C:/out", "a\\..\\out", f"{root}/../../out"):
        yield f"member {bad}", zipped(good | {bad: b"x"})
    yield "member twice", whole_twice(good, f"{root}/data.pkl")
    yield "member twice in capitals", zipped(good | {f"{root}/VERSION": b"3\n"})
    yield "nested pickle of any name", zipped(good | {f"{root}/notes.txt": SEED})
    yield "nested in a nested zip", zipped(good | {f"{root}/more.bin": zipped({"x": zipped({"y": SEED})})})
    yield "link", _flagged(good, lambda one: setattr(one, "external_attr", (stat.S_IFLNK | 0o777) << 16))
    yield "encrypted", _patched(whole, b"PK\x01\x02", 8, b"\x01")
    yield "names that differ", _patched(whole, b"PK\x01\x02", 46, b"X")
    yield "sizes that differ", _patched(whole, b"PK\x01\x02", 24, b"\x01")
    yield "overlap", _overlap()
    yield (
        "zip of zeros",
        zipped(
            {f"{root}/data.pkl": good[f"{root}/data.pkl"], "zeros": bytes(400_000_000)}, zipfile.ZIP_DEFLATED
        ),
    )
    yield "pickle among the tensors", zipped(good | {f"{root}/data/0": SEED})
    yield "plain zip of a model", zipped({"model.pkl": b"\x80\x04N."})
    yield "empty zip", zipped({})


def whole_twice(members: dict[str, bytes], name: str) -> bytes:
    """An archive with a second member of the same name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for one, data in members.items():
            archive.writestr(one, data)
        archive.writestr(name, SEED)
    return out.getvalue()


def _flagged(members: dict[str, bytes], change: object) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        info = zipfile.ZipInfo("link")
        change(info)  # type: ignore[operator]
        archive.writestr(info, b"/etc/passwd")
    return out.getvalue()


def _patched(data: bytes, magic: bytes, offset: int, new: bytes) -> bytes:
    at = data.index(magic) + offset
    return data[:at] + new + data[at + len(new) :]


def _overlap() -> bytes:
    """Two directory entries for the same bytes."""
    data = zipped({"a": b"1" * 100, "b": b"1" * 100})
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def torch_files() -> Iterator[tuple[str, bytes]]:
    """Checkpoints, TorchScript and .pt2 with something else in them."""
    good = unzipped("state_dict.pt")
    root = next(iter(good)).split("/")[0]
    yield "checkpoint that is a program", zipped(good | {f"{root}/data.pkl": SEED})
    yield (
        "checkpoint of a stranger's class",
        zipped(good | {f"{root}/data.pkl": protocol(2, b"cmine\nNet\n)\x81}b")}),
    )
    yield (
        "checkpoint loaded from bytes",
        zipped(
            good | {f"{root}/data.pkl": protocol(2, call(b"ctorch.storage\n_load_from_bytes\n", b"C\x01x"))}
        ),
    )
    yield "whole module", (FILES / "whole_module.pt").read_bytes()
    legacy = (FILES / "state_dict_legacy.pt").read_bytes()
    yield "legacy with more behind it", legacy + SEED
    yield "legacy that is a program", legacy[:14] + SEED[2:]
    script = unzipped("torchscript.pt")
    root = next(iter(script)).split("/")[0]
    code = next(name for name in script if name.endswith(".py"))
    yield (
        "TorchScript that writes files",
        zipped(script | {code: script[code] + b"\n    torch.save(x, 'f')\n"}),
    )
    yield (
        "TorchScript that reads files",
        zipped(script | {code: script[code] + b"\n  x = torch.from_file('f', False, 8)\n"}),
    )
    yield (
        "TorchScript of another library",
        zipped(script | {code: script[code] + b"\n  x = ops.mine.run(x)\n"}),
    )
    yield "TorchScript with a program", zipped(script | {f"{root}/constants.pkl": SEED})
    exported = unzipped("exported.pt2")
    root = next(iter(exported)).split("/")[0]
    graph = json.loads(exported[f"{root}/models/model.json"])
    graph["graph_module"]["graph"]["nodes"][0]["target"] = "os.system"
    yield (
        "pt2 that calls a program",
        zipped(exported | {f"{root}/models/model.json": json.dumps(graph).encode()}),
    )
    graph = json.loads(exported[f"{root}/models/model.json"])
    graph["range_constraints"] = {"s0": {"expr_str": "__import__('os').mkdir('never')"}}
    yield (
        "pt2 with an expression",
        zipped(exported | {f"{root}/models/model.json": json.dumps(graph).encode()}),
    )
    yield "pt2 with a library", zipped(exported | {f"{root}/data/aotinductor/model/model.so": b"\x7fELF"})
    yield (
        "pt2 with a pickled sample",
        zipped(exported | {f"{root}/data/sample_inputs/model.pt": zipped({"x/data.pkl": SEED})}),
    )


def keras_files() -> Iterator[tuple[str, bytes]]:
    """Configurations that name code."""
    for name in ("lambda.keras", "lambda.h5"):
        yield name, (FILES / name).read_bytes()
    good = unzipped("network.keras")
    marshalled = base64.b64encode(marshal.dumps(compile("1", "x", "eval"))).decode()
    odd = {
        "a module of Python": {"module": "os", "class_name": "system", "config": {}},
        "a function of Python": {"module": "builtins", "class_name": "eval", "config": "1"},
        "a function by its config": {"module": "builtins", "class_name": "function", "config": "os.system"},
        "keras.utils.get_file": {"module": "keras.utils", "class_name": "get_file", "config": {}},
        "a class of its author": {
            "module": "keras.layers",
            "class_name": "Dense",
            "registered_name": "mine>Dense",
        },
        "marshalled code": {
            "class_name": "function",
            "config": {"code": marshalled, "defaults": None, "closure": None},
        },
        "a file": {
            "module": "keras.layers",
            "class_name": "StringLookup",
            "config": {"vocabulary": "/etc/passwd"},
        },
        "an address": {
            "module": "keras.layers",
            "class_name": "StringLookup",
            "config": {"vocabulary": "https://example.com/v"},
        },
        "a saved model": {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "x"}},
    }
    for name, layer in odd.items():
        config = json.loads(good["config.json"])
        config["config"]["layers"].append(layer)
        yield f"keras with {name}", zipped(good | {"config.json": json.dumps(config).encode()})
    yield "keras with an asset", zipped(good | {"assets/vocabulary.txt": b"a\nb\n"})
    yield "keras with a program", zipped(good | {"model.pkl": SEED})
    h5 = (FILES / "network.h5").read_bytes()
    yield "h5 with more behind it", h5 + SEED
    yield "h5 cut off", h5[:-100]


def skops_files() -> Iterator[tuple[str, bytes]]:
    """Trees that name other classes."""
    good = unzipped("pipeline.skops")
    for module, name, loader in (
        ("os", "system", "FunctionNode"), ("builtins", "eval", "FunctionNode"), ("mine", "Model", "ObjectNode"),
        ("operator", "methodcaller", "OperatorFuncNode"), ("builtins", "getattr", "MethodNode"),
        ("numpy._core", "_ufunc_reconstruct", "FunctionNode"), ("sklearn.datasets._base", "load_files", "FunctionNode"),
    ):  # fmt: skip
        schema = json.loads(good["schema.json"])
        node = {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, "content": {}}
        schema["content"]["content"]["extra"] = node
        yield f"skops with {module}.{name}", zipped(good | {"schema.json": json.dumps(schema).encode()})
    yield "skops with a pickled array", zipped(good | {"1.npy": b"\x93NUMPY\x01\x00" + SEED})
    yield "skops with a pickle beside it", zipped(good | {"x.pkl": SEED})


def onnx_files() -> Iterator[tuple[str, bytes]]:
    """Models that lead to other files, other operators or nowhere."""
    good = (FILES / "classifier.onnx").read_bytes()

    def message(number: int, data: bytes) -> bytes:
        size, out = len(data), b""
        while size > 127:
            out, size = out + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + out + bytes([size]) + data

    def graph(data: bytes) -> bytes:
        return b"\x08\x0a" + message(7, data) + message(8, b"\x10\x16")

    for place in ("../../etc/passwd", "/etc/passwd", "weights.bin"):
        entry = message(1, b"location") + message(2, place.encode())
        tensor = b"\x08\x01\x10\x01" + message(8, b"w") + message(13, entry) + b"\x70\x01"
        yield f"onnx with weights in {place}", graph(message(5, tensor))
    yield "onnx with a stranger's operator", graph(message(1, message(4, b"Run") + message(7, b"mine")))
    yield "onnx with Python", graph(message(1, message(4, b"PythonOp") + message(7, b"com.microsoft")))
    inner = message(1, message(4, b"Run") + message(7, b"mine"))
    yield (
        "onnx with it in a subgraph",
        graph(message(1, message(4, b"If") + message(5, message(1, b"b") + message(6, inner)))),
    )
    yield "onnx with a field of its own", good + message(9, b"x" * 10)
    yield "onnx cut off", good[:-7]
    yield "onnx that is a zip as well", good + message(6, b"0" * 5 + zipped({"a": b"b"}))
    deep = b""
    for _ in range(300):
        deep = message(1, message(5, message(6, deep[: 1 << 20])))
    yield "onnx without an end of graphs", graph(deep)


def data_files() -> Iterator[tuple[str, bytes]]:
    """Formats that hold data alone, with more in them or less."""
    for name in (
        "xgboost.json",
        "xgboost.ubj",
        "lightgbm.txt",
        "weights.safetensors",
        "lm.rds",
        "classifier.onnx",
    ):
        data = (FILES / name).read_bytes()
        yield f"{name} cut off", data[: len(data) * 2 // 3]
        if name != "lightgbm.txt":
            yield f"{name} with a pickle behind it", data + SEED
    yield "JSON nested without end", b'{"learner":' + b"[" * 200_000
    yield "UBJSON nested without end", b"{L" + struct.pack(">q", 7) + b"learner" + b"[" * 200_000
    header = json.dumps(
        {
            "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
            "b": {"dtype": "F32", "shape": [1], "data_offsets": [2, 6]},
        }
    ).encode()
    yield "safetensors that overlap", struct.pack("<Q", len(header)) + header + bytes(6)
    for name, start in RENAMED.items():
        yield f"renamed {name}", start


def folders() -> Iterator[tuple[str, bytes]]:
    """MLflow folders and tar archives."""
    flavor = "flavors:\n  python_function:\n    loader_module: {loader}\n    model_path: model.pkl\n"
    model = {"MLmodel": flavor.format(loader="mlflow.sklearn").encode()}
    yield "mlflow with a program", zipped(model | {"model.pkl": SEED})
    yield (
        "mlflow with a python model",
        zipped({"MLmodel": flavor.format(loader="mlflow.pyfunc.model").encode(), "python_model.pkl": SEED}),
    )
    yield "mlflow with a loader of its own", zipped({"MLmodel": flavor.format(loader="mine").encode()})
    yield "mlflow with code", zipped(model | {"code/mine.py": b"import os\n"})
    yield (
        "mlflow that leads out",
        zipped(
            {
                "MLmodel": b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: ../../x\n"
            }
        ),
    )
    yield (
        "mlflow with requirements from elsewhere",
        zipped(
            model | {"requirements.txt": b"--index-url https://example.com\nx @ git+https://example.com/x\n"}
        ),
    )
    yield (
        "mlflow of aliases",
        zipped({"MLmodel": b"a: &a [x]\n" + b"".join(b"k%d: &k%d [*a]\n" % (i, i) for i in range(100))}),
    )
    for kind, target in ((tarfile.SYMTYPE, "/etc/passwd"), (tarfile.CHRTYPE, ""), (tarfile.REGTYPE, "")):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            info = tarfile.TarInfo("model.pkl")
            info.type, info.linkname, info.size = kind, target, len(SEED) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(SEED))
        yield f"tar with a member of type {kind!r}", out.getvalue()
