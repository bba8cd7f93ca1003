"""Replays recorded conversations with the real service: the same questions, our own poll addresses, in order."""

from __future__ import annotations

import ast
import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulator.compare import differences
from tests.simulator.conftest import Answer, Running
from tests.simulator.parents import HERE, Parents

FOLDER = Path(__file__).parents[3] / "shared" / "recordings"
POLL = re.compile(
    r"/(operationresults|asyncoperations|operationstatuses|\w*azureasyncoperation|\w*asyncoperation|\w*operationresults"
    r"|mfeoperationsstatus|workspaceoperationsstatus|computeoperationsstatus|\w*operationsstatus)/",
    re.I,
)
FILTERING = re.compile(r"^(b_)?(azure-cli|azure-sdk-for-python|pypi_)")
RUNNING = {
    "inprogress",
    "updating",
    "creating",
    "accepted",
    "running",
    "deleting",
    "cancelinprogress",
    "pending",
}


@dataclass
class Result:
    """How one exchange went: ``wrong`` is empty when nothing differs; ``skipped`` says why it is not asked for."""

    file: str
    seq: int
    kind: str
    what: str
    wrong: list[str]
    skipped: str = ""


def files() -> list[tuple[str, Path]]:
    """Return every self-contained recording with its class."""
    if not FOLDER.is_dir():
        return []
    index = (FOLDER / "INDEX.md").read_text("utf-8")
    return [(mark, FOLDER / name) for mark, name in re.findall(r"^\| ([AB]) \| (\S+\.jsonl) \|", index, re.M)]


def replay(simulator: Running, file: Path) -> Iterator[Result]:
    """Replay one recording against an empty simulator."""
    simulator.control("POST", "reset")
    exchanges = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for exchange in exchanges:
        path = re.sub(r"^https?://[^/]+", "", exchange["url"]).partition("?")[0]
        exchange["path"] = path.replace("%2F", "/").replace("//", "/")
    player = _Player(simulator, exchanges)
    for exchange in exchanges:
        # The recorder of azure-cli and of the Python SDK takes Retry-After out: its absence says nothing.
        exchange["retry_after_kept"] = not FILTERING.search(file.name)
        wrong, skipped = player.play(exchange)
        yield Result(file.stem, exchange["seq"], kind_of(exchange), _what(exchange), wrong, skipped)


def kind_of(exchange: dict[str, Any]) -> str:
    """Return the resource type that an exchange is about."""
    _, found, tail = exchange["path"].rpartition("/providers/")
    if not found:
        return "microsoft.resources/" + (
            "deployments" if "/deployments/" in tail.lower() else "resourcegroups"
        )
    parts: list[str] = tail.lower().rstrip("/").split("/")
    if parts[1:2] == ["locations"] or len(parts) < 2:
        return parts[0]
    return "/".join([parts[0], *parts[1:4:2]]) if len(parts) > 3 else "/".join(parts[:2])


class _Player:
    def __init__(self, simulator: Running, exchanges: list[dict[str, Any]]) -> None:
        self.simulator, self.numbers = simulator, dict[str, str]()
        seen: dict[str, dict[str, Any]] = {}
        for one in exchanges:
            if (
                one["method"] == "GET"
                and isinstance(one["response_body"], dict)
                and "id" in one["response_body"]
            ):
                seen.setdefault(self._path(one["path"]).lower(), one["response_body"])
        self.parents = Parents(simulator, seen)
        self.polls: dict[str, str] = {}
        self.made: set[str] = set()
        self.deleted: set[str] = set()

    def play(self, exchange: dict[str, Any]) -> tuple[list[str], str]:
        """Play one exchange and return what differs, or why it is not asked for."""
        if POLL.search(exchange["path"]):
            return self._poll(exchange)
        path = self._path(exchange["path"])
        if reason := self._out_of_time(exchange, path):
            return [], reason
        body = self._mended(exchange["request_body"])
        if "/roleassignments/" in path.lower() and exchange["status"] < 400:
            self._known_principal(body)
        self._prepare(exchange, path, body)
        query = re.sub(r"&[tcsh]=[^&]*", "", exchange["url"].partition("?")[2])
        answer = self.simulator.arm(exchange["method"], f"{path}?{query}", body)
        self._remember(exchange, answer, path)
        return differences(exchange, answer, self.simulator.subscription), ""

    def _poll(self, exchange: dict[str, Any]) -> tuple[list[str], str]:
        address = self.polls.get(exchange["path"].lower())
        if address is None:
            return ["no poll address was handed out for this"], ""
        answer = self.simulator.arm("GET", address)
        body = exchange["response_body"]
        status = str(body.get("status", "") if isinstance(body, dict) else "").lower()
        if exchange["status"] == 202 or status in RUNNING:
            good = answer.status in {200, 201, 202, 204}
            return ([] if good else [f"poll {answer.status}: {str(answer.body)[:200]}"]), ""
        if isinstance(body, dict):
            exchange["response_body"] = {
                key: value for key, value in body.items() if not _numbered(key, value)
            }
        return differences(exchange, answer, self.simulator.subscription), ""

    def _prepare(self, exchange: dict[str, Any], path: str, body: Any) -> None:
        """Create what a recording takes for granted, but nothing that it creates or deletes itself."""
        by_arm = exchange["status"] == 404 and "x-ms-failure-cause" in exchange["response_headers"]
        if by_arm or not path.lower().startswith("/subscriptions/") or self._touched(path):
            return
        seen = exchange["response_body"]
        if "/providers/" in path or exchange["method"] != "PUT":
            self.parents.group(path, seen if isinstance(seen, dict) else None)
        place = next(
            (one["location"] for one in (body, seen) if isinstance(one, dict) and one.get("location")), ""
        )
        self.parents.ancestors(path, place or HERE)
        self.parents.references(body)
        if exchange["method"] == "PUT" and exchange["status"] == 200 and not isinstance(seen, dict):
            return
        if exchange["method"] in {"GET", "HEAD", "PATCH", "DELETE"} and exchange["status"] < 300:
            self.parents.one(path, seen if isinstance(seen, dict) else {})

    def _out_of_time(self, exchange: dict[str, Any], path: str) -> str:
        """Return why an exchange cannot be compared: it was recorded in the midst of what is over here at once."""
        body, deleted = exchange["response_body"], path.lower() in self.deleted
        if exchange["method"] == "DELETE" and exchange["status"] == 202:
            self.deleted.add(path.lower())
            return "recorded while a deletion went on" if deleted else ""
        properties = body.get("properties") if isinstance(body, dict) else None
        state = properties.get("provisioningState") if isinstance(properties, dict) else None
        return "recorded while a deletion went on" if state == "Deleting" else ""

    def _touched(self, path: str) -> bool:
        return path.lower() in self.made

    def _remember(self, exchange: dict[str, Any], answer: Answer, path: str) -> None:
        if exchange["method"] in {"PUT", "DELETE"}:
            self.made.add(path.lower())
        path = exchange["path"].lower()
        if "/deployments/" in path and path.endswith("/operations") and isinstance(answer.body, dict):
            pairs = zip(exchange["response_body"]["value"], answer.body.get("value", []), strict=False)
            self.numbers |= {theirs["operationId"]: ours["operationId"] for theirs, ours in pairs}
        for name in ("location", "azure-asyncoperation"):
            theirs, ours = exchange["response_headers"].get(name), answer.headers[name]
            if theirs and ours:
                key = re.sub(r"^https?://[^/]+", "", theirs).partition("?")[0].lower()
                self.polls[key.replace("//", "/")] = ours

    def _path(self, path: str) -> str:
        for theirs, ours in self.numbers.items():
            path = path.replace(theirs, ours)
        return re.sub(r"/subscriptions/[^/]+", self.simulator.subscription, path, flags=re.I)

    def _known_principal(self, body: Any) -> None:
        """Let a role go to ourselves: the directory that a recorder asked knew the principal, ours cannot."""
        properties = body.get("properties") if isinstance(body, dict) else None
        if isinstance(properties, dict) and "principalId" in properties:
            claims = self.simulator.token().split(".")[1]
            properties["principalId"] = json.loads(base64.urlsafe_b64decode(claims + "=="))["oid"]

    def _mended(self, body: Any) -> Any:
        """Put back what the recorders masked or wrapped, where the meaning needs it."""
        text = json.dumps(_unwrapped(body))
        text = re.sub(r"/subscriptions/[0-9a-fA-Fx-]+", self.simulator.subscription, text)
        text = re.sub(r'("administratorLoginPassword": )"[^"]*"', r'\1"Correct-Horse-1"', text)
        return json.loads(text)


def _unwrapped(body: Any) -> Any:
    """Return a body that a recorder of Python has written down as the text of bytes, once or more often."""
    while isinstance(body, str) and body[:2] in {"b'", 'b"'}:
        try:
            body = ast.literal_eval(body).decode()
            body = json.loads(body) if body[:1] in "{[" else body
        except (SyntaxError, ValueError):
            return body
    return body


def _numbered(key: str, value: Any) -> bool:
    """Tell whether a part of a poll's body is a number that the service gave to the operation."""
    return key == "name" or (key == "id" and "operation" in str(value).lower())


def _what(exchange: dict[str, Any]) -> str:
    version = exchange["api_version"]
    return f"{exchange['method']} {exchange['path']} ({version}) -> {exchange['status']}"
