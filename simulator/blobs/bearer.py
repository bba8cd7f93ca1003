"""Tokens of the rehearsal's own authority, and the data roles that they need.

As on Azure, who owns a subscription may still not read a blob: only the roles for blob data count, assigned on the
container, the account, the group or the subscription.  The rehearsal's own service principal is no exception.

https://learn.microsoft.com/azure/storage/blobs/assign-azure-role-data-access
"""

from __future__ import annotations

from simulator import tokens
from simulator.blobs.asked import Asked, Grant
from simulator.blobs.errors import BlobError
from simulator.providers.authorization import RoleAssignment
from simulator.world import World

AUDIENCE = "https://storage.azure.com"
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
OWNER = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
LETTERS = {READER: "rlk", CONTRIBUTOR: "racwdxltmek", OWNER: "racwdxltmeopik"}


def grant(asked: Asked, token: str) -> Grant:
    """Check a bearer token and return what the roles of its owner allow.

    Raises:
        BlobError: 401 InvalidAuthenticationInfo with the challenge; 403 where no role is assigned.
    """
    claims = tokens.claims_of(asked.world, token)
    audiences = {AUDIENCE, f"https://{asked.host}"}
    if (
        claims is None
        or claims.get("exp", 0) < asked.world.now()
        or str(claims.get("aud", "")).rstrip("/") not in audiences
    ):
        raise challenge(asked.world, "InvalidAuthenticationInfo")
    who = str(claims.get("oid", "")).lower()
    letters = letters_of(asked, who)
    if not letters:
        raise BlobError("AuthorizationPermissionMismatch")
    return Grant(letters, who=who)


def letters_of(asked: Asked, who: str) -> str:
    """Return what a principal may do here, as letters of a SAS, ``k`` for a user delegation key."""
    account = asked.account.key if asked.account else ""
    here = (
        f"{account}/blobservices/default/containers/{asked.container}/" if asked.container else f"{account}/"
    )
    found: set[str] = set()
    for one in asked.state.everything(RoleAssignment.arm_type):
        given = one.body["properties"]
        scope = str(given["scope"]).lower().rstrip("/") + "/"
        role = str(given["roleDefinitionId"]).rsplit("/", 1)[-1].lower()
        if given["principalId"] == who and here.startswith(scope):
            found |= set(LETTERS.get(role, ""))
    return "".join(sorted(found))


def challenge(world: World, code: str) -> BlobError:
    """Make the 401 that tells a client where to get a token."""
    where = f"{world.endpoint}/{world.tenant_id}/oauth2/authorize"
    return BlobError(
        code, headers={"WWW-Authenticate": f"Bearer authorization_uri={where} resource_id={AUDIENCE}"}
    )
