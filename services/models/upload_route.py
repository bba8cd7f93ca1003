"""The door through which model files come: streamed to disk in pieces, so that none of it passes through memory.

It speaks tus 1.0 (https://tus.io/protocols/resumable-upload: core, creation, expiration, termination), because that fits on
this page and its rules for resuming are thought through. Beyond tus: every request shows the page's ticket, and the answer
to a finished upload names its SHA-256.
"""

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import formatdate
from functools import partial
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.models import upload_tickets, uploads
from services.models.files import FileNotKept
from services.models.upload_names import NameRefused
from services.models.upload_tickets import TicketRefused
from services.models.uploads import Upload, UploadBusy, UploadMissing, UploadRefused, Writer
from services.processes.home import HomeError

PATH = "/api/uploads"
TICKET = "X-Upload-Ticket"
BLOCK = 1 << 20
SILENCE_S = (
    10.0  # a sender that is silent for so long gives its lock back, and a server that stops waits no longer
)
_VERSION = {"Tus-Resumable": "1.0.0", "Cache-Control": "no-store"}
_STATUS = {"empty": 400, "too_large": 413, "size": 413, "disk_full": 507}

Answer = Callable[[Request], Awaitable[Response]]
Arrived = Callable[[Upload], object]


class Refusal(Exception):
    """A request that is not followed: the status, a name for programs, words for people."""

    def __init__(self, status: int, rule: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.rule, self.headers = status, rule, headers


def routes(arrived: Arrived) -> list[Route]:
    """What the app mounts; the doors that check Host stand before it. Each upload that is whole is told to `arrived`."""
    return [
        Route(PATH, guarded(partial(create, arrived)), methods=["POST"]),
        Route(PATH, options, methods=["OPTIONS"]),
        Route(PATH + "/{id}", guarded(state), methods=["HEAD"]),
        Route(PATH + "/{id}", guarded(partial(append, arrived)), methods=["PATCH"]),
        Route(PATH + "/{id}", guarded(cancel), methods=["DELETE"]),
    ]


def guarded(answer: Answer) -> Answer:
    """Let in only our own page with its ticket, and turn every refusal into a status and a JSON message."""

    async def answered(request: Request) -> Response:
        try:
            _check_origin(request)
            request.state.project = await run_in_threadpool(_project, request)
            return await answer(request)
        except Refusal as refusal:
            return _refused(refusal)
        except ClientDisconnect:
            return Response(status_code=400, headers=_VERSION)
        except (
            TicketRefused, NameRefused, UploadRefused, UploadMissing, UploadBusy, FileNotKept, HomeError,
        ) as error:  # fmt: skip
            return _refused(_refusal(error))

    return answered


async def create(arrived: Arrived, request: Request) -> Response:
    """Announce a file (Upload-Length, Upload-Metadata); the same file again is told how far it had come."""
    told = _metadata(request.headers.get("Upload-Metadata", ""))
    begun = await run_in_threadpool(
        uploads.begin, request.state.project, told.get("filename", ""), _number(request, "Upload-Length"),
        told.get("modified", ""), told.get("fingerprint", ""),
    )  # fmt: skip
    if begun.sha256:
        await run_in_threadpool(arrived, begun)
    return Response(status_code=201, headers=_state(begun) | {"Location": f"{PATH}/{begun.id}"})


async def state(request: Request) -> Response:
    """Tell how far an upload is."""
    return Response(status_code=200, headers=_state(await run_in_threadpool(_mine, request)))


async def append(arrived: Arrived, request: Request) -> Response:
    """Take the next bytes at Upload-Offset; what came of a broken request is kept."""
    if request.headers.get("Content-Type") != "application/offset+octet-stream":
        raise Refusal(415, "content_type", "The bytes of an upload are application/offset+octet-stream.")
    offset = _number(request, "Upload-Offset")
    writer = await run_in_threadpool(Writer, await run_in_threadpool(_mine, request))
    try:
        if offset != writer.offset:
            told = {"Upload-Offset": str(writer.offset)}
            raise Refusal(409, "offset", f"The upload stands at byte {writer.offset}, not {offset}.", **told)
        await _write(request, writer)
        if writer.offset == writer.upload.size:
            await run_in_threadpool(writer.finish)
    finally:
        await run_in_threadpool(writer.close)
    after = await run_in_threadpool(_mine, request)
    if after.sha256:
        await run_in_threadpool(arrived, after)
    return Response(status_code=204, headers=_state(after))


async def cancel(request: Request) -> Response:
    """Remove an upload with everything that has come of it."""
    await run_in_threadpool(uploads.cancel, request.path_params["id"], request.state.project)
    return Response(status_code=204, headers=_VERSION)


async def options(_: Request) -> Response:
    """Say what this server speaks, as tus asks; it tells nothing about any upload."""
    told = {"Tus-Version": "1.0.0", "Tus-Extension": "creation,expiration,termination"}
    return Response(status_code=204, headers=_VERSION | told | {"Tus-Max-Size": str(uploads.LARGEST)})


async def _write(request: Request, writer: Writer) -> None:
    """Write and hash one block in a thread while the next one comes in."""
    writing: asyncio.Future[None] | None = None
    try:
        async for block in _blocks(request):
            if writing:
                await writing
            writing = asyncio.ensure_future(run_in_threadpool(writer.write, block))
    finally:
        if writing:
            await writing


async def _blocks(request: Request) -> AsyncIterator[bytearray]:
    """Gather the body into blocks; what has come before the connection broke is a block too."""
    gathered, pieces = bytearray(), request.stream()
    try:
        while True:
            async with asyncio.timeout(SILENCE_S):
                gathered += await anext(pieces)
            if len(gathered) >= BLOCK:
                yield gathered
                gathered = bytearray()
    except StopAsyncIteration:
        yield gathered
    except ClientDisconnect:
        yield gathered
        raise
    except TimeoutError:
        yield gathered
        raise Refusal(408, "silence", "Nothing came for ten seconds. The upload can go on.") from None


def _check_origin(request: Request) -> None:
    """A write names its origin and it is ours; browsers send none with a read from the same origin."""
    origin, host = request.headers.get("Origin"), request.headers.get("Host", "")
    own = origin is not None and urlsplit(origin).netloc.lower() == host.lower()
    if own or (origin is None and request.method == "HEAD"):
        return
    raise Refusal(403, "origin", "Uploads come from this server's own page only.")


def _project(request: Request) -> str:
    """Check the version of the protocol and the ticket; give the project that the ticket is for."""
    if request.headers.get("Tus-Resumable") != "1.0.0":
        raise Refusal(412, "version", "This server speaks tus 1.0.0.", **{"Tus-Version": "1.0.0"})
    return upload_tickets.project_of(request.headers.get(TICKET, ""))


def _mine(request: Request) -> Upload:
    return uploads.find(request.path_params["id"], request.state.project)


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refusal(400, "header", f"{header} must be a whole number of bytes.")
    return int(text)


def _metadata(text: str) -> dict[str, str]:
    """Read `key base64,key base64`."""
    pairs = (pair.strip().partition(" ") for pair in text.split(",") if pair.strip())
    try:
        return {key: base64.b64decode(value, validate=True).decode() for key, _, value in pairs}
    except (binascii.Error, UnicodeDecodeError):
        raise Refusal(400, "metadata", "Upload-Metadata holds pairs of a key and base64 of UTF-8.") from None


def _state(upload: Upload) -> dict[str, str]:
    told = {"Upload-Offset": str(upload.offset), "Upload-Length": str(upload.size)}
    end = (
        {"Upload-SHA256": upload.sha256}
        if upload.sha256
        else {"Upload-Expires": formatdate(upload.expires_at, usegmt=True)}
    )
    return _VERSION | told | end


def _refusal(error: Exception) -> Refusal:
    match error:
        case TicketRefused():
            return Refusal(403, "ticket_expired" if error.expired else "ticket", str(error))
        case UploadRefused():
            return Refusal(_STATUS[error.rule], error.rule, str(error))
        case UploadMissing():
            return Refusal(404, "missing", str(error))
        case UploadBusy():
            return Refusal(423, "busy", str(error))
        case NameRefused():
            return Refusal(400, "name", str(error))
    return Refusal(507, "disk", str(error))


def _refused(refusal: Refusal) -> JSONResponse:
    told = {"error": {"rule": refusal.rule, "message": str(refusal)}}
    return JSONResponse(told, status_code=refusal.status, headers=_VERSION | refusal.headers)
