"""One container, of whichever kind: a process group of its own, a log, probes, and a place where requests go.

Kinds: ``inference_server.py`` is Azure's own server with the user's code, ``box.py`` one with a server of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from abc import ABC, abstractmethod
from asyncio.subprocess import Process
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.scoring import processes, wire
from simulator.scoring.failure import crashed
from simulator.scoring.files import Layout
from simulator.scoring.logs import Journal, age
from simulator.scoring.spec import Spec

PROBE = 2.0  # seconds


@dataclass
class Container(ABC):
    """A running container, or one that is about to run."""

    spec: Spec
    layout: Layout
    socket: Path
    journal: Journal
    instances: int = 1
    process: Process | None = None
    since: float = field(default_factory=time.monotonic)
    _reader: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.returncode is None

    async def start(self, budget: float) -> None:
        """Start, and wait until it answers its probes.

        Raises:
            Failure: it ended before, or ``budget`` seconds were not enough.
        """
        self.since = time.monotonic()
        self.journal.event("Created", "Created container inference-server")
        self.process = await self._launch()
        self.journal.event("Started", "Started container inference-server")
        self._reader = asyncio.create_task(self._read())
        await self._become_ready(budget)
        self.journal.event("ContainerReady", f"Container is ready after {age(self.since)}")

    async def ask(
        self, method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> wire.Found:
        """Hand a request of the scoring URI on; ``target`` begins with what stands behind the endpoint's address.

        Raises:
            OSError: nobody listens, or the connection broke.
        """
        socket, place = self._place(target)
        return await wire.exchange(socket, method, place, headers, body)

    @property
    @abstractmethod
    def complete(self) -> bool:
        """Tell whether all that is to run for so many instances is through its start."""

    @abstractmethod
    def scale(self, instances: int) -> None:
        """Serve as so many instances from now on, with no new container."""

    async def healthy(self) -> bool:
        """Probe the container."""
        try:
            async with asyncio.timeout(PROBE):
                found = [await wire.exchange(socket, "GET", target) for socket, target in self._probes()]
                return all(200 <= one.status < 400 for one in found)
        except OSError:  # a timeout is one too
            return False

    async def stop(self, patience: float = 1.0) -> None:
        """End the container and what it has started; requests in flight have ``patience`` seconds."""
        if self.process is not None:
            await processes.stop(self.process, patience)
        if self._reader is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reader, 1.0)
        (self.layout.root / processes.RECORD).unlink(missing_ok=True)

    @abstractmethod
    async def _launch(self) -> Process:
        """Start the process."""

    @abstractmethod
    def _place(self, target: str) -> tuple[Path, str]:
        """Return the socket and the path that a request of the scoring URI goes to."""

    @abstractmethod
    def _probes(self) -> list[tuple[Path, str]]:
        """Return the sockets and paths that answer once the container is ready."""

    async def _become_ready(self, budget: float) -> None:
        assert self.process is not None
        until, pause = time.monotonic() + budget, 0.05
        while self.process.returncode is None and time.monotonic() < until:
            if self.complete and await self.healthy():
                return
            await asyncio.sleep(pause)
            pause = min(pause * 1.3, 1.0)
        why = "Liveness probe failed: HTTP probe failed with statuscode: 502"
        self.journal.event("LivenessProbeFailed", why, "Warning")
        self.journal.event("ReadinessProbeFailed", why.replace("Liveness", "Readiness"), "Warning")
        raise crashed(why)

    async def _read(self) -> None:
        """Take what the container prints into its log, until it ends."""
        assert self.process is not None and self.process.stdout is not None
        rest = b""
        while chunk := await self.process.stdout.read(1 << 16):
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            if len(rest) > 1 << 16:
                whole, rest = whole + rest, b""
            if whole:
                self.journal.write("inference", whole.decode("utf-8", "replace"))
        if rest:
            self.journal.write("inference", rest.decode("utf-8", "replace"))


def most_memory(gigabytes: float) -> int:
    """Return the bytes that a process of an instance may map: the instance's memory, or the machine's if less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(int(gigabytes * 2**30), machine)
