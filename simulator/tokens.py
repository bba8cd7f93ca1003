"""Tokens of the rehearsal's authority: JSON web tokens, signed with a key that never leaves the state folder."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from simulator.world import World

LIFETIME = 3600


def mint(world: World, audience: str, claims: dict[str, Any], lifetime: int = LIFETIME) -> str:
    """Return a signed token for an audience."""
    now = int(world.now())
    standard = {
        "aud": audience,
        "iss": f"{world.endpoint}/{world.tenant_id}/v2.0",
        "iat": now,
        "nbf": now - 5,
        "exp": now + lifetime,
        "tid": world.tenant_id,
        "ver": "2.0",
    }
    head = _encode(json.dumps({"typ": "JWT", "alg": "HS256", "kid": "rehearsal"}).encode())
    body = _encode(json.dumps({**standard, **claims}).encode())
    return f"{head}.{body}.{_sign(world, f'{head}.{body}')}"


def claims_of(world: World, token: str) -> dict[str, Any] | None:
    """Return what a token says, or None if it is not one of ours."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(world, f"{head}.{body}").encode()):
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def encode_json(value: Any) -> str:
    """Return a JSON value in the unpadded form that tokens use."""
    return _encode(json.dumps(value).encode())


def _sign(world: World, text: str) -> str:
    return _encode(hmac.new(world.signing_key, text.encode(), hashlib.sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
