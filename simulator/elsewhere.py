"""Azure's other namespaces: the rehearsal registers them and keeps what is written to them, and knows no more.

https://learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers
"""

from __future__ import annotations

_NAMES = """
AAD Addons Advisor AlertsManagement AnalysisServices ApiManagement App AppConfiguration AppPlatform Attestation
Automanage Automation AVS AzureActiveDirectory AzureArcData AzureStackHCI Batch Billing BotService Cache Capacity Cdn
CertificateRegistration ChangeAnalysis CognitiveServices Commerce Communication Compute Consumption ContainerInstance
ContainerService CostManagement CustomProviders Databricks DataBox DataBoxEdge DataCatalog DataFactory
DataLakeAnalytics DataLakeStore DataMigration DataProtection DataShare DBforMariaDB DBforMySQL DBforPostgreSQL
DesktopVirtualization Devices DevTestLab DigitalTwins DocumentDB DomainRegistration EventGrid EventHub
ExtendedLocation GuestConfiguration HDInsight HealthcareApis HybridCompute HybridNetwork ImportExport IoTCentral
Kubernetes KubernetesConfiguration Kusto LabServices LoadTestService Logic MachineLearning Maintenance ManagedIdentity
ManagedServices Maps MarketplaceOrdering Media Migrate MixedReality NetApp Network NotificationHubs
OperationsManagement Peering PolicyInsights Portal PowerBIDedicated Purview Quantum RecoveryServices RedHatOpenShift
Relay ResourceGraph ResourceHealth Search Security SecurityInsights SerialConsole ServiceBus ServiceFabric
SignalRService Solutions SqlVirtualMachine StorageCache StorageSync StreamAnalytics Synapse TimeSeriesInsights
VirtualMachineImages VMwareCloudSimple Web
"""
ELSEWHERE = frozenset(f"Microsoft.{name}" for name in _NAMES.split())

#: Recorded: these tell of one application that acts for them, all others of a list of them.
_ONE_APPLICATION = frozenset(
    f"Microsoft.{name}"
    for name in (
        "Addons", "Advisor", "AnalysisServices", "ApiManagement", "Batch", "BotService", "Cache", "Capacity",
        "CertificateRegistration", "CustomProviders", "DataCatalog", "DataLakeStore", "DataMigration", "DataShare",
        "DevTestLab", "DomainRegistration", "ImportExport", "LabServices", "Logic", "MachineLearning", "Maintenance",
        "ManagedServices", "Media", "OperationsManagement", "PowerBIDedicated", "ResourceGraph", "Resources", "Search",
        "ServiceFabric", "Solutions", "Web",
    )
)  # fmt: skip
#: Recorded: these need no registration.
_FREE = frozenset(
    f"Microsoft.{name}"
    for name in (
        "Authorization", "Billing", "Commerce", "Consumption", "CostManagement", "MarketplaceOrdering", "Portal",
        "ResourceGraph", "Resources", "SerialConsole",
    )
)  # fmt: skip


def applications(namespace: str, number: str, role: str) -> dict[str, object]:
    """Return how a provider tells which applications act for it; the numbers are the rehearsal's own."""
    if namespace not in _ONE_APPLICATION:
        return {"authorizations": []}
    return {"authorization": {"applicationId": number, "roleDefinitionId": role}}


def policy(namespace: str) -> str:
    """Return whether a namespace has to be registered before it can be used."""
    return "RegistrationFree" if namespace in _FREE else "RegistrationRequired"
