"""What stands below every graph: what the signs mean, and which configuration on which day this is."""

from collections.abc import Iterable
from datetime import UTC, datetime

from services.config import ProjectConfig
from services.graphs import labels
from services.graphs.style import Theme

WIDTH = 400.0


def legend(theme: Theme, lines: Iterable[str]) -> str:
    """Quiet lines as one label; empty ones are left out."""
    muted = theme.tones["muted"]
    rows = [[labels.cell(labels.text(line, 10, muted), WIDTH)] for line in lines if line]
    return labels.table(rows, padding=1)


def joined(*parts: str) -> str:
    """Parts with a point between them; empty ones are left out."""
    return " · ".join(part for part in parts if part)


def corner(config: ProjectConfig, now: float | None) -> str:
    """Project, cloud, hash of the configuration, and the day where `now` (seconds since the epoch) is known."""
    day = datetime.fromtimestamp(now, UTC).date().isoformat() if now is not None else ""
    name = labels.fit(config.name, 150, 10)
    return joined(name, config.cloud.capitalize(), f"configuration {config.digest}", day)
