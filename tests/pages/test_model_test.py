"""The page Test on this machine: from nothing to a passed verdict, with a real server behind it."""

import os
import signal
import time
from pathlib import Path

import pytest

from services.models import candidate, files, records, serving, test_state, testing
from services.models.gate import gate
from services.models.intake import Column, Intake
from services.processes import locks
from tests.models.built import CONDA, built, iris, model_home, settled, simple
from tests.pages.conftest import calm, said

__all__ = ["built", "iris", "model_home"]
SLEEPY = simple(
    "time.sleep(json.loads(raw_data)['data'][0][0])\nreturn {'predictions': [1]}", head="import time"
)
NAMES = ("sepal length", "sepal width", "petal length", "petal width")


def intake(stored, verdict="safe", reasons=()):
    """What is known of the irises' model."""
    return Intake(
        "joblib", "scikit-learn", verdict, tuple(reasons), stored.sha256, stored.size,
        {"scikit-learn": "1.9.1", "numpy": "2.4.6"},
        tuple(Column(name, "float64") for name in NAMES), (Column("prediction", "int64"),), "table",
        {"estimator": "LogisticRegression", "probabilities": True},
    )  # fmt: skip


@pytest.fixture
def model(iris, project):
    """A project with that model."""
    stored = files.keep(iris[0])
    return records.add(project(), "iris.joblib", intake(stored))


def press(page, key):
    """Press a button by its key and let the page come to rest."""
    return calm(page.button(key=key).click().run())


def area(page):
    """The golden set as JSON."""
    return next(one for one in page.text_area if one.label == "Golden set as JSON")


def verdict_of(model_id):
    """The model's record when its test has ended."""
    deadline = time.monotonic() + 60
    while testing.state(model_id).running:
        assert time.monotonic() < deadline, testing.state(model_id)
        time.sleep(0.05)
    return records.get(model_id)


def test_a_model_is_started_tried_tested_and_the_gate_opens(model, iris, open_page):
    page = open_page("model/test", model.project_id)
    assert "Build and start" in [b.label for b in page.button] and page.button(key="run_test").disabled
    assert "has not been tested yet" in said(page)
    press(page, "start_server")
    key = candidate.of_record(model).server_key
    state = settled(key)
    assert state.phase == "ready", (state.why, state.answer, state.log)
    page = open_page("model/test", model.project_id)  # as after F5: the state is on disk
    assert "Ready" in said(page)
    for number, value in enumerate((5.1, 3.5, 1.4, 0.2)):
        page.number_input(key=f"test:{model.id}:field:{number}").set_value(value)
    press(page, f"test:{model.id}:send")
    assert "Answered in" in said(page)
    page = open_page("model/test", model.project_id)
    assert "Answered in" in said(page), "the last answer survives F5"
    press(page, "keep_exchange")
    kept = records.get(model.id).golden
    assert kept[0]["request"] == {"data": [dict(zip(NAMES, (5.1, 3.5, 1.4, 0.2), strict=True))]}
    assert kept[0]["expected"]["predictions"] == [0]
    assert "Testing" in said(press(page, "run_test")), "it goes on in a process of its own"
    tested = verdict_of(model.id)
    page = open_page("model/test", model.project_id)
    assert tested.verdict["passed"], tested.verdict["why"]
    assert gate(tested).open and "It can be deployed" in said(page) and "Next: Deploy" in said(page)
    press(page, "stop_server")
    assert not serving.state(key).live and "It was stopped" in said(page)


def test_a_blocked_file_has_no_button_that_would_load_it(model, open_page):
    stored = files.keep(Path(__file__))
    blocked = records.add(model.project_id, "bad.pkl", intake(stored, "blocked", ["It calls os.system."]))
    page = open_page("model/test", blocked.project_id)
    assert "It calls os.system." in said(page) or [e for e in page.error if "os" in e.value]
    assert "start_server" not in [b.key for b in page.button] and page.button(key="run_test").disabled


def test_a_handler_that_does_not_load_is_explained_on_the_page(model, open_page):
    broken = records.set_files(model.id, {"score.py": "def init(:\n"}, seen=model.version)
    page = press(open_page("model/test", model.project_id), "start_server")
    settled(candidate.of_record(broken).server_key)
    page = open_page("model/test", model.project_id)
    assert any("syntax error" in e.value for e in page.error) and "Start again" in [
        b.label for b in page.button
    ]
    assert "Traceback" in "".join(code.value for code in page.code)


def test_a_golden_set_is_edited_as_json_and_what_is_wrong_is_said(model, open_page):
    page = open_page("model/test", model.project_id)
    calm(area(page).set_value('[{"requst": {}}]').run())
    assert "Request 1 needs" in said(page)
    calm(area(page).set_value('[{"request": {"data": [[1]]}}]').run())
    records.set_verdict(model.id, {"passed": False})
    calm(page.run())
    assert "[[1]]" in area(page).value, "a verdict that comes meanwhile takes no typed text away"
    press(page, "save_golden")
    assert list(records.get(model.id).golden) == [{"request": {"data": [[1]]}}]


def test_a_running_test_is_found_by_every_tab_and_can_be_cancelled_and_a_lost_one_run_again(model, open_page):
    record = records.set_files(model.id, {"score.py": SLEEPY, "conda.yaml": CONDA}, seen=model.version)
    key = serving.start(candidate.of_record(record), record.project_id)
    assert settled(key).phase == "ready", serving.state(key)
    records.set_golden(model.id, [{"request": {"data": [[0.2]]}}] * 300, seen=record.version)
    press(open_page("model/test", model.project_id), "run_test")
    while testing.state(model.id).steps[0].done < 1:
        time.sleep(0.02)
    page = open_page("model/test", model.project_id)
    assert " of 300" in said(page) and "left" in said(page) and "run_test" not in [b.key for b in page.button]
    assert page.button(key="record_answers").disabled
    press(page, "cancel_test")
    page = open_page("model/test", model.project_id)
    assert "It was cancelled" in said(page) and not page.button(key="run_test").disabled
    press(page, "record_answers")
    page = open_page("model/test", model.project_id)
    assert "Recording the answers" in said(page) and page.button(key="run_test").disabled
    holder = locks.holder(test_state.folder_of(model.id) / "lock")
    while not holder or not holder.pid:
        holder = locks.holder(test_state.folder_of(model.id) / "lock")
    os.kill(holder.pid, signal.SIGKILL)
    verdict_of(model.id)
    page = open_page("model/test", model.project_id)
    assert "Run it again" in said(page) and not page.button(key="record_answers").disabled
    assert all("expected" not in case for case in records.get(model.id).golden)
