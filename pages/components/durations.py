"""Times as people say them."""

import time


def short(seconds: float | None) -> str:
    """Seconds as `14 s`, `2 min 05 s`, `1 h 02 min`; a dash for none."""
    if seconds is None:
        return "–"
    if seconds < 9.95:
        return f"{seconds:.1f} s" if seconds % 1 else f"{seconds:.0f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def ago(at: float) -> str:
    """How long ago a moment was."""
    seconds = max(0.0, time.time() - at)
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {word} ago"
    return "just now"


def clock(at: float | None) -> str:
    """The exact local time of the server."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if at else "–"
