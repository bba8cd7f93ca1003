"""Graph 3, Conceptual: the way of a model from the data over the test on this machine into the cloud, and how far it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.config import Learning, Production
from services.graphs import general, labels, repository, sheet
from services.graphs.box import Box
from services.graphs.graph import Edge, Graph, Group
from services.graphs.sheet import Frame, Part, Sheet
from services.graphs.style import LOCKED, STATES, StateStyle, ThemeName
from services.plan import Plan

Stage = Literal["learning", "model", "handler", "test", "production"]
STAGES: tuple[Stage, ...] = ("learning", "model", "handler", "test", "production")
COLUMNS = ("Stage", "Name", "Status", "Where", "What happens", "Comes from")
MACHINE, CLOUD = "This machine", "Cloud"


@dataclass(frozen=True)
class ModelState:
    """How far this project's model is: stages that are done, why one failed, and the file's own name once there is one."""

    reached: frozenset[Stage] = frozenset()
    failed: Mapping[Stage, str] = field(default_factory=dict)
    file: str = ""

    @property
    def open(self) -> bool:
        """Whether the lock before production is open: the test on this machine has passed."""
        return "test" in self.reached and "test" not in self.failed


NOTHING = ModelState()


def draw(
    plan: Plan, model: ModelState = NOTHING, *, theme: ThemeName = "light", now: float | None = None
) -> Graph:
    """Draw the model's way; what `model` has reached is lit; the arrow into the cloud is locked until the test passed."""
    parts = [*_data(plan), *(_stage(plan, model, stage) for stage in STAGES), *_ends(plan, model)]
    edges = tuple(_edges(plan, model))
    names = {part.box.key: part.box.kind for part in parts}
    told = [_with_sources(part, edges, names) for part in parts]
    name = labels.clean(plan.config.name)
    whole = Sheet(
        "conceptual", f"Conceptual graph of {name}: {_said(model)}", told, _frames(), edges, COLUMNS,
        rows=[["input", "test", "output"], ["requests", "production", "answer"]], legend=_legend(),
        attr=(("rankdir", "LR"), ("ranksep", "0.32"), ("nodesep", "0.2")),
    )  # fmt: skip
    return sheet.draw(whole, plan.config, theme, now)


def _data(plan: Plan) -> Iterator[Part]:
    for kind in general.sources(plan):
        found = general.source(plan, kind, group="data")
        facts = dict(found.facts)
        more = (("Name", facts["Name"]), ("Where", "Data"), ("What happens", facts["What it does"]))
        yield Part(found.box, "data", more, found.section)


def _stage(plan: Plan, model: ModelState, stage: Stage) -> Part:
    kind, name, icon, layer, does = _words(plan, model)[stage]
    status, style = _status(model, stage)
    unlit = stage not in model.reached and stage not in model.failed
    box = Box(stage, kind, name, layer, icon, (does,), status, style, dim=unlit, width=168)
    group = {"test": "machine", "production": "cloud"}.get(stage, "learning")
    where = CLOUD if stage == "production" else MACHINE
    facts = (("Name", name), ("Status", status), ("Where", where), ("What happens", does))
    section = "production" if stage == "production" else "learning"
    return Part(box, group, facts, section, status.partition(":")[0])


def _words(plan: Plan, model: ModelState) -> dict[Stage, tuple[str, str, str, str, str]]:
    """Stage -> what it is, its name, icon, layer, and what happens there."""
    roles, config = repository.roles(plan.config), plan.config
    language = general.LANGUAGES[config[Learning].language]
    file = model.file or roles.model.rpartition("/")[2]
    ending = file.rpartition(".")[2]
    return {
        "learning": (f"{language} learning", roles.development, "script", "learning", f"with {roles.framework}"),
        "model": ("Model file", file, "model", "learning", f"{ending}: what was learned"),
        "handler": ("API handler", roles.handler, "code", "learning", "answers with the model"),
        "test": ("Test on this machine", roles.test, "terminal", "production", "the same handler, no cloud"),
        "production": (
            "Production in the cloud", config[Production].endpoint, "online-endpoint", "production",
            f"{config[Production].instance_type} × {config[Production].instance_count}",
        ),
    }  # fmt: skip


def _status(model: ModelState, stage: Stage) -> tuple[str, StateStyle]:
    if stage in model.failed:
        return f"Failed: {model.failed[stage]}", STATES["Failed"]
    if stage in model.reached:
        return {"test": "Passed", "production": "Serving"}.get(stage, "Ready"), STATES["Succeeded"]
    if stage == "production" and not model.open:
        return "Locked: test first", LOCKED
    return "Not yet", STATES["Planned"]


def _ends(plan: Plan, model: ModelState) -> Iterator[Part]:
    """What goes in and what comes out, on this machine and in the cloud."""
    roles = repository.roles(plan.config)
    tested, served = "test" in model.reached, "production" in model.reached
    yield _end("input", "Input", roles.request, "request", MACHINE, "A sample request.", lit=tested)
    yield _end(
        "output",
        "Output",
        roles.expected,
        "answer",
        MACHINE,
        "Is compared with what is expected.",
        lit=tested,
    )
    yield _end("requests", "Input", "Requests", "request", CLOUD, "What your programs ask.", lit=served)
    yield _end("answer", "Output", "Model output", "answer", CLOUD, "What the model answers.", lit=served)


def _end(key: str, kind: str, name: str, icon: str, where: str, does: str, *, lit: bool) -> Part:
    style = STATES["Succeeded"] if lit else STATES["Planned"]
    box = Box(key, kind, name, "production", icon, style=style, dim=not lit, width=168)
    group = "machine" if where == MACHINE else "cloud"
    return Part(box, group, (("Name", name), ("Where", where), ("What happens", does)), "production")


def _edges(plan: Plan, model: ModelState) -> Iterator[Edge]:
    for kind in general.sources(plan):
        if kind in plan.config.core.data_sources:
            yield Edge(f"source_{kind}", "learning", "learns from")
    yield Edge("learning", "model", "is written by")
    yield Edge("model", "handler", "answers with")
    yield Edge("handler", "test", "runs")
    yield Edge("input", "test", "takes")
    yield Edge("test", "output", "is returned by")
    yield Edge("test", "production", "is locked until passed:", lock="open" if model.open else "closed")
    yield Edge("requests", "production", "takes")
    yield Edge("production", "answer", "is returned by")


def _frames() -> tuple[Frame, ...]:
    return (
        Frame(Group("data", "Data", "", layer="data"), "folder"),
        Frame(Group("learning", "Learning and development", "", layer="scope"), "workspace", "r"),
        Frame(Group("machine", "Test", "on this machine", layer="scope"), "terminal"),
        Frame(Group("cloud", "Production", "in the cloud", layer="scope"), "online-endpoint"),
    )


def _with_sources(part: Part, edges: tuple[Edge, ...], names: Mapping[str, str]) -> Part:
    found = ", ".join(names[edge.source] for edge in edges if edge.target == part.box.key)
    return Part(part.box, part.group, (*part.facts, ("Comes from", found)), part.section, part.status)


def _legend() -> list[str]:
    return [
        "Filled: reached. Dashed: not yet.",
        "Lock: production opens when the test on this machine has passed.",
    ]


def _said(model: ModelState) -> str:
    done = [stage for stage in STAGES if stage in model.reached]
    lock = "production is open" if model.open else "production is locked"
    return f"{', '.join(done)} done, {lock}" if done else f"nothing done yet, {lock}"
