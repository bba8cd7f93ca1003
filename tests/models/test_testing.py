"""Tests in a process of their own: whoever is killed, what is said is true; a verdict holds for what was asked."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from services.models import candidate, files, records, serving, test_state, testing
from services.models.gate import gate
from services.models.intake import Intake
from services.models.server_state import folder_of
from services.processes import locks
from services.runs import projects
from tests.models.built import CONDA, built, model_home, settled

__all__ = ["built", "model_home"]
SLOW = """\
import json, os, time
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    pass


def run(raw_data):
    try:
        rows = json.loads(raw_data)["data"]
        answer = {"predictions": [row[0] * 2 for row in rows if row[1] >= 0 and len(row) == 2]}
        assert rows and len(answer["predictions"]) == len(rows)
    except (ValueError, TypeError, KeyError, IndexError, AssertionError):
        return AMLResponse({"error": "Rows of two numbers are wanted."}, 400, json_str=True)
    time.sleep(rows[0][1])
    return answer
"""


@pytest.fixture
def model(built, tmp_path):
    """A model that takes as long as its request says, ready to be asked; `model(seconds, n)` sets its requests."""
    file = tmp_path / "model.bin"
    file.write_bytes(b"nothing")
    stored = files.keep(file)
    intake = Intake("other", "other", "safe", (), stored.sha256, stored.size)
    record = records.add(projects.create({"name": "slow"}, "me").id, "model.bin", intake)
    record = records.set_files(record.id, {"score.py": SLOW, "conda.yaml": CONDA}, seen=record.version)
    key = serving.start(candidate.of_record(record), record.project_id)
    assert settled(key).phase == "ready", serving.state(key)

    def asked(seconds, n, expected=True):
        cases = [{"request": {"data": [[i, seconds]]}} for i in range(n)]
        for i, case in enumerate(cases):
            case |= {"expected": {"predictions": [i * 2]}} if expected else {}
        return records.set_golden(record.id, cases, seen=records.get(record.id).version)

    yield asked
    testing.cancel(record.id)


def key_of(model_id):
    """Which server serves it."""
    return candidate.of_record(records.get(model_id)).server_key


def until(model_id, fits, within_s=30):
    """The test as soon as it fits."""
    deadline = time.monotonic() + within_s
    while not fits(state := testing.state(model_id)):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return state


def ended(model_id):
    """The test when it has ended."""
    return until(model_id, lambda state: not state.running)


def asking(model_id, done=2):
    """The test when so many requests of its first step are answered."""
    return until(model_id, lambda state: state.steps[0].done >= done)


def process_of(model_id):
    """The process that tests it."""
    every = psutil.process_iter(["cmdline"])  # of one that is just ending there is none
    return next(p for p in every if (p.info["cmdline"] or [])[-2:] == [testing.PROGRAM, model_id])


def test_a_test_counts_truly_expects_what_it_has_measured_and_keeps_its_verdict(model):
    record = model(0.15, 12)
    assert testing.state(record.id) is None
    testing.start(record.id, "me")
    assert testing.state(record.id).running, "from the first moment on"
    with pytest.raises(testing.Busy, match="already"):
        testing.start(record.id, "another tab")
    now = asking(record.id, 4)
    golden = now.steps[0]
    assert now.running and golden.total == 12 and golden.state == "running" and now.now is golden
    assert 12 * 0.15 <= golden.expected_s < 12 * 0.6 and now.left_s > 0 and golden.elapsed_s <= now.elapsed_s
    end = ended(record.id)
    assert (end.phase, end.why) == ("passed", "") and {step.state for step in end.steps} == {"done"}
    assert [step.done for step in end.steps][:2] == [12, 7] and end.elapsed_s > 12 * 0.15
    tested = records.get(record.id)
    assert tested.verdict["passed"] and len(tested.verdict["cases"]) == 12 and gate(tested).open
    assert testing.state(record.id).elapsed_s == end.elapsed_s, "an ended one gets no older"


def test_a_changed_model_is_not_let_through_by_the_verdict_of_what_it_was(model):
    record = model(0.1, 10)
    testing.start(record.id, "me")
    asking(record.id)
    changed = records.set_golden(record.id, [{"request": {"data": [[1, 0]]}}], seen=record.version)
    assert ended(record.id).phase == "passed"
    found = gate(records.get(changed.id))
    assert not found.open and "the golden set changed" in found.reason


def test_a_cancelled_test_records_nothing_and_another_can_begin(model):
    record = model(0.2, 200)
    testing.start(record.id, "me")
    asking(record.id)
    process = process_of(record.id)
    testing.cancel(record.id)
    assert not psutil.wait_procs([process], 5)[1]
    state = testing.state(record.id)
    assert (
        state.phase == "cancelled" and "Nothing was recorded" in state.why and 2 <= state.steps[0].done < 200
    )
    assert records.get(record.id).verdict is None and serving.state(key_of(record.id)).phase == "ready"
    testing.start(model(0.0, 2).id, "me")
    testing.cancel(record.id)  # in the instant before it has said a word, or later: never running afterwards
    assert testing.state(record.id).phase in ("cancelled", "passed")


def test_a_killed_test_is_said_to_be_lost_and_can_be_run_again(model):
    record = model(0.2, 100)
    testing.start(record.id, "me")
    asking(record.id)
    process_of(record.id).kill()
    state = ended(record.id)
    assert state.phase == "lost" and "Run it again" in state.why and state.steps[0].state == "failed"
    assert records.get(record.id).verdict is None
    testing.start(model(0.0, 3).id, "me")
    assert ended(record.id).phase == "passed"


def test_a_test_outlives_the_process_that_began_it(model):
    record = model(0.2, 15)
    begin = f"from services.models import testing; testing.start({record.id!r}, 'me'); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", begin], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as starter:
        assert starter.stdout.readline()
        os.kill(starter.pid, signal.SIGKILL)
    assert ended(record.id).phase == "passed" and records.get(record.id).verdict["passed"]


def test_a_killed_server_fails_the_test_at_once_and_says_why(model):
    record = model(0.2, 500)
    testing.start(record.id, "me")
    asking(record.id)
    os.kill(locks.holder(folder_of(key_of(record.id)) / "lock").pid, signal.SIGKILL)
    began = time.monotonic()
    assert ended(record.id).phase == "failed" and time.monotonic() - began < 10
    told = records.get(record.id).verdict
    assert not told["passed"] and len(told["cases"]) < 500 and len(told["why"]) == 3, told["why"]
    assert (
        "ended from outside" in told["why"][1] and "more of the golden set were not asked" in told["why"][2]
    )


def test_a_server_that_was_stopped_meanwhile_gives_no_verdict(model):
    record = model(0.2, 500)
    testing.start(record.id, "me")
    asking(record.id)
    serving.stop(key_of(record.id))
    state = ended(record.id)
    assert state.phase == "cancelled" and "stopped before the end" in state.why
    assert records.get(record.id).verdict is None
    with pytest.raises(serving.NotServing, match="Start it first"):
        testing.start(record.id, "me")


def test_answers_are_recorded_all_or_none(model):
    record = model(0.05, 8, expected=False)
    testing.start(record.id, "me", "record")
    state = ended(record.id)
    assert state.phase == "recorded" and [(s.done, s.total) for s in state.steps] == [(8, 8)]
    kept = records.get(record.id).golden
    assert [case["expected"] for case in kept] == [{"predictions": [i * 2]} for i in range(8)]
    wrong = [{"request": {"data": [[1, 0]]}}, {"request": {"data": [["x"]]}}]
    before = records.set_golden(record.id, wrong, seen=records.get(record.id).version)
    testing.start(record.id, "me", "record")
    state = ended(record.id)
    assert state.phase == "failed" and "Request 2 is answered with status 400" in state.why
    assert records.get(record.id).golden == before.golden


def test_a_golden_set_that_is_edited_meanwhile_is_not_written_over(model):
    record = model(0.2, 10, expected=False)
    testing.start(record.id, "me", "record")
    asking(record.id)
    mine = records.set_golden(record.id, [{"request": {"data": [[7, 0]]}}], seen=record.version)
    state = ended(record.id)
    assert state.phase == "failed" and "nothing was written" in state.why
    assert json.dumps(list(records.get(record.id).golden)) == json.dumps(list(mine.golden))


def test_a_model_that_goes_takes_its_test_along(model):
    """Nothing runs on for it, and nothing of it is kept."""
    record = model(20, 1)
    testing.start(record.id, "me")
    until(record.id, lambda now: now.running and now.steps)
    testing.forget(record.id)
    assert testing.state(record.id) is None
    assert not test_state.folder_of(record.id).exists()
    assert not [p for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [])[-1:] == [record.id]]
