"""The walls of the house: which room may import what. Read from the sources, nothing is run."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PRODUCT = ("app", "pages", "services", "simulator", "benchmarks")

Imports = dict[str, set[str]]

# Arrows between the services run downwards only: a floor reaches nothing that stands above it.
FLOORS = [
    {"config", "naming", "release"},
    {"catalogue"},
    {"plan"},
    {"graphs", "preflight", "exports", "cost", "scaffold", "runs", "models"},
    {"cli", "cli_models", "__main__"},
]
# These get the cloud as an argument, or not at all.
WITHOUT_CLOUD = {"config", "naming", "release", "catalogue", "plan", "graphs", "exports", "cost", "scaffold"}


@pytest.fixture(scope="module")
def house() -> Imports:
    """What every module of the product imports when it runs: at its top and inside its functions."""
    found = read_house(REPOSITORY)
    assert len(found) > 20, "the scan must find the house, or no wall is tested"
    return found


def read_house(root: Path) -> Imports:
    """Return module name -> names of the modules that it imports."""
    files = {_name(path, root): path for part in PRODUCT for path in _sources(root, part)}
    return {name: set(_imports(name, path, files)) for name, path in files.items()}


def outside(house: Imports, package: str, allowed: Iterable[str]) -> set[str]:
    """Return the modules that import a package though they stand in none of the allowed places."""
    return {
        name
        for name, imported in house.items()
        if any(_within(target, package) for target in imported)
        and not any(_within(name, place) for place in allowed)
    }


def reached(house: Imports, start: str) -> set[str]:
    """Return every module that a module imports, directly or through others."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        waiting.extend(house.get(waiting.pop(), set()) - seen)
        seen.update(waiting)
    return seen


def test_streamlit_stays_in_the_pages(house: Imports) -> None:
    """Services work without a browser."""
    assert outside(house, "streamlit", ["app", "pages"]) == set()


def test_azure_stays_in_the_cloud_room(house: Imports) -> None:
    """One room knows Azure's libraries; the simulator and everybody else know the wire or our own words.

    The simulator's benchmark measures what a stranger's client gets, so it is one.
    """
    for package in ("azure", "msal", "msrest"):
        assert outside(house, package, ["services.cloud", "benchmarks.simulator"]) == set()


def test_the_simulator_is_a_stranger(house: Imports) -> None:
    """It imports nothing of ours, and nothing of ours imports it."""
    assert outside(house, "simulator", ["simulator"]) == set()
    for package in ("services", "pages", "app"):
        assert {name for name in outside(house, package, []) if _within(name, "simulator")} == set()


def test_pages_leave_tables_and_workflows_to_the_services(house: Imports) -> None:
    """A page reads state and draws; it opens no database and starts no engine.

    The process that dies before its n-th write counts the writes of both journals, so it listens to the database.
    """
    allowed = ["services", "simulator", "benchmarks.dying"]
    for package in ("sqlalchemy", "alembic", "dbos"):
        assert outside(house, package, allowed) == set()


def test_services_know_no_page(house: Imports) -> None:
    """Arrows run from the pages to the services and never back."""
    for package in ("pages", "app"):
        assert outside(house, package, ["app", "pages"]) == set()


def test_arrows_between_services_run_downwards(house: Imports) -> None:
    """config and naming, then the catalogue, then the plan, then the views and actions."""
    upward = [f"{low} -> {high}" for low, high in _upward(house)]
    assert upward == []


def test_the_plan_and_its_views_are_handed_the_cloud(house: Imports) -> None:
    """Catalogue, plan and the rooms that only draw or render never reach for a connection themselves."""
    low = [name for name in house if _room(name) in WITHOUT_CLOUD]
    assert {name for name in low if any(_room(target) == "cloud" for target in reached(house, name))} == set()


def test_no_module_and_no_room_imports_itself_in_a_circle(house: Imports) -> None:
    """Neither at import time nor through an import inside a function."""
    assert _circle(house) is None
    rooms: Imports = {}
    for name, imported in house.items():
        rooms.setdefault(_room(name), set()).update(_room(target) for target in imported if target in house)
    assert _circle({room: targets - {room} for room, targets in rooms.items()}) is None


def test_a_page_is_short() -> None:
    """At most 80 lines; what is longer belongs into components or a service."""
    pages = [p for p in _sources(REPOSITORY, "pages") if "components" not in p.parts]
    assert {p.name: n for p in pages if (n := len(p.read_text().splitlines())) > 80} == {}


def test_parts_that_are_drawn_again_keep_their_place() -> None:
    """One module alone makes fragments: it gives each a container, without which what comes after it can be lost."""
    makers = [path.name for path in _sources(REPOSITORY, "pages") if "st.fragment" in path.read_text()]
    assert makers == ["again.py"]


def test_nothing_leads_out_of_the_repository() -> None:
    """No file names a folder of the machine on which it was written; a test may look for one and skip."""
    foreign = re.compile(r"/work/(?:main|sha" + r"red)|\.\./sha" + "red")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    files = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    texts = {path: path.read_bytes().decode(errors="ignore") for path in files if path.is_file()}
    found = {path for path, text in texts.items() if foreign.search(text)}
    assert {path for path in found if "tests" not in path.parts or "skip" not in texts[path]} == set()


def test_the_scan_sees_a_broken_wall(tmp_path: Path) -> None:
    """A house with each kind of fault, so that the tests above cannot pass by seeing nothing."""
    _write(tmp_path, "services/config.py", "def late():\n    from services.plan import walk\n")
    _write(tmp_path, "services/plan.py", "from services import config\nimport streamlit as st\n")
    _write(tmp_path, "services/graphs/draw.py", "from ..cloud.connect import connect\n")
    _write(tmp_path, "services/cloud/connect.py", "import azure.identity\n")
    _write(tmp_path, "simulator/arm.py", "import services.config as ours, azure.core\n")
    house = read_house(tmp_path)
    assert outside(house, "streamlit", ["app", "pages"]) == {"services.plan"}
    assert outside(house, "azure", ["services.cloud"]) == {"simulator.arm"}
    assert outside(house, "services", ["services"]) == {"simulator.arm"}
    assert _upward(house) == [("services.config", "services.plan")]
    assert "services.cloud.connect" in reached(house, "services.graphs.draw")
    assert _circle(house) is not None


def test_the_scan_forgives_what_only_the_type_checker_reads(tmp_path: Path) -> None:
    """An import under TYPE_CHECKING does not happen when the program runs."""
    _write(
        tmp_path,
        "services/plan.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import azure.core\nelse:\n    import json\n",
    )
    assert read_house(tmp_path)["services.plan"] == {"typing.TYPE_CHECKING", "json"}


def _upward(house: Imports) -> list[tuple[str, str]]:
    """Return (module, module reached) where the second stands on a higher floor than the first."""
    return [
        (name, target)
        for name in house
        if (floor := _floor(name)) is not None
        for target in sorted(reached(house, name))
        if (_floor(target) or 0) > floor
    ]


def _floor(module: str) -> int | None:
    return next((level for level, rooms in enumerate(FLOORS) if _room(module) in rooms), None)


def _room(module: str) -> str:
    """Return the room of a module: services.graphs.style -> graphs, simulator.arm -> simulator."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] if first == "services" and rest else first


def _circle(graph: Imports) -> list[str] | None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _sources(root: Path, part: str) -> list[Path]:
    single = root / f"{part}.py"
    return [single] if single.exists() else sorted((root / part).rglob("*.py"))


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    """Yield what a file imports; `from package import module` counts as the module."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*above, *filter(None, [node.module])])
            names = [f"{source}.{alias.name}" for alias in node.names]
            yield from ((full if full in files or source not in files else source) for full in names)


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a tree without the branches that only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from _running(other)
        else:
            yield from _running(node)


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
