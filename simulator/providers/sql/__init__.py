"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from simulator.providers.sql import (
    aliases,
    database,
    failover,
    firewall,
    keys,
    links,
    namespace,
    pools,
    server,
    settings,
    sync,
)

__all__ = [
    "aliases",
    "database",
    "failover",
    "firewall",
    "keys",
    "links",
    "namespace",
    "pools",
    "server",
    "settings",
    "sync",
]
