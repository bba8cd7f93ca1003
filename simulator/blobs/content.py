"""What is told about a blob: its content settings, its metadata and tags, and the headers that show them."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import parse_qsl

from simulator.blobs import leases
from simulator.blobs.asked import Asked
from simulator.blobs.conditions import http_date
from simulator.blobs.errors import BlobError, bad_header
from simulator.blobs.store import Blob

SETTINGS = {
    "Content-Type": "x-ms-blob-content-type",
    "Content-Encoding": "x-ms-blob-content-encoding",
    "Content-Language": "x-ms-blob-content-language",
    "Content-MD5": "x-ms-blob-content-md5",
    "Content-Disposition": "x-ms-blob-content-disposition",
    "Cache-Control": "x-ms-blob-cache-control",
}
#: A Put Blob's own headers count where the special ones are not given; its Content-MD5 is that of the transfer.
PLAIN = frozenset({"Content-Type", "Content-Encoding", "Content-Language", "Cache-Control"})
TIERS = frozenset({"Hot", "Cool", "Cold", "Archive"})
DEFAULT_TYPE = "application/octet-stream"
META = "x-ms-meta-"
LARGEST_METADATA = 8192


def settings(asked: Asked, plain: bool = False) -> dict[str, str]:
    """Return the content settings that a request gives."""
    out = {}
    for title, name in SETTINGS.items():
        value = asked.header(name) or (asked.header(title) if plain and title in PLAIN else "")
        if value:
            out[title] = value
    try:
        good = len(base64.b64decode(out.get("Content-MD5", ""), validate=True)) in {0, 16}
    except (binascii.Error, ValueError):
        good = False
    if not good:
        raise BlobError("InvalidMd5")
    return out


def metadata(asked: Asked) -> dict[str, str]:
    """Return the metadata that a request gives.

    Raises:
        BlobError: 400 for names that are no identifiers, and for more than 8 KB.
    """
    found = {name[len(META) :]: value for name, value in asked.headers.items() if name.startswith(META)}
    if "" in found:
        raise BlobError("EmptyMetadataKey")
    if any(not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in found):
        raise BlobError("InvalidMetadata")
    if sum(len(name) + len(value) for name, value in found.items()) > LARGEST_METADATA:
        raise BlobError("MetadataTooLarge")
    return found


def tier(asked: Asked, must: bool = False) -> str:
    """Return the access tier that a request names, empty where it names none."""
    given = asked.header("x-ms-access-tier")
    if given and given not in TIERS:
        raise BlobError("InvalidBlobTier") if must else bad_header("x-ms-access-tier", given)
    if must and not given:
        raise BlobError("MissingRequiredHeader", more={"HeaderName": "x-ms-access-tier"})
    return given


def tags(asked: Asked) -> dict[str, str]:
    """Return the tags of the header ``x-ms-tags``."""
    return dict(parse_qsl(asked.header("x-ms-tags"), keep_blank_values=True))


def stamps(blob: Blob) -> dict[str, str]:
    """Return ETag and Last-Modified."""
    return {"ETag": blob.etag, "Last-Modified": http_date(blob.modified)}


def meta_headers(found: dict[str, str]) -> dict[str, str]:
    """Return metadata as headers."""
    return {META + name: value for name, value in found.items()}


def shown(asked: Asked, blob: Blob) -> dict[str, str]:
    """Return the headers of a GET or HEAD, but for the length."""
    out = stamps(blob) | {"Content-Type": DEFAULT_TYPE} | blob.headers | meta_headers(blob.metadata)
    out |= {
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": blob.kind,
        "x-ms-creation-time": http_date(blob.created),
        "x-ms-server-encrypted": "true",
    }
    out |= leases.headers(blob.more.get("lease"), asked.world.now())
    if asked.method == "HEAD" and blob.kind == "BlockBlob":
        out |= tier_headers(asked, blob)
    if copied := blob.more.get("copy"):
        out |= {f"x-ms-copy-{name}": value for name, value in copied.items()}
    if found := blob.more.get("tags"):
        out["x-ms-tag-count"] = str(len(found))
    if blob.kind == "AppendBlob":
        out["x-ms-blob-committed-block-count"] = str(blob.more.get("blocks", 0))
    return out


def tier_headers(asked: Asked, blob: Blob) -> dict[str, str]:
    """Return the access tier, and whether it is only the account's."""
    if given := blob.more.get("tier"):
        return {"x-ms-access-tier": given, "x-ms-access-tier-change-time": http_date(blob.more["tier_at"])}
    usual = asked.account.body["properties"].get("accessTier", "Hot") if asked.account else "Hot"
    return {"x-ms-access-tier": usual, "x-ms-access-tier-inferred": "true"}
