"""Requests signed with an account's key.

https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from simulator.blobs.asked import Asked, Grant
from simulator.blobs.errors import BlobError
from simulator.providers.storage import account_key
from simulator.state import Resource

WINDOW = 900.0
_SIGNED = (
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
)  # fmt: skip
#: Storage sorts header names as a dictionary does: hyphens count for nothing, then signs, digits, letters.
_ORDER = "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz"


def signed(key: str, text: str) -> str:
    """Return the signature of a text, base64, by a key that is base64 too."""
    return base64.b64encode(hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()).decode()


def keys_of(account: Resource) -> list[str]:
    """Return the two keys of an account."""
    return [account_key(account, name) for name in ("key1", "key2")]


def same(given: str, wanted: str) -> bool:
    """Compare two signatures without telling by time how much of them fits."""
    return hmac.compare_digest(given.encode(), wanted.encode())


def grant(asked: Asked, account: Resource, value: str) -> Grant:
    """Check an ``Authorization: SharedKey`` header and return what it allows: everything.

    Raises:
        BlobError: 403 AuthenticationFailed.
    """
    name, _, signature = value.partition(":")
    _check_date(asked)
    texts = [text_to_sign(asked, account, by_dictionary) for by_dictionary in (True, False)]
    if name == account.name and any(
        same(signature, signed(key, text)) for key in keys_of(account) for text in texts
    ):
        return Grant(full=True)
    told = f"The MAC signature found in the HTTP request '{signature}' is not the same as any computed signature."
    told += f" Server used following string to sign: '{texts[0]}'."
    raise BlobError("AuthenticationFailed", more={"AuthenticationErrorDetail": told})


def text_to_sign(asked: Asked, account: Resource, by_dictionary: bool = True) -> str:
    """Return the string that a client has to sign."""
    values = {name: asked.header(name) for name in _SIGNED}
    if values["content-length"] == "0":
        values["content-length"] = ""
    if asked.header("x-ms-date"):
        values["date"] = ""
    names = sorted(
        (name for name in asked.headers if name.startswith("x-ms-")), key=_rank if by_dictionary else None
    )
    headers = [f"{name}:{asked.headers[name].strip()}" for name in names]
    query = [f"{name}:{value}" for name, value in sorted(asked.query.items())]
    resource = f"/{account.name}{asked.raw_path}"
    return "\n".join([asked.method, *values.values(), *headers, resource, *query])


def _rank(name: str) -> list[int]:
    return [_ORDER.find(letter) for letter in name if letter in _ORDER]


def _check_date(asked: Asked) -> None:
    text = asked.header("x-ms-date") or asked.header("date")
    try:
        moment = parsedate_to_datetime(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        late = abs(asked.world.now() - moment.timestamp()) > WINDOW
    except (ValueError, TypeError, OverflowError):
        late = True
    if late:
        told = f"Request date header too old or missing: '{text}'. Server time: "
        told += datetime.fromtimestamp(asked.world.now(), UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        raise BlobError("AuthenticationFailed", more={"AuthenticationErrorDetail": told})
