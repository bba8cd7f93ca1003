"""Synchronous callers (pages, command line) reach the asynchronous `Cloud` through one event loop in a thread.

A connection is kept for each target, so that a page's second question costs no new handshake.
"""

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import cache
from typing import Any, TypeVar

from services.cloud.connect import Cloud, connect
from services.cloud.errors import CloudError
from services.cloud.target import Target

T = TypeVar("T")
CLOSING_S = 2.0
_MAKING = threading.Lock()


def ask(target: Target, question: Callable[[Cloud], Coroutine[Any, Any, T]], timeout: float = 60.0) -> T:
    """Run `question`, which only reads, and wait for its answer; `CloudError` when it fails or takes too long.

    A kept connection that the other side has closed meanwhile costs one more try. timeout: seconds.
    """
    try:
        return _asked(target, question, timeout)
    except CloudError as error:
        if error.code != "Unreachable":
            raise
        return _asked(target, question, timeout)


def _asked(target: Target, question: Callable[[Cloud], Coroutine[Any, Any, T]], timeout: float) -> T:
    with _MAKING:  # `cache` alone lets two threads make two loops, and a connection belongs to one
        cloud, loop = _cloud(target), _loop()
    future = asyncio.run_coroutine_threadsafe(question(cloud), loop)
    try:
        return future.result(timeout)
    except TimeoutError as error:
        future.cancel()
        raise CloudError("Timeout", f"No answer from {target.endpoint} within {timeout:.0f} s.") from error


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="groundplan-cloud", daemon=True).start()
    return loop


@cache
def _cloud(target: Target) -> Cloud:
    cloud = connect(target)
    atexit.register(_close, cloud)
    return cloud


def _close(cloud: Cloud) -> None:
    """Let go of the kept connections, so that aiohttp has nothing to complain of; nobody waits long for it."""
    with suppress(Exception):
        asyncio.run_coroutine_threadsafe(cloud.close(), _loop()).result(CLOSING_S)
