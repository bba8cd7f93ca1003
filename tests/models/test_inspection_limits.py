"""Inspection within limits: time goes with the size, memory does not."""

import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from services.models.inspection import inspect

REPOSITORY = Path(__file__).parents[2]
# The peak is read from /proc: what getrusage says of a fresh process holds its parent's peak too.
MEASURE = """
import re, sys
from pathlib import Path
from services.models.inspection import inspect

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1000

before = peak()
found = inspect(Path(sys.argv[1]))
print(found.verdict, peak() - before)
"""


def grown(path: Path) -> tuple[str, int]:
    """Verdict and megabytes of memory that the inspection of a file took, in a process of its own."""
    command = [sys.executable, "-c", MEASURE, str(path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=True)
    verdict, megabytes = done.stdout.split()
    return verdict, int(megabytes)


def test_a_large_file_of_zeros_is_no_model_and_takes_no_memory(tmp_path):
    """A sparse file: it is hashed as a stream and known by its first bytes."""
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.truncate(400_000_000)
    verdict, megabytes = grown(path)
    assert verdict == "unknown" and megabytes < 60


@pytest.mark.parametrize("head", [b"\x80\x04\x8e", b"\x80\x05\x96"])
def test_large_values_are_passed_over_without_being_read(tmp_path, head):
    """A pickle with one value of 200 MB."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.write(head + (200_000_000).to_bytes(8, "little"))
        file.truncate(len(head) + 8 + 200_000_000)
        file.seek(0, 2)
        file.write(b".")
    verdict, megabytes = grown(path)
    assert verdict == "unknown" and megabytes < 60


def test_a_pickle_of_millions_of_parts_takes_bounded_memory(tmp_path):
    """Instructions are walked, and only the first parts are kept."""
    path = tmp_path / "many"
    path.write_bytes(
        b"\x80\x04]("
        + b"J\x01\x02\x03\x04" * 1_500_000
        + b"e"
        + (b"(" + b"\x8c\x02ab\x940" * 20_000 + b"1")
        + b"."
    )
    verdict, megabytes = grown(path)
    assert verdict == "unknown" and megabytes < 150


def test_a_bomb_is_left_at_its_limit(tmp_path):
    """Zeros that decompress a thousandfold are given up, within seconds."""
    bomb = zlib.compress(b"\x80\x04B\xff\xff\xff\x7f" + bytes(260_000_000), 9)
    path = tmp_path / "bomb"
    path.write_bytes(bomb)
    start = time.perf_counter()
    found = inspect(path)
    assert found.verdict == "unknown" and "bomb" in " ".join(found.reasons)
    assert time.perf_counter() - start < 20
