"""The scoring URI of an online endpoint: who may come in, which deployment answers, and what a failure looks like.

Statuses and limits are those of managed online endpoints.
https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-online-endpoints#http-status-codes
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import time
import uuid
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from simulator import identity
from simulator.address import parse
from simulator.call import Call
from simulator.clock import catch_up
from simulator.errors import ArmError
from simulator.providers.machinelearning.endpoints import OnlineEndpoint, endpoint_keys, endpoint_tokens
from simulator.scoring import meters
from simulator.scoring.crew import Crew
from simulator.scoring.fleet import Fleet
from simulator.scoring.wanted import seconds
from simulator.state import Resource
from simulator.world import World

ROOT = "/inference"
NAMED = "azureml-model-deployment"
LARGEST_REQUEST = 10 * 1024 * 1024
#: What belongs to one connection, or to the door, and is not handed on.
OWN = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade", "host", "content-length", "authorization", "expect", "server", "date"}
)  # fmt: skip


@dataclass
class Answer:
    """What a deployment has answered, or what is answered in its stead."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    model_status: int = 0  # of the container, 0 where it did not answer


def knows(path: str) -> bool:
    """Tell whether a path belongs to an online endpoint."""
    return path.startswith(ROOT + "/subscriptions/")


async def answer(world: World, fleet: Fleet, request: Request) -> Response:
    """Answer a scoring request."""
    began = time.perf_counter()
    number = request.headers.get("x-request-id") or str(uuid.uuid4())
    try:
        with world.state.transaction():
            catch_up(world)
            endpoint = _endpoint(world, request)
            deployment = _chosen(world, endpoint, request.headers.get(NAMED, ""))
        data = await _body(request)
    except ArmError as wrong:
        body = {"error": {"code": wrong.code, "message": wrong.message}}
        return _plain(wrong.status, json.dumps(body), number, wrong.headers)
    _mirror(world, fleet, endpoint, deployment, request, data)
    given = await _score(world, fleet, deployment, request, data)
    meters.count(
        world,
        deployment,
        given.status,
        given.model_status,
        time.perf_counter() - began,
        len(data) + len(given.body),
    )
    response = Response(given.body, given.status)
    for name, value in given.headers:
        response.headers.append(name, value)
    response.headers[NAMED] = deployment.name
    response.headers["x-request-id"] = number
    return response


def _endpoint(world: World, request: Request) -> Resource:
    """Return the endpoint that is asked, once it is known that the caller may.

    Raises:
        ArmError: 404, 401.
    """
    path = request.scope["path"]
    address = parse(path.removeprefix(ROOT).rsplit("/", 1)[0])
    found = world.state.get(address.path)
    if (
        found is None
        or found.type != OnlineEndpoint.arm_type.lower()
        or not path.endswith(("/score", "/swagger.json"))
    ):
        raise ArmError(404, "NotFound", "There is no online endpoint at this address.")
    _admit(
        Call(world, request.method, address, {}, None, {}), found, request.headers.get("authorization", "")
    )
    return found


def _admit(call: Call, endpoint: Resource, authorization: str) -> None:
    mode, token = endpoint.body["properties"]["authMode"], authorization.removeprefix("Bearer ").strip()
    if not token:
        raise _refused(
            "key_auth_bad_header_forbidden", "The Authorization header must be 'Bearer' and a key or token."
        )
    if mode == "AADToken":
        identity.caller(call.world, authorization)
        return
    good = endpoint_keys(call, endpoint).values() if mode == "Key" else endpoint_tokens(call, endpoint)
    if not any(hmac.compare_digest(token.encode(), one.encode()) for one in good):
        raise _refused("key_auth_access_denied", "The key or token is not one of the endpoint's.")


def _refused(code: str, message: str) -> ArmError:
    return ArmError(401, code, message, headers={"WWW-Authenticate": "Bearer"})


def _chosen(world: World, endpoint: Resource, name: str) -> Resource:
    """Return the deployment that answers: the one that is named, else one by its share of the traffic."""
    if not name:
        shares = {key: share for key, share in endpoint.body["properties"]["traffic"].items() if share}
        if not shares:
            raise ArmError(404, "NoDeployment", f"No deployment of {endpoint.name} gets any traffic.")
        name = random.choices(list(shares), list(shares.values()))[0]
    found = world.state.get(f"{endpoint.id}/deployments/{name}")
    if found is None:
        message = f"There is no deployment with name: {name} in {endpoint.name}."
        raise ArmError(404, "NoSuchDeployment", message)
    return found


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_REQUEST:
            message = f"The payload is larger than {LARGEST_REQUEST // 2**20} MB."
            raise ArmError(413, "PayloadTooLarge", message, headers={"Connection": "close"})
        chunks.append(chunk)
    return b"".join(chunks)


async def _score(world: World, fleet: Fleet, deployment: Resource, request: Request, data: bytes) -> Answer:
    """Let a deployment answer within its own limits of time and of requests at once."""
    settings, crew = deployment.body["properties"]["requestSettings"], fleet.crew(deployment.id)
    patience = seconds(settings.get("requestTimeout"), 5.0)
    places = int(settings.get("maxConcurrentRequestsPerInstance") or 1) * deployment.body["sku"]["capacity"]
    if crew is None or not crew.expected:
        return Answer(503, b"no healthy upstream")
    if crew.queue.inside >= 2 * places:
        return Answer(429, b"too many pending requests")
    try:
        async with asyncio.timeout(patience), crew.queue.place(places):
            return await _ask(crew, request, data)
    except TimeoutError:
        return Answer(408 if crew.ready.is_set() else 503, b"upstream request timeout")
    except OSError:
        return Answer(503, b"upstream connect error or disconnect/reset before headers")


async def _ask(crew: Crew, request: Request, data: bytes) -> Answer:
    await crew.ready.wait()
    container = crew.serving
    if container is None:
        raise ConnectionError("it has just ended")
    query = f"?{request.url.query}" if request.url.query else ""
    target = f"/{request.scope['path'].rsplit('/', 1)[1]}{query}"
    headers = [(name, value) for name, value in request.headers.items() if name not in OWN]
    found = await container.ask(request.method, target, headers, data)
    kept = [(name, value) for name, value in found.headers if name.lower() not in OWN]
    if found.status == 200:
        return Answer(200, found.body, kept, 200)
    why = [
        ("ms-azureml-model-error-statuscode", str(found.status)),
        ("ms-azureml-model-error-reason", "model_error"),
    ]
    return Answer(424, found.body, kept + why, found.status)


def _mirror(
    world: World, fleet: Fleet, endpoint: Resource, first: Resource, request: Request, data: bytes
) -> None:
    """Send a share of the traffic to other deployments as well; nobody waits for what they say."""
    for name, share in (endpoint.body["properties"].get("mirrorTraffic") or {}).items():
        other = world.state.get(f"{endpoint.id}/deployments/{name}")
        if other is None or other.key == first.key or random.random() * 100 >= share:
            continue
        task = asyncio.create_task(_copy(world, fleet, other, request, data))
        _COPIES.add(task)
        task.add_done_callback(_COPIES.discard)


#: asyncio keeps no task alive that nobody holds.
_COPIES: set[asyncio.Task[None]] = set()


async def _copy(world: World, fleet: Fleet, deployment: Resource, request: Request, data: bytes) -> None:
    began = time.perf_counter()
    given = await _score(world, fleet, deployment, request, data)
    took = time.perf_counter() - began
    meters.count(world, deployment, given.status, given.model_status, took, len(data) + len(given.body))


def _plain(status: int, text: str, number: str, headers: dict[str, str]) -> Response:
    return Response(text, status, {**headers, "x-request-id": number}, media_type="application/json")
