"""What an inspection has found, and the limits within which it looks: every reader of a format writes here."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.models.intake import Column, Format, Framework, Verdict

MEGABYTE = 1_000_000
SECONDS = 20  # to follow the parts of a file; reading and hashing it take their own time
SHOWN = 25  # reasons beyond this say nothing new to a reader
_RANK = {"safe": 0, "unknown": 1, "blocked": 2}


class NotAModel(ValueError):
    """There is nothing here that could be looked at; the message says what, where and what to do."""


class Broken(Exception):
    """The bytes do not follow their format: what was read before counts, the rest is not known."""


class TooMuch(Exception):
    """The file asks for more than an inspection gives (depth, objects, decompressed bytes)."""


@dataclass
class Budget:
    """What one inspection may spend in all, nested files included."""

    size: int
    opcodes: int = 20_000_000
    members: int = 20_000
    tuples: int = 1_000_000  # kept with what they hold; one tuple in another can nest without end
    small: int = 1_500_000  # parts kept of short lists and dicts
    objects: int = 400_000  # kept of long ones; what lies beyond is walked, not kept
    inflated: int = 0
    spooled: int = 0
    depth: int = 0
    progress: Callable[[float], None] | None = None
    began: float = field(default_factory=time.monotonic)

    def inflate(self, count: int) -> None:
        """Account for decompressed bytes. Small files may grow freely, large ones 200-fold and never past 50 GB."""
        self.inflated += count
        allowed = max(200 * MEGABYTE, min(200 * self.size, 50_000 * MEGABYTE))
        if self.inflated > allowed:
            raise TooMuch(
                f"decompressed it is more than {allowed // MEGABYTE} MB, from {self.size} bytes: a bomb?"
            )

    def spool(self, count: int) -> None:
        """Account for bytes that are laid down to be looked at: at most 6 GB."""
        self.spooled += count
        if self.spooled > 6_000 * MEGABYTE:
            raise TooMuch("the files in it that have to be unpacked are more than 6 GB")

    def step(self, count: int) -> None:
        """Account for pickle opcodes."""
        before, self.opcodes = self.opcodes, self.opcodes - count
        if self.opcodes < 0:
            raise TooMuch("it has more than 20 million parts to follow")
        if before >> 12 != self.opcodes >> 12 and time.monotonic() - self.began > SECONDS:
            raise TooMuch(f"its parts take more than {SECONDS} seconds to follow")

    def member(self, count: int = 1) -> None:
        """Account for members of archives."""
        self.members -= count
        if self.members < 0:
            raise TooMuch("the archive has more than 20,000 members")

    def deeper(self) -> "Budget":
        """Enter a nested file; leave it with `depth -= 1`."""
        self.depth += 1
        if self.depth > 6:
            raise TooMuch("files are nested more than six deep")
        return self


@dataclass
class Report:
    """The findings of one file: verdict with reasons, and whatever is known of the model."""

    budget: Budget
    verdict: Verdict = "safe"
    format: Format = "other"
    framework: Framework = "other"
    reasons: dict[str, Verdict] = field(default_factory=dict)
    hidden: int = 0
    imports: int = 0  # names that pickles in the file import
    versions: dict[str, str] = field(default_factory=dict)
    inputs: list[Column] = field(default_factory=list)
    outputs: list[Column] = field(default_factory=list)
    columns: Any = "unknown"
    details: dict[str, Any] = field(default_factory=dict)

    def blocked(self, reason: str) -> None:
        """Loading would (or is made to) run something beyond building known objects."""
        self._add("blocked", reason)

    def unknown(self, reason: str) -> None:
        """It cannot be told what loading would do."""
        self._add("unknown", reason)

    def is_a(self, format: Format, framework: Framework, columns: str = "unknown") -> None:
        """Say what the file is."""
        self.format, self.framework, self.columns = format, framework, columns

    def child(self) -> "Report":
        """A report on a nested file, on the same budget; `absorb` it afterwards."""
        return Report(self.budget)

    def absorb(self, other: "Report", where: str = "") -> None:
        """Take over the reasons of a nested file, each with its place."""
        for reason, verdict in other.reasons.items():
            self._add(verdict, f"{where}: {reason}" if where else reason)
        self.hidden += other.hidden

    def _add(self, verdict: Verdict, reason: str) -> None:
        if _RANK[verdict] > _RANK[self.verdict]:
            self.verdict = verdict
        if len(self.reasons) < SHOWN or reason in self.reasons:
            self.reasons.setdefault(readable(reason, 400), verdict)
        else:
            self.hidden += 1

    def sentences(self) -> tuple[str, ...]:
        """The reasons for a reader, the worst first."""
        ordered = sorted(self.reasons, key=lambda reason: -_RANK[self.reasons[reason]])
        return (*ordered, *([f"... and {self.hidden} more findings."] if self.hidden else []))


def readable(text: str, limit: int = 120) -> str:
    """Text from a file as it may be shown: one line, no control or direction characters, cut at `limit`."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: limit + 1])
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
