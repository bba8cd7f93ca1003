"""One container: Azure's own inference server with the user's code and model, in a process group of its own.

There is no Docker here: what a container keeps apart on Azure is kept apart by folders, an environment of its own,
a clean set of variables and a limit of memory, no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path

from simulator.scoring import processes, wire
from simulator.scoring.conda import SERVER
from simulator.scoring.failure import crashed
from simulator.scoring.files import Layout
from simulator.scoring.logs import Journal, age
from simulator.scoring.spec import Spec

HOOKS = Path(__file__).with_name("crew_hooks.py")
PROBE = 2.0  # seconds
#: More workers than this do not run on one machine, however many instances are asked for.
MOST_WORKERS = max(2, os.cpu_count() or 1)


@dataclass
class Container:
    """A running container, or one that is about to run."""

    spec: Spec
    layout: Layout
    environment: Path
    socket: Path
    journal: Journal
    workers: int = 1
    process: Process | None = None
    since: float = field(default_factory=time.monotonic)
    _reader: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.returncode is None

    async def start(self, budget: float) -> None:
        """Start, and wait until it answers its probe.

        Raises:
            Failure: it ended before, or ``budget`` seconds were not enough.
        """
        packages = self.environment.glob("lib/python*/site-packages/azureml_inference_server_http")
        if not any(packages):
            self._complain_of_no_server()
        self.socket.unlink(missing_ok=True)
        self.since = time.monotonic()
        command = [str(self.environment / "bin" / "python"), "-m", "gunicorn", "-c", str(HOOKS)]
        command.append("azureml_inference_server_http.server.entry:app")
        self.journal.event("Created", "Created container inference-server")
        memory = most_memory(self.spec.memory_gb)
        cwd = self.layout.app(self.spec)
        self.process = await processes.start(command, self.layout.root, self._variables(), cwd, memory)
        self.journal.event("Started", "Started container inference-server")
        self._reader = asyncio.create_task(self._read())
        await self._become_ready(budget)
        self.journal.event("ContainerReady", f"Container is ready after {age(self.since)}")

    def scale(self, workers: int) -> None:
        """Let more or fewer workers run; the server takes them on and off one at a time."""
        how = signal.SIGTTIN if workers > self.workers else signal.SIGTTOU
        while self.workers != workers and self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(how)
            self.workers += 1 if how is signal.SIGTTIN else -1

    @property
    def ready_workers(self) -> int:
        """How many workers are through their init()."""
        return sum(1 for _ in self.layout.scratch.glob(".ready-*"))

    async def healthy(self) -> bool:
        """Probe the container: GET / answers 200 once init() is through."""
        try:
            async with asyncio.timeout(PROBE):
                return (await wire.exchange(self.socket, "GET", "/")).status == 200
        except OSError:  # a timeout is one too
            return False

    async def stop(self, patience: float = 1.0) -> None:
        """End the container and what it has started; requests in flight have ``patience`` seconds."""
        if self.process is not None:
            await processes.stop(self.process, patience)
        if self._reader is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reader, 1.0)
        self.socket.unlink(missing_ok=True)
        (self.layout.root / processes.RECORD).unlink(missing_ok=True)

    async def _become_ready(self, budget: float) -> None:
        assert self.process is not None
        until, pause = time.monotonic() + budget, 0.05
        while self.process.returncode is None and time.monotonic() < until:
            if self.ready_workers >= self.workers and await self.healthy():
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

    def _complain_of_no_server(self) -> None:
        self.journal.write(
            "inference",
            f"WARNING: Package(s) not found: {SERVER}\nA required package {SERVER} is missing. "
            f"Please install {SERVER} before trying again.",
        )
        why = "Liveness probe failed: HTTP probe failed with statuscode: 502"
        self.journal.event("LivenessProbeFailed", why, "Warning")
        raise crashed(why)

    def _variables(self) -> dict[str, str]:
        """Return all that the container sees of the world: nothing of ours, what the deployment says, its own places."""
        model = str(self.layout.model(self.spec)) if self.spec.model else ""
        script = {"AZUREML_ENTRY_SCRIPT": self.spec.script} if self.spec.script else {}
        return {
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **self.spec.variables,
            **script,
            "PATH": f"{self.environment / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.layout.home),
            "TMPDIR": str(self.layout.scratch),
            # Whoever looks for what we have started finds it by this, and no model reaches our own folder by it.
            "GROUNDPLAN_HOME": str(self.layout.home),
            "AML_APP_ROOT": str(self.layout.app(self.spec)),
            "AZUREML_MODEL_DIR": model,
            "GROUNDPLAN_SOCKET": str(self.socket),
            "GROUNDPLAN_WORKERS": str(self.workers),
        }


def most_memory(gigabytes: float) -> int:
    """Return the bytes that a process of an instance may map: the instance's memory, or the machine's if less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(int(gigabytes * 2**30), machine)


def workers_for(spec: Spec, instances: int) -> int:
    """Return how many workers run for so many instances: WORKER_COUNT for each, as many as the machine bears."""
    given = spec.variables.get("WORKER_COUNT", "1")
    each = int(given) if given.isdigit() and int(given) > 0 else 1
    return min(each * instances, MOST_WORKERS)
