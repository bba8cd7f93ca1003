"""Every request's way in and out: the doors, faults, the journal, and one transaction around what it does."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from simulator import arm, control, faults, front_desk
from simulator.blobs import door as blobs
from simulator.blobs import store
from simulator.call import Reply
from simulator.errors import ArmError, gateway, invalid_content
from simulator.faults import Dropped, Fault
from simulator.scoring import front as scoring
from simulator.scoring.fleet import Fleet
from simulator.templates.relaxed import strict
from simulator.world import World, timestamp

LARGEST_BODY = 4 * 1024 * 1024
#: What is read and thrown away of a body that is too large, so that its sender lives to read the answer.
LARGEST_WASTE = 128 * 1024 * 1024
WRITES = frozenset({"PUT", "POST", "PATCH", "DELETE"})
#: POSTs that only read: they are not in the journal.
READS = ("checknameavailability", "listkeys", "listcredentials", "sharedkeys")


class Simulator:
    """The ASGI application.  ``cut`` closes a client's connection at once."""

    def __init__(self, world: World, fleet: Fleet, cut: Callable[[Any], None]) -> None:
        self.world, self.fleet, self.cut = world, fleet, cut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing that a client sends gets a traceback back."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except Dropped:
            self.cut(scope.get("client"))
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if not allowed_host(request.headers.get("host", ""), self.world.port):
                raise ArmError(
                    400, "InvalidHost", "This Host header is not one of the simulator's own names."
                )
            return await self._dispatch(request)
        except ArmError as error:
            return _response(request, Reply(error.status, error.body(), error.headers))
        except Dropped:
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            failure = ArmError(500, "InternalServerError", "The simulator failed; see its log.")
            return _response(request, Reply(500, failure.body()))

    async def _dispatch(self, request: Request) -> Response:
        path = request.scope["path"]
        if blobs.account_of(request.headers.get("host", "")):
            return await blobs.answer(self.world, request)
        if scoring.knows(path):
            return await self._at_the_model(request)
        data = await _body(request)
        if path == control.ROOT or path.startswith(control.ROOT + "/"):
            return _response(
                request, control.handle(self.world, request.method, path, _control_json(request, data))
            )
        if front_desk.knows(path):
            return await self._at_the_desk(request, data)
        return await self._at_arm(request, data)

    async def _at_the_model(self, request: Request) -> Response:
        with self.world.state.transaction():
            fault = faults.strike(self.world.state, request.method, request.scope["path"])
        await _before(fault)
        return await scoring.answer(self.world, self.fleet, request)

    async def _at_the_desk(self, request: Request, data: bytes) -> Response:
        with self.world.state.transaction():
            fault = faults.strike(self.world.state, request.method, request.scope["path"])
        await _before(fault)
        return front_desk.answer(self.world, request, data)

    async def _at_arm(self, request: Request, data: bytes) -> Response:
        state, at = self.world.state, timestamp_now()
        method, path = request.method, request.scope["path"]
        with state.transaction():
            fault = faults.strike(state, method, path)
        if fault and not fault.acts_first:
            if fault.do.delay:
                await asyncio.sleep(fault.do.delay)
            if fault.do.drop or fault.answer():
                return self._fail(request, fault, at)
        reply = self._act(request, data, fault, at)
        store.sweep(self.world)
        if method in WRITES:
            self.fleet.wake()
        await asyncio.sleep(reply.delay + (fault.do.delay if fault and fault.acts_first else 0.0))
        if fault and fault.acts_first and (fault.do.drop or fault.answer()):
            return self._stand_in(request, fault)
        return _response(request, reply)

    def _act(self, request: Request, data: bytes, fault: Fault | None, at: str) -> Reply:
        """Do what is asked and write it down, both or neither; an error undoes all but the journal."""
        method, path, state = request.method, request.scope["path"], self.world.state
        query = {key.lower(): value for key, value in request.query_params.items()}
        token = request.headers.get("authorization", "")
        try:
            with state.transaction():
                reply = arm.handle(self.world, method, path, query, _json(data), token)
                self._write_down(method, path, _told(fault, reply.status), at)
        except ArmError as error:
            reply = Reply(error.status, error.body(), error.headers)
            with state.transaction():
                self._write_down(method, path, _told(fault, error.status), at)
        return reply

    def _fail(self, request: Request, fault: Fault, at: str) -> Response:
        with self.world.state.transaction():
            self._write_down(request.method, request.scope["path"], _told(fault, None, True), at)
        return self._stand_in(request, fault)

    def _stand_in(self, request: Request, fault: Fault) -> Response:
        error = fault.answer()
        if fault.do.drop or error is None:
            raise Dropped
        return _response(request, Reply(error.status, error.body(), error.headers))

    def _write_down(self, method: str, path: str, status: int | None, at: str) -> None:
        if method in WRITES and path.rstrip("/").rsplit("/", 1)[-1].lower() not in READS:
            sql = "INSERT INTO journal (method, path, status, at) VALUES (?,?,?,?)"
            self.world.state.run(sql, method, path, status, at)


def allowed_host(host: str, port: int) -> bool:
    """Tell whether a Host header is one of ours: a page that rebinds its name to 127.0.0.1 must not get in."""
    name, _, given = host.lower().rpartition(":")
    if given != str(port):
        return False
    return name in {"127.0.0.1", "localhost"} or name.endswith(".localhost")


def timestamp_now() -> str:
    """Return this moment as the journal writes it."""
    return timestamp(datetime.now(UTC).timestamp())


def _told(fault: Fault | None, status: int | None, struck: bool = False) -> int | None:
    """Return the status that the client is told: a fault's where it stands in for the answer, None for a drop."""
    if fault is None or not (struck or fault.acts_first):
        return status
    if fault.do.drop:
        return None
    return fault.do.status or status


async def _before(fault: Fault | None) -> None:
    """Let a fault strike a request that has no state to change."""
    if fault is None:
        return
    await asyncio.sleep(fault.do.delay)
    if fault.do.drop:
        raise Dropped
    if error := fault.answer():
        raise error


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        elif size > LARGEST_WASTE:
            break
    if size > LARGEST_BODY:
        message = f"The request content size exceeds the maximum size of '{LARGEST_BODY}' bytes."
        raise gateway(413, "RequestContentTooLarge", message, headers={"Connection": "close"})
    return b"".join(chunks)


def _json(data: bytes) -> Any:
    if not data.strip():
        return None
    try:
        value = _loads(data)
        # A lone surrogate is good JSON and no text: it cannot be stored, nor sent.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as wrong:
        raise invalid_content(f"The JSON could not be read: {wrong}") from None
    return value


def _loads(data: bytes) -> Any:
    """Read JSON, and what az sends for it with a template: an unquoted key, comments, texts over several lines."""
    try:
        return json.loads(data, parse_constant=_refuse_constant)
    except ValueError:
        if b"template" not in data and b"//" not in data:
            raise
        return json.loads(strict(data.decode()), parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _control_json(request: Request, data: bytes) -> Any:
    """Return a control request's body.  Only JSON: a form on a foreign page cannot send that content type."""
    if request.method == "GET":
        return None
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ArmError(415, "UnsupportedMediaType", "The control paths take application/json only.")
    return _json(data)


def _response(request: Request, reply: Reply) -> Response:
    headers = {
        key.title() if key.islower() and not key.startswith("x-") else key: value
        for key, value in reply.headers.items()
    }
    number = str(uuid.uuid4())
    correlation = request.headers.get("x-ms-correlation-request-id") or number
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers |= {
        "x-ms-request-id": number,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"REHEARSAL:{moment}:{number}",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if client := request.headers.get("x-ms-client-request-id"):
        headers["x-ms-client-request-id"] = client
    payload = b"" if request.method == "HEAD" else reply.payload()
    media = "application/json; charset=utf-8" if payload else None
    return Response(payload, reply.status, headers, media_type=media)
