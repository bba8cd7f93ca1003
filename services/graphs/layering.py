"""Rows for the layout: six boxes in a row make every text small, so those that need nothing move to another row."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

COLUMNS = 3


def lengths(
    order: Sequence[str], edges: Iterable[tuple[str, str]], movable: Sequence[str]
) -> dict[tuple[str, str], int]:
    """How many rows each arrow spans, so that no row holds more than three boxes (more on large graphs).

    `order` has every key after those that it needs; `movable` says which may go up, first ones first.
    """
    pairs = list(edges)
    needed_by = _needed_by(pairs)
    columns = max(COLUMNS, math.isqrt(len(order)))
    latest = _latest(order, needed_by)
    held = {target for _, target in pairs}
    rows = _thinned(latest, columns, [key for key in movable if key not in held])
    if max(Counter(rows.values()).values(), default=0) > columns:
        rows = _bands(order, latest, needed_by, columns)
    return {(source, target): rows[target] - rows[source] for source, target in pairs}


def _needed_by(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        found[source].append(target)
    return found


def _latest(order: Sequence[str], needed_by: Mapping[str, list[str]]) -> dict[str, int]:
    """The lowest row in which each key still stands above all that need it; 0 is the last row, rows above are negative."""
    rows: dict[str, int] = {}
    for key in reversed(order):
        rows[key] = min((rows[target] - 1 for target in needed_by.get(key, ())), default=0)
    return rows


def _thinned(latest: Mapping[str, int], columns: int, movable: Sequence[str]) -> dict[str, int]:
    """Move boxes that need nothing up, a row at a time, until each row holds no more than `columns`."""
    rows = dict(latest)
    filled = Counter(rows.values())
    for row in range(0, -len(rows), -1):
        for key in movable:
            if filled[row] <= columns:
                break
            if rows[key] == row:
                rows[key] -= 1
                filled.subtract([row])
                filled.update([row - 1])
    return rows


def _bands(
    order: Sequence[str], latest: Mapping[str, int], needed_by: Mapping[str, list[str]], columns: int
) -> dict[str, int]:
    """For large graphs: chains as they are, in bands one above the other, each as deep as the longest chain."""
    counts = Counter(latest.values())
    depth, ends = len(counts), max(1, columns * counts[0] // max(counts.values()))
    placed: dict[str, int] = {}
    filled: Counter[int] = Counter()
    for key in reversed(order):
        needs = [placed[target] - 1 for target in needed_by.get(key, ())]
        row, room, up = (min(needs), columns, 1) if needs else (0, ends, depth)
        while filled[row] >= room:
            row -= up
        placed[key] = row
        filled[row] += 1
    return placed
