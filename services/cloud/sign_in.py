"""Signing in to Azure: ambient credentials, a browser window or a device code.

What one process signs in, the others use: an `AuthenticationRecord` (no secret) is kept beside azure-identity's own
token cache. https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.cloud.errors import CloudError, translated
from services.cloud.target import Target

Way = Literal["default", "browser", "device"]
CACHE = "groundplan"
HELP = (
    "Nobody is signed in to Azure here. Run `az login` in a terminal, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
    "AZURE_CLIENT_SECRET before starting Groundplan, or choose another way to sign in."
)


@dataclass
class DeviceCode:
    """What the user has to type where, while a device-code sign-in waits; `error` or `done` when it has ended."""

    url: str = ""
    code: str = ""
    message: str = ""
    error: str = ""
    done: bool = False


def credential(way: str, tenant_id: str, common: dict[str, Any], record_file: Path | None = None) -> Any:
    """The synchronous credential of one way to sign in; interactive ones go on from the kept record, silently."""
    import azure.identity as identity

    if way == "default":
        return identity.DefaultAzureCredential(exclude_interactive_browser_credential=True, **common)
    cls = identity.InteractiveBrowserCredential if way == "browser" else identity.DeviceCodeCredential
    options: dict[str, Any] = {**common, **_kept(record_file or _record_file())}
    if tenant_id:
        options["tenant_id"] = tenant_id
    return cls(disable_automatic_authentication=True, **options)


def start_device_code(target: Target, scope: str | None = None) -> DeviceCode:
    """Begin a device-code sign-in in a thread; the object given back fills itself."""
    state = DeviceCode()
    threading.Thread(target=_authenticate, args=(target, "device", scope, state), daemon=True).start()
    return state


def start_browser(target: Target, scope: str | None = None) -> DeviceCode:
    """Open the system's browser at the authority; only useful where the server runs on the user's own machine."""
    state = DeviceCode(message="Your browser opens a page of Microsoft; sign in there.")
    threading.Thread(target=_authenticate, args=(target, "browser", scope, state), daemon=True).start()
    return state


def _authenticate(target: Target, way: Way, scope: str | None, state: DeviceCode) -> None:
    import azure.identity as identity

    def prompt(url: str, code: str, _expires: Any) -> None:
        state.url, state.code = url, code
        state.message = f"Open {url} and enter the code {code}."

    common: dict[str, Any] = {
        "authority": target.authority,
        "disable_instance_discovery": not target.is_public,
    }
    options: dict[str, Any] = {**common, **_kept(None)}
    if target.tenant_id:
        options["tenant_id"] = target.tenant_id
    try:
        with translated():
            if way == "device":
                user: Any = identity.DeviceCodeCredential(prompt_callback=prompt, **options)
            else:
                user = identity.InteractiveBrowserCredential(**options)
            record = user.authenticate(scopes=[scope or f"{target.endpoint}/.default"])
        _record_file().write_text(record.serialize())
        _record_file().chmod(0o600)
        state.done = True
    except (CloudError, OSError) as error:
        state.error = str(error)


def _kept(record_file: Path | None) -> dict[str, Any]:
    """The persistent cache, and the record of who signed in last when there is one."""
    import azure.identity as identity

    kept: dict[str, Any] = {
        "cache_persistence_options": identity.TokenCachePersistenceOptions(
            name=CACHE, allow_unencrypted_storage=True
        )
    }
    if record_file and record_file.exists():
        kept["authentication_record"] = identity.AuthenticationRecord.deserialize(record_file.read_text())
    return kept


def _record_file() -> Path:
    from services.processes.home import home

    return home() / "sign-in.json"
