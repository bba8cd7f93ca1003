"""What comes before any resource: tokens, versions, names, and bodies that no provider should ever see."""

from __future__ import annotations

import json
import threading
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, DeviceCodeCredential

from tests.simulator.conftest import Running

HERE = {"location": "westeurope"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}"]
)
@pytest.mark.parametrize(
    "path", ["/subscriptions", "/_simulator/resources", "/device", "/metadata/endpoints"]
)
def test_foreign_host_is_refused(simulator: Running, host: str, path: str) -> None:
    """A page that rebinds its name to 127.0.0.1 gets nothing, on any route."""
    port = simulator.ready["endpoint"].rsplit(":", 1)[1]
    answer = simulator.raw("GET", path, headers={"Host": host.format(port=port)})
    assert (answer.status, answer.code) == (400, "InvalidHost")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "st1.sim.localhost"])
def test_own_names_are_let_in(simulator: Running, host: str) -> None:
    """Loopback, localhost and every name under it."""
    port = simulator.ready["endpoint"].rsplit(":", 1)[1]
    assert simulator.raw("GET", "/metadata/endpoints", headers={"Host": f"{host}:{port}"}).status == 200


def test_missing_and_bad_tokens(simulator: Running) -> None:
    """401 with the challenge that clients look for."""
    path = "/subscriptions?api-version=2022-12-01"
    missing = simulator.raw("GET", path)
    assert (missing.status, missing.code) == (401, "AuthenticationFailed")
    assert missing.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    assert (
        simulator.raw("GET", path, headers={"Authorization": "Bearer x.y.z"}).code
        == "InvalidAuthenticationToken"
    )
    forged = simulator.token()[:-4] + "AAAA"
    assert simulator.raw("GET", path, headers={"Authorization": f"Bearer {forged}"}).status == 401


def test_token_for_another_audience_is_refused(simulator: Running) -> None:
    """A token for storage does not open ARM."""
    ready = simulator.ready
    form = {
        "grant_type": "client_credentials",
        "client_id": ready["client_id"],
        "client_secret": ready["client_secret"],
    }
    form["scope"] = "https://storage.azure.com/.default"
    token = simulator.raw(
        "POST", f"/{ready['tenant_id']}/oauth2/v2.0/token", data=urlencode(form).encode(), headers=FORM
    )
    headers = {"Authorization": f"Bearer {token.body['access_token']}"}
    assert simulator.raw("GET", "/subscriptions?api-version=2022-12-01", headers=headers).code.endswith(
        "Audience"
    )


def test_wrong_secret(simulator: Running) -> None:
    """azure-identity says what Entra says: AADSTS7000215."""
    ready = simulator.ready
    credential = ClientSecretCredential(
        ready["tenant_id"],
        ready["client_id"],
        "wrong",
        authority=ready["endpoint"],
        disable_instance_discovery=True,
        connection_verify=ready["ca_bundle"],
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        credential.get_token(ready["endpoint"] + "/.default")


def test_device_code(simulator: Running) -> None:
    """Somebody opens the page, sends the code, and the client that has been waiting is signed in."""
    ready, seen = simulator.ready, {}

    def open_page(uri: str, code: str, expires: Any) -> None:
        seen["uri"] = uri
        page = simulator.raw("GET", f"/device?code={code}")
        assert code in page.body.decode()
        threading.Timer(
            0.3, lambda: simulator.raw("POST", "/device", data=f"code={code}".encode(), headers=FORM)
        ).start()

    credential = DeviceCodeCredential(
        client_id="04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        tenant_id=ready["tenant_id"],
        authority=ready["endpoint"],
        disable_instance_discovery=True,
        connection_verify=ready["ca_bundle"],
        prompt_callback=open_page,
    )
    record = credential.authenticate(scopes=[ready["endpoint"] + "/.default"])
    assert seen["uri"].endswith("/device")
    assert record.tenant_id == ready["tenant_id"]
    token = credential.get_token(ready["endpoint"] + "/.default").token
    headers = {"Authorization": f"Bearer {token}"}
    assert simulator.raw("GET", "/subscriptions?api-version=2022-12-01", headers=headers).status == 200


def test_device_page_refuses_unknown_codes_and_foreign_forms(simulator: Running) -> None:
    """A wrong code is said to be wrong; a form from another origin does nothing; nothing is echoed as markup."""
    assert simulator.raw("POST", "/device", data=b"code=NOPE", headers=FORM).status == 400
    foreign = simulator.raw(
        "POST", "/device", data=b"code=NOPE", headers={**FORM, "Origin": "https://evil.example"}
    )
    assert foreign.status == 403
    assert b"<script>" not in simulator.raw("GET", "/device?code=%22%3E%3Cscript%3E").body


def test_cloud_metadata(simulator: Running) -> None:
    """A list for azure-ai-ml's version, an object for azure-cli's."""
    assert isinstance(simulator.raw("GET", "/metadata/endpoints?api-version=2019-05-01").body, list)
    new = simulator.raw("GET", "/metadata/endpoints?api-version=2022-09-01").body
    assert new["authentication"]["loginEndpoint"] == simulator.ready["endpoint"]


def test_api_version(simulator: Running) -> None:
    """Missing, malformed, and older than the type."""
    token = {"Authorization": f"Bearer {simulator.token()}"}
    group = simulator.group()
    assert simulator.raw("GET", group, headers=token).code == "MissingApiVersionParameter"
    assert simulator.arm("GET", group, version="latest").code == "InvalidApiVersionParameter"
    path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-x"
    assert simulator.arm("GET", path, version="2010-01-01").code == "NoRegisteredProviderFound"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/subscriptions/00000000-0000-0000-0000-000000000000", 404, "SubscriptionNotFound"),
        ("GET", "{s}/resourceGroups/rg-none", 404, "ResourceGroupNotFound"),
        ("GET", "{g}/providers/Microsoft.Storage/storageAccounts/stnone", 404, "ResourceNotFound"),
        ("GET", "{g}/providers/Microsoft.Storage/nonsense/x", 404, "InvalidResourceType"),
        ("GET", "{g}/providers/Microsoft.Nonsense/a/b", 404, "InvalidResourceNamespace"),
        ("GET", "{s}/nonsense", 404, "NotFound"),
        ("GET", "/favicon.ico", 404, "NotFound"),
        ("POST", "{g}", 405, "MethodNotAllowed"),
        ("DELETE", "{s}/locations", 405, "MethodNotAllowed"),
        ("PUT", "{g}/providers/Microsoft.Storage/storageAccounts", 405, "MethodNotAllowed"),
        ("DELETE", "{g}/providers/Microsoft.Sql/servers/none/databases/x", 404, "ParentResourceNotFound"),
    ],
)  # fmt: skip
def test_wrong_addresses(simulator: Running, method: str, path: str, status: int, code: str) -> None:
    """Every wrong address has ARM's own answer, in its envelope."""
    answer = simulator.arm(method, path.format(s=simulator.subscription, g=simulator.group()))
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[]",
        b"null",
        b"",
        b'"x"',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"location": NaN}',
        b'{"a": "\\ud800"}',
        b'{"location": 7}',
    ],
)
def test_bodies_that_are_no_definition(simulator: Running, data: bytes) -> None:
    """400, never a traceback."""
    path = f"{simulator.group()}/providers/Microsoft.KeyVault/vaults/kv-body?api-version=2023-07-01"
    answer = simulator.raw("PUT", path, data=data, headers={"Authorization": f"Bearer {simulator.token()}"})
    assert answer.status == 400
    assert answer.code in {"InvalidRequestContent", "LocationRequired"}


def test_body_that_is_too_large(simulator: Running) -> None:
    """413 in the envelope."""
    path = f"{simulator.subscription}/resourceGroups/rg-big?api-version=2025-04-01"
    answer = simulator.raw(
        "PUT", path, data=b" " * (5 << 20), headers={"Authorization": f"Bearer {simulator.token()}"}
    )
    assert (answer.status, answer.code) == (413, "RequestContentTooLarge")


@pytest.mark.parametrize(
    ("where", "body", "says"),
    [
        ("Microsoft.KeyVault/vaults/kv-snake", {"properties": {"tenant_id": "x"}}, "tenant_id"),
        ("Microsoft.KeyVault/vaults/kv-sku", {"properties": {"tenantId": "x", "sku": {"name": "standard"}}}, "family"),
        ("Microsoft.Storage/storageAccounts/stsku", {"kind": "StorageV2", "sku": {"name": "Standard"}}, "Standard_LRS"),
        ("Microsoft.Storage/storageAccounts/stkind", {"sku": {"name": "Standard_LRS"}}, "kind"),
        ("Microsoft.Storage/storageAccounts/stbool",
         {"kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {"isHnsEnabled": "true"}}, "isHnsEnabled"),
        ("Microsoft.ContainerRegistry/registries/crsku", {"sku": {"name": "basic"}}, "Basic"),
        ("Microsoft.Insights/components/appi",
         {"kind": "web", "properties": {"application_type": "web"}}, "application_type"),
        ("Microsoft.OperationalInsights/workspaces/log-x", {"properties": {"retentionInDays": 9999}}, "retentionInDays"),
        ("Microsoft.MachineLearningServices/workspaces/mlw", {"properties": {}}, "identity"),
    ],
)  # fmt: skip
def test_bodies_are_read_strictly(simulator: Running, where: str, body: dict[str, Any], says: str) -> None:
    """A key that ARM does not know, a missing one, a wrong enum or type: 400 that names it."""
    answer = simulator.arm("PUT", f"{simulator.group()}/providers/{where}", {**HERE, **body})
    assert (answer.status, answer.code) == (400, "InvalidRequestContent")
    assert says in answer.body["error"]["message"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("resourceGroups/rg.", "InvalidResourceGroup"),
        ("resourceGroups/" + "r" * 91, "InvalidResourceGroup"),
        ("providers/Microsoft.Storage/storageAccounts/With-Hyphen", "AccountNameInvalid"),
        ("providers/Microsoft.Storage/storageAccounts/{taken}", "StorageAccountAlreadyTaken"),
        ("providers/Microsoft.KeyVault/vaults/kv--two", "VaultNameNotValid"),
        ("providers/Microsoft.KeyVault/vaults/{taken}", "VaultAlreadyExists"),
        ("providers/Microsoft.ContainerRegistry/registries/{taken}", "AlreadyInUse"),
        ("providers/Microsoft.Sql/servers/-sql", "InvalidServerName"),
        ("providers/Microsoft.OperationalInsights/workspaces/log", "InvalidParameter"),
        ("providers/Microsoft.MachineLearningServices/workspaces/m", "ValidationError"),
        ("providers/Microsoft.Insights/components/ends.", "InvalidResourceName"),
        ("providers/Microsoft.Insights/components/my-microsoft-app", "ReservedResourceName"),
        ("providers/Microsoft.KeyVault/vaults/login-kv", "ReservedResourceName"),
    ],
)  # fmt: skip
def test_names(simulator: Running, path: str, code: str) -> None:
    """Bad, reserved and taken names are refused with the provider's own code."""
    root = simulator.subscription if path.startswith("resourceGroups") else simulator.group()
    kind = path.removeprefix("providers/").rsplit("/", 1)[0]
    path = path.format(taken=simulator.ready["taken_names"].get(kind))
    answer = simulator.arm("PUT", f"{root}/{path}", {**HERE, "kind": "web", "sku": {"name": "x"}})
    assert answer.code == code
    assert answer.status in {400, 409}


def test_regions(simulator: Running) -> None:
    """No such region, a region without the type, another region than before; display names are good too."""
    group = simulator.group("rg-region")
    assert simulator.arm(
        "PUT", f"{simulator.subscription}/resourceGroups/rg-nowhere", {"location": "atlantis"}
    ).code == ("LocationNotAvailableForResourceGroup")
    assert simulator.arm("PUT", group, {"location": "eastus"}).code == "InvalidResourceGroupLocation"
    assert simulator.arm("PUT", group, {"location": "West Europe"}).status == 200
    path = f"{group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-india"
    answer = simulator.arm("PUT", path, {"location": "westindia"})
    assert (answer.status, answer.code) == (400, "LocationNotAvailableForResourceType")
    provider = simulator.arm(
        "GET", f"{simulator.subscription}/providers/Microsoft.MachineLearningServices"
    ).body
    places = next(
        one["locations"] for one in provider["resourceTypes"] if one["resourceType"] == "workspaces"
    )
    assert "West Europe" in places
    assert "West India" not in places
    full = simulator.arm(
        "GET", f"{simulator.subscription}/providers/Microsoft.Sql/locations/southindia/capabilities"
    ).body
    assert full["status"] == "Disabled"


def test_name_checks(simulator: Running) -> None:
    """Each provider answers in its own words; the journal does not hold questions."""
    root, before = f"{simulator.subscription}/providers/", len(simulator.writes())
    for kind, name in simulator.ready["taken_names"].items():
        for wanted, free in ((name, False), ("zz9free77", True), ("?", False)):
            namespace = kind.split("/")[0]
            body = {"name": wanted, "type": kind}
            answer = simulator.arm("POST", f"{root}{namespace}/checkNameAvailability", body).body
            assert answer["available" if namespace == "Microsoft.Sql" else "nameAvailable"] is free
            assert free or answer["message"]
    assert len(simulator.writes()) == before


def test_unregistered_namespace(simulator: Running) -> None:
    """A subscription that is not registered is told so, until it is."""
    root = f"{simulator.subscription}/providers/Microsoft.Insights"
    path = simulator.group() + "/providers/Microsoft.Insights/components/appi-reg"
    body = {**HERE, "kind": "web", "properties": {"Application_Type": "web"}}
    assert simulator.arm("POST", root + "/unregister").body["registrationState"] == "Unregistering"
    refused = simulator.arm("PUT", path, body)
    assert (refused.status, refused.code) == (409, "MissingSubscriptionRegistration")
    assert simulator.arm("POST", root + "/register").body["registrationState"] == "Registered"
    assert simulator.arm("PUT", path, body).status == 200


def test_lists_are_filtered_and_paged(simulator: Running) -> None:
    """The index of resources knows types; a list goes on at nextLink."""
    root = simulator.subscription
    accounts = simulator.arm(
        "GET", f"{root}/resources?$filter=resourceType eq 'Microsoft.Storage/storageAccounts'"
    ).body
    assert {"stshareddata", "stsharedlake", "stsharedprem"} <= {one["name"][:12] for one in accounts["value"]}
    assert all("properties" not in one for one in accounts["value"])
    assert simulator.arm("GET", f"{root}/resources?$filter=nonsense").code == "InvalidFilterInQueryString"
    seen, url = [], f"{root}/providers/Microsoft.Storage/storageAccounts?$top=2"
    while url:
        part = simulator.arm("GET", url).body
        seen += [one["name"] for one in part["value"]]
        url = part.get("nextLink", "")
    assert len(seen) == len(set(seen)) >= 4
    assert simulator.arm("GET", f"{root}/resourceGroups/rg-shared-data/resources").body["value"]


def test_seed_holds_good_and_unsuitable_ones(simulator: Running) -> None:
    """A fresh rehearsal has something to choose from, and something to refuse."""
    root = f"{simulator.subscription}/resourceGroups/rg-shared-data/providers/"
    components = simulator.arm("GET", root + "Microsoft.Insights/components").body["value"]
    based = {one["name"]: "WorkspaceResourceId" in one["properties"] for one in components}
    assert based == {"appi-shared": True, "appi-classic": False}
    assert simulator.arm("GET", root + "Microsoft.Sql/servers/sql-shared/databases/sales").status == 200
    states = {
        one["state"] for one in simulator.control("GET", "resources").body if "rg-shared-data" in one["id"]
    }
    assert states == {"Succeeded"}


def test_ids_of_a_request_come_back(simulator: Running) -> None:
    """The correlation id is the client's own where it gave one."""
    answer = simulator.arm("GET", simulator.group(), **{"x-ms-correlation-request-id": "my-run"})
    assert answer.headers["x-ms-correlation-request-id"] == "my-run"
    assert answer.headers["x-ms-request-id"]
    assert (
        simulator.arm("GET", simulator.subscription + "/resourceGroups/rg-none").headers["x-ms-failure-cause"]
        == "gateway"
    )


def test_read_only_properties_may_come_back(simulator: Running) -> None:
    """A GET's body can be sent as a PUT: what is read-only is passed over, as on Azure."""
    path = simulator.group() + "/providers/Microsoft.Insights/components/appi-echo"
    simulator.arm("PUT", path, {**HERE, "kind": "web", "properties": {"Application_Type": "web"}})
    found = simulator.arm("GET", path).body
    assert simulator.arm("PUT", path, json.loads(json.dumps(found))).status == 200


def test_group_names_in_any_script(simulator: Running) -> None:
    """Poll addresses and next links are ASCII, and lead back to the resource."""
    group = simulator.group(quote("rg-données-بيانات"))
    assert simulator.arm("GET", group).body["name"] == "rg-données-بيانات"
    login = {"administratorLogin": "gpadmin", "administratorLoginPassword": "Correct-Horse-1"}
    made = simulator.arm(
        "PUT", f"{group}/providers/Microsoft.Sql/servers/sql-script", {**HERE, "properties": login}
    )
    assert made.status == 202
    assert simulator.arm("GET", made.headers["Azure-AsyncOperation"]).body["status"] == "Succeeded"
    assert "rg-données-بيانات" in simulator.arm("GET", made.headers["Location"]).body["id"]
    link = simulator.arm("GET", f"{group}/providers/Microsoft.Sql/servers/sql-script/databases?$top=1")
    assert link.status == 200


def test_nothing_that_a_client_sends_is_a_failure_of_the_simulator(simulator: Running) -> None:
    """Many odd bodies for every type and verb: always ARM's envelope, never 500."""
    random = Random(4711)
    group = simulator.group()
    paths = [
        "Microsoft.Storage/storageAccounts/stfuzz", "Microsoft.KeyVault/vaults/kv-fuzz",
        "Microsoft.OperationalInsights/workspaces/log-fuzz", "Microsoft.Insights/components/appi-fuzz",
        "Microsoft.ContainerRegistry/registries/crfuzz", "Microsoft.Sql/servers/sql-fuzz",
        "Microsoft.Sql/servers/sql-fuzz/databases/d", "Microsoft.MachineLearningServices/workspaces/mlw-fuzz",
        "Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-00000000000a",
        "Microsoft.KeyVault/vaults/kv-fuzz/secrets/s", "Microsoft.Sql/servers/sql-fuzz/firewallRules/r",
        "Microsoft.Storage/checkNameAvailability", "Microsoft.Storage/storageAccounts/stfuzz/regenerateKey",
    ]  # fmt: skip
    for _ in range(400):
        body = {"location": "westeurope", **odd(random, 0)}
        method = random.choice(["PUT", "PATCH", "POST", "DELETE", "GET"])
        answer = simulator.arm(method, f"{group}/providers/{random.choice(paths)}", body)
        assert answer.status < 500, (method, body, answer)


def odd(random: Random, depth: int) -> dict[str, Any]:
    """Make a body of known keys with values that may be anything."""
    keys = ["location", "sku", "kind", "properties", "tags", "identity", "name", "type", "family", "tenantId"]
    keys += [
        "createMode",
        "storageAccount",
        "WorkspaceResourceId",
        "administratorLogin",
        "principalId",
        "value",
    ]
    keys += [
        "roleDefinitionId",
        "startIpAddress",
        "endIpAddress",
        "Application_Type",
        "accessPolicies",
        "keyName",
    ]
    plain: list[Any] = [
        None,
        0,
        -1.5,
        True,
        "",
        "x",
        "StorageV2",
        "Standard_LRS",
        "A",
        "standard",
        "web",
        [],
        [{}],
        "/a/b",
    ]
    plain += ["recover", "SystemAssigned", "0.0.0.0", "\u202e", "😀" * 300]
    return {
        random.choice(keys): odd(random, depth + 1)
        if depth < 3 and random.random() < 0.5
        else random.choice(plain)
        for _ in range(random.randrange(6))
    }
