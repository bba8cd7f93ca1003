"""One recorded answer against one of ours: everything that a client could tell apart is named."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import Answer

LRO = ("location", "azure-asyncoperation", "retry-after")

#: What is not asked for, with the reason: the last parts of key paths.
LEFT_OUT: dict[str, str] = {}


def differences(recorded: dict[str, Any], answer: Answer, subscription: str) -> list[str]:
    """Return all that differs, in words; empty when nothing does."""
    want, body = recorded["status"], recorded["response_body"]
    if answer.status != want:
        return [f"status {answer.status}, recorded {want}: {str(answer.body)[:260]}"]
    out = list(_headers(recorded, answer))
    if want >= 400:
        return out + list(_error(body, answer.body))
    if isinstance(body, dict):
        if not isinstance(answer.body, dict):
            return [*out, f"body is {answer.body!r}, recorded an object"]
        out += _identity(body, answer.body, subscription)
        out += _paths(body, answer.body, "")
    elif body is not None and answer.body is None:
        out.append(f"no body, recorded {str(body)[:80]}")
    elif body is None and answer.body is not None:
        out.append(f"body {str(answer.body)[:80]}, recorded none")
    return out


def _headers(exchange: dict[str, Any], answer: Answer) -> list[str]:
    out, recorded = [], exchange["response_headers"]
    for name in LRO:
        if name == "retry-after" and name not in recorded and not exchange["retry_after_kept"]:
            continue
        if (name in recorded) != (name in answer.headers):
            out.append(f"header {name} {'missing' if name in recorded else 'too many'}")
    ours = answer.headers["x-ms-failure-cause"]
    if recorded.get("x-ms-failure-cause") != ours:
        out.append(f"x-ms-failure-cause {ours}, recorded {recorded.get('x-ms-failure-cause')}")
    return out


def _error(recorded: Any, ours: Any) -> list[str]:
    want, have = _code(recorded), _code(ours)
    return [f"error.code {have}, recorded {want}"] if want != have else []


def _code(body: Any) -> Any:
    if not isinstance(body, dict):
        return None
    inside = body.get("error", body)
    return inside.get("code") if isinstance(inside, dict) else None


def _identity(recorded: dict[str, Any], ours: dict[str, Any], subscription: str) -> list[str]:
    out = []
    for key in ("id", "name", "type", "location", "tags"):
        want, have = recorded.get(key), ours.get(key)
        if key == "id" and isinstance(want, str):
            parts = want.split("/")
            if "/operations/" in want:
                continue
            if len(parts) > 2 and parts[1] == "subscriptions":
                want = "/".join([*subscription.split("/"), *parts[3:]])
            elif _is_number(want):
                continue
        if key in recorded and want != have and not (key == "name" and _is_number(want)):
            out.append(f"{key} {have!r}, recorded {want!r}")
    return out


def _is_number(name: Any) -> bool:
    """Tell whether a name is one that the service gave itself: operations have no other."""
    return isinstance(name, str) and (len(name) >= 32 or name.isdigit() or ":" in name)


def _paths(recorded: Any, ours: Any, path: str) -> list[str]:
    """Return every key path that is missing or has another JSON type."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        out = []
        for key, value in recorded.items():
            if path == "" and key in {"id", "name", "type", "location", "tags"} and key not in ours:
                continue  # told already
            if key in LEFT_OUT or path.endswith("/tags"):
                continue
            if key.startswith("/subscriptions/"):
                continue  # an ID as a key: of an identity that the recorder's directory had
            if key not in ours:
                out.append(f"lacks {path}/{key}")
            else:
                out += _paths(value, ours[key], f"{path}/{key}")
        return out
    if isinstance(recorded, list) and isinstance(ours, list):
        return _items(recorded, ours, path)
    if recorded is not None and _kind(recorded) != _kind(ours):
        return [f"{path} is {_kind(ours)}, recorded {_kind(recorded)}"]
    return []


def _items(recorded: list[Any], ours: list[Any], path: str) -> list[str]:
    if not recorded:
        return []
    if not ours:
        return [f"{path} is empty"] if path == "/value" else []
    for wanted in recorded:
        twin = _twin(wanted, ours)
        if twin is not None:
            return _paths(wanted, twin, f"{path}[]")
    return []  # the recorder's subscription held others than ours


def _twin(wanted: Any, ours: list[Any]) -> Any:
    """Return the item of the same name, or the first where items have none."""
    if isinstance(wanted, dict) and "name" in wanted:
        return next(
            (one for one in ours if isinstance(one, dict) and one.get("name") == wanted["name"]), None
        )
    return ours[0]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    names: dict[type, str] = {str: "string", dict: "object", list: "array"}
    return names.get(type(value), "null")
