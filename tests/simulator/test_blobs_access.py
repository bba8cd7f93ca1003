"""Who may read and write blobs: keys, signatures, tokens with roles, and what the account's settings shut out."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, generate_blob_sas, generate_container_sas

from simulator.blobs.bearer import CONTRIBUTOR, READER
from tests.simulator import blobs
from tests.simulator.conftest import Running

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def account(simulator: Running) -> Iterator[blobs.Account]:
    """An account with one blob in it."""
    with blobs.loopback_names():
        made = blobs.account(simulator)
        made.client().create_container("data").upload_blob("one", b"1")
        yield made


def code(act: Any, *given: Any, **named: Any) -> tuple[int, str]:
    """Return status and error code of a call that fails, or 200 and nothing."""
    try:
        act(*given, **named)
    except HttpResponseError as error:
        assert error.response is not None
        return error.status_code or 0, str(error.response.headers.get("x-ms-error-code", ""))
    return 200, ""


def read(client: BlobServiceClient) -> tuple[int, str]:
    """Try to read the blob."""
    return code(client.get_blob_client("data", "one").download_blob)


def write(client: BlobServiceClient, name: str = "new", **more: Any) -> tuple[int, str]:
    """Try to write a blob."""
    return code(client.get_blob_client("data", name).upload_blob, b"x", **more)


def signed(account: blobs.Account, text: str) -> BlobServiceClient:
    """Return a client by a signature."""
    return account.client(AzureSasCredential(text))


def test_key_that_was_made_anew(account: blobs.Account) -> None:
    """A key that was regenerated opens nothing any more, nor does what it signed; the other goes on."""
    old, other = account.keys()
    by_old = account.client({"account_name": account.name, "account_key": old})
    by_other = account.client({"account_name": account.name, "account_key": other})
    by_sas = signed(account, blobs.sas(account))
    assert read(by_old) == read(by_other) == read(by_sas) == (200, "")
    answer = account.simulator.arm(
        "POST", f"{account.path}/regenerateKey", {"keyName": "key1"}, version=blobs.VERSION
    )
    assert answer.status == 200
    assert read(by_old) == read(by_sas) == (403, "AuthenticationFailed")
    assert read(by_other) == (200, "")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"hours": -1}, (403, "AuthenticationFailed")),
        ({"start": NOW + HOUR / 2}, (403, "AuthenticationFailed")),
        ({"permission": "l"}, (403, "AuthorizationPermissionMismatch")),
        ({"levels": "sc"}, (403, "AuthorizationResourceTypeMismatch")),
        ({"ip": "10.1.2.3"}, (403, "AuthorizationSourceIPMismatch")),
        ({"ip": "127.0.0.0-127.0.0.9", "protocol": "https"}, (200, "")),
    ],
)
def test_account_signatures(account: blobs.Account, options: Any, expected: tuple[int, str]) -> None:
    """Each part of an account's signature is looked at."""
    assert read(signed(account, blobs.sas(account, **options))) == expected


def test_signature_that_was_changed(account: blobs.Account) -> None:
    """More permissions than were signed open nothing."""
    text = blobs.sas(account, permission="r").replace("sp=r", "sp=rw")
    assert write(signed(account, text)) == (403, "AuthenticationFailed")


def test_signature_that_may_create_but_not_replace(account: blobs.Account) -> None:
    """The letter c makes a blob once."""
    client = signed(account, blobs.sas(account, permission="c"))
    assert write(client, "made-once") == (200, "")
    assert write(client, "made-once", overwrite=True) == (403, "UnauthorizedBlobOverwrite")


def test_signatures_of_one_container_or_blob(account: blobs.Account) -> None:
    """They open what they name, for as long and as far as they say, and nothing beside it."""
    key, until = account.keys()[0], NOW + HOUR
    here = signed(account, generate_container_sas(account.name, "data", key, permission="rl", expiry=until))
    assert read(here) == (200, "")
    assert [one.name for one in here.get_container_client("data").list_blobs()][-1] == "one"
    assert code(here.get_container_client("data").get_container_properties) == (403, "AuthorizationFailure")
    assert (
        code(here.get_container_client("other").get_blob_client("x").download_blob)[1]
        == "AuthenticationFailed"
    )
    text = generate_blob_sas(
        account.name,
        "data",
        "one",
        account_key=key,
        permission="r",
        expiry=until,
        content_type="text/special",
    )
    found = signed(account, text).get_blob_client("data", "one").download_blob()
    assert found.properties.content_settings.content_type == "text/special"
    assert code(signed(account, text).get_blob_client("data", "two").download_blob)[0] == 403
    broken = generate_blob_sas(
        account.name, "data", "one", account_key=key, permission="r", expiry=until, content_type="a\r\nX: y"
    )
    assert read(signed(account, broken)) == (403, "AuthenticationFailed")


def test_tokens_need_a_data_role(account: blobs.Account) -> None:
    """Who may do everything in ARM still reads no blob, as on Azure, until a role for data is assigned."""
    client = account.client(account.simulator.credential())
    assign(account, CONTRIBUTOR, blobs.account(account.simulator).path)
    assert read(client) == (403, "AuthorizationPermissionMismatch")
    assign(account, READER, f"{account.path}/blobServices/default/containers/data")
    assert read(client) == (200, "")
    assert write(client) == (403, "AuthorizationPermissionMismatch")
    assert code(client.create_container, "other") == (403, "AuthorizationPermissionMismatch")
    name = assign(account, CONTRIBUTOR, account.path)
    assert write(client, "by-token") == (200, "")
    assert code(client.create_container, "other") == (200, "")
    text = generate_blob_sas(
        account.name, "data", "one", permission="r", expiry=NOW + HOUR,
        user_delegation_key=client.get_user_delegation_key(NOW, NOW + HOUR),
    )  # fmt: skip
    assert read(signed(account, text)) == (200, "")
    revoke = f"{account.path}/revokeUserDelegationKeys"
    assert account.simulator.arm("POST", revoke, version=blobs.VERSION).status == 200
    assert read(signed(account, text)) == (403, "AuthenticationFailed")
    account.simulator.arm("DELETE", name, version="2022-04-01")
    assert write(client, "by-token", overwrite=True) == (403, "AuthorizationPermissionMismatch")


def test_token_for_somebody_else(account: blobs.Account) -> None:
    """ARM's token opens no blob, and the answer says where to get the right one."""
    answer = account.simulator.raw(
        "GET", "/data/one",
        headers={"Host": account.host, "Authorization": f"Bearer {account.simulator.token()}", "x-ms-version": "2023-11-03"},
    )  # fmt: skip
    assert (answer.status, answer.headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
    assert "resource_id=https://storage.azure.com" in answer.headers["WWW-Authenticate"]


def test_nobody_in_particular(account: blobs.Account) -> None:
    """Without credentials nothing is told, unless account and container are public."""
    headers = {"Host": account.host, "x-ms-version": "2023-11-03"}
    asked = account.simulator.raw("GET", "/data/one", headers=headers)
    assert (asked.status, asked.headers["x-ms-error-code"]) == (401, "NoAuthenticationInformation")
    plain = account.simulator.raw("GET", "/data/one", headers={"Host": account.host})
    assert (plain.status, plain.headers["x-ms-error-code"]) == (409, "PublicAccessNotPermitted")
    other = blobs.account(account.simulator, allowBlobPublicAccess=True)
    other.client().create_container("open", public_access="blob").upload_blob("one", b"1")
    other.client().create_container("shut").upload_blob("one", b"1")
    answers = [
        other.simulator.raw("GET", f"/{name}/one", headers={"Host": other.host}) for name in ("open", "shut")
    ]
    assert [(one.status, one.headers["x-ms-error-code"]) for one in answers] == [
        (200, None),
        (404, "ResourceNotFound"),
    ]


def test_what_the_account_shuts_out(simulator: Running) -> None:
    """Keys that are switched off, and networks that are kept out."""
    with blobs.loopback_names():
        account = blobs.account(simulator)
        account.client().create_container("data").upload_blob("one", b"1")
        account.change(allowSharedKeyAccess=False)
        shut = (403, "KeyBasedAuthenticationNotPermitted")
        assert read(account.client()) == read(signed(account, blobs.sas(account))) == shut
        account.change(allowSharedKeyAccess=True, networkAcls={"defaultAction": "Deny"})
        assert read(account.client()) == (403, "AuthorizationFailure")
        account.change(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "127.0.0.1"}]})
        assert read(account.client()) == (200, "")


def test_account_that_is_not_there(account: blobs.Account) -> None:
    """A name that no account has answers 404 whatever the credentials."""
    ghost = blobs.Account(account.simulator, account.path, "stnobody")
    with pytest.raises(ResourceNotFoundError, match="ResourceNotFound"):
        ghost.client().get_service_properties()


def assign(account: blobs.Account, role: str, scope: str) -> str:
    """Assign a role to the rehearsal's service principal, and return the assignment's ID."""
    claims = account.simulator.token().split(".")[1]
    who = json.loads(base64.urlsafe_b64decode(claims + "=="))["oid"]
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    definition = f"{account.simulator.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}"
    body = {"properties": {"roleDefinitionId": definition, "principalId": who}}
    answer = account.simulator.arm("PUT", path, body, version="2022-04-01")
    assert answer.status == 201, answer.body
    return path
