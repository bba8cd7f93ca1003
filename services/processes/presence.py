"""A web server's part in the installation: it shows its page at once while the processes start behind it."""

import atexit
import gc
import threading
from contextlib import suppress

from services.processes import family, launch, leases, locks
from services.processes.home import HomeError


class Presence:
    """A lease and a start in the background; the last one to `leave` stops what Groundplan started."""

    def __init__(self, target: str, commands: family.Commands | None = None) -> None:
        self._target = target
        self._commands = commands
        self._leaving = threading.Event()
        self._starting = threading.Thread(target=self._start, name=f"start-{target}", daemon=True)
        self._lease: locks.Lock | None = None

    def enter(self) -> None:
        """Take a lease and begin to start what is missing; `launch.last_error` tells what goes wrong."""
        with suppress(HomeError, OSError):  # `ensure` meets the same fault and keeps it for the page
            self._lease = leases.take("web")
        self._starting.start()
        atexit.register(self.leave)  # a second Ctrl+C skips the server's own shutdown

    def leave(self) -> bool:
        """Give up a start that is under way and give the lease back; a second call does nothing.

        True for the last one out: whatever else belongs to the installation alone may stop now.
        """
        self._leaving.set()
        self._starting.join()
        lease, self._lease = self._lease, None
        return launch.leave(lease) if lease else False

    def _start(self) -> None:
        with suppress(launch.LaunchError, HomeError):
            launch.ensure(self._target, self._commands, give_up=self._leaving)
        gc.freeze()  # what start-up built stays: leave it out of every later collection
