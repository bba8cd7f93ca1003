"""Blob storage when things go wrong: kill -9 in mid-upload, faults on demand, odd requests; and what the journal tells."""

from __future__ import annotations

import http.client
import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator import blobs
from tests.simulator.conftest import Running, Start

MIB = 1 << 20


@pytest.fixture(scope="module")
def account(simulator: Running) -> Iterator[blobs.Account]:
    """An account whose name resolves."""
    with blobs.loopback_names():
        yield blobs.account(simulator)


def line_to(account: blobs.Account) -> http.client.HTTPSConnection:
    """Return a connection to an account, on which nothing is sent but what the test sends."""
    trust = ssl.create_default_context(cafile=account.simulator.ready["ca_bundle"])
    port = int(account.host.rsplit(":", 1)[1])
    return http.client.HTTPSConnection("127.0.0.1", port, context=trust, timeout=20)


def test_kill_in_mid_upload_leaves_nothing(start: Start, tmp_path: Path) -> None:
    """What was committed is there after kill -9, blocks wait as before, and of the half upload nothing is left."""
    with blobs.loopback_names():
        running = start("--pace", "0")
        account = blobs.account(running)
        container = account.client().create_container("data")
        container.upload_blob("whole", b"w" * 100)
        container.get_blob_client("parts").stage_block("0001", b"p" * 50)
        half = line_to(account)
        half.putrequest("PUT", f"/data/half?{blobs.sas(account)}", skip_host=True)
        for name, value in {
            "Host": account.host,
            "x-ms-blob-type": "BlockBlob",
            "Content-Length": str(9 * MIB),
        }.items():
            half.putheader(name, value)
        half.endheaders()
        half.send(b"h" * (5 * MIB))
        assert _grows(running)
        running.stop(signal.SIGKILL)
        half.close()
        again = blobs.Account(start("--pace", "0", state=running.folder), account.path, account.name)
        assert len(blobs.stored_files(again.simulator)) == 2
        found = again.client().get_container_client("data")
        assert [one.name for one in found.list_blobs()] == ["whole"]
        assert found.download_blob("whole").readall() == b"w" * 100
        assert [one.size for one in found.get_blob_client("parts").get_block_list("uncommitted")[1]] == [50]


def test_client_that_goes_away(account: blobs.Account) -> None:
    """A connection that breaks in mid-upload leaves no blob and no file."""
    account.client().create_container("gone")
    before = len(blobs.stored_files(account.simulator))
    line = line_to(account)
    line.putrequest("PUT", f"/gone/half?{blobs.sas(account)}", skip_host=True)
    for name, value in {
        "Host": account.host,
        "x-ms-blob-type": "BlockBlob",
        "Content-Length": str(MIB),
    }.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(b"h" * 1000)
    line.close()
    assert not account.client().get_blob_client("gone", "half").exists()
    assert len(blobs.stored_files(account.simulator)) == before


def test_blob_that_is_replaced_while_somebody_reads_it(account: blobs.Account) -> None:
    """A download that has begun ends with the bytes that it began with, and only then do their files go."""
    client = account.client(max_single_put_size=MIB, max_block_size=MIB)
    blob, data = client.create_container("replaced").get_blob_client("b"), os.urandom(24 * MIB)
    blob.upload_blob(data)
    line = line_to(account)
    line.request("GET", f"/replaced/b?{blobs.sas(account)}", headers={"Host": account.host})
    answer = line.getresponse()
    begun = answer.read(1000)
    blob.upload_blob(b"new", overwrite=True)
    assert blob.download_blob().readall() == b"new"
    assert begun + answer.read() == data
    blob.get_blob_properties()
    assert sum(path.stat().st_size for path in blobs.stored_files(account.simulator)) < 24 * MIB
    line.close()


@pytest.mark.parametrize(
    ("deed", "expected"),
    [
        ({"status": 503, "retry_after": 1}, "ServerBusy"),
        ({"status": 429}, "TooManyRequests"),
        ({"drop": True}, ""),
    ],
)
def test_faults_strike_uploads(account: blobs.Account, deed: dict[str, Any], expected: str) -> None:
    """The second block fails as asked; the next try works, and the blob is whole."""
    container = account.client(max_single_put_size=1000, max_block_size=1000)
    name = f"fault-{expected.lower() or 'drop'}"
    blob = container.create_container(name).get_blob_client("b")
    fault = {"match": {"method": "PUT", "path": rf"{name}/b\?comp=block$", "nth": 2}, "do": deed}
    assert account.simulator.control("POST", "faults", fault).status == 200
    with pytest.raises((HttpResponseError, ServiceResponseError), match=expected or "."):
        blob.upload_blob(os.urandom(5000))
    assert not blob.exists()
    data = os.urandom(5000)
    blob.upload_blob(data, overwrite=True)
    assert blob.download_blob().readall() == data


def test_answer_that_is_lost(account: blobs.Account) -> None:
    """With ``after`` the list is committed although its answer never comes; the journal has it without a status."""
    blob = account.client().create_container("lost").get_blob_client("b")
    fault = {"match": {"path": "lost/b"}, "do": {"drop": True, "after": True}}
    account.simulator.control("POST", "faults", fault)
    with pytest.raises(ServiceResponseError):
        blob.upload_blob(b"there")
    assert blob.download_blob().readall() == b"there"
    last = account.simulator.writes()[-1]
    assert (last["path"], last["status"]) == (f"{account.host}/lost/b", None)


def test_the_journal_tells_of_whole_writes(account: blobs.Account) -> None:
    """Containers, blobs, lists of blocks, copies and deletions are in it, single blocks and reads are not; no secrets."""
    client = account.client(blobs_credential(account), max_single_put_size=1000, max_block_size=1000)
    before = len(account.simulator.writes())
    container = client.create_container("told")
    container.upload_blob("a", os.urandom(2500))
    container.get_blob_client("b").start_copy_from_url(container.get_blob_client("a").url)
    container.get_blob_client("a").get_blob_properties()
    container.delete_blob("a")
    with pytest.raises(HttpResponseError):
        container.delete_blob("a")
    seen = [(one["method"], one["path"], one["status"]) for one in account.simulator.writes()[before:]]
    host = account.host
    assert seen == [
        ("PUT", f"{host}/told?restype=container", 201),
        ("PUT", f"{host}/told/a?comp=blocklist", 201),
        ("PUT", f"{host}/told/b", 202),
        ("DELETE", f"{host}/told/a", 202),
        ("DELETE", f"{host}/told/a", 404),
    ]


def test_reset_forgets_every_blob(start: Start) -> None:
    """A rehearsal that begins anew has no blobs, and no files of the old one."""
    with blobs.loopback_names():
        account = blobs.account(start("--pace", "0"))
        account.client().create_container("data").upload_blob("x", b"x")
        assert len(blobs.stored_files(account.simulator)) == 1
        assert account.simulator.control("POST", "reset").status == 200
        account.simulator.group("rg-anything")
        assert blobs.stored_files(account.simulator) == []


WORDS = st.sampled_from(
    ["", "list", "block", "blocklist", "metadata", "properties", "tier", "lease", "acl", "tags", "copy", "appendblock",
     "snapshot", "batch", "page", "userdelegationkey", "nonsense", "é"]
)  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(
        ["x-ms-blob-type", "x-ms-range", "Range", "If-Match", "If-None-Match", "If-Modified-Since", "x-ms-lease-action",
         "x-ms-lease-id", "x-ms-lease-duration", "x-ms-proposed-lease-id", "x-ms-lease-break-period", "x-ms-copy-source",
         "x-ms-access-tier", "x-ms-meta-a", "x-ms-meta-", "x-ms-blob-content-md5", "Content-MD5", "x-ms-content-crc64",
         "x-ms-version", "x-ms-tags", "x-ms-blob-public-access", "x-ms-source-range", "x-ms-delete-snapshots",
         "x-ms-blob-condition-appendpos", "x-ms-range-get-content-md5", "x-ms-client-request-id"]
    ),
    st.sampled_from(
        ["", "BlockBlob", "AppendBlob", "PageBlob", "bytes=0-3", "bytes=5-", "bytes=9-1", "bytes=-1", "*", '"0x1"', "-1",
         "Fri, 27 Nov 2026 12:00:00 GMT", "acquire", "break", "release", "renew", "change", "99999999999999999999",
         "11111111-1111-1111-1111-111111111111", "Cool", "Archive", "CY9rzUYh03PK3k6DJie09g==", "AAAAAAAAAAA=", "true",
         "2023-11-03", "\xe9\xff", "a=b&c", "blob", "include", "https://[x", "https://{host}/fuzz/there", "x" * 3000]
    ),
    max_size=4,
)  # fmt: skip
QUERY = st.dictionaries(
    st.sampled_from(
        ["restype", "prefix", "delimiter", "marker", "maxresults", "include", "blockid", "blocklisttype", "snapshot",
         "versionid", "timeout", "copyid", "where"]
    ),
    st.sampled_from(
        ["", "container", "account", "service", "a", "/", "0", "-1", "5", "999999999999999999999", "AAAA", "====", "all",
         "metadata", "metadata,nonsense", "%00", "%ff", "%F4%8F%BF%BF", "MDAwMQ%3D%3D", "+"]
    ),
    max_size=3,
)  # fmt: skip
BODIES = st.sampled_from(
    [b"", b"x", b"<BlockList/>", b"<BlockList><Latest>MDAwMQ==</Latest></BlockList>", b"<BlockList><Odd/></BlockList>",
     b"<!DOCTYPE x [<!ENTITY a 'b'>]><BlockList>&a;</BlockList>", b"<Tags><TagSet><Tag/></TagSet></Tags>", b"\xff\xfe",
     b"<KeyInfo><Start>x</Start></KeyInfo>", b"<SignedIdentifiers/>", b"<a>" * 2000]
)  # fmt: skip
PATHS = st.sampled_from(
    ["/", "/fuzz", "/fuzz/there", "/fuzz/new", "/fuzz/a%2Fb", "/fuzz/%00", "/fuzz/%ff", "/fuzz//", "/fuzz/" + "x" * 1100,
     "/no", "/None/x", "/gone/x", "/fuzz/../there", "/$root/x", "/fuzz/%F0%9F%98%80%EF%BF%BF", "//", "/fuzz/a?b?c"]
)  # fmt: skip


@pytest.fixture(scope="module")
def odd(account: blobs.Account) -> Iterator[Any]:
    """One connection that stays open, and a way to ask over it with a good signature."""
    account.client().create_container("fuzz").upload_blob("there", b"0123456789")
    account.client().get_blob_client("fuzz", "there").stage_block("0001", b"x")
    line, token = line_to(account), blobs.sas(account, "racwdxltmeop")

    def ask(
        method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, bytes]:
        given = {key: value.replace("{host}", account.host) for key, value in headers.items()}
        line.request(method, f"{path}?{query}&{token}", body, {"Host": account.host, **given})
        answer = line.getresponse()
        return answer.status, answer.headers.get("x-ms-error-code", ""), answer.read()

    yield ask
    line.close()


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]),
    PATHS,
    WORDS,
    QUERY,
    HEADERS,
    BODIES,
)
def test_odd_requests(
    odd: Any, method: str, path: str, comp: str, query: Any, headers: Any, body: bytes
) -> None:
    """Whatever is asked, the answer is storage's own: never a traceback, and an error always has its code."""
    text = "&".join(f"{name}={value}" for name, value in {"comp": comp, **query}.items()).replace(
        "é", "%C3%A9"
    )
    status, code, answer = odd(method, path, text, headers, body)
    assert status < 500 or status == 501, (status, code, answer)
    assert (status < 400) == (not code) or status == 304
    assert b"Traceback" not in answer


def blobs_credential(account: blobs.Account) -> str:
    """Return a signature, so that a secret stands in every address."""
    return blobs.sas(account)


def _grows(running: Running) -> bool:
    """Wait until the half upload has come to the disk."""
    for _ in range(2000):
        if sum(path.stat().st_size for path in blobs.stored_files(running)) > MIB:
            return True
        running.control("GET", "faults")
    return False
