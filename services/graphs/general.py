"""Graph 1, General: data, learning and production as three layers, and the DevOps platform as the band that spans them."""

from collections.abc import Iterator

from services.catalogue.types.sql_server import SqlServer
from services.config import DevOps, Learning, Production
from services.graphs import caption, labels, repository, sheet
from services.graphs.box import Box
from services.graphs.graph import Edge, Graph, Group
from services.graphs.sheet import Frame, Part, Sheet
from services.graphs.style import ThemeName
from services.plan import Plan

COLUMNS = ("Part", "Name", "Layer", "What it does", "Details", "Receives from")
LAYERS = {"data": "I  Data", "learning": "II  Learning and development", "production": "III  Production"}
SOURCES = {"csv": "CSV file", "xlsx": "XLSX file", "json": "JSON file", "sql": "SQL database"}
LANGUAGES = {"python": "Python", "r": "R"}
PLATFORMS = {"github": "GitHub", "azure-devops": "Azure DevOps"}
PIPELINES = {"github": ".github/workflows", "azure-devops": "azure-pipelines.yml"}
BAND = "devops"


def draw(plan: Plan, *, theme: ThemeName = "light", now: float | None = None) -> Graph:
    """Draw the three layers from the plan's configuration; `now` (seconds since the epoch) dates the corner."""
    parts = [*_data(plan), *_learning(plan), *_production(plan)]
    edges = tuple(_edges(plan))
    told = [_with_sources(part, edges, parts) for part in parts]
    name = labels.clean(plan.config.name)
    whole = Sheet(
        "general", f"General graph of {name}: {_said(plan)}", told, tuple(_frames(plan)), edges, COLUMNS,
        rows=[
            [*(f"source_{kind}" for kind in sources(plan)), *[""] * (4 - len(sources(plan)))],
            ["data_delivery", "model_development", "model_delivery", "api_implementation"],
            ["requests", "online_endpoint", "online_deployment", "model_output"],
        ],
        legend=_legend(plan), attr=(("ranksep", "0.28"), ("nodesep", "0.32")),
    )  # fmt: skip
    return sheet.draw(whole, plan.config, theme, now)


def platforms(plan: Plan) -> tuple[str, ...]:
    """The chosen DevOps platforms: none, one or both."""
    chosen = plan.config[DevOps].platform
    return tuple(PLATFORMS) if chosen == "both" else tuple(key for key in PLATFORMS if key == chosen)


def sources(plan: Plan) -> tuple[str, ...]:
    """The chosen sources, and SQL where the plan holds a database."""
    return tuple(
        s for s in SOURCES if s in plan.config.core.data_sources or (s == "sql" and "sql_database" in plan)
    )


def source(plan: Plan, kind: str, *, group: str) -> Part:
    """The box of a data source: a file's format, or the SQL database by its name."""
    chosen = kind in plan.config.core.data_sources
    reader = repository.loader(plan.config, kind)
    if kind != "sql":
        facts = (
            ("Name", kind.upper()),
            ("Layer", LAYERS["data"]),
            ("What it does", "Holds the rows to learn from."),
        )
        box = Box(
            f"source_{kind}", "Data source", SOURCES[kind], "data", f"file-{kind}", (f"read by {reader}",)
        )
        return Part(box, group, (*facts, ("Details", f"read by {reader}")), "data_sources")
    return _sql(plan, group, f"read by {reader}" if chosen else "not read: no data source")


def _sql(plan: Plan, group: str, reader: str) -> Part:
    settings, found = plan.config[SqlServer.Settings], "sql_database" in plan
    name = plan["sql_database"].name if found else "of your own"
    mode = settings.mode if found else "not created here"
    box = Box(
        "source_sql", SOURCES["sql"], name, "data", "sql-database", (reader,), double=found and settings.mode == "existing",
        folded=found,
    )  # fmt: skip
    facts = (
        ("Name", name), ("Layer", LAYERS["data"]), ("What it does", "Holds the rows to learn from."),
        ("Details", f"{mode}, {settings.server}, {reader}" if found else reader),
    )  # fmt: skip
    return Part(box, group, facts, "sql")


def _data(plan: Plan) -> Iterator[Part]:
    yield from (source(plan, kind, group="data") for kind in sources(plan))


def _learning(plan: Plan) -> Iterator[Part]:
    chosen, roles = plan.config[Learning], repository.roles(plan.config)
    learned = f"in {LANGUAGES[chosen.language]}" + (
        f" with {roles.framework}" if chosen.language != "r" else ""
    )
    yield _script(
        "data_delivery", "Data delivery script", roles.data_delivery, "script", "brings the rows to learning"
    )
    yield _script("model_development", "Model development", roles.development, "script", learned)
    yield _script("model_delivery", "Model delivery script", roles.saving, "model", f"saves {roles.model}")
    yield _script("api_implementation", "Model API", roles.handler, "code", "answers requests with the model")
    yield _script(
        "deployment_script", "Deployment script", roles.deploy_script, "script", "tests, then deploys"
    )


def _script(key: str, kind: str, name: str, icon: str, does: str) -> Part:
    box = Box(key, kind, name, "learning", icon, (does,))
    facts = (("Name", name), ("Layer", LAYERS["learning"]), ("What it does", does))
    return Part(box, "learning", facts, "devops" if key == "deployment_script" else "learning")


def _production(plan: Plan) -> Iterator[Part]:
    chosen = plan.config[Production]
    compute = f"{chosen.instance_type} × {chosen.instance_count}"
    yield _service("requests", "Input", "Requests", "request", "rows as JSON", "What your programs ask.")
    yield _service("online_endpoint", "API: online endpoint", chosen.endpoint, "online-endpoint", plan.config.location,
                   "Takes requests and returns the model's output.")  # fmt: skip
    yield _service("online_deployment", "Online deployment", chosen.deployment, "online-deployment", compute,
                   "Runs the model API on its compute.")  # fmt: skip
    yield _service(
        "model_output", "Output", "Model output", "answer", "predictions as JSON", "What the model answers."
    )


def _service(key: str, kind: str, name: str, icon: str, detail: str, does: str) -> Part:
    box = Box(key, kind, name, "production", icon, (detail,))
    facts = (("Name", name), ("Layer", LAYERS["production"]), ("What it does", does), ("Details", detail))
    return Part(box, "production", facts, "production")


def _edges(plan: Plan) -> Iterator[Edge]:
    for kind in sources(plan):
        if kind in plan.config.core.data_sources:
            yield Edge(f"source_{kind}", "data_delivery", "reads")
    yield Edge("data_delivery", "model_development", "learns from")
    yield Edge("model_development", "model_delivery", "is written by")
    yield Edge("model_delivery", "api_implementation", "answers with")
    yield Edge("model_delivery", "deployment_script", "sends")
    yield Edge("api_implementation", "deployment_script", "sends")
    yield Edge("deployment_script", "online_deployment", "is made by")
    yield Edge("requests", "online_endpoint", "takes")
    yield Edge("online_endpoint", "online_deployment", "answers")
    yield Edge("online_deployment", "model_output", "is returned by")


def _frames(plan: Plan) -> Iterator[Frame]:
    """A band for each platform, one in the other, and the layers in the innermost."""
    parent = ""
    for key in platforms(plan):
        group = Group(f"band-{key}", "DevOps platform", PLATFORMS[key], parent, f"{BAND}_{key}", "devops")
        yield Frame(group, band=_band(key, group))
        parent = group.id
    for layer, title in LAYERS.items():
        yield Frame(Group(layer, title, "", parent, layer=layer), just="r" if layer == "learning" else "l")


def _band(key: str, group: Group) -> Part:
    does = "Keeps the repository; trains, tests and deploys by pipeline."
    box = Box(group.key, group.label, group.name, "devops", "devops", (does, PIPELINES[key]), width=150)
    facts = (
        ("Name", group.name),
        ("Layer", "All three"),
        ("What it does", does),
        ("Details", PIPELINES[key]),
    )
    return Part(box, group.parent, facts, "devops")


def _with_sources(part: Part, edges: tuple[Edge, ...], parts: list[Part]) -> Part:
    """Add whom the part receives from."""
    names = {p.box.key: p.box.name for p in parts}
    found = ", ".join(names[edge.source] for edge in edges if edge.target == part.box.key)
    return Part(part.box, part.group, (*part.facts, ("Receives from", found)), part.section, part.status)


def _legend(plan: Plan) -> list[str]:
    missing = [title for kind, title in SOURCES.items() if kind not in sources(plan)]
    missing += [] if platforms(plan) else ["DevOps platform"]
    database = [r for r in plan if r.key == "sql_database"]
    double = "Double line: existing" if any(not r.is_new for r in database) else ""
    said = caption.joined(
        "Arrow: from what gives to what takes", double, "Folded corner: optional" if database else ""
    )
    return [said, f"Not chosen: {', '.join(missing)}" if missing else ""]


def _said(plan: Plan) -> str:
    chosen = [SOURCES[kind] for kind in sources(plan)]
    language, compute = LANGUAGES[plan.config[Learning].language], plan.config[Production].instance_type
    platform = " and ".join(PLATFORMS[key] for key in platforms(plan)) or "no DevOps platform"
    return f"{', '.join(chosen) or 'no data source'}; learning in {language}; API on {compute}; {platform}"
