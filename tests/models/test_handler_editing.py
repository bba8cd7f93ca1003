"""Edits of a handler are kept file by file, and never over what another tab has written."""

from pathlib import Path

import pytest

from services.models import handler, records, repository
from services.models.handler import editing
from services.models.handler.editing import FileChanged, NameRefused
from services.models.records import ModelRecord
from services.runs import projects
from tests.models.test_handler import NAMED, intake


@pytest.fixture
def model(home: Path) -> ModelRecord:
    """A model of a project."""
    project = projects.create({"name": "churn"}, "a tab").id
    return records.add(
        project, "model.joblib", intake("joblib", inputs=NAMED[:1], versions={"scikit-learn": "1.9.1"})
    )


def text(model: ModelRecord, name: str = "score.py") -> str:
    """What stands in a file now."""
    return handler.of_record(records.get(model.id)).files[name]


def test_an_edit_is_laid_over_the_generated_files(model: ModelRecord) -> None:
    """And only the edited file is kept; its line ends are those of Unix."""
    before = text(model)
    editing.write(model.id, "score.py", "# mine\r\n" + before, base=before)
    assert text(model) == "# mine\n" + before
    assert set(records.get(model.id).files) == {"score.py"}


def test_a_text_that_is_the_generated_one_is_no_edit(model: ModelRecord) -> None:
    """Typing something and taking it back leaves nothing."""
    before = text(model)
    editing.write(model.id, "score.py", "x", base=before)
    assert editing.write(model.id, "score.py", before, base="x").files == {}


def test_the_second_of_two_writers_is_told_and_nothing_is_lost(model: ModelRecord) -> None:
    """Unless both wrote the same, or it says that its text counts."""
    before = text(model)
    editing.write(model.id, "score.py", "first", base=before)
    with pytest.raises(FileChanged) as told:
        editing.write(model.id, "score.py", "second", base=before)
    assert (told.value.theirs, text(model)) == ("first", "first")
    editing.write(model.id, "score.py", "first", base=before)
    editing.write(model.id, "score.py", "second", base=None)
    assert text(model) == "second"


def test_a_change_of_something_else_is_no_conflict(model: ModelRecord) -> None:
    """Another file, the golden set, a verdict."""
    before = text(model)
    records.set_golden(model.id, [{"request": {}}], seen=model.version)
    editing.write(
        model.id, "conda.yaml", text(model, "conda.yaml") + "# mine\n", base=text(model, "conda.yaml")
    )
    editing.write(model.id, "score.py", "mine", base=before)
    assert editing.edited(records.get(model.id)) == ("conda.yaml", "score.py")


def test_requirements_follow_an_edited_conda_yaml(model: ModelRecord) -> None:
    """Until they are edited themselves."""
    conda = text(model, "conda.yaml")
    editing.write(model.id, "conda.yaml", conda.replace("numpy==2.4.6", "numpy==2.4.5"), base=conda)
    assert "numpy==2.4.5" in text(model, "requirements.txt")
    editing.write(model.id, "requirements.txt", "numpy\n", base=None)
    assert text(model, "requirements.txt") == "numpy\n"


def test_going_back_is_by_file_or_as_a_whole(model: ModelRecord) -> None:
    """A module of one's own goes with it."""
    editing.add(model.id, "helpers.py")
    editing.write(model.id, "score.py", "mine", base=None)
    assert editing.own(records.get(model.id)) == ("helpers.py",)
    editing.restore(model.id, "score.py")
    assert editing.edited(records.get(model.id)) == ("helpers.py",)
    assert editing.restore(model.id).files == {}


def test_a_name_that_is_taken_or_harmful_is_refused(model: ModelRecord) -> None:
    """Nothing is written."""
    for name, says in (
        ("score.py", "already"),
        ("config.json", "its own settings"),
        ("../x.py", "one folder"),
    ):
        with pytest.raises(NameRefused, match=says):
            editing.add(model.id, name)
    assert records.get(model.id).files == {}


def test_the_edited_handler_is_part_of_the_projects_files(model: ModelRecord) -> None:
    """With the golden set; a project without a model has the one that goes with training."""
    from services.parsing import parse

    config = parse({"name": "churn"}).config
    assert "load(find(" in repository.tree_of(config, None)["api/score.py"].content().decode()
    editing.write(model.id, "score.py", "# mine\n", base=None)
    records.set_golden(model.id, [{"request": {"data": [[1]]}, "expected": {"predictions": [0]}}], seen=2)
    tree = repository.tree_of(config, model.project_id)
    assert tree["api/score.py"].content() == b"# mine\n"
    assert b'"predictions"' in tree["tests/golden.json"].content()
    assert "model/model.joblib" in tree and not tree["model/model.joblib"].shipped
    r = parse({"name": "churn", "learning": {"language": "r"}}).config
    assert "api/plumber.R" in repository.tree_of(r, model.project_id)
    assert "project's language is R" in repository.left_out(r, model.project_id)
    assert repository.left_out(config, model.project_id) == ""
