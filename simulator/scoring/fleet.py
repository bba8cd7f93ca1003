"""All containers of the rehearsal: a task that looks at the state and makes the machine be like it.

Nothing tells it what to start or stop; whatever changes the state may only wake it up.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from simulator import operations
from simulator.errors import ArmError
from simulator.scoring import autoscale, meters, processes
from simulator.scoring.crew import Crew
from simulator.scoring.environments import Environments
from simulator.scoring.failure import Failure
from simulator.scoring.spec import write_spec
from simulator.scoring.wanted import Wanted, wanted
from simulator.world import World

#: Seconds between two looks when nobody wakes the fleet.
PERIOD = 0.5
#: A socket's path has at most 103 bytes on macOS and 107 on Linux, and its name takes some.
LONGEST_PLACE = 90


class Fleet:
    """Every deployment's containers; an asynchronous context, which ends them all."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.crews: dict[str, Crew] = {}
        self._folder = world.folder / "containers"
        self._environments = Environments(world.folder / "environments")
        self._sockets = Path()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Fleet:
        self._folder.mkdir(exist_ok=True)
        meters.prepare(self.world)
        self._sweep()
        self._sockets = self._place_of_sockets()
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: Any) -> None:
        if self._task is not None:
            self._task.cancel()
        closing = [crew.close() for crew in self.crews.values()]
        await asyncio.gather(*closing, *self._leaving, return_exceptions=True)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def wake(self) -> None:
        """Look at the state soon: it has changed."""
        self._woken.set()

    def crew(self, deployment_id: str) -> Crew | None:
        """Return the containers of a deployment."""
        return self.crews.get(deployment_id.lower())

    async def _run(self) -> None:
        while True:
            try:
                self._look()
                autoscale.apply(self.world)
            except Exception:
                traceback.print_exc(file=sys.stderr)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), PERIOD)
            self._woken.clear()

    def _look(self) -> None:
        """Compare what runs with what is wanted."""
        self._release_forgotten()
        now = {one.key: one for one in wanted(self.world)}
        for key, crew in list(self.crews.items()):
            if key not in now or crew.folder.name != now[key].folder:
                self._dismiss(key)
        for one in now.values():
            if one.key not in self.crews:
                folder = self._folder / one.folder
                self.crews[one.key] = Crew(
                    self.world, one.key, folder, self._sockets, self._environments, self._report
                )
            self.crews[one.key].follow(one)

    def _dismiss(self, key: str) -> None:
        crew = self.crews.pop(key)

        async def leave() -> None:
            await crew.close()
            crew.remove()
            endpoint = key.rsplit("/deployments/", 1)[0]
            if self.world.state.get(endpoint) is None:
                meters.forget(self.world, endpoint)

        task = asyncio.create_task(leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _report(self, one: Wanted, why: Failure | None) -> None:
        """Let the operation end that has waited for this container."""
        state = self.world.state
        with state.transaction():
            found = state.get(one.key)
            if found is None or not operations.is_held(self.world, one.operation):
                return
            if why is None:
                found.hidden["served"] = write_spec(one.spec)
                state.put(found)
            operations.release(self.world, one.operation, why.error() if why else None)

    def _release_forgotten(self) -> None:
        """Let operations end whose deployment is gone: nobody else would."""
        for number in operations.all_held(self.world):
            operation = operations.by_id(self.world, number)
            if operation is None or self.world.state.get(operation.resource) is None:
                with self.world.state.transaction():
                    gone = ArmError(409, "OperationCanceled", "The deployment was deleted meanwhile.")
                    operations.release(self.world, number, gone)

    def _place_of_sockets(self) -> Path:
        """Return a folder for sockets: below our own, or in a shorter place that the next start can clean up."""
        own = self._folder / "s"
        if len(str(own)) < LONGEST_PLACE:
            own.mkdir(exist_ok=True)
        else:
            own = Path(tempfile.mkdtemp(prefix="groundplan-"))
            (self._folder / "sockets").write_text(str(own), "utf-8")
        return own

    def _sweep(self) -> None:
        """End and remove what a killed simulator has left; containers are begun anew from the state."""
        processes.end_orphans(self._folder, "*/*")
        processes.end_orphans(self.world.folder / "environments", ".building-*")
        self._environments.clean()
        for root in self._folder.glob("*/*-*/"):
            shutil.rmtree(root, ignore_errors=True)
        with contextlib.suppress(OSError):
            left = Path((self._folder / "sockets").read_text("utf-8"))
            if left.name.startswith("groundplan-"):
                shutil.rmtree(left, ignore_errors=True)
