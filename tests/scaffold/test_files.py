"""The files are sound in their own languages, whatever the project is called."""

import ast
import html
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services import project_file
from services.parsing import parse
from services.scaffold import Tree, describe, write
from services.scaffold.literals import in_markdown, in_python, in_r, in_yaml
from tests.scaffold.conftest import ALL, Make

NASTY = [
    "'\"`$(touch x)`${HOME}\\", "</script><b>&amp;", 'a"; import os #', "שלום עולם مرحبا", "👩\u200d🚀🚀" * 9, "x" * 64,
    "{{ 7*7 }}«x»«% if %»", "${{ secrets.X }}", "a: b # c", "- |", "# *_[x](y)_*", "|a|b|", "\\N{DASH}\\u0041\\U{41}",
    "'''\"\"\"", "%s %d {x}", "N", "no", "1e3", "~",
]  # fmt: skip
NAMES = st.one_of(
    st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=64)
)


def code(tree: Tree, *suffixes: str) -> Iterator[tuple[str, str]]:
    """Path and text of the shipped files with these suffixes."""
    for file in tree.shipped:
        if file.path.endswith(suffixes):
            yield file.path, file.content().decode()


def hostile(name: str, language: str) -> Tree:
    """A draft in which every free text is the same hostile one."""
    choices = {
        "name": name, "resource_group": {"name": name}, "workspace": {"name": name}, "data_sources": ALL,
        "sql": {"mode": "new", "server": name, "database": name}, "devops": {"platform": "both"},
        "production": {"endpoint": name, "deployment": name}, "learning": {"language": language},
    }  # fmt: skip
    return describe(parse(choices).config)


def sound(tree: Tree) -> None:
    """Every Python file compiles; every YAML and JSON file parses."""
    for path, text in code(tree, ".py"):
        compile(text, path, "exec", dont_inherit=True)
    for _, text in code(tree, ".yml", ".yaml"):
        assert isinstance(yaml.safe_load(text), dict)
    for _, text in code(tree, ".json"):
        json.loads(text)


def test_files_of_every_kind_of_project_are_sound(tree: Tree) -> None:
    """And end with one line break, and hold no sign of a template."""
    sound(tree)
    for path, text in code(
        tree, ".py", ".R", ".yml", ".yaml", ".sh", ".md", ".txt", "Dockerfile", ".gitignore"
    ):
        assert text.endswith("\n") and not text.endswith("\n\n"), path
        assert not re.search(r"[«»]|%%", text.replace("1f%%", "")), path


def test_python_files_are_clean(tree: Tree, tmp_path: Path) -> None:
    """As a careful author leaves them: sorted imports, nothing unused, formatted."""
    write(tree, tmp_path / "project")
    for command in (["check", "--select", "E,F,I,B,UP,SIM"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--isolated", "--line-length", "120", "--no-cache", "."],
            cwd=tmp_path / "project", capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@given(name=NAMES)
@example(name="two\nlines\r\tand\x01 more\u2028here")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("language", ["python", "r"])
def test_every_name_stays_text(language: str, name: str) -> None:
    """In Python, YAML, shell, R and Markdown the name comes back as it was, and nothing else changes."""
    tree = hostile(name, language)
    config_name = tree.project
    sound(tree)
    endpoint = yaml.safe_load(tree["deploy/endpoint.yml"].content())
    assert endpoint["tags"] == {"groundplan-project": config_name} and "auth_mode" in endpoint
    script = tree["deploy/deploy.sh"].content().decode()
    assert f"\n  --workspace-name {shlex.quote(tree_fact(tree, 'workspace'))}\n" in script
    heading = MarkdownIt("commonmark").render(tree["README.md"].content().decode()).split("\n")[0]
    assert html.unescape(heading) == f"<h1>{' '.join(config_name.split())}</h1>"
    assert project_file.read(tree["project.yaml"].content()).config.name == config_name
    if language == "python":
        [database] = [
            node.value for node in ast.parse(tree["data/load_sql.py"].content()).body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DATABASE"
        ]  # fmt: skip
        assert ast.literal_eval(database) == tree_fact(tree, "sql_database")
    else:
        train = tree["learning/train.R"].content().decode()
        assert train.isascii() and in_r(f"Training the model of {config_name}") in train


def tree_fact(tree: Tree, key: str) -> str:
    """The name of a place."""
    return next(place.name for place in tree.places if place.key == key)


@given(name=NAMES)
def test_a_name_in_markdown_is_no_markup(name: str) -> None:
    """The heading shows the name, its white space joined."""
    shown = " ".join(name.split())
    if shown:
        rendered = MarkdownIt("commonmark").render(f"# The {in_markdown(name)}.\n").strip()
        assert html.unescape(rendered) == f"<h1>The {shown}.</h1>"


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_literals_give_the_text_back(text: str) -> None:
    """Whatever the text."""
    assert ast.literal_eval(in_python(text)) == text
    assert yaml.safe_load(f"key: {in_yaml(text)} # comment") == {"key": text}
    literal = in_r(text)
    assert re.fullmatch(r'"([ !#-\[\]-~]|\\["\\]|\\U\{[0-9A-F]+\})*"', literal)
    parts = re.findall(r"\\U\{([0-9A-F]+)\}|\\(.)|(.)", literal[1:-1])
    assert "".join(chr(int(u, 16)) if u else e + c for u, e, c in parts) == text.replace("\0", "")


def test_no_free_text_stands_in_a_pipeline(make: Make) -> None:
    """GitHub and Azure DevOps read ${{ }} and $( ) inside any value, so names keep out of their files."""
    tree = make(name="${{ secrets.X }}", devops={"platform": "both"})
    plain = make(name="plain", devops={"platform": "both"})
    for path in (".github/workflows/ci.yml", ".github/workflows/deploy.yml", "azure-pipelines.yml"):
        assert tree[path].content() == plain[path].content()


def test_workflows_pin_actions_keep_no_secret_and_sign_in_by_openid(make: Make) -> None:
    """A moved tag runs nobody else's code, and what is not there can't leak."""
    tree = make(devops={"platform": "both"})
    for path, text in code(tree, "ci.yml", "deploy.yml", "azure-pipelines.yml"):
        uses = re.findall(r"uses: (\S+)", text)
        assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", use) for use in uses), path
        assert "secrets." not in text
    deploy = yaml.safe_load(tree[".github/workflows/deploy.yml"].content())
    assert deploy["permissions"] == {"contents": "read", "id-token": "write"}
    ci = yaml.safe_load(tree[".github/workflows/ci.yml"].content())
    assert ci["permissions"] == {"contents": "read"}


@pytest.mark.filterwarnings("ignore")  # of the loader's own libraries
@pytest.mark.parametrize("language", ["python", "r"])
def test_azures_own_loader_takes_the_deployment(make: Make, tmp_path: Path, language: str) -> None:
    """The schema of the ML CLI v2, which checks names, enums and unknown keys; the model is there once trained."""
    from azure.ai.ml import load_online_deployment, load_online_endpoint

    folder = tmp_path / "project"
    write(make(learning={"language": language}), folder)
    (folder / "model").mkdir()
    assert load_online_endpoint(folder / "deploy" / "endpoint.yml").name == "churn-api"
    deployment = load_online_deployment(folder / "deploy" / "deployment.yml")
    assert (deployment.endpoint_name, deployment.instance_count) == ("churn-api", 1)
    if language == "python":
        assert deployment.code_configuration.scoring_script == "score.py"
        pins = deployment.environment.conda_file["dependencies"][-1]["pip"]
        assert "azureml-inference-server-http==1.5.1" in pins
    else:
        assert deployment.environment.inference_config["scoringRoute"]["path"] == "/score"
        assert Path(deployment.environment.path) == folder / "api"


def test_training_and_cloud_use_the_same_versions(make: Make) -> None:
    """A model is loaded by what has saved it, and every requirement is pinned."""
    for framework in ("scikit-learn", "pytorch", "onnx", "xgboost", "lightgbm"):
        tree = make(learning={"framework": framework}, data_sources=ALL)
        lines = tree["learning/requirements.txt"].content().decode().split("\n")
        trained = {line for line in lines if line and not line.startswith("--")}
        assert all("==" in line for line in trained)
        cloud = yaml.safe_load(tree["api/conda.yaml"].content())["dependencies"][-1]["pip"]
        served = {line for line in cloud if not line.startswith(("--", "azureml-inference-server-http=="))}
        assert served < trained


def test_samples_hold_the_same_rows_in_every_format(make: Make) -> None:
    """CSV, JSON and XLSX; both classes are there."""
    tree = make(data_sources=ALL)
    csv = pd.read_csv(io.BytesIO(tree["data/sample.csv"].content()))
    assert pd.read_json(io.BytesIO(tree["data/sample.json"].content())).equals(csv)
    with zipfile.ZipFile(io.BytesIO(tree["data/sample.xlsx"].content())) as book:
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    header, *rows = [["".join(cell.itertext()) for cell in row] for row in sheet[0]]
    assert header == list(csv.columns)
    assert pd.DataFrame(rows, columns=header).astype(csv.dtypes).equals(csv)
    assert len(csv) == 400 and 100 < csv["churned"].sum() < 300


@pytest.mark.skipif(
    not shutil.which("Rscript"), reason="Rscript is not installed; the R files are not parsed"
)
def test_r_files_parse(make: Make, tmp_path: Path) -> None:
    """By R itself, with a hostile name."""
    write(
        make(name=NASTY[0], learning={"language": "r"}, data_sources=ALL, sql={"mode": "new"}),
        tmp_path / "project",
    )
    for path in (tmp_path / "project").rglob("*.R"):
        subprocess.run(
            ["Rscript", "-e", "parse(commandArgs(TRUE)[1])", str(path)], check=True, capture_output=True
        )
