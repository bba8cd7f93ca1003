"""Shared access signatures: of an account, of a container or a blob, and those signed with a user delegation key.

https://learn.microsoft.com/rest/api/storageservices/create-service-sas and its neighbours
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from datetime import UTC, datetime

from simulator.blobs import shared_key
from simulator.blobs.asked import Asked, Grant
from simulator.blobs.errors import BlobError
from simulator.state import Resource
from simulator.world import World

OVERRIDES = {
    "rscc": "Cache-Control",
    "rscd": "Content-Disposition",
    "rsce": "Content-Encoding",
    "rscl": "Content-Language",
    "rsct": "Content-Type",
}
DELEGATED = ("skoid", "sktid", "skt", "ske", "sks", "skv")
OLDEST = "2015-04-05"


def failed(detail: str) -> BlobError:
    """Make the 403 that says what is wrong with a signature."""
    return BlobError("AuthenticationFailed", more={"AuthenticationErrorDetail": detail})


def grant(asked: Asked, account: Resource) -> Grant:
    """Check a request's SAS and return what it allows.

    Raises:
        BlobError: 403, with the code that tells which part does not fit.
    """
    query = asked.query
    for name in ("sv", "se", "sp") if "si" not in query else ("sv",):
        if not query.get(name):
            raise failed(f"{name} is mandatory. Cannot be empty")
    if query["sv"] < OLDEST or "si" in query:
        raise failed("Versions before 2015-04-05 and stored access policies are not known to this rehearsal.")
    whole_account = "ss" in query or "srt" in query
    keys, text = (
        (shared_key.keys_of(account), account_text(account.name, query))
        if whole_account
        else _service(asked, account)
    )
    if not any(shared_key.same(query["sig"], shared_key.signed(key, text)) for key in keys):
        shown = text.replace("\n", "\\n")
        raise failed(f"Signature did not match. String to sign used was {shown}")
    _check_times(asked)
    _check_source(asked)
    if whole_account and "b" not in query.get("ss", ""):
        raise BlobError("AuthorizationServiceMismatch")
    return _granted(query, whole_account)


def account_text(account: str, query: dict[str, str]) -> str:
    """Return what an account SAS signs."""
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]
    if query["sv"] >= "2020-12-06":
        names.append("ses")
    return "\n".join([account, *(query.get(name, "") for name in names), ""])


def service_text(account: str, query: dict[str, str], path: str) -> str:
    """Return what a SAS for a container or a blob signs; ``path`` is ``container`` or ``container/blob``."""
    version = query["sv"]
    place = f"/blob/{account}/{path}"
    parts = [*(query.get(name, "") for name in ("sp", "st", "se")), place]
    delegated = "skoid" in query
    parts += [query.get(name, "") for name in (DELEGATED if delegated else ("si",))]
    if delegated and version >= "2020-02-10":
        parts += [query.get(name, "") for name in ("saoid", "suoid", "scid")]
    if delegated and version >= "2025-07-05":
        parts += [query.get(name, "") for name in ("skdutid", "sduoid")]
    parts += [query.get(name, "") for name in ("sip", "spr", "sv")]
    if version >= "2018-11-09":
        parts += [query.get("sr", ""), query.get("snapshot", "")]
    if version >= "2020-12-06":
        parts.append(query.get("ses", ""))
    if delegated and version >= "2026-04-06":
        parts += ["", ""]  # headers and parameters that a SAS may pin: not known here
    return "\n".join(parts + [query.get(name, "") for name in OVERRIDES])


def delegation_key(world: World, account: Resource, fields: dict[str, str]) -> str:
    """Return the user delegation key of these fields; it is made anew each time, and revoking changes it."""
    revoked = str(account.hidden.get("revoked", 0))
    text = "\n".join(
        [account.key, str(account.created), revoked, *(fields.get(name, "") for name in DELEGATED)]
    )
    return base64.b64encode(hmac.new(world.signing_key, text.encode(), hashlib.sha256).digest()).decode()


def _service(asked: Asked, account: Resource) -> tuple[list[str], str]:
    query = asked.query
    kind = query.get("sr", "")
    if kind not in {"b", "c"} or (kind == "b" and not asked.blob) or not asked.container:
        raise failed("The signed resource (sr) does not fit the request.")
    path = asked.container if kind == "c" else f"{asked.container}/{asked.blob}"
    text = service_text(account.name, query, path)
    if "skoid" not in query:
        return shared_key.keys_of(account), text
    if not _moment(query.get("skt", ""), 0.0) <= asked.world.now() < _moment(query.get("ske", ""), 0.0):
        raise failed("The user delegation key is not valid now.")
    return [delegation_key(asked.world, account, query)], text


def _granted(query: dict[str, str], whole_account: bool) -> Grant:
    fixed = {} if whole_account else {title: query[key] for key, title in OVERRIDES.items() if key in query}
    if any(not (value.isascii() and value.isprintable()) for value in fixed.values()):
        raise failed("A response header that the signature lays down cannot be sent.")
    levels = query.get("srt", "") if whole_account else "o" if query["sr"] == "b" else "oC"
    return Grant(query["sp"], levels, who=query.get("skoid", ""), fixed=fixed)


def _check_times(asked: Asked) -> None:
    now = asked.world.now()
    start, end = _moment(asked.query.get("st", ""), 0.0), _moment(asked.query["se"], None)
    shown = [
        datetime.fromtimestamp(at, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT") for at in (start, end, now)
    ]
    if not start <= now < end:
        raise failed(
            f"Signature not valid in the specified time frame: Start [{shown[0]}] - Expiry [{shown[1]}] -"
            f" Current [{shown[2]}]"
        )


def _moment(text: str, empty: float | None) -> float:
    if not text and empty is not None:
        return empty
    try:
        found = datetime.fromisoformat(text)
        return max(0.0, (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise failed(f"The time '{text}' cannot be read.") from None


def _check_source(asked: Asked) -> None:
    given = asked.query.get("sip", "")
    if not given:
        return
    first, _, last = given.partition("-")
    try:
        at = ipaddress.ip_address(asked.client)
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last or first)
        inside = int(low) <= int(at) <= int(high)
    except ValueError:
        inside = False
    if not inside:
        raise BlobError("AuthorizationSourceIPMismatch")
