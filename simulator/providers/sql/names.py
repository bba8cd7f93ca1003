"""What a server may be called, and who has which name already."""

from __future__ import annotations

from simulator.call import Call
from simulator.world import TAKEN_NAMES

SERVERS = "Microsoft.Sql/servers"
#: A region that lists the type but takes no new servers: the refusal comes only when the work is done.
FULL_REGION = "southindia"
NAME_RULE = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
RESERVED_LOGINS = frozenset(
    [
        "admin",
        "administrator",
        "sa",
        "root",
        "dbmanager",
        "loginmanager",
        "dbo",
        "guest",
        "public",
        "sys",
        "information_schema",
    ]
)


def taken(call: Call, name: str) -> bool:
    """Tell whether anybody has a server of this name."""
    return any(other.name == name for other in call.state.everything(SERVERS)) or (
        name == TAKEN_NAMES[SERVERS]
    )


def invalid_name(name: str) -> str:
    """Say what is wrong with a name."""
    return (
        f"Invalid server name '{name}' specified: it may hold only lowercase letters, digits and '-', must not begin or "
        "end with '-', and must be 1 to 63 characters long."
    )
