"""Where the parts of a release are: IDs and addresses below the workspace, and what an endpoint's body keeps."""

import copy
from collections.abc import Mapping
from typing import Any

from services.catalogue.base import named, resource_id
from services.config import ProjectConfig
from services.naming import NameRule
from services.release import Release

WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
STORE = "workspaceblobstore"
ASSET_RULE = NameRule(
    "asset", "workspace", 1, 255, r"[a-zA-Z0-9_-]",
    "Letters, digits, hyphens and underscores; starts with a letter or digit.", "", r"[a-zA-Z0-9][a-zA-Z0-9_-]*",
)  # fmt: skip
# What Azure gives back in an endpoint and does not take again.
READ_ONLY = ("scoringUri", "swaggerUri", "provisioningState", "keys")


def workspace(config: ProjectConfig) -> str:
    """The resource ID of the project's workspace."""
    return resource_id(config, WORKSPACES, named(config, "workspace"))


def endpoint_id(config: ProjectConfig, name: str) -> str:
    """The resource ID of an online endpoint."""
    return f"{workspace(config)}/onlineEndpoints/{name}"


def asset_id(config: ProjectConfig, kind: str, name: str, version: str) -> str:
    """The resource ID of a version of an asset; kind is models, environments or codes."""
    return f"{workspace(config)}/{kind}/{name}/versions/{version}"


def store_id(config: ProjectConfig, path: str) -> str:
    """How a file in the workspace's blob store is named among resources: it has no ID of Azure's own."""
    return f"{workspace(config)}/datastores/{STORE}/paths/{path}"


def store_uri(config: ProjectConfig, path: str) -> str:
    """The address of a file in the workspace's blob store, as assets refer to it."""
    place = workspace(config).split("/")
    group, name = place[4], place[-1]
    return f"azureml://subscriptions/{place[2]}/resourcegroups/{group}/workspaces/{name}/datastores/{STORE}/paths/{path}"


def model_path(release: Release) -> str:
    """Where a release's file lies in the blob store: by its content, so that the same file is brought once."""
    return f"groundplan/models/{release.sha256}/{release.file_name}"


def workspace_id(id: str) -> str:
    """The workspace that an ID lies below."""
    return "/".join(id.split("/")[:9])


def blob_path(id: str) -> str:
    """The path of a file within the blob store."""
    return id.partition("/paths/")[2]


def asset_of(id: str) -> tuple[str, str]:
    """Name and version of an asset."""
    parts = id.split("/")
    return parts[-3], parts[-1]


def with_traffic(endpoint: Mapping[str, Any], shares: Mapping[str, int]) -> dict[str, Any]:
    """An endpoint as it is, ready to be put with other shares of traffic."""
    kept = {key: copy.deepcopy(endpoint[key]) for key in ("location", "tags", "kind") if key in endpoint}
    kept["identity"] = {"type": (endpoint.get("identity") or {}).get("type", "SystemAssigned")}
    given = endpoint.get("properties") or {}
    properties = {k: v for k, v in given.items() if k not in READ_ONLY and v is not None}
    return {**kept, "properties": properties | {"traffic": dict(shares)}}
