"""Rows for the layout: six boxes in a row make every text small, so those that need nothing move to another row."""

import math
from collections.abc import Iterable, Mapping, Sequence

COLUMNS = 3


def lengths(
    order: Sequence[str], edges: Iterable[tuple[str, str]], movable: Sequence[str]
) -> dict[tuple[str, str], int]:
    """How many rows each arrow spans, so that few rows hold more than three boxes (more on large graphs).

    `order` has every key after those that it needs; `movable` says which may go up, first ones first.
    """
    pairs = list(edges)
    rows = _latest(order, pairs)
    columns = max(COLUMNS, math.isqrt(len(order)))
    for row in range(max(rows.values(), default=0), -len(order), -1):
        _thin(rows, row, columns, pairs, movable)
    return {(source, target): rows[target] - rows[source] for source, target in pairs}


def _latest(order: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The lowest row in which each key still stands above all that need it; 0 is the last row, rows above are negative."""
    rows: dict[str, int] = {}
    for key in reversed(order):
        rows[key] = min((rows[target] - 1 for source, target in edges if source == key), default=0)
    return rows


def _thin(
    rows: dict[str, int], row: int, columns: int, edges: Sequence[tuple[str, str]], movable: Sequence[str]
) -> None:  # fmt: skip
    """Move boxes that need nothing one row up until this row holds no more than `columns`."""
    held = _held(edges)
    for key in movable:
        if sum(place == row for place in rows.values()) <= columns:
            return
        if rows.get(key) == row and key not in held:
            rows[key] -= 1


def _held(edges: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    return {target: source for source, target in edges}
