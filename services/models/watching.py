"""Watches what runs in a sandbox: its log (bounded), its memory, its processes, and whether it answers."""

import http.client
import os
import signal
import socket as sockets
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import psutil

from services.models.sandbox import Limits

LOG_BYTES = 1_000_000  # twice that at most: the older half is kept until the newer one is full
_LOOK_EVERY_S = 0.1


class Watch:
    """A started process with all that came of it: `end` leaves none of them."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, limits: Limits) -> None:
        self._process, self._log, self._limits = process, log, limits
        self._over = ""
        self._done = threading.Event()
        self.peak_mb = 0.0
        log.unlink(missing_ok=True)
        log.with_suffix(".1").unlink(missing_ok=True)
        self._reader = threading.Thread(target=self._read, name="log", daemon=True)
        self._looker = threading.Thread(target=self._look, name="watch", daemon=True)
        self._reader.start()
        self._looker.start()

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process.poll() is not None

    @property
    def exit_code(self) -> int | None:
        """How it ended; negative for a signal."""
        return self._process.poll()

    def over(self) -> str:
        """What it took too much of, in words; it has been ended then. "" while it keeps to its limits."""
        return self._over

    def last_words(self) -> str:
        """The end of its log, once it has ended."""
        self._reader.join(5)
        with suppress(OSError):
            return self._log.read_text(errors="replace")[-8000:]
        return ""

    def end(self) -> None:
        """End it with everything that it has started; a second call does nothing."""
        self._done.set()
        family = [self._process.pid, *(child.pid for child in _children(self._process.pid))]
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(5)
        self._looker.join(5)

    def _read(self) -> None:
        assert self._process.stdout
        with suppress(OSError, ValueError):
            while block := os.read(self._process.stdout.fileno(), 65536):
                self._keep(block)

    def _keep(self, block: bytes) -> None:
        if self._log.exists() and self._log.stat().st_size + len(block) > LOG_BYTES:
            self._log.replace(self._log.with_suffix(".1"))
        with self._log.open("ab") as log:
            log.write(block)

    def _look(self) -> None:
        """Count memory and processes; what takes more than its limits is ended at once."""
        while not self._done.wait(_LOOK_EVERY_S) and not self.ended:
            family = _children(self._process.pid)
            now, peak = _memory_mb(family)
            self.peak_mb = max(self.peak_mb, peak)
            if len(family) > self._limits.processes:
                self._end_over(
                    f"The handler began more than {self._limits.processes} processes and was ended."
                )
            elif now > self._limits.memory_mb:
                self._end_over(
                    f"The handler took more than {self._limits.memory_mb} MB of memory and was ended."
                )

    def _end_over(self, words: str) -> None:
        self._over = words
        for child in _children(self._process.pid):
            with suppress(psutil.Error):
                child.kill()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


class OverSocket(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def answers(path: Path, url: str) -> bool:
    """Whether the server behind a socket is ready."""
    if not path.exists():
        return False
    connection = OverSocket(path, 2)
    try:
        connection.request("GET", url)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _children(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def _memory_mb(family: list[psutil.Process]) -> tuple[float, float]:
    """What a family holds now, and the sum of the most that each ever held. Shared pages count for each."""
    now = peak = 0
    for process in family:
        with suppress(OSError, ValueError):
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                now += int(line.split()[1]) if line.startswith("VmRSS") else 0
                peak += int(line.split()[1]) if line.startswith("VmHWM") else 0
    return now / 1024, peak / 1024
