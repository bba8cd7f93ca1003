"""The command line: exit codes and messages of good and bad input, one JSON document with --json."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.house import REPOSITORY


def run(home: Path, *words: str, **variables: str) -> tuple[int, str, str]:
    """Run `python -m services`: exit code, stdout, stderr."""
    line = [sys.executable, "-m", "services", *words]
    environment = os.environ | {"GROUNDPLAN_HOME": str(home)} | variables
    done = subprocess.run(line, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def project(home: Path) -> Path:
    """A file with nothing but a name."""
    path = home / "project.yaml"
    path.write_text("name: churn\n")
    return path


def test_plan_prints_the_contract_as_json(home: Path, project: Path) -> None:
    """What other programs read: key, type, id, name, mode, depends_on, expected_s, and the critical path."""
    code, out, _ = run(home, "plan", str(project), "--json")
    data: dict[str, Any] = json.loads(out)
    assert code == 0
    assert {"key", "type", "id", "name", "mode", "depends_on", "expected_s"} <= set(data["resources"][0])
    assert data["resources"][0]["key"] == "resource_group"
    assert data["critical_path_s"] == 74.0


@pytest.mark.parametrize(
    ("text", "rule", "path"),
    [
        ("nam: churn", "unknown_key", "nam"),
        ("name: churn\nstorage_account: {name: My Store}", "characters", "storage_account.name"),
        ("name: churn\nsql: 3", "wrong_type", "sql"),
        ("a: &a [1]\nb: [*a, *a]", "yaml", ""),
        ("", "required", "name"),
    ],
)
def test_a_broken_file_is_bad_input(home: Path, text: str, rule: str, path: str) -> None:
    """Exit code 2; the error names key, rule and a way out, as JSON and on stderr."""
    file = home / "broken.yaml"
    file.write_text(text)
    for command in ("plan", "apply", "status", "check"):
        code, out, said = run(home, command, str(file), "--json")
        error = json.loads(out)["error"]
        assert (code, error["rule"], error["path"]) == (2, rule, path)
        assert rule in said


def test_a_giant_file_is_refused_without_being_read(home: Path) -> None:
    """50 MB of YAML."""
    file = home / "giant.yaml"
    file.write_bytes(b"name: churn\n" + b"# filler\n" * 6_000_000)
    code, out, _ = run(home, "plan", str(file), "--json")
    assert (code, json.loads(out)["error"]["rule"]) == (2, "too_large")


def test_a_missing_file_and_an_unknown_command_are_bad_input(home: Path) -> None:
    """As every command line does it."""
    code, out, _ = run(home, "plan", str(home / "none.yaml"), "--json")
    assert (code, json.loads(out)["error"]["rule"]) == (2, "unreadable")
    assert run(home, "plann")[0] == 2
    assert run(home, "plan")[0] == 2


def test_status_of_a_project_that_was_never_applied_says_so(home: Path, project: Path) -> None:
    """Exit code 1 and what to do."""
    code, out, said = run(home, "status", str(project), "--json")
    assert (code, json.loads(out)["error"]["rule"]) == (1, "no_run")
    assert "apply" in said


@pytest.mark.parametrize("suffix", ["svg", "png", "dot", "mmd"])
@pytest.mark.parametrize(
    ("which", "holds"),
    [("azure", "mlw-churn"), ("general", "churn-api"), ("conceptual", "churn"), ("files", "score.py")],
)
def test_every_graph_is_written_in_every_format(
    home: Path, project: Path, which: str, holds: str, suffix: str
) -> None:
    """A file that holds what the graph is about, or is a picture."""
    file = home / f"{which}.{suffix}"
    assert run(home, "graph", which, str(project), "-o", str(file))[0] == 0
    data = file.read_bytes()
    assert data.startswith(b"\x89PNG") if suffix == "png" else holds.encode() in data


def test_a_png_says_which_glyphs_it_lacks(home: Path) -> None:
    """Other scripts become boxes in it, and the command says so."""
    file = home / "glyphs.yaml"
    file.write_text("name: 𓀀 churn\n")
    code, _, said = run(home, "graph", "azure", str(file), "-o", str(home / "a.png"))
    assert code == 0
    assert "𓀀" in said


def test_an_unknown_graph_or_format_leaves_no_file(home: Path, project: Path) -> None:
    """Bad input, and nothing half-written."""
    assert run(home, "graph", "azur", str(project), "-o", str(home / "a.svg"))[0] == 2
    assert run(home, "graph", "azure", str(project), "-o", str(home / "a.jpg"))[0] == 2
    assert not list(home.glob("a.*"))


def test_a_home_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    blocker = tmp_path / "blocker"
    blocker.write_text("")
    project = tmp_path / "project.yaml"
    project.write_text("name: churn")
    code, out, _ = run(blocker / "home", "status", str(project), "--json")
    assert (code, json.loads(out)["error"]["rule"]) == (1, "home")


def test_the_repository_is_written_into_a_new_folder_only(home: Path, project: Path) -> None:
    """A second time says that the folder is not empty and changes nothing."""
    folder = home / "repository"
    assert run(home, "scaffold", str(project), "-o", str(folder))[0] == 0
    assert (folder / "api" / "score.py").exists()
    code, _, said = run(home, "scaffold", str(project), "-o", str(folder))
    assert code == 1
    assert str(folder) in said
