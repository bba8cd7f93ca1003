"""The contract of a resource type: what it declares, what it puts into a plan, how it is made and removed.

The body built here is the single truth: the SDK call, the graphs and every export read the same one.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, cast

from services.config import Basics, Problem, ProjectConfig, Section
from services.naming import NameRule
from services.release import Release

Mode = Literal["new", "existing"]
Layer = Literal["scope", "data", "learning", "production", "security", "devops"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Output:
    """A value in a body that is known only after another resource exists, such as an identity's principal ID.

    `path` is dotted and leads through the finished resource's ARM JSON: `identity.principalId`.
    """

    key: str
    path: str

    def reference(self) -> str:
        """How it reads where it can't be resolved yet."""
        return f"{self.key}.{self.path}"


@dataclass(frozen=True)
class Secret:
    """A secret in a body: where it is kept and which environment variable brings it, never the value itself."""

    vault_id: str
    name: str
    variable: str


@dataclass(frozen=True)
class Look:
    """How graphs show a type: the layer whose colour it takes, its icon's name, whether every project has it."""

    layer: Layer
    icon: str
    obligatory: bool = True


@dataclass(frozen=True)
class Resource:
    """One node of a plan: a resource of Azure with its ID, its body and what must stand before it.

    `expected_s` is what Azure usually takes, in seconds (facts measured from public logs).
    """

    key: str
    type: str
    api_version: str
    name: str
    id: str
    mode: Mode
    label: str
    look: Look
    location: str
    body: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    expected_s: float = 0.0
    sku: str = ""
    section: str = ""

    @property
    def is_new(self) -> bool:
        """Whether a run makes it; an existing one is only read."""
        return self.mode == "new"

    def plain_body(self) -> dict[str, Any]:
        """The body as plain data: what is known later, and secrets, stand as references."""
        return cast(dict[str, Any], _plain(self.body))

    def outputs(self) -> tuple[Output, ...]:
        """Every `Output` that the body holds."""
        return tuple(_outputs(self.body))


@dataclass(frozen=True)
class Begun:
    """The answer to a begin: a token to poll with while an operation goes on, or the finished resource."""

    token: str | None = None
    resource: Mapping[str, Any] | None = None
    correlation_id: str = ""
    request_id: str = ""


class Refused(Exception):
    """A step that has run and found something wrong, such as a smoke test: a code and what was found."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Cloud(Protocol):
    """What types may ask of a cloud; `services.cloud` has the one implementation. All of it raises `CloudError`."""

    async def get(self, id: str, api_version: str) -> dict[str, Any] | None:
        """Read a resource by its ID; None when there is none."""

    async def finish_put(self, id: str, api_version: str, token: str) -> dict[str, Any]:
        """Follow an accepted operation to its end and give the resource."""

    async def begin_put(self, id: str, api_version: str, body: Mapping[str, Any]) -> Begun:
        """Ask Azure to create or change a resource by its ID."""

    async def put_secret(self, vault_id: str, name: str, value: str) -> None:
        """Write a secret into a vault through the management plane."""

    async def begin_delete(self, id: str, api_version: str, params: Mapping[str, str] | None = None) -> Begun:
        """Ask Azure to delete a resource by its ID, with further query parameters."""

    async def finish_delete(self, id: str, api_version: str, token: str) -> None:
        """Follow an accepted deletion to its end."""

    async def purge_vault(self, id: str, location: str) -> None:
        """Remove a deleted vault for good, so that its name is free."""

    async def deleted_vaults(self, subscription_id: str) -> list[dict[str, Any]]:
        """The deleted vaults that can be recovered: name, properties.location, properties.vaultId."""

    async def blob(self, workspace_id: str, path: str) -> dict[str, Any] | None:
        """The properties of a file in the workspace's blob store: size, metadata; None when there is none."""

    async def upload(
        self, workspace_id: str, path: str, source: str, metadata: Mapping[str, str], say: Say
    ) -> dict[str, Any]:
        """Bring a file into the workspace's blob store, going on where an earlier try stopped; its properties."""

    async def write_blobs(self, workspace_id: str, folder: str, files: Mapping[str, str]) -> str:
        """Write small texts into a folder of the workspace's blob store; the folder's URL."""

    async def delete_blob(self, workspace_id: str, path: str) -> None:
        """Remove a file, or all below a folder that ends in a slash; what is gone already is no error."""

    async def register_model(
        self, workspace_id: str, name: str, version: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Register a file of the workspace's blob store as a version of a model; the version's ARM JSON."""

    async def register_environment(
        self, workspace_id: str, name: str, version: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Register a version of an environment; its ARM JSON."""

    async def score(
        self, endpoint_id: str, deployment: str, request: Any, timeout_s: float
    ) -> tuple[int, Any, float]:
        """Ask one deployment of an endpoint: status, answer (JSON, else text), seconds."""


class ResourceType:
    """One Azure resource type. Subclasses declare the class variables and fill in `resources` and `body`.

    `shows` lists paths of the finished resource's ARM JSON that are worth showing and hold no secret.
    `soft_delete_days` is how long Azure keeps a deleted one, and its name; 0 where it is gone at once.
    `leaves` is whether something stands afterwards that can be removed; a smoke test leaves nothing.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    arm_type: ClassVar[str]
    api_version: ClassVar[str]
    name_rule: ClassVar[NameRule]
    docs: ClassVar[str]
    pricing: ClassVar[str]
    expected_s: ClassVar[float]
    look: ClassVar[Look]
    shows: ClassVar[tuple[str, ...]] = ()
    soft_delete_days: ClassVar[int] = 0
    leaves: ClassVar[bool] = True
    Settings: ClassVar[type[Section]]
    registered: ClassVar[dict[str, "ResourceType"]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Register every type that has a key, by being there."""
        super().__init_subclass__(**kwargs)
        if "key" in cls.__dict__:
            ResourceType.registered[cls.key] = cls()

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """The resources of this type that the configuration asks for: none, one or more."""
        return ()

    def parts(self, config: ProjectConfig, release: Release) -> Iterable[Resource]:
        """The resources of this type that serving a release asks for: none, one or more."""
        return ()

    async def find(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """What stands of it, as ARM JSON; None when nothing does. By default a GET by resource ID."""
        return await cloud.get(resource.id, resource.api_version)

    async def follow(self, cloud: Cloud, resource: Resource, token: str, say: Say) -> Mapping[str, Any]:
        """Follow what `create` has begun to its end and give what stands; `say` tells how far it is."""
        return await cloud.finish_put(resource.id, resource.api_version, token)

    async def stands(self, cloud: Cloud, resource: Resource) -> Mapping[str, Any] | None:
        """What of it a deletion would take away; None when nothing. By default what `find` gives."""
        return await self.find(cloud, resource)

    async def gone(self, cloud: Cloud, resource: Resource) -> bool:
        """Whether a deletion has come to its end."""
        return await self.stands(cloud, resource) is None

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Begin creating; `body` has its outputs resolved. By default a PUT by resource ID."""
        return await cloud.begin_put(resource.id, resource.api_version, body)

    async def update(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Begin changing what stands; `body` has its outputs resolved. By default the same as `create`."""
        return await self.create(cloud, resource, body)

    async def delete(self, cloud: Cloud, resource: Resource, purge: bool) -> Begun:
        """Begin deleting; `purge` asks for good, where that is part of the request. By default a DELETE by ID."""
        return await cloud.begin_delete(resource.id, resource.api_version)

    async def purge(self, cloud: Cloud, resource: Resource, location: str) -> None:  # most leave nothing
        """Remove what a deletion has left behind, where that is a request of its own."""

    async def deleted_twin(self, cloud: Cloud, name: str, subscription_id: str) -> bool:
        """Whether a soft-deleted resource of ours holds a name in the world; most types give theirs back at once."""
        return False

    async def purge_deleted(self, cloud: Cloud, resource: Resource) -> None:
        """Remove a soft-deleted resource that holds the name, whoever has deleted it, and wait for the end."""
        await self.purge(cloud, resource, resource.location)

    async def recover(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Begin to bring a soft-deleted resource back. By default a PUT does it, as for Log Analytics."""
        return await cloud.begin_put(resource.id, resource.api_version, body)

    def unsuitable(self, found: Mapping[str, Any], config: ProjectConfig) -> str | None:
        """Why an existing resource (ARM JSON) can't serve this project; None when it can."""
        return None

    def resource(self, config: ProjectConfig, settings: Section, **more: Any) -> Resource:
        """Fill in a node from settings with `mode`, `name` and `id`."""
        values: dict[str, Any] = {
            "key": self.key,
            "type": self.arm_type,
            "api_version": self.api_version,
            "name": getattr(settings, "name", ""),
            "id": resource_id(config, self.arm_type, settings),
            "mode": getattr(settings, "mode", "new"),
            "label": self.label,
            "look": self.look,
            "location": config.location,
            "expected_s": self.expected_s,
            "section": settings.section,
            "sku": str(getattr(settings, "sku", "") or ""),
        }
        values |= more
        if values["mode"] == "existing":
            values |= {"expected_s": 0.0, "sku": ""}
        return Resource(**values)


class NamedSettings(Section):
    """Settings of a resource that is new or existing: an existing one is given by name (in this group) or by ID."""

    id_type: ClassVar[str] = ""
    mode: Literal["new", "existing"] = "new"
    name: str = ""
    id: str | None = None

    @classmethod
    def complete(cls, given: Mapping[str, Any], basics: Basics) -> dict[str, Any]:
        """Take the name of an existing resource from its ID."""
        from_id = {"name": str(given["id"]).rstrip("/").rpartition("/")[2]} if given.get("id") else {}
        return super().complete(given, basics) | from_id

    def problems(self) -> Iterator[Problem]:
        """An ID must be one of this type; its name was Azure's choice, not ours to check."""
        if self.mode == "existing" and self.id is not None and not _is_id(self.id, self.id_type):
            shape = f"/subscriptions/<id>/resourceGroups/<group>/providers/{self.id_type}/<name>"
            if self.id_type == "Microsoft.Resources/resourceGroups":
                shape = "/subscriptions/<id>/resourceGroups/<group>"
            yield Problem(
                f"{self.section}.id", "resource_id", f"This is not the resource ID of one: {shape}."
            )
        yield from super().problems()

    def uses(self, key: str) -> bool:
        """Only an existing resource has an ID; only a new one has further choices; none has nothing."""
        if self.mode == "existing":
            return key in ("mode", "id") if self.id else key in ("mode", "name")
        return key == "mode" if self.mode not in ("new", "existing") else key != "id"


def group_id(config: ProjectConfig) -> str:
    """The resource ID of the project's resource group."""
    group = named(config, "resource_group")
    return group.id or f"/subscriptions/{config.subscription_id}/resourceGroups/{group.name}"


def named(config: ProjectConfig, section: str) -> NamedSettings:
    """The settings of a section with `mode`, `name` and `id`, for a type that may not import the other's file."""
    return cast(NamedSettings, config.sections[section])


def resource_id(config: ProjectConfig, arm_type: str, settings: Section) -> str:
    """The ID of a resource: the given one, or its place in the project's resource group."""
    given = getattr(settings, "id", None)
    return str(given) if given else f"{group_id(config)}/providers/{arm_type}/{getattr(settings, 'name', '')}"


def tags(config: ProjectConfig) -> dict[str, str]:
    """The user's tags and our own: the project, and the digest's place is in exports, so that a re-run changes nothing."""
    return {**config.core.tags, "groundplan-project": config.name[:256]}


def _plain(value: Any) -> Any:
    if isinstance(value, Output):
        return f"${{{value.reference()}}}"
    if isinstance(value, Secret):
        return f"${{secret {value.name}}}"
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def _outputs(value: Any) -> Iterable[Output]:
    if isinstance(value, Output):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _outputs(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _outputs(item)


def _is_id(text: str, arm_type: str) -> bool:
    """Whether it is the ID of a resource of that type: names and type segments take turns."""
    namespace, *kinds = arm_type.split("/")
    below = "".join(f"/{re.escape(kind)}/[^/]+" for kind in kinds)
    place = f"/providers/{re.escape(namespace)}{below}" if kinds != ["resourceGroups"] else ""
    return (
        re.fullmatch(rf"/subscriptions/[0-9a-f-]{{36}}/resourceGroups/[^/]+{place}", text, re.IGNORECASE)
        is not None
    )
