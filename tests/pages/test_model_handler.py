"""The page of the API handler and the project's files as a test sees them; typing is tested in Chromium."""

from collections.abc import Callable

import pytest

from services.models import records
from services.models.handler import editing
from services.models.intake import Column, Intake
from services.models.records import ModelRecord
from tests.pages.conftest import Open, said

Store = Callable[..., ModelRecord]


@pytest.fixture
def model(project: Callable[..., str]) -> Store:
    """Store a project with a model file: `model(language="r")`; gives the record."""

    def stored(format: str = "joblib", framework: str = "scikit-learn", **choices: object) -> ModelRecord:
        intake = Intake(
            format, framework, "safe", (), "0" * 64, 1, inputs=(Column("age", "float64"),), columns="table"
        )
        return records.add(project(**choices), "model.bin", intake)

    return stored


def test_without_a_model_the_page_says_where_to_bring_one(
    open_page: Open, project: Callable[..., str]
) -> None:
    """And nothing else."""
    page = open_page("model/handler", project())
    assert "no model file yet" in said(page) and not page.get("segmented_control")


def test_the_page_shows_files_problems_and_hashes(open_page: Open, model: Store) -> None:
    """As generated: nothing is wrong, nothing is edited."""
    text = said(open_page("model/handler", model().project_id))
    assert (
        "None found." in text and "none: as generated" in text and "score.py is as it was generated." in text
    )


def test_a_problem_is_named_with_its_line(open_page: Open, model: Store) -> None:
    """An architecture that is still to be written is told as such."""
    record = model("torch-checkpoint", "pytorch")
    assert "build_model() is still to be written" in said(open_page("model/handler", record.project_id))
    editing.write(record.id, "score.py", "def run(raw_data):\n  x = [\n", base=None)
    text = said(open_page("model/handler", record.project_id))
    assert "score.py, line 2" in text and "was never closed" in text
    assert "What you have changed in score.py" in text


def test_an_edit_after_the_test_is_told(open_page: Open, model: Store) -> None:
    """The verdict speaks of other files."""
    record = model()
    records.set_verdict(record.id, {"passed": True, "hashes": {}})
    assert "Run the test on this machine again." in said(open_page("model/handler", record.project_id))


def test_going_back_takes_every_edit_away(open_page: Open, model: Store) -> None:
    """After a second thought."""
    record = model()
    editing.write(record.id, "score.py", "x = 1\n", base=None)
    editing.add(record.id, "helpers.py")
    page = open_page("model/handler", record.project_id)
    page.button("back_all").click().run()
    assert records.get(record.id).files == {}


def test_the_projects_files_hold_the_handler(open_page: Open, model: Store) -> None:
    """Or say why they don't."""
    record = model()
    editing.write(record.id, "score.py", "# mine, and nobody else's\n", base=None)
    page = open_page("graphs/files", record.project_id)
    page.selectbox("picked_file").select("api/score.py").run()
    assert "# mine, and nobody else's" in [code.value for code in page.code]
    other = model(learning={"language": "r"})
    assert "The chosen model is served by Python" in said(open_page("graphs/files", other.project_id))
