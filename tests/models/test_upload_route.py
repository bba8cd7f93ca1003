"""The upload route over a real socket: what it takes, how it goes on after a break, and whom it does not let in."""

import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from benchmarks.house import free_port
from benchmarks.tus import Answer, Client
from services.models import files, upload_route, upload_tickets, uploads
from services.models.uploads import Upload
from services.processes.doors import Doors


class Door(uvicorn.Server):
    """The route behind the doors, served by a thread; `arrived` is what it was told."""

    def __init__(self) -> None:
        self.arrived: list[Upload] = []
        self.port = free_port()
        app = Starlette(routes=upload_route.routes(self.arrived.append), middleware=[Middleware(Doors)])
        super().__init__(uvicorn.Config(app, port=self.port, log_level="critical"))
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Say when it listens."""
        await super().startup(sockets)
        self.up.set()

    def client(self, project: str = "churn") -> Client:
        """A page of a project with a good ticket."""
        return Client(self.port, upload_tickets.give(project, "tab"))


@pytest.fixture(scope="module")
def served() -> Iterator[Door]:
    """One server for this file: it looks up its home at every request."""
    server = Door()
    thread = threading.Thread(target=server.run)
    thread.start()
    assert server.up.wait(20)
    yield server
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def door(served: Door, home: Path) -> Door:
    """The route of a fresh installation."""
    served.arrived.clear()
    return served


def place(begun: Answer) -> str:
    """Where an announced upload lies."""
    assert begun.status == 201, begun.body
    return begun.headers["location"]


def rule(answer: Answer) -> str:
    """Why a request was refused; the message is a sentence."""
    error = json.loads(answer.body)["error"]
    assert error["message"].endswith("."), error
    return str(error["rule"])


def left(home: Path) -> list[str]:
    """Every file that uploads have left."""
    folders = (home / "models" / "files", home / "models" / "uploads")
    return sorted(path.name for folder in folders for path in folder.rglob("*") if path.is_file())


def test_a_file_comes_in_chunks_and_is_stored_by_its_content(door: Door, home: Path) -> None:
    """The store holds exactly its bytes, readable by the owner alone, and whoever waits is told once."""
    data, client = os.urandom(3_000_001), door.client()
    where = place(client.begin("model.onnx", len(data)))
    assert client.append(where, 0, data[:2_000_000]).offset == 2_000_000
    assert client.ask("HEAD", where).offset == 2_000_000
    end = client.append(where, 2_000_000, data[2_000_000:])
    digest = hashlib.sha256(data).hexdigest()
    assert (end.status, end.headers["upload-sha256"]) == (204, digest)
    assert files.path_of(digest).read_bytes() == data
    assert files.path_of(digest).stat().st_mode & 0o777 == 0o400
    assert [(one.name, one.project_id, one.sha256) for one in door.arrived] == [
        ("model.onnx", "churn", digest)
    ]
    assert left(home) == sorted(["about.json", digest])


def test_a_dropped_connection_loses_nothing_that_had_come(door: Door) -> None:
    """The same file announced again stands where the broken request left it, and ends with the right hash."""
    data = os.urandom(5_000_000)
    where = place(door.client().begin("m.pkl", len(data)))
    _broken(door, where, data[:3_000_000], announced=len(data))
    again = door.client().begin("m.pkl", len(data))
    assert place(again) == where and again.offset == 3_000_000
    end = door.client().append(where, again.offset, data[again.offset :])
    assert end.headers["upload-sha256"] == hashlib.sha256(data).hexdigest()


def test_a_new_process_reads_the_rest_of_the_hash_from_the_disk(door: Door) -> None:
    """What another process has written before is hashed, too."""
    data = os.urandom(300_000)
    where = place(door.client().begin("m.pkl", len(data)))
    uploads.part_of(where.rpartition("/")[2]).write_bytes(data[:100_000])
    end = door.client().append(where, 100_000, data[100_000:])
    assert end.headers["upload-sha256"] == hashlib.sha256(data).hexdigest()


def test_an_upload_killed_before_its_end_was_noted_ends_with_an_empty_chunk(door: Door) -> None:
    """All bytes are there and no hash: sending nothing at the end finishes it."""
    where = place(door.client().begin("m.pkl", 5))
    uploads.part_of(where.rpartition("/")[2]).write_bytes(b"whole")
    assert door.client().ask("HEAD", where).headers.get("upload-sha256") is None
    assert (
        door.client().append(where, 5, b"").headers["upload-sha256"] == hashlib.sha256(b"whole").hexdigest()
    )


def test_a_wrong_offset_is_told_the_right_one(door: Door) -> None:
    """409, and nothing was written."""
    where = place(door.client().begin("m.pkl", 10))
    assert door.client().append(where, 0, b"12345").offset == 5
    for offset in (0, 4, 6, 10):
        answer = door.client().append(where, offset, b"x")
        assert (answer.status, answer.offset, rule(answer)) == (409, 5, "offset")


def test_more_than_was_announced_is_refused(door: Door) -> None:
    """The upload stays as it was."""
    where = place(door.client().begin("m.pkl", 10))
    answer = door.client().append(where, 0, bytes(11))
    assert (answer.status, rule(answer)) == (413, "size")
    assert door.client().ask("HEAD", where).offset == 0


@pytest.mark.parametrize(
    ("size", "status", "why"),
    [("0", 400, "empty"), (str(uploads.LARGEST + 1), 413, "too_large"), ("-1", 400, "header"), ("1e3", 400, "header"),
     ("", 400, "header"), ("9" * 40, 400, "header")],
)  # fmt: skip
def test_a_size_that_cannot_be_is_refused_before_a_byte_comes(
    door: Door, home: Path, size: str, status: int, why: str
) -> None:
    """Empty, too large, no number."""
    answer = door.client().begin("m.pkl", 1, Upload_Length=size)
    assert (answer.status, rule(answer)) == (status, why)
    assert not (home / "models" / "uploads").exists() or left(home) == []


def test_a_disk_without_room_is_said_before_a_byte_comes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how much is lacking and what to do."""
    full = type("Usage", (), {"free": 100 << 20})
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: full)
    answer = door.client().begin("m.pkl", 2 * 10**9)
    assert (answer.status, rule(answer)) == (507, "disk_full")
    assert "takes 2 GB" in answer.body.decode() and "GROUNDPLAN_HOME" in answer.body.decode()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\models\\passwd", "..\\passwd", "a/../passwd"]
)
def test_a_path_is_only_the_name_at_its_end(door: Door, home: Path, name: str) -> None:
    """It is shown, and nothing is ever written under it."""
    place(door.client().begin(name, 10))
    assert [one.name for one in uploads.unfinished("churn")] == ["passwd"]
    assert left(home) == ["about.json", "part"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/", "a\0.pkl", "a\n.pkl", "gpj.\u202elkp", "\u2066a", "\x7f", "n" * 256, "ü" * 128],
)
def test_a_name_that_deceives_is_refused(door: Door, name: str) -> None:
    """Nothing left, control characters, turned direction, too long."""
    answer = door.client().begin(name, 10)
    assert (answer.status, rule(answer)) == (400, "name")


def test_names_in_any_script_are_welcome(door: Door) -> None:
    """And one name spelt in two ways of Unicode is one upload."""
    for name in ("modèle ✓.onnx", "mode\u0300le ✓.onnx", "модель.pkl", "نموذج.pkl", "👩‍🔬.pkl", "n" * 255):
        place(door.client().begin(name, 10))
    assert len(uploads.unfinished("churn")) == 5


def test_only_our_own_origin_may_write(door: Door, home: Path) -> None:
    """Absent, foreign, another port, null: refused, whatever the ticket says."""
    where = place(door.client().begin("m.pkl", 10))
    for origin in (
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1:1",
        f"http://127.0.0.1:{door.port}.evil.example",
    ):
        for answer in (
            door.client().begin("n.pkl", 10, Origin=origin),
            door.client().append(where, 0, b"x", Origin=origin),
            door.client().ask("DELETE", where, Origin=origin),
        ):
            assert answer.status == 403, origin
    assert door.client().ask("HEAD", where, Origin="http://evil.example").status == 403
    assert door.client().ask("HEAD", where, Origin=None).offset == 0


def test_a_rebound_name_is_stopped_at_the_door(door: Door) -> None:
    """Host and Origin agree, and are still not ours."""
    evil = f"evil.example:{door.port}"
    assert door.client().begin("m.pkl", 10, Host=evil, Origin=f"http://{evil}").status == 403


@pytest.mark.parametrize(
    "spoil",
    [
        "",
        "x",
        "x.1.tab.churn",
        "{seal}.99999999999.tab.churn",
        "{seal}.{until}.other.churn",
        "{seal}.{until}.tab.other",
        "{seal}.{until}.tab.chürn",
    ],
)
def test_a_forged_ticket_opens_nothing(door: Door, spoil: str) -> None:
    """Neither a longer life nor another tab or project can be written into one."""
    seal, until, *_ = upload_tickets.give("churn", "tab").split(".")
    client = Client(door.port, spoil.format(seal=seal, until=until).encode().decode("latin-1"))
    answer = client.begin("m.pkl", 10)
    assert (answer.status, rule(answer)) == (403, "ticket")


def test_an_old_ticket_is_told_from_a_false_one(door: Door) -> None:
    """So that the page knows to ask for a fresh one."""
    ticket = upload_tickets.give("churn", "tab", now=0)
    answer = Client(door.port, ticket).begin("m.pkl", 10)
    assert (answer.status, rule(answer)) == (403, "ticket_expired")


def test_a_ticket_of_another_project_sees_no_upload_of_this_one(door: Door) -> None:
    """Reading, writing and removing are answered as if there were none."""
    where = place(door.client().begin("m.pkl", 10))
    stranger = door.client("other")
    assert stranger.append(where, 0, b"x").status == 404
    assert stranger.ask("HEAD", where).status == 404
    assert stranger.ask("DELETE", where).status == 404
    assert place(stranger.begin("m.pkl", 10)) != where
    assert door.client().ask("HEAD", where).offset == 0


def test_a_ticket_of_another_installation_opens_nothing(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """The secret is each home's own, and readable by its owner alone."""
    monkeypatch.setenv("GROUNDPLAN_HOME", str(tmp_path / "elsewhere"))
    ticket = upload_tickets.give("churn", "tab")
    monkeypatch.setenv("GROUNDPLAN_HOME", str(home))
    assert Client(door.port, ticket).begin("m.pkl", 10).status == 403
    assert (home / "models" / "ticket.key").stat().st_mode & 0o777 == 0o600


def test_cancelling_leaves_nothing(door: Door, home: Path) -> None:
    """Not a byte, and what is asked afterwards is told that it is gone."""
    where = place(door.client().begin("m.pkl", 10))
    door.client().append(where, 0, b"12345")
    assert door.client().ask("DELETE", where).status == 204
    assert left(home) == []
    assert door.client().append(where, 5, b"67890").status == 404


def test_a_file_begun_anew_after_cancelling_is_hashed_anew(door: Door) -> None:
    """Nothing of the cancelled bytes is in the hash."""
    where = place(door.client().begin("m.pkl", 10))
    door.client().append(where, 0, b"12345")
    door.client().ask("DELETE", where)
    place(door.client().begin("m.pkl", 10))
    end = door.client().append(where, 0, b"abcdefghij")
    assert end.headers["upload-sha256"] == hashlib.sha256(b"abcdefghij").hexdigest()


def test_two_tabs_with_the_same_file_make_one_upload(door: Door, home: Path) -> None:
    """While one sends, the other is told to wait; the file is whole and stored once."""
    data = os.urandom(2_000_000)
    where = place(door.client().begin("m.pkl", len(data)))
    first = _open_request(door, where, data[:1_500_000], announced=len(data))
    while not (come := door.client().ask("HEAD", where).offset):
        pass
    busy = door.client().append(where, come, data[come:])
    assert (busy.status, rule(busy)) == (423, "busy")
    first.sendall(data[1_500_000:])
    assert b"204" in first.recv(64)
    first.close()
    digest = hashlib.sha256(data).hexdigest()
    assert door.client().begin("m.pkl", len(data)).headers["upload-sha256"] == digest
    assert left(home) == sorted(["about.json", digest])


def test_the_same_content_is_stored_once(door: Door, home: Path) -> None:
    """Under two names and in two projects."""
    for project, name in (("one", "a.pkl"), ("one", "b.pkl"), ("two", "a.pkl")):
        client = door.client(project)
        client.append(place(client.begin(name, 4)), 0, b"same")
    assert files.used_bytes() == 4
    assert len(door.arrived) == 3


def test_several_uploads_go_on_side_by_side(door: Door) -> None:
    """Chunks of four files in turn, each with its own hash; the server answers others meanwhile."""
    data = {name: os.urandom(1_500_000) for name in ("a", "b", "c", "d")}
    client = door.client()
    where = {name: place(client.begin(name, len(text))) for name, text in data.items()}
    ends = {}
    for start in range(0, 1_500_000, 500_000):
        for name, text in data.items():
            ends[name] = client.append(where[name], start, text[start : start + 500_000])
    found = {name: end.headers["upload-sha256"] for name, end in ends.items()}
    assert found == {name: hashlib.sha256(text).hexdigest() for name, text in data.items()}


def test_what_nobody_continues_is_removed_after_seven_days(door: Door, home: Path) -> None:
    """And not a day earlier."""
    where = place(door.client().begin("old.pkl", 10))
    part = uploads.part_of(where.rpartition("/")[2])
    before = part.stat().st_mtime
    uploads.sweep(now=before + uploads.KEPT_S - 60)
    assert len(uploads.unfinished("churn")) == 1
    uploads.sweep(now=before + uploads.KEPT_S + 60)
    assert left(home) == []


def test_a_stranger_to_the_protocol_is_told(door: Door) -> None:
    """Without its version, with another media type, with metadata that is none, at an ID that is a path."""
    where = place(door.client().begin("m.pkl", 10))
    assert door.client().ask("HEAD", where, Tus_Resumable=None).status == 412
    assert door.client().append(where, 0, b"x", Content_Type="text/plain").status == 415
    assert door.client().begin("m", 1, Upload_Metadata="filename %%%").status == 400
    assert door.client().ask("HEAD", "/api/uploads/..%2f..%2fmodels").status == 404
    assert door.client().ask("OPTIONS", "/api/uploads").headers["tus-max-size"] == str(uploads.LARGEST)


def test_a_sender_that_falls_silent_gives_its_place_back(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is open and dead holds nobody up for long."""
    monkeypatch.setattr(upload_route, "SILENCE_S", 0.2)
    where = place(door.client().begin("m.pkl", 10))
    dead = _open_request(door, where, b"12345", announced=10)
    assert b"408" in dead.recv(64)
    assert door.client().append(where, 5, b"67890").status == 204


def test_a_file_copied_into_the_store_is_checked_like_an_upload(home: Path, tmp_path: Path) -> None:
    """Samples come this way: same place, same rights, and nothing is left of a copy that fails."""
    (tmp_path / "sample.onnx").write_bytes(b"sample")
    stored = files.keep(tmp_path / "sample.onnx")
    assert (stored.sha256, stored.size) == (hashlib.sha256(b"sample").hexdigest(), 6)
    assert files.keep(tmp_path / "sample.onnx") == stored
    with pytest.raises(files.FileNotKept):
        files.keep(tmp_path / "none.onnx")
    assert left(home) == [stored.sha256]
    files.forget(stored.sha256)
    with pytest.raises(files.FileMissing, match="Bring it again"):
        files.path_of(stored.sha256)


def _open_request(door: Door, where: str, data: bytes, announced: int) -> socket.socket:
    """Send the head of a PATCH and the first of its bytes, and keep it open."""
    link = socket.create_connection(("127.0.0.1", door.port), timeout=20)
    client = door.client()
    head = [
        f"PATCH {where} HTTP/1.1", f"Host: 127.0.0.1:{door.port}", f"Origin: http://127.0.0.1:{door.port}",
        "Tus-Resumable: 1.0.0", f"X-Upload-Ticket: {client.ticket}", "Upload-Offset: 0",
        "Content-Type: application/offset+octet-stream", f"Content-Length: {announced}",
    ]  # fmt: skip
    link.sendall("\r\n".join([*head, "", ""]).encode() + data)
    return link


def _broken(door: Door, where: str, data: bytes, announced: int) -> None:
    """Break a connection in the middle of a chunk, and return when the server has let go of it."""
    link = _open_request(door, where, data, announced)
    link.shutdown(socket.SHUT_WR)
    while link.recv(4096):
        pass
    link.close()
    while door.client().append(where, 0, b"").status == 423:
        pass
