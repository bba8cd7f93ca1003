"""Whether ARM lets a write through at all: registration first; locks and policies join it here."""

from __future__ import annotations

from simulator import catalogue
from simulator.call import Call
from simulator.kinds import Kind


def check_write(call: Call, kind: Kind) -> None:
    """Refuse a PUT or PATCH that ARM would not hand on to the provider."""
    if call.method == "PUT":
        catalogue.check_registered(call, kind)


def check_delete(call: Call, kind: Kind) -> None:
    """Refuse a deletion that ARM would not hand on to the provider."""
