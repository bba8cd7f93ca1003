"""Microsoft.Resources/deployments: templates, run.  https://learn.microsoft.com/rest/api/resources/deployments"""

from simulator.providers.deployments import deployment, run, statuses

__all__ = ["deployment", "run", "statuses"]
