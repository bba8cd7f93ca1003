"""What the pages about served models may ask of a cloud; `services.cloud` has the one implementation."""

from collections.abc import Mapping
from typing import Any, Protocol


class Asks(Protocol):
    """Reading, actions, and requests for which no client has a method. All of it raises `CloudError`."""

    async def get(self, id: str, api_version: str) -> dict[str, Any] | None:
        """Read a resource by its ID; None when there is none."""

    async def act(self, id: str, action: str, api_version: str, body: Any = None) -> dict[str, Any]:
        """Send an action to a resource and give its answer."""

    async def send(
        self,
        method: str,
        path: str,
        api_version: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send a request; its JSON answer."""
