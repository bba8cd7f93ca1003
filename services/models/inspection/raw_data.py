"""Members that hold nothing but numbers: read to verify size and checksum, and looked at in case they hold a pickle."""

import contextlib

from services.models.inspection.archives import Archive, Member, chunks
from services.models.inspection.findings import Report, TooMuch, readable
from services.models.inspection.pickled import starts_a_pickle
from services.models.inspection.pickles import walk


def check(archive: Archive, member: Member, report: Report) -> None:
    """Numbers may look like anything; only what a pickle would really do in them is a finding."""
    source = archive.open(member)
    if starts_a_pickle(source.peek(64)):
        trial = report.child()
        with contextlib.suppress(TooMuch):
            walk(archive.open(member), trial)
        if trial.verdict == "blocked":
            report.absorb(trial, f"{readable(member.name, 80)} should be numbers and is a pickle")
    for _ in chunks(source):
        pass
