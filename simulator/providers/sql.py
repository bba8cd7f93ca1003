"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from __future__ import annotations

import ipaddress
import re
import uuid
from typing import Any, ClassVar, Literal

from simulator import regions
from simulator.address import Address
from simulator.call import Call, Reply
from simulator.errors import ArmError
from simulator.kinds import Kind, matches
from simulator.namespaces import Namespace
from simulator.operations import Operation, Style
from simulator.schema import Identity, Tracked, Wire, read
from simulator.state import Resource
from simulator.world import TAKEN_NAMES, timestamp

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


class SqlKind(Kind):
    """What servers and databases have in common: 202 with both poll addresses, and a body of their own."""

    noun: ClassVar[str] = ""
    create_status = update_status = delete_status = 202
    verbs: ClassVar[dict[str, str]] = {}

    def accepted(self, call: Call, action: str, resource: Resource, operation: Operation) -> Any:
        """Answer what SQL answers when it accepts work."""
        return {"operation": self.verbs[action], "startTime": timestamp(operation.started)}

    def status_body(self, operation: Operation) -> dict[str, Any]:
        """Answer a poll as SQL does: always 200, with the error inside where it failed."""
        body: dict[str, Any] = {"name": operation.id, "status": operation.state}
        body["startTime"] = timestamp(operation.started)
        if operation.error and operation.state == "Failed":
            body["error"] = operation.error
        return body

    def finish(self, world: Any, operation: Operation) -> None:
        """Leave nothing behind of a creation that failed."""
        if operation.error and operation.action == "create":
            world.state.remove(operation.resource)
            return
        super().finish(world, operation)

    def missing(self, address: Address) -> ArmError:
        """Return SQL's own 404."""
        message = (
            f"The requested resource of type '{self.arm_type}' with name '{address.name}' was not found."
        )
        return ArmError(404, "ResourceNotFound", message)


def _style(noun: str) -> Style:
    root = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Sql/locations/{location}"
    return Style(f"{root}/{noun}AzureAsyncOperation/{{id}}", f"{root}/{noun}OperationResults/{{id}}", 15)


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
    create_style = update_style = delete_style = _style("server")
    verbs = {  # noqa: RUF012
        "create": "UpsertLogicalServer",
        "update": "UpsertLogicalServer",
        "delete": "DropLogicalServer",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name; one that is taken is found only when the work is done."""
        if not matches(NAME_RULE, name):
            raise ArmError(400, "InvalidServerName", _invalid_name(name))

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Check login and password; return what only shows late: a taken name, a region that is full."""
        properties = body.properties or ServerProperties()
        _check_login(properties, existing)
        if properties.administratorLoginPassword is not None:
            _check_password(properties.administratorLoginPassword, properties.administratorLogin or "")
        if existing is not None:
            return None
        name, location = call.address.name, regions.normal(body.location or "")
        if taken(call, name):
            return ArmError(
                409, "NameAlreadyExists", f"The name '{name}' already exists. Choose a different name."
            )
        if location == FULL_REGION:
            message = f"Location '{regions.display_name(location)}' is not accepting creation of new Windows Azure SQL"
            return ArmError(
                400, "RegionDoesNotAllowProvisioning", f"{message} Database servers at this time."
            )
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the server is being made or changed."""
        return _busy("Server", f"server '{resource.name}'")

    def state_word(self, state: str) -> str:
        """Say Ready, as servers do."""
        return "Ready" if state == "Succeeded" else state

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
        address = {"fullyQualifiedDomainName": f"{resource.name}.database.windows.net"}
        body["properties"] = defaults | given | address
        body["kind"] = "v12.0"
        body.pop("systemData")
        if "identity" in body:
            body["identity"] = call.world.identity(body["identity"], resource.id)

    def created(self, world: Any, resource: Resource) -> None:
        """Add the master database, as every server has one."""
        master = f"{resource.id}/databases/master"
        sku = {"name": "System", "tier": "System", "capacity": 0}
        body = {
            "id": master,
            "name": "master",
            "type": Database.arm_type,
            "location": resource.location,
            "sku": sku,
        }
        body |= {"kind": "v12.0,system", "properties": {"collation": "SQL_Latin1_General_CP1_CI_AS"}}
        world.state.put(
            Resource(master, Database.arm_type.lower(), "master", "Succeeded", body, created=world.now())
        )


class DatabaseSku(Wire):
    """A database's size."""

    name: str
    tier: str | None = None
    family: str | None = None
    capacity: int | None = None
    size: str | None = None


class DatabaseProperties(Wire):
    """A database's settings."""

    autoPauseDelay: int | None = None
    catalogCollation: str | None = None
    collation: str | None = None
    createMode: str | None = None
    elasticPoolId: str | None = None
    freeLimitExhaustionBehavior: Literal["AutoPause", "BillOverUsage"] | None = None
    highAvailabilityReplicaCount: int | None = None
    isLedgerOn: bool | None = None
    licenseType: Literal["LicenseIncluded", "BasePrice"] | None = None
    maintenanceConfigurationId: str | None = None
    maxSizeBytes: int | None = None
    minCapacity: float | None = None
    readScale: Literal["Enabled", "Disabled"] | None = None
    requestedBackupStorageRedundancy: Literal["Geo", "Local", "Zone", "GeoZone"] | None = None
    sampleName: Literal["AdventureWorksLT", "WideWorldImportersStd", "WideWorldImportersFull"] | None = None
    secondaryType: str | None = None
    sourceDatabaseId: str | None = None
    useFreeLimit: bool | None = None
    zoneRedundant: bool | None = None


class DatabaseBody(Tracked):
    """What a PUT on a database may say."""

    sku: DatabaseSku | None = None
    properties: DatabaseProperties | None = None
    identity: Identity | None = None


class Database(SqlKind):
    """A database on a server."""

    arm_type = "Microsoft.Sql/servers/databases"
    body = DatabaseBody
    api_versions = ("2014-04-01", "2026-12-31")
    state_key = "status"
    seconds = 45
    delete_seconds = 20
    deletion_rank = 3
    create_style = update_style = delete_style = _style("database")
    verbs = {  # noqa: RUF012
        "create": "CreateLogicalDatabase",
        "update": "UpdateLogicalDatabase",
        "delete": "DropLogicalDatabase",
    }

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        if not matches(r"[^<>*%&:\\/?]{1,128}", name) or name.endswith((".", " ")):
            raise ArmError(400, "InvalidDatabaseName", f"'{name}' is not a valid database name.")

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a region other than the server's, and a server that is not ready."""
        server = call.state.get(call.address.parent.path)
        if server is not None and body.location and regions.normal(body.location) != server.location:
            message = f"The database location '{body.location}' does not match the server location '{server.location}'."
            raise ArmError(400, "LocationMismatch", message)
        if server is not None and server.state not in {"Succeeded", "Updating"}:
            raise _busy("Server", f"server '{server.name}'")
        return None

    def busy(self, call: Call, resource: Resource, operation: Operation) -> ArmError | None:
        """Return the error for a write while the database is being made or changed."""
        server = call.address.names[0]
        return _busy("Database", f"server '{server}' and database '{resource.name}'")

    def state_word(self, state: str) -> str:
        """Say Online, as databases do."""
        return "Online" if state == "Succeeded" else state

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add Azure's defaults."""
        old = before.get("properties", {})
        sku = _full_sku(body.get("sku") or before.get("sku") or {"name": "GP_Gen5_2"})
        body["sku"] = sku
        body["kind"] = "v12.0,user" + (",vcore" if sku.get("family") else "")
        objective = f"{sku['name']}_{sku['capacity']}" if sku.get("family") else sku["name"]
        redundancy = body["properties"].get("requestedBackupStorageRedundancy", "Geo")
        body["properties"] = {
            "collation": "SQL_Latin1_General_CP1_CI_AS",
            "catalogCollation": "SQL_Latin1_General_CP1_CI_AS",
            "maxSizeBytes": 34359738368 if sku.get("family") else 2147483648,
            "databaseId": old.get("databaseId") or str(uuid.uuid4()),
            "creationDate": old.get("creationDate") or timestamp(call.world.now()),
            "currentServiceObjectiveName": objective,
            "requestedServiceObjectiveName": objective,
            "zoneRedundant": False,
            "readScale": "Disabled",
            "currentSku": sku,
            "currentBackupStorageRedundancy": redundancy,
            "requestedBackupStorageRedundancy": redundancy,
            "isLedgerOn": False,
            "isInfraEncryptionEnabled": False,
            "availabilityZone": "NoPreference",
            **body["properties"],
        }
        body.pop("systemData")


class FirewallRuleProperties(Wire):
    """A range of addresses."""

    startIpAddress: str
    endIpAddress: str


class FirewallRuleBody(Tracked):
    """What a PUT on a firewall rule may say."""

    properties: FirewallRuleProperties


class FirewallRule(Kind):
    """A firewall rule of a server; synchronous."""

    arm_type = "Microsoft.Sql/servers/firewallRules"
    body = FirewallRuleBody
    api_versions = ("2014-04-01", "2026-12-31")
    regional = False
    create_status = 201
    deletion_rank = 1

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse what is no range of IPv4 addresses."""
        try:
            first, last = (ipaddress.IPv4Address(text) for text in body.properties.model_dump().values())
        except ipaddress.AddressValueError as wrong:
            raise ArmError(
                400, "InvalidFirewallRuleIPAddress", f"The IP address is invalid: {wrong}"
            ) from None
        if first > last:
            message = f"Firewall rule start IP address {first} is after its end IP address {last}."
            raise ArmError(400, "InvalidFirewallRuleRange", message)
        server = call.state.get(call.address.parent.path)
        if server is not None and server.state == "Creating":
            raise _busy("Server", f"server '{server.name}'")
        return None

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Leave only what Azure shows of a rule."""
        body.pop("systemData")

    def view(self, resource: Resource) -> dict[str, Any]:
        """Show a rule without a state: it has none."""
        body = super().view(resource)
        del body["properties"][self.state_key]
        return body

    def missing(self, address: Address) -> ArmError:
        """Return SQL's own 404."""
        message = (
            f"The requested resource of type '{self.arm_type}' with name '{address.name}' was not found."
        )
        return ArmError(404, "ResourceNotFound", message)


class NameCheck(Wire):
    """A question whether a name is free."""

    name: str
    type: Literal["Microsoft.Sql/servers"]


class Sql(Namespace):
    """The namespace's own actions, and what a region can do."""

    namespace = "Microsoft.Sql"
    actions = {"checknameavailability": "check_name_availability"}  # noqa: RUF012

    def check_name_availability(self, call: Call) -> Reply:
        """Tell whether a server's name is free; the key is ``available`` here."""
        name = read(NameCheck, call.body).name
        if not matches(NAME_RULE, name):
            return Reply(
                200, {"name": name, "available": False, "reason": "Invalid", "message": _invalid_name(name)}
            )
        if taken(call, name):
            message = "Specified server name is already used."
            return Reply(
                200, {"name": name, "available": False, "reason": "AlreadyExists", "message": message}
            )
        return Reply(200, {"name": name, "available": True})

    def other(self, call: Call) -> Reply | None:
        """Answer a region's capabilities, so that a full region can be known before a run."""
        parts = [part.lower() for part in call.address.parts]
        if call.method != "GET" or len(parts) != 3 or parts[0] != "locations" or parts[2] != "capabilities":
            return None
        full = parts[1] == FULL_REGION
        body: dict[str, Any] = {
            "name": regions.display_name(parts[1]),
            "status": "Disabled" if full else "Available",
        }
        if full:
            body["reason"] = (
                f"Location '{body['name']}' is not accepting creation of new servers at this time."
            )
        return Reply(200, {**body, "supportedServerVersions": []})


def taken(call: Call, name: str) -> bool:
    """Tell whether anybody has a server of this name."""
    return any(other.name == name for other in call.state.everything(Server.arm_type)) or (
        name == TAKEN_NAMES[Server.arm_type]
    )


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


def _busy(noun: str, what: str) -> ArmError:
    message = f"Operation on {what} is in progress.  Please wait a few minutes before trying again."
    return ArmError(409, f"Conflicting{noun}Operation", message)


def _full_sku(sku: dict[str, Any]) -> dict[str, Any]:
    """Return a SKU with the parts that follow from its name."""
    found = re.fullmatch(r"(GP_S|GP|BC|HS)_(Gen\d)(?:_(\d+))?", sku["name"])
    if found:
        tiers = {
            "GP": "GeneralPurpose",
            "GP_S": "GeneralPurpose",
            "BC": "BusinessCritical",
            "HS": "Hyperscale",
        }
        capacity = int(found[3]) if found[3] else sku.get("capacity", 2)
        name = f"{found[1]}_{found[2]}"
        return {"name": name, "tier": tiers[found[1]], "family": found[2], "capacity": capacity}
    basic = {
        "Basic": ("Basic", "Basic", 5),
        "S0": ("Standard", "Standard", 10),
        "S1": ("Standard", "Standard", 20),
    }
    name, tier, capacity = basic.get(
        sku["name"], (sku["name"], sku.get("tier", sku["name"]), sku.get("capacity", 10))
    )
    return {"name": name, "tier": tier, "capacity": sku.get("capacity", capacity)}


def _invalid_name(name: str) -> str:
    return (
        f"Invalid server name '{name}' specified: it may hold only lowercase letters, digits and '-', must not begin or "
        "end with '-', and must be 1 to 63 characters long."
    )
