"""Elastic jobs: an agent, whom it signs in as, what it runs where, and how that went.

https://learn.microsoft.com/rest/api/sql/job-agents
"""

from __future__ import annotations

import copy
import uuid
from typing import Any, ClassVar
from urllib.parse import quote

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.operations import SAFE
from simulator.providers.sql.readings import Reading
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import OLDEST, SqlKind, not_found, style
from simulator.schema import NamedSku, Tracked, Wire
from simulator.state import Resource
from simulator.world import timestamp

_JOBS = "Microsoft.Sql/servers/jobAgents/jobs"


class AgentProperties(Wire):
    """An agent's settings."""

    databaseId: str


class AgentSku(NamedSku):
    """An agent's size."""

    capacity: int | None = None
    family: str | None = None
    size: str | None = None


class AgentBody(Tracked):
    """What a PUT on an agent may say."""

    sku: AgentSku | None = None
    properties: AgentProperties | None = None


class JobAgent(SqlKind):
    """An agent with its own database."""

    arm_type = "Microsoft.Sql/servers/jobAgents"
    body = AgentBody
    api_versions = (OLDEST, "2026-12-31")
    state_key = "state"
    seconds = delete_seconds = 10
    deletion_rank = 2
    keeps_system_data = False
    create_style = update_style = style("jobAgent", 1)
    delete_style = style("jobAgent", 15)
    verbs: ClassVar[dict[str, str]] = {
        "create": "UpsertJobAccount",
        "update": "UpsertJobAccount",
        "delete": "DeleteJobAccount",
    }

    def state_word(self, state: str) -> str:
        """Say Ready, as agents do."""
        return "Ready" if state == "Succeeded" else state

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add the size."""
        body["sku"] = {"name": "Agent", "capacity": 100} | body.get("sku", {})
        if not body["tags"]:
            del body["tags"]


class OfAgent(Setting):
    """What stands below an agent; a parent that is missing is told by SQL itself, a deletion of nothing too."""

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise SQL's own 404 for the nearest parent that is not there."""
        above = address.parent
        if len(above.names) > 2 and call.state.get(above.path) is None:
            self.require_parent(call, above, action)
            raise not_found(_spelt(above), above)
        super().require_parent(call, address, action)


def _spelt(address: Address) -> str:
    """Return a type as SQL spells it, whatever the case of a path."""
    return next((one for one in _TYPES if one.lower() == address.type), address.type_path)


class Credential(OfAgent):
    """Whom a job signs in as."""

    arm_type = "Microsoft.Sql/servers/jobAgents/credentials"
    row = Row("credentials", status=201, secrets=("password",))


class TargetGroup(OfAgent):
    """Where a job runs."""

    arm_type = "Microsoft.Sql/servers/jobAgents/targetGroups"
    row = Row("targetGroups", status=201, defaults={"members": []})


class PrivateEndpoint(OfAgent):
    """An agent's own way to a server."""

    arm_type = "Microsoft.Sql/servers/jobAgents/privateEndpoints"
    row = Row("privateEndpoints", "jobAgentPrivateEndpoint", "", "UpsertJobPrivateEndpoint")


class Job(OfAgent):
    """A job; its version counts the changes of its steps."""

    arm_type = _JOBS
    row = Row("jobs", status=201, defaults={"description": "", "version": 0})
    actions: ClassVar[dict[str, str]] = {"start": "start"}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Keep the version; a schedule has defaults, and moments without milliseconds."""
        super().build(call, body, resource, before)
        body["properties"]["version"] = before.get("properties", {}).get("version", 0)
        given = body["properties"].get("schedule")
        schedule = _SCHEDULE | (given if isinstance(given, dict) else {})
        for key in ("startTime", "endTime"):
            schedule[key] = str(schedule[key]).replace(".000Z", "Z")
        body["properties"]["schedule"] = schedule

    def start(self, call: Call, resource: Resource) -> Reply:
        """Run the job now."""
        call.address = parse(f"{resource.id}/executions/{uuid.uuid4()}")
        made = EXECUTIONS.begin(call)
        where = _address(call, made)
        return Reply(200, EXECUTIONS.as_begun(made), {"Location": where})


_SCHEDULE = {
    "startTime": "0001-01-01T00:00:00Z",
    "endTime": "9999-12-31T11:59:59Z",
    "type": "Once",
    "enabled": False,
}


class Step(OfAgent):
    """A step of a job."""

    arm_type = f"{_JOBS}/steps"
    row = Row(
        "steps",
        status=201,
        defaults={
            "action": {"type": "TSql", "source": "Inline"},
            "executionOptions": {
                "timeoutSeconds": 43200,
                "retryAttempts": 10,
                "initialRetryIntervalSeconds": 1,
                "maximumRetryIntervalSeconds": 120,
                "retryIntervalBackoffMultiplier": 2.0,
            },
        },
    )

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Number the step, and count the job's version up."""
        super().build(call, body, resource, before)
        job = call.state.get(resource.id.rsplit("/", 2)[0])
        others = len(call.state.under(job.id, self.arm_type)) if job else 0
        number = before.get("properties", {}).get("stepId") or others + 1
        body["properties"] = {"stepId": number, **body["properties"]}
        if job is not None:
            job.body["properties"]["version"] += 1
            call.state.put(job)


class Execution(OfAgent):
    """One run of a job, which has nothing to do here and succeeds at once."""

    arm_type = f"{_JOBS}/executions"
    row = Row("executions", status=201)
    actions: ClassVar[dict[str, str]] = {"cancel": "cancel"}

    def put(self, call: Call) -> Reply:
        """Run the job under a number of the client's choice; the request has no body."""
        self.require_container(call)
        self.require_parent(call, call.address, "write")
        try:
            uuid.UUID(call.address.name)
        except ValueError:
            message = f"'{call.address.name}' is no valid number of a job execution."
            raise ArmError(400, "InvalidJobExecutionId", message) from None
        return Reply(201, self.as_begun(self.begin(call)))

    def begin(self, call: Call) -> Resource:
        """Store an execution that has succeeded."""
        made = self._new(call)
        made.state = "Succeeded"
        self._fill(call, {}, made, None)
        call.state.put(made)
        return made

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Say how it went."""
        job = call.state.get(resource.id.rsplit("/", 2)[0])
        now = timestamp(resource.created)
        body["properties"] = {
            "jobVersion": job.body["properties"]["version"] if job else 0,
            "jobExecutionId": resource.name,
            "lifecycle": "Succeeded",
            "provisioningState": "Succeeded",
            "createTime": now,
            "startTime": now,
            "endTime": now,
            "currentAttempts": 0,
            "lastMessage": "Job execution succeeded.",
        }

    def as_begun(self, resource: Resource) -> dict[str, Any]:
        """Return an execution as the answer to its beginning shows it."""
        body = copy.deepcopy(resource.body)
        for key in ("startTime", "endTime"):
            del body["properties"][key]
        created = {
            "lifecycle": "Created",
            "provisioningState": "Created",
            "lastMessage": "Job execution created.",
        }
        body["properties"] |= created
        return body

    def cancel(self, call: Call, resource: Resource) -> Reply:
        """Cancel an execution, which is over already."""
        where = _address(call, resource)
        return Reply(200, None, {"Location": where})


EXECUTIONS = Execution()


def _address(call: Call, execution: Resource) -> str:
    return f"{call.world.endpoint}{quote(execution.id, safe=SAFE)}?api-version={call.api_version}"


class Version(Reading):
    """A version of a job."""

    arm_type = f"{_JOBS}/versions"

    def told(self, call: Call, parent: Resource) -> list[dict[str, Any]]:
        """Count them."""
        return [{"name": str(number + 1)} for number in range(parent.body["properties"]["version"])]


class ExecutionStep(Reading):
    """How one step of an execution went."""

    arm_type = f"{_JOBS}/executions/steps"

    def told(self, call: Call, parent: Resource) -> list[dict[str, Any]]:
        """Say of each step of the job that it has succeeded."""
        job = parent.id.rsplit("/", 2)[0]
        return [_done(parent, step) for step in call.state.under(job, Step.arm_type)]


class VersionStep(Reading):
    """A step of a job, as it was in one version of it."""

    arm_type = f"{_JOBS}/versions/steps"

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Ask for the version, which nobody stores."""
        VERSIONS.require(call, address.parent)

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List the job's steps as they are now: no other version is kept."""
        job = parse(call.address.path).parent.parent.path
        return [_in_version(call, one) for one in call.state.under(job, Step.arm_type)]

    def require(self, call: Call, address: Address | None = None) -> Resource:
        """Return one of them."""
        address = address or call.address
        self.require_parent(call, address, "read")
        job = address.parent.parent.path
        found = call.state.get(f"{job}/steps/{address.name}")
        if found is None:
            raise not_found(self.arm_type, address)
        body = copy.deepcopy(found.body)
        body["id"] = f"{found.id.rsplit('/', 2)[0]}/versions/{address.parent.name}/steps/{found.name}"
        return Resource(body["id"], self.arm_type.lower(), found.name, "Succeeded", body)


VERSIONS = Version()


def _in_version(call: Call, step: Resource) -> dict[str, Any]:
    job, number = step.id.rsplit("/", 2)[0], call.address.names[-1]
    return copy.deepcopy(step.body) | {"id": f"{job}/versions/{number}/steps/{step.name}"}


def _done(execution: Resource, step: Resource) -> dict[str, Any]:
    properties = {
        key: value for key, value in execution.body["properties"].items() if key != "currentAttempts"
    }
    number = step.body["properties"]["stepId"]
    properties |= {
        "stepName": step.name,
        "stepId": number,
        "currentAttempts": 1,
        "currentAttemptStartTime": properties["startTime"],
        "lastMessage": f"Step {number} succeeded.",
    }
    return {"name": step.name, "properties": properties}


_TYPES = (JobAgent.arm_type, Job.arm_type, Execution.arm_type)
