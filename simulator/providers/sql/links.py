"""Communication links between servers, which only 2014-04-01 knows.

https://learn.microsoft.com/rest/api/sql/server-communication-links
"""

from __future__ import annotations

from typing import Any

from simulator.call import Call
from simulator.operations import Operation, Style
from simulator.providers.sql.rows import Row
from simulator.providers.sql.settings import Setting
from simulator.providers.sql.shared import OLDEST, accepted
from simulator.state import Resource


class CommunicationLink(Setting):
    """A link to another server."""

    arm_type = "Microsoft.Sql/servers/communicationLinks"
    api_versions = (OLDEST, OLDEST)
    row = Row("communicationLinks", "", "", "CREATE", {"state": "Ready"}, old=True)
    create_style = update_style = Style("", "{resource}/operationResults/{id}", 15)
    result_status = 201

    def style_of(self, call: Call, action: str) -> Style | None:
        """Return the style of a write; a deletion is done at once."""
        style: Style | None = None if action == "delete" else self.create_style
        return style

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer in the words of that version."""
        return accepted(call, "CREATE", operation)
