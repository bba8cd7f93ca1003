"""Requests for which no client has a method: an answer with a body, one without, and a refusal in Azure's own words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from azure.ai.ml.exceptions import MlException
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

from services.cloud.bridge import ask
from services.cloud.errors import CloudError, translated
from services.cloud.target import rehearsal

GROUPS = "2025-04-01"
Asked = Callable[[Any], Any]


@pytest.fixture
def asked(home: Path, simulator: dict[str, Any]) -> Asked:
    """Ask the session's simulator through a connection."""
    folder = home / "simulator"
    folder.mkdir()
    (folder / "simulator.json").write_text(json.dumps(simulator))
    return lambda question: ask(rehearsal(home), question)


def test_an_answer_with_a_body_one_without_and_a_refusal(asked: Asked, simulator: dict[str, Any]) -> None:
    """A deletion of what is not there answers 204 with nothing; what is wrong comes as Azure's code and message."""
    group = f"/subscriptions/{simulator['subscription_id']}/resourceGroups/rg-sent"
    made = asked(lambda cloud: cloud.send("PUT", group, GROUPS, {"location": "westeurope"}))
    assert made["name"] == "rg-sent"
    rule = f"{group}/providers/Microsoft.Insights/autoscalesettings/none"
    assert asked(lambda cloud: cloud.send("DELETE", rule, "2022-10-01")) == {}
    with pytest.raises(CloudError) as refused:
        asked(lambda cloud: cloud.send("PATCH", f"{group}-missing", GROUPS, {"tags": {}}))
    assert (refused.value.code, refused.value.status) == ("ResourceGroupNotFound", 404)


def test_a_storage_account_is_read_once_when_its_content_is_counted(
    asked: Asked, simulator: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """One answer tells both where its blobs are and whether keys are allowed."""
    group = f"/subscriptions/{simulator['subscription_id']}/resourceGroups/rg-read"
    account = f"{group}/providers/Microsoft.Storage/storageAccounts/stread"
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    asked(lambda cloud: cloud.send("PUT", group, GROUPS, {"location": "westeurope"}))
    asked(lambda cloud: cloud.send("PUT", account, "2024-01-01", body))
    states = (asked(lambda cloud: cloud.get(account, "2024-01-01")) for _ in range(500))
    assert any(found and found["properties"]["provisioningState"] == "Succeeded" for found in states)
    with caplog.at_level("INFO", "azure.core.pipeline.policies.http_logging_policy"):
        assert asked(lambda cloud: cloud.contents(account)).blobs == 0
    reads = [line for line in caplog.messages if "/storageAccounts/stread?" in line and "'GET'" in line]
    assert len(reads) == 1


def refused_by(error: Exception, cause: Exception | None = None) -> CloudError:
    """What we make of an SDK's error."""
    with pytest.raises(CloudError) as told, translated():
        raise error from cause
    return told.value


def test_what_an_sdk_refuses_itself_is_not_tried_again() -> None:
    """Only silence, and answers that pass, are worth a second try; azure-ai-ml wraps all of them in errors of its own."""
    own = MlException(message="Unknown cloud environment", no_personal_data_message="")
    refused = refused_by(own)
    assert (refused.code, refused.transient) == ("RefusedBySdk", False)
    assert "Unknown cloud environment" in refused.message
    busy = HttpResponseError("busy")
    busy.status_code = 503
    assert refused_by(own, busy).transient
    for silence in (ServiceRequestError("no route"), ServiceResponseError("cut off"), TimeoutError("late")):
        assert refused_by(silence).code == refused_by(own, silence).code == "Unreachable"
