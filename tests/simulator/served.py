"""What tests of scoring share: a workspace with files in its store, and endpoints that are deployed over the wire."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import psutil

from tests.simulator.conftest import Answer, Running

VERSION, STORAGE, PLACE = "2024-10-01", "2023-05-01", "westeurope"
CONDA = (
    "dependencies:\n- python={python}\n- pip\n- pip:\n  - azureml-inference-server-http==1.5.1\n  - numpy\n"
)
#: Weights times columns; a request may ask it to fail, to take its time, or to tell what it sees.
SCORE = """
import json, os, time
import numpy as np

def init():
    global weights
    folder = os.environ["AZUREML_MODEL_DIR"]
    with open(os.path.join(folder, "model.json")) as file:
        weights = np.array(json.load(file)["weights"])
    print("weights", weights.tolist())

def run(raw):
    asked = json.loads(raw)
    if asked.get("fail"):
        raise ValueError("this row is bad")
    time.sleep(asked.get("sleep", 0))
    if asked.get("tell"):
        return {"variables": dict(os.environ), "pid": os.getpid(), "home": os.environ["HOME"]}
    return {"predictions": (np.array(asked["data"]) @ weights).tolist()}
"""


def server_in(simulator: Running, home: str) -> psutil.Process:
    """Return the server of the container with this home, seen from outside: inside, numbers are its own."""
    below = psutil.Process(simulator.process.pid).children(recursive=True)
    own = [one for one in below if one.environ().get("HOME") == home]
    return next(one for one in own if one.parent() not in own)


@dataclass
class Workshop:
    """A workspace of a running simulator, its default store, and one online endpoint."""

    simulator: Running
    group: str = "rg-served"
    endpoint: str = ""
    workspace: str = ""
    account: str = ""
    container: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    def open(self, endpoint: str = "churn-api", mode: str = "Key") -> Workshop:
        """Make the workspace, what it stands on, and an endpoint."""
        root = self.simulator.group(self.group) + "/providers/"
        ml, name = root + "Microsoft.MachineLearningServices/workspaces/mlw", self.group.replace("-", "")
        self.account, self.workspace = f"st{name}", ml
        storage, vault, insights = (
            f"{root}Microsoft.Storage/storageAccounts/{self.account}",
            f"{root}Microsoft.KeyVault/vaults/kv-{name}",
            f"{root}Microsoft.Insights/components/appi",
        )
        sku = {"family": "A", "name": "standard"}
        vault_properties = {"tenantId": self.simulator.ready["tenant_id"], "sku": sku, "accessPolicies": []}
        self.put(storage, {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}, STORAGE)
        self.put(vault, {"properties": vault_properties}, "2023-07-01")
        self.put(insights, {"kind": "web", "properties": {"Application_Type": "web"}}, "2020-02-02")
        parts = {"storageAccount": storage, "keyVault": vault, "applicationInsights": insights}
        self.put(ml, {"identity": {"type": "SystemAssigned"}, "properties": parts})
        self.container = self.get(f"{ml}/datastores/workspaceblobstore")["containerName"]
        return self.at(endpoint, mode)

    def at(self, endpoint: str, mode: str = "Key") -> Workshop:
        """Make another endpoint in the same workspace and return a workshop that works at it."""
        more = Workshop(
            self.simulator, self.group, f"{self.workspace}/onlineEndpoints/{endpoint}", self.workspace,
            self.account, self.container, self.tokens,
        )  # fmt: skip
        more.traffic(mode)
        return more

    def put(self, path: str, body: dict[str, Any], version: str = VERSION) -> Answer:
        """Write and wait until it is done."""
        answer = self.simulator.arm("PUT", path, {"location": PLACE, **body}, version)
        assert answer.status < 300, answer.body
        self.wait(path, version)
        return answer

    def wait(self, path: str, version: str = VERSION) -> str:
        """Wait for the end of what goes on at a resource and return its state."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = self.simulator.arm("GET", path, version=version).body["properties"]
            if (state := str(found.get("provisioningState", "Succeeded"))) in {"Succeeded", "Failed"}:
                return state
            time.sleep(0.02)  # the container takes real time, and nothing tells us when it is there
        raise AssertionError(f"{path} does not come to an end")

    def get(self, path: str) -> dict[str, Any]:
        """Return the properties of a resource."""
        return dict(self.simulator.arm("GET", path, version=VERSION).body["properties"])

    def upload(self, name: str, data: str | bytes) -> None:
        """Put a blob into the workspace's store, with the signature that the datastore gives out."""
        if not self.tokens:
            asked = {"expirableSecret": True, "expireAfterHours": 1}
            secret = f"{self.workspace}/datastores/workspaceblobstore/listSecrets"
            self.tokens["sas"] = self.simulator.arm("POST", secret, asked, VERSION).body["sasToken"]
        host = f"{self.account}.blob.{self.simulator.ready['blob_suffix']}"
        headers = {"Host": host, "x-ms-blob-type": "BlockBlob", "x-ms-version": "2024-11-04"}
        path = f"/{self.container}/{name}?{self.tokens['sas']}"
        raw = data.encode() if isinstance(data, str) else data
        answer = self.simulator.raw("PUT", path, headers=headers, data=raw)
        assert answer.status == 201, answer.body

    def model(self, name: str, path: str = "", weights: list[float] | None = None) -> None:
        """Register a model, uploading it unless it lies elsewhere."""
        if not path:
            path = f"models/{name}/model.json"
            self.upload(path, json.dumps({"weights": weights or [1, 2]}))
        root = "azureml:/" + self.workspace.replace("/providers/Microsoft.MachineLearningServices", "")
        uri = f"{root}/datastores/workspaceblobstore/paths/{path}"
        properties = {"modelUri": uri, "modelType": "custom_model"}
        self.put(f"{self.workspace}/models/{name}/versions/1", {"properties": properties})

    def code(self, name: str, text: str = SCORE) -> None:
        """Register a folder of code with one score.py."""
        self.upload(f"code/{name}/src/score.py", text)
        host = f"{self.account}.blob.{self.simulator.ready['blob_suffix']}"
        uri = f"https://{host}/{self.container}/code/{name}/src"
        self.put(f"{self.workspace}/codes/{name}/versions/1", {"properties": {"codeUri": uri}})

    def environment(self, name: str, conda: str) -> None:
        """Register an environment."""
        properties = {"image": "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", "condaFile": conda}
        self.put(f"{self.workspace}/environments/{name}/versions/1", {"properties": properties})

    def deploy(
        self,
        name: str,
        model: str = "m",
        code: str = "good",
        environment: str = "good",
        instances: int = 1,
        **more: Any,
    ) -> dict[str, Any]:
        """Deploy, wait, and return the operation's last status."""
        found = self.begin(name, model, code, environment, instances, **more)
        self.wait(f"{self.endpoint}/deployments/{name}")
        return dict(self.simulator.arm("GET", found.headers["Azure-AsyncOperation"]).body)

    def begin(
        self,
        name: str,
        model: str = "m",
        code: str = "good",
        environment: str = "good",
        instances: int = 1,
        **more: Any,
    ) -> Answer:
        """Begin to deploy."""
        properties = {
            "endpointComputeType": "Managed",
            "model": f"{self.workspace}/models/{model}/versions/1",
            "environmentId": f"{self.workspace}/environments/{environment}/versions/1",
            "codeConfiguration": {
                "codeId": f"{self.workspace}/codes/{code}/versions/1",
                "scoringScript": "score.py",
            },
            "instanceType": "Standard_DS2_v2",
            **more,
        }
        body = {
            "location": PLACE,
            "sku": {"name": "Default", "capacity": instances},
            "properties": properties,
        }
        answer = self.simulator.arm("PUT", f"{self.endpoint}/deployments/{name}", body, VERSION)
        assert answer.status < 300, answer.body
        return answer

    def traffic(self, mode: str = "Key", mirror: dict[str, int] | None = None, **shares: int) -> None:
        """Share the traffic out; the endpoint is made when it is not there."""
        properties = {"authMode": mode, "traffic": shares, "mirrorTraffic": mirror or {}}
        self.put(self.endpoint, {"identity": {"type": "SystemAssigned"}, "properties": properties})

    def key(self) -> str:
        """Return the primary key."""
        return str(self.simulator.arm("POST", f"{self.endpoint}/listKeys", {}, VERSION).body["primaryKey"])

    def score(self, asked: Any, deployment: str = "", key: str = "", **headers: str) -> Answer:
        """Send a scoring request to the endpoint's own address."""
        path = urlsplit(self.get(self.endpoint)["scoringUri"]).path
        named = {"azureml-model-deployment": deployment} if deployment else {}
        return self.simulator.raw(
            "POST", path, asked, {"Authorization": f"Bearer {key or self.key()}", **named, **headers}
        )

    def many(self, asked: Any, count: int) -> Iterator[str]:
        """Send one request after another over one connection, and yield which deployment answered each."""
        ready = self.simulator.ready
        trust = ssl.create_default_context(cafile=ready["ca_bundle"])
        connection = HTTPSConnection(urlsplit(ready["endpoint"]).netloc, context=trust, timeout=30)
        headers, body = {"Authorization": f"Bearer {self.key()}"}, json.dumps(asked)
        for _ in range(count):
            connection.request("POST", f"/inference{self.endpoint}/score", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
            yield answer.headers["azureml-model-deployment"]
        connection.close()

    def logs(self, name: str, **asked: Any) -> str:
        """Return a deployment's log."""
        path = f"{self.endpoint}/deployments/{name}/getLogs"
        return str(self.simulator.arm("POST", path, asked, VERSION).body["content"])
