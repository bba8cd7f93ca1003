"""Readings of the containers: processor, memory, capacity, as shares of what the instances would have on Azure."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psutil

from simulator.scoring import meters
from simulator.scoring.container import Container
from simulator.world import World

#: Seconds between two readings.
PERIOD = 10.0


@dataclass
class Gauges:
    """The readings of one deployment; a share of the processor is one between two readings."""

    key: str
    _before: float = field(default_factory=time.monotonic)
    _used: float = 0.0
    _pid: int = 0

    def read(self, world: World, container: Container, capacity: int) -> None:
        """Take a reading, unless the last one is too near."""
        now = time.monotonic()
        if now - self._before < PERIOD or container.process is None:
            return
        used, memory = _of_tree(container.process.pid)
        passed, fresh = now - self._before, self._pid != container.process.pid
        share = 0.0 if fresh else max(0.0, used - self._used) / (passed * container.spec.cores * capacity)
        self._before, self._used, self._pid = now, used, container.process.pid
        whole = container.spec.memory_gb * 2**30 * capacity
        meters.gauge(world, self.key, "DeploymentCapacity", capacity)
        meters.gauge(world, self.key, "CpuMemoryUtilizationPercentage", min(100.0, 100 * memory / whole))
        if not fresh:
            meters.gauge(world, self.key, "CpuUtilizationPercentage", min(100.0, 100 * share))


def _of_tree(pid: int) -> tuple[float, float]:
    """Return processor seconds and bytes in memory of a process and all below it."""
    used = memory = 0.0
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return used, memory
    for one in tree:
        try:
            times = one.cpu_times()
            used += times.user + times.system
            memory += one.memory_info().rss
        except psutil.Error:
            continue
    return used, memory
