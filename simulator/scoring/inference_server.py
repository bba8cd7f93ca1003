"""A container with Azure's own inference server and the user's code: what a conda file gives.

There is no Docker here: what a container keeps apart on Azure is kept apart by folders, an environment of its own,
a clean set of variables and a limit of memory, no more.
"""

from __future__ import annotations

import contextlib
import os
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path

from simulator.scoring import processes
from simulator.scoring.conda import SERVER
from simulator.scoring.container import Container, most_memory
from simulator.scoring.failure import crashed
from simulator.scoring.spec import Spec

HOOKS = Path(__file__).with_name("crew_hooks.py")
#: More workers than this do not run on one machine, however many instances are asked for.
MOST_WORKERS = max(2, os.cpu_count() or 1)


@dataclass
class InferenceServer(Container):
    """Gunicorn with as many workers as the instances would have."""

    environment: Path = Path()
    _workers: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the workers of the instances."""
        self._workers = workers_for(self.spec, self.instances)

    @property
    def complete(self) -> bool:
        """Tell whether every worker is through its init()."""
        return sum(1 for _ in self.layout.scratch.glob(".ready-*")) >= self._workers

    def scale(self, instances: int) -> None:
        """Let more or fewer workers run; the server takes them on and off one at a time."""
        workers = workers_for(self.spec, instances)
        how = signal.SIGTTIN if workers > self._workers else signal.SIGTTOU
        while self._workers != workers and self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(how)
            self._workers += 1 if how is signal.SIGTTIN else -1
        self.instances = instances

    async def stop(self, patience: float = 1.0) -> None:
        """End it; the server itself waits for requests in flight."""
        await super().stop(patience)
        self.socket.unlink(missing_ok=True)

    async def _launch(self) -> Process:
        packages = self.environment.glob("lib/python*/site-packages/azureml_inference_server_http")
        if not any(packages):
            self._complain_of_no_server()
        self.socket.unlink(missing_ok=True)
        command = [str(self.environment / "bin" / "python"), "-m", "gunicorn", "-c", str(HOOKS)]
        command.append("azureml_inference_server_http.server.entry:app")
        memory = most_memory(self.spec.memory_gb)
        cwd = self.layout.app(self.spec)
        return await processes.start(command, self.layout.root, self._variables(), cwd, memory)

    def _place(self, target: str) -> tuple[Path, str]:
        return self.socket, target

    def _probes(self) -> list[tuple[Path, str]]:
        """GET / answers 200 once init() is through."""
        return [(self.socket, "/")]

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
            "GROUNDPLAN_WORKERS": str(self._workers),
        }


def workers_for(spec: Spec, instances: int) -> int:
    """Return how many workers run for so many instances: WORKER_COUNT for each, as many as the machine bears."""
    given = spec.variables.get("WORKER_COUNT", "1")
    each = int(given) if given.isdigit() and int(given) > 0 else 1
    return min(each * instances, MOST_WORKERS)
