"""Who we are to a cloud: a secret in the rehearsal, on Azure whatever the user signed in with.

azure-identity's credentials are synchronous where they may open a browser; a thread keeps them off the event loop.
"""

import asyncio
from typing import Any

from services.cloud.target import Target


class AsyncCredential:
    """A synchronous credential of azure-identity, seen as an asynchronous one."""

    def __init__(self, credential: Any) -> None:
        self.plain = credential

    async def get_token(self, *scopes: str, **options: Any) -> Any:
        """Get a token without blocking the loop."""
        return await asyncio.to_thread(self.plain.get_token, *scopes, **options)

    async def get_token_info(self, *scopes: str, options: Any = None) -> Any:
        """The newer form of the same."""
        return await asyncio.to_thread(self.plain.get_token_info, *scopes, options=options)

    async def close(self) -> None:
        """Nothing is held open."""

    async def __aenter__(self) -> "AsyncCredential":
        return self

    async def __aexit__(self, *_: Any) -> None:
        return None


def credential(target: Target) -> AsyncCredential:
    """The credential of a target: `sign_in` is default, browser or device (azure only)."""
    from services.cloud import sign_in

    if target.client_secret:
        from azure.core.pipeline.transport import RequestsTransport
        from azure.identity import ClientSecretCredential

        # The simulator is on loopback: a proxy of the environment must not come between.
        transport = RequestsTransport(use_env_settings=False, connection_verify=target.ca_bundle)
        secret = ClientSecretCredential(
            target.tenant_id,
            target.client_id,
            target.client_secret,
            transport=transport,
            authority=target.authority,
            disable_instance_discovery=True,
            retry_total=0,
        )
        return AsyncCredential(secret)
    return AsyncCredential(sign_in.credential(target))
