"""Reading choices into a configuration: every default filled in, every mistake named with its path and a way out.

It stands above the catalogue because the resource types bring their own sections.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from services import mistakes
from services.catalogue import registry
from services.config import (
    Basics,
    ConfigError,
    Core,
    Problem,
    ProjectConfig,
    Section,
)  # fmt: skip

assert registry.TYPES, "the catalogue brings the sections"


@dataclass(frozen=True)
class Parsed:
    """What came of reading a draft: the best configuration that it gives, and everything wrong with it.

    Values that break only a name rule are kept, so that the page shows what was typed; values of a wrong
    type give way to the default.
    """

    config: ProjectConfig
    problems: tuple[Problem, ...] = ()

    def strict(self) -> ProjectConfig:
        """The configuration, or `ConfigError` with every problem."""
        if self.problems:
            raise ConfigError(self.problems)
        return self.config

    def at(self, path: str) -> tuple[Problem, ...]:
        """The problems of one key and of those below it."""
        return tuple(p for p in self.problems if p.path == path or p.path.startswith(f"{path}."))


def parse(choices: Any, *, subscription_id: str | None = None) -> Parsed:
    """Read plain data (`choices`: only what the user chose) into a configuration with every default.

    `subscription_id` stands in where the choices name none: the rehearsal's own, read from the running simulator.
    """
    if not isinstance(choices, Mapping):
        fallback = parse({"name": "project"}).config
        return Parsed(
            fallback, (Problem("", "mapping", "The file must hold keys and values, as in `name: churn`."),)
        )
    problems = list(_unknown_keys(choices))
    core = _core(choices, subscription_id, problems)
    sections = _sections(choices, core, problems)
    for section in sections.values():
        problems.extend(section.problems())
    problems.extend(_core_problems(core, choices))
    return Parsed(
        ProjectConfig(core, MappingProxyType(sections), MappingProxyType(dict(choices))), tuple(problems)
    )


def minimal(config: ProjectConfig) -> dict[str, Any]:
    """The smallest choices that give this configuration, so that names go on following what they derive from."""
    choices: dict[str, Any] = config.data()
    wanted = config.data()
    for path in [(s, k) for s, v in wanted.items() if isinstance(v, dict) for k in v] + [
        (k,) for k in wanted
    ]:
        shorter = _without(choices, path)
        parsed = parse(shorter)
        if not parsed.problems and parsed.config.data() == wanted:
            choices = shorter
    return choices


def _without(choices: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    if len(path) == 1:
        return {k: v for k, v in choices.items() if k != path[0]}
    return {
        k: _without(v, path[1:]) if k == path[0] and isinstance(v, dict) else v for k, v in choices.items()
    }


def _unknown_keys(choices: Mapping[str, Any]) -> Iterator[Problem]:
    known = [*Core.model_fields, *Section.SECTIONS]
    for key in choices:
        if key not in known:
            yield mistakes.unknown_key(str(key), known)


def _core(choices: Mapping[str, Any], subscription_id: str | None, problems: list[Problem]) -> Core:
    given = {k: v for k, v in choices.items() if k in Core.model_fields and v is not None}
    if subscription_id and given.get("cloud", "rehearsal") == "rehearsal":
        given.setdefault("subscription_id", subscription_id)
    if isinstance(given.get("data_sources"), list):
        given["data_sources"] = tuple(given["data_sources"])
    fallback = {"name": "project"}
    return _validated(Core, given, fallback, "", problems)


def _sections(choices: Mapping[str, Any], core: Core, problems: list[Problem]) -> dict[str, Section]:
    basics = Basics(core.name, core.subscription_id)
    sections: dict[str, Section] = {}
    for kind in sorted(Section.SECTIONS.values(), key=lambda k: k.order):
        given = choices.get(kind.section)
        if given is not None and not isinstance(given, Mapping):
            problems.append(
                Problem(kind.section, "wrong_type", f"`{kind.section}` must hold keys and values.")
            )
            given = None
        complete = kind.complete(given or {}, basics)
        sections[kind.section] = _validated(kind, complete, kind.complete({}, basics), kind.section, problems)
        if kind.section == "resource_group":
            basics = Basics(
                core.name, core.subscription_id, str(getattr(sections["resource_group"], "name", ""))
            )
    return sections


M = TypeVar("M", bound=BaseModel)


def _validated(
    kind: type[M], given: dict[str, Any], fallback: dict[str, Any], path: str, problems: list[Problem]
) -> M:
    """Validate; on errors note each with its path and go on with the defaults of the keys that are wrong."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = {str(e["loc"][0]) if e["loc"] else "" for e in error.errors()}
        problems.extend(mistakes.problem(kind, path, e) for e in error.errors())
        good = {k: v for k, v in given.items() if k not in wrong}
        good |= {k: fallback[k] for k in wrong if k in fallback}
        return kind.model_validate(good if "" not in wrong else fallback)


def _core_problems(core: Core, choices: Mapping[str, Any]) -> Iterator[Problem]:
    if not core.name.isprintable():
        clean = "".join(c for c in core.name if c.isprintable()) or "project"
        yield Problem("name", "printable", "The name holds characters that can't be printed.", clean)
    if core.cloud == "azure" and not choices.get("subscription_id"):
        yield Problem(
            "subscription_id", "required", "Azure needs the ID of a subscription: `az account list -o table`."
        )
    elif not _is_guid(core.subscription_id):
        yield Problem(
            "subscription_id",
            "guid",
            f"{core.subscription_id!r} is not a subscription ID (8-4-4-4-12 digits).",
        )
    yield from _tag_problems(core.tags)
    if len(set(core.data_sources)) != len(core.data_sources):
        yield Problem(
            "data_sources",
            "unique",
            "Each data source stands once.",
            ", ".join(dict.fromkeys(core.data_sources)),
        )


def _tag_problems(tags: Mapping[str, str]) -> Iterator[Problem]:
    if len(tags) > 50:
        yield Problem("tags", "length", f"Azure takes 50 tags at most; there are {len(tags)}.")
    for key, value in tags.items():
        bad = [c for c in key if c in "<>%&\\?/"]
        if bad or not 1 <= len(key) <= 512:
            fit = "".join(c for c in key if c not in "<>%&\\?/")[:512] or None
            yield Problem(
                f"tags.{key}",
                "characters",
                "A tag's name has 1-512 characters and none of < > % & \\ ? /.",
                fit,
            )
        if len(value) > 256:
            yield Problem(
                f"tags.{key}",
                "length",
                f"A tag's value has at most 256 characters; this one has {len(value)}.",
            )


def _is_guid(text: str) -> bool:
    parts = text.split("-")
    return [len(p) for p in parts] == [8, 4, 4, 4, 12] and all(
        c in "0123456789abcdefABCDEF" for p in parts for c in p
    )
