"""Machine Learning workspaces.

https://learn.microsoft.com/rest/api/azureml/workspaces
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.operations import Operation, Style
from simulator.providers.machinelearning.datastores import first_datastores
from simulator.providers.storage import account_key
from simulator.schema import Identity, NamedSku, Tracked, Wire
from simulator.state import Resource
from simulator.world import World, timestamp

DELETED = "deleted ml workspaces"
RETENTION = 14 * 86400
NEEDS = {
    "storageAccount": "microsoft.storage/storageaccounts",
    "keyVault": "microsoft.keyvault/vaults",
    "applicationInsights": "microsoft.insights/components",
}
MAY_HAVE = {"containerRegistry": "microsoft.containerregistry/registries"}
Access = Literal["Enabled", "Disabled"]


def _small(value: Any) -> Any:
    """Return a word without its capitals: the service does not care, and its SDKs do not agree."""
    return value.lower() if isinstance(value, str) else value


def _truth(value: Any) -> Any:
    """Return true and false for their words, which the service takes as well."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


Truth = Annotated[bool | None, BeforeValidator(_truth)]


class WorkspaceProperties(Wire):
    """A workspace's settings."""

    friendlyName: str | None = None
    description: str | None = None
    storageAccount: str | None = None
    keyVault: str | None = None
    applicationInsights: str | None = None
    containerRegistry: str | None = None
    allowPublicAccessWhenBehindVnet: Truth = None
    allowRecoverSoftDeletedWorkspace: Truth = None
    allowRoleAssignmentOnRG: Truth = None
    discoveryUrl: str | None = None
    enableDataIsolation: Truth = None
    encryption: dict[str, Any] | None = None
    featureStoreSettings: dict[str, Any] | None = None
    hbiWorkspace: Truth = None
    hubResourceId: str | None = None
    imageBuildCompute: str | None = None
    ipAllowlist: list[str] | None = None
    managedNetwork: dict[str, Any] | None = None
    primaryUserAssignedIdentity: str | None = None
    provisionNetworkNow: Truth = None
    publicNetworkAccess: Access | None = None
    serverlessComputeSettings: dict[str, Any] | None = None
    serviceManagedResourcesSettings: dict[str, Any] | None = None
    sharedPrivateLinkResources: list[dict[str, Any]] | None = None
    softDeleteEnabled: Truth = None
    softDeleteRetentionInDays: int | None = None
    systemDatastoresAuthMode: Annotated[
        Literal["", "accesskey", "identity", "userdelegationsas"] | None, BeforeValidator(_small)
    ] = None
    existingWorkspaces: list[str] | None = None
    associatedWorkspaces: list[str] | None = None
    v1LegacyMode: Truth = None
    workspaceHubConfig: dict[str, Any] | None = None


class WorkspaceBody(Tracked):
    """What a PUT on a workspace may say."""

    identity: Identity
    kind: Annotated[Literal["default", "hub", "project", "featurestore"] | None, BeforeValidator(_small)] = (
        None
    )
    sku: NamedSku | None = None
    properties: WorkspaceProperties


class Workspace(Kind):
    """A Machine Learning workspace."""

    arm_type = "Microsoft.MachineLearningServices/workspaces"
    body = WorkspaceBody
    api_versions = ("2018-11-19", "2026-12-31")
    closed_regions = frozenset({"westindia", "jioindiawest", "australiacentral", "australiacentral2"})
    seconds = 30
    update_seconds = 5
    delete_seconds = 15
    deletion_rank = 2
    create_status = update_status = delete_status = 202
    create_style = update_style = delete_style = Style(
        status="/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
        "/workspaceOperationsStatus/{id}",
        result="/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
        "/workspaceOperationsStatus/{id}",
        status_query="&type=async",
        result_query="&type=location",
    )
    actions = {  # noqa: RUF012
        "listkeys": "list_keys",
        "diagnose": "diagnose",
        "resynckeys": "resync_keys",
        "listnotebookkeys": "list_notebook_keys",
        "liststorageaccountkeys": "list_storage_keys",
        "GET outboundnetworkdependenciesendpoints": "outbound",
        "GET privatelinkresources": "links",
        "GET features": "nothing",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name, and one whose workspace is only soft-deleted."""
        if not matches("[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}", name):
            message = (
                f"Workspace name '{name}' is invalid: it must be 3 to 33 characters, begin with a letter or digit, and "
                "hold only letters, digits, hyphens and underscores."
            )
            raise ArmError(400, "ValidationError", message, target="workspace")
        properties = (call.body or {}).get("properties") or {}
        kept = call.state.note(DELETED, call.address.path)
        if (
            kept
            and kept["until"] > call.world.now()
            and not _truth(properties.get("allowRecoverSoftDeletedWorkspace", False))
        ):
            message = "Soft-deleted workspace exists. Please purge or recover it. https://aka.ms/wsoftdelete"
            raise ArmError(400, "BadRequest", message)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a workspace without its storage account, key vault and Application Insights, or with bad ones."""
        if body.kind in {"project", "hub"}:
            raise ArmError(400, "ValidationError", f"The rehearsal has no workspaces of kind '{body.kind}'.")
        if any(getattr(body.properties, key) is None for key in NEEDS):
            message = "Missing dependent resources in workspace json"
            details = [{"code": "Invalid", "message": message, "target": "workspace"}]
            raise ArmError(400, "ValidationError", message, target="workspace", details=details)
        for key, kind in {**NEEDS, **MAY_HAVE}.items():
            if given := getattr(body.properties, key):
                _check_dependency(call, key, kind, given)
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the workspace is being made or changed."""
        message = f"Workspace '{resource.name}' is in provisioning state {resource.state}; another operation is running."
        return ArmError(409, "Conflict", message)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with no body."""
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults, addresses and the workspace's identity."""
        kept = call.state.note(DELETED, resource.id) if not before else None
        old = (before or (kept or {}).get("body", {})).get("properties", {})
        call.state.set_note(DELETED, resource.id, None)
        number, location = old.get("workspaceId") or str(uuid.uuid4()), body["location"]
        given = {key: value for key, value in body["properties"].items() if key not in _WRITE_ONLY}
        given = {key: _truth(value) for key, value in given.items() if value != ""}
        if (given.get("encryption") or {}).get("status") != "Enabled":
            given.pop("encryption", None)
        given["systemDatastoresAuthMode"] = _small(given.get("systemDatastoresAuthMode")) or "accesskey"
        given["imageBuildCompute"] = given.get("imageBuildCompute") or None
        defaults: dict[str, Any] = {
            "friendlyName": resource.name,
            "description": "",
            "hbiWorkspace": False,
            "publicNetworkAccess": "Enabled",
            "v1LegacyMode": False,
            "systemDatastoresAuthMode": "accesskey",
            "softDeleteEnabled": False,
            "imageBuildCompute": None,
            "containerRegistry": None,
            "linkedModelInventoryArmId": None,
            "privateLinkCount": 0,
            "sasGetterUri": "",
            "enableDataIsolation": False,
            "allowPublicAccessWhenBehindVnet": False,
            "managedNetwork": {"isolationMode": "Disabled"},
            "storageHnsEnabled": False,
            "privateEndpointConnections": [],
            "creationTime": old.get("creationTime") or timestamp(call.world.now()),
            "tenantId": call.world.tenant_id,
        }
        addresses = {
            "workspaceId": number,
            "discoveryUrl": f"{call.world.endpoint}/discovery",
            "mlFlowTrackingUri": f"azureml://{location}.api.azureml.ms/mlflow/v1.0{resource.id}",
            "notebookInfo": _notebooks(call, resource, number, location),
            "sdkTelemetryAppInsightsKey": call.world.fixed_id(f"telemetry/{location}"),
        }
        body["properties"] = defaults | given | addresses
        body["sku"] = (
            {"name": "Basic", "tier": "Basic"} if "sku" not in body else {"tier": "Basic", **body["sku"]}
        )
        body["kind"] = _KINDS[_small(body.get("kind") or "default")]
        body["identity"] = call.world.identity(body["identity"], resource.id)
        body["etag"] = None

    def delete(self, call: Call) -> Reply:
        """Delete softly; with ``forceToPurge=true`` for good, also what is only soft-deleted."""
        force = call.query.get("forcetopurge", "").lower() == "true"
        kept = call.state.note(DELETED, call.address.path)
        if force and call.state.get(call.address.path) is None and kept:
            call.state.set_note(DELETED, call.address.path, None)
            return Reply(200)
        reply = super().delete(call)
        resource = call.state.get(call.address.path)
        if resource is not None and force:
            resource.hidden["purge"] = True
            call.state.put(resource)
        return reply

    def deleted(self, world: World, resource: Resource) -> None:
        """Keep the workspace for 14 days, unless it is to be purged."""
        if resource.hidden.get("purge"):
            return
        kept = {"id": resource.id, "body": resource.body, "until": world.now() + RETENTION}
        world.state.set_note(DELETED, resource.id, kept)

    def created(self, world: World, resource: Resource) -> None:
        """Add the datastores that every workspace begins with."""
        for datastore in first_datastores(world, resource):
            world.state.put(datastore)

    def list_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer the keys that a workspace holds."""
        storage = call.state.get(resource.body["properties"]["storageAccount"])
        insights = call.state.get(resource.body["properties"]["applicationInsights"])
        return Reply(
            200,
            {
                "userStorageResourceId": resource.body["properties"]["storageAccount"],
                "userStorageKey": account_key(storage, "key1") if storage else None,
                "appInsightsInstrumentationKey": insights.body["properties"]["InstrumentationKey"]
                if insights
                else None,
                "containerRegistryCredentials": None,
                "notebookAccessKeys": None,
            },
        )

    def diagnose(self, call: Call, resource: Resource) -> Reply:
        """Answer what is wrong with the workspace: what it needs and is gone."""
        found: dict[str, list[dict[str, Any]]] = {key: [] for key in _DIAGNOSES}
        for key, shown in _DIAGNOSED.items():
            given = resource.body["properties"].get(key)
            if given and call.state.get(given) is None:
                message = f"The {key} '{given}' of the workspace could not be found."
                found[shown].append({"code": "NotFound", "level": "Error", "message": message})
        return Reply(200, {"value": found})

    def resync_keys(self, call: Call, resource: Resource) -> Reply:
        """Fetch the keys of the storage account again: they are never copied here."""
        return Reply(200)

    def list_notebook_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer the notebooks' keys."""
        keys = {
            f"{name}AccessKey": call.world.fixed_id(f"{resource.key}/{name}")
            for name in ("primary", "secondary")
        }
        return Reply(200, keys)

    def list_storage_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer the key of the storage account."""
        storage = call.state.get(resource.body["properties"]["storageAccount"])
        return Reply(200, {"userStorageKey": account_key(storage, "key1") if storage else None})

    def outbound(self, call: Call, resource: Resource) -> Reply:
        """Answer that no network stands around a rehearsal."""
        return Reply(200, {"value": []})

    def links(self, call: Call, resource: Resource) -> Reply:
        """Answer what private endpoints could reach."""
        kind, name = "Microsoft.MachineLearningServices/workspaces/privateLinkResources", "amlworkspace"
        zones = ["privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"]
        properties = {"groupId": name, "requiredMembers": ["default"], "requiredZoneNames": zones}
        one = {"id": f"{resource.id}/privateLinkResources/{name}", "name": name, "type": kind}
        return Reply(200, {"value": [{**one, "properties": properties}]})

    def nothing(self, call: Call, resource: Resource) -> Reply:
        """Answer an empty list."""
        return Reply(200, {"value": []})


_DIAGNOSED = {
    "storageAccount": "storageAccountResults",
    "keyVault": "keyVaultResults",
    "containerRegistry": "containerRegistryResults",
    "applicationInsights": "applicationInsightsResults",
}
_DIAGNOSES = (
    "userDefinedRouteResults",
    "networkSecurityRuleResults",
    "resourceLockResults",
    "dnsResolutionResults",
    *_DIAGNOSED.values(),
    "otherResults",
)
_KINDS = {"default": "Default", "featurestore": "FeatureStore", "hub": "Hub", "project": "Project"}
_WRITE_ONLY = frozenset({"allowRecoverSoftDeletedWorkspace", "softDeleteRetentionInDays", "discoveryUrl"})


def _notebooks(call: Call, resource: Resource, number: str, location: str) -> dict[str, Any]:
    return {
        "resourceId": call.world.fixed_id(f"notebooks/{resource.key}").replace("-", ""),
        "fqdn": f"ml-{resource.name.lower()}-{location}-{number}.{location}.notebooks.azure.net",
        "isPrivateLinkEnabled": False,
        "notebookPreparationError": None,
    }


def _check_dependency(call: Call, key: str, kind: str, given: str) -> None:
    found = call.state.get(given)
    if found is None or found.type != kind:
        message = f"The {key} '{given}' of the workspace was not found."
        raise ArmError(400, "ValidationError", message, target=key)
    if found.state in {"Creating", "Deleting", "Failed"}:
        message = f"The {key} '{found.name}' is not ready: its provisioning state is {found.state}."
        raise ArmError(400, "ValidationError", message, target=key)
    if key == "storageAccount":
        sku, hns = found.body["sku"]["name"], found.body["properties"].get("isHnsEnabled")
        if sku.startswith("Premium") or hns:
            why = (
                "a premium account" if sku.startswith("Premium") else "an account with hierarchical namespace"
            )
            message = f"Storage account '{found.name}' is {why}, which cannot be a workspace's default storage account."
            raise ArmError(400, "ValidationError", message, target=key)
