"""Texts and bytes of a pickle that are too long to keep: arrays, boosters of trees, or a bomb."""

from services.models.inspection import boosters_in_pickles
from services.models.inspection.findings import Broken, Budget
from services.models.inspection.streams import Section, Stream
from services.models.inspection.symbols import LONGEST_BYTES, LONGEST_RAW, Large

HEAVY = 256_000_000


class LongValues:
    """Reads them past, one after the other; the last one's bytes stay until the array that they are of is made."""

    def __init__(self, source: Stream, budget: Budget) -> None:
        self._source, self._budget = source, budget
        self._last: Large | None = None
        self._heavy: list[Large] = []

    def read(self, kind: str, size: int) -> Large:
        """Pass over a value; a booster of trees is read on the way."""
        head = self._source.peek(min(size, LONGEST_BYTES))
        if head.startswith(boosters_in_pickles.BEGINS):
            return self._booster(kind, size, head)
        found = Large(kind, size)
        self.keep(found)
        if size > HEAVY:
            self._heavy.append(found)
        if size <= LONGEST_RAW:
            found.raw = self._source.take(size)
        else:
            self._source.pass_over(size)
        return found

    def keep(self, value: Large) -> None:
        """Keep this one's bytes from now on, and let go of those of the one before."""
        if self._last is not None and self._last is not value:
            self._last.raw = None
        self._last = value

    def bombs(self) -> bool:
        """Whether hundreds of megabytes came to nothing."""
        return not all(one.used for one in self._heavy)

    def _booster(self, kind: str, size: int, head: bytes) -> Large:
        section = Section(self._source, size, kind == "text" and head[:2] != b"tr")
        try:
            boosters_in_pickles.check(section.stream, head, self._budget)
            checked = True
        except Broken:
            checked = False
        section.finish()
        return Large(kind, size, head, checked)
