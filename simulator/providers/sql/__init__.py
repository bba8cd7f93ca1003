"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from simulator.providers.sql import (
    aliases,
    database,
    failover,
    firewall,
    jobs,
    keys,
    links,
    namespace,
    pools,
    readings,
    restoring,
    server,
    settings,
    sync,
)

__all__ = [
    "aliases",
    "database",
    "failover",
    "firewall",
    "jobs",
    "keys",
    "links",
    "namespace",
    "pools",
    "readings",
    "restoring",
    "server",
    "settings",
    "sync",
]
