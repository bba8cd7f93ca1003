"""Azure's own error codes and envelopes in one place, because clients decide by them what to do next.

Codes and texts: recorded traffic; those that were only found quoted say so where they stand.
"""

from __future__ import annotations

from typing import Any


class ArmError(Exception):
    """An answer in ARM's error envelope: raise it anywhere below the router.

    ``gateway`` marks errors of ARM itself, which carry ``x-ms-failure-cause: gateway``; those of a resource
    provider carry none.  ``beside`` holds what a provider adds next to ``error`` (the registry's ``status``).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        gateway: bool = False,
        details: list[dict[str, Any]] | None = None,
        target: str | None = None,
        beside: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        additional: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message
        self.details, self.target, self.beside = details, target, beside
        self.headers, self.additional = dict(headers or {}), additional
        if gateway:
            self.headers["x-ms-failure-cause"] = "gateway"

    def error(self) -> dict[str, Any]:
        """Return what stands under ``error``, also inside the status of a failed operation."""
        inside: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            inside["target"] = self.target
        if self.details is not None:
            inside["details"] = self.details
        if self.additional is not None:
            inside["additionalInfo"] = self.additional
        return inside

    def body(self) -> dict[str, Any]:
        """Return the whole envelope as it goes over the wire."""
        return {"error": self.error(), **(self.beside or {})}


def gateway(status: int, code: str, message: str, **more: Any) -> ArmError:
    """Make an error that ARM itself answers, before any resource provider is asked."""
    return ArmError(status, code, message, gateway=True, **more)


def group_not_found(name: str) -> ArmError:
    """Make the 404 for a resource group that is not there."""
    return gateway(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def resource_not_found(type_and_names: str, group: str) -> ArmError:
    """Make the 404 for a resource; ``type_and_names`` reads ``Microsoft.Storage/storageAccounts/x``."""
    return gateway(
        404,
        "ResourceNotFound",
        f"The Resource '{type_and_names}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def parent_not_found(action: str, child_type: str, parent_id: str) -> ArmError:
    """Make the 404 for a child whose parent is not there; ``child_type`` has no namespace."""
    return gateway(
        404,
        "ParentResourceNotFound",
        f"Failed to perform '{action}' on resource(s) of type '{child_type}', because the parent resource "
        f"'{parent_id}' could not be found.",
    )


def invalid_content(text: str) -> ArmError:
    """Make the 400 for a body that ARM cannot read into the type's definition."""
    message = f"The request content was invalid and could not be deserialized: '{text}'."
    return gateway(400, "InvalidRequestContent", message)


def type_not_found(namespace: str, type_path: str, api_version: str) -> ArmError:
    """Make the 404 for a resource type that this namespace does not have."""
    return gateway(
        404,
        "InvalidResourceType",
        f"The resource type '{type_path}' could not be found in the namespace '{namespace}' for api version "
        f"'{api_version}'.",
    )


def method_not_allowed(method: str, allowed: str) -> ArmError:
    """Make the 405 for a verb that the address does not have."""
    message = f"The requested resource does not support http method '{method}'."
    return gateway(405, "MethodNotAllowed", message, headers={"Allow": allowed})
