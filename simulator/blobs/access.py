"""Who may do what: networks first, then whichever credentials a request brings."""

from __future__ import annotations

from simulator.blobs import bearer, sas, shared_key
from simulator.blobs.asked import Asked, Grant
from simulator.blobs.errors import BlobError
from simulator.state import Resource

#: The levels of a SAS for a container: objects, and the container only for what its permissions name.
LIST, DELETE_CONTAINER = "l", "d"


def authenticate(asked: Asked, account: Resource) -> Grant:
    """Return what the request's credentials allow.

    Raises:
        BlobError: 401, 403, 404 or 409, as Azure answers each.
    """
    _check_network(asked, account)
    scheme, _, value = asked.header("authorization").partition(" ")
    by_key = account.body["properties"].get("allowSharedKeyAccess") is not False
    if scheme.lower() == "sharedkey":
        _require_keys(by_key)
        return shared_key.grant(asked, account, value.strip())
    if scheme.lower() == "bearer":
        return bearer.grant(asked, value.strip())
    if scheme:
        raise BlobError(
            "AuthenticationFailed", f"The authorization scheme '{scheme}' is not supported.", status=400
        )
    if "sig" in asked.query:
        _require_keys(by_key or "skoid" in asked.query)
        found = sas.grant(asked, account)
        if "skoid" in asked.query:
            found.letters = "".join(set(found.letters) & set(bearer.letters_of(asked, found.who.lower())))
        return found
    return _anonymous(asked, account)


def require(asked: Asked, any_of: str, level: str) -> None:
    """Refuse a request whose credentials do not allow one of the letters at this level.

    Raises:
        BlobError: 403 with the code that tells which part is missing.
    """
    grant = asked.grant
    if grant.full:
        return
    if level not in grant.levels:
        # A container's own SAS lists it, but neither makes it nor reads its properties.
        if level != "c" or "C" not in grant.levels:
            raise BlobError(
                "AuthorizationResourceTypeMismatch" if "C" not in grant.levels else "AuthorizationFailure"
            )
        if any_of not in {LIST, DELETE_CONTAINER}:
            raise BlobError("AuthorizationFailure")
    if not set(any_of) & set(grant.letters):
        raise BlobError("AuthorizationPermissionMismatch")


def _require_keys(allowed: bool) -> None:
    if not allowed:
        raise BlobError("KeyBasedAuthenticationNotPermitted")


def _check_network(asked: Asked, account: Resource) -> None:
    """Refuse what the account's firewall keeps out."""
    properties = account.body["properties"]
    rules = properties.get("networkAcls") or {}
    addresses = {str(one.get("value")) for one in rules.get("ipRules") or []}
    closed = rules.get("defaultAction") == "Deny" and asked.client not in addresses
    if closed or properties.get("publicNetworkAccess") in {"Disabled", "SecuredByPerimeter"}:
        raise BlobError("AuthorizationFailure")


def _anonymous(asked: Asked, account: Resource) -> Grant:
    """Let a public blob be read; otherwise ask for credentials, or say that there is nothing, as Azure does."""
    shown = asked.shelf.body["properties"].get("publicAccess") if asked.shelf else "None"
    public = account.body["properties"].get("allowBlobPublicAccess") is True
    if (
        public
        and asked.method in {"GET", "HEAD"}
        and (shown == "Container" or (shown == "Blob" and asked.level == "o"))
    ):
        return Grant("rl", "oc")
    if asked.header("x-ms-version") >= "2019-12-12":
        raise bearer.challenge(asked.world, "NoAuthenticationInformation")
    raise BlobError("ResourceNotFound" if public else "PublicAccessNotPermitted")
