"""The web process as a user runs it: what it starts, what it leaves, and whom it lets in."""

import base64
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.processes import launch
from services.processes.doors import Doors
from tests.processes.house import Web, clone, until


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose simulator and worker are stand-ins."""
    return clone(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def served(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """A server for tests that only look at it."""
    web = Web(house, tmp_path_factory.mktemp("served") / "home").wait()
    yield web
    web.end(signal.SIGINT)


def background(home: Path) -> dict[str, int]:
    """Return the living simulator and worker of a home."""
    return {shown.name: shown.pid for shown in launch.status() if shown.pid and shown.name != "web"}


def test_ctrl_c_stops_all_three(house: Path, home: Path) -> None:
    """The server says that it is ready once everything is, and leaves nothing behind."""
    web = Web(house, home).wait()
    assert set(background(home)) == {"simulator", "worker-rehearsal"}
    web.end(signal.SIGINT)
    assert background(home) == {}
    assert f"http://127.0.0.1:{web.port}" in web.log.read_text()


def test_ctrl_c_with_an_open_tab_stops_all_three(house: Path, home: Path) -> None:
    """A websocket that its client does not close is no reason to stay."""
    web = Web(house, home).wait()
    with _shake_hands(web, f"127.0.0.1:{web.port}", f"http://127.0.0.1:{web.port}") as tab:
        assert tab.recv(12) == b"HTTP/1.1 101"
        web.end(signal.SIGINT)
    assert background(home) == {}


def test_a_killed_server_finds_its_processes_again(house: Path, home: Path) -> None:
    """After kill -9 simulator and worker go on; the next server adopts them and stops them at its end."""
    first = Web(house, home).wait()
    before = background(home)
    first.end(signal.SIGKILL)
    assert background(home) == before
    second = Web(house, home).wait()
    assert background(home) == before
    second.end(signal.SIGTERM)
    assert background(home) == {}


def test_two_servers_share_one_family(house: Path, home: Path) -> None:
    """Two ports, one home: one simulator, one worker, stopped by whoever goes last."""
    first, second = Web(house, home), Web(house, home)
    first.wait(), second.wait()
    before = background(home)
    assert set(before) == {"simulator", "worker-rehearsal"}
    first.end(signal.SIGINT)
    assert background(home) == before
    second.end(signal.SIGINT)
    assert background(home) == {}


def test_a_port_in_use_starts_nothing(house: Path, home: Path) -> None:
    """It says so, ends with 1, and has started neither simulator nor worker."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        web = Web(house, home, taken.getsockname()[1])
        assert web.process.wait(20) == 1
    assert f"Port {web.port} is not available" in web.log.read_text()
    assert not (home / "logs").exists() and background(home) == {}


def test_a_home_that_cannot_be_used_still_shows_the_page(house: Path, home: Path) -> None:
    """The page comes up to say what is wrong; nothing in the log is a traceback."""
    (home / "file").write_text("")
    web = Web(house, home / "file" / "sub")
    until(lambda: web.ready() != {}, web)
    assert (web.ready()["simulator"], web.ready()["worker"]) == (False, False)
    assert web.get("/")[0] == 200
    web.end(signal.SIGINT)
    assert "Traceback" not in web.log.read_text()


@pytest.mark.parametrize("path", ["/", "/api/ready", "/api/health", "/_stcore/health", "/static/index.html"])
def test_a_foreign_host_gets_nothing(served: Web, path: str) -> None:
    """A page that rebinds its name to 127.0.0.1 is refused on every route; loopback names are served."""
    for host in (
        "evil.example",
        f"evil.example:{served.port}",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "x@127.0.0.1",
        "127.0.0.1/x",
        "127.0.0.1:x",
        "",
    ):
        assert served.get(path, Host=host)[0] == 403, host
    for host in ("127.0.0.1", f"localhost:{served.port}", f"[::1]:{served.port}"):
        assert served.get(path, Host=host)[0] == 200, host


def test_the_websocket_takes_our_own_page_alone(served: Web) -> None:
    """A foreign Host, a foreign Origin and a page on another loopback port are refused at the handshake."""
    own = f"127.0.0.1:{served.port}"
    assert _answer(served, own, f"http://{own}") == "101"
    assert _answer(served, "evil.example", "http://evil.example") == "403"
    assert _answer(served, own, "http://evil.example") == "403"
    assert _answer(served, own, "http://127.0.0.1:1") == "403"
    assert _answer(served, own, "null") == "403"


def test_further_hosts_are_served_when_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """GROUNDPLAN_ALLOWED_HOSTS is for who binds elsewhere on purpose; everybody else stays out."""
    monkeypatch.setenv("GROUNDPLAN_ALLOWED_HOSTS", "plans.example, [fe80::1],")
    doors = Doors(app=None)  # type: ignore[arg-type]
    hosts = ["plans.example:8501", "PLANS.example", "[fe80::1]:8501", "127.0.0.1", "other.example", "example"]
    scopes = [{"type": "http", "method": "GET", "headers": [(b"host", host.encode())]} for host in hosts]
    assert [doors.refusal(scope) is None for scope in scopes] == [True, True, True, True, False, False]


def test_two_homes_live_side_by_side(house: Path, tmp_path: Path) -> None:
    """Each has a family of its own, and stopping one leaves the other."""
    first, second = Web(house, tmp_path / "one"), Web(house, tmp_path / "two")
    first.wait(), second.wait()
    first.end(signal.SIGINT)
    assert second.ready()["simulator"] and second.ready()["worker"]
    second.end(signal.SIGINT)


def test_only_loopback_is_bound(served: Web) -> None:
    """The server listens on 127.0.0.1 and nowhere else."""
    listening = psutil.Process(served.process.pid).net_connections("inet")
    assert {link.laddr.ip for link in listening if link.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def _answer(web: Web, host: str, origin: str) -> str:
    """Return the status of a websocket handshake."""
    with _shake_hands(web, host, origin) as link:
        return link.recv(12).decode().split()[1]


def _shake_hands(web: Web, host: str, origin: str) -> socket.socket:
    """Send the handshake byte by byte ourselves: no client library would lie about its Host."""
    link = socket.create_connection(("127.0.0.1", web.port), timeout=5)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host}",
        f"Origin: {origin}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    link.sendall("\r\n".join([*lines, "", ""]).encode())
    return link
