"""Prints the hashes of the functions in R objects that R itself made: python make_r_functions.py FOLDER > r_functions.txt"""

import gzip
import sys
from pathlib import Path

from services.models.inspection import r_serialized as r
from services.models.inspection.findings import Budget
from services.models.inspection.streams import Stream


def prints(path: Path) -> set[str]:
    """Hashes of functions and expressions in one file."""
    parts, found = [gzip.decompress(path.read_bytes())], set()
    saw = lambda node, within: found.add(node.print) if node.print else None  # noqa: E731
    r.Reader(Stream(lambda count: parts.pop() if parts else b""), Budget(1), saw).read()
    return found


if __name__ == "__main__":
    found: set[str] = set()
    for file in sorted(Path(sys.argv[1]).glob("*.rds")):
        found |= prints(file)
    print("\n".join(sorted(found)))
