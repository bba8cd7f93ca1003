"""The worker: a process of its own that walks the runs of one target, and goes on where the last one was killed."""

import importlib
import signal
import sys
import threading
import time

from services.cloud.clients import warm
from services.cloud.target import ready_line
from services.processes import locks
from services.processes.home import home
from services.runs import database, heartbeat
from services.runs.engine import QUEUE_POLL_S, engine_config, executor_id

SIMULATOR_WAIT_S = 60.0


def work(target: str) -> int:
    """Serve one target until SIGTERM or SIGINT; the exit code is 1 when another worker is at it."""
    try:
        lock = locks.take(home() / f"worker-{target}.lock", target)
    except locks.LockHeld as held:
        print(f"A worker for {target} runs already (process {held.holder.pid}).", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    database.engine()
    if target == "rehearsal":
        _await_simulator(stop)
    _launch(target)
    lock.update(ready=True)
    threading.Thread(target=warm, daemon=True).start()
    heartbeat.beat(executor_id(target, home()), target, stop)
    _shut_down()
    lock.release()
    return 0


def _launch(target: str) -> None:
    from dbos import DBOS

    DBOS(config=engine_config(executor_id(target, home())))  # type: ignore[arg-type]
    importlib.import_module("services.runs.workflows")  # registers them
    DBOS.listen_queues([target])
    DBOS.launch()
    DBOS.register_queue(target, polling_interval_sec=QUEUE_POLL_S)


def _shut_down() -> None:
    from dbos import DBOS

    DBOS.destroy(workflow_completion_timeout_sec=0)


def _await_simulator(stop: threading.Event) -> None:
    """Let the simulator, which is started at the same time, write its ready line before the first run needs it."""
    deadline = time.monotonic() + SIMULATOR_WAIT_S
    while ready_line(home()) is None and time.monotonic() < deadline and not stop.is_set():
        time.sleep(0.05)
