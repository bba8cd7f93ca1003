"""Graph 4, Files: the project's repository as boxes, drawn from the description that also writes the files."""

from collections.abc import Iterator

from services.graphs import labels, sheet
from services.graphs.box import Box, sentences
from services.graphs.graph import Edge, Graph, Group
from services.graphs.sheet import Frame, Part, Sheet
from services.graphs.style import STATES, ThemeName
from services.plan import Plan
from services.scaffold import File, Place, Tree, describe

COLUMNS = ("File", "Purpose", "Runs", "Made by", "Calls", "Called by")
RUNS = {
    "your machine": "Runs on your machine", "pipeline": "Runs in the pipeline", "cloud": "Runs in the cloud",
    "nowhere": "Is read, does not run",
}  # fmt: skip
ICONS = {"your machine": "terminal", "pipeline": "devops", "cloud": "online-endpoint", "nowhere": "document"}
WIDTH = 188.0
TOP, OUTSIDE = "top", "outside"


def draw(plan: Plan, *, theme: ThemeName = "light", now: float | None = None) -> Graph:
    """Draw every file with its purpose, where it runs and whom it calls."""
    return of_tree(describe(plan.config), plan, theme=theme, now=now)


def of_tree(tree: Tree, plan: Plan, *, theme: ThemeName = "light", now: float | None = None) -> Graph:
    """Draw a repository that has been described already."""
    edges = sheet.merged([Edge(source, target, verb, forward=True) for source, verb, target in tree.edges])
    parts = [*(_file(file, edges) for file in tree), *(_place(place, edges) for place in tree.places)]
    name = labels.clean(plan.config.name)
    whole = Sheet(
        "files", f"Files graph of {name}: {len(tree.files)} files in {len(tree.folders) + 1} folders", parts,
        tuple(_frames(tree)), edges, COLUMNS, legend=_legend(tree),
        attr=(("rankdir", "LR"), ("ranksep", "0.45"), ("nodesep", "0.12")),
    )  # fmt: skip
    return sheet.draw(whole, plan.config, theme, now)


def tree_text(tree: Tree) -> str:
    """The repository as a tree in plain text, folders first, each file with its purpose."""
    lines = [(f"{tree.name}/", ""), *_branch(tree, "", "")]
    wide = max(len(line) for line, _ in lines) + 2
    return "\n".join(f"{line:<{wide}}{purpose}".rstrip() for line, purpose in lines)


def _branch(tree: Tree, folder: str, indent: str) -> Iterator[tuple[str, str]]:
    """Lines below a folder: (branch with name, purpose)."""
    inside = f"{folder}/" if folder else ""
    folders = [f for f in tree.folders if f.rpartition("/")[0] == folder]
    files = [file for file in tree if file.path.rpartition("/")[0] == folder]
    names = [
        *(f"{f.removeprefix(inside)}/" for f in folders),
        *(file.path.removeprefix(inside) for file in files),
    ]
    for place, name in enumerate(names):
        last = place == len(names) - 1
        purpose = files[place - len(folders)].purpose if place >= len(folders) else ""
        yield f"{indent}{'└── ' if last else '├── '}{name}", purpose
        if place < len(folders):
            yield from _branch(tree, folders[place], indent + ("    " if last else "│   "))


def _file(file: File, edges: tuple[Edge, ...]) -> Part:
    folder, _, name = file.path.rpartition("/")
    style = STATES["Succeeded"] if file.shipped else STATES["Planned"]
    box = Box(
        file.path, RUNS[file.runs], name, file.layer, ICONS[file.runs], tuple(sentences(file.purpose, WIDTH, 2)),
        style=style, width=WIDTH,
    )  # fmt: skip
    made = "the scaffold" if file.shipped else "a run of the project"
    facts = (("Path", file.path), ("Purpose", file.purpose), ("Runs", RUNS[file.runs]), ("Made by", made))
    return Part(box, folder or TOP, (*facts, *_ways(file.path, edges)))


def _place(place: Place, edges: tuple[Edge, ...]) -> Part:
    """A thing outside the repository, such as the endpoint."""
    icon = place.key.replace("_", "-")
    box = Box(
        place.key, place.label, place.name, place.layer, icon, ("outside the repository", ""), width=WIDTH
    )
    facts = (("Path", place.name), ("Purpose", place.label), ("Runs", "Outside the repository"))
    return Part(box, OUTSIDE, (*facts, *_ways(place.key, edges)))


def _ways(key: str, edges: tuple[Edge, ...]) -> tuple[tuple[str, str], ...]:
    """Whom it calls, and who calls it, with what they do."""
    calls = ", ".join(f"{edge.verb} {edge.target}" for edge in edges if edge.source == key)
    called = ", ".join(f"{edge.source} {edge.verb} it" for edge in edges if edge.target == key)
    return (("Calls", calls), ("Called by", called))


def _frames(tree: Tree) -> Iterator[Frame]:
    """The repository with its folders, those without a file of their own joined with the next; then what lies outside."""
    yield Frame(Group(TOP, tree.name, "the repository"), "folder")
    held = {file.path.rpartition("/")[0] for file in tree} - {""}
    for folder in sorted(held):
        layers = [file.layer for file in tree if file.path.rpartition("/")[0] == folder]
        yield Frame(Group(folder, f"{folder}/", "", TOP, layer=max(layers, key=layers.count)), "folder")
    if tree.places:
        yield Frame(Group(OUTSIDE, "Azure", "what the files describe and call"), "subscription", "r")


def _legend(tree: Tree) -> list[str]:
    dashed = "" if all(file.shipped for file in tree) else " Dashed box: made by a run, not by the scaffold."
    return ["Solid arrow: runs or imports. Dashed arrow: reads, writes, sends, describes." + dashed]
