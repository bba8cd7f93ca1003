"""Blobs as they are read: whole or in part, their properties, their metadata, their blocks.

https://learn.microsoft.com/rest/api/storageservices/get-blob
"""

from __future__ import annotations

import base64
import hashlib
import re

from simulator.blobs import conditions, content, leases, markup, store
from simulator.blobs.asked import Answer, Asked, Slice
from simulator.blobs.errors import BlobError, bad_header, bad_query
from simulator.blobs.store import Blob, Piece

LARGEST_MD5 = 4 * 1024 * 1024
XML = {"Content-Type": "application/xml"}


def wanted(asked: Asked) -> Blob:
    """Return the blob that a read asks for, when its conditions and lease let it.

    Raises:
        BlobError: 404 BlobNotFound, 304, 412.
    """
    blob = store.get(asked.state, asked.where, asked.blob)
    if blob is None or "snapshot" in asked.query or "versionid" in asked.query:
        raise BlobError("BlobNotFound")
    conditions.check(asked, blob.etag, blob.modified)
    leases.require(asked, blob.more.get("lease"), writing=False)
    return blob


def properties(asked: Asked) -> Answer:
    """Get Blob Properties."""
    blob = wanted(asked)
    return Answer(200, content.shown(asked, blob) | asked.grant.fixed | {"Content-Length": str(blob.size)})


def metadata(asked: Asked) -> Answer:
    """Get Blob Metadata."""
    blob = wanted(asked)
    return Answer(200, content.stamps(blob) | content.meta_headers(blob.metadata))


def get(asked: Asked) -> Answer:
    """Get Blob: 200 with all of it, or 206 with the range that is asked for."""
    blob = wanted(asked)
    if blob.more.get("tier") == "Archive":
        raise BlobError("BlobArchived", "This operation is not permitted on an archived blob.", status=409)
    headers = content.shown(asked, blob) | asked.grant.fixed
    found = store.pieces(asked.state, asked.where, asked.blob)
    stretch = given_range(asked, blob.size)
    if stretch is None:
        slices = store.cut(asked.world, found, 0, blob.size)
        return Answer(200, headers | {"Content-Length": str(blob.size)}, slices=slices)
    start, size = stretch
    headers |= {"Content-Length": str(size), "Content-Range": f"bytes {start}-{start + size - 1}/{blob.size}"}
    if whole := headers.pop("Content-MD5", ""):
        headers["x-ms-blob-content-md5"] = whole
    slices = store.cut(asked.world, found, start, size)
    if asked.header("x-ms-range-get-content-md5").lower() == "true":
        headers["Content-MD5"] = _md5(slices, size)
    return Answer(206, headers, slices=slices)


def given_range(asked: Asked, whole: int, name: str = "x-ms-range") -> tuple[int, int] | None:
    """Return start and length of the range that a request names, cut to what is there; None where it names none.

    Raises:
        BlobError: 416 for one that begins behind the end.
    """
    text = asked.header(name) or (asked.header("range") if name == "x-ms-range" else "")
    if not text:
        return None
    found = re.fullmatch(r"bytes=(\d{1,19})-(\d{0,19})", text)
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        raise bad_header(name, text)
    start, last = int(found[1]), min(int(found[2] or whole), whole - 1)
    if start >= whole:
        raise BlobError("InvalidRange", headers={"Content-Range": f"bytes */{whole}"})
    return start, last - start + 1


def blocks(asked: Asked) -> Answer:
    """Get Block List."""
    kind = asked.query.get("blocklisttype", "committed").lower()
    if kind not in {"committed", "uncommitted", "all"}:
        raise bad_query("blocklisttype", kind)
    blob = store.get(asked.state, asked.where, asked.blob)
    waiting = store.pieces(asked.state, asked.where, asked.blob, committed=False)
    if blob is None and not waiting:
        raise BlobError("BlobNotFound")
    if blob is not None:
        conditions.check(asked, blob.etag, blob.modified)
        if blob.kind != "BlockBlob":
            raise BlobError("InvalidBlobType")
    there = [one for one in store.pieces(asked.state, asked.where, asked.blob) if one.block]
    parts = [
        _blocks("CommittedBlocks", there if kind != "uncommitted" else []),
        _blocks("UncommittedBlocks", waiting if kind != "committed" else []),
    ]
    headers = XML | {"x-ms-blob-content-length": str(blob.size if blob else 0)}
    body = markup.document(markup.tag("BlockList", *parts))
    return Answer(200, headers | (content.stamps(blob) if blob else {}), body)


def tags(asked: Asked) -> Answer:
    """Get Blob Tags."""
    found = wanted(asked).more.get("tags", {})
    pairs = [markup.tag("Tag", markup.texts({"Key": key, "Value": value})) for key, value in found.items()]
    return Answer(200, XML, markup.document(markup.tag("Tags", markup.tag("TagSet", *pairs))))


def _blocks(title: str, found: list[Piece]) -> str:
    inside = [markup.tag("Block", markup.texts({"Name": one.block, "Size": str(one.size)})) for one in found]
    return markup.tag(title, *inside)


def _md5(slices: list[Slice], size: int) -> str:
    if size > LARGEST_MD5:
        raise BlobError("OutOfRangeInput")
    digest = hashlib.md5(usedforsecurity=False)
    for one in slices:
        with one.path.open("rb") as file:
            file.seek(one.start)
            digest.update(file.read(one.size))
    return base64.b64encode(digest.digest()).decode()
