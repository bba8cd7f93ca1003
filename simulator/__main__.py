"""The command line: ``python -m simulator serve``."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 after a clean stop, 1 when it cannot start, 2 for bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "scenarios":
        return _print_scenarios(options.json)
    from simulator import home, scenario, server

    if options.scenario and options.scenario not in scenario.names():
        parser.error(f"there is no scenario '{options.scenario}'; there are {', '.join(scenario.names())}")
    try:
        folder = Path(options.state).expanduser() if options.state else home.default_folder()
        server.serve(folder.absolute(), options.port or None, options.pace, options.seed, options.scenario)
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
    serve.add_argument(
        "--scenario", help="what shall go wrong: a name that `python -m simulator scenarios` lists"
    )
    serve.add_argument("--seed", type=int, help="which tenant, subscriptions and principals; default 0")
    told = commands.add_parser("scenarios", help="list what can go wrong on request")
    told.add_argument("--json", action="store_true", help="as one JSON document")
    return parser


def _print_scenarios(as_json: bool) -> int:
    from simulator import providers, scenario

    assert providers  # importing them is what registers the types
    found = scenario.listed()
    if as_json:
        print(json.dumps(found))
        return 0
    for one in found:
        print(f"{one['name']}: {one['title']}\n    {one['what']}")
    return 0


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
