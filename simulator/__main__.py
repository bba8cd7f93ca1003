"""The command line: ``python -m simulator serve``."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 after a clean stop, 1 when it cannot start, 2 for bad arguments."""
    options = _parser().parse_args(arguments)
    from simulator import home, server

    try:
        folder = Path(options.state).expanduser() if options.state else home.default_folder()
        server.serve(folder.absolute(), options.port or None, options.pace, options.seed)
    except home.Refused as refused:
        server.complain(refused)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator", description="Azure Resource Manager on https loopback."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until it is stopped; prints one JSON line when ready")
    serve.add_argument("--port", type=_port, help="default: the port of the last start, else any free one")
    serve.add_argument("--state", help="state folder; default: $GROUNDPLAN_HOME/simulator")
    serve.add_argument(
        "--pace",
        type=_pace,
        default=os.environ.get("GROUNDPLAN_PACE", "0.1"),
        help="1.0 = real Azure durations, 0 = one poll; default: $GROUNDPLAN_PACE, else 0.1",
    )
    serve.add_argument("--seed", type=int, help="which tenant, subscriptions and principals; default 0")
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port: 1 to 65535, or 0 for any free one")
    return number


def _pace(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text} is no pace: 0 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
