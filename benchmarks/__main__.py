"""`python -m benchmarks NAME [--json]`: one JSON object of figures on stdout."""

import argparse
import importlib
import json

NAMES = ("start", "provision", "recover", "graph", "simulator")


def main() -> None:
    """Run one benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="compact output, one line")
    options = parser.parse_args()
    figures = importlib.import_module(f"benchmarks.{options.name}").measure()
    print(json.dumps(figures, indent=None if options.json else 2))


if __name__ == "__main__":
    main()
