"""What a check finds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One finding: an error stops the run from being started, a warning does not.

    `path` is the key of project.yaml that it is about; `fix` is what to do.
    """

    rule: str
    severity: Literal["error", "warning", "info"]
    path: str
    what: str
    fix: str
