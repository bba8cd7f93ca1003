"""The boxes of the Azure graph: what stands in each, its line, its facts, and the table that says the same in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.config import Problem
from services.graphs import box, labels
from services.graphs.box import WIDTH, Box
from services.graphs.graph import Group, Node
from services.graphs.style import DRIFTED, PROBLEM, STATES, StateStyle, Theme
from services.plan import Plan
from services.progress import RunView, StepView

EXISTING = STATES["Existing"]
FRAME_WIDTH = 200.0
COLUMNS = ("Resource", "Name", "Status", "Region", "SKU", "Choice", "Needed", "Expected", "Needs")


@dataclass(frozen=True)
class View:
    """Everything that one drawing looks at, by key: what is wrong with settings, what differs in Azure, what it costs."""

    plan: Plan
    run: RunView | None
    theme: Theme
    now: float | None
    layers: frozenset[str]
    blamed: Mapping[str, str]
    drift: Mapping[str, Sequence[str]] = field(default_factory=dict)
    costs: Mapping[str, str] = field(default_factory=dict)

    def shows(self, layer: str) -> bool:
        """Whether that layer is switched on."""
        return layer in self.layers

    def step(self, resource: Resource) -> StepView:
        """The resource's step in the run, or what it would be before any run."""
        planned = StepView(resource.key, "Planned" if resource.is_new else "Existing", resource.expected_s)
        return self.run.steps.get(resource.key, planned) if self.run else planned

    def differences(self, resource: Resource) -> Sequence[str]:
        """What differs from the configuration in Azure, where a check found it and the layer is on."""
        return self.drift.get(resource.key, ()) if self.shows("drift") else ()

    def cost(self, resource: Resource) -> str:
        """What it costs, in words; empty where that is not known or not shown."""
        return self.costs.get(resource.key, "") if self.shows("cost") else ""

    def style(self, resource: Resource) -> StateStyle:
        """The line and sign of a resource."""
        if resource.key in self.blamed:
            return PROBLEM
        if self.differences(resource):
            return DRIFTED
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
    look = resource.look
    state = view.step(resource).state
    return Node(
        resource.key, label, resource.name, look.layer, look.icon, state, group, facts, resource.section
    )


def put(dot: Any, view: View, resource: Resource) -> None:
    """Add the box to the DOT source. Optional: folded corner. Existing: double line."""
    kind, style = registry.of(resource.key).label, view.style(resource)
    role = resource.label if resource.label != kind else ""
    where = " · ".join(part for part in (role, resource.location, resource.sku) if part)
    shown = Box(
        resource.key, kind, resource.name, resource.look.layer, resource.look.icon, (where,),
        status_words(view, resource), style, signed=view.shows("status") or style in (PROBLEM, DRIFTED),
        folded=not resource.look.obligatory, double=not resource.is_new, aside=view.cost(resource),
    )  # fmt: skip
    box.put(dot, view.theme, shown)


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
        kind, icon = f"{frame.label}, existing", frame.label.lower().replace(" ", "-")
        return labels.table([[box.head(view.theme, icon, kind, frame.name, WIDTH)]])
    resource = view.plan[frame.key]
    style, kind = view.style(resource), f"{frame.label} · {resource.location}"
    head = box.head(view.theme, "resource-group", kind, frame.name, FRAME_WIDTH, strike=style.strike)
    signed = view.shows("status") or style in (PROBLEM, DRIFTED)
    words = status_words(view, resource)
    return labels.table([[head, box.status(view.theme, style, words, FRAME_WIDTH, signed=signed)]])


def status_words(view: View, resource: Resource) -> str:
    """State and times in words, uncut; empty where neither layer is on."""
    step = view.step(resource)
    if resource.key in view.blamed:
        return f"Check: {view.blamed[resource.key]}"
    differences = view.differences(resource)
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        return f"Drifted: {differences[0]}{more}"
    if not view.shows("status"):
        return (
            f"About {labels.seconds(step.expected_s)}" if view.shows("duration") and step.expected_s else ""
        )
    if step.error and step.state == "Failed":
        return f"Failed: {step.error.what or step.error.message or step.error.code}"
    times = _times(view, step) if view.shows("duration") else ""
    return f"{step.state}{times}"


def tally(view: View) -> dict[str, int]:
    """State -> how many resources are in it."""
    return dict(Counter(_word(view, r) for r in view.plan))


def _word(view: View, resource: Resource) -> str:
    if resource.key in view.blamed:
        return "To check"
    return "Drifted" if view.differences(resource) else view.step(resource).state


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
        ("Cost", view.cost(resource)),
        ("Drift", "; ".join(view.differences(resource))),
        ("Needs", ", ".join(names)),
        ("Type", resource.type),
        ("Resource ID", step.resource_id or resource.id),
    ]


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
