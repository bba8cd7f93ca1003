"""The noun `Candidate`: exactly what is tested on this machine and deployed later, known by the hashes of its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from services.models import files, handler
from services.models.handler import Handler
from services.models.hashing import digest_of
from services.models.records import ModelRecord

_PARTS = ("model", "handler", "environment")


@dataclass(frozen=True)
class Candidate:
    """A model file with its handler and golden set.

    `allowed` says whether it may be run at all: intake calls it safe, or a person let it pass (`overridden`: then it runs
    in bubblewrap or not at all); `refusal` says why not. The golden set changes `key`, not what is served: `server_key`.
    """

    sha256: str
    file_name: str
    handler: Handler
    golden: tuple[Mapping[str, Any], ...] = ()
    allowed: bool = False
    overridden: bool = False
    refusal: str = ""

    @property
    def path(self) -> Path:
        """Where the model file lies; `FileMissing` when it is gone."""
        return files.path_of(self.sha256)

    @cached_property
    def hashes(self) -> Mapping[str, str]:
        """The SHA-256 of each part: {"model", "handler", "environment", "golden"}."""
        return {
            "model": self.sha256,
            "handler": self.handler.digest,
            "environment": self.handler.environment_digest,
            "golden": digest_of(self.golden),
        }

    @cached_property
    def key(self) -> str:
        """One SHA-256 over the four."""
        return digest_of(self.hashes)

    @cached_property
    def server_key(self) -> str:
        """One SHA-256 over what is served, which the golden set is no part of."""
        return digest_of({part: self.hashes[part] for part in _PARTS} | {"file": self.file_name})


def of_record(record: ModelRecord) -> Candidate:
    """The candidate that a model's record describes now."""
    overridden = record.intake.verdict != "safe" and record.override is not None
    allowed = record.intake.verdict == "safe" or overridden
    return Candidate(
        sha256=record.sha256,
        file_name=record.file_name,
        handler=handler.of_record(record),
        golden=tuple(record.golden),
        allowed=allowed,
        overridden=overridden,
        refusal="" if allowed else refusal_of(record.intake.verdict, record.intake.reasons),
    )


def refusal_of(verdict: str, reasons: Sequence[str]) -> str:
    """Why a file may not be loaded, in words."""
    why = f" {reasons[0]}" if reasons else ""
    said = (
        "The file is blocked." if verdict == "blocked" else "Nobody can say what loading this file would do."
    )
    return f"{said}{why} It is not loaded here. The page Model file says more, and how it can be let pass."
