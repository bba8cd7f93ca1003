"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from simulator.providers.sql import aliases, database, firewall, namespace, pools, server, settings

__all__ = ["aliases", "database", "firewall", "namespace", "pools", "server", "settings"]
