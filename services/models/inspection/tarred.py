"""Tar archives: torch's oldest form and whatever else; no loader of a handler takes them, so they are never safe."""

import tarfile
from collections.abc import Callable

from services.models.inspection.findings import Broken, Report, readable
from services.models.inspection.streams import FilePlace, Stream, stream

Nested = Callable[[Stream, Report, str], Report]


def is_tar(head: bytes) -> bool:
    """Whether the first header of a tar archive stands there."""
    return head[257:262] == b"ustar"


def read(place: FilePlace, report: Report, nested: Nested) -> None:
    """Inspect a tar archive and every file in it."""
    report.unknown("It is a tar archive, which no handler loads. Unpack it and upload the model file in it.")
    at = 0
    while at + 512 <= place.size:
        block = place.at(at, 512)
        if not block.strip(b"\0"):
            return
        report.budget.member()
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise Broken(f"the tar archive cannot be read at byte {at} ({error})") from None
        name = readable(info.name, 80)
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.DIRTYPE, b"x", b"g", b"L", b"K"):
            report.blocked(
                f"{name} is a link or a device, which leads out of the archive when it is unpacked."
            )
        if info.name.startswith(("/", "\\")) or ".." in info.name.split("/"):
            report.blocked(f"The archive would write outside of its folder: {name}.")
        if info.size < 0 or at + 512 + info.size > place.size:
            raise Broken(f"the tar archive ends in the middle of {name}")
        if info.isreg() and info.size:
            nested(stream(place.part(at + 512, info.size)), report, name)
        at += 512 + (info.size + 511) // 512 * 512
