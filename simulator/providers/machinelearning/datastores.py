"""Datastores: those that a workspace begins with, and one's own.

https://learn.microsoft.com/rest/api/azureml/datastores
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.providers.machinelearning.shared import at_itself, check_name, user_error
from simulator.providers.storage import account_key
from simulator.providers.storage_shape import account_sas
from simulator.schema import Tracked, Wire
from simulator.state import Resource
from simulator.world import World

FIRST = {
    "workspaceblobstore": ("AzureBlob", "azureml-blobstore-{id}", True),
    "workspaceartifactstore": ("AzureBlob", "azureml", False),
    "workspaceworkingdirectory": ("AzureFile", "code-{id}", False),
    "workspacefilestore": ("AzureFile", "azureml-filestore-{id}", False),
}
#: The place within the account that each kind of datastore must name.
PLACES = {
    "AzureBlob": "containerName",
    "AzureFile": "fileShareName",
    "AzureDataLakeGen2": "filesystem",
    "AzureDataLakeGen1": "storeName",
    "OneLake": "artifact",
}


class Credentials(Wire):
    """How the datastore opens its account."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    credentialsType: Literal["AccountKey", "Sas", "ServicePrincipal", "Certificate", "None"]
    secrets: dict[str, Any] | None = None


class DatastoreProperties(Wire):
    """A datastore's settings; which place it names depends on its type."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow", strict=True)
    datastoreType: Literal["AzureBlob", "AzureFile", "AzureDataLakeGen2", "AzureDataLakeGen1", "OneLake"]
    credentials: Credentials
    accountName: str | None = None


class DatastoreBody(Tracked):
    """What a PUT on a datastore may say."""

    properties: DatastoreProperties


class Datastore(Kind):
    """A datastore of a workspace."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/datastores"
    body = DatastoreBody
    regional = False
    state_key = ""
    deletion_rank = 1
    create_status = 201
    api_versions = ("2020-05-01-preview", "2026-12-31")
    actions: ClassVar[dict[str, str]] = {"listsecrets": "list_secrets"}

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        check_name(call, name, "datastore", "[a-z0-9A-Z_]{1,255}")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a datastore that does not say where its data is."""
        place = PLACES[body.properties.datastoreType]
        if not (body.properties.model_extra or {}).get(place):
            message = f"The {place} of a datastore of type {body.properties.datastoreType} must not be empty."
            raise user_error(call, 400, message, "BadArgument")
        return None

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget the secrets."""
        kept = copy.deepcopy(request)
        kept["properties"]["credentials"].pop("secrets", None)
        return kept

    def put(self, call: Call) -> Reply:
        """Create or change, and say where it is."""
        reply = super().put(call)
        return at_itself(call, reply, reply.body["id"])

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add what Azure adds, and hide the secrets."""
        given = body["properties"]
        secrets = given["credentials"].pop("secrets", None)
        if secrets is not None:
            resource.hidden["secrets"] = secrets
        first: dict[str, Any] = {"description": None, "tags": {}, "properties": None, "isDefault": False}
        last = {"serviceDataAccessAuthIdentity": "None"}
        body["properties"] = {**first, **last, **given, "isDefault": bool(given.get("isDefault"))}
        if body["properties"]["isDefault"]:
            self._take_default(call, resource)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List them, only the default one when asked so."""
        found, wanted = super().list(call), call.query.get("isdefault")
        names = [name for name in call.query.get("names", "").split(",") if name]
        return [
            one
            for one in found
            if (wanted is None or str(one["properties"]["isDefault"]).lower() == wanted.lower())
            and (not names or one["name"] in names)
        ]

    def delete(self, call: Call) -> Reply:
        """Delete; the default datastore stays."""
        found = call.state.get(call.address.path)
        if found is not None and found.body["properties"]["isDefault"]:
            message = "Cannot delete the default datastore: make another one the default first."
            raise user_error(call, 400, message, "BadArgument")
        return super().delete(call)

    def missing(self, address: Address) -> ArmError:
        """Return the workspace's own 404."""
        return user_error(None, 404, f"Could not find datastore: {address.name}.", "NotFoundError")

    def list_secrets(self, call: Call, resource: Resource) -> Reply:
        """Answer what opens the account: the account's own key, a SAS on demand, or what was given."""
        kind = resource.body["properties"]["credentials"]["credentialsType"]
        if kind == "None":
            message = f"No secrets for credentials of type {kind}."
            raise user_error(call, 400, message, "BadArgument")
        if "secrets" in resource.hidden:
            return Reply(200, resource.hidden["secrets"])
        storage = _account(call, resource)
        asked = call.body if isinstance(call.body, dict) else {}
        if asked.get("expirableSecret"):
            hours = int(asked.get("expireAfterHours") or 24)
            token = account_sas(storage.name, account_key(storage, "key1"), call.world.now(), hours)
            return Reply(200, {"secretsType": "Sas", "sasToken": token})
        return Reply(200, {"secretsType": "AccountKey", "key": account_key(storage, "key1")})

    def _take_default(self, call: Call, resource: Resource) -> None:
        for other in call.state.under(call.address.parent.path, self.arm_type):
            if other.key != resource.key and other.body["properties"]["isDefault"]:
                other.body["properties"]["isDefault"] = False
                call.state.put(other)


def first_datastores(world: World, workspace: Resource) -> list[Resource]:
    """Return the datastores that a workspace begins with."""
    return [_first(world, workspace, name, *how) for name, how in FIRST.items()]


def _account(call: Call, datastore: Resource) -> Resource:
    name = datastore.body["properties"].get("accountName")
    for account in call.state.everything("Microsoft.Storage/storageAccounts"):
        if account.name == name:
            return account
    message = f"The storage account '{name}' of datastore {datastore.name} was not found."
    raise user_error(call, 400, message, "BadArgument")


def _first(
    world: World, workspace: Resource, name: str, kind: str, container: str, default: bool
) -> Resource:
    storage = workspace.body["properties"]["storageAccount"].rsplit("/", 1)[1]
    by_key = workspace.body["properties"]["systemDatastoresAuthMode"] == "accesskey"
    place = container.format(id=workspace.body["properties"]["workspaceId"])
    resource_id = f"{workspace.id}/datastores/{name}"
    properties: dict[str, Any] = {
        "description": None,
        "tags": {},
        "properties": None,
        "isDefault": default,
        "credentials": {"credentialsType": "AccountKey" if by_key else "None"},
        "datastoreType": kind,
        "accountName": storage,
        PLACES[kind]: place,
        "endpoint": world.blob_suffix,
        "protocol": "https",
        "serviceDataAccessAuthIdentity": "None" if by_key else "WorkspaceSystemAssignedIdentity",
    }
    body = {"id": resource_id, "name": name, "type": Datastore.arm_type, "properties": properties}
    body["systemData"] = workspace.body["systemData"]
    request = {"properties": {key: value for key, value in properties.items() if value is not None}}
    return Resource(
        resource_id, Datastore.arm_type.lower(), name, "Succeeded", body, request, created=world.now()
    )
