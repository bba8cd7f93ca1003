"""What a deployment's container is made of, as plain data: it is kept in the state and outlives every restart.

How many instances there are, probes and request settings are no part of it: to change them needs no new container.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.state import Resource, State


@dataclass(frozen=True)
class Spec:
    """The makings of one container."""

    workspace: str  # resource ID, which a datastore is looked for below
    model: dict[str, str] = field(default_factory=dict)  # name, version, uri
    code: str = ""  # uri of the folder
    script: str = ""
    environment: dict[str, str] = field(
        default_factory=dict
    )  # name, version, image, conda; build, routes as JSON
    variables: dict[str, str] = field(default_factory=dict)
    mount_path: str = ""
    memory_gb: float = 7.0  # of one instance
    cores: int = 2  # of one instance

    @property
    def mark(self) -> str:
        """A short name that two specs share only when they are the same."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def spec_of(
    state: State, deployment_id: str, properties: dict[str, Any], memory_gb: float, cores: int
) -> Spec:
    """Return the spec that a deployment's properties ask for; assets are looked up as they are now."""
    code = properties.get("codeConfiguration") or {}
    folder = state.get(str(code.get("codeId") or ""))
    return Spec(
        workspace="/".join(deployment_id.split("/")[:9]),
        model=_asset(state, properties.get("model"), uri="modelUri"),
        code=folder.body["properties"].get("codeUri") or "" if folder else "",
        script=str(code.get("scoringScript") or ""),
        environment=_asset(
            state,
            properties.get("environmentId"),
            image="image",
            conda="condaFile",
            build="build",
            routes="inferenceConfig",
        ),
        variables={str(key): str(value) for key, value in (properties["environmentVariables"] or {}).items()},
        mount_path=properties.get("modelMountPath") or "",
        memory_gb=memory_gb,
        cores=cores,
    )


def read_spec(kept: dict[str, Any] | None) -> Spec | None:
    """Return a spec as it was kept in the state."""
    known = {key: value for key, value in (kept or {}).items() if key in Spec.__dataclass_fields__}
    return Spec(**known) if known else None


def write_spec(spec: Spec) -> dict[str, Any]:
    """Return a spec as it is kept in the state."""
    return asdict(spec)


def _asset(state: State, asset_id: Any, **wanted: str) -> dict[str, str]:
    """Return name, version and some properties of an asset; what is no resource here keeps its own address."""
    if not asset_id:
        return {}
    found = state.get(str(asset_id))
    if found is None:
        return {"name": str(asset_id), "version": ""}
    return {"name": _container(found), "version": found.name} | {
        key: _text(found.body["properties"].get(name)) for key, name in wanted.items()
    }


def _text(value: Any) -> str:
    if not value:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _container(version: Resource) -> str:
    return version.id.rsplit("/versions/", 1)[0].rsplit("/", 1)[1]
