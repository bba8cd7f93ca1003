"""The project configuration: the one noun that draws the graphs, makes the plan and becomes `project.yaml`.

Core keys and the sections that are no Azure resource stand here. A resource type brings its own section: a subclass of
`Section` registers itself by being there, so that adding a type is adding one file of the catalogue.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services import naming
from services.naming import NameRule

# The rehearsal's subscription when no simulator says otherwise (its own default, `--seed 0`).
REHEARSAL_SUBSCRIPTION = "a9f878f9-874b-5edc-99bf-5165dcedfd8e"
Cloud = Literal["rehearsal", "azure"]
Source = Literal["csv", "xlsx", "json", "sql"]
ENDPOINT = NameRule(
    "online endpoint", "region", 3, 32, r"[a-zA-Z0-9-]", "Letters, digits and hyphens, starting with a letter.", "",
    r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?",
)  # fmt: skip
DEPLOYMENT = NameRule(
    "online deployment", "endpoint", 3, 32, r"[a-zA-Z0-9-]", "Letters, digits and hyphens, starting with a letter.", "",
    r"[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?",
)  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a configuration: the key's path (`storage_account.name`), the rule, what to do."""

    path: str
    rule: str
    message: str
    suggestion: str | None = None

    def __str__(self) -> str:
        """One line for stderr."""
        hint = f" Try: {self.suggestion}" if self.suggestion else ""
        return f"{self.path or 'project.yaml'}: {self.message}{hint} [{self.rule}]"


class ConfigError(ValueError):
    """A configuration that cannot be used, with every problem that was found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Basics:
    """What default names are made of: the project's name, the subscription and the resource group."""

    name: str
    subscription_id: str
    resource_group: str = ""

    def suggest(self, rule: NameRule) -> str:
        """The default name of this project's resource under `rule`."""
        unique = naming.suffix(self.subscription_id, self.resource_group, self.name)
        return naming.default_name(rule, self.name, unique)


class Section(BaseModel):
    """One section of `project.yaml`. A field annotated with a `NameRule` gets its default and its check from the rule."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
    SECTIONS: ClassVar[dict[str, type["Section"]]] = {}
    section: ClassVar[str] = ""
    order: ClassVar[int] = 0

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register every class that names its section."""
        if cls.section:
            Section.SECTIONS[cls.section] = cls

    @classmethod
    def name_rules(cls) -> dict[str, NameRule]:
        """The fields that hold names, with the rule of each."""
        found = {
            key: [m for m in field.metadata if isinstance(m, NameRule)]
            for key, field in cls.model_fields.items()
        }
        return {key: rules[0] for key, rules in found.items() if rules}

    @classmethod
    def defaults(cls, basics: Basics) -> dict[str, Any]:
        """The values of keys that the user left open and that depend on the project."""
        return {key: basics.suggest(rule) for key, rule in cls.name_rules().items()}

    @classmethod
    def complete(cls, given: Mapping[str, Any], basics: Basics) -> dict[str, Any]:
        """Add the defaults to what was given: the input of validation."""
        return cls.defaults(basics) | dict(given)

    def problems(self) -> Iterator[Problem]:
        """Check what types alone can't say: here the name rules of fields in use."""
        for key, rule in self.name_rules().items():
            found = naming.broken(rule, getattr(self, key)) if self.uses(key) else None
            if found:
                yield Problem(f"{self.section}.{key}", found.rule, found.message, found.suggestion)

    def uses(self, key: str) -> bool:
        """Whether the field matters under the other choices."""
        return key in type(self).model_fields

    def data(self) -> dict[str, Any]:
        """Plain data of the fields in use, in the order of declaration."""
        return {k: v for k, v in self.model_dump(mode="json").items() if self.uses(k) and v is not None}


class Learning(Section):
    """How the model is learned; it decides the scaffold and the conceptual graph."""

    section = "learning"
    order = 80
    language: Literal["python", "r"] = Field("python", title="Language")
    framework: Literal["scikit-learn", "pytorch", "onnx", "xgboost", "lightgbm", "r"] = Field(
        "scikit-learn", title="Framework"
    )

    @classmethod
    def complete(cls, given: Mapping[str, Any], basics: Basics) -> dict[str, Any]:
        """R brings its own framework; a Python project starts with scikit-learn."""
        default = {"framework": "r"} if given.get("language") == "r" else {}
        return default | dict(given)

    def problems(self) -> Iterator[Problem]:
        """A framework belongs to its language."""
        if (self.language == "r") != (self.framework == "r"):
            fit = "r" if self.language == "r" else "scikit-learn"
            message = f"{self.framework} is not used from {'R' if self.language == 'r' else 'Python'}."
            yield Problem("learning.framework", "framework_language", message, fit)


class Production(Section):
    """The online endpoint that will serve the model; it is made when a model is deployed."""

    section = "production"
    order = 90
    endpoint: Annotated[str, ENDPOINT] = Field(
        "", title="Online endpoint", description="Unique in its region."
    )
    deployment: Annotated[str, DEPLOYMENT] = Field("blue", title="Online deployment")
    instance_type: Annotated[str, StringConstraints(pattern=r"^Standard_[A-Za-z0-9_]+$", max_length=64)] = (
        Field("Standard_DS2_v2", title="Instance type")
    )
    instance_count: int = Field(1, ge=1, le=20, title="Instance count")

    @classmethod
    def defaults(cls, basics: Basics) -> dict[str, Any]:
        """`<project>-api`, as a name in the region's DNS."""
        words = naming.slug(basics.name)[: ENDPOINT.max - 4].strip("-")
        return {
            "endpoint": naming.suggest(
                ENDPOINT, f"{words}-api" if words[:1].isalpha() else f"ml-{words}"[:28] + "-api"
            )
        }


class DevOps(Section):
    """The platform that holds the repository and its pipelines."""

    section = "devops"
    order = 100
    platform: Literal["github", "azure-devops", "both", "none"] = Field("github", title="DevOps platform")


class Core(BaseModel):
    """The keys of `project.yaml` that are not sections."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
    cloud: Cloud = "rehearsal"
    subscription_id: str = REHEARSAL_SUBSCRIPTION
    location: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+$", max_length=40)] = "westeurope"
    tags: dict[str, str] = Field(default_factory=dict)
    data_sources: tuple[Source, ...] = ("csv",)


S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class ProjectConfig:
    """A validated project: core keys and one `Section` each, reached by type: `config[Learning].language`."""

    core: Core
    sections: Mapping[str, Section]
    choices: Mapping[str, Any]

    def __getitem__(self, kind: type[S]) -> S:
        """The section of that class."""
        return cast(S, self.sections[kind.section])

    @property
    def name(self) -> str:
        """The project's name."""
        return self.core.name

    @property
    def cloud(self) -> Cloud:
        """`rehearsal` or `azure`: the target and the queue of its runs."""
        return self.core.cloud

    @property
    def subscription_id(self) -> str:
        """The subscription that everything goes to."""
        return self.core.subscription_id

    @property
    def location(self) -> str:
        """The region, in Azure's short form."""
        return self.core.location

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What identifies a project once it has been applied: cloud, subscription, resource group, name."""
        group = str(getattr(self.sections["resource_group"], "name", ""))
        return (self.cloud, self.subscription_id, group, self.name)

    @cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the normalised configuration: printed on every picture and export."""
        return hashlib.sha256(json.dumps(self.data(), sort_keys=True).encode()).hexdigest()[:12]

    def data(self) -> dict[str, Any]:
        """Every key in the order of `project.yaml`, as plain data."""
        core = self.core.model_dump(mode="json")
        sources = core.pop("data_sources")
        if self.cloud == "rehearsal" and self.subscription_id == REHEARSAL_SUBSCRIPTION:
            del core["subscription_id"]
        ordered = sorted(self.sections.values(), key=lambda s: s.order)
        resources = {s.section: s.data() for s in ordered if s.order < Learning.order}
        rest = {s.section: s.data() for s in ordered if s.order >= Learning.order}
        return core | resources | {"data_sources": sources} | rest
