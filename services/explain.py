"""What Azure's error codes mean, in plain words and with a way out: a finite list, the same for pages and command line.

Codes and messages: recorded traffic of Azure Resource Manager and
https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors
"""

from services.catalogue.base import Resource
from services.progress import StepError

_TAKEN = (
    "Name taken: another {noun} in the world is called {name}.",
    "Choose another name, then retry.",
)
_BY_CODE: dict[str, tuple[str, str]] = {
    "StorageAccountAlreadyTaken": _TAKEN,
    "StorageAccountAlreadyExists": _TAKEN,
    "VaultAlreadyExists": _TAKEN,
    "AlreadyInUse": _TAKEN,
    "NameAlreadyExists": _TAKEN,
    "ServerNameAlreadyExists": _TAKEN,
    "ConflictError": (
        "A deleted {noun} called {name} still holds the name: Azure keeps it for recovery.",
        "Choose another name, or recover or purge the deleted one, then retry.",
    ),
    "MissingSubscriptionRegistration": (
        "The subscription is not registered for {type}.",
        "Register the resource provider in the subscription (an owner or contributor can), then retry.",
    ),
    "AuthorizationFailed": (
        "You may not create {noun}s here.",
        "Ask an owner of the subscription for the Contributor role on the resource group, then retry.",
    ),
    "LinkedAuthorizationFailed": (
        "You may not use a resource that {name} refers to.",
        "Ask its owner for access, then retry.",
    ),
    "RequestDisallowedByPolicy": (
        "A policy of your organisation forbids {name} as it is configured.",
        "Read the policy's name below and change the settings, or ask its owner for an exception.",
    ),
    "LocationNotAvailableForResourceType": (
        "This region does not offer {noun}s.",
        "Choose another region; the list of regions stands in Azure's answer below.",
    ),
    "LocationNotAvailableForResourceGroup": (
        "There is no such region for resource groups.",
        "Choose another region.",
    ),
    "InvalidResourceGroupLocation": (
        "A resource group {name} exists already in another region.",
        "Choose that region, use the group as an existing one, or choose another name.",
    ),
    "RegionDoesNotAllowProvisioning": (
        "The region takes no new {noun}s at the moment.",
        "Choose another region for the project, or ask Azure support to open it for you.",
    ),
    "SkuNotAvailable": ("The SKU is not offered in this region.", "Choose another SKU or region."),
    "QuotaExceeded": (
        "The subscription's quota is used up.",
        "Choose something smaller or ask for more quota.",
    ),
    "ScopeLocked": (
        "A lock on the resource or its group forbids the change.",
        "Remove the lock, then retry.",
    ),
    "ReservedResourceName": (
        "The name holds a reserved word or trademark.",
        "Choose another name, then retry.",
    ),
    "AccountNameInvalid": ("Azure refuses the name {name}.", "Choose another name, then retry."),
    "PasswordNotComplex": (
        "The administrator's password is too simple for Azure.",
        "Set GROUNDPLAN_SQL_ADMIN_PASSWORD to 8 characters or more of three kinds, restart, then retry.",
    ),
    "ExistingMissing": (
        "The existing {noun} {name} is not there: it was deleted after you chose it, or you may not see it.",
        "Choose another one or create a new one, then retry.",
    ),
    "SubscriptionNotFound": (
        "The subscription could not be found.",
        "Choose a subscription that you can see.",
    ),
    "SmokeTestFailed": (
        "The deployment answers, but not as the test on this machine did: {message}",
        "It gets no traffic. Look at its logs on the endpoint page; then undo, or mend the model and deploy anew.",
    ),
    "ModelFileMissing": (
        "The model file is not on the machine that deploys.",
        "Bring the model file again, then retry.",
    ),
    "ModelFileChanged": (
        "The model file is not the one that was tested: its content has changed.",
        "Bring the model file again and test it, then deploy.",
    ),
    "EndpointNameTaken": (
        "Another endpoint in this region is called {name}.",
        "Choose another name for the online endpoint, then deploy anew.",
    ),
    "InferencingClientCreateDeploymentFailed": (
        "Azure refuses the deployment: {message}",
        "If it is the quota, choose a smaller instance type or fewer instances, or ask for more quota; then deploy anew.",
    ),
    "ResourceNotReady": (
        "The container of the deployment did not become healthy: {message}",
        "Its log on the endpoint page says why. Mend the handler or its environment, test it here, then deploy anew.",
    ),
    "ImageBuildFailure": (
        "The environment of the deployment could not be built: {message}",
        "Mend the packages in conda.yaml (or the Dockerfile, for R), test it here, then deploy anew.",
    ),
    "SignIn": ("Azure does not know who you are (any more).", "Sign in again, then retry."),
    "Unreachable": (
        "The cloud does not answer.",
        "Check the connection; in the rehearsal see that the simulator runs. Then retry.",
    ),
    "RefusedBySdk": (
        "Azure's own library refused the request before it was sent: {message}",
        "Change what it names, then retry.",
    ),
    "Internal": (
        "Groundplan itself stumbled: {message}",
        "Retry. If it happens again, the worker's log in the data folder says where.",
    ),
}
_NAME_FIELDS = {"sql_server": "server", "sql_database": "database"}


def explain(
    code: str, message: str, resource: Resource, *, status: int | None = None, raw: str = ""
) -> StepError:
    """Say what an error of a resource means and what to do; an unknown code keeps Azure's own words."""
    code = "ConflictError" if "soft-deleted" in message.lower() else code
    code = "EndpointNameTaken" if "already exists an endpoint with name" in message.lower() else code
    what, fix = _BY_CODE.get(code, ("{message}", "Read Azure's answer below, mend the cause, then retry."))
    words = {"noun": _noun(resource.label), "name": resource.name, "type": resource.type, "message": message}
    field = _NAME_FIELDS.get(resource.key, "name")
    path = "location" if "ocation" in code or "Region" in code else f"{resource.section}.{field}"
    return StepError(code, message, status, what.format(**words), fix.format(**words), path, raw)


def _noun(label: str) -> str:
    """A label in the middle of a sentence; product names keep their capital."""
    product = label.split()[0] in ("SQL", "Application", "Log", "Machine")
    return label if product else label[0].lower() + label[1:]
