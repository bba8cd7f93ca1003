"""Lists of containers and of blobs, in pages: XML as azure-storage-blob reads it.

https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from simulator.blobs import containers, content, leases, markup, store
from simulator.blobs.asked import Answer, Asked
from simulator.blobs.conditions import http_date
from simulator.blobs.errors import BlobError, bad_query
from simulator.blobs.markup import tag, texts
from simulator.blobs.store import Blob
from simulator.providers.storage_services import Container, make_container
from simulator.state import Resource

MOST = 5000
_LAST = "\U0010ffff"
_INCLUDES = frozenset(
    {"metadata", "snapshots", "uncommittedblobs", "copy", "deleted", "tags", "versions", "deletedwithversions",
     "immutabilitypolicy", "legalhold", "permissions", "system"}
)  # fmt: skip


@dataclass
class Wanted:
    """What a list is asked for."""

    prefix: str
    delimiter: str
    start: str
    most: int
    include: set[str]


def of_containers(asked: Asked) -> Answer:
    """List Containers."""
    account, wanted = asked.account, _wanted(asked)
    if account is None:
        raise BlobError("ResourceNotFound")
    for name in containers.planned(asked.state, account):
        if asked.state.get(containers.path_of(account, name)) is None:
            make_container(asked.world, account, name, {})
    found = sorted(asked.state.under(account.id, Container.arm_type), key=lambda one: one.name)
    found = [one for one in found if one.name.startswith(wanted.prefix) and one.name >= wanted.start]
    shown, rest = found[: wanted.most], found[wanted.most :]
    inside = [_container(asked, one, "metadata" in wanted.include) for one in shown]
    return _page(asked, "", [tag("Containers", *inside)], rest[0].name if rest else "")


def of_blobs(asked: Asked) -> Answer:
    """List Blobs, flat or by a delimiter."""
    if not asked.where:
        raise BlobError("ContainerNotFound")
    wanted = _wanted(asked)
    names = _names(asked, wanted)
    shown, rest = names[: wanted.most], names[wanted.most :]
    inside = [_entry(asked, wanted, name) for name in shown]
    attribute = f' ContainerName="{asked.container}"'
    return _page(asked, attribute, [tag("Blobs", *inside)], rest[0] if rest else "")


def _wanted(asked: Asked) -> Wanted:
    text = asked.query.get("maxresults", "")
    if text and not (text.isascii() and text.isdigit()):
        raise bad_query("maxresults", text)
    if text and not 1 <= int(text[:9]) <= 2**31:
        raise BlobError("OutOfRangeQueryParameterValue", more={"QueryParameterName": "maxresults"})
    include = {one for one in asked.query.get("include", "").lower().split(",") if one}
    if unknown := include - _INCLUDES:
        raise bad_query("include", unknown.pop())
    most = min(int(text[:9] or MOST), MOST)
    start = _start(asked.query.get("marker", ""))
    return Wanted(asked.query.get("prefix", ""), asked.query.get("delimiter", ""), start, most, include)


def _start(marker: str) -> str:
    try:
        return base64.urlsafe_b64decode(marker.encode()).decode() if marker else ""
    except (binascii.Error, ValueError):
        raise bad_query("marker", marker) from None


def _page(asked: Asked, attribute: str, inside: list[str], following: str) -> Answer:
    told = {
        name: asked.query.get(name.lower()) or None
        for name in ("Prefix", "Marker", "MaxResults", "Delimiter")
    }
    marker = base64.urlsafe_b64encode(following.encode()).decode() if following else ""
    head = f'<EnumerationResults ServiceEndpoint="https://{asked.host}/"{attribute}>'
    body = markup.document(
        head, texts(told), *inside, tag("NextMarker", text=marker), "</EnumerationResults>"
    )
    return Answer(200, {"Content-Type": "application/xml"}, body)


def _names(asked: Asked, wanted: Wanted) -> list[str]:
    """Return names and common prefixes in order, one more than asked for where more follow."""
    out: list[str] = []
    start = max(wanted.prefix, wanted.start)
    while len(out) <= wanted.most:
        found = _some(asked, wanted, start)
        if not found:
            break
        for name in found:
            shown = _folded(name, wanted)
            if not out or out[-1] != shown:
                out.append(shown)
        # Behind a common prefix everything below it is skipped at once.
        start = out[-1] + (_LAST if out[-1] != found[-1] else "\0")
    return out[: wanted.most + 1]


def _some(asked: Asked, wanted: Wanted, start: str) -> list[str]:
    sql = "SELECT name FROM blobs WHERE container = ?1 AND name >= ?2 AND substr(name, 1, ?3) = ?4"
    if "uncommittedblobs" in wanted.include:
        sql += (
            " UNION SELECT name FROM blob_pieces WHERE container = ?1 AND committed = 0 AND name >= ?2"
            " AND substr(name, 1, ?3) = ?4"
        )
    sql += " ORDER BY name LIMIT ?5"
    values = (asked.where, start, len(wanted.prefix), wanted.prefix, wanted.most + 1)
    return [row["name"] for row in asked.state.run(sql, *values)]


def _folded(name: str, wanted: Wanted) -> str:
    """Return the common prefix that a name hides behind, or the name."""
    if not wanted.delimiter:
        return name
    at = name.find(wanted.delimiter, len(wanted.prefix))
    return name if at < 0 else name[: at + len(wanted.delimiter)]


def _entry(asked: Asked, wanted: Wanted, name: str) -> str:
    # A prefix ends with the delimiter; a blob may be called just so, and then is folded too.
    if wanted.delimiter and name.endswith(wanted.delimiter) and len(name) > len(wanted.prefix):
        return tag("BlobPrefix", markup.name_tag(name))
    blob = store.get(asked.state, asked.where, name)
    if blob is None:
        waiting = Blob(asked.where, name, "BlockBlob", modified=asked.world.now(), created=asked.world.now())
        return tag("Blob", markup.name_tag(name), tag("Properties", _properties(asked, waiting, wanted)))
    parts = [markup.name_tag(name), tag("Properties", _properties(asked, blob, wanted))]
    if "metadata" in wanted.include:
        parts.append(tag("Metadata", texts(dict(blob.metadata))))
    if "tags" in wanted.include and blob.more.get("tags"):
        parts.append(tag("Tags", tags(blob.more["tags"])))
    return tag("Blob", *parts, tag("OrMetadata"))


def tags(found: dict[str, str]) -> str:
    """Return a set of tags."""
    return tag("TagSet", *(tag("Tag", texts({"Key": key, "Value": value})) for key, value in found.items()))


def _properties(asked: Asked, blob: Blob, wanted: Wanted) -> str:
    settings, lease = blob.headers, blob.more.get("lease")
    held = leases.headers(lease, asked.world.now())
    tier = content.tier_headers(asked, blob) if blob.kind == "BlockBlob" and blob.etag else {}
    copied = blob.more.get("copy", {}) if "copy" in wanted.include else {}
    values: dict[str, str | None] = {
        "Creation-Time": http_date(blob.created) if blob.etag else None,
        "Last-Modified": http_date(blob.modified),
        "Etag": blob.etag.strip('"'),
        "Content-Length": str(blob.size),
        "Content-Type": settings.get("Content-Type", content.DEFAULT_TYPE),
        "Content-Encoding": settings.get("Content-Encoding", ""),
        "Content-Language": settings.get("Content-Language", ""),
        "Content-CRC64": "",
        "Content-MD5": settings.get("Content-MD5", ""),
        "Cache-Control": settings.get("Cache-Control", ""),
        "Content-Disposition": settings.get("Content-Disposition", ""),
        "BlobType": blob.kind,
        "AccessTier": tier.get("x-ms-access-tier"),
        "AccessTierInferred": tier.get("x-ms-access-tier-inferred"),
        "AccessTierChangeTime": tier.get("x-ms-access-tier-change-time"),
        "LeaseStatus": held["x-ms-lease-status"],
        "LeaseState": held["x-ms-lease-state"],
        "LeaseDuration": held.get("x-ms-lease-duration"),
        "CopyId": copied.get("id"),
        "CopyStatus": copied.get("status"),
        "CopySource": copied.get("source"),
        "CopyProgress": copied.get("progress"),
        "CopyCompletionTime": copied.get("completion-time"),
        "ServerEncrypted": "true",
        "TagCount": str(len(blob.more["tags"])) if blob.more.get("tags") else None,
    }
    return texts(values)


def _container(asked: Asked, shelf: Resource, with_metadata: bool) -> str:
    known, held = shelf.body["properties"], leases.headers(shelf.hidden.get("lease"), asked.world.now())
    public = str(known.get("publicAccess", "None")).lower()
    values: dict[str, str | None] = {
        "Last-Modified": containers.stamps(shelf)["Last-Modified"],
        "Etag": shelf.body["etag"],
        "LeaseStatus": held["x-ms-lease-status"],
        "LeaseState": held["x-ms-lease-state"],
        "LeaseDuration": held.get("x-ms-lease-duration"),
        "PublicAccess": public if public in {"blob", "container"} else None,
        "DefaultEncryptionScope": "$account-encryption-key",
        "DenyEncryptionScopeOverride": "false",
        "HasImmutabilityPolicy": str(bool(known["hasImmutabilityPolicy"])).lower(),
        "HasLegalHold": str(bool(known["hasLegalHold"])).lower(),
        "ImmutableStorageWithVersioningEnabled": "false",
    }
    metadata = [tag("Metadata", texts(dict(known.get("metadata") or {})))] if with_metadata else []
    return tag("Container", tag("Name", text=shelf.name), tag("Properties", texts(values)), *metadata)
