"""How long a model file is looked at before it may be used, beside `sha256sum` of the same file in the same run.

Each format is a file of the size that follows, made here without any machine-learning library; memory is that of a
process which inspects nothing else. Zeros are a sparse file: 4 GB by name, no block on the disk.
"""

import contextlib
import gzip
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO

from benchmarks.house import REPOSITORY

MEGABYTE = 1_000_000
SIZE, ZEROS, ROUNDS = 100 * MEGABYTE, 4_000 * MEGABYTE, 3
# The peak is read from /proc: what getrusage says of a fresh process holds its parent's peak too.
MEASURE = """
import json, re, sys, time
from pathlib import Path
from services.models.inspection import inspect

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1000

before, start = peak(), time.perf_counter()
found = inspect(Path(sys.argv[1]))
print(json.dumps([time.perf_counter() - start, peak() - before, found.format, found.verdict]))
"""


def measure() -> dict[str, Any]:
    """Per format: format and verdict, seconds per MB, times the duration of sha256sum, memory in MB."""
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        figures = {name: _one(Path(folder) / "file", make) for name, make in MAKERS.items()}
    return {"load": load, "rounds": ROUNDS, "size_mb": SIZE // MEGABYTE} | figures


def _one(path: Path, make: Callable[[BinaryIO], None]) -> dict[str, Any]:
    with path.open("wb") as file:
        make(file)
    ours, theirs, memory = [], [], []
    seen: list[Any] = []
    for _ in range(ROUNDS):
        seen = _inspected(path)
        ours.append(seen[0])
        memory.append(seen[1])
        theirs.append(_hashed(path))
    size = path.stat().st_size / MEGABYTE
    path.unlink()
    figures = {
        "format": seen[2],
        "verdict": seen[3],
        "mb": round(size, 1),
        "s_per_mb": round(median(ours) / size, 5),
    }
    return figures | {
        "times_sha256sum": round(median(ours) / median(theirs), 2),
        "memory_mb": round(max(memory), 1),
    }


def _inspected(path: Path) -> list[Any]:
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def _hashed(path: Path) -> float:
    start = time.perf_counter()
    subprocess.run(["sha256sum", str(path)], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def _blocks(size: int = SIZE) -> Iterator[bytes]:
    """Numbers that no compression shrinks much."""
    block = random.Random(0).randbytes(MEGABYTE)
    for _ in range(size // MEGABYTE):
        yield block


def _arrays(file: BinaryIO) -> None:
    """A pickle of large values."""
    file.write(b"\x80\x04](")
    for block in _blocks():
        file.write(b"B" + struct.pack("<I", len(block)) + block)
    file.write(b"e.")


def _instructions(file: BinaryIO) -> None:
    """A pickle of small values: the slowest to follow, one instruction every five bytes; a tenth of the size."""
    file.write(b"\x80\x04](" + b"J\x01\x02\x03\x04" * (SIZE // 50) + b"e.")


def _compressed(file: BinaryIO) -> None:
    """A compressed pickle, as joblib writes it."""
    with gzip.open(file, "wb", compresslevel=1) as packed, contextlib.suppress(ValueError):
        _arrays(packed)  # type: ignore[arg-type]


def _checkpoint(file: BinaryIO) -> None:
    """A zip archive of tensors."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02}.")
        with archive.open("m/data/0", "w", force_zip64=True) as member:
            for block in _blocks():
                member.write(block)


def _safetensors(file: BinaryIO) -> None:
    tensor = {"w": {"dtype": "U8", "shape": [SIZE], "data_offsets": [0, SIZE]}}
    header = json.dumps(tensor).encode()
    file.write(struct.pack("<Q", len(header)) + header)
    file.writelines(_blocks())


def _onnx(file: BinaryIO) -> None:
    """A graph with one large initializer."""

    def field(number: int, size: int) -> bytes:
        out = bytes([number << 3 | 2])
        while size > 127:
            out, size = out + bytes([size & 127 | 128]), size >> 7
        return out + bytes([size])

    raw = field(9, SIZE)
    tensor = field(5, len(raw) + SIZE)
    file.write(b"\x08\x0a" + field(7, len(tensor) + len(raw) + SIZE) + tensor + raw)
    file.writelines(_blocks())


def _trees(file: BinaryIO) -> None:
    """XGBoost's JSON: text, number after number."""
    numbers = b",".join(b"%.6E" % random.Random(i).random() for i in range(10_000))
    file.write(b'{"learner":{"feature_names":["a"],"gradient_booster":{"model":[')
    file.write(b",".join(b"[" + numbers + b"]" for _ in range(SIZE // len(numbers) // 2)))
    file.write(
        b']},"learner_model_param":{"num_feature":"1"},"objective":{"name":"reg:squarederror"}},"version":[3,2,0]}'
    )


def _text(file: BinaryIO) -> None:
    """LightGBM's text."""
    file.write(b"tree\nversion=v4\nmax_feature_idx=0\nfeature_names=a\nfeature_infos=none\n\n")
    file.writelines(block.hex().encode() for block in _blocks(SIZE // 2))
    file.write(b"\nend of trees\nend of parameters\n")


def _zeros(file: BinaryIO) -> None:
    file.truncate(ZEROS)


MAKERS: dict[str, Callable[[BinaryIO], None]] = {
    "pickle_of_arrays": _arrays, "pickle_of_small_values": _instructions, "joblib_gzip": _compressed,
    "torch_checkpoint": _checkpoint, "safetensors": _safetensors, "onnx": _onnx, "xgboost_json": _trees,
    "lightgbm_text": _text, "zeros_4_gb": _zeros,
}  # fmt: skip
