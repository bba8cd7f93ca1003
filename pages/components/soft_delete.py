"""What Azure keeps for recovery after a deletion, and for how long: said before anything is removed."""

from collections.abc import Iterable

from pages.components import markup
from services.catalogue import registry


def kept(keys: Iterable[str]) -> str:
    """`Key vault 90 days, Machine Learning workspace 14 days`; empty when Azure keeps nothing of these."""
    kinds = dict.fromkeys(registry.of(key) for key in keys)
    return ", ".join(f"{kind.label} {kind.soft_delete_days} days" for kind in kinds if kind.soft_delete_days)


def say(keys: Iterable[str]) -> None:
    """One line on what stays recoverable, and that its name is taken meanwhile."""
    words = kept(keys)
    if words:
        markup.note(f"Azure keeps for recovery, and the names with it: {words}.", live=False)
