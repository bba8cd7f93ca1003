"""azure-ai-ml, for what plain resource requests can't do: it checks and completes assets as Azure's own tools do.

It is synchronous, slow to import and keeps its cloud in the process: it runs in threads, and only in a worker, which
serves one target.
"""

import asyncio
import os
import tempfile
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from services.cloud import clients
from services.cloud.target import Target

T = TypeVar("T")
# Where azure-ai-ml keeps the name of its cloud; while it is imported, only a name that it knows will do.
CURRENT = "AZUREML_CURRENT_CLOUD"
PUBLIC = "AzureCloud"
_one_at_a_time = threading.Lock()


async def with_client(target: Target, credential: Any, workspace_id: str, act: Callable[[Any], T]) -> T:
    """Let `act` use the client of a workspace, in a thread."""
    return await asyncio.to_thread(lambda: act(_opened(target, credential, workspace_id)))


def put_model(client: Any, name: str, version: str, body: Mapping[str, Any]) -> None:
    """Register a model whose file lies in the blob store already."""
    from azure.ai.ml.entities import Model

    model = Model(name=name, version=version, type=body["type"], path=body["path"], tags=dict(body["tags"]))
    client.models.create_or_update(model)


def put_environment(client: Any, name: str, version: str, body: Mapping[str, Any]) -> None:
    """Register an environment: a conda file over an image, or a folder with a Dockerfile that Azure builds."""
    from azure.ai.ml.entities import BuildContext, Environment

    if "context" in body:
        build, asked = BuildContext(path=body["context"]), body["inference"]
        made = Environment(name=name, version=version, build=build, inference_config=asked)
        client.environments.create_or_update(made)
        return
    with tempfile.TemporaryDirectory() as folder:
        conda = Path(folder) / "conda.yaml"
        conda.write_text(body["conda"])
        made = Environment(name=name, version=version, image=body["image"], conda_file=conda)
        client.environments.create_or_update(made)


def _opened(target: Target, credential: Any, workspace_id: str) -> Any:
    with _one_at_a_time:
        return _client(target, credential, workspace_id)


@cache
def _client(target: Target, credential: Any, workspace_id: str) -> Any:
    """A client of the target, whichever cloud the user's own variables name for azure-ai-ml."""
    os.environ[CURRENT] = PUBLIC
    from azure.ai.ml import MLClient

    group, workspace = clients.group_and_name(workspace_id)
    place = clients.subscription_of(workspace_id), group, workspace
    options: dict[str, Any] = {"show_progress": False, "enable_telemetry": False}
    if target.is_public:
        return MLClient(credential, *place, cloud=PUBLIC, **options)
    if target.ca_bundle:
        options["connection_verify"] = target.ca_bundle
    name = f"Groundplan at {target.endpoint}"  # the library never forgets a cloud, nor takes another for its name
    return MLClient(credential, *place, cloud=name, cloud_metadata=_metadata(target), **options)


def _metadata(target: Target) -> dict[str, str]:
    """A cloud that azure-ai-ml does not know by name, such as Azure Stack or a simulator."""
    return {
        "azure_portal": "https://portal.azure.invalid/",
        "resource_manager": f"{target.endpoint}/",
        "active_directory": f"{target.authority}/",
        "aml_resource_id": target.endpoint,
        "storage_endpoint": "core.windows.net",
        "registry_discovery_endpoint": target.endpoint,
    }
