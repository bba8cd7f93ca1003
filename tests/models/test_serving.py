"""Test servers: the same score.py as in the cloud, in a process of its own; whatever it does, nothing is left running."""

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from services.models import golden, serving
from services.models.server_state import folder_of
from services.processes import locks
from tests.models.built import ROW, built, candidate, iris, model_home, plain, settled, simple, until

__all__ = ["built", "iris", "model_home"]


def supervisor(key):
    """The process behind a server, and everything below it."""
    holder = locks.holder(folder_of(key) / "lock")
    assert holder
    process = psutil.Process(holder.pid)
    return [process, *process.children(recursive=True)]


def gone(processes, within=10):
    """Wait until none of them lives."""
    return not psutil.wait_procs(processes, timeout=within)[1]


def test_a_model_answers_over_its_socket_as_it_answers_by_itself(iris):
    file, (rows, classes, chances) = iris
    key = serving.start(candidate(file), "p1")
    state = settled(key)
    assert state.phase == "ready", (state.why, state.answer, state.log)
    answer = serving.ask(key, {"data": rows})
    assert answer.status == 200 and answer.body["predictions"] == classes
    assert golden.difference(answer.body, {"probabilities": chances}) == ""
    refused = serving.ask(key, {"data": [[1.0]]})
    assert (refused.status, refused.body) == (400, {"error": "Every row needs 4 numbers."})
    assert {s.state for s in state.steps} == {"done"} and state.startup_s and state.memory_peak_mb
    assert serving.start(candidate(file), "p2") == key, "the same candidate is served once"
    assert serving.state(key).project_ids == ("p1", "p2") and [s.key for s in serving.every("p2")] == [key]
    family = supervisor(key)
    serving.stop(key)
    assert gone(family) and serving.state(key).phase == "stopped"
    with pytest.raises(serving.NotServing):
        serving.ask(key, {"data": [ROW]})


def test_a_killed_supervisor_takes_its_handler_with_it_and_can_be_started_again(built, tmp_path):
    echo = plain(tmp_path, simple("return json.loads(raw_data)"))
    key = serving.start(echo, "p")
    settled(key)
    family = supervisor(key)
    os.kill(family[0].pid, signal.SIGKILL)
    assert gone(family)
    assert serving.state(key).phase == "failed" and "ended from outside" in serving.state(key).why
    assert serving.start(echo, "p") == key and settled(key).phase == "ready"
    assert serving.ask(key, {"a": 1}).body == {"a": 1}


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ("def init(:\n", "syntax error"),
        (simple("return {}", head="import no_such_package"), "no_such_package"),
        (
            simple("return {}", init="raise ValueError('the weights are of another model')"),
            "of another model",
        ),
        (simple("return {}", init="open('weights.bin')"), "a file that is not there"),
        (simple("return {}", init="x = bytearray(8 * 2**30)"), "more memory"),
        ("def run(raw_data):\n    return {}\n", "init"),
    ],
    ids=["syntax", "package", "init", "file", "memory", "no init"],
)
def test_a_handler_that_does_not_load_fails_in_plain_words_and_leaves_nothing(built, tmp_path, score, says):
    key = serving.start(plain(tmp_path, score), "p")
    state = settled(key)
    assert state.phase == "failed" and says in state.why, (state.why, state.log)
    assert "Traceback" in state.log
    assert until(key, lambda _: locks.holder(folder_of(key) / "lock") is None)


def test_a_handler_that_never_finishes_loading_is_ended(built, tmp_path):
    key = serving.start(plain(tmp_path, simple("return {}", init="while True: pass")), "p", init_within_s=2.0)
    until(key, lambda state: state.phase == "starting")
    family = supervisor(key)
    state = settled(key)
    assert state.phase == "failed" and "within 2 s" in state.why
    assert gone(family)


def test_a_handler_that_never_answers_is_ended(built, tmp_path):
    key = serving.start(plain(tmp_path, simple("while True: pass")), "p")
    settled(key)
    family = supervisor(key)
    with pytest.raises(serving.NotServing, match="within 1 s"):
        serving.ask(key, {}, within_s=1)
    assert gone(family) and "did not answer" in serving.state(key).why


def test_a_handler_that_prints_without_end_fills_no_disk(built, tmp_path):
    chatter = "for _ in range(200_000):\n    print('x' * 99)\nreturn {'done': True}"
    key = serving.start(plain(tmp_path, simple(chatter)), "p")
    settled(key)
    assert serving.ask(key, {}).body == {"done": True}
    logs = [folder_of(key) / "log", folder_of(key) / "log.1"]
    until(key, lambda state: state.log.endswith("POST /score 200") or "POST /score" in state.log)
    assert sum(log.stat().st_size for log in logs if log.exists()) < 2_200_000


def test_a_handler_that_begins_processes_without_end_is_ended(built, tmp_path):
    child = "    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)"
    bomb = f"import os, time\nfor _ in range(400):\n{child}\nreturn {{}}"
    key = serving.start(plain(tmp_path, simple(bomb)), "p")
    settled(key)
    family = supervisor(key)
    with pytest.raises(serving.NotServing):
        serving.ask(key, {}, within_s=15)
    state = until(key, lambda state: not state.live)
    assert "processes" in state.why and gone(family)


def test_an_idle_server_ends_by_itself_and_one_in_use_does_not(built, tmp_path):
    key = serving.start(plain(tmp_path, simple("return {}")), "p", idle_s=1.0)
    settled(key)
    until(key, lambda state: serving.ask(key, {}).status == 200 and time.time() - state.began_at > 3)
    assert until(key, lambda state: not state.live).why == "It was not used for a while."


def test_the_third_server_takes_the_place_of_the_one_used_longest_ago(built, tmp_path):
    keys = [serving.start(plain(tmp_path, simple(f"return {n}")), "p") for n in range(2)]
    for key in reversed(keys):
        settled(key)
        serving.ask(key, {})
    third = serving.start(plain(tmp_path, simple("return 3")), "p")
    assert not serving.state(keys[1]).live and serving.state(keys[0]).live
    assert settled(third).phase == "ready"


def test_building_can_be_cancelled_and_leaves_no_half_environment(home: Path, tmp_path):
    key = serving.start(plain(tmp_path, simple("return {}")), "p")
    try:
        until(
            key, lambda state: any(s.name == "Install packages" and s.state == "running" for s in state.steps)
        )
        family = supervisor(key)
    finally:
        serving.stop(key)
    assert gone(family) and serving.state(key).phase == "stopped"
    assert [p.suffix for p in (home / "models" / "environments").iterdir()] == [".lock"]


def test_a_file_that_may_not_be_loaded_is_not_started(home: Path, tmp_path):
    blocked = plain(tmp_path, simple("return {}"), allowed=False, refusal="The file is blocked.")
    with pytest.raises(serving.NotAllowed, match="blocked"):
        serving.start(blocked, "p")
    assert serving.every() == []


def test_a_file_that_was_let_pass_is_not_run_without_bubblewrap(built, tmp_path):
    key = serving.start(plain(tmp_path, simple("return {}"), overridden=True), "p", isolation="limits")
    state = settled(key)
    assert state.phase == "failed" and "apt-get install bubblewrap" in state.why


def test_without_bubblewrap_it_runs_in_limits_and_says_so(built, tmp_path):
    whole = "import os\nreturn dict(os.environ)"
    key = serving.start(plain(tmp_path, simple(whole)), "p", isolation="limits")
    state = settled(key)
    assert state.phase == "ready", (state.why, state.log)
    assert state.isolation == "limits" and "no sandbox" in state.warnings[0]
    seen = serving.ask(key, {}).body
    assert "GROUNDPLAN_HOME" not in seen and seen["HOME"] != os.environ.get("HOME")
