"""What everything below a workspace has in common: its errors, its headers, its operations.

The service behind is called the management front end ("mfe"), and its envelope says so.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.operations import SAFE, Operation, Style
from simulator.world import timestamp

NAME_RULE = r"[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}"
NAMESPACE = "Microsoft.MachineLearningServices"
ROOT = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"


def user_error(call: Call | None, status: int, message: str, inner: str = "", **more: Any) -> ArmError:
    """Make an error as the management front end words it; ``inner`` is the code of its InnerError."""
    now = timestamp(call.world.now()) if call else ""
    operation, request = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    about: list[tuple[str, Any]] = [
        ("ComponentName", "managementfrontend"),
        ("Correlation", {"operation": operation, "request": request}),
        ("Environment", "rehearsal"),
        ("Location", "rehearsal"),
        ("Time", now),
    ]
    if inner:
        about.append(("InnerError", {"code": inner, "innerError": None}))
    additional = [{"type": kind, "info": {"value": value}} for kind, value in about]
    details = more.pop("details", [])
    return ArmError(
        status, more.pop("code", "UserError"), message, details=details, additional=additional, **more
    )


def check_name(call: Call, name: str, what: str, rule: str = NAME_RULE) -> None:
    """Refuse a name that breaks the rule of its kind."""
    import re

    if re.fullmatch(rule, name) is None:
        message = f"The {what} name '{name}' is invalid: it must match {rule}."
        raise user_error(call, 400, message, "BadArgument")


def at_itself(call: Call, reply: Reply, resource_id: str) -> Reply:
    """Add the Location that a creation answers with: the resource itself, with the query that was asked."""
    if reply.status == 201:
        query = "&".join(f"{key}={value}" for key, value in call.query.items())
        reply.headers["Location"] = f"{call.world.endpoint}{quote(resource_id, safe=SAFE)}?{query}"
    return reply


def operation_style(mark: str, at_resource: bool = False) -> Style:
    """Return how an endpoint's operation is told of; recorded: never with Retry-After."""
    result = "" if at_resource else f"{ROOT}/mfeOperationResults/{mark}:{{id}}"
    return Style(f"{ROOT}/mfeOperationsStatus/{mark}:{{id}}", result, at_resource=at_resource)


def status_body(operation: Operation) -> dict[str, Any]:
    """Return a poll's body: the word for "not yet" is Updating."""
    done = operation.state != "InProgress"
    name = operation.status_path.rsplit("/", 1)[1]
    body: dict[str, Any] = {
        "id": operation.status_path,
        "name": name,
        "startTime": timestamp(operation.started),
        "percentComplete": 100.0 if done else 0.0,
        "status": operation.state if done else "Updating",
    }
    if done:
        body["endTime"] = timestamp(operation.ends)
    if operation.error and operation.state == "Failed":
        body["error"] = operation.error
    return body
