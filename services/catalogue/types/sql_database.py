"""The SQL database on the project's server."""

from collections.abc import Iterable
from typing import Any

from services.catalogue.base import Look, Resource, ResourceType, tags
from services.catalogue.types.sql_server import DATABASE, SqlServer, server_id
from services.config import ProjectConfig


class SqlDatabase(ResourceType):
    """https://learn.microsoft.com/azure/azure-sql/database/single-database-overview"""

    Settings = SqlServer.Settings
    key = "sql_database"
    label = "SQL database"
    arm_type = "Microsoft.Sql/servers/databases"
    api_version = "2023-08-01"
    name_rule = DATABASE
    docs = "https://learn.microsoft.com/azure/azure-sql/database/single-database-overview"
    pricing = "https://azure.microsoft.com/pricing/details/azure-sql-database/single/"
    expected_s = 45.0
    look = Look("data", "sql-database", obligatory=False)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """One when SQL is chosen."""
        settings = config[SqlServer.Settings]
        if settings.mode != "none":
            yield self.resource(
                config, settings, name=settings.database, body=self.body(config, settings.sku), depends_on=("sql_server",),
                id=settings.id or f"{server_id(config, settings)}/databases/{settings.database}",
            )  # fmt: skip

    def body(self, config: ProjectConfig, sku: str) -> dict[str, Any]:
        """Azure derives tier and size from the SKU's name."""
        serverless = {"autoPauseDelay": 60, "minCapacity": 0.5} if sku.startswith("GP_S") else {}
        return {
            "location": config.location,
            "tags": tags(config),
            "sku": {"name": sku},
            "properties": serverless,
        }
