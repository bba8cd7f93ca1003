"""The gate before the cloud: it opens for a passed test of exactly this model, handler, environment and golden set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.models import candidate
from services.models.candidate import Candidate
from services.models.records import ModelRecord

_WORDS = {
    "model": "the model file", "handler": "the API handler", "environment": "the environment",
    "golden": "the golden set",
}  # fmt: skip


@dataclass(frozen=True)
class Gate:
    """Whether a model may be deployed, in plain words what to do if not, and the hashes that it is about."""

    open: bool
    reason: str
    hashes: Mapping[str, str] = field(default_factory=dict)


def gate(record: ModelRecord | None) -> Gate:
    """Open only with a passed verdict of exactly these hashes, of a file that is safe or was let pass."""
    if record is None:
        return Gate(False, "There is no model yet. Bring a model file first.")
    return judge(candidate.of_record(record), record.verdict)


def judge(tested: Candidate, verdict: Mapping[str, Any] | None) -> Gate:
    """The same for a candidate and the verdict that is kept of it."""
    reason = tested.refusal if not tested.allowed else _reason(tested.hashes, verdict)
    open = tested.allowed and not reason
    return Gate(open, reason or "Tested on this machine and passed. It can be deployed.", tested.hashes)


def _reason(hashes: Mapping[str, str], verdict: Mapping[str, Any] | None) -> str:
    """Why it stays shut, "" when it opens."""
    if verdict is None:
        return "It has not been tested yet. Run the test on this machine."
    before = verdict.get("hashes") or {}
    changed = [words for part, words in _WORDS.items() if before.get(part) != hashes[part]]
    if changed:
        return f"Since the last test {_listed(changed)} changed. Run the test on this machine again."
    if verdict.get("passed") is not True:
        why = next(iter(verdict.get("why") or ()), "")
        return f"The last test on this machine failed. {why}".strip()
    return ""


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
