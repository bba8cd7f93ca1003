"""A request's way in and out: by Host to an account, past faults and credentials, its body to disk, one transaction.

https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
"""

from __future__ import annotations

import asyncio
import re
import sys
import traceback
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from simulator import faults
from simulator.blobs import access, containers, intake, markup, routes, store
from simulator.blobs.asked import Answer, Asked, Slice, split_path, split_query
from simulator.blobs.errors import BlobError, bad_header
from simulator.blobs.routes import Operation
from simulator.clock import catch_up
from simulator.errors import ArmError
from simulator.faults import Dropped, Fault
from simulator.world import World, timestamp

CHUNK = 256 * 1024
_HOST = re.compile(r"([a-z0-9-]{1,63})\.blob\.sim\.localhost(?::\d+)?")
#: Azure Storage's own words for statuses that a fault names without a code.
_FAULT_CODES = {500: "InternalError", 503: "ServerBusy"}


def account_of(host: str) -> str:
    """Return the account that a Host header names, empty for every other host."""
    found = _HOST.fullmatch(host.lower())
    return found[1] if found else ""


async def answer(world: World, request: Request) -> Response:
    """Answer one request; whatever a client sends, it gets storage's own envelope back.

    Raises:
        Dropped: a fault cuts the connection, or the client has gone.
    """
    started = timestamp(datetime.now(UTC).timestamp())
    asked = _bare(world, request)
    fault: Fault | None = None
    operation: Operation | None = None
    told: list[int | None] = []
    written = False
    try:
        with world.state.transaction():
            fault = faults.strike(world.state, request.method, _told_path(asked))
        _read(asked)
        operation = routes.find(asked)
        await _before(request, fault)
        result = await _act(asked, request, operation, fault, started)
        written = True
        await _after(fault)
        response = await _response(asked, request, result)
    except Dropped:
        told.append(None)
        raise
    except BlobError as error:
        told.append(error.status)
        response = await _refusal(asked, request, error)
    except ArmError as error:  # what ARM's own types refuse when a container is made through them
        told.append(error.status)
        refused = BlobError(error.code, error.message, status=error.status)
        response = await _refusal(asked, request, refused)
    except Exception:
        traceback.print_exc(file=sys.stderr)
        told.append(500)
        failure = BlobError("InternalError", "The simulator failed; see its log.", status=500)
        response = await _refusal(asked, request, failure)
    finally:
        if told and not written and operation is not None and operation.told:
            with world.state.transaction():
                _write_down(asked, told[0], started)
        store.sweep(world)
    return response


def _bare(world: World, request: Request) -> Asked:
    """Return the request as it stands; nothing in it has been judged."""
    scope = request.scope
    raw = scope.get("raw_path", b"").decode("ascii", "replace") or "/"
    query = split_query(scope.get("query_string", b"").decode("ascii", "replace"))
    headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
    client = scope.get("client") or ("",)
    name = account_of(headers.get("host", ""))
    return Asked(world, name, request.method, raw, "", "", query, headers, str(client[0]))


def _read(asked: Asked) -> None:
    version = asked.header("x-ms-version")
    if version and not re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", version):
        raise bad_header("x-ms-version", version)
    asked.container, asked.blob = split_path(asked.raw_path, asked.query)


async def _before(request: Request, fault: Fault | None) -> None:
    """Let a fault strike before anything is done; one that drops lets half of the body come first."""
    if fault is None or fault.acts_first:
        return
    await asyncio.sleep(fault.do.delay)
    if fault.do.drop:
        await _half(request)
        raise Dropped
    if error := _fault_error(fault):
        raise error


async def _after(fault: Fault | None) -> None:
    if fault is None or not fault.acts_first:
        return
    await asyncio.sleep(fault.do.delay)
    if fault.do.drop:
        raise Dropped
    if error := _fault_error(fault):
        raise error


async def _half(request: Request) -> None:
    announced = request.headers.get("content-length", "")
    wanted, size = (int(announced) // 2 if announced.isdigit() else 0), 0
    if wanted:
        async for chunk in request.stream():
            size += len(chunk)
            if size >= wanted:
                return


def _fault_error(fault: Fault) -> BlobError | None:
    found = fault.answer()
    if found is None:
        return None
    code = fault.do.code or _FAULT_CODES.get(found.status, found.code)
    return BlobError(code, found.message, status=found.status, headers=found.headers)


async def _act(asked: Asked, request: Request, operation: Operation, fault: Fault | None, at: str) -> Answer:
    """Judge the request, take its body in, and do what it asks and write it down in one transaction."""
    with asked.state.transaction():
        _admit(asked, operation)
    if operation.body == "xml":
        asked.body = await intake.to_memory(request, operation.largest)
    if operation.body == "disk":
        asked.received = await intake.to_disk(asked.world, request, operation.largest, operation.md5)
    try:
        with asked.state.transaction():
            if asked.received is not None:
                _admit(asked, operation)  # the container may have gone while the body came
            result = operation.act(asked)
            if operation.told:
                _write_down(asked, _told_status(fault, result.status), at)
            return result
    except BaseException:
        if asked.received is not None:
            store.drop_file(store.path_of(asked.world, asked.received.file))
        raise


def _admit(asked: Asked, operation: Operation) -> None:
    """Find account and container, and check who asks.

    Raises:
        BlobError: in Azure's order: no such account, not authenticated, not authorized, no such container.
    """
    catch_up(asked.world)
    found = asked.state.get(store.account_id(asked.state, asked.name) or "-")
    if found is None or found.state in {"Creating", "Deleting"} or found.body["kind"] == "FileStorage":
        raise BlobError("ResourceNotFound")
    asked.account = found
    asked.shelf = containers.find(asked, found) if asked.container else None
    asked.grant = access.authenticate(asked, found)
    if not operation.needs and not asked.grant.full:
        access.require(asked, "o" if asked.grant.who else "", operation.level)
    elif operation.needs:
        access.require(asked, operation.needs, operation.level)
    if asked.container and asked.shelf is None and not operation.missing_shelf:
        raise BlobError("ContainerNotFound")


async def _response(asked: Asked, request: Request, result: Answer) -> Response:
    """Return the answer; a body that nobody read is read now, so that the connection can go on."""
    headers = _common(asked) | result.headers
    if result.slices is not None:  # made before anything is awaited: from now on its files stay
        response: Response = _FileResponse(result.slices, result.status, headers)
    else:
        response = Response(result.body, result.status, headers)
    if not await intake.waste(request):
        response.headers["Connection"] = "close"
    return response


async def _refusal(asked: Asked, request: Request, error: BlobError) -> Response:
    headers = _common(asked) | {"x-ms-error-code": error.code} | error.headers
    if not await intake.waste(request):
        headers["Connection"] = "close"
    if asked.method == "HEAD" or error.status == 304:
        return Response(b"", error.status, headers)
    moment = datetime.fromtimestamp(asked.world.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")
    message = f"{error.message}\nRequestId:{headers['x-ms-request-id']}\nTime:{moment}"
    inside = markup.texts({"Code": error.code, "Message": message, **error.more})
    headers["Content-Type"] = "application/xml"
    return Response(markup.document(markup.tag("Error", inside)), error.status, headers)


def _common(asked: Asked) -> dict[str, str]:
    version = asked.header("x-ms-version") or asked.query.get("sv", "")
    out = {
        "Server": "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0",
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-version": version or "2019-12-12",
        "X-Content-Type-Options": "nosniff",
    }
    if client := asked.header("x-ms-client-request-id"):
        out["x-ms-client-request-id"] = client
    return out


def _told_path(asked: Asked) -> str:
    """Return the address as journal and faults know it: the host first, and of the query only what is no secret."""
    kept = "&".join(f"{name}={asked.query[name]}" for name in ("restype", "comp") if name in asked.query)
    return f"{asked.host}{asked.raw_path}" + (f"?{kept}" if kept else "")


def _write_down(asked: Asked, status: int | None, at: str) -> None:
    sql = "INSERT INTO journal (method, path, status, at) VALUES (?,?,?,?)"
    asked.state.run(sql, asked.method, _told_path(asked), status, at)


def _told_status(fault: Fault | None, status: int) -> int | None:
    """Return the status that the client will be told: a fault's where it acts first and then fails the answer."""
    if fault is None or not fault.acts_first:
        return status
    return None if fault.do.drop else fault.do.status or status


class _FileResponse(StreamingResponse):
    """Streams slices of files, which are kept from the sweep until the last byte has gone."""

    def __init__(self, slices: list[Slice], status: int, headers: dict[str, str]) -> None:
        super().__init__(_chunks(slices), status, headers)
        self._reading = store.being_read([one.path for one in slices])
        self._reading.__enter__()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reading.__exit__(None, None, None)


async def _chunks(slices: list[Slice]) -> AsyncIterator[bytes]:
    for one in slices:
        with one.path.open("rb") as file:
            file.seek(one.start)
            left = one.size
            while left > 0 and (data := await asyncio.to_thread(file.read, min(left, CHUNK))):
                yield data
                left -= len(data)
