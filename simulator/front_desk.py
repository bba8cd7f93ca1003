"""Where people and clients sign in: the authority's addresses, and the one page that a browser opens."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator import identity
from simulator.call import Reply
from simulator.world import World

_CONFIGURATION = re.compile(r"/([^/]+)(?:/v2\.0)?/\.well-known/openid-configuration")
_TOKEN = re.compile(r"/([^/]+)/oauth2/v2\.0/(token|devicecode)")
_FIXED = frozenset({"/device", "/metadata/endpoints", "/common/discovery/instance"})


def knows(path: str) -> bool:
    """Tell whether a path belongs to the authority and not to ARM."""
    return path in _FIXED or bool(_CONFIGURATION.fullmatch(path) or _TOKEN.fullmatch(path))


def answer(world: World, request: Request, data: bytes) -> Response:
    """Answer one of the authority's addresses."""
    if request.scope["path"] == "/device":
        return _device_page(world, request, data)
    with world.state.transaction():
        reply = _reply(world, request, data)
    return Response(
        reply.payload(), reply.status, {"Cache-Control": "no-store"}, media_type="application/json"
    )


def _reply(world: World, request: Request, data: bytes) -> Reply:
    path, method = request.scope["path"], request.method
    if found := _CONFIGURATION.fullmatch(path):
        return identity.configuration(world, found[1])
    if path == "/metadata/endpoints":
        return Reply(
            200, identity.cloud_metadata(world, request.query_params.get("api-version", "2019-05-01"))
        )
    if path == "/common/discovery/instance":
        return Reply(200, _instances(world))
    found = _TOKEN.fullmatch(path)
    if found is None or method != "POST":
        return Reply(
            405, {"error": "invalid_request", "error_description": "AADSTS900561: POST is wanted here."}
        )
    form = _form(data)
    return (
        identity.token(world, found[1], form)
        if found[2] == "token"
        else identity.device_code(world, found[1], form)
    )


def _instances(world: World) -> dict[str, object]:
    host = world.endpoint.removeprefix("https://")
    tenant = f"{world.endpoint}/{world.tenant_id}/v2.0/.well-known/openid-configuration"
    known = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
    return {"tenant_discovery_endpoint": tenant, "api-version": "1.1", "metadata": [known]}


def _device_page(world: World, request: Request, data: bytes) -> Response:
    if request.method != "POST":
        return _page(_FORM.format(code=html.escape(request.query_params.get("code", ""), quote=True)))
    origin = request.headers.get("origin")
    if origin not in {None, "null", world.endpoint, world.endpoint.replace("127.0.0.1", "localhost")}:
        return _page("<p>This form was sent from another page.</p>", 403)
    with world.state.transaction():
        good = identity.approve(world, _form(data).get("code", ""))
    if good:
        return _page("<p role='status'>You are signed in to the rehearsal. You can close this page.</p>")
    return _page("<p role='alert'>This code is not known, or too old.</p>" + _FORM.format(code=""), 400)


def _form(data: bytes) -> dict[str, str]:
    return dict(parse_qsl(data.decode("utf-8", "replace")))


def _page(content: str, status: int = 200) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    }
    return HTMLResponse(_FRAME.format(content=content), status, headers)


_FORM = """<form method="post" action="/device"><label for="code">Code</label>
<input id="code" name="code" value="{code}" autocomplete="off" required><button>Sign in</button></form>"""
_FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in to the rehearsal</title>
<style>body{{font:1rem/1.5 sans-serif;max-width:28rem;margin:4rem auto}}input,button{{font:inherit;margin:.5rem}}</style>
<h1>Sign in to the rehearsal</h1><p>No Microsoft account is asked for: this is Groundplan's simulator.</p>
{content}</html>"""
