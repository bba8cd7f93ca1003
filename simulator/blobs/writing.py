"""Blobs as they are written: whole, in blocks that a list commits, or by appending; and what is changed about them.

https://learn.microsoft.com/rest/api/storageservices/put-blob and its neighbours
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

from simulator.blobs import conditions, content, leases, markup, store
from simulator.blobs.asked import Answer, Asked, Received
from simulator.blobs.errors import BlobError, bad_header, bad_query
from simulator.blobs.store import Blob, Piece

MOST_BLOCKS = 50_000
ENCRYPTED = {"x-ms-request-server-encrypted": "true"}


def target(asked: Asked) -> Blob | None:
    """Return the blob that a write replaces, when conditions, lease and credentials let it.

    Raises:
        BlobError: 409 BlobAlreadyExists, 412, 403 UnauthorizedBlobOverwrite.
    """
    found = store.get(asked.state, asked.where, asked.blob)
    conditions.check(asked, found.etag if found else None, found.modified if found else 0.0)
    leases.require(asked, found.more.get("lease") if found else None)
    if found is not None and not asked.grant.full and "w" not in asked.grant.letters:
        raise BlobError("UnauthorizedBlobOverwrite")
    return found


def existing(asked: Asked, must_hold: bool = True) -> Blob:
    """Return the blob that a write changes.

    Raises:
        BlobError: 404 BlobNotFound, 412.
    """
    found = store.get(asked.state, asked.where, asked.blob)
    if found is None:
        raise BlobError("BlobNotFound")
    conditions.check(asked, found.etag, found.modified)
    leases.require(asked, found.more.get("lease"), writing=must_hold)
    return found


def save(
    asked: Asked, before: Blob | None, kind: str, pieces: list[Piece], headers: dict[str, str],
    metadata: dict[str, str], **more: Any,
) -> Blob:  # fmt: skip
    """Write a new blob in the place of what was there; a lease stays."""
    now = asked.world.now()
    kept = {"lease": before.more["lease"]} if before and before.more.get("lease") else {}
    if tier := content.tier(asked):
        kept |= {"tier": tier, "tier_at": now}
    if tags := content.tags(asked):
        kept["tags"] = tags
    size = sum(piece.size for piece in pieces)
    blob = Blob(
        asked.where,
        asked.blob,
        kind,
        size,
        conditions.new_etag(),
        now,
        now,
        headers,
        metadata,
        {**kept, **more},
    )
    store.put(asked.state, blob)
    store.replace_pieces(asked.state, asked.world, asked.where, asked.blob, pieces)
    return blob


def put(asked: Asked) -> Answer:
    """Put Blob: a block blob in one go, or an append blob that is empty yet."""
    kind, received = asked.header("x-ms-blob-type"), _received(asked)
    before, metadata = target(asked), content.metadata(asked)
    headers = content.settings(asked, plain=True)
    if kind == "AppendBlob":
        if received.size:
            raise bad_header("Content-Length", str(received.size))
        blob = save(asked, before, kind, [], headers, metadata)
        return Answer(201, content.stamps(blob) | ENCRYPTED)
    if headers.get("Content-MD5", received.md5) != received.md5:
        raise BlobError("Md5Mismatch")
    pieces = [Piece("", received.file, received.size)] if received.size else []
    blob = save(asked, before, kind, pieces, headers | {"Content-MD5": received.md5}, metadata)
    return Answer(201, content.stamps(blob) | ENCRYPTED | {"Content-MD5": received.md5} | _crc(received))


def put_block(asked: Asked) -> Answer:
    """Put Block: it waits until a list commits it."""
    received = _received(asked)
    if not received.size:
        raise bad_header("Content-Length", "0")
    keep_block(asked, Piece(block_id(asked), received.file, received.size))
    return Answer(201, ENCRYPTED | _digests(received))


def block_id(asked: Asked) -> str:
    """Return the name of the block that a request brings."""
    given = asked.query.get("blockid", "")
    try:
        size = len(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if not given:
        raise BlobError("MissingRequiredQueryParameter", more={"QueryParameterName": "blockid"})
    if not size:
        raise bad_query("blockid", given, "Not a valid base64 string.")
    if size > 64:
        raise BlobError("OutOfRangeInput")
    return given


def keep_block(asked: Asked, piece: Piece) -> None:
    """Keep a block, when its name is as long as those of the others that wait."""
    found = store.get(asked.state, asked.where, asked.blob)
    leases.require(asked, found.more.get("lease") if found else None)
    if found is not None and found.kind != "BlockBlob":
        raise BlobError("InvalidBlobType")
    sql = "SELECT block FROM blob_pieces WHERE container = ? AND name = ? AND committed = 0 LIMIT 1"
    for row in asked.state.run(sql, asked.where, asked.blob):
        if len(row["block"]) != len(piece.block):
            raise BlobError("InvalidBlobOrBlock")
    store.wait_for_commit(asked.state, asked.world, asked.where, asked.blob, piece)


def put_block_list(asked: Asked) -> Answer:
    """Put Block List: these blocks, in this order, are the blob."""
    wanted = [(one.tag, (one.text or "").strip()) for one in markup.read(asked.body, "BlockList")]
    if len(wanted) > MOST_BLOCKS:
        raise BlobError("BlockListTooLong")
    before = target(asked)
    if before is not None and before.kind != "BlockBlob":
        raise BlobError("InvalidBlobType")
    headers, metadata = content.settings(asked), content.metadata(asked)
    waiting = _by_block(asked, committed=False)
    there = _by_block(asked, committed=True)
    places = {"Latest": {**there, **waiting}, "Committed": there, "Uncommitted": waiting}
    try:
        pieces = [places[where][block] for where, block in wanted]
    except KeyError:
        raise BlobError("InvalidBlockList") from None
    blob = save(asked, before, "BlockBlob", pieces, headers, metadata)
    told = base64.b64encode(
        hashlib.md5(asked.body, usedforsecurity=False).digest()
    ).decode()  # of the list itself
    return Answer(201, content.stamps(blob) | ENCRYPTED | {"Content-MD5": told})


def append(asked: Asked) -> Answer:
    """Append Block."""
    blob, received = existing(asked), _received(asked)
    if blob.kind != "AppendBlob":
        raise BlobError("InvalidBlobType")
    if not received.size:
        raise bad_header("Content-Length", "0")
    at, most = (
        _condition(asked, name) for name in ("x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize")
    )
    if at is not None and at != blob.size:
        raise BlobError("AppendPositionConditionNotMet")
    if most is not None and blob.size + received.size > most:
        raise BlobError("MaxBlobSizeConditionNotMet")
    count = blob.more.get("blocks", 0)
    if count >= MOST_BLOCKS:
        raise BlobError("BlockCountExceedsLimit")
    store.add_piece(
        asked.state, asked.world, asked.where, asked.blob, Piece("", received.file, received.size), count
    )
    offset, blob.size = blob.size, blob.size + received.size
    blob.more["blocks"] = count + 1
    told = {"x-ms-blob-append-offset": str(offset), "x-ms-blob-committed-block-count": str(count + 1)}
    return Answer(201, changed(asked, blob) | ENCRYPTED | told | _digests(received))


def set_metadata(asked: Asked) -> Answer:
    """Set Blob Metadata: these, and no others."""
    blob = existing(asked)
    blob.metadata = content.metadata(asked)
    return Answer(200, changed(asked, blob) | ENCRYPTED)


def set_properties(asked: Asked) -> Answer:
    """Set Blob Properties: what is not given is cleared."""
    blob = existing(asked)
    blob.headers = content.settings(asked)
    return Answer(200, changed(asked, blob))


def set_tier(asked: Asked) -> Answer:
    """Set Blob Tier: out of the archive it comes at once here, which takes hours on Azure."""
    blob = existing(asked, must_hold=False)
    tier = content.tier(asked, must=True)
    if blob.kind != "BlockBlob":
        raise BlobError("InvalidBlobType")
    waking = blob.more.get("tier") == "Archive" and tier != "Archive"
    blob.more |= {"tier": tier, "tier_at": asked.world.now()}
    store.put(asked.state, blob)
    return Answer(202 if waking else 200)


def set_tags(asked: Asked) -> Answer:
    """Set Blob Tags."""
    blob = existing(asked, must_hold=False)
    found = markup.read(asked.body, "Tags").iterfind("TagSet/Tag")
    tags = {one.findtext("Key", ""): one.findtext("Value", "") for one in found}
    if "" in tags or len(tags) > 10 or any(len(key) > 128 or len(value) > 256 for key, value in tags.items()):
        raise BlobError("InvalidTag", "The tags specified are invalid.", status=400)
    blob.more["tags"] = tags
    store.put(asked.state, blob)
    return Answer(204)


def delete(asked: Asked) -> Answer:
    """Delete Blob: for good; there are no snapshots here."""
    kind = asked.header("x-ms-delete-snapshots").lower()
    if kind not in {"", "include", "only"}:
        raise bad_header("x-ms-delete-snapshots", kind)
    blob = existing(asked)
    if "snapshot" in asked.query or "versionid" in asked.query:
        raise BlobError("BlobNotFound")
    if kind != "only":
        store.delete(asked.state, blob)
    return Answer(202, {"x-ms-delete-type-permanent": "true"})


def lease(asked: Asked) -> Answer:
    """Lease Blob."""
    blob = store.get(asked.state, asked.where, asked.blob)
    if blob is None:
        raise BlobError("BlobNotFound")
    conditions.check(asked, blob.etag, blob.modified)
    now, status, headers = leases.act(asked, blob.more.get("lease"))
    blob.more["lease"] = now
    store.put(asked.state, blob)
    return Answer(status, content.stamps(blob) | headers)


def changed(asked: Asked, blob: Blob) -> dict[str, str]:
    """Write a changed blob and return its new stamps."""
    blob.etag, blob.modified = conditions.new_etag(), asked.world.now()
    store.put(asked.state, blob)
    return content.stamps(blob)


def _by_block(asked: Asked, committed: bool) -> dict[str, Piece]:
    found = store.pieces(asked.state, asked.where, asked.blob, committed)
    return {piece.block: piece for piece in found if piece.block}


def _received(asked: Asked) -> Received:
    if asked.received is None:
        raise BlobError("InvalidInput")
    return asked.received


def _condition(asked: Asked, name: str) -> int | None:
    text = asked.header(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 20):
        raise bad_header(name, text)
    return int(text) if text else None


def _digests(received: Received) -> dict[str, str]:
    return ({"Content-MD5": received.md5} if received.md5 else {}) | _crc(received)


def _crc(received: Received) -> dict[str, str]:
    return {"x-ms-content-crc64": received.crc64} if received.crc64 else {}
