"""Graph 2, Azure: subscription, resource groups, every resource of the plan and what needs what, with the state of a run."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import graphviz

from services.catalogue import registry
from services.catalogue.base import Resource
from services.catalogue.release_parts import workspace
from services.config import Problem
from services.graphs import azure_nodes, box, caption, labels, layering
from services.graphs.azure_nodes import COLUMNS, View
from services.graphs.graph import Edge, Graph, Group, twin
from services.graphs.style import FONT, THEMES, StateStyle, ThemeName
from services.plan import Plan
from services.progress import RunView

LAYERS = frozenset({"status", "duration", "drift", "cost"})
GROUP = "resource_group"
WORKSPACE = "workspace-0"  # the frame round the parts of a release


def draw(
    plan: Plan,
    run: RunView | None = None,
    *,
    theme: ThemeName = "light",
    now: float | None = None,
    layers: Collection[str] = LAYERS,
    problems: Iterable[Problem] = (),
    drift: Mapping[str, Sequence[str]] | None = None,
    costs: Mapping[str, str] | None = None,
) -> Graph:
    """Draw the plan; `run` brings states, `now` (seconds since the epoch) the time that has passed and the date.

    `layers` switches "status", "duration" (times and the critical path), "drift" and "cost". `drift` (key -> what
    differs in Azure) is None until a check has run; `costs` (key -> such as "$5.00 a month") stand in the box.
    `problems` mark the resources with the settings that they are about.
    Equal arguments give an equal source, and states change no measures: the picture stands still while a run goes on.
    """
    blamed = azure_nodes.blame(plan, problems)
    view = View(plan, run, THEMES[theme], now, frozenset(layers), blamed, drift or {}, costs or {})
    groups = tuple(_groups(plan))
    edges = tuple(Edge(need, r.key) for r in plan for need in r.depends_on if need != GROUP)
    nodes = tuple(azure_nodes.node(view, r, _home(r, groups).id) for r in plan)
    corner = caption.corner(plan.config, now)
    source = _source(view, groups, edges, corner)
    columns = (*COLUMNS, *(["Cost"] if view.costs else []), *(["Drift"] if view.drift else []))
    return Graph(source, _name(view), theme, nodes, edges, groups, columns, twin(nodes, columns), corner)


def _groups(plan: Plan) -> Iterator[Group]:
    """Subscriptions and resource groups that the plan touches, the project's own first; a release's workspace within."""
    if GROUP not in plan:
        yield from _places_of_release(plan)
        return
    places = dict.fromkeys(_place(r) for r in (plan[GROUP], *plan))
    for number, subscription in enumerate(dict.fromkeys(sub for sub, _ in places)):
        yield Group(f"subscription-{number}", "Subscription", subscription)
    subscriptions = list(dict.fromkeys(sub for sub, _ in places))
    own = _place(plan[GROUP])
    for number, (subscription, group) in enumerate(places):
        mine = (subscription, group) == own
        name = plan[GROUP].name if mine else group
        parent = f"subscription-{subscriptions.index(subscription)}"
        yield Group(f"group-{number}", "Resource group", name, parent, GROUP if mine else "")


def _places_of_release(plan: Plan) -> Iterator[Group]:
    """Where a release's parts lie: subscription, resource group and workspace stand already."""
    parts = workspace(plan.config).split("/")
    yield Group("subscription-0", "Subscription", parts[2])
    yield Group("group-0", "Resource group", parts[4], "subscription-0")
    yield Group(WORKSPACE, "Workspace", parts[8], "group-0")


def _place(resource: Resource) -> tuple[str, str]:
    """Subscription and resource group of an ID, which Azure compares without regard to case."""
    parts = resource.id.split("/")
    folded = [part.lower() for part in parts]
    subscription = parts[folded.index("subscriptions") + 1] if "subscriptions" in folded[:-1] else ""
    group = parts[folded.index("resourcegroups") + 1] if "resourcegroups" in folded[:-1] else ""
    return subscription.lower(), group.lower()


def _home(resource: Resource, groups: Sequence[Group]) -> Group:
    if groups[-1].id == WORKSPACE:
        return groups[-1]
    subscription, group = _place(resource)
    parents = {g.id: g.name for g in groups}
    return next(
        g for g in groups if g.parent and (parents[g.parent], g.name.lower()) == (subscription, group)
    )


def _source(view: View, groups: Sequence[Group], edges: Sequence[Edge], corner: str) -> str:
    dot = graphviz.Digraph("azure")
    dot.attr("graph", **box.canvas(view.theme, FONT, _legend(view, corner)))
    dot.attr("node", fontname=FONT, fontcolor=view.theme.tones["text"], margin="0.07,0.05", shape="box")
    dot.attr("edge", color=view.theme.tones["line"], penwidth="1.2", arrowsize="0.75")
    for subscription in groups:
        if not subscription.parent:
            _subscription(dot, view, subscription, groups)
    _arrows(dot, view, edges)
    return str(dot.source)


def _arrows(dot: Any, view: View, edges: Sequence[Edge]) -> None:
    chain = view.plan.critical_path if view.shows("duration") else ()
    critical = set(pairwise(chain))
    keys = [r.key for r in view.plan if r.key != GROUP]
    movable = sorted(keys, key=lambda key: (view.plan[key].look.obligatory, -keys.index(key)))
    spans = layering.lengths(keys, [(e.source, e.target) for e in edges], movable)
    for edge in edges:
        heavy = (edge.source, edge.target) in critical
        more = {"penwidth": "2.4", "color": view.theme.tones["text"]} if heavy else {}
        rows = str(spans[edge.source, edge.target])
        dot.edge(edge.source, edge.target, id=edge.id, minlen=rows, **more)


def _subscription(dot: Any, view: View, frame: Group, groups: Sequence[Group]) -> None:
    with dot.subgraph(name=f"cluster_{frame.id}") as cluster:
        label = azure_nodes.subscription_label(view, frame, own=frame == groups[0])
        cluster.attr(
            id=frame.id, label=label, style="filled,rounded", penwidth="1",
            fillcolor=view.theme.panel, color=view.theme.tones["line"], margin="9", labelloc="t", labeljust="l",
        )  # fmt: skip
        for group in groups:
            if group.parent == frame.id:
                _resource_group(cluster, view, group, groups)


def _resource_group(dot: Any, view: View, frame: Group, groups: Sequence[Group]) -> None:
    state = view.style(view.plan[GROUP]) if frame.key else azure_nodes.EXISTING
    existing = not frame.key or view.plan[GROUP].mode == "existing"
    outer = dot.subgraph(name=f"cluster_{frame.id}_outer") if existing else None
    if outer is None:
        return _frame(dot, view, frame, groups, state)
    with outer as around:  # a second line round the frame: existing
        around.attr(
            id=f"{frame.id}-line", label="", **box.frame(view.theme, "scope", state) | {"margin": "3"}
        )
        _frame(around, view, frame, groups, state)
    return None


def _frame(dot: Any, view: View, frame: Group, groups: Sequence[Group], state: StateStyle) -> None:
    inside = [r for r in view.plan if r.key != GROUP and _home(r, groups) == frame]
    within = [group for group in groups if group.parent == frame.id]
    with dot.subgraph(name=f"cluster_{frame.id}") as cluster:
        cluster.attr(
            id=f"node-{frame.key}" if frame.key else frame.id, label=azure_nodes.group_label(view, frame),
            **box.frame(view.theme, "scope", state),
        )  # fmt: skip
        for resource in inside:
            azure_nodes.put(cluster, view, resource)
        for group in within:
            _resource_group(cluster, view, group, groups)
        if not inside and not within:  # a frame round nothing would not be drawn
            cluster.node(f"{frame.id}_empty", label="", shape="point", width="0.01", style="invis")


def _legend(view: View, corner: str) -> str:
    """What the lines mean, as far as they occur, what was not chosen, and which configuration this is: quiet, below."""
    arrow = "Arrow: from what is needed to what needs it"
    thick = "Thick arrow: critical path" if view.shows("duration") and view.plan.critical_path_s else ""
    double = "Double line: existing" if not all(r.is_new for r in view.plan) else ""
    folded = "Folded corner: optional" if not all(r.look.obligatory for r in view.plan) else ""
    dotted = "Dotted line: drifted" if any(view.differences(r) for r in view.plan) else ""
    missing = _not_chosen(view.plan) if GROUP in view.plan else []
    said = f"Not chosen: {', '.join(missing)}" if missing else ""
    lines = [caption.joined(arrow, thick), caption.joined(double, folded, dotted), said, corner]
    return caption.legend(view.theme, lines)


def _not_chosen(plan: Plan) -> list[str]:
    """Labels of the optional sections that the plan holds nothing of."""
    used = {r.section for r in plan}
    kinds = {t.Settings.section: t.label for t in reversed(registry.TYPES.values()) if not t.look.obligatory}
    return sorted(label for section, label in kinds.items() if section not in used)


def _name(view: View) -> str:
    """The accessible name: what the picture is, and how far things are."""
    count = len(view.plan.resources)
    states = ", ".join(f"{n} {word.lower()}" for word, n in azure_nodes.tally(view).items())
    name = labels.clean(view.plan.config.name)
    return f"Azure graph of {name}: {count} {'resource' if count == 1 else 'resources'}, {states}"
