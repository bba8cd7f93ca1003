"""Containers: the same resources that ARM makes below the account, reached by the data plane.

https://learn.microsoft.com/rest/api/storageservices/operations-on-containers
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from simulator.blobs import conditions, content, leases, markup
from simulator.blobs.asked import Answer, Asked
from simulator.blobs.conditions import http_date
from simulator.blobs.errors import BlobError, bad_header
from simulator.providers.machinelearning.datastores import FIRST, Datastore
from simulator.providers.storage_services import make_container
from simulator.state import Resource, State

PUBLIC = {"": "None", "blob": "Blob", "container": "Container"}


def path_of(account: Resource, name: str) -> str:
    """Return the resource ID of a container."""
    return f"{account.id}/blobServices/default/containers/{name}"


def find(asked: Asked, account: Resource) -> Resource | None:
    """Return the container of a request.

    Those that a workspace's first datastores name are there from the start, as on Azure; here they are made when
    somebody first asks for them.
    """
    found = asked.state.get(path_of(account, asked.container))
    if found is None and asked.container in planned(asked.state, account):
        found = make_container(asked.world, account, asked.container, {})
    return found


def planned(state: State, account: Resource) -> set[str]:
    """Return the containers that workspaces have in an account, made or not."""
    found = set()
    for one in state.everything(Datastore.arm_type):
        given = one.body["properties"]
        if (
            one.name in FIRST
            and given["accountName"] == account.name
            and given["datastoreType"] == "AzureBlob"
        ):
            found.add(str(given["containerName"]))
    return found


def create(asked: Asked) -> Answer:
    """Create Container."""
    if asked.shelf is not None:
        raise BlobError("ContainerAlreadyExists")
    properties: dict[str, Any] = {"publicAccess": _public(asked)}
    if found := content.metadata(asked):
        properties["metadata"] = found
    return Answer(201, stamps(make_container(asked.world, _account(asked), asked.container, properties)))


def properties(asked: Asked) -> Answer:
    """Get Container Properties, and Get Container Metadata."""
    shelf = _shelf(asked)
    leases.require(asked, shelf.hidden.get("lease"), "Container", writing=False)
    known = shelf.body["properties"]
    out = stamps(shelf) | content.meta_headers(known.get("metadata") or {})
    if asked.query.get("comp") == "metadata":
        return Answer(200, out)
    out |= leases.headers(shelf.hidden.get("lease"), asked.world.now()) | _public_header(shelf)
    out |= {
        "x-ms-has-immutability-policy": str(bool(known["hasImmutabilityPolicy"])).lower(),
        "x-ms-has-legal-hold": str(bool(known["hasLegalHold"])).lower(),
        "x-ms-immutable-storage-with-versioning-enabled": "false",
        "x-ms-default-encryption-scope": "$account-encryption-key",
        "x-ms-deny-encryption-scope-override": "false",
    }
    return Answer(200, out)


def set_metadata(asked: Asked) -> Answer:
    """Set Container Metadata."""
    shelf = _for_write(asked, must_hold=False)
    return _changed(asked, shelf, {"metadata": content.metadata(asked)})


def remove(asked: Asked) -> Answer:
    """Delete Container: at once, with all that is in it."""
    shelf = _for_write(asked)
    known = shelf.body["properties"]
    if known["hasLegalHold"] or known["hasImmutabilityPolicy"]:
        raise BlobError(
            "ContainerProtectedFromDeletion", "The container is protected from deletion.", status=409
        )
    asked.state.remove(shelf.id)
    return Answer(202)


def get_acl(asked: Asked) -> Answer:
    """Get Container ACL: public access, and no stored policies."""
    shelf = _shelf(asked)
    body = markup.document(markup.tag("SignedIdentifiers"))
    return Answer(200, stamps(shelf) | _public_header(shelf) | {"Content-Type": "application/xml"}, body)


def set_acl(asked: Asked) -> Answer:
    """Set Container ACL: public access only; a stored policy is refused, since no SAS would find it."""
    shelf = _for_write(asked, must_hold=False)
    if asked.body.strip() and len(markup.read(asked.body, "SignedIdentifiers")):
        raise BlobError("NotImplemented", "The rehearsal's blob storage has no stored access policies.")
    return _changed(asked, shelf, {"publicAccess": _public(asked)})


def lease(asked: Asked) -> Answer:
    """Lease Container."""
    shelf = _shelf(asked)
    now, status, headers = leases.act(asked, shelf.hidden.get("lease"))
    shelf.hidden["lease"] = now
    held = leases.is_held(now, asked.world.now())
    shelf.body["properties"] |= {
        "leaseStatus": "Locked" if held else "Unlocked",
        "leaseState": leases.state_of(now, asked.world.now()).capitalize(),
    }
    asked.state.put(shelf)
    return Answer(status, stamps(shelf) | headers)


def stamps(shelf: Resource) -> dict[str, str]:
    """Return ETag and Last-Modified of a container."""
    return {"ETag": shelf.body["etag"], "Last-Modified": http_date(modified(shelf))}


def modified(shelf: Resource) -> float:
    """Return when a container was last changed."""
    return datetime.fromisoformat(shelf.body["properties"]["lastModifiedTime"]).timestamp()


def _changed(asked: Asked, shelf: Resource, properties: dict[str, Any]) -> Answer:
    """Write properties through ARM's own type, so that both planes show the same."""
    given = {**shelf.request.get("properties", {}), **properties}
    kept = {key: shelf.body["properties"][key] for key in ("leaseStatus", "leaseState")}
    new = make_container(asked.world, _account(asked), shelf.name, given)
    new.body["properties"] |= kept
    asked.state.put(new)
    return Answer(200, stamps(new))


def _for_write(asked: Asked, must_hold: bool = True) -> Resource:
    shelf = _shelf(asked)
    leases.require(asked, shelf.hidden.get("lease"), "Container", writing=must_hold)
    conditions.check(asked, shelf.body["etag"], modified(shelf))
    return shelf


def _shelf(asked: Asked) -> Resource:
    if asked.shelf is None:
        raise BlobError("ContainerNotFound")
    return asked.shelf


def _account(asked: Asked) -> Resource:
    if asked.account is None:
        raise BlobError("ResourceNotFound")
    return asked.account


def _public(asked: Asked) -> str:
    given = asked.header("x-ms-blob-public-access").lower()
    if given not in PUBLIC:
        raise bad_header("x-ms-blob-public-access", given)
    if given and _account(asked).body["properties"].get("allowBlobPublicAccess") is not True:
        raise BlobError("PublicAccessNotPermitted")
    return PUBLIC[given]


def _public_header(shelf: Resource) -> dict[str, str]:
    given = str(shelf.body["properties"].get("publicAccess", "None")).lower()
    return {"x-ms-blob-public-access": given} if given in {"blob", "container"} else {}
