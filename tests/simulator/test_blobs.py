"""Blob storage through the real azure-storage-blob: what is written comes back, and what does not fit is refused."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    StandardBlobTier,
)

from simulator.blobs import store
from simulator.blobs.crc64 import Crc64
from simulator.state import State
from simulator.world import World
from tests.simulator import blobs
from tests.simulator.conftest import Running

MIB = 1 << 20


@pytest.fixture(scope="module")
def account(simulator: Running) -> Iterator[blobs.Account]:
    """An account whose name resolves."""
    with blobs.loopback_names():
        yield blobs.account(simulator)


@pytest.fixture(scope="module")
def service(account: blobs.Account) -> BlobServiceClient:
    """A client with small blocks."""
    return account.client(max_single_put_size=MIB, max_block_size=MIB // 2, max_single_get_size=MIB)


@pytest.fixture
def container(service: BlobServiceClient, request: pytest.FixtureRequest) -> ContainerClient:
    """A container of the test's own."""
    digest = hashlib.sha256(request.node.name.encode()).hexdigest()[:16]
    return service.create_container(f"c-{digest}")


def test_large_blob_in_blocks_comes_back_in_ranges(container: ContainerClient) -> None:
    """Blocks sent side by side are put in order, and parallel ranges read them across their borders."""
    data = os.urandom(5 * MIB + 17)
    blob = container.get_blob_client("deep/er/file.bin")
    blob.upload_blob(data, max_concurrency=3)
    assert blob.get_blob_properties().size == len(data)
    assert blob.download_blob(max_concurrency=3).readall() == data
    assert blob.download_blob(offset=MIB // 2 - 5, length=10).readall() == data[MIB // 2 - 5 : MIB // 2 + 5]
    assert [block.size for block in blob.get_block_list()[0]][-1] == 17


def test_settings_and_metadata(container: ContainerClient) -> None:
    """Content settings, metadata, tier and tags are kept, changed and shown in lists."""
    blob = container.get_blob_client("é ü/?#&.txt")
    settings = ContentSettings("text/plain", "gzip", "de", "attachment", "no-store")
    blob.upload_blob(b"x", metadata={"a": "1"}, content_settings=settings, tags={"team": "data"})
    found = blob.get_blob_properties()
    assert (found.metadata, found.tag_count, found.name) == ({"a": "1"}, 1, "é ü/?#&.txt")
    for name in (
        "content_type",
        "content_encoding",
        "content_language",
        "content_disposition",
        "cache_control",
    ):
        assert found.content_settings[name] == settings[name]
    assert bytes(found.content_settings.content_md5) == hashlib.md5(b"x").digest()
    blob.set_blob_metadata({"b": "2"})
    blob.set_standard_blob_tier(StandardBlobTier.COOL)
    listed = next(iter(container.list_blobs(include=["metadata", "tags"])))
    assert (listed.name, listed.metadata, listed.blob_tier) == (blob.blob_name, {"b": "2"}, "Cool")
    assert listed.tags == {"team": "data"}
    with pytest.raises(HttpResponseError, match="InvalidMetadata"):
        blob.set_blob_metadata({"no-name": "x"})


def test_lists_in_pages_and_folders(container: ContainerClient) -> None:
    """Pages follow one another without a gap; a delimiter folds what lies below it, once."""
    names = sorted([f"a/{number:03}" for number in range(40)] + ["a", "b/c/1", "b/c/2", "b/d", "z"])
    for name in names:
        container.upload_blob(name, b"")
    assert [one.name for one in container.list_blobs(results_per_page=7)] == names
    assert sorted(one.name for one in container.walk_blobs()) == ["a", "a/", "b/", "z"]
    assert [one.name for one in container.walk_blobs("b/", results_per_page=1)] == ["b/c/", "b/d"]
    pages = list(container.list_blobs(results_per_page=20).by_page())
    assert [len(list(page)) for page in pages] == [20, 20, 5]


def test_conditions(container: ContainerClient) -> None:
    """A write that must not replace, a change of what has changed meanwhile, a read of what is known already."""
    blob = container.get_blob_client("one")
    first = blob.upload_blob(b"1")
    with pytest.raises(ResourceExistsError, match="BlobAlreadyExists"):
        blob.upload_blob(b"2")
    with pytest.raises(ResourceExistsError, match="BlobAlreadyExists"):  # which the SDK does not translate
        blob.commit_block_list([], match_condition=MatchConditions.IfMissing)
    blob.upload_blob(b"3", overwrite=True)
    with pytest.raises(ResourceModifiedError, match="ConditionNotMet"):
        blob.set_blob_metadata({}, etag=first["etag"], match_condition=MatchConditions.IfNotModified)
    now = blob.get_blob_properties().etag
    with pytest.raises(HttpResponseError, match="Not Modified"):
        blob.get_blob_properties(etag=now, match_condition=MatchConditions.IfModified)
    assert blob.download_blob().readall() == b"3"


def test_block_lists(container: ContainerClient) -> None:
    """Blocks wait unseen; a list may mix them with those that are there, and one that names others is refused."""
    blob = container.get_blob_client("blocks")
    for name in ("0001", "0002"):
        blob.stage_block(name, name.encode())
    with pytest.raises(ResourceNotFoundError, match="BlobNotFound"):
        blob.get_blob_properties()
    assert list(container.list_blobs()) == []
    assert [one.name for one in container.list_blobs(include=["uncommittedblobs"])] == ["blocks"]
    with pytest.raises(HttpResponseError, match="InvalidBlobOrBlock"):
        blob.stage_block("another length", b"x")
    with pytest.raises(HttpResponseError, match="InvalidBlockList"):
        blob.commit_block_list([BlobBlock("0003")])
    blob.commit_block_list([BlobBlock("0002"), BlobBlock("0001")])
    blob.stage_block("0003", b"!")
    blob.commit_block_list([BlobBlock("0001"), BlobBlock("0003"), BlobBlock("0001")])
    assert blob.download_blob().readall() == b"0001!0001"
    assert blob.get_block_list("uncommitted")[1] == []


def test_bytes_that_changed_on_the_way(container: ContainerClient, account: blobs.Account) -> None:
    """A body that is not what its MD5 or CRC64 says is refused and nothing of it is kept."""
    before = blobs.stored_files(account.simulator)
    good, bad = hashlib.md5(b"x").digest(), hashlib.md5(b"y").digest()
    blob = container.get_blob_client("checked")
    with pytest.raises(HttpResponseError, match="Md5Mismatch"):
        blob.upload_blob(b"x", headers={"Content-MD5": _text(bad)})
    crc = Crc64()
    crc.update(b"123456789")
    assert crc.digest() == _text(0xAE8B14860A799888.to_bytes(8, "little"))  # the check value of CRC-64/NVME
    with pytest.raises(HttpResponseError, match="Crc64Mismatch"):
        blob.stage_block("0001", b"12345678", headers={"x-ms-content-crc64": crc.digest()})
    assert not blob.exists()
    assert blobs.stored_files(account.simulator) == before
    blob.stage_block("0001", b"123456789", headers={"x-ms-content-crc64": crc.digest()})
    blob.upload_blob(b"x", headers={"Content-MD5": _text(good)})


def test_copies_share_their_files(container: ContainerClient, account: blobs.Account) -> None:
    """A copy costs no second file, carries settings and metadata, and outlives its source."""
    source, target = container.get_blob_client("source"), container.get_blob_client("target")
    source.upload_blob(os.urandom(2 * MIB), metadata={"from": "source"})
    data, before = source.download_blob().readall(), blobs.stored_files(account.simulator)
    assert target.start_copy_from_url(source.url)["copy_status"] == "success"
    assert blobs.stored_files(account.simulator) == before
    source.delete_blob()
    found = target.get_blob_properties()
    assert (found.metadata, found.copy.status) == ({"from": "source"}, "success")
    assert target.download_blob().readall() == data
    target.delete_blob()
    assert len(blobs.stored_files(account.simulator)) < len(before)
    with pytest.raises(HttpResponseError, match="CannotVerifyCopySource"):
        target.start_copy_from_url("https://example.org/file")


def test_parts_by_url(container: ContainerClient) -> None:
    """A blob, and a block, made of a stretch of another one."""
    source = container.get_blob_client("source")
    source.upload_blob(b"0123456789")
    whole, part = container.get_blob_client("whole"), container.get_blob_client("part")
    whole.upload_blob_from_url(source.url)
    part.stage_block_from_url("0001", source.url, source_offset=2, source_length=3)
    part.commit_block_list([BlobBlock("0001")])
    assert (whole.download_blob().readall(), part.download_blob().readall()) == (b"0123456789", b"234")


def test_append_blob(container: ContainerClient) -> None:
    """A log grows; an offset that is not its end is refused."""
    log = container.get_blob_client("log")
    log.create_append_blob()
    log.append_block(b"one\n")
    assert log.append_block(b"two\n", appendpos_condition=4)["blob_append_offset"] == "4"
    with pytest.raises(HttpResponseError, match="AppendPositionConditionNotMet"):
        log.append_block(b"three\n", appendpos_condition=4)
    assert log.download_blob().readall() == b"one\ntwo\n"
    with pytest.raises(HttpResponseError, match="InvalidBlobType"):
        log.stage_block("0001", b"x")


def test_leases(container: ContainerClient) -> None:
    """Who holds the lease writes and deletes; everybody else is told why not."""
    blob = container.get_blob_client("leased")
    blob.upload_blob(b"1")
    lease = blob.acquire_lease()
    with pytest.raises(HttpResponseError, match="LeaseIdMissing"):
        blob.upload_blob(b"2", overwrite=True)
    with pytest.raises(HttpResponseError, match="LeaseAlreadyPresent"):
        blob.acquire_lease()
    blob.upload_blob(b"3", overwrite=True, lease=lease)
    assert blob.get_blob_properties().lease.state == "leased"
    lease.break_lease(0)
    blob.delete_blob()


def test_containers_are_those_of_arm(account: blobs.Account, service: BlobServiceClient) -> None:
    """What ARM makes holds blobs; what the data plane makes is seen, and deleted, by ARM."""
    root = f"{account.path}/blobServices/default/containers"
    made = account.simulator.arm("PUT", f"{root}/by-arm", {"properties": {}}, version=blobs.VERSION)
    assert made.status == 201
    service.get_blob_client("by-arm", "x").upload_blob(b"x")
    with pytest.raises(ResourceExistsError, match="ContainerAlreadyExists"):
        service.create_container("by-arm")
    service.create_container("by-hand", metadata={"a": "1"}).upload_blob("x", b"x")
    seen = account.simulator.arm("GET", f"{root}/by-hand", version=blobs.VERSION).body
    assert seen["properties"]["metadata"] == {"a": "1"}
    assert seen["id"] == f"{root}/by-hand"
    for name in ("by-arm", "by-hand"):
        assert account.simulator.arm("DELETE", f"{root}/{name}", version=blobs.VERSION).status == 200
    assert not service.get_container_client("by-hand").exists()
    with pytest.raises(ResourceNotFoundError, match="ContainerNotFound"):
        service.get_blob_client("by-arm", "x").get_blob_properties()
    with pytest.raises(HttpResponseError, match="InvalidResourceName"):
        service.create_container("Not-A-Name")


def test_deleted_accounts_take_their_blobs_along(account: blobs.Account) -> None:
    """No file stays when an account or its group is deleted, and none comes back with a namesake."""
    other = blobs.account(account.simulator, "rg-blobs-gone")
    other.client().create_container("data").upload_blob("x", b"x" * 100)
    before = len(blobs.stored_files(account.simulator))
    group = other.path.split("/providers/")[0]
    assert account.simulator.arm("DELETE", group).status == 202
    assert account.simulator.arm("GET", group).status == 404
    account.simulator.arm("GET", account.path, version=blobs.VERSION)
    assert len(blobs.stored_files(account.simulator)) == before - 1
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        other.client(credential={"account_name": other.name, "account_key": "a2V5"}).get_service_properties()


def test_what_other_rooms_read(simulator: Running, container: ContainerClient, tmp_path: Path) -> None:
    """Files below a prefix are found with their names, written out as they were, and none leads out of its folder."""
    data = os.urandom(2 * MIB)
    for name, content in (
        ("m/model.pkl", data),
        ("m/deep/a.txt", b"a"),
        ("m2/other", b"o"),
        ("bad/..\\x", b"x"),
    ):
        container.upload_blob(name, content)
    world = _world(simulator)
    assert [(one.name, one.size) for one in store.files(world, container.account_name, container.container_name, "m/")] == [
        ("deep/a.txt", 1), ("model.pkl", len(data)),
    ]  # fmt: skip
    place = (world, container.account_name, container.container_name)
    store.copy_out(*place, "m", tmp_path / "out")
    assert (tmp_path / "out/model.pkl").read_bytes() == data
    assert (tmp_path / "out/deep/a.txt").read_bytes() == b"a"
    assert [path.name for path in store.copy_out(*place, "m/model.pkl", tmp_path / "one")] == ["model.pkl"]
    with pytest.raises(ValueError, match="leads out of its folder"):
        store.copy_out(*place, "bad", tmp_path / "bad")
    assert store.files(world, "nobody", "nothing") == []


def test_body_that_is_too_large(account: blobs.Account, container: ContainerClient) -> None:
    """A blob of more than 5000 MiB in one go is refused by its length, before it is sent."""
    port = int(account.host.rsplit(":", 1)[1])
    trust = ssl.create_default_context(cafile=account.simulator.ready["ca_bundle"])
    line = http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=20)
    line.putrequest("PUT", f"/{container.container_name}/big?{blobs.sas(account)}", skip_host=True)
    headers = {"Host": account.host, "Content-Length": str(5001 * MIB), "x-ms-blob-type": "BlockBlob"}
    for name, value in headers.items():
        line.putheader(name, value)
    line.endheaders()
    answer = line.getresponse()
    assert (answer.status, answer.headers["x-ms-error-code"]) == (413, "RequestBodyTooLarge")
    line.close()


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _world(simulator: Running) -> Any:
    state = State(simulator.folder / "state.sqlite")
    return World(state, simulator.folder, simulator.ready["endpoint"], 0, 0.0)
