"""The containers of one deployment: the one that serves, and the next one until it is ready.

A new container is built beside the old one, which goes on until then; one that crashes is started again, later each
time.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path

from simulator.scoring import files
from simulator.scoring.container import Container
from simulator.scoring.environments import Environments
from simulator.scoring.failure import Failure
from simulator.scoring.files import Layout
from simulator.scoring.gauges import Gauges
from simulator.scoring.images import container_of
from simulator.scoring.logs import Journal
from simulator.scoring.queue import Queue
from simulator.scoring.spec import Spec
from simulator.scoring.wanted import Wanted
from simulator.world import World

#: Seconds before a crashed container is started again: at once, then doubling up to the last.
BACK_OFF = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
#: A container that has lived so long begins at the front of the row again.
LONG_LIFE = 60.0
#: Seconds that the old container has for its last answers.
LAST_ANSWERS = 10.0

Report = Callable[[Wanted, Failure | None], None]


class Crew:
    """The containers of one deployment.  ``report`` is told when an operation's container is ready, or never will be."""

    def __init__(
        self, world: World, key: str, folder: Path, sockets: Path, environments: Environments, report: Report
    ) -> None:
        self.world, self.folder, self.sockets = world, folder, sockets
        self.environments, self.report = environments, report
        self.journal = Journal(folder)
        self.serving: Container | None = None
        self.expected = False  # whether there is, or will be, a container
        self.ready = asyncio.Event()
        self.queue = Queue()
        self.gauges = Gauges(key)
        self._attempt: asyncio.Task[None] | None = None
        self._attempted = ""
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashes, self._not_before, self._number = 0, 0.0, 0

    def follow(self, wanted: Wanted) -> None:
        """Do what the state wants; returns at once."""
        target = wanted.target
        self.expected = target is not None
        if self.serving is not None:
            self.gauges.read(self.world, self.serving, wanted.instances)
        if target is None:
            return
        what = f"{target.mark}/{wanted.operation}"
        if self._attempt is not None and self._attempted == what:
            return
        self._drop_attempt()
        if self.serving is not None and self.serving.alive and self.serving.spec.mark == target.mark:
            self.serving.scale(wanted.instances)
            if wanted.operation and self.serving.complete:
                self.report(wanted, None)
        elif wanted.operation or time.monotonic() >= self._not_before:
            self._attempted = what
            self._attempt = asyncio.create_task(self._try(wanted, target))

    async def close(self) -> None:
        """End everything."""
        self._drop_attempt()
        self.ready.clear()
        serving, self.serving = self.serving, None
        if serving is not None:
            await serving.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def remove(self) -> None:
        """Forget logs and files too: the deployment is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _try(self, wanted: Wanted, target: Spec) -> None:
        """Bring one container up and put it in the place of the old one."""
        container: Container | None = None
        try:
            if wanted.operation:
                self.journal.begin()
            container = await self._prepare(target, wanted.instances)
            self.journal.step("UserContainerStart", "InProgress")
            async with self.environments.starts:
                await container.start(wanted.start_budget)
        except Failure as why:
            await self._fail(wanted, container, why)
        except asyncio.CancelledError:
            if container is not None:
                await container.stop()
            raise
        except Exception as wrong:  # a full disk, or a fault of ours: the operation must end all the same
            traceback.print_exc(file=sys.stderr)
            await self._fail(wanted, container, Failure("InternalServerError", f"Internal error: {wrong}."))
        else:
            self.journal.step("UserContainerStart", "Succeeded")
            self._switch(container)
            if wanted.operation:
                self.report(wanted, None)
        finally:
            if asyncio.current_task() is self._attempt:
                self._attempt = None

    async def _prepare(self, spec: Spec, instances: int) -> Container:
        """Mount the files and build the image."""
        journal, layout = self.journal, Layout(self.folder / self._next_name(spec))
        journal.step("SystemSetup", "Succeeded")
        journal.event("Downloading", "Start downloading models")
        journal.step("UserContainerImagePull", "InProgress")
        try:
            loads = files.find(self.world, spec, layout, journal)
            await asyncio.to_thread(files.mount, loads, spec, layout, journal)
        except Failure:
            journal.step("ModelDownload", "Failed")
            raise
        journal.event("Downloaded", "Models are downloaded successfully or no model need to download")
        journal.event("Pulling", "Start pulling container image")
        socket = self.sockets / f"{self.folder.name[:6]}{self._number}"
        try:
            container = await container_of(
                self.world, self.environments, spec, layout, socket, journal, instances
            )
        except Failure:
            journal.step("UserContainerImagePull", "Failed")
            raise
        journal.event("Pulled", "Container image is pulled successfully")
        journal.step("UserContainerImagePull", "Succeeded")
        journal.step("ModelDownload", "Succeeded")
        return container

    def _next_name(self, spec: Spec) -> str:
        self._number += 1
        return f"{spec.mark}-{self._number}"

    async def _fail(self, wanted: Wanted, container: Container | None, why: Failure) -> None:
        if container is not None:
            self.journal.step("UserContainerStart", "Failed")
            await container.stop()
            shutil.rmtree(container.layout.root, ignore_errors=True)
        if wanted.operation:
            self.report(wanted, why)
        else:
            self._wait_longer()

    def _switch(self, container: Container) -> None:
        old, self.serving = self.serving, container
        self.ready.set()
        self._spawn(self._watch(container))
        if old is not None:
            self._spawn(self._retire(old))

    async def _retire(self, old: Container) -> None:
        try:
            await old.stop(LAST_ANSWERS)
        except asyncio.CancelledError:  # the simulator stops: no more patience
            await old.stop()
            raise
        shutil.rmtree(old.layout.root, ignore_errors=True)

    async def _watch(self, container: Container) -> None:
        """Notice when the serving container ends by itself; the next look of the fleet starts another."""
        assert container.process is not None
        code = await container.process.wait()
        code = code if code >= 0 else 128 - code  # ended by a signal: as containers tell it
        if self.serving is not container:
            return
        self.serving = None
        self.ready.clear()
        if time.monotonic() - container.since > LONG_LIFE:
            self._crashes = 0
        self.journal.event("BackOff", f"User container ended with code {code}; starting it again", "Warning")
        self._wait_longer()
        await container.stop()
        shutil.rmtree(container.layout.root, ignore_errors=True)

    def _wait_longer(self) -> None:
        self._not_before = time.monotonic() + BACK_OFF[min(self._crashes, len(BACK_OFF) - 1)]
        self._crashes += 1

    def _drop_attempt(self) -> None:
        """Give up a container that nobody wants any more."""
        if self._attempt is not None:
            self._attempt.cancel()
            self._tasks.add(self._attempt)
            self._attempt.add_done_callback(self._tasks.discard)
            self._attempt = None

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
