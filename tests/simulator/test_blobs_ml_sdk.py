"""azure-ai-ml, unmodified, uploads into and downloads from the simulator's own blob storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import Data, Model
from azure.ai.ml.entities._assets import Code

from tests.simulator import blobs
from tests.simulator.conftest import Running

GROUP, WORKSPACE = "rg-uploads", "mlw-uploads"
PLACE = {"location": "westeurope"}


@pytest.fixture(scope="module")
def account(simulator: Running) -> Iterator[blobs.Account]:
    """A workspace on a storage account, made by ARM; names resolve, and the rehearsal's authority is trusted."""
    with blobs.loopback_names(), blobs.trusted(simulator.ready["ca_bundle"]):
        storage = blobs.account(simulator, GROUP)
        root = f"{simulator.group(GROUP)}/providers"
        vault = f"{root}/Microsoft.KeyVault/vaults/kv-up{storage.name[2:10]}"
        insights = f"{root}/Microsoft.Insights/components/appi-uploads"
        policy = {"tenantId": simulator.ready["tenant_id"], "sku": {"family": "A", "name": "standard"}}
        policy |= {"accessPolicies": []}
        _make(simulator, vault, {**PLACE, "properties": policy}, "2023-07-01")
        web = {**PLACE, "kind": "web", "properties": {"Application_Type": "web"}}
        _make(simulator, insights, web, "2020-02-02")
        ids = {"storageAccount": storage.path, "keyVault": vault, "applicationInsights": insights}
        body = {**PLACE, "identity": {"type": "SystemAssigned"}, "properties": ids}
        _make(
            simulator, f"{root}/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}", body, "2024-04-01"
        )
        yield storage


@pytest.fixture(scope="module")
def client(simulator: Running, account: blobs.Account) -> Any:
    """A client of this simulator; azure-ai-ml keeps clouds by name in the process, so it has a name of its own."""
    endpoint = simulator.ready["endpoint"]
    cloud = {
        "azure_portal": "https://portal.rehearsal.localhost",
        "resource_manager": endpoint + "/",
        "active_directory": endpoint + "/",
        "aml_resource_id": endpoint,
        "storage_endpoint": simulator.ready["blob_suffix"],
        "registry_discovery_endpoint": endpoint,
    }
    name = f"Uploads{endpoint.rpartition(':')[2]}"
    return MLClient(
        simulator.credential(), simulator.ready["subscription_id"], GROUP, WORKSPACE, cloud=name,
        cloud_metadata=cloud, show_progress=False, connection_verify=simulator.ready["ca_bundle"], polling_interval=0.2,
    )  # fmt: skip


def test_model_file(client: Any, simulator: Running, account: blobs.Account, tmp_path: Path) -> None:
    """A model's file lands in the default datastore, is not sent a second time, and comes back as it was."""
    file = tmp_path / "model.pkl"
    file.write_bytes(b"\x80\x04N." * 1000)
    first = client.models.create_or_update(Model(name="churn", path=str(file), type=AssetTypes.CUSTOM_MODEL))
    assert "LocalUpload" in first.path
    sent = _uploads(simulator, account)
    again = client.models.create_or_update(Model(name="churn", path=str(file), type=AssetTypes.CUSTOM_MODEL))
    assert (first.version, again.version) == ("1", "2")
    assert len(sent) == 1
    assert _uploads(simulator, account) == sent
    client.models.download("churn", "1", download_path=str(tmp_path / "back"))
    assert (tmp_path / "back/churn/model.pkl").read_bytes() == file.read_bytes()


def test_folder_as_data(client: Any, account: blobs.Account, tmp_path: Path) -> None:
    """A folder goes up file by file and keeps its shape."""
    folder = tmp_path / "rows"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text("a\n1\n")
    (folder / "deep/b.csv").write_text("b\n2\n")
    made = client.data.create_or_update(Data(name="rows", path=str(folder), type=AssetTypes.URI_FOLDER))
    container = next(
        one.name for one in account.client().list_containers() if "azureml-blobstore" in one.name
    )
    names = [one.name for one in account.client().get_container_client(container).list_blobs()]
    assert sum(name.endswith(("rows/a.csv", "rows/deep/b.csv")) for name in names) == 2
    assert made.path.rstrip("/").endswith("/rows")


def test_code_by_a_signed_address(client: Any, account: blobs.Account, tmp_path: Path) -> None:
    """Code goes to the container that startPendingUpload names, with nothing but its signature."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src/score.py").write_text("def init(): ...\n")
    made = client._code.create_or_update(Code(name="scoring", version="1", path=str(tmp_path / "src")))
    container, name = made.path.split("/")[3:5]
    assert made.path.startswith(account.url)
    found = account.client().get_container_client(container).list_blobs(name_starts_with=name)
    assert [one.name.rsplit("/", 1)[-1] for one in found] == ["score.py"]


def _make(simulator: Running, path: str, body: Any, version: str) -> None:
    answer = simulator.arm("PUT", path, body, version=version)
    assert answer.status < 300, answer.body
    assert simulator.arm("GET", path, version=version).status == 200


def _uploads(simulator: Running, account: blobs.Account) -> list[str]:
    return [
        one["path"]
        for one in simulator.writes()
        if one["path"].startswith(f"{account.host}/azureml-blobstore")
    ]
