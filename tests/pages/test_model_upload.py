"""The page of the model file without a browser: the card, letting a file pass, earlier models, what is being looked at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services.models import arrivals, files, records, uploads
from services.models.arrivals import Arrival
from services.models.intake import Column, Intake
from services.models.records import ModelRecord
from services.processes import locks
from services.runs import client, journal
from tests.pages.conftest import Open, calm, said

Project = Callable[..., str]
SAFE = {
    "format": "joblib", "framework": "scikit-learn", "verdict": "safe", "reasons": ("Every global is on the list.",),
    "versions": {"scikit-learn": "1.9.0"}, "columns": "table",
    "inputs": (Column("age", "int64"), Column("plan", "str", (), ("free", "paid"))),
    "outputs": (Column("churn", "float32", (None, 2)),),
    "details": {"estimator": "LogisticRegression", "classes": [0, 1], "tree": {"deep": 1}, "blob": "x" * 500},
}  # fmt: skip
BAD = {
    "format": "pickle",
    "framework": "other",
    "reasons": ("It calls os.system.", "At byte 17: <b>REDUCE</b>."),
}


@pytest.fixture
def model(project: Project, tmp_path: Path) -> Callable[..., ModelRecord]:
    """Add a model whose file is in the store: `model(project_id, "m.pkl", verdict="blocked")`."""

    def added(id: str, name: str = "m.joblib", content: bytes = b"model", **intake: Any) -> ModelRecord:
        (tmp_path / "file").write_bytes(content)
        stored = files.keep(tmp_path / "file")
        known = {**SAFE, **intake, "sha256": stored.sha256, "size": stored.size}
        return records.add(id, name, Intake(**known))

    return added


def page_of(open_page: Open, id: str) -> AppTest:
    """Open the page of the model file."""
    return open_page("model/upload", id)


def test_before_the_first_model_there_is_the_place_to_drop_it(open_page: Open, project: Project) -> None:
    """And no card."""
    text = said(page_of(open_page, project()))
    assert "Bring the file of a trained model" in text
    assert "Verdict" not in text and "Models of this project" not in text


def test_the_card_of_a_safe_model_says_what_it_is(open_page: Open, project: Project, model: Any) -> None:
    """Format, versions, size, hash, inputs and outputs with their types; the next step is the handler."""
    record = model(project())
    page = page_of(open_page, record.project_id)
    text = said(page)
    for words in (
        "m.joblib",
        "Safe",
        "scikit-learn 1.9.0",
        "5 bytes",
        "Every global is on the list.",
        "LogisticRegression",
    ):
        assert words in text, words
    for words in ("age", "int64", "free, paid", "any × 2", "float32"):
        assert words in text, words
    assert page.code[0].value == record.sha256
    assert "Next: API handler" in text and "Let this file pass" not in text
    assert "deep" not in text and "xxxx" not in text, "what is too long for a card is left out"


@pytest.mark.parametrize(("verdict", "word"), [("blocked", "Blocked"), ("unknown", "Unknown")])
def test_a_file_that_is_not_safe_leads_nowhere(
    open_page: Open, project: Project, model: Any, verdict: str, word: str
) -> None:
    """Its reasons stand there as text, and the way on is closed until its name is typed exactly."""
    record = model(project(), "m v1.pkl", **BAD, verdict=verdict)
    page = page_of(open_page, record.project_id)
    text = said(page)
    assert word in text and "It calls os.system." in text and "&lt;b&gt;REDUCE" in text
    assert "Next: API handler" not in text
    assert page.button("override").disabled
    field = page.text_input(f"override:{record.id}")
    for typed in ("m", "M V1.pkl", "m v1.pkl "):
        assert calm(field.set_value(typed).run()).button("override").disabled
    calm(field.set_value("m v1.pkl").run())
    page.button("override").click()
    text = said(calm(page.run()))
    assert "Next: API handler" in text and "only in the sandbox" in text
    assert records.get(record.id).override is not None
    assert [
        (a.action, a.detail["typed"]) for a in journal.trail(record.project_id) if "overridden" in a.action
    ] == [("model verdict overridden", "m v1.pkl")]


def test_another_model_can_be_chosen_and_one_be_removed(
    open_page: Open, project: Project, model: Any
) -> None:
    """The chosen one has the card; removing takes the file along when no other model is made of it."""
    id = project()
    first, second = model(id, "one.pkl", b"one"), model(id, "two.pkl", b"two")
    twin = model(id, "twin.pkl", b"two")
    page = page_of(open_page, id)
    page.button(f"choose_{first.id}").click()
    calm(page.run())
    assert records.current(id).id == first.id  # type: ignore[union-attr]
    for record, stays in ((second, True), (twin, False)):
        page.button(f"remove_{record.id}").click()
        calm(page.run())
        assert (files.used_bytes() == 6) is stays
    assert [one.file_name for one in records.every(id)] == ["one.pkl"]


def test_nothing_is_taken_from_under_a_run(
    open_page: Open, project: Project, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one goes on a model stays, and the page says why."""
    monkeypatch.setattr(client, "_staff", lambda _: None)
    record = model(project())
    client.start(record.project_id)
    page = page_of(open_page, record.project_id)
    page.button(f"remove_{record.id}").click()
    page = calm(page.run())
    assert "A run of this project goes on" in page.error[0].value
    assert records.get(record.id)


def test_what_is_being_looked_at_is_shown(open_page: Open, project: Project) -> None:
    """As long as its inspector lives; then it is lost, and can be looked at again."""
    id = project()
    arrivals.note(Arrival("a1", id, "big.onnx", "0" * 64, state="looking", share=0.3))
    lock = locks.take(arrivals.lock_of("a1"))
    shown = [e.proto for e in page_of(open_page, id)._tree if e.type == "progress"]
    assert [(p.value, p.text) for p in shown] == [(30, "big\\.onnx is being looked at")]
    lock.release()
    page = page_of(open_page, id)
    assert "big\\.onnx was not taken" in page.error[0].value
    assert page.button("again_a1")


@pytest.mark.parametrize("place", ["model/handler", "model/test", "model/deploy"])
def test_the_other_pages_wait_for_what_is_being_looked_at(
    open_page: Open, project: Project, model: Callable[..., ModelRecord], place: str
) -> None:
    """They say so rather than that there is no model, and are themselves as soon as it is there."""
    id = project()
    arrivals.note(Arrival("a1", id, "big.joblib", "0" * 64, state="looking", share=0.4))
    lock = locks.take(arrivals.lock_of("a1"))
    page = open_page(place, id)
    assert [(e.proto.value, e.proto.text) for e in page._tree if e.type == "progress"] == [
        (40, "big\\.joblib is being looked at")
    ]
    assert "no model file yet" not in said(page) and "To the model file" in said(page)
    model(id, "big.joblib")
    arrivals.note(Arrival("a1", id, "big.joblib", "0" * 64, state="kept"))
    lock.release()
    calm(page.run())
    assert "is being looked at" not in said(page) and "To the model file" not in said(page)
    assert "big.joblib" in said(page)


def test_a_refused_file_says_why_and_is_forgotten_with_its_file(
    open_page: Open, project: Project, tmp_path: Path
) -> None:
    """Dismissing it leaves nothing in the store."""
    id = project()
    (tmp_path / "file").write_bytes(b"nothing")
    stored = files.keep(tmp_path / "file")
    arrivals.note(Arrival("a1", id, "x.bin", stored.sha256, state="refused", said="This is no model."))
    page = page_of(open_page, id)
    assert "This is no model" in page.error[0].value
    page.button("dismiss_a1").click()
    calm(page.run())
    assert not page.error and files.used_bytes() == 0 and arrivals.of_project(id) == []


def test_an_unfinished_upload_is_offered_to_its_own_project_alone(open_page: Open, project: Project) -> None:
    """With what has come of it."""
    id, other = project(), project()
    begun = uploads.begin(id, "half.onnx", 100)
    uploads.part_of(begun.id).write_bytes(b"x" * 40)
    assert '"half.onnx"' in _data(page_of(open_page, id)) and '"offset": 40' in _data(page_of(open_page, id))
    assert '"half.onnx"' not in _data(page_of(open_page, other))


def _data(page: AppTest) -> str:
    """What the upload component was given."""
    protos = [getattr(element, "proto", None) for element in page._tree]
    return "".join(
        str(p.json) for p in protos if getattr(p, "component_name", "").endswith("groundplan_upload")
    )
