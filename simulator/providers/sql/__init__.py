"""Microsoft.Sql: servers, databases and firewall rules.  https://learn.microsoft.com/rest/api/sql"""

from simulator.providers.sql import (
    administrators,
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
    "administrators",
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
