"""Copies from another blob of the simulator: no byte is moved, the copy shares the files.

https://learn.microsoft.com/rest/api/storageservices/copy-blob
"""

from __future__ import annotations

import uuid
from typing import BinaryIO
from urllib.parse import urlsplit

from simulator.blobs import access, bearer, conditions, containers, content, reading, store, writing
from simulator.blobs.asked import Answer, Asked, Grant, Slice, split_path, split_query
from simulator.blobs.errors import BlobError, bad_header
from simulator.blobs.store import Blob, Piece

LARGEST_BLOCK = 4000 * 1024 * 1024


def copy(asked: Asked) -> Answer:
    """Copy Blob, and Copy Blob From URL: both are done with the answer."""
    source, blob = _source(asked)
    before = writing.target(asked)
    metadata = content.metadata(asked) or blob.metadata
    number, size = str(uuid.uuid4()), blob.size
    told = {
        "id": number,
        "source": asked.header("x-ms-copy-source").partition("?")[0],
        "status": "success",
        "progress": f"{size}/{size}",
        "completion-time": conditions.http_date(asked.world.now()),
    }
    pieces = store.pieces(asked.state, source.where, source.blob)
    made = writing.save(asked, before, blob.kind, pieces, dict(blob.headers), dict(metadata), copy=told)
    if blob.kind == "AppendBlob":
        made.more["blocks"] = blob.more.get("blocks", 0)
        store.put(asked.state, made)
    return Answer(202, content.stamps(made) | {"x-ms-copy-id": number, "x-ms-copy-status": "success"})


def abort(asked: Asked) -> Answer:
    """Abort Copy Blob: there is never one that goes on."""
    writing.existing(asked)
    raise BlobError("NoPendingCopyOperation")


def put_from_url(asked: Asked) -> Answer:
    """Put Blob From URL."""
    source, blob = _source(asked)
    before = writing.target(asked)
    pieces = [Piece("", one.file, one.size) for one in store.pieces(asked.state, source.where, source.blob)]
    headers = dict(blob.headers)
    if asked.header("x-ms-copy-source-blob-properties").lower() == "false":
        headers = {}
    headers |= content.settings(asked)
    made = writing.save(asked, before, "BlockBlob", pieces, headers, content.metadata(asked))
    return Answer(201, content.stamps(made) | writing.ENCRYPTED)


def put_block_from_url(asked: Asked) -> Answer:
    """Put Block From URL: the stretch is written to a file of its own."""
    source, blob = _source(asked)
    stretch = reading.given_range(asked, blob.size, "x-ms-source-range") or (0, blob.size)
    if not 0 < stretch[1] <= LARGEST_BLOCK:
        raise BlobError("OutOfRangeInput")
    number = writing.block_id(asked)
    slices = store.cut(asked.world, store.pieces(asked.state, source.where, source.blob), *stretch)
    path = store.new_file(asked.world)
    try:
        with path.open("wb") as out:
            for one in slices:
                _append(one, out)
        writing.keep_block(asked, Piece(number, path.name, stretch[1]))
    except BaseException:
        store.drop_file(path)
        raise
    return Answer(201, writing.ENCRYPTED)


def _append(one: Slice, out: BinaryIO) -> None:
    with one.path.open("rb") as file:
        file.seek(one.start)
        left = one.size
        while left > 0 and (data := file.read(min(left, 1 << 20))):
            out.write(data)
            left -= len(data)


def _source(asked: Asked) -> tuple[Asked, Blob]:
    """Return the source of a copy, when its own credentials, or those of the request, let it be read.

    Raises:
        BlobError: 404, 403 or 401 CannotVerifyCopySource; 412 for the source's conditions.
    """
    url = urlsplit(asked.header("x-ms-copy-source"))
    suffix = f".blob.{asked.world.blob_suffix}"
    if url.scheme != "https" or not url.netloc.endswith(suffix):
        raise _unreadable(400, "A rehearsal copies from its own storage accounts only.")
    query = split_query(url.query)
    try:
        container, name = split_path(url.path, query)
    except BlobError:
        raise bad_header("x-ms-copy-source", url.geturl()) from None
    source = Asked(
        asked.world, url.netloc.removesuffix(suffix), "GET", url.path, container, name, query,
        _source_headers(asked), asked.client,
    )  # fmt: skip
    try:
        _open(asked, source)
        blob = reading.wanted(source)
    except BlobError as error:
        raise _unreadable(error.status, error.message) from None
    conditions.check(asked, blob.etag, blob.modified, "x-ms-source-")
    return source, blob


def _source_headers(asked: Asked) -> dict[str, str]:
    given = asked.header("x-ms-copy-source-authorization")
    return {"authorization": given} if given else {}


def _open(asked: Asked, source: Asked) -> None:
    """Find the source and judge who may read it; within one account the request's own credentials do."""
    found = asked.state.get(store.account_id(asked.state, source.name) or "-")
    if found is None or not source.blob:
        raise BlobError("ResourceNotFound")
    source.account = found
    source.shelf = containers.find(source, found)
    if source.shelf is None:
        raise BlobError("ContainerNotFound")
    inside = source.name == asked.name and "sig" not in source.query and not source.headers
    if inside and asked.grant.full:
        source.grant = asked.grant
    elif inside and asked.grant.who and "sig" not in asked.query:
        source.grant = Grant(bearer.letters_of(source, asked.grant.who))
    else:
        source.grant = access.authenticate(source, found)
    access.require(source, "r", "o")


def _unreadable(status: int, message: str) -> BlobError:
    return BlobError("CannotVerifyCopySource", message, status=status)
