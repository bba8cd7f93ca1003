"""Benign files changed at random: an attack put in anywhere is seen, and damage never surprises the inspection."""

import io
import pickle
import pickletools
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.models.inspection import inspect
from tests.models import trained
from tests.models.hostile.formats import FILES
from tests.models.hostile.opcodes import call, named, short

ATTACKS = (
    call(named("os", "mkdir"), short("never")) + b"0",
    b"cposix\nsystem\n(S'id'\ntR0",
    named("builtins", "getattr") + b"0",
    short("subprocess") + short("Popen") + b"\x93](" + short("id") + b"e\x85R0",
    named("functools", "partial") + named("os", "mkdir") + b"\x85R0",
    b"(" + short("id") + b"ios\nsystem\n0",
)
BENIGN = [FILES / name for name in (
    "classifier.onnx", "xgboost.json", "xgboost.ubj", "lightgbm.txt", "pipeline.skops", "network.keras", "network.h5",
    "torchscript.pt", "exported.pt2", "state_dict.pt", "state_dict_legacy.pt", "weights.safetensors", "lm.rds", "glm.rds",
)]  # fmt: skip
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def unframed(model: object) -> tuple[bytes, list[int]]:
    """A pickle without frames, and the places between its instructions."""
    data = pickletools.optimize(pickle.dumps(model, 3))
    return data, [position for _, _, position in pickletools.genops(data) if position]


@QUICK
@given(
    name=st.sampled_from(("forest", "churn", "search", "texts")),
    attack=st.sampled_from(ATTACKS),
    where=st.floats(0, 1),
    packed=st.booleans(),
)
def test_an_attack_put_into_a_model_anywhere_is_never_safe(tmp_path, name, attack, where, packed):
    """Wherever instructions can be put between others, they are seen."""
    data, places = unframed(trained.everything()[name])
    place = places[int(where * (len(places) - 1))]
    changed = data[:place] + attack + data[place:]
    path = tmp_path / "model"
    path.write_bytes(zlib.compress(changed) if packed else changed)
    assert inspect(path).verdict == "blocked"


@QUICK
@given(
    path=st.sampled_from(BENIGN),
    where=st.floats(0, 1),
    new=st.binary(min_size=1, max_size=8),
    cut=st.booleans(),
)
def test_damage_is_a_finding_and_never_an_error(tmp_path, path, where, new, cut):
    """Changed bytes may go unnoticed where they are numbers; they never end in an error, and a cut is never safe."""
    data = path.read_bytes()
    at = int(where * (len(data) - 1))
    target = tmp_path / "model"
    target.write_bytes(data[: max(at, 1)] if cut else data[:at] + new + data[at + len(new) :])
    found = inspect(target)
    assert not any("cannot be understood" in reason for reason in found.reasons)
    assert not cut or found.verdict != "safe"


@QUICK
@given(
    data=st.binary(min_size=1, max_size=300),
    start=st.sampled_from(
        (b"", b"\x80\x04", b"PK\x03\x04", b"\x93NUMPY", b"X\n\0\0\0\3", b"\x89HDF\r\n\x1a\n", b"\x08\x0a")
    ),
)
def test_noise_is_never_safe(tmp_path, data, start):
    """Random bytes behind any signature."""
    path = tmp_path / "model"
    path.write_bytes(start + data)
    assert inspect(path).verdict != "safe"


@pytest.mark.parametrize("count", [2, 7])
def test_an_attack_behind_arrays_of_joblib_is_seen(tmp_path, count):
    """Arrays between the instructions do not hide what comes after them."""
    import joblib
    import numpy as np

    out = io.BytesIO()
    joblib.dump([np.arange(1000.0) for _ in range(count)], out)
    data = out.getvalue()
    assert data.endswith(b"e.")
    path = Path(tmp_path / "model")
    path.write_bytes(data[:-2] + call(named("os", "mkdir"), short("never")) + b"e.")
    assert inspect(path).verdict == "blocked"


def test_texts_of_code_points_that_do_not_exist_are_read_without_harm(tmp_path):
    """NumPy makes broken texts of such bytes; class names are decoded without it."""
    import numpy as np

    model = trained.LogisticRegression().fit([[0.0], [1.0]], ["a", "b"])
    model.classes_ = np.array(["a", "b"])
    data = pickle.dumps(model)
    place = data.index(b"a\0\0\0b\0\0\0")
    path = tmp_path / "model"
    path.write_bytes(data[:place] + b"\xff\xff\xff\x7f" + data[place + 4 :])
    assert inspect(path).details["classes"] == ["\ufffd", "b"]
