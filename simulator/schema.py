"""Bodies are read as strictly as ARM reads them: wire names, types, enums, and nothing that it does not know.

A lenient stand-in would let a misspelt key through, and the mistake would only show on Azure.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from simulator.errors import ArmError, invalid_content


class Wire(BaseModel):
    """A part of a body, spelt as it goes over the wire."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)


class Identity(Wire):
    """A resource's managed identity."""

    type: Annotated[
        Literal["SystemAssigned", "UserAssigned", "SystemAssigned,UserAssigned", "None"],
        BeforeValidator(lambda given: identity_type(given)),
    ]
    userAssignedIdentities: dict[str, dict[str, Any]] | None = None


def identity_type(given: Any) -> Any:
    """Return an identity's type as answers spell it: requests may write it in any case, with blanks or without."""
    words = {"systemassigned": "SystemAssigned", "userassigned": "UserAssigned", "none": "None"}
    parts = [part.strip().lower() for part in given.split(",")] if isinstance(given, str) else []
    return (
        ",".join(words[part] for part in parts) if parts and all(part in words for part in parts) else given
    )


class Tracked(Wire):
    """What every resource with a region may say; IDs that come back with a body are allowed, and ignored."""

    location: str | None = None
    tags: dict[str, str] | None = Field(default=None, max_length=50)
    id: str | None = None
    name: str | None = None
    type: str | None = None
    etag: str | None = None
    systemData: dict[str, Any] | None = None
    # ARM's own envelope: every resource may say it, and a type that does not know it drops it.
    kind: Any = None
    sku: Any = None
    plan: dict[str, Any] | None = None
    zones: list[str] | None = None
    managedBy: str | None = None
    identity: Any = None
    extendedLocation: dict[str, Any] | None = None

    @classmethod
    def knows(cls, key: str) -> bool:
        """Tell whether the type itself has a member, beyond the envelope."""
        if cls.model_config.get("extra") == "allow":
            return True
        return any(key in part.__annotations__ for part in cls.__mro__[: cls.__mro__.index(Tracked)])


class NamedSku(Wire):
    """A SKU that is told by its name; the tier follows from it."""

    name: str
    tier: str | None = None


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], body: Any) -> Model:
    """Read a body strictly; null means "not given", as on ARM.

    Raises:
        ArmError: 400 with the path of the first thing that is wrong.
    """
    if not isinstance(body, dict):
        raise invalid_content("Error converting value to type 'ResourceDefinition'. Path ''")
    try:
        return model.model_validate(without_nulls(body))
    except ValidationError as wrong:
        raise _explain(wrong) from None


def without_nulls(value: Any) -> Any:
    """Return a JSON value with every null member left out."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def merged(base: Any, change: Any) -> Any:
    """Return ``base`` with a PATCH laid over it: objects merge, everything else replaces; tags replace whole."""
    if not isinstance(base, dict) or not isinstance(change, dict):
        return change
    out = dict(base)
    for key, value in change.items():
        out[key] = value if key == "tags" else merged(base.get(key), value)
    return out


def _explain(wrong: ValidationError) -> ArmError:
    found = wrong.errors(include_url=False)
    # A misspelt key is also a missing one: name what stands there, as ARM does.
    first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    steps = [str(step) for step in first["loc"] if not str(step).startswith("function-")]
    path, last = ".".join(steps), steps[-1] if steps else ""
    if first["type"] == "extra_forbidden":
        return invalid_content(
            f"Could not find member '{last}' on object of type 'ResourceDefinition'. Path '{path}'"
        )
    if first["type"] == "missing":
        return invalid_content(f"Required property '{last}' not found in JSON. Path '{path}'")
    if first["type"] == "literal_error":
        given, known = first.get("input"), first.get("ctx", {}).get("expected", "")
        return invalid_content(f"Error converting value \"{given}\" at '{path}': it must be one of {known}")
    return invalid_content(f"Error converting value at '{path}': {first['msg']}")
