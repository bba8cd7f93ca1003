"""Online endpoints: an address, its keys, and how its traffic is shared out.

Scoring itself is another room's: ``simulator.scoring``.
https://learn.microsoft.com/rest/api/azureml/online-endpoints
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from simulator import operations
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind
from simulator.operations import Operation
from simulator.providers.machinelearning import shared
from simulator.providers.machinelearning.shared import operation_style, user_error
from simulator.schema import Identity, Tracked, Wire, read
from simulator.state import Resource

NAME_RULE = r"[a-zA-Z](?:[-a-zA-Z0-9]{1,30}[a-zA-Z0-9])"
DEPLOYMENTS = "microsoft.machinelearningservices/workspaces/onlineendpoints/deployments"


class EndpointProperties(Wire):
    """An online endpoint's settings."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)
    authMode: Literal["Key", "AMLToken", "AADToken", "key", "amlToken", "aadToken"]
    description: str | None = None
    properties: dict[str, Any] | None = None
    traffic: dict[str, int] | None = None
    mirrorTraffic: dict[str, int] | None = None
    publicNetworkAccess: Literal["Enabled", "Disabled"] | None = None
    compute: str | None = None
    keys: dict[str, Any] | None = None


class EndpointBody(Tracked):
    """What a PUT on an online endpoint may say."""

    kind: str | None = None
    sku: dict[str, Any] | None = None
    identity: Identity | None = None
    properties: EndpointProperties


class EndpointKind(Kind):
    """What endpoints and deployments have in common."""

    mark: ClassVar[str] = "oe"
    create_status = 201
    delete_status = 202
    deletion_rank = 1

    def __init_subclass__(cls, **more: Any) -> None:
        cls.create_style = cls.update_style = cls.delete_style = operation_style(cls.mark)
        super().__init_subclass__(**more)

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer with the resource, and a deletion with nothing."""
        return None if action == "delete" else self.view(resource)

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as the management front end does."""
        return shared.status_body(operation)

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write in the middle of another."""
        message = (
            f"There is already an operation in progress on '{resource.name}'. Please wait for it to complete."
        )
        return user_error(call, 409, message, "Conflict", code="ResourceOperationInProgress")


class OnlineEndpoint(EndpointKind):
    """An online endpoint."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    body = EndpointBody
    seconds = 60
    update_seconds = 10
    delete_seconds = 30
    actions: ClassVar[dict[str, str]] = {
        "listkeys": "list_keys",
        "regeneratekeys": "regenerate_keys",
        "token": "token",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name, and one that another endpoint of the region has: it is part of an address."""
        shared.check_name(call, name, "endpoint", NAME_RULE)
        place = str(call.body.get("location", "")).lower().replace(" ", "")
        for other in call.state.everything(self.arm_type):
            if other.name.lower() == name.lower() and other.location == place:
                message = f"There already exists an endpoint with name {name} in the region {place}."
                raise user_error(call, 400, message, "Conflict", code="BadRequest")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse traffic that does not add up, or that goes to deployments that are not there."""
        given = body.properties
        for what, shares, whole in (
            ("traffic", given.traffic or {}, {0, 100}),
            ("mirror traffic", given.mirrorTraffic or {}, set(range(51))),
        ):
            _check_shares(call, existing, what, shares, whole)
        if existing and given.authMode.lower() != existing.body["properties"]["authMode"].lower():
            raise user_error(
                call, 400, "The authentication mode of an endpoint cannot be changed.", "BadArgument"
            )
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the addresses."""
        resource.hidden.setdefault("keys", {"Primary": 0, "Secondary": 0})
        given, root = body["properties"], f"{call.world.endpoint}/inference{resource.id}"
        given.pop("keys", None)
        mode = {"key": "Key", "amltoken": "AMLToken", "aadtoken": "AADToken"}[given["authMode"].lower()]
        workspace = call.state.get(call.address.parent.path)
        number = workspace.body["properties"]["workspaceId"] if workspace else ""
        extra = {
            "azureml.onlineendpointid": resource.id.lower(),
            "createdBy": str(call.caller.get("appid", "")),
        }
        body["properties"] = {
            "description": None,
            "traffic": {},
            "mirrorTraffic": {},
            "compute": None,
            "publicNetworkAccess": "Enabled",
            **given,
            "authMode": mode,
            "properties": {**(given.get("properties") or {}), **extra, "workspaceId": number},
            "scoringUri": f"{root}/score",
            "swaggerUri": f"{root}/swagger.json",
        }
        body["kind"] = body.get("kind") or "Managed"
        identity = body.get("identity") or {"type": "SystemAssigned"}
        body["identity"] = call.world.identity(identity, resource.id)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of an endpoint."""
        message = f"There is no endpoint with name: {address.name} in {address.names[0]}"
        detail = {"code": "NoSuchEndpoint", "message": message, "details": [], "additionalInfo": []}
        return user_error(
            None, 404, "The specified resource was not found.", code="NotFound", details=[detail]
        )

    def list_keys(self, call: Call, resource: Resource) -> Reply:
        """Answer both keys."""
        if resource.body["properties"]["authMode"] != "Key":
            raise user_error(
                call, 400, f"The endpoint {resource.name} is not authenticated by key.", "BadArgument"
            )
        return Reply(200, endpoint_keys(call, resource))

    def regenerate_keys(self, call: Call, resource: Resource) -> Reply:
        """Make one of the keys anew, or take the one that is given."""
        wanted = read(Regenerate, call.body)
        which = wanted.keyType.capitalize()
        # azure-ai-ml sends the key that there is: that one cannot be meant.
        same = wanted.keyValue == _key(call, resource, which)
        resource.hidden["keys"][which] = (
            _next(resource, which) if same or not wanted.keyValue else wanted.keyValue
        )
        call.state.put(resource)
        style = operation_style("oekeys")
        operation = operations.begin(call.world, resource, "regenerate", 2, style)
        return Reply(202, None, operations.headers(call.world, operation, style, call.api_version))

    def token(self, call: Call, resource: Resource) -> Reply:
        """Answer a token for an endpoint that is authenticated by token."""
        if resource.body["properties"]["authMode"] != "AMLToken":
            raise user_error(
                call, 400, f"The endpoint {resource.name} is not authenticated by AML token.", "BadArgument"
            )
        now, token = int(call.world.now()), endpoint_tokens(call, resource)[0]
        times = {"expiryTimeUtc": now + 7200, "refreshAfterTimeUtc": now + 3600}
        return Reply(200, {"accessToken": token, "tokenType": "Bearer", **times})


class Regenerate(Wire):
    """Which key is to be made anew."""

    keyType: Literal["Primary", "Secondary", "primary", "secondary"]
    keyValue: str | None = Field(default=None, min_length=1)


def endpoint_keys(call: Call, resource: Resource) -> dict[str, str]:
    """Return an endpoint's keys: the same until they are made anew."""
    return {f"{which.lower()}Key": _key(call, resource, which) for which in ("Primary", "Secondary")}


def endpoint_tokens(call: Call, resource: Resource) -> list[str]:
    """Return the tokens that an endpoint takes: this hour's, and those of the two hours before."""
    hour = int(call.world.now()) // 3600
    salt = f"{resource.key}/{resource.created}/{call.world.signing_key.hex()}"
    return [call.world.fixed_id(f"{salt}/token/{hour - past}") for past in range(3)]


def _key(call: Call, resource: Resource, which: str) -> str:
    kept = resource.hidden["keys"][which]
    if isinstance(kept, str):
        return kept
    return "".join(
        call.world.fixed_id(f"{resource.key}/{which}/{kept}/{half}").replace("-", "") for half in (0, 1)
    )


def _next(resource: Resource, which: str) -> int:
    resource.hidden["rounds"] = int(resource.hidden.get("rounds", 0)) + 1
    return int(resource.hidden["rounds"])


def _check_shares(
    call: Call, existing: Resource | None, what: str, shares: dict[str, int], whole: set[int]
) -> None:
    if any(not 0 <= share <= 100 for share in shares.values()) or sum(shares.values()) not in whole:
        wanted = "0 or 100" if 100 in whole else "at most 50"
        message = f"The sum of {what} percentages must be {wanted}, it is {sum(shares.values())}."
        raise user_error(call, 400, message, "BadArgument")
    for name in shares:
        there = existing and call.state.get(f"{existing.id}/deployments/{name}")
        if not there:
            message = f"The {what} names deployment '{name}', which this endpoint does not have."
            raise user_error(call, 400, message, "BadArgument")
