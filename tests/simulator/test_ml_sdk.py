"""azure-ai-ml, unmodified, against the simulator: what a user of it would call."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    AmlCompute,
    AzureBlobDatastore,
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    Workspace,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from tests.simulator.blobs import loopback_names
from tests.simulator.conftest import Running
from tests.simulator.served import CONDA, SCORE

GROUP, WORKSPACE, PLACE = "rg-shared-data", "mlw-sdk", "westeurope"


@pytest.fixture(scope="module")
def client(simulator: Running) -> Iterator[Any]:
    """A client of the rehearsal's cloud; the CA by environment, as its own template client wants it."""
    ready = simulator.ready
    os.environ["REQUESTS_CA_BUNDLE"] = ready["ca_bundle"]
    endpoint = ready["endpoint"]
    cloud = {
        "azure_portal": "https://portal.rehearsal.localhost",
        "resource_manager": endpoint + "/",
        "active_directory": endpoint + "/",
        "aml_resource_id": endpoint,
        "storage_endpoint": ready["blob_suffix"],
        "registry_discovery_endpoint": endpoint,
    }
    with loopback_names():
        yield MLClient(
            simulator.credential(),
            ready["subscription_id"],
            GROUP,
            WORKSPACE,
            cloud="RehearsalCloud",
            cloud_metadata=cloud,
            show_progress=False,
            connection_verify=ready["ca_bundle"],
            polling_interval=0.2,
        )


@pytest.fixture(scope="module")
def workspace(client: Any) -> Any:
    """A workspace made by the SDK's own deployment of its template."""
    return client.workspaces.begin_create(Workspace(name=WORKSPACE, location=PLACE)).result()


def test_workspace(client: Any, workspace: Any, simulator: Running) -> None:
    """The template makes the workspace with storage, vault, logs and insights; get, list, update and diagnose follow."""
    assert workspace.name == WORKSPACE
    names = {one.name for one in client.workspaces.list()}
    assert WORKSPACE in names
    assert client.workspaces.get(WORKSPACE).storage_account
    assert client.workspaces.get_keys(WORKSPACE).user_storage_key
    updated = client.workspaces.begin_update(
        Workspace(name=WORKSPACE, description="told"), update_dependent_resources=True
    )
    assert updated.result().description == "told"
    assert client.workspaces.begin_diagnose(WORKSPACE).result().storage_account_results == []
    root = f"{simulator.subscription}/resourceGroups/{GROUP}"
    listed = simulator.arm("GET", f"{root}/deployments/?api-version=2020-06-01").body["value"]
    assert listed[0]["properties"]["provisioningState"] == "Succeeded"


def test_datastores(client: Any, workspace: Any) -> None:
    """The default is there; one's own is made, listed and deleted."""
    assert client.datastores.get_default().name == "workspaceblobstore"
    mine = AzureBlobDatastore(name="mine", account_name="stshareddata", container_name="raw")
    assert client.datastores.create_or_update(mine).name == "mine"
    assert "mine" in {one.name for one in client.datastores.list()}
    client.datastores.delete("mine")
    with pytest.raises(ResourceNotFoundError):
        client.datastores.get("mine")


def test_assets(client: Any, workspace: Any) -> None:
    """Versions count up, @latest is the newest, archived ones are left out of lists."""
    path = "azureml://datastores/workspaceblobstore/paths/models/m.pkl"
    first = client.models.create_or_update(Model(name="churn", path=path, type="custom_model"))
    second = client.models.create_or_update(Model(name="churn", path=path, type="custom_model"))
    assert (first.version, second.version) == ("1", "2")
    assert client.models.get("churn", label="latest").version == "2"
    client.models.archive("churn", "1")
    assert [one.version for one in client.models.list("churn")] == ["2"]
    client.models.restore("churn", "1")
    assert len(list(client.models.list("churn"))) == 2
    environment = Environment(name="env", image="mcr.microsoft.com/azureml/base", conda_file=str(_conda()))
    assert client.environments.create_or_update(environment).version == "1"
    assert client.environments.get("env", label="latest").conda_file["name"] == "env"


def test_endpoint_and_deployment(client: Any, workspace: Any, simulator: Running, tmp_path: Path) -> None:
    """A local model and local code are uploaded, deployed and invoked; keys, logs, scale and deletion follow."""
    (tmp_path / "model.json").write_text('{"weights": [1, 2]}')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "score.py").write_text(SCORE)
    (tmp_path / "conda.yaml").write_text(
        CONDA.format(python=f"{sys.version_info.major}.{sys.version_info.minor}")
    )
    endpoint = client.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name="churn-api", auth_mode="key")
    ).result()
    assert endpoint.provisioning_state == "Succeeded"
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
    blue = ManagedOnlineDeployment(
        name="blue", endpoint_name="churn-api", instance_type="Standard_DS2_v2", instance_count=1,
        model=Model(name="weights", path=str(tmp_path / "model.json"), type="custom_model"),
        environment=Environment(name="served", image=image, conda_file=str(tmp_path / "conda.yaml")),
        code_configuration=CodeConfiguration(code=str(tmp_path / "src"), scoring_script="score.py"),
    )  # fmt: skip
    assert client.online_deployments.begin_create_or_update(blue).result().instance_type == "Standard_DS2_v2"
    endpoint.traffic = {"blue": 100}
    assert client.online_endpoints.begin_create_or_update(endpoint).result().traffic == {"blue": 100}
    request = tmp_path / "request.json"
    request.write_text('{"data": [[1, 1], [2, 3]]}')
    answer = client.online_endpoints.invoke("churn-api", request_file=str(request), deployment_name="blue")
    assert json.loads(answer) == {"predictions": [3, 8]}
    before = client.online_endpoints.get_keys("churn-api")
    client.online_endpoints.begin_regenerate_keys("churn-api", key_type="primary").result()
    after = client.online_endpoints.get_keys("churn-api")
    assert before.primary_key != after.primary_key
    assert before.secondary_key == after.secondary_key
    assert "weights [1, 2]" in client.online_deployments.get_logs("blue", "churn-api", lines=40)
    mounted = client.online_deployments.get_logs("blue", "churn-api", 9, container_type="storage-initializer")
    assert "Mounted the model" in mounted
    blue.instance_count = 2
    assert client.online_deployments.begin_create_or_update(blue).result().instance_count == 2
    with pytest.raises(HttpResponseError, match="traffic"):
        client.online_deployments.begin_delete("blue", "churn-api").result()
    client.online_endpoints.begin_delete("churn-api").result()
    with pytest.raises(ResourceNotFoundError):
        client.online_endpoints.get("churn-api")


def test_quota(client: Any, workspace: Any) -> None:
    """A deployment that needs more cores than the family has is refused with Azure's arithmetic."""
    client.online_endpoints.begin_create_or_update(
        ManagedOnlineEndpoint(name="big-api", auth_mode="key")
    ).result()
    big = ManagedOnlineDeployment(
        name="blue", endpoint_name="big-api", model="azureml:churn:1", environment="azureml:env:1",
        instance_type="Standard_F16s_v2", instance_count=6,
    )  # fmt: skip
    with pytest.raises(HttpResponseError, match=r"limit: 0/100\. Additional needed: 128"):
        client.online_deployments.begin_create_or_update(big).result()


def test_compute(client: Any, workspace: Any) -> None:
    """A cluster is made, listed and deleted."""
    made = client.compute.begin_create_or_update(
        AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=2)
    ).result()
    assert made.provisioning_state == "Succeeded"
    assert "cpu" in {one.name for one in client.compute.list()}
    client.compute.begin_delete("cpu").result()
    with pytest.raises(ResourceNotFoundError):
        client.compute.get("cpu")


def test_workspace_is_deleted_softly_and_for_good(client: Any, workspace: Any, simulator: Running) -> None:
    """Softly deleted, its name is blocked until it is purged; deleted for good, it is free at once."""
    path = f"{simulator.subscription}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces"
    client.workspaces.begin_delete(WORKSPACE, delete_dependent_resources=False).result()
    with pytest.raises(ResourceNotFoundError):
        client.workspaces.get(WORKSPACE)
    with pytest.raises(Exception, match=r"(?i)soft-deleted"):
        client.workspaces.begin_create(Workspace(name=WORKSPACE, location=PLACE)).result()
    # The SDK looks for the workspace before it purges, so what is deleted already is purged as the portal does it.
    assert (
        simulator.arm("DELETE", f"{path}/{WORKSPACE}?forceToPurge=true", version="2024-04-01").status == 200
    )
    assert (
        client.workspaces.begin_create(Workspace(name=WORKSPACE, location=PLACE)).result().name == WORKSPACE
    )
    client.workspaces.begin_delete(
        WORKSPACE, delete_dependent_resources=False, permanently_delete=True
    ).result()
    assert (
        client.workspaces.begin_create(Workspace(name=WORKSPACE, location=PLACE)).result().name == WORKSPACE
    )


def _conda() -> Path:
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"conda-{os.getpid()}.yaml"
    file.write_text("name: env\nchannels: [conda-forge]\ndependencies: [python=3.11, pip]\n")
    return file
