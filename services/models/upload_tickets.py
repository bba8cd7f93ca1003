"""Tickets for the upload route: the page gives one out for one project and a quarter of an hour.

A foreign page can send a request here but cannot read ours, so it has none. Uploads are kept per GROUNDPLAN_HOME, and so is
the secret: a ticket of one installation opens nothing in another.
"""

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path

from services.processes.home import home

LIFETIME_S = 15 * 60


class TicketRefused(PermissionError):
    """A ticket that opens nothing; `expired` says that a fresh one would."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.expired = expired


def give(project_id: str, tab: str, now: float | None = None) -> str:
    """Make a ticket for a project and a tab of the browser."""
    until = int((time.time() if now is None else now) + LIFETIME_S)
    return f"{_seal(project_id, tab, until)}.{until}.{tab}.{project_id}"


def project_of(ticket: str) -> str:
    """Return the project that a ticket was given out for; `TicketRefused` when it is none, or too old."""
    seal, _, rest = ticket.partition(".")
    until, _, named = rest.partition(".")
    tab, _, project_id = named.partition(".")
    whole = ticket.isascii() and until.isdigit() and len(until) <= 12
    if not whole or not hmac.compare_digest(seal, _seal(project_id, tab, int(until))):
        raise TicketRefused("This upload comes without a ticket of this page. Reload the page and try again.")
    if time.time() > int(until):
        raise TicketRefused(
            "The ticket of this upload is too old. The page asks for a new one.", expired=True
        )
    return project_id


def _seal(project_id: str, tab: str, until: int) -> str:
    text = "\0".join(["upload", project_id, tab, str(until)])
    return hmac.new(_secret(), text.encode(), hashlib.sha256).hexdigest()


def _secret() -> bytes:
    """Read this installation's secret, made once; whoever comes second takes the first one's."""
    path = home() / "models" / "ticket.key"
    if not path.exists():
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    """Write the secret whole before it has its name, so that nobody reads half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"ticket-{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
