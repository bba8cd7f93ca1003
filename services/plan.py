"""The waist of the house: a configuration becomes a plan, and views and actions read nothing but the plan."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from typing import Any

from services.catalogue import registry
from services.catalogue.base import Resource
from services.config import ProjectConfig
from services.release import Release


@dataclass(frozen=True)
class Plan:
    """Resources in an order in which each stands after all that it depends on."""

    config: ProjectConfig
    resources: tuple[Resource, ...]
    release: Release | None = None

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources)

    def __getitem__(self, key: str) -> Resource:
        return self._by_key[key]

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    @cached_property
    def _by_key(self) -> dict[str, Resource]:
        return {r.key: r for r in self.resources}

    @cached_property
    def finish_s(self) -> dict[str, float]:
        """Key -> seconds from the start until that resource stands, with everything parallel that can be."""
        done: dict[str, float] = {}
        for r in self.resources:
            done[r.key] = r.expected_s + max((done[d] for d in r.depends_on), default=0.0)
        return done

    @property
    def critical_path_s(self) -> float:
        """Expected seconds of the longest chain."""
        return max(self.finish_s.values(), default=0.0)

    @cached_property
    def critical_path(self) -> tuple[str, ...]:
        """Keys of the longest chain, first to last."""
        key = max(self.finish_s, key=lambda k: self.finish_s[k], default=None)
        chain: list[str] = []
        while key:
            chain.append(key)
            key = max(self[key].depends_on, key=lambda k: self.finish_s[k], default=None)
        return tuple(reversed(chain))

    def data(self) -> dict[str, Any]:
        """Plain data, as `python -m services plan --json` prints it."""
        return {
            "resources": [_resource_data(r) for r in self.resources],
            "critical_path_s": self.critical_path_s,
        }


def build_plan(config: ProjectConfig) -> Plan:
    """Ask every type of the catalogue for its resources and put them in order of dependency; ties keep a stable order."""
    return Plan(config, _ordered(r for kind in registry.TYPES.values() for r in kind.resources(config)))


def build_release(config: ProjectConfig, release: Release) -> Plan:
    """The same for serving a release in a workspace that stands: what is uploaded, registered, created and tried."""
    parts = _ordered(r for kind in registry.TYPES.values() for r in kind.parts(config, release))
    return Plan(config, parts, release)


def _ordered(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    found = {r.key: r for r in resources}
    linked = {key: _linked(r, found) for key, r in found.items()}
    graph = {key: linked[key].depends_on for key in sorted(found, key=_rank)}
    return tuple(linked[key] for key in TopologicalSorter(graph).static_order())


def _rank(key: str) -> int:
    return list(registry.TYPES).index(registry.of(key).key)


def _linked(resource: Resource, found: dict[str, Resource]) -> Resource:
    """Keep the dependencies that are in the plan, and add those that the body's outputs name."""
    wanted = dict.fromkeys([*resource.depends_on, *(o.key for o in resource.outputs())])
    kept = tuple(key for key in wanted if key in found and key != resource.key)
    return Resource(**{**resource.__dict__, "depends_on": kept})


def _resource_data(r: Resource) -> dict[str, Any]:
    return {
        "key": r.key, "type": r.type, "id": r.id, "name": r.name, "mode": r.mode, "location": r.location, "sku": r.sku,
        "depends_on": list(r.depends_on), "expected_s": r.expected_s if r.is_new else 0.0,
    }  # fmt: skip
