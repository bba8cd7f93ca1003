"""Plans of any size, for measuring what graphs take."""

from dataclasses import replace

from services import project_file
from services.plan import Plan, build_plan

PROJECT = "name: benchmark\nsql: {mode: new}\ncontainer_registry: {mode: new}"
GROUP = "resource_group"


def synthetic(nodes: int, name: str) -> Plan:
    """A plan of so many resources: the whole project again and again in one resource group, the first workspace named.

    Each copy keeps its own dependencies; from the second on its workspace also needs the first copy's registry.
    """
    whole = build_plan(project_file.read(PROJECT).strict())
    group, *others = whole.resources
    found = [group]
    for number in range(nodes - 1):
        copy, place = divmod(number, len(others))
        source = others[place]
        end = f"_{copy}" if copy else ""
        needs = [key if key == GROUP else f"{key}{end}" for key in source.depends_on]
        needs += ["container_registry"] if copy and source.key == "workspace" else []
        called = name if source.key == "workspace" and not copy else f"{source.name[:14]}{copy or ''}"
        found.append(replace(source, key=f"{source.key}{end}", name=called, depends_on=tuple(needs)))
    return Plan(whole.config, tuple(found))
