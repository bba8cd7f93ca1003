"""The page Test on this machine: from nothing to a passed verdict, with a real server behind it."""

from pathlib import Path

import pytest

from services.models import candidate, files, records, serving
from services.models.gate import gate
from services.models.intake import Column, Intake
from tests.models.built import built, iris, model_home, settled
from tests.pages.conftest import calm, said

__all__ = ["built", "iris", "model_home"]
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
    press(page, "run_test")
    tested = records.get(model.id)
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
    area = page.text_area(key=f"golden:{model.id}:{model.version}")
    calm(area.set_value('[{"requst": {}}]').run())
    assert "Request 1 needs" in said(page)
    calm(
        page.text_area(key=f"golden:{model.id}:{model.version}")
        .set_value('[{"request": {"data": [[1]]}}]')
        .run()
    )
    press(page, "save_golden")
    assert list(records.get(model.id).golden) == [{"request": {"data": [[1]]}}]
