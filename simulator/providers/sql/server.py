"""Logical SQL servers.  https://learn.microsoft.com/rest/api/sql/servers"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

from simulator import regions
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import matches
from simulator.operations import Operation
from simulator.providers.sql import older
from simulator.providers.sql.names import FULL_REGION, NAME_RULE, RESERVED_LOGINS, invalid_name, taken
from simulator.providers.sql.shared import OLDEST, SqlKind, begun, busy, style
from simulator.schema import Identity, Tracked, Wire
from simulator.state import Resource
from simulator.world import World, timestamp

#: Named here and not imported: a database knows its server, not the other way round.
DATABASES = "Microsoft.Sql/servers/databases"


class ServerProperties(Wire):
    """A server's settings."""

    administratorLogin: str | None = None
    administratorLoginPassword: str | None = None
    administrators: dict[str, Any] | None = None
    version: str | None = None
    minimalTlsVersion: Literal["None", "1.0", "1.1", "1.2", "1.3"] | None = None
    publicNetworkAccess: Literal["Enabled", "Disabled", "SecuredByPerimeter"] | None = None
    restrictOutboundNetworkAccess: Literal["Enabled", "Disabled"] | None = None
    primaryUserAssignedIdentityId: str | None = None
    keyId: str | None = None
    federatedClientId: str | None = None
    isIPv6Enabled: Literal["Enabled", "Disabled"] | None = None
    createMode: Literal["Normal", "Restore"] | None = None
    retentionDays: int | None = None


class ServerBody(Tracked):
    """What a PUT on a server may say."""

    properties: ServerProperties | None = None
    identity: Identity | None = None


class Server(SqlKind):
    """A logical SQL server.  Its password is checked, and kept nowhere."""

    arm_type = "Microsoft.Sql/servers"
    body = ServerBody
    api_versions = ("2014-04-01", "2026-12-31")
    state_key = "state"
    seconds = 75
    delete_seconds = 38
    deletion_rank = 5
    old_style = None
    actions = {"refreshexternalgovernancestatus": "refresh"}  # noqa: RUF012
    create_style = update_style = style("server", 1)
    delete_style = style("server", 15)
    verbs = {  # noqa: RUF012
        "create": "UpsertLogicalServer",
        "update": "UpsertLogicalServer",
        "delete": "DropLogicalServer",
    }

    def canonical_id(self, call: Call) -> str:
        """Return the ID with the name in lower case: servers are names in DNS."""
        head, _, name = super().canonical_id(call).rpartition("/")
        return f"{head}/{name.lower()}"

    def _new(self, call: Call) -> Resource:
        resource = super()._new(call)
        return replace(resource, name=resource.name.lower())

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name; one that is taken is found only when the work is done."""
        if not matches(NAME_RULE, name.lower()):
            raise ArmError(400, "InvalidServerName", invalid_name(name))

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Check login and password; return what only shows late: a taken name, a region that is full."""
        properties = body.properties or ServerProperties()
        _check_login(properties, existing)
        if properties.administratorLoginPassword is not None:
            _check_password(properties.administratorLoginPassword, properties.administratorLogin or "")
        if existing is not None:
            return None
        name, location = call.address.name.lower(), regions.normal(body.location or "")
        if taken(call, name):
            return ArmError(
                409, "NameAlreadyExists", f"The name '{name}' already exists. Choose a different name."
            )
        if location == FULL_REGION or location in (call.state.note("scenario rules", "full") or []):
            message = f"Location '{regions.display_name(location)}' is not accepting creation of new Windows Azure SQL"
            return ArmError(
                400, "RegionDoesNotAllowProvisioning", f"{message} Database servers at this time."
            )
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the server is being made or changed."""
        return busy("Server", f"server '{resource.name}'")

    def state_word(self, state: str) -> str:
        """Say Ready, as servers do."""
        return "Ready" if state == "Succeeded" else state

    def seen(self, call: Call, resource: Resource) -> dict[str, Any]:
        """Say it in the words of 2014-04-01 to whoever asks with that version."""
        body = self.view(resource)
        if call.api_version == OLDEST:
            return older.server(resource, body)
        if call.api_version > "2024-06":  # how long a deleted server can be restored: not at all
            body["properties"].setdefault("retentionDays", -1)
        return body

    def refresh(self, call: Call, resource: Resource) -> Reply:
        """Ask Purview anew whether it governs the server."""
        way = style("refreshExternalGovernanceStatus", 1)
        return begun(call, resource, way, "RefreshExternalGovernanceStatus")

    def gone(self, call: Call, operation: Operation) -> Reply:
        """Show how a refresh went."""
        server = call.state.get(operation.resource)
        if server is None or operation.action != "RefreshExternalGovernanceStatus":
            return super().gone(call, operation)
        told = {"requestId": operation.id, "requestType": operation.action, "serverName": server.name}
        told |= {"queuedTime": timestamp(operation.started), "status": "Completed", "errorMessage": ""}
        kind = f"{self.arm_type}/refreshExternalGovernanceStatus"
        return Reply(200, {"id": server.id, "name": operation.id, "type": kind, "properties": told})

    def remembered(self, request: dict[str, Any]) -> dict[str, Any]:
        """Forget the password."""
        kept = {key: value for key, value in request.get("properties", {}).items() if "Password" not in key}
        return {**request, "properties": kept}

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults and the server's address, and take the password out."""
        given = {key: value for key, value in body["properties"].items() if "Password" not in key}
        login = before.get("properties", {}).get("administratorLogin")
        if login and "administratorLogin" not in given:
            given["administratorLogin"] = login
        defaults = {
            "version": "12.0",
            "privateEndpointConnections": [],
            "minimalTlsVersion": "1.2",
            "publicNetworkAccess": "Enabled",
            "restrictOutboundNetworkAccess": "Disabled",
            "externalGovernanceStatus": "Disabled",
        }
        if isinstance(given.get("administrators"), dict):
            known = {"administratorType": "ActiveDirectory", "tenantId": call.world.tenant_id}
            given["administrators"] = known | {"azureADOnlyAuthentication": False} | given["administrators"]
        elif "administrators" in before.get("properties", {}):
            given["administrators"] = before["properties"]["administrators"]
        address = {"fullyQualifiedDomainName": f"{resource.name}.database.windows.net"}
        body["properties"] = defaults | given | address
        body["kind"] = "v12.0"
        body.pop("systemData")
        if "identity" in body:
            body["identity"] = call.world.identity(body["identity"], resource.id)

    def created(self, world: World, resource: Resource) -> None:
        """Add the master database, as every server has one, and the administrator that came with the server."""
        if "administrators" in resource.body["properties"]:
            _add_administrator(world, resource)
        master = f"{resource.id}/databases/master"
        sku = {"name": "System", "tier": "System", "capacity": 0}
        body = {
            "id": master,
            "name": "master",
            "type": DATABASES,
            "location": resource.location,
            "sku": sku,
        }
        region = regions.BY_NAME.get(resource.location)
        properties = {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 32212254720,
            "databaseId": world.fixed_id(master.lower()),
            "creationDate": timestamp(world.now()),
            "currentServiceObjectiveName": "System0",
            "requestedServiceObjectiveName": "System0",
            "defaultSecondaryLocation": region.paired if region else "",
            "zoneRedundant": False,
            "readScale": "Disabled",
            "currentSku": sku,
            "currentBackupStorageRedundancy": "Geo",
            "requestedBackupStorageRedundancy": "Geo",
            "maintenanceConfigurationId": f"/subscriptions/{resource.id.split('/')[2]}/providers/Microsoft.Maintenance"
            "/publicMaintenanceConfigurations/SQL_Default",
            "isLedgerOn": False,
            "isInfraEncryptionEnabled": False,
            "availabilityZone": "NoPreference",
            "readReplicaCount": 0,
        }
        body |= {"kind": "v12.0,system", "managedBy": resource.id, "properties": properties}
        world.state.put(Resource(master, DATABASES.lower(), "master", "Succeeded", body, created=world.now()))


def _add_administrator(world: World, server: Resource) -> None:
    kind, name = "Microsoft.Sql/servers/administrators", "ActiveDirectory"
    where, given = f"{server.id}/administrators/{name}", server.body["properties"]["administrators"]
    body = {"id": where, "name": name, "type": kind, "properties": given}
    asked = {"properties": given}
    world.state.put(Resource(where, kind.lower(), name, "Succeeded", body, asked, created=world.now()))
    if given.get("azureADOnlyAuthentication") is True:
        kind, name = "Microsoft.Sql/servers/azureADOnlyAuthentications", "Default"
        where, alone = f"{server.id}/azureADOnlyAuthentications/{name}", {"azureADOnlyAuthentication": True}
        body = {"id": where, "name": name, "type": kind, "properties": alone}
        asked = {"properties": alone}
        world.state.put(Resource(where, kind.lower(), name, "Succeeded", body, asked, created=world.now()))


def _check_login(properties: ServerProperties, existing: Resource | None) -> None:
    login, before = (
        properties.administratorLogin,
        existing.body["properties"].get("administratorLogin") if existing else None,
    )
    if before is not None and login not in {None, before}:
        raise ArmError(400, "InvalidParameterValue", "The property 'administratorLogin' cannot be changed.")
    if (
        existing is None
        and properties.administrators is None
        and (login is None or not properties.administratorLoginPassword)
    ):
        message = "Invalid value given for parameter Login or Password. Specify a valid parameter value."
        raise ArmError(400, "InvalidParameterValue", message)
    if login is not None and (
        login.lower() in RESERVED_LOGINS or not matches(r"[A-Za-z_][\w.-]{0,127}", login)
    ):
        message = f"'{login}' is not a valid login name. Server admin names cannot be reserved words or begin with a digit."
        raise ArmError(400, "InvalidParameterValue", message)


def _check_password(password: str, login: str) -> None:
    """Ask for what Azure asks: 8-128 characters of three kinds out of four, without the login in it."""
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]"))
    if 8 <= len(password) <= 128 and kinds >= 3 and not (login and login.lower() in password.lower()):
        return
    message = "Password validation failed. The password does not meet policy requirements because it is not complex enough."
    raise ArmError(400, "PasswordNotComplex", message)
