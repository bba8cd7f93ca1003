"""`python -m benchmarks NAME [--json]`: one JSON object of figures on stdout."""

import argparse
import importlib
import json

NAMES = ("start", "provision", "recover", "graph", "simulator", "upload", "intake", "score")


def main() -> None:
    """Run one benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--json", action="store_true", help="compact output, one line")
    parser.add_argument("--mib", type=int, help="upload: the size of the file, for a quick look")
    parser.add_argument("--sweep", action="store_true", help="recover: kills at every write of the journals")
    parser.add_argument("--faults", action="store_true", help="recover: every request fails in every way")
    parser.add_argument("--every", type=int, help="recover: only each N-th point of the sweeps")
    options = vars(parser.parse_args())
    chosen = {name: options[name] for name in ("mib", "sweep", "faults", "every") if options[name]}
    figures = importlib.import_module(f"benchmarks.{options['name']}").measure(**chosen)
    print(json.dumps(figures, indent=None if options["json"] else 2))


if __name__ == "__main__":
    main()
