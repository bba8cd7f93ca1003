"""`python -m tests.simulator.score [TEXT] [-v]`: how much of the recorded truth the simulator tells, per type."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from tests.simulator.conftest import launch, ready
from tests.simulator.replay import Result, files, replay


def main() -> int:
    """Replay everything against a simulator of its own and print the score."""
    wanted = [word for word in sys.argv[1:] if not word.startswith("-")]
    folder = Path(tempfile.mkdtemp())
    process = launch(folder, "--pace", "0")
    simulator = ready(process, folder)
    try:
        results = [
            result
            for _, file in files()
            if all(word in file.name for word in wanted)
            for result in replay(simulator, file)
        ]
    finally:
        process.kill()
        process.communicate()
    if "-v" in sys.argv:
        _explain(results)
    print(table(results))
    return 0


def table(results: list[Result]) -> str:
    """Return the score per resource type, and of all."""
    asked, good = Counter[str](), Counter[str]()
    for result in results:
        if not result.skipped:
            asked[result.kind] += 1
            good[result.kind] += not result.wrong
    lines = [
        f"{good[kind]:5} of {asked[kind]:4}  {good[kind] / asked[kind]:6.1%}  {kind}"
        for kind in sorted(asked)
    ]
    skipped = sum(bool(result.skipped) for result in results)
    whole = sum(asked.values())
    share = sum(good.values()) / whole if whole else 1
    return "\n".join(
        [*lines, f"{sum(good.values()):5} of {whole:4}  {share:6.1%}  all ({skipped} not asked for)"]
    )


def _explain(results: list[Result]) -> None:
    groups = defaultdict(list)
    for result in results:
        for wrong in result.wrong:
            groups[result.kind, wrong[:150]].append(result)
    for (kind, wrong), found in sorted(groups.items(), key=lambda pair: -len(pair[1])):
        print(
            f"{len(found):4} {kind}: {wrong}\n       {found[0].file[-40:]} #{found[0].seq} {found[0].what[:190]}"
        )


if __name__ == "__main__":
    sys.exit(main())
