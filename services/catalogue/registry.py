"""Finds every resource type by its file in `types`; whoever needs the catalogue imports this."""

import importlib
import pkgutil

from services.catalogue import types
from services.catalogue.base import ResourceType

for _module in pkgutil.iter_modules(types.__path__):
    importlib.import_module(f"{types.__name__}.{_module.name}")

TYPES: dict[str, ResourceType] = dict(ResourceType.registered)


def of(key: str) -> ResourceType:
    """The type of a resource's key; a type of several resources puts more behind it: `role_assignment_storage`."""
    exact = TYPES.get(key)
    return exact or TYPES[max((k for k in TYPES if key.startswith(f"{k}_")), key=len)]


def by_section(section: str) -> ResourceType | None:
    """The type whose settings that section holds, the first one where two share it."""
    return next((t for t in TYPES.values() if t.Settings.section == section), None)
