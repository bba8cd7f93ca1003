"""Checks before anything is created: one file a check, each gives findings with a rule, a path and a way out."""

from services.preflight.checks import check
from services.preflight.findings import Finding

__all__ = ["Finding", "check"]
