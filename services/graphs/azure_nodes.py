"""The boxes of the Azure graph: what stands in each, its line, its facts, and the table that says the same in words."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.config import Problem
from services.graphs import icons, labels
from services.graphs.graph import Group, Node
from services.graphs.style import PROBLEM, STATES, StateStyle, Theme
from services.plan import Plan
from services.progress import RunView, StepView

EXISTING = STATES["Existing"]
WIDTH, FRAME_WIDTH = 176.0, 200.0
ICON, SIGN = 24, 12
COLUMNS = ("Resource", "Name", "Status", "Region", "SKU", "Choice", "Needed", "Expected", "Needs")


@dataclass(frozen=True)
class View:
    """Everything that one drawing looks at. `blamed`: key -> what is wrong with its settings."""

    plan: Plan
    run: RunView | None
    theme: Theme
    now: float | None
    layers: frozenset[str]
    blamed: Mapping[str, str]

    def shows(self, layer: str) -> bool:
        """Whether that layer is switched on."""
        return layer in self.layers

    def step(self, resource: Resource) -> StepView:
        """The resource's step in the run, or what it would be before any run."""
        planned = StepView(resource.key, "Planned" if resource.is_new else "Existing", resource.expected_s)
        return self.run.steps.get(resource.key, planned) if self.run else planned

    def style(self, resource: Resource) -> StateStyle:
        """The line and sign of a resource."""
        if resource.key in self.blamed:
            return PROBLEM
        return STATES[self.step(resource).state] if self.shows("status") else STATES["Succeeded"]


def blame(plan: Plan, problems: Iterable[Problem]) -> dict[str, str]:
    """Key of a resource -> message of the first problem in its settings; a section of several types goes by the field."""
    found: dict[str, str] = {}
    for problem in problems:
        section, _, field = problem.path.partition(".")
        keys = [r.key for r in plan if r.section == section]
        exact = [key for key in keys if key in (section, f"{section}_{field}")]
        for key in (exact or keys)[:1]:
            found.setdefault(key, problem.message)
    return found


def node(view: View, resource: Resource, group: str) -> Node:
    """The resource with its facts, whole and uncut."""
    label, status = registry.of(resource.key).label, status_words(view, resource)
    facts = tuple((word, labels.clean(value)) for word, value in _facts(view, resource, status) if value)
    return Node(
        resource.key,
        label,
        resource.name,
        resource.look.layer,
        resource.look.icon,
        view.step(resource).state,
        group,
        facts,
    )


def put(dot: Any, view: View, resource: Resource) -> None:
    """Add the box to the DOT source. Optional: folded corner. Existing: double line."""
    style, paint = view.style(resource), view.theme.layers[resource.look.layer]
    lines = ["filled"] + ([style.line] if style.line != "solid" else [])
    dot.node(
        resource.key, id=f"node-{resource.key}", label=_label(view, resource, style),
        shape="box" if resource.look.obligatory else "note", style=",".join(lines), fillcolor=paint.fill,
        color=view.theme.tones[style.tone] if style.own_line else paint.stroke, penwidth=f"{style.width:g}",
        peripheries="1" if resource.is_new else "2",
    )  # fmt: skip


def subscription_label(view: View, frame: Group, *, own: bool) -> str:
    """Icon and subscription ID: in one line for the project's own, in two for another, whose frame is often narrow."""
    muted = view.theme.tones["muted"]
    rehearsal = " (rehearsal)" if own and view.plan.config.cloud == "rehearsal" else ""
    picture = labels.image(view.theme.name, "subscription", 16, rows=1 if own else 2)
    if own:
        words = labels.text(f"{frame.label}{rehearsal}  {frame.name}", 11, muted)
        return labels.table([[picture, labels.cell(words, 330)]])
    name = labels.text(labels.fit(frame.name, WIDTH, 11), 11, muted)
    said = labels.text(f"Other {frame.label.lower()}", 11, muted)
    return labels.table([[picture, labels.cell(said, WIDTH)], [labels.cell(name, WIDTH)]])


def group_label(view: View, frame: Group) -> str:
    """Icon and name; the project's own group has its region and state too."""
    if not frame.key:
        kind = f"{frame.label}, existing"
        return labels.table([[_head(view, "resource-group", kind, frame.name, EXISTING, WIDTH)]])
    resource = view.plan[frame.key]
    style, kind = view.style(resource), f"{frame.label} · {resource.location}"
    head = _head(view, "resource-group", kind, frame.name, style, FRAME_WIDTH)
    return labels.table([[head, _status(view, style, status_words(view, resource), FRAME_WIDTH)]])


def status_words(view: View, resource: Resource) -> str:
    """State and times in words, uncut; empty where neither layer is on."""
    step = view.step(resource)
    if resource.key in view.blamed:
        return f"Check: {view.blamed[resource.key]}"
    if not view.shows("status"):
        return (
            f"About {labels.seconds(step.expected_s)}" if view.shows("duration") and step.expected_s else ""
        )
    if step.error and step.state == "Failed":
        return f"Failed: {step.error.what or step.error.message or step.error.code}"
    times = _times(view, step) if view.shows("duration") else ""
    return f"{step.state}{times}"


def twin(nodes: Iterable[Node], view: View) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Columns and rows that say in words what the picture shows."""
    rows = []
    for shown in nodes:
        facts = dict(shown.facts)
        rows.append(
            tuple(shown.label if column == "Resource" else facts.get(column, "") for column in COLUMNS)
        )
    return COLUMNS, tuple(rows)


def tally(view: View) -> dict[str, int]:
    """State -> how many resources are in it."""
    return dict(Counter("To check" if r.key in view.blamed else view.step(r).state for r in view.plan))


def _facts(view: View, resource: Resource, status: str) -> list[tuple[str, str]]:
    step = view.step(resource)
    names = [f"{registry.of(key).label} {view.plan[key].name}" for key in resource.depends_on]
    return [
        ("Resource", resource.label),
        ("Name", resource.name),
        ("Region", resource.location),
        ("SKU", resource.sku),
        ("Choice", "New" if resource.is_new else "Existing"),
        ("Needed", "Obligatory" if resource.look.obligatory else "Optional"),
        ("Status", status),
        ("Expected", labels.seconds(step.expected_s) if step.expected_s else ""),
        ("Critical path", "Yes" if resource.key in view.plan.critical_path and resource.is_new else ""),
        ("Attempt", str(step.attempt) if step.attempt > 1 else ""),
        ("What to do", step.error.fix if step.error else ""),
        ("Needs", ", ".join(names)),
        ("Type", resource.type),
        ("Resource ID", step.resource_id or resource.id),
    ]


def _label(view: View, resource: Resource, style: StateStyle) -> str:
    kind = registry.of(resource.key).label
    role = resource.label if resource.label != kind else ""
    where = " · ".join(part for part in (role, resource.location, resource.sku) if part)
    place = labels.text(labels.fit(where, WIDTH, 11), 11, view.theme.tones["muted"])
    return labels.table([
        [_head(view, resource.look.icon, kind, resource.name, style, WIDTH)],
        [labels.cell(place, WIDTH, height=19)],
        [_status(view, style, status_words(view, resource), WIDTH)],
    ])  # fmt: skip


def _head(view: View, icon: str, kind: str, name: str, style: StateStyle, width: float) -> str:
    """Icon at the left of type and name."""
    room = width - ICON - labels.GAP
    said = labels.text(labels.fit(kind, room, 11), 11, view.theme.tones["muted"])
    called = labels.text(
        labels.fit(name, room, 13, bold=True), 13, view.theme.tones["text"], tag="S" if style.strike else "B"
    )  # fmt: skip
    picture = labels.image(view.theme.name, icons.name(icon), ICON, rows=2)
    return labels.nested([[picture, labels.cell(said, room)], [labels.cell(called, room)]])


def _status(view: View, style: StateStyle, words: str, width: float) -> str:
    """Sign and words; where neither is wanted the row keeps its height, so that layers change no measures."""
    room = width - SIGN - labels.GAP
    said = labels.text(labels.start(words, room, 11), 11, view.theme.tones[style.tone])
    shown = view.shows("status") or style is PROBLEM
    sign = labels.image(view.theme.name, style.sign if shown else "", SIGN)
    return labels.nested([[sign, labels.cell(said, room)]])


def _times(view: View, step: StepView) -> str:
    now = view.now if view.now is not None else step.finished_at
    elapsed = step.elapsed_s(now) if now is not None else None
    if step.state in ("Creating", "Updating", "Deleting") and elapsed is not None:
        about = (
            f" of {labels.seconds(step.expected_s)}" if step.expected_s and elapsed <= step.expected_s else ""
        )
        return f" {labels.seconds(float(int(elapsed)))}{about}"
    if step.state in ("Succeeded", "Deleted") and elapsed is not None:
        return f" in {labels.seconds(elapsed)}"
    return f", about {labels.seconds(step.expected_s)}" if step.state == "Planned" and step.expected_s else ""
