"""`python -m services test`: two files in, one JSON document and an exit code out, nothing left running."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.models.built import built, iris, model_home

__all__ = ["built", "iris", "model_home"]
REPOSITORY = Path(__file__).resolve().parents[2]


def run(model, request):
    """The command as a user calls it."""
    line = [sys.executable, "-m", "services", "test", str(model), "--request", str(request), "--json"]
    done = subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=150, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.timeout(240)
def test_a_model_is_tested_from_the_command_line(iris, model_home, tmp_path):
    file, (rows, classes, _) = iris
    request = tmp_path / "golden.json"
    request.write_text(json.dumps([{"request": {"data": rows}, "expected": {"predictions": classes}}]))
    code, told, said = run(file, request)
    assert code == 0, (told, said)
    assert told["passed"] and told["predictions"] == classes and told["intake"]["framework"] == "scikit-learn"
    assert "Asking the golden set: 1 requests" in said
    homes = [p.info["environ"] for p in psutil.process_iter(["environ"]) if p.info["environ"]]
    assert not [one for one in homes if one.get("GROUNDPLAN_HOME") == str(model_home)]
    request.write_text(json.dumps([{"request": {"data": rows}, "expected": {"predictions": classes[::-1]}}]))
    code, told, _ = run(file, request)
    assert code == 1 and not told["passed"] and "is expected" in told["why"][0]


def test_bad_input_is_refused_with_code_2_and_a_hostile_file_with_1(home, tmp_path):
    model, request = tmp_path / "model.pkl", tmp_path / "request.json"
    model.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "ran").encode() + b"'\ntR.")
    request.write_text("{")
    code, told, _ = run(model, request)
    assert code == 2 and "not JSON" in told["error"]["message"]
    request.write_text('{"data": [[1]]}')
    code, told, _ = run(model, request)
    assert code == 1 and not told["passed"] and "blocked" in told["why"][0]
    assert not (tmp_path / "ran").exists()
