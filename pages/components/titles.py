"""What a key of `project.yaml` is called on the page."""

from services.config import Section

CORE = {
    "name": "Project name", "cloud": "Cloud", "subscription_id": "Subscription", "location": "Region", "tags": "Tags",
    "data_sources": "Data sources",
}  # fmt: skip
SECTIONS = {
    "resource_group": "Resource group", "workspace": "Workspace", "storage_account": "Storage account",
    "key_vault": "Key vault", "log_analytics": "Log Analytics workspace", "application_insights": "Application insights",
    "container_registry": "Container registry", "sql": "Azure SQL", "learning": "Learning", "production": "Production",
    "devops": "DevOps",
}  # fmt: skip
WORDS = {
    "identity": "Identity-based", "accesskey": "Credential-based", "python": "Python", "r": "R", "none": "None",
    "github": "GitHub", "azure-devops": "Azure DevOps", "both": "GitHub and Azure DevOps", "pytorch": "PyTorch",
    "onnx": "ONNX", "xgboost": "XGBoost", "lightgbm": "LightGBM", "csv": "CSV files", "xlsx": "Excel workbooks (XLSX)",
    "json": "JSON files", "sql": "SQL database", "rehearsal": "Rehearsal (simulator on this machine)", "azure": "Azure",
    "new": "New", "existing": "Existing", "standard": "Standard", "premium": "Premium",
    "Standard_LRS": "Locally redundant (Standard_LRS)", "Standard_ZRS": "Zone-redundant (Standard_ZRS)",
    "Standard_GRS": "Geo-redundant (Standard_GRS)", "Standard_RAGRS": "Read-access geo-redundant (Standard_RAGRS)",
    "Standard_GZRS": "Geo-zone-redundant (Standard_GZRS)",
    "Standard_RAGZRS": "Read-access geo-zone-redundant (Standard_RAGZRS)",
}  # fmt: skip


def of(path: str) -> str:
    """The title of a key: of `storage_account.name` the section's own, of `storage_account.sku` with the field's."""
    head, _, rest = path.partition(".")
    if head not in Section.SECTIONS:
        return CORE.get(head, path)
    section = SECTIONS.get(head, head)
    title = field(path) if rest else ""
    return section if title in ("", section) or rest in ("name", "mode", "id") else f"{section}: {title}"


def field(path: str) -> str:
    """The label of a section's field."""
    head, _, rest = path.partition(".")
    found = Section.SECTIONS[head].model_fields.get(rest)
    return (found.title if found else None) or rest.replace("_", " ").capitalize()


def word(value: object) -> str:
    """How a value of a choice reads."""
    return WORDS.get(str(value), str(value))
