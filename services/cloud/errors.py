"""Every way in which a call to a cloud can fail, as one error that says whether waiting helps."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Codes of Azure that pass by themselves: somebody else's operation goes on, or something new has not spread yet.
BUSY_CODES = frozenset(
    {
        "AnotherOperationInProgress", "Conflict", "ConflictingDatabaseOperation", "ConflictingServerOperation",
        "OperationInProgress", "StorageAccountOperationInProgress", "StorageAccountIsNotProvisioned",
        "PrincipalNotFound", "ReferencedResourceNotProvisioned", "RetryableError", "ServerBusy",
    }
)  # fmt: skip
TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})


class CloudError(Exception):
    """An answer that is no success, or none at all. `status` is the HTTP status; None when nothing came back.

    `retry_after` is in seconds, as the cloud asked for it; `raw` its own answer, for whoever wants to see it.
    """

    def __init__(
        self, code: str, message: str, *, status: int | None = None, retry_after: float | None = None,
        correlation_id: str = "", request_id: str = "", raw: str = "",
    ) -> None:  # fmt: skip
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
        self.retry_after, self.raw = retry_after, raw
        self.correlation_id, self.request_id = correlation_id, request_id

    @property
    def transient(self) -> bool:
        """Whether the same request may well succeed later."""
        return (
            self.status in TRANSIENT_STATUS
            or self.code in BUSY_CODES
            or self.code in ("Unreachable", "InternalServerError")
        )

    @property
    def sign_in(self) -> bool:
        """Whether the user has to sign in (again)."""
        return self.code == "SignIn"


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the SDKs into `CloudError`."""
    from azure.core import exceptions as azure

    try:
        yield
    except azure.ClientAuthenticationError as error:
        if _no_answer(error):
            raise CloudError("Unreachable", _first_line(error)) from error
        raise CloudError("SignIn", _first_line(error), status=getattr(error, "status_code", None)) from error
    except azure.HttpResponseError as error:
        raise _from_response(error) from error
    except azure.AzureError as error:
        raise _without_answer(error) from error
    except (TimeoutError, ConnectionError) as error:
        raise CloudError("Unreachable", str(error) or type(error).__name__) from error


def _without_answer(error: BaseException) -> CloudError:
    """An SDK's error that carries no response: azure-ai-ml wraps answers, and refuses much itself before it asks."""
    from azure.core import exceptions as azure

    wrapped = next((one for one in _chain(error) if isinstance(one, azure.HttpResponseError)), None)
    if wrapped:
        return _from_response(wrapped)
    return CloudError("Unreachable" if _no_answer(error) else "RefusedBySdk", _first_line(error))


def _no_answer(error: BaseException) -> bool:
    """Whether nothing came back: azure-identity reports a dead authority as a refused sign-in."""
    from azure.core import exceptions as azure

    lost = ConnectionError, TimeoutError, azure.ServiceRequestError, azure.ServiceResponseError
    return any(isinstance(one, lost) or type(one).__name__ == "ConnectTimeout" for one in _chain(error))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _from_response(error: Any) -> CloudError:
    """Read code, message and headers of an `HttpResponseError`, whichever of Azure's envelopes it came in."""
    response = error.response
    headers = getattr(response, "headers", {}) or {}
    raw = _body(response)
    found = _envelope(raw)
    code = found.get("code") or getattr(getattr(error, "error", None), "code", None) or "Unknown"
    message = found.get("message") or getattr(error, "message", None) or str(error)
    return CloudError(
        str(code), str(message), status=error.status_code, retry_after=_seconds(headers.get("Retry-After")),
        correlation_id=headers.get("x-ms-correlation-request-id", ""), request_id=headers.get("x-ms-request-id", ""),
        raw=raw[:20_000],
    )  # fmt: skip


def _body(response: Any) -> str:
    try:
        return str(response.text())
    except Exception:  # a response that was never read has no text; its status still says enough
        return ""


def _envelope(raw: str) -> dict[str, Any]:
    """The innermost useful error: `{error: {code, message, details}}`, or the same at the top as SQL writes it."""
    try:
        data = json.loads(raw)
    except ValueError:
        return {}
    error = data.get("error", data) if isinstance(data, dict) else {}
    details = error.get("details") if isinstance(error, dict) else None
    vague = isinstance(error, dict) and error.get("code") in (
        "DeploymentFailed",
        "InvalidTemplateDeployment",
        "BadRequest",
    )
    if (
        vague
        and isinstance(details, list)
        and details
        and isinstance(details[0], dict)
        and details[0].get("code")
    ):
        return details[0]
    return error if isinstance(error, dict) else {}


def _seconds(value: str | None) -> float | None:
    try:
        return float(value) if value is not None else None
    except ValueError:
        return None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:500]
