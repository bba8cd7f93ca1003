"""A container with Azure's own inference server and the user's code: what a conda file gives.

There is no Docker here. In bubblewrap, where it works, the code sees its own files, the environment and the system's
read-only, no network and no process of the machine; elsewhere it is kept apart by folders, a clean set of variables and a
limit of memory, no more, and its log says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from simulator.scoring import bubblewrap, processes
from simulator.scoring.conda import SERVER
from simulator.scoring.container import Container, most_memory
from simulator.scoring.failure import crashed
from simulator.scoring.spec import Spec

HOOKS = Path(__file__).with_name("crew_hooks.py")
#: More workers than this do not run on one machine, however many instances are asked for.
MOST_WORKERS = max(2, os.cpu_count() or 1)
#: Where the container finds the folder of its socket.
INSIDE = "/run/rehearsal"
_APART = "The rehearsal runs this container in bubblewrap: it has no way out to any network, and sees its own files alone."
_OPEN = (
    "The rehearsal runs this container as a process of this machine, with no more than a limit of memory: bubblewrap is not "
    "here, or may not do its work (Debian, Ubuntu: apt-get install bubblewrap)."
)


@dataclass
class InferenceServer(Container):
    """Gunicorn with as many workers as the instances would have; ``socket`` is a folder with its socket.

    ``apart`` is the path of bubblewrap, empty where there is none.
    """

    environment: Path = Path()
    apart: str = ""
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
            self._tell(how)
            self._workers += 1 if how is signal.SIGTTIN else -1
        self.instances = instances

    async def stop(self, patience: float = 1.0) -> None:
        """End it; the server itself waits for requests in flight."""
        if self.apart and self.process is not None and self.alive:
            self._tell(signal.SIGTERM)  # bubblewrap passes nothing on, and takes all with it when it ends
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), patience)
        await super().stop(patience)
        shutil.rmtree(self.socket, ignore_errors=True)

    async def _launch(self) -> Process:
        packages = self.environment.glob("lib/python*/site-packages/azureml_inference_server_http")
        if not any(packages):
            self._complain_of_no_server()
        shutil.rmtree(self.socket, ignore_errors=True)
        self.socket.mkdir(mode=0o700)
        hooks = self.layout.root / "hooks.py"
        shutil.copyfile(HOOKS, hooks)
        self.journal.write("inference", _APART if self.apart else _OPEN)
        command = [str(self.environment / "bin" / "python"), "-m", "gunicorn", "-c", str(hooks)]
        command.append("azureml_inference_server_http.server.entry:app")
        memory = most_memory(self.spec.memory_gb)
        cwd = self.layout.app(self.spec)
        line = [*self._walls(hooks), *command]
        # Nothing of the deployment's variables is set out here: they could change what bubblewrap itself does.
        outside = {"PATH": os.defpath, "GROUNDPLAN_HOME": str(self.layout.home)}
        seen = outside if self.apart else self._variables()
        return await processes.start(line, self.layout.root, seen, cwd, memory)

    def _walls(self, hooks: Path) -> list[str]:
        """Return the words before the command; inside, everything has the same path as outside, but for the socket."""
        if not self.apart:
            return []
        root, layout = self.layout.root / "machine", self.layout
        bubblewrap.begin(root)
        base = Path(os.path.realpath(self.environment / "bin" / "python")).parents[1]
        shown = [self.environment, hooks, *([] if bubblewrap.is_system(str(base)) else [base])]
        kept = [layout.home, layout.scratch, layout.app(self.spec)]
        model = layout.model(self.spec)
        if self.spec.model:
            shown.append(model)
        writable = {str(place): place for place in kept} | {INSIDE: self.socket}
        words = bubblewrap.line(
            self.apart, root, "inference-server", {str(place): place for place in shown}, writable
        )
        words += ["--as-pid-1", "--clearenv", "--chdir", str(layout.app(self.spec))]
        return words + [word for pair in self._variables().items() for word in ("--setenv", *pair)]

    def _tell(self, what: signal.Signals) -> None:
        """Send the server a signal: it is the process itself, or the one below bubblewrap."""
        assert self.process is not None
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            process = psutil.Process(self.process.pid)
            below = process.children() if self.apart else [process]
            for one in below:
                one.send_signal(what)

    def _place(self, target: str) -> tuple[Path, str]:
        return self.socket / "s", target

    def _probes(self) -> list[tuple[Path, str]]:
        """GET / answers 200 once init() is through."""
        return [(self.socket / "s", "/")]

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
            "GROUNDPLAN_SOCKET": f"{INSIDE if self.apart else self.socket}/s",
            "GROUNDPLAN_WORKERS": str(self._workers),
        }


def workers_for(spec: Spec, instances: int) -> int:
    """Return how many workers run for so many instances: WORKER_COUNT for each, as many as the machine bears."""
    given = spec.variables.get("WORKER_COUNT", "1")
    each = int(given) if given.isdigit() and int(given) > 0 else 1
    return min(each * instances, MOST_WORKERS)
