"""Where the files of an asset go before its version is written: a container in the workspace's storage account."""

from __future__ import annotations

import uuid

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import resource_not_found
from simulator.providers.storage import account_key
from simulator.providers.storage_services import make_container
from simulator.providers.storage_shape import account_sas


def pending_upload(call: Call, address: Address) -> Reply:
    """Answer an address to upload to, signed for an hour.

    https://learn.microsoft.com/rest/api/azureml/code-versions/create-or-get-start-pending-upload
    """
    workspace = call.state.get("/".join(address.path.split("/")[:9]))
    if workspace is None:
        raise resource_not_found("/".join(address.parts[:2]), address.group)
    storage = call.state.get(workspace.body["properties"]["storageAccount"])
    if storage is None:
        raise resource_not_found("Microsoft.Storage/storageAccounts/-", address.group)
    number = uuid.uuid5(uuid.NAMESPACE_URL, address.path.lower())
    container = f"{workspace.body['properties']['workspaceId'][:10]}-{number}"
    if call.state.get(f"{storage.id}/blobServices/default/containers/{container}") is None:
        make_container(call.world, storage, container, {})
    root = storage.body["properties"]["primaryEndpoints"]["blob"] + container
    token = account_sas(storage.name, account_key(storage, "key1"), call.world.now(), 1)
    asked = call.body if isinstance(call.body, dict) else {}
    reference = {
        "blobUri": root,
        "storageAccountArmId": storage.id,
        "credential": {"credentialType": "SAS", "sasUri": f"{root}?{token}"},
    }
    kind = asked.get("pendingUploadType") or "TemporaryBlobReference"
    number_given = asked.get("pendingUploadId") or str(number)
    return Reply(
        200,
        {
            "blobReferenceForConsumption": reference,
            "pendingUploadId": number_given,
            "pendingUploadType": kind,
        },
    )
