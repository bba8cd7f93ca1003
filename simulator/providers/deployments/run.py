"""Deployments, going on: what waits for nothing begins, what is done lets others begin, and at last there are outputs.

A step begins at the moment when the last one that it waited for ended, even if nobody asked for a while.
"""

from __future__ import annotations

import copy
from typing import Any

from simulator import admission, catalogue, operations
from simulator.address import parse
from simulator.call import Call
from simulator.clock import FOLLOWERS
from simulator.errors import ArmError
from simulator.kinds import kind_of
from simulator.providers.deployments.outside import Around
from simulator.providers.deployments.prepare import MISSHAPEN, facts_of, type_word
from simulator.state import Resource
from simulator.templates.evaluate import Scope
from simulator.templates.functions import as_bool
from simulator.templates.syntax import TemplateError
from simulator.world import World, timestamp

TYPE = "microsoft.resources/deployments"
OPEN = ("Accepted", "Running")
META = frozenset({"type", "apiVersion", "name", "condition", "copy", "dependsOn", "resources", "scope", "existing",
                  "comments", "metadata", "subscriptionId", "resourceGroup"})  # fmt: skip


def follow(world: World) -> bool:
    """Bring every deployment as far as it has come by now; tell whether anything has changed."""
    sql = f"SELECT id FROM resources WHERE type = '{TYPE}' AND state IN ('Accepted', 'Running') ORDER BY created, rowid"
    changed = False
    for row in world.state.run(sql):
        deployment = world.state.get(row["id"])
        if deployment is not None:
            changed |= _advance(world, deployment)
    return changed


FOLLOWERS.append(follow)


def _advance(world: World, deployment: Resource) -> bool:
    steps: list[dict[str, Any]] = deployment.hidden["steps"]
    changed = False
    for step in steps:
        if step["state"] == "Running":
            changed |= _look(world, step)
    over = {step["id"]: step for step in steps if step["state"] not in {"Waiting", "Running"}}
    for step in steps:
        if step["state"] == "Waiting" and all(one in over for one in step["depends_on"]):
            _begin(world, deployment, step, [over[one] for one in step["depends_on"]])
            changed = True
    if all(step["state"] not in {"Waiting", "Running"} for step in steps):
        _end(world, deployment, steps)
        changed = True
    if changed:
        world.state.put(deployment)
    return changed


def _look(world: World, step: dict[str, Any]) -> bool:
    """Tell whether a running step has ended, and write down how."""
    if step["operation"]:
        row = operations.by_id(world, step["operation"])
        if row is None or row.state == "InProgress":
            return False
        step |= {"state": row.state, "ends": row.ends, "error": row.error}
        return True
    if step["type"].lower() == TYPE:
        nested = world.state.get(step["id"])
        if nested is None or nested.state in OPEN:
            return False
        step |= {"state": nested.state, "ends": nested.hidden.get("ended", world.now())}
        step["error"] = nested.body["properties"].get("error")
        return True
    if step["ends"] > world.now():
        return False
    step["state"] = "Succeeded"
    return True


def _begin(world: World, deployment: Resource, step: dict[str, Any], before: list[dict[str, Any]]) -> None:
    moment = max([deployment.created, *(one["ends"] for one in before)])
    step |= {"started": moment, "ends": moment, "operation": None}
    if any(one["state"] != "Succeeded" for one in before):
        step["state"] = "Canceled"  # what it needs has failed
        return
    if step["existing"]:
        step["state"] = "Succeeded"
        return
    deployment.state = "Running"
    try:
        with world.at(moment):
            _put(world, deployment, step)
    except ArmError as error:
        step |= {"state": "Failed", "error": error.error(), "status": error.status}
    except (TemplateError, *MISSHAPEN) as wrong:
        message = f"Unable to process template language expressions for resource '{step['id']}': {wrong}."
        step |= {"state": "Failed", "error": {"code": "InvalidTemplate", "message": message}, "status": 400}


def _put(world: World, deployment: Resource, step: dict[str, Any]) -> None:
    kind = kind_of(step["type"])
    assert kind is not None, "the preflight has refused unknown types"
    scope = scope_of_run(world, deployment, step["loops"])
    body = _body(scope, step)
    version = step["version"] or kind.api_versions[1]
    call = Call(world, "PUT", parse(step["id"]), {"api-version": version}, body, deployment.hidden["caller"])
    catalogue.register_quietly(call, kind)
    admission.check_write(call, kind)
    reply = kind.put(call)
    running = operations.running(world, step["id"])
    step |= {
        "state": "Running",
        "status": reply.status,
        "operation": running.id if running else None,
        "ends": world.now() + reply.delay,
    }


def _body(scope: Scope, step: dict[str, Any]) -> dict[str, Any]:
    raw = {key: value for key, value in step["raw"].items() if key not in META}
    if step["type"].lower() != TYPE:
        return dict(scope.value(raw))
    properties = raw.get("properties") or {}
    inner = (properties.get("expressionEvaluationOptions") or {}).get("scope", "outer")
    if str(inner).lower() != "inner":
        return dict(scope.value(raw))
    # A template with a scope of its own is handed on as it is written.
    template = properties.get("template")
    body = dict(
        scope.value({**raw, "properties": {key: v for key, v in properties.items() if key != "template"}})
    )
    body["properties"]["template"] = copy.deepcopy(template)
    return body


def scope_of_run(world: World, deployment: Resource, loops: dict[str, int]) -> Scope:
    """Return the scope of expressions while a deployment runs: references are answered now."""
    hidden = deployment.hidden
    facts = facts_of(world, hidden["root"], deployment.name, deployment.request.get("properties", {}))
    facts.deployment["properties"]["provisioningState"] = "Running"
    ids = {step["name"].lower(): step["id"] for step in hidden["steps"]}
    versions = {step["id"].lower(): step["version"] for step in hidden["steps"]}
    around = Around(world, hidden["caller"], hidden["root"], ids, versions)
    facts.reference, facts.listing = around.reference, around.listing
    return Scope(facts, hidden["template"], hidden["values"], loops=dict(loops), symbols=hidden["symbols"])


def _end(world: World, deployment: Resource, steps: list[dict[str, Any]]) -> None:
    ended = max([deployment.created, *(step["ends"] for step in steps)])
    failed = [step for step in steps if step["state"] == "Failed"]
    properties = deployment.body["properties"]
    if failed:
        _fail(deployment, [_failure(step) for step in failed])
    else:
        try:
            _remove_others(world, deployment, steps)
            properties["outputs"] = _outputs(scope_of_run(world, deployment, {}))
            properties["outputResources"] = [
                {"id": step["id"]} for step in steps if step["type"].lower() != TYPE
            ]
            deployment.state = "Succeeded"
        except (TemplateError, *MISSHAPEN) as wrong:
            message = f"The template output is not valid: {wrong}."
            _fail(deployment, [{"code": "DeploymentOutputEvaluationFailed", "message": message}])
    deployment.hidden["ended"] = ended
    deployment.hidden.pop("values", None)  # secrets among them
    properties["timestamp"] = timestamp(ended)
    properties["duration"] = duration(ended - deployment.created)


def _fail(deployment: Resource, details: list[dict[str, Any]]) -> None:
    message = (
        "At least one resource deployment operation failed. Please list deployment operations for details. Please see "
        "https://aka.ms/arm-deployment-operations for usage details."
    )
    error = {"code": "DeploymentFailed", "target": deployment.id, "message": message, "details": details}
    deployment.body["properties"]["error"] = error
    deployment.state = "Failed"


def _failure(step: dict[str, Any]) -> dict[str, Any]:
    error = step["error"] or {
        "code": "ResourceDeploymentFailure",
        "message": "The resource operation failed.",
    }
    return {**error, "target": step["id"]}


def _outputs(scope: Scope) -> dict[str, Any]:
    out = {}
    for name, about in (scope.template.get("outputs") or {}).items():
        if "condition" in about and not as_bool(scope.value(about["condition"])):
            continue
        kind = type_word(str(about.get("type", "string")))
        if isinstance(about.get("copy"), dict):
            whole = scope.value({"copy": [{"name": "all", **about["copy"]}]})
            value = next(iter(whole.values()))
        else:
            value = scope.value(about.get("value"))
        out[name] = {"type": kind} if kind.startswith("Secure") else {"type": kind, "value": value}
    return out


def _remove_others(world: World, deployment: Resource, steps: list[dict[str, Any]]) -> None:
    """Delete what the template of a complete deployment does not name."""
    if deployment.hidden["mode"] != "Complete" or "/resourceGroups/" not in deployment.hidden["root"]:
        return
    named = {step["id"].lower() for step in steps}
    for resource in world.state.under(deployment.hidden["root"]):
        kind = kind_of(resource.type)
        if kind is None or not kind.regional or resource.type == TYPE or resource.key in named:
            continue
        if resource.state == "Deleting" or any(one.startswith(resource.key + "/") for one in named):
            continue
        query = {"api-version": kind.api_versions[1]}
        kind.delete(Call(world, "DELETE", parse(resource.id), query, None, deployment.hidden["caller"]))


def duration(seconds: float) -> str:
    """Return a length of time as ARM writes it."""
    return f"PT{max(seconds, 0):.7f}S"
