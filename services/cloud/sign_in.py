"""Signing in to Azure: ambient credentials, a browser window or a device code.

What one process signs in, the others use: an `AuthenticationRecord` (no secret) is kept beside azure-identity's own
token cache. https://learn.microsoft.com/python/api/overview/azure/identity-readme
"""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from services.cloud.errors import CloudError, translated
from services.cloud.target import SIGN_IN_FILE, Target
from services.processes.home import home

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


def credential(target: Target) -> Any:
    """The synchronous credential of a target; interactive ways go on from the kept record, silently."""
    import azure.identity as identity

    if target.sign_in == "default":
        return identity.DefaultAzureCredential(
            exclude_interactive_browser_credential=True, **_authority(target)
        )
    cls = (
        identity.InteractiveBrowserCredential
        if target.sign_in == "browser"
        else identity.DeviceCodeCredential
    )
    options = _options(target)
    if target.record:  # it names its authority itself, and azure-identity takes only one
        options["authentication_record"] = identity.AuthenticationRecord.deserialize(target.record)
        del options["authority"]
    return cls(disable_automatic_authentication=True, **options)


def start_device_code(target: Target) -> DeviceCode:
    """Begin a device-code sign-in in a thread; the object given back fills itself."""
    return _start(target, "device", DeviceCode())


def start_browser(target: Target) -> DeviceCode:
    """Open the system's browser at the authority; only useful where the server runs on the user's own machine."""
    return _start(
        target, "browser", DeviceCode(message="Your browser opens a page of Microsoft; sign in there.")
    )


def forget(folder: Path) -> None:
    """Go back to what the environment offers."""
    (folder / SIGN_IN_FILE).unlink(missing_ok=True)


def _start(target: Target, way: Way, state: DeviceCode) -> DeviceCode:
    threading.Thread(target=_authenticate, args=(target, way, state), daemon=True).start()
    return state


def _authenticate(target: Target, way: Way, state: DeviceCode) -> None:
    """Sign in, and keep the record of who did where every process of this installation finds it."""
    import azure.identity as identity

    def prompt(url: str, code: str, _expires: Any) -> None:
        state.url, state.code = url, code
        state.message = f"Open {url} and enter the code {code}."

    try:
        with translated():
            if way == "device":
                user: Any = identity.DeviceCodeCredential(prompt_callback=prompt, **_options(target))
            else:
                user = identity.InteractiveBrowserCredential(**_options(target))
            record = user.authenticate(scopes=[f"{target.endpoint}/.default"])
        _keep(home(), way, record.serialize())
        state.done = True
    except (CloudError, OSError) as error:
        state.error = str(error)


def _keep(folder: Path, way: Way, record: str) -> None:
    fresh = folder / f"{SIGN_IN_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"way": way, "record": record}))
    fresh.replace(folder / SIGN_IN_FILE)


def _authority(target: Target) -> dict[str, Any]:
    return {"authority": target.authority, "disable_instance_discovery": not target.is_public}


def _options(target: Target) -> dict[str, Any]:
    """Authority, tenant, and azure-identity's own cache on disk, which the worker reads too."""
    import azure.identity as identity

    cache = identity.TokenCachePersistenceOptions(name=CACHE, allow_unencrypted_storage=True)
    tenant = {"tenant_id": target.tenant_id} if target.tenant_id else {}
    return {"cache_persistence_options": cache, **_authority(target), **tenant}
