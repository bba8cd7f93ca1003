"""A container with a server of its own, in bubblewrap: its own files, its own ports, this machine's R.

Inside, a relay stands between its ports and the sockets that the simulator asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from asyncio.subprocess import Process
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.scoring import bubblewrap, processes, wire
from simulator.scoring.container import Container, most_memory
from simulator.scoring.r_image import Image
from simulator.scoring.routes import Route, Routes

RELAY = Path(__file__).with_name("relay.py")
#: Where the relay finds its own things in the container.
INSIDE = "/run/rehearsal"
_APP = "/var/azureml-app"


@dataclass
class Box(Container):
    """A container of R; ``socket`` is a folder with one socket for each port."""

    image: Image = field(kw_only=True)
    routes: Routes = field(kw_only=True)
    _inside: int = 0  # requests that it is at
    _quiet: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def complete(self) -> bool:
        """One container serves however many instances; it is complete once it answers."""
        return True

    def scale(self, instances: int) -> None:
        """Go on as before: R answers one request after the other, and the log says so."""
        if instances != self.instances:
            self.instances = instances
            self._tell_of_instances()

    async def ask(
        self, method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> wire.Found:
        """Hand a request on, and know of it until it is answered."""
        self._inside += 1
        self._quiet.clear()
        try:
            return await super().ask(method, target, headers, body)
        finally:
            self._inside -= 1
            if not self._inside:
                self._quiet.set()

    async def stop(self, patience: float = 1.0) -> None:
        """End it: R knows no gentle way, so requests in flight are waited for here."""
        if self._inside and self.alive:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), patience)
        await super().stop()
        shutil.rmtree(self.socket, ignore_errors=True)

    async def _launch(self) -> Process:
        shutil.rmtree(self.socket, ignore_errors=True)
        self.socket.mkdir(mode=0o700)
        own = self.layout.root / "relay"
        own.mkdir()
        shutil.copyfile(RELAY, own / "relay.py")
        plan = own / "plan.json"
        plan.touch(mode=0o600)
        plan.write_text(json.dumps(self._plan()), "utf-8")
        self._tell_of_instances()
        self.journal.write(
            "inference",
            f"The rehearsal runs this container with R {self.image.machine.version} of this machine in place of "
            f"{self.image.base}, and gives it no way out to any network.",
        )
        # Nothing of the deployment's variables is set out here: they could change what bubblewrap itself does.
        outside = {"PATH": os.defpath, "LANG": "C.UTF-8", "GROUNDPLAN_HOME": str(self.layout.home)}
        memory = most_memory(self.spec.memory_gb)
        return await processes.start(self._line(own), self.layout.root, outside, self.layout.root, memory)

    def _line(self, own: Path) -> list[str]:
        python = Path(os.path.realpath(sys.executable))
        readable = {**self.image.machine.mounts, INSIDE: own}
        if not bubblewrap.is_system(str(python)):
            readable[str(python.parents[1])] = python.parents[1]
        readable[self._model()] = self.layout.model(self.spec)
        readable[self._code()] = self.layout.app(self.spec)
        writable = {f"{INSIDE}-sockets": self.socket}
        program = self.image.machine.bubblewrap
        words = bubblewrap.line(program, self.image.root, "inference-server", readable, writable)
        return [*words, str(python), "-I", "-S", f"{INSIDE}/relay.py", f"{INSIDE}/plan.json"]

    def _plan(self) -> dict[str, object]:
        ports = {port: f"{INSIDE}-sockets/{port}" for port in self.routes.ports}
        return {
            "ports": ports,
            "command": self.image.command,
            "folder": self.image.folder,
            "variables": self._variables(),
        }

    def _variables(self) -> dict[str, str]:
        """Return what the container sees: the image's, the deployment's over them, and its own places."""
        script = {"AZUREML_ENTRY_SCRIPT": self.spec.script} if self.spec.script else {}
        return {
            **self.image.variables,
            **self.spec.variables,
            **script,
            "AML_APP_ROOT": self._code(),
            "AZUREML_MODEL_DIR": self._model() if self.spec.model else "",
            "GROUNDPLAN_HOME": str(
                self.layout.home
            ),  # whoever looks for what we have started finds it by this
        }

    def _model(self) -> str:
        """Where the container finds its model: below modelMountPath, or at Azure's own place."""
        place = self.layout.model(self.spec).relative_to(self.layout.root)
        return f"/{place}" if self.spec.mount_path else f"/var/{place}"

    def _code(self) -> str:
        return f"{_APP}/{self.layout.app(self.spec).name}"

    def _place(self, target: str) -> tuple[Path, str]:
        """Return where a request goes: /score to the scoring route, anything else to its own path there."""
        path, mark, query = target.partition("?")
        scoring = self.routes.scoring
        return self.socket / str(scoring.port), (scoring.path if path == "/score" else path) + mark + query

    def _probes(self) -> list[tuple[Path, str]]:
        return [self._probe(route) for route in (self.routes.liveness, self.routes.readiness)]

    def _probe(self, route: Route) -> tuple[Path, str]:
        return self.socket / str(route.port), route.path

    def _tell_of_instances(self) -> None:
        if self.instances > 1:
            told = f"{self.instances} instances: the rehearsal serves them from one container, one request at a time"
            self.journal.event("Scaled", told)
