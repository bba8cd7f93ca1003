"""The description and the files can't differ: every edge is found in the text, and every mention is an edge."""

import re
from itertools import pairwise

from services.parsing import parse
from services.scaffold import File, Tree, describe
from tests.scaffold.conftest import Make

SAYS_NOTHING = {"README.md", "data/README.md", "infra/README.md", "project.yaml", ".gitignore"}


def mentions(text: str, file: File) -> bool:
    """Whether a text names another file: by path, by name, as a module, or by the folder that is sent as a whole."""
    folder, _, name = file.path.rpartition("/")
    stem = name.removesuffix(".py")
    module = f"{folder}.{stem}".replace("/", ".")
    words = [rf"(?<![\w.]){re.escape(word)}" for word in (file.path, f"from {module} import", f"-m {module}")]
    words += [rf"(?<![\w./]){re.escape(name)}", rf"^from {re.escape(folder)} import .*\b{re.escape(stem)}"]
    return any(re.search(rf"{word}(?![\w-])", text, re.M) for word in words)


def test_every_call_leads_to_a_file_or_a_place(tree: Tree) -> None:
    """No arrow ends in nothing, none leads to itself, none stands twice."""
    keys = {file.path for file in tree} | {place.key for place in tree.places}
    assert {target for _, _, target in tree.edges} <= keys
    assert all(source != target for source, _, target in tree.edges)
    assert len(set(tree.edges)) == len(tree.edges)
    assert {place.key for place in tree.places} <= {target for _, _, target in tree.edges}


def test_every_call_is_in_the_text(tree: Tree) -> None:
    """What the graph draws is what the file says; a folder that is sent stands for the files in it."""
    for source, verb, target in tree.edges:
        if target not in tree or source in SAYS_NOTHING:
            continue
        text = tree[source].content().decode()
        sent = verb == "sends" and f"../{target.split('/')[0]}" in text
        assert mentions(text, tree[target]) or sent, f"{source} {verb} {target}, but does not name it"


def test_every_mention_is_a_call(tree: Tree) -> None:
    """A file that names another one has an arrow to it."""
    edges = {(source, target) for source, _, target in tree.edges}
    for file in tree.shipped:
        if file.path in SAYS_NOTHING or file.path.startswith("data/sample"):
            continue
        code = re.sub(r"(?m)^\s*#(?!\*).*$|^\"\"\"[^\"]*\"\"\"", "", file.content().decode())
        named = {other.path for other in tree if other.path != file.path and mentions(code, other)}
        assert {(file.path, path) for path in named} <= edges, file.path


def test_paths_are_unique_relative_and_sorted(tree: Tree) -> None:
    """Folders come first; no path leads out."""
    paths = [file.path for file in tree]
    assert len(set(paths)) == len(paths)
    assert not [path for path in paths if path.startswith("/") or ".." in path.split("/") or "\\" in path]
    assert all(("/" not in a, a) < ("/" not in b, b) for a, b in pairwise(paths))


def test_every_purpose_is_one_sentence(tree: Tree) -> None:
    """What the graph and the README say of a file."""
    for file in tree:
        assert file.purpose.endswith(".") and file.purpose[0].isupper() and "\n" not in file.purpose


def test_documents_run_nowhere_and_call_nobody_but_what_they_describe(tree: Tree) -> None:
    """Only code and settings have a machine."""
    for file in tree:
        if file.path.endswith((".md", ".csv", ".xlsx", "request.json", "expected.json")):
            assert file.runs == "nowhere" and {call.verb for call in file.calls} <= {"describes"}


def test_the_readme_lists_every_file_but_itself(tree: Tree) -> None:
    """The table is made of the same description."""
    readme = tree["README.md"].content().decode()
    rows = set(re.findall(r"^\| `([^`]+)` \| ", readme.split("## What is where")[1], re.M))
    assert rows == {f.path for f in tree} - {"README.md", "infra/README.md", "project.yaml", ".gitignore"}


def test_choices_add_and_remove_branches(make: Make) -> None:
    """Sources bring loaders, languages their scripts, platforms their pipelines."""
    paths = {file.path for file in make(data_sources=["json", "sql"], devops={"platform": "both"})}
    assert {"data/load_json.py", "data/load_sql.py", "data/sample.json", "data/sample.csv"} <= paths
    assert "data/load_csv.py" not in paths
    assert {".github/workflows/ci.yml", ".github/workflows/deploy.yml", "azure-pipelines.yml"} <= paths
    r = {file.path for file in make(learning={"language": "r"}, devops={"platform": "none"})}
    assert {"api/plumber.R", "api/Dockerfile", "learning/train.R", "model/model.rds"} <= r
    assert not [path for path in r if path.endswith((".py", "ci.yml", "azure-pipelines.yml"))]


def test_only_training_makes_the_model(make: Make) -> None:
    """The model is on the graph, but no scaffold writes it."""
    tree = make()
    assert {file.path for file in tree if not file.shipped} == {"model/model.joblib", "model/schema.json"}
    assert tree["model/model.joblib"].runs == "cloud"


def test_the_same_configuration_gives_the_same_description(make: Make) -> None:
    """Trees compare as values, and a draft with mistakes is drawn all the same."""
    assert make() == make() != make(data_sources=["json"])
    draft = parse(
        {"name": "", "workspace": {"mode": "existing", "id": "no id"}, "learning": {"framework": "r"}}
    )
    assert draft.problems and "README.md" in describe(draft.config)
    assert all(file.content() for file in describe(draft.config).shipped)


def test_folders_come_each_after_the_one_they_lie_in(make: Make) -> None:
    """For drawing the tree."""
    assert make().folders == (
        ".github", ".github/workflows", "api", "data", "deploy", "infra", "learning", "model", "tests",
    )  # fmt: skip
