"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from simulator.providers.sql import database, firewall, namespace, server

__all__ = ["database", "firewall", "namespace", "server"]
