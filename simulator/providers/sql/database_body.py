"""What a request for a SQL database may say.  https://learn.microsoft.com/rest/api/sql/databases/create-or-update"""

from __future__ import annotations

from typing import Any, Literal

from simulator.schema import Identity, Tracked, Wire


class DatabaseSku(Wire):
    """A database's size."""

    name: str
    tier: str | None = None
    family: str | None = None
    capacity: int | None = None
    size: str | None = None


class DatabaseProperties(Wire):
    """A database's settings."""

    autoPauseDelay: int | None = None
    catalogCollation: str | None = None
    collation: str | None = None
    createMode: str | None = None
    elasticPoolId: str | None = None
    freeLimitExhaustionBehavior: Literal["AutoPause", "BillOverUsage"] | None = None
    highAvailabilityReplicaCount: int | None = None
    isLedgerOn: bool | None = None
    licenseType: Literal["LicenseIncluded", "BasePrice"] | None = None
    maintenanceConfigurationId: str | None = None
    maxSizeBytes: int | None = None
    minCapacity: float | None = None
    readScale: Literal["Enabled", "Disabled"] | None = None
    requestedBackupStorageRedundancy: Literal["Geo", "Local", "Zone", "GeoZone"] | None = None
    sampleName: Literal["AdventureWorksLT", "WideWorldImportersStd", "WideWorldImportersFull"] | None = None
    secondaryType: str | None = None
    sourceDatabaseId: str | None = None
    sourceResourceId: str | None = None
    sourceDatabaseDeletionDate: str | None = None
    restorePointInTime: str | None = None
    restorableDroppedDatabaseId: str | None = None
    recoverableDatabaseId: str | None = None
    recoveryServicesRecoveryPointId: str | None = None
    recoveryServicesRecoveryPointResourceId: str | None = None
    longTermRetentionBackupResourceId: str | None = None
    storageAccountType: Literal["GRS", "LRS", "ZRS", "GZRS"] | None = None
    federatedClientId: str | None = None
    preferredEnclaveType: Literal["Default", "VBS"] | None = None
    availabilityZone: Literal["NoPreference", "1", "2", "3"] | None = None
    isInfraEncryptionEnabled: bool | None = None
    encryptionProtector: str | None = None
    encryptionProtectorAutoRotation: bool | None = None
    keys: dict[str, Any] | None = None
    manualCutover: bool | None = None
    performCutover: bool | None = None
    useFreeLimit: bool | None = None
    zoneRedundant: bool | None = None


class DatabaseBody(Tracked):
    """What a PUT on a database may say."""

    sku: DatabaseSku | None = None
    properties: DatabaseProperties | None = None
    identity: Identity | None = None
