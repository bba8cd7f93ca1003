"""Microsoft.ContainerRegistry: what stands below a registry: replications, webhooks, tasks and their runs, tokens.

https://learn.microsoft.com/rest/api/container-registry
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from simulator.address import Address
from simulator.call import Call, Reply
from simulator.children import Child
from simulator.errors import ArmError, invalid_content
from simulator.kinds import REGISTRY
from simulator.operations import Operation, Style
from simulator.state import Resource
from simulator.world import timestamp

REGISTRIES = "microsoft.containerregistry/registries"
_RESULTS = "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/locations/{location}/operationResults"


class Part(Child):
    """A part of a registry."""

    state_key = "provisioningState"
    echoes_poll_address = True

    def missing(self, address: Address) -> ArmError:
        """Return the registry's own 404."""
        message = f"The resource {address.name} could not be found."
        return ArmError(404, "ResourceNotFound", message, beside={"status": "Failed"})

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as registries do: the status and nothing else."""
        return {"status": "Creating" if operation.state == "InProgress" else operation.state}


class Replication(Part):
    """A copy of a registry in another region."""

    arm_type = "Microsoft.ContainerRegistry/registries/replications"
    regional = True
    seconds = 20
    delete_seconds = 15

    def style_of(self, call: Call, action: str) -> Style | None:
        """Poll a creation at the replication, a deletion at its region; 2019-05-01 answered when it was done."""
        if action == "create" and not call.api_version.startswith("2019-"):
            return Style(status="{resource}/operationStatuses/replications-{id}")
        if action == "delete":
            return Style(result=f"{_RESULTS}/replications-{{id}}")
        return None

    def status_of(self, call: Call, action: str) -> int:
        """Return what goes with the way of polling."""
        return {"create": 201, "delete": 202}[action] if self.style_of(call, action) else 200

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer the replication, and a deletion with the word null."""
        return self.view(resource) if action != "delete" else "null"

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what only a Premium registry has."""
        parent = call.state.get(call.address.parent.path)
        if parent is not None and parent.body["sku"]["name"] != "Premium":
            message = f"The resource type replications is not supported for the registry SKU {parent.body['sku']['name']}."
            raise ArmError(400, "ResourceTypeNotSupported", message, beside={"status": "Failed"})
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the status."""
        super().build(call, body, resource, before)
        registry = call.state.get(call.address.parent.path)
        if registry is not None and not registry.hidden.get("replicated"):
            registry.hidden["replicated"] = True
            call.state.put(registry)
        body["properties"]["status"] = {"displayStatus": "Ready", "timestamp": timestamp(call.world.now())}


class Webhook(Part):
    """A call to somebody's address when an image is pushed."""

    arm_type = "Microsoft.ContainerRegistry/registries/webhooks"
    regional = True
    defaults: ClassVar[dict[str, Any]] = {"status": "enabled", "scope": "", "actions": ["push"]}
    actions: ClassVar[dict[str, str]] = {
        "getcallbackconfig": "callback_config",
        "ping": "ping",
        "listevents": "list_events",
    }

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Keep the address and its headers where only the callback configuration shows them."""
        super().build(call, body, resource, before)
        for key in ("serviceUri", "customHeaders"):
            if key in body["properties"]:
                resource.hidden[key] = body["properties"].pop(key)

    def callback_config(self, call: Call, resource: Resource) -> Reply:
        """Answer address and headers."""
        keys = ("serviceUri", "customHeaders")
        return Reply(200, {key: resource.hidden[key] for key in keys if key in resource.hidden})

    def ping(self, call: Call, resource: Resource) -> Reply:
        """Answer an event's number; nobody is called from here."""
        return Reply(200, {"id": str(uuid.uuid4())})

    def list_events(self, call: Call, resource: Resource) -> Reply:
        """Answer that there were none."""
        return Reply(200, {"value": []})


class Task(Part):
    """A task that builds images; it is kept and never runs."""

    arm_type = "Microsoft.ContainerRegistry/registries/tasks"
    regional = True

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the date, and take tokens out of what is shown."""
        made = before.get("properties", {}).get("creationDate") or timestamp(call.world.now())
        whole = {"creationDate": made, "status": "Enabled", "timeout": 0, **body["properties"]}
        trigger = whole.get("trigger") or {}
        for one in trigger.get("sourceTriggers") or []:
            (one.get("sourceRepository") or {}).pop("sourceControlAuthProperties", None)
        body["properties"] = whole


class Run(Part):
    """A run of a task, queued for good: the rehearsal builds no images."""

    arm_type = "Microsoft.ContainerRegistry/registries/runs"

    def put(self, call: Call) -> Reply:
        """Refuse: runs are scheduled."""
        message = "The requested resource does not support http method 'PUT'."
        raise ArmError(405, "MethodNotAllowed", message, beside={"status": "Failed"})

    def schedule(self, call: Call, registry: Resource) -> Reply:
        """Queue a run and answer it."""
        asked = call.body if isinstance(call.body, dict) else {}
        number = f"da{registry.hidden.get('runs', 0) + 1}"
        registry.hidden["runs"] = registry.hidden.get("runs", 0) + 1
        call.state.put(registry)
        now, made = timestamp(call.world.now()), f"{registry.id}/runs/{number}"
        first = {"runId": number, "status": "Queued", "lastUpdatedTime": now, "isArchiveEnabled": False}
        first |= {key: asked[key] for key in ("isArchiveEnabled",) if key in asked}
        more = {"runType": "QuickRun", "createTime": now, "platform": asked.get("platform", {"os": "Linux"})}
        more["agentConfiguration"] = asked.get("agentConfiguration") or {"cpu": 2}
        body = {"type": self.arm_type, "properties": {**first, **more}, "id": made, "name": number}
        call.state.put(
            Resource(made, self.arm_type.lower(), number, "Succeeded", body, created=call.world.now())
        )
        return Reply(200, {**body, "properties": {**first, "provisioningState": "Succeeded"}})


class Build(Part):
    """A build, as 2018-02-01-preview called a run: queued, and never done."""

    arm_type = "Microsoft.ContainerRegistry/registries/builds"
    actions: ClassVar[dict[str, str]] = {"cancel": "cancel"}

    def put(self, call: Call) -> Reply:
        """Refuse: builds are queued."""
        message = "The requested resource does not support http method 'PUT'."
        raise ArmError(405, "MethodNotAllowed", message, beside={"status": "Failed"})

    def patch(self, call: Call) -> Reply:
        """Keep a build's log and image, or let them go."""
        build, asked = self.require(call), call.body if isinstance(call.body, dict) else {}
        wanted = asked.get("isArchiveEnabled")
        if wanted is not None and not isinstance(wanted, bool):
            raise invalid_content("Error converting value at 'isArchiveEnabled': it must be true or false")
        now = timestamp(call.world.now())
        build.body["properties"] |= {"isArchiveEnabled": bool(wanted), "lastUpdatedTime": now}
        call.state.put(build)
        return Reply(200, self.view(build))

    def queue(self, call: Call, registry: Resource) -> Reply:
        """Queue a build and answer it."""
        asked = call.body if isinstance(call.body, dict) else {}
        given = asked.get("platform")
        platform: dict[str, Any] = given if isinstance(given, dict) else {"osType": "Linux"}
        registry.hidden["builds"] = registry.hidden.get("builds", 0) + 1
        call.state.put(registry)
        number, now = f"aa{registry.hidden['builds']}", timestamp(call.world.now())
        made = f"{registry.id}/builds/{number}"
        first = {"buildId": number, "status": "Queued", "lastUpdatedTime": now, "isArchiveEnabled": False}
        more = {
            "buildType": "QuickBuild",
            "createTime": now,
            "startTime": now,
            "platform": {"cpu": 2, **platform},
        }
        body = {"type": self.arm_type, "properties": {**first, **more}, "id": made, "name": number}
        kept = Resource(made, self.arm_type.lower(), number, "Succeeded", body, created=call.world.now())
        call.state.put(kept)
        return Reply(200, {**body, "properties": {**first, "provisioningState": "Succeeded"}})

    def cancel(self, call: Call, build: Resource) -> Reply:
        """Take a build out of the queue."""
        build.body["properties"]["status"] = "Canceled"
        call.state.put(build)
        return Reply(200)


class ScopeMap(Part):
    """What a token may do."""

    arm_type = "Microsoft.ContainerRegistry/registries/scopeMaps"
    keeps_system_data = True
    defaults: ClassVar[dict[str, Any]] = {"type": "UserDefined", "actions": []}


class Token(Part):
    """A token of a registry."""

    arm_type = "Microsoft.ContainerRegistry/registries/tokens"
    keeps_system_data = True
    defaults: ClassVar[dict[str, Any]] = {"status": "enabled", "credentials": {"passwords": []}}


class CacheRule(Part):
    """A cache of another registry's images."""

    arm_type = "Microsoft.ContainerRegistry/registries/cacheRules"
    keeps_system_data = True


def schedule_run(call: Call, registry: Resource) -> Reply:
    """Queue a run on a registry."""
    run = REGISTRY[Run.arm_type.lower()]
    assert isinstance(run, Run)
    return run.schedule(call, registry)


def queue_build(call: Call, registry: Resource) -> Reply:
    """Queue a build on a registry."""
    build = REGISTRY[Build.arm_type.lower()]
    assert isinstance(build, Build)
    return build.queue(call, registry)
