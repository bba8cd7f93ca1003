"""The state folder: where it is, that one simulator alone uses it, and what it remembers of the last start."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
from pathlib import Path
from typing import Any, TextIO

from simulator.certificates import write_private


class Refused(Exception):
    """The simulator cannot start; the text is one line that says why and what to do."""


def default_folder() -> Path:
    """Return ``$GROUNDPLAN_HOME/simulator``, or the same under the user's data folder."""
    home = os.environ.get("GROUNDPLAN_HOME")
    if home:
        return Path(home) / "simulator"
    from platformdirs import user_data_dir

    return Path(user_data_dir("groundplan")) / "simulator"


def lock(folder: Path) -> TextIO:
    """Take the folder's lock for the life of this process.

    Raises:
        Refused: another simulator has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / "simulator.lock").open("a+", encoding="utf-8")
    except OSError as wrong:
        raise Refused(f"the state folder {folder} cannot be used: {wrong.strerror}") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        pid = file.read().strip() or "unknown"
        file.close()
        raise Refused(
            f"a simulator is already running on {folder} (pid {pid}); stop it or choose another --state"
        ) from None
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()
    return file


def remembered(folder: Path, port: int | None, seed: int | None) -> dict[str, Any]:
    """Return port, seed and secrets of this folder, made on the first start and kept from then on.

    Raises:
        Refused: another seed than the one that this folder was made with.
    """
    path = folder / "identity.json"
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        kept = {}
    if seed is not None and kept.get("seed", seed) != seed:
        raise Refused(
            f"{folder} was made with --seed {kept['seed']}; leave --seed out or choose another --state"
        )
    made = {
        "seed": seed or 0,
        "client_secret": secrets.token_urlsafe(24),
        "signing_key": secrets.token_hex(32),
    }
    kept = made | kept | ({"port": port} if port else {})
    write_private(path, json.dumps(kept).encode())
    return kept


def listen(folder: Path, kept: dict[str, Any]) -> socket.socket:
    """Bind the port on loopback: the remembered one, or any free one on the first start.

    Raises:
        Refused: the port is in use.  It never moves: clients hold addresses with this port in them.
    """
    port = int(kept.get("port") or 0)
    # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer takes 40 ms more.
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
        sock.listen(1024)
    except (OSError, OverflowError):
        sock.close()
        raise Refused(
            f"port {port} is in use by another program; stop it or choose another with --port"
        ) from None
    sock.setblocking(False)
    kept["port"] = sock.getsockname()[1]
    write_private(folder / "identity.json", json.dumps(kept).encode())
    return sock


def announce(folder: Path, line: dict[str, Any]) -> None:
    """Leave the ready line where web, worker and CLI look for it."""
    write_private(folder / "simulator.json", json.dumps(line).encode())


def withdraw(folder: Path) -> None:
    """Take the ready line away: nobody shall look for a simulator that has stopped."""
    (folder / "simulator.json").unlink(missing_ok=True)
