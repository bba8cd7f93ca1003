"""Which operation a request asks for, and what each needs: permission, body, and whether the journal tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.blobs import containers, copying, listing, reading, service, writing
from simulator.blobs.asked import Answer, Asked
from simulator.blobs.errors import BlobError, bad_header, bad_query, missing_header

MIB = 1024 * 1024
LARGEST_BLOB = 5000 * MIB
LARGEST_BLOCK = 4000 * MIB
LARGEST_APPEND = 100 * MIB
LARGEST_XML = 16 * MIB


@dataclass(frozen=True)
class Operation:
    """``needs`` are letters of a SAS, one of which must be granted at ``level``; none means an account key.

    ``body``: ``none``, ``xml`` (in memory) or ``disk``.  ``told``: the journal tells of it.
    """

    act: Callable[[Asked], Answer]
    needs: str
    level: str = "o"
    body: str = "none"
    largest: int = LARGEST_XML
    md5: bool = False
    told: bool = False
    missing_shelf: bool = False  # it makes the container, so there need be none


_SERVICE = {
    ("GET", "list"): Operation(listing.of_containers, "l", "s"),
    ("GET", "properties"): Operation(service.properties, "r", "s"),
    ("POST", "userdelegationkey"): Operation(service.delegation_key, "k", "s", "xml"),
}
_ACCOUNT = Operation(service.account_information, "rlk", "s")
_CONTAINER = {
    ("PUT", ""): Operation(containers.create, "cw", "c", told=True, missing_shelf=True),
    ("GET", ""): Operation(containers.properties, "r", "c"),
    ("HEAD", ""): Operation(containers.properties, "r", "c"),
    ("GET", "metadata"): Operation(containers.properties, "r", "c"),
    ("HEAD", "metadata"): Operation(containers.properties, "r", "c"),
    ("PUT", "metadata"): Operation(containers.set_metadata, "w", "c"),
    ("GET", "acl"): Operation(containers.get_acl, "", "c"),
    ("HEAD", "acl"): Operation(containers.get_acl, "", "c"),
    ("PUT", "acl"): Operation(containers.set_acl, "", "c", "xml"),
    ("PUT", "lease"): Operation(containers.lease, "w", "c"),
    ("DELETE", ""): Operation(containers.remove, "d", "c", told=True),
    ("GET", "list"): Operation(listing.of_blobs, "l", "c"),
}
_PUT_BLOB = Operation(writing.put, "wc", body="disk", largest=LARGEST_BLOB, md5=True, told=True)
_PUT_FROM_URL = Operation(copying.put_from_url, "wc", told=True)
_COPY = Operation(copying.copy, "wc", told=True)
_BLOCK_FROM_URL = Operation(copying.put_block_from_url, "wc")
_BLOB = {
    ("GET", ""): Operation(reading.get, "r"),
    ("HEAD", ""): Operation(reading.properties, "r"),
    ("DELETE", ""): Operation(writing.delete, "d", told=True),
    ("GET", "metadata"): Operation(reading.metadata, "r"),
    ("HEAD", "metadata"): Operation(reading.metadata, "r"),
    ("PUT", "metadata"): Operation(writing.set_metadata, "w"),
    ("PUT", "properties"): Operation(writing.set_properties, "w"),
    ("PUT", "tier"): Operation(writing.set_tier, "w"),
    ("PUT", "lease"): Operation(writing.lease, "w"),
    ("GET", "tags"): Operation(reading.tags, "t"),
    ("PUT", "tags"): Operation(writing.set_tags, "t", body="xml"),
    ("PUT", "block"): Operation(writing.put_block, "wc", body="disk", largest=LARGEST_BLOCK),
    ("PUT", "blocklist"): Operation(writing.put_block_list, "wc", body="xml", told=True),
    ("GET", "blocklist"): Operation(reading.blocks, "r"),
    ("PUT", "appendblock"): Operation(writing.append, "aw", body="disk", largest=LARGEST_APPEND),
    ("PUT", "copy"): Operation(copying.abort, "w"),
}
#: What Azure has besides, and this simulator has not.
_UNKNOWN_HERE = frozenset(
    {"snapshot", "undelete", "page", "pagelist", "incrementalcopy", "query", "batch", "blobs", "stats", "seal", "expiry",
     "immutabilitypolicies", "legalhold", "rename"}
)  # fmt: skip


def find(asked: Asked) -> Operation:
    """Return the operation that a request asks for.

    Raises:
        BlobError: 400 or 405 for what Azure has not either, 501 for what is not simulated.
    """
    comp, method = asked.query.get("comp", "").lower(), asked.method
    if asked.query.get("restype", "").lower() == "account" and comp == "properties":
        return _ACCOUNT
    if method == "PUT" and asked.level == "o" and comp in {"", "block"}:
        return _put(asked, comp)
    table = {"s": _SERVICE, "c": _CONTAINER, "o": _BLOB}[asked.level]
    found = table.get((method, comp))
    if found is not None:
        return found
    if comp in _UNKNOWN_HERE:
        raise BlobError("NotImplemented")
    if any(known == comp for _, known in table):
        raise BlobError("UnsupportedHttpVerb")
    raise bad_query("comp", comp)


def _put(asked: Asked, comp: str) -> Operation:
    kind, copied = asked.header("x-ms-blob-type"), bool(asked.header("x-ms-copy-source"))
    if comp == "block":
        return _BLOCK_FROM_URL if copied else _BLOB["PUT", "block"]
    if copied and not kind:
        return _COPY
    if kind == "PageBlob":
        raise BlobError("NotImplemented", "The rehearsal's blob storage has no page blobs.")
    if not kind:
        raise missing_header("x-ms-blob-type")
    if kind not in {"BlockBlob", "AppendBlob"}:
        raise bad_header("x-ms-blob-type", kind)
    return _PUT_FROM_URL if copied else _PUT_BLOB
