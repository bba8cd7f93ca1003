"""Start and stop: one process, one port on loopback, one state folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator import certificates, home, providers, scenario, seed
from simulator.app import Simulator
from simulator.blobs import store
from simulator.home import Refused
from simulator.scoring.fleet import Fleet
from simulator.state import State
from simulator.world import World

_TRANSPORTS: dict[Any, asyncio.BaseTransport] = {}

#: Seconds that a request in flight still has when the simulator is told to stop.
GRACE = 0.4

assert providers  # importing them is what registers the types


def serve(
    folder: Path, port: int | None, pace: float, seed_number: int | None, play: str | None = None
) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        Refused: with the one line that says why it cannot start.
    """
    os.umask(0o077)  # what lies in the state is for its owner alone
    with home.lock(folder):
        kept = home.remembered(folder, port, seed_number)
        sock = home.listen(folder, kept)
        certs = certificates.prepare(folder)
        world = _open(folder, kept, pace, play)
        line = world.ready_line(certs.bundle, os.getpid())
        try:
            asyncio.run(_run(world, certs, line, sock))
        finally:
            home.withdraw(folder)
            world.state.close()


async def _run(
    world: World, certs: certificates.Certificates, line: dict[str, Any], sock: socket.socket
) -> None:
    async with Fleet(world) as fleet:
        await _Server(_config(world, fleet, certs), world.folder, line).serve(sockets=[sock])


def _open(folder: Path, kept: dict[str, Any], pace: float, play: str | None) -> World:
    try:
        state = State(folder / "state.sqlite")
        endpoint = f"https://127.0.0.1:{kept['port']}"
        key = bytes.fromhex(kept["signing_key"])
        world = World(state, folder, endpoint, kept["port"], pace, kept["seed"], kept["client_secret"], key)
        store.prepare(world)
        with state.transaction():
            if not state.note("program", "planted"):
                seed.plant(world)
                state.set_note("program", "planted", True)
            if play and state.note("program", "scenario") != play:
                scenario.apply(world, play)
    except sqlite3.Error as wrong:
        raise Refused(
            f"the state in {folder} cannot be used: {wrong}; move the folder away to begin anew"
        ) from None
    return world


def _config(world: World, fleet: Fleet, certs: certificates.Certificates) -> uvicorn.Config:
    config = uvicorn.Config(
        Simulator(world, fleet, _cut),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE,  # type: ignore[arg-type] # a float does as well
    )
    config.load()
    config.ssl = certs.context()
    return config


class _Server(uvicorn.Server):
    """A server that says when it is ready, and stops at a signal without being killed by it."""

    def __init__(self, config: uvicorn.Config, folder: Path, line: dict[str, Any]) -> None:
        super().__init__(config)
        self._folder, self._line = folder, line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        home.announce(self._folder, self._line)
        print(json.dumps(self._line), flush=True)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.should_exit = True


class _Protocol(H11Protocol):
    """Remembers each client's connection, so that a fault can cut it without an answer."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        _TRANSPORTS[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _TRANSPORTS.pop(self.client, None)
        super().connection_lost(exc)


def _cut(client: Any) -> None:
    transport = _TRANSPORTS.get(tuple(client) if client else None)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


def complain(refused: Refused) -> None:
    """Say on stderr, in one line, why there is no simulator."""
    print(f"simulator: {refused}", file=sys.stderr, flush=True)
