"""A quick stand-in for the simulator or a worker, with the same lock and ready line, and faults to choose."""

import argparse
import json
import os
import signal
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import trustme

from services.processes import locks
from services.processes.family import worker_lock
from services.processes.home import home


def main() -> None:
    """Take the lock, become ready after a while, live until SIGTERM."""
    options = _options()
    if options.fail:
        sys.exit(f"cannot start: {options.fail}")
    if options.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    lock = (
        _simulator() if options.role == "serve" else locks.take(worker_lock(options.target), options.target)
    )
    if options.version:
        lock.update(code_version=options.version)
    time.sleep(options.delay)
    if options.role == "worker":
        lock.update(ready=True)
    threading.Event().wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["serve", "worker"])
    parser.add_argument("--target", default="rehearsal")
    parser.add_argument("--pace")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--version")
    parser.add_argument("--fail")
    parser.add_argument("--deaf", action="store_true")
    return parser.parse_args()


def _simulator() -> locks.Lock:
    """Answer on https, and leave the ready line, as the real one does."""
    folder = home() / "simulator"
    folder.mkdir(exist_ok=True)
    lock = locks.take(folder / "simulator.lock")
    authority, bundle = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    line = {"endpoint": f"https://127.0.0.1:{server.server_port}", "ca_bundle": str(bundle)}
    (folder / "simulator.json").write_text(json.dumps(line))
    lock.path.write_text(f"{os.getpid()}\n")
    return lock


if __name__ == "__main__":
    main()
