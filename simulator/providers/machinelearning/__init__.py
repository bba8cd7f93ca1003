"""Microsoft.MachineLearningServices.  https://learn.microsoft.com/rest/api/azureml"""

from simulator.providers.machinelearning import (
    assets,
    batch,
    computes,
    connections,
    datastores,
    deployments,
    endpoints,
    namespace,
    workspace,
)

__all__ = [
    "assets",
    "batch",
    "computes",
    "connections",
    "datastores",
    "deployments",
    "endpoints",
    "namespace",
    "workspace",
]
