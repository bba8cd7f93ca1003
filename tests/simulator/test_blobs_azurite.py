"""The same calls of azure-storage-blob against Azurite and the simulator: same statuses, codes, headers and XML.

Azurite is Microsoft's own emulator and needs node.  Without it this is skipped: ``make test-azurite`` installs it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.storage.blob import (
    BlobBlock,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
    StandardBlobTier,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from tests.simulator import blobs
from tests.simulator.conftest import ROOT, Running

LATER = datetime.now(UTC) + timedelta(hours=1)
GONE = datetime.now(UTC) - timedelta(hours=1)
TEXT = b"what is stored " * 40
#: Headers that tell nothing of storage: connection, server, the clock; Azurite leaves the last two out of errors.
TRANSPORT = frozenset(
    {"connection", "keep-alive", "date", "server", "transfer-encoding", "x-content-type-options", "content-length",
     "x-ms-client-request-id", "x-ms-version"}
)  # fmt: skip
#: What Azure's documentation and recordings have and Azurite has not, and the other way round.
ONLY_OURS = frozenset(
    {"x-ms-default-encryption-scope", "x-ms-deny-encryption-scope-override", "content-md5",
     "x-ms-immutable-storage-with-versioning-enabled"}
)  # fmt: skip
ONLY_THEIRS = frozenset(
    {"x-ms-access-tier-change-time", "x-ms-access-tier-inferred", "x-ms-blob-content-md5", "x-ms-blob-sealed",
     "x-ms-incremental-copy", "etag", "last-modified"}
)  # fmt: skip
#: Elements that stand in one only: empty ones, which Azurite leaves out, and an echo of what was not asked.
UNEVEN = frozenset(
    {"AccessTierChangeTime", "AuthenticationErrorDetail", "Cache-Control", "Content-CRC64", "Content-Disposition",
     "Content-Encoding", "Content-Language", "Content-MD5", "Content-Type", "Creation-Time", "DefaultEncryptionScope",
     "DenyEncryptionScopeOverride", "ImmutableStorageWithVersioningEnabled", "Marker", "MaxResults", "OrMetadata",
     "Prefix", "ServerEncrypted"}
)  # fmt: skip
#: Azurite has one code for every signature that does not fit, and its own for a source that is not there.
SAME_CODES = frozenset(
    {("AuthenticationFailed", "AuthorizationFailure"), ("CannotVerifyCopySource", "BlobNotFound")}
)


def find_azurite() -> str:
    """Return the command that runs Azurite's blob service, empty where there is none."""
    here = ROOT / "build/azurite/node_modules/.bin/azurite-blob"
    found = os.environ.get("AZURITE") or shutil.which("azurite-blob") or (str(here) if here.exists() else "")
    return found if shutil.which("node") else ""


pytestmark = pytest.mark.skipif(
    not find_azurite(), reason="node or azurite-blob is not here: make test-azurite"
)


class Seen(NamedTuple):
    """What can be compared of an answer."""

    method: str
    status: int
    code: str
    headers: frozenset[str]
    xml: str


@dataclass
class Side:
    """One of the two services, and what it has answered so far."""

    url: str
    name: str
    key: str
    bundle: str
    seen: list[Seen] = field(default_factory=list)

    def watch(self, response: Any) -> None:
        """Keep what can be compared of an answer."""
        answer = response.http_response
        text = answer.body() if "xml" in (answer.headers.get("Content-Type") or "") else b""
        names = frozenset(name.lower() for name in answer.headers) - TRANSPORT
        code = answer.headers.get("x-ms-error-code", "")
        self.seen.append(Seen(response.http_request.method, answer.status_code, code, names, shape(text)))

    def service(self, credential: Any = None) -> BlobServiceClient:
        """Return a client by key, or by a SAS."""
        key = {"account_name": self.name, "account_key": self.key} if credential is None else credential
        options = {"connection_verify": self.bundle, "retry_total": 0, "raw_response_hook": self.watch}
        return BlobServiceClient(
            self.url, credential=key, max_single_put_size=1 << 20, max_block_size=1 << 19, **options
        )

    def container(self, name: str = "compared", credential: Any = None) -> ContainerClient:
        """Return a client of a container."""
        return self.service(credential).get_container_client(name)


def shape(text: bytes) -> str:
    """Return an XML document without its values: names of elements, each once where several are alike."""
    if not text:
        return ""
    try:
        return _shape(ElementTree.fromstring(text))
    except ElementTree.ParseError:
        return "no XML"


def _shape(element: ElementTree.Element) -> str:
    inside = dict.fromkeys(_shape(one) for one in element if one.tag not in UNEVEN)
    return element.tag + (f"({' '.join(sorted(inside))})" if inside else "")


@pytest.fixture(scope="module")
def sides(simulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:
    """The simulator with an account, and Azurite with the same certificate."""
    with blobs.loopback_names():
        account = blobs.account(simulator)
        ours = Side(account.url, account.name, account.keys()[0], simulator.ready["ca_bundle"])
        with _azurite(simulator, ours, tmp_path_factory.mktemp("azurite")) as url:
            yield ours, Side(url, ours.name, ours.key, ours.bundle)


@contextlib.contextmanager
def _azurite(simulator: Running, side: Side, folder: Path) -> Iterator[str]:
    chain = str(simulator.folder / "server.pem")
    command = [find_azurite(), "--blobPort", "0", "--location", str(folder), "--disableTelemetry", "--loose"]
    command += ["--skipApiVersionCheck", "--cert", chain, "--key", chain]
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{side.name}:{side.key}"}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = next(line for line in process.stdout if "successfully listens" in line or "listening" in line)
        port = line.strip().rsplit(":", 1)[1]
        yield f"https://{side.name}.blob.sim.localhost:{port}"
    finally:
        process.kill()
        process.communicate()


def both(sides: tuple[Side, Side], do: Callable[[Side], Any]) -> tuple[list[Seen], list[Seen]]:
    """Do the same on both sides; an error of storage is an answer as well."""
    out = []
    for side in sides:
        side.seen.clear()
        with contextlib.suppress(AzureError):
            do(side)
        out.append(list(side.seen))
    return out[0], out[1]


def containers(side: Side) -> None:
    """Make, look, change, list, lease."""
    here = side.container()
    for act in (
        lambda: here.create_container(metadata={"kind": "test"}),
        here.create_container,
        here.get_container_properties,
        lambda: here.set_container_metadata({"kind": "other"}),
        here.get_container_access_policy,
        lambda: list(side.service().list_containers(name_starts_with="comp", include_metadata=True)),
        lambda: side.container("not-there").get_container_properties(),
        lambda: side.container("not-there").delete_container(),
        lambda: side.container("no").create_container(),
        lambda: side.container("No-Capitals").create_container(),
        lambda: side.container("leased").create_container(),
        lambda: side.container("leased").acquire_lease(15),
        lambda: side.container("leased").delete_container(),
        side.service().get_account_information,
    ):
        with contextlib.suppress(AzureError):
            act()


def whole_blobs(side: Side) -> None:
    """Put, read, change, delete."""
    one = side.container().get_blob_client("folder/one.txt")
    settings = ContentSettings(content_type="text/plain", cache_control="no-store", content_language="en")
    for act in (
        lambda: one.upload_blob(TEXT, metadata={"a": "1"}, content_settings=settings),
        lambda: one.upload_blob(TEXT),
        lambda: one.upload_blob(TEXT, overwrite=True, validate_content=True),
        lambda: one.upload_blob(
            TEXT, overwrite=True, etag='"0x1"', match_condition=MatchConditions.IfNotModified
        ),
        one.get_blob_properties,
        lambda: one.download_blob().readall(),
        lambda: one.download_blob(offset=3, length=10).readall(),
        lambda: one.download_blob(offset=3, length=10, validate_content=True).readall(),
        lambda: one.download_blob(offset=99999).readall(),
        lambda: one.set_blob_metadata({"b": "2"}),
        lambda: one.set_http_headers(settings),
        lambda: one.set_standard_blob_tier(StandardBlobTier.COOL),
        one.get_blob_properties,
        lambda: one.get_blob_properties(if_modified_since=LATER),
        lambda: one.get_blob_properties(if_unmodified_since=GONE),
        lambda: one.get_blob_properties(etag='"0x1"', match_condition=MatchConditions.IfNotModified),
        one.delete_blob,
        one.delete_blob,
        one.get_blob_properties,
        lambda: one.download_blob().readall(),
        lambda: one.set_blob_metadata({"b": "2"}),
        lambda: side.container("not-there").upload_blob("x", TEXT),
        lambda: side.container().upload_blob("empty", b""),
        lambda: side.container().download_blob("empty").readall(),
    ):
        with contextlib.suppress(AzureError):
            act()


def blocks(side: Side) -> None:
    """Blocks that wait, that are committed, that do not fit; what lists show of them."""
    one = side.container().get_blob_client("blocks.bin")
    for act in (
        lambda: one.stage_block("0001", TEXT),
        lambda: one.stage_block("0002", TEXT, validate_content=True),
        lambda: one.stage_block("long", TEXT),
        lambda: one.stage_block("another length", TEXT),
        lambda: one.get_block_list("all"),
        one.get_blob_properties,
        lambda: list(side.container().list_blobs(name_starts_with="blocks")),
        lambda: list(side.container().list_blobs(name_starts_with="blocks", include=["uncommittedblobs"])),
        lambda: one.commit_block_list([BlobBlock("9999")]),
        lambda: one.commit_block_list([BlobBlock("0001"), BlobBlock("0002"), BlobBlock("0001")]),
        lambda: one.get_block_list("committed"),
        lambda: one.get_block_list("uncommitted"),
        lambda: one.get_block_list("all"),
        lambda: one.download_blob().readall(),
        one.get_blob_properties,
        lambda: one.upload_blob(os.urandom(3 << 20), overwrite=True),
        lambda: side.container().get_blob_client("none").get_block_list("all"),
    ):
        with contextlib.suppress(AzureError):
            act()


def lists(side: Side) -> None:
    """Flat, by folder, in pages, with metadata."""
    here = side.container("listed")
    here.create_container()
    for name in ("a/1", "a/2", "a/b/3", "b", "c/4", "a", "a&<b>.txt"):
        here.upload_blob(name, b"x", metadata={"n": "1"})
    list(here.list_blobs())
    list(here.list_blobs(include=["metadata", "copy", "tags"]))
    list(here.walk_blobs())
    list(here.walk_blobs(name_starts_with="a/"))
    list(here.list_blobs(results_per_page=2).by_page())
    list(here.list_blobs(name_starts_with="nothing"))


def copies(side: Side) -> None:
    """Copy within the account, append, lease, tags."""
    source, target = (side.container().get_blob_client(name) for name in ("source", "target"))
    append = side.container().get_blob_client("log")
    for act in (
        lambda: source.upload_blob(TEXT, metadata={"from": "source"}, overwrite=True),
        lambda: target.start_copy_from_url(source.url),
        target.get_blob_properties,
        lambda: target.start_copy_from_url(side.container().get_blob_client("none").url),
        lambda: append.create_append_blob(),
        lambda: append.append_block(TEXT),
        lambda: append.append_block(TEXT, appendpos_condition=1),
        append.get_blob_properties,
        lambda: append.stage_block("0001", TEXT),
        lambda: target.append_block(TEXT),
        lambda: target.acquire_lease(15, lease_id="11111111-1111-1111-1111-111111111111"),
        lambda: target.upload_blob(TEXT, overwrite=True),
        lambda: target.upload_blob(TEXT, overwrite=True, lease="22222222-2222-2222-2222-222222222222"),
        lambda: target.upload_blob(TEXT, overwrite=True, lease="11111111-1111-1111-1111-111111111111"),
        target.get_blob_properties,
        lambda: target.acquire_lease(15),
        target.delete_blob,
        lambda: source.set_blob_tags({"team": "data"}),
        source.get_blob_tags,
        source.get_blob_properties,
    ):
        with contextlib.suppress(AzureError):
            act()


def signatures(side: Side) -> None:
    """Signatures that fit, that are too old, too weak, or of somebody else."""
    name, key = side.name, side.key
    side.container().upload_blob("signed", TEXT, overwrite=True)
    other = base64.b64encode(hashlib.sha512(b"other").digest()).decode()
    tokens = [
        generate_account_sas(name, key, "sco", "rwdlac", LATER, services="b"),
        generate_account_sas(name, key, "sco", "rwdlac", GONE, services="b"),
        generate_account_sas(name, key, "sco", "l", LATER, services="b"),
        generate_account_sas(name, key, "s", "rwl", LATER, services="b"),
        generate_account_sas(name, key, "sco", "rwl", LATER, services="q"),
        generate_account_sas(name, other, "sco", "rwl", LATER, services="b"),
        generate_container_sas(name, "compared", account_key=key, permission="rl", expiry=LATER),
        generate_container_sas(name, "other", account_key=key, permission="rl", expiry=LATER),
        generate_blob_sas(
            name, "compared", "signed", account_key=key, permission="r", expiry=LATER, content_type="text/x"
        ),
        generate_blob_sas(name, "compared", "other", account_key=key, permission="r", expiry=LATER),
    ]
    for token in tokens:
        here = side.container(credential=token)
        for act in (
            lambda here=here: here.get_blob_client("signed").get_blob_properties(),
            lambda here=here: here.get_blob_client("signed").download_blob().readall(),
            lambda here=here: here.get_blob_client("written").upload_blob(b"x", overwrite=True),
            lambda here=here: list(here.list_blobs(name_starts_with="signed")),
        ):
            with contextlib.suppress(AzureError):
                act()


@pytest.mark.parametrize("do", [containers, whole_blobs, blocks, lists, copies, signatures])
def test_same_as_azurite(sides: tuple[Side, Side], do: Callable[[Side], None]) -> None:
    """Status, error code, header names and XML elements are Azurite's, call by call."""
    ours, theirs = both(sides, do)
    assert [one[:2] for one in ours] == [one[:2] for one in theirs]
    wrong = [
        (number, mine[:3], text)
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True))
        if (text := difference(mine, other))
    ]
    assert ours and not wrong, "\n".join(map(str, wrong))


def difference(mine: Seen, other: Seen) -> str:
    """Return what differs between two answers and is not known to."""
    out = []
    if mine.code != other.code and (mine.code, other.code) not in SAME_CODES:
        out.append(f"code {mine.code}, there {other.code}")
    more, less = mine.headers - other.headers - ONLY_OURS, other.headers - mine.headers - ONLY_THEIRS
    if more or less:
        out.append(f"headers more {sorted(more)}, missing {sorted(less)}")
    if mine.xml != other.xml:
        out.append(f"XML {mine.xml}, there {other.xml}")
    return "; ".join(out)
