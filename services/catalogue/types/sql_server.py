"""The logical SQL server: the optional source of tabular data."""

import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from services.catalogue.base import (
    Begun,
    Cloud,
    Look,
    NamedSettings,
    Resource,
    ResourceType,
    Secret,
    group_id,
    resource_id,
    tags,
)  # fmt: skip
from services.catalogue.types.key_vault import KeyVault
from services.config import Problem, ProjectConfig, Section
from services.naming import NameRule

SERVER = NameRule(
    "SQL server", "global", 1, 63, r"[a-z0-9-]", "Lower-case letters, digits and hyphens, no hyphen at either end.", "sql",
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", lower=True,
)  # fmt: skip
DATABASE = NameRule(
    "SQL database", "server", 1, 128, r"[^<>*%&:\\/?\x00-\x1f]",
    "None of < > * % & : \\ / ?, and no space or period at the end.", "sqldb", r".*[^ .]", reserved=frozenset({"master"}),
)  # fmt: skip
RESERVED_LOGINS = frozenset(
    ["admin", "administrator", "sa", "root", "dbmanager", "loginmanager", "dbo", "guest", "public", "sys"]
)
LOGIN = NameRule(
    "administrator login", "server", 1, 128, r"[A-Za-z0-9_.-]",
    "Letters, digits, period, hyphen and underscore, starting with a letter; not one of SQL's own names.", "sqladmin",
    r"[A-Za-z].*", separator="", reserved=RESERVED_LOGINS,
)  # fmt: skip
PASSWORD_VARIABLE = "GROUNDPLAN_SQL_ADMIN_PASSWORD"
SECRET_NAME = "sql-admin-password"
Sku = Literal["Basic", "S0", "S1", "S2", "GP_S_Gen5_1", "GP_S_Gen5_2", "GP_Gen5_2"]


class SqlServer(ResourceType):
    """https://learn.microsoft.com/azure/azure-sql/database/logical-servers"""

    class Settings(NamedSettings):
        """`sql` of project.yaml: the server and its database."""

        section: ClassVar[str] = "sql"
        order: ClassVar[int] = 70
        id_type: ClassVar[str] = "Microsoft.Sql/servers/databases"
        mode: Literal["none", "new", "existing"] = "none"  # type: ignore[assignment]  # widens the two of NamedSettings
        server: Annotated[str, SERVER] = Field("", title="SQL server", description="Unique in the world.")
        database: Annotated[str, DATABASE] = Field("", title="SQL database")
        sku: Sku = Field(
            "Basic",
            title="SKU",
            description="Basic: 2 GB; S: fixed size; GP_S: serverless, pauses when idle.",
        )
        admin_login: Annotated[str, LOGIN] = Field("sqladmin", title="Administrator login")

        @classmethod
        def complete(cls, given: Mapping[str, Any], basics: Any) -> dict[str, Any]:
            """An existing database is given by `server` and `database` or by its ID."""
            parts = str(given.get("id") or "").rstrip("/").split("/")
            from_id = dict(zip(parts[-4::2], parts[-3::2], strict=False)) if given.get("id") else {}
            named = (
                {"server": from_id.get("servers", ""), "database": from_id.get("databases", "")}
                if from_id
                else {}
            )
            return Section.complete.__func__(cls, given, basics) | named  # type: ignore[attr-defined, no-any-return]

        @classmethod
        def defaults(cls, basics: Any) -> dict[str, Any]:
            """The login has a fixed default."""
            return super().defaults(basics) | {"admin_login": "sqladmin"}

        def uses(self, key: str) -> bool:
            """`name` is not a key of this section."""
            if self.mode == "existing":
                return key in (("mode", "id") if self.id else ("mode", "server", "database"))
            return key == "mode" if self.mode == "none" else key not in ("id", "name")

        def problems(self) -> Iterator[Problem]:
            """`name` is inherited but no key here."""
            if self.name:
                yield Problem(
                    "sql.name", "unknown_key", "SQL has no `name`: use `server` and `database`.", "server"
                )
            yield from super().problems()

    key = "sql_server"
    label = "SQL server"
    arm_type = "Microsoft.Sql/servers"
    api_version = "2023-08-01"
    name_rule = SERVER
    docs = "https://learn.microsoft.com/azure/azure-sql/database/logical-servers"
    pricing = "https://azure.microsoft.com/pricing/details/azure-sql-database/single/"
    expected_s = 75.0
    look = Look("data", "sql-server", obligatory=False)
    shows = ("properties.fullyQualifiedDomainName",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """One when SQL is chosen. The vault comes first: it keeps the administrator's password."""
        settings = config[self.Settings]
        vault = resource_id(config, KeyVault.arm_type, config[KeyVault.Settings])
        if settings.mode != "none":
            yield self.resource(
                config, settings, name=settings.server, id=server_id(config, settings), sku="",
                body=self.body(config, settings.admin_login, vault), depends_on=("resource_group", "key_vault"),
            )  # fmt: skip

    def body(self, config: ProjectConfig, admin_login: str, vault: str) -> dict[str, Any]:
        """The password stands here as a reference: it is in no plan, database, log or file."""
        return {
            "location": config.location,
            "tags": tags(config),
            "properties": {
                "administratorLogin": admin_login,
                "administratorLoginPassword": Secret(vault, SECRET_NAME, PASSWORD_VARIABLE),
                "minimalTlsVersion": "1.2",
                "publicNetworkAccess": "Enabled",
            },
        }

    async def create(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Take or make the password, write it into the project's vault, and create the server with it."""
        secret: Secret = body["properties"]["administratorLoginPassword"]
        password = os.environ.get(secret.variable) or _password()
        await cloud.put_secret(secret.vault_id, secret.name, password)
        properties = {**body["properties"], "administratorLoginPassword": password}
        return await cloud.begin_put(resource.id, resource.api_version, {**body, "properties": properties})

    async def update(self, cloud: Cloud, resource: Resource, body: Mapping[str, Any]) -> Begun:
        """Without a password: the one that was set stays."""
        kept = {k: v for k, v in body["properties"].items() if k != "administratorLoginPassword"}
        return await cloud.begin_put(resource.id, resource.api_version, {**body, "properties": kept})


def server_id(config: ProjectConfig, settings: "SqlServer.Settings") -> str:
    """The server's ID: cut from the given database's ID, or its place in the resource group."""
    if settings.id:
        return settings.id.split("/databases/")[0]
    return f"{group_id(config)}/providers/{SqlServer.arm_type}/{settings.server}"


def _password() -> str:
    """A password that keeps Azure's complexity rule whatever the dice say: 32 characters of three and more kinds."""
    return f"Gp1-{secrets.token_urlsafe(24)}"
