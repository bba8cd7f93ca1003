"""Environments are built from what conda.yaml asks, wheels alone; what goes wrong is said in plain words."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from services.models import environment, installing, wanted
from services.models.installing import BuildFailed, explain
from services.models.wanted import Unsupported, Wanted
from tests.models.built import CONDA, model_home

__all__ = ["model_home"]


def test_a_conda_file_says_python_packages_and_where_they_come_from():
    text = (
        CONDA
        + "      - --extra-index-url https://download.pytorch.org/whl/cpu\n      - torch==2.13.0 # big\n"
    )
    asked = wanted.of_conda(text)
    assert asked.python == "3.11" and asked.options == (
        "--extra-index-url",
        "https://download.pytorch.org/whl/cpu",
    )
    assert asked.lines[0] == "scikit-learn==1.9.1" and asked.lines[-1] == "torch==2.13.0"


def test_the_same_packages_in_another_order_are_the_same_environment():
    assert (
        Wanted("3.11", ("a", "b")).digest
        == Wanted("3.11", ("b", "a")).digest
        != Wanted("3.12", ("a", "b")).digest
    )


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["python=3.11", "r-base=4.2"], "'r-base=4.2' is a conda package of which it is not known"),
        (["python=3.11", "mine::numpy"], "the channel mine"),
        (["python>=3.9"], "must name one Python"),
        (["pip"], "must name one Python"),
        (["python=3.11", {"pip": ["-r other.txt"]}], "pip option"),
        (["python=3.11", {"pip": ["-e ."]}], "pip option"),
        (["python=3.11", {"pip": ["a @ https://example.com/a.whl"]}], "comes from an address"),
        (["python=3.11", {"pip": ["./a.whl"]}], "no requirement"),
        (["python=3.11", {"pip": ["--trusted-host=x"]}], "pip option"),
        (["python=3.11", {"npm": ["left-pad"]}], 'only "pip:"'),
    ],
)
def test_what_can_not_be_built_here_is_refused_by_name(lines, says):
    with pytest.raises(Unsupported, match=says.replace("(", r"\(")):
        wanted.of_conda(json.dumps({"dependencies": lines}))


@pytest.mark.parametrize("text", ["", "[", "dependencies: 3", "- a", "name: x"])
def test_a_file_that_is_no_conda_file_is_refused(text):
    with pytest.raises(Unsupported, match=r"conda\.yaml"):
        wanted.of_conda(text)


def test_an_environment_is_built_once_and_found_again(model_home):
    asked, told = Wanted("3.11", ("joblib==1.6.0",)), []
    shutil.rmtree(environment._place(asked), ignore_errors=True)
    assert environment.found(asked) is None
    built = environment.build(asked, lambda step, note: told.append((step, note)))
    assert [*dict.fromkeys(step for step, _ in told)] == list(environment.STEPS)
    assert [note for step, note in told if step == "Install packages" and note.endswith("packages found")]
    line = [str(built.python), "-c", "import joblib, sys; print(joblib.__version__, sys.prefix)"]
    version, prefix = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    assert version == "1.6.0" and prefix == str(built.path)
    assert list(built.path.rglob("joblib/__pycache__/*.pyc")), "a read-only sandbox could not keep any"
    told.clear()
    assert environment.build(asked, lambda step, note: told.append(step)).path == built.path and told == []


def test_a_package_runs_nothing_while_its_environment_is_built(home, tmp_path):
    """There is no sandbox then; a .pth file would run at the start of the environment's own Python."""
    trace, info = tmp_path / "it-ran", "eager-1.0.dist-info"
    members = {
        "eager.pth": f"import pathlib; pathlib.Path({str(trace)!r}).touch()\n", "eager.py": "x = 1\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: eager\nVersion: 1.0\n", f"{info}/RECORD": "",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }  # fmt: skip
    with zipfile.ZipFile(tmp_path / "eager-1.0-py3-none-any.whl", "w") as wheel:
        for name, text in members.items():
            wheel.writestr(name, text)
    built = environment.build(Wanted("3.11", ("eager==1.0",), ("--find-links", str(tmp_path))))
    assert not trace.exists() and list(built.path.rglob("__pycache__/eager.*.pyc"))
    subprocess.run([built.python, "-c", ""], check=True)
    assert trace.exists(), "else this test would prove nothing"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("joblib==999.0", "There is no version 999.0 of joblib"),
    ],
)
def test_what_the_index_does_not_have_is_said_and_leaves_nothing(home, line, says):
    with pytest.raises(BuildFailed, match=says) as failed:
        environment.build(Wanted("3.11", (line,)))
    assert "No solution found" in failed.value.answer
    assert not [path for path in (home / "models" / "environments").iterdir() if path.is_dir()]


def test_a_package_that_the_index_does_not_know_is_said(home, tmp_path, monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", (tmp_path / "empty").as_uri())
    (tmp_path / "empty").mkdir()
    with pytest.raises(BuildFailed, match="There is no package called sickit-learn"):
        environment.build(Wanted("3.11", ("sickit-learn==1.0",)))


def test_versions_that_contradict_each_other_are_said(home):
    with pytest.raises(BuildFailed, match="contradict each other"):
        environment.build(Wanted("3.11", ("joblib==1.5.0", "joblib==1.6.0")))


def test_no_network_is_said(home, monkeypatch):
    monkeypatch.setenv("UV_CACHE_DIR", str(home / "cache"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(BuildFailed, match="can't be reached"):
        environment.build(Wanted("3.11", ("joblib==1.6.0",)))


def test_a_python_that_is_not_here_is_said(home):
    with pytest.raises(BuildFailed, match=r"asks for Python 3\.99, and this machine has none"):
        environment.build(Wanted("3.99", ("joblib",)))


def test_a_full_disk_is_said_before_anything_is_written(home, monkeypatch):
    monkeypatch.setattr(environment, "SPACE_LEFT", 1 << 62)
    with pytest.raises(BuildFailed, match=r"disk of .* is full"):
        environment.build(Wanted("3.11", ("joblib",)))
    assert "disk is full" in explain("error: failed to write: No space left on device (os error 28)")


def test_a_package_without_a_wheel_is_said():
    answer = "cause: Because pandas==1.0.0 has no usable wheels\n\nhint: Wheels are required for `pandas` because building"
    assert explain(answer).startswith("pandas has no ready-made wheel")


def test_old_environments_are_bounded_and_one_in_use_is_spared(home):
    folder = home / "models" / "environments"
    for number in range(4):
        made = folder / f"e{number}"
        made.mkdir(parents=True)
        (made / "groundplan.json").write_text(json.dumps({"size": 10, "took_s": 1, "base": sys.base_prefix}))
        os.utime(made, (number, number))
    gone = environment.clean(keep=2, spare=frozenset({folder / "e0"}))
    assert [path.name for path in gone] == ["e1"]
    assert {path.name for path in folder.iterdir()} == {"e0", "e2", "e3"}
    assert [path.name for path in environment.clean(keep=9, keep_bytes=15)] == ["e2", "e0"]


def test_progress_comes_from_the_installers_own_lines():
    said: list[str] = []
    counting = installing.Counting(said.append)
    for line in (
        "Resolved 55 packages in 1.22s",
        "Downloading numpy (16.1MiB)",
        " Downloaded numpy",
        "Installed 1 package in 2ms",
    ):
        counting(line)
    assert said == [
        "55 packages found", "0 of 1 large downloads done; last begun: numpy 16.1MiB",
        "1 of 1 large downloads done; last begun: numpy 16.1MiB", "1 packages installed, compiling",
    ]  # fmt: skip
