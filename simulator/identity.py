"""The token authority, as azure-identity and MSAL know it: client secret, refresh token, device code.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import hmac
import secrets
import uuid
from typing import Any

from simulator import tokens
from simulator.call import Reply
from simulator.errors import ArmError
from simulator.world import World, timestamp

DEVICE_CODES = "device codes"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_LIFETIME = 900


def caller(world: World, authorization: str) -> dict[str, Any]:
    """Return the claims of the token that a request carries.

    Raises:
        ArmError: 401, with the challenge that clients look for.
    """
    scheme, _, token = authorization.partition(" ")
    if not authorization:
        message = "Authentication failed. The 'Authorization' header is missing."
        raise _unauthorized(world, "AuthenticationFailed", message)
    claims = tokens.claims_of(world, token.strip()) if scheme.lower() == "bearer" else None
    if claims is None:
        raise _unauthorized(world, "InvalidAuthenticationToken", "The access token is invalid.")
    if claims.get("exp", 0) < world.now():
        ended, now = timestamp(claims.get("exp", 0)), timestamp(world.now())
        message = f"The access token expiry UTC time '{ended}' is earlier than current UTC time '{now}'."
        raise _unauthorized(world, "ExpiredAuthenticationToken", message)
    if str(claims.get("aud", "")).rstrip("/") != world.endpoint:
        message = f"The access token has been obtained for wrong audience or resource '{claims.get('aud')}'. It should"
        message += f" exactly match with one of the allowed audiences '{world.endpoint}','{world.endpoint}/'."
        raise _unauthorized(world, "InvalidAuthenticationTokenAudience", message)
    return claims


def configuration(world: World, tenant: str) -> Reply:
    """Answer the discovery document of a tenant."""
    if not _knows(world, tenant):
        return _refuse(
            world,
            400,
            "invalid_tenant",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.",
        )
    root = f"{world.endpoint}/{tenant}"
    return Reply(
        200,
        {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["HS256"],
            "response_types_supported": ["code", "id_token", "code id_token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{world.endpoint}/{world.tenant_id}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
        },
    )


def token(world: World, tenant: str, form: dict[str, str]) -> Reply:
    """Answer a token request of any grant that the rehearsal knows."""
    if not _knows(world, tenant):
        return _refuse(world, 400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    grant = form.get("grant_type", "")
    if grant == "client_credentials":
        return _by_secret(world, form)
    if grant in {DEVICE_GRANT, "device_code"}:
        return _by_device(world, form)
    if grant == "refresh_token":
        return _by_refresh(world, form)
    text = f"The provided grant type '{grant}' is not supported."
    return _refuse(world, 400, "unsupported_grant_type", 70003, text)


def device_code(world: World, tenant: str, form: dict[str, str]) -> Reply:
    """Answer the first step of signing in by device code: what to show the person."""
    if not _knows(world, tenant):
        return _refuse(world, 400, "invalid_request", 90002, f"Tenant '{tenant}' not found.")
    letters = "BCDFGHJKLMNPQRSTVWXZ23456789"
    user_code = "".join(secrets.choice(letters) for _ in range(9))
    code = secrets.token_urlsafe(48)
    until = world.now() + DEVICE_LIFETIME
    kept = {"code": code, "client_id": form.get("client_id", ""), "until": until, "approved": False}
    world.state.set_note(DEVICE_CODES, user_code, kept)
    page = f"{world.endpoint}/device"
    message = f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate."
    return Reply(
        200,
        {
            "user_code": user_code,
            "device_code": code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?code={user_code}",
            "expires_in": DEVICE_LIFETIME,
            "interval": 1,
            "message": message,
        },
    )


def approve(world: World, user_code: str) -> bool:
    """Let the sign-in with this code through; False if there is none."""
    wanted = user_code.strip().lower()
    kept = world.state.note(DEVICE_CODES, wanted)
    if kept is None or kept["until"] < world.now():
        return False
    world.state.set_note(DEVICE_CODES, wanted, {**kept, "approved": True})
    return True


def cloud_metadata(world: World, api_version: str) -> Any:
    """Return the endpoints of this cloud: a list for azure-ai-ml's old version, an object for azure-cli's new one."""
    storage = world.blob_suffix
    old = {
        "name": "Rehearsal",
        "portal": "https://portal.rehearsal.localhost",
        "resourceManager": world.endpoint,
        "authentication": {
            "loginEndpoint": world.endpoint,
            "audiences": [world.endpoint, f"{world.endpoint}/"],
            "tenant": world.tenant_id,
            "identityProvider": "AAD",
        },
        "graph": world.endpoint,
        "graphAudience": world.endpoint,
        "microsoftGraphResourceId": world.endpoint,
        "suffixes": {
            "storage": storage,
            "keyVaultDns": "vault.azure.net",
            "sqlServerHostname": "database.windows.net",
            "acrLoginServer": "azurecr.io",
        },
        "activeDirectoryDataLake": world.endpoint,
        "batch": world.endpoint,
        "gallery": world.endpoint,
        "vmImageAliasDoc": world.endpoint,
    }
    return [old] if api_version < "2022" else old


def _by_secret(world: World, form: dict[str, str]) -> Reply:
    client = form.get("client_id", "")
    if client.lower() != world.client_id:
        text = (
            f"Application with identifier '{client}' was not found in the directory 'Groundplan rehearsal'."
        )
        return _refuse(world, 400, "unauthorized_client", 700016, text)
    if not hmac.compare_digest(form.get("client_secret", "").encode(), world.client_secret.encode()):
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
            f"the client secret ID, for a secret added to app '{client}'."
        )
        return _refuse(world, 401, "invalid_client", 7000215, text)
    claims = {
        "appid": world.client_id,
        "oid": world.client_object_id,
        "sub": world.client_object_id,
        "idtyp": "app",
    }
    access = tokens.mint(world, _audience(world, form), claims)
    lifetime = tokens.LIFETIME
    body = {
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": access,
    }
    return Reply(200, body)


def _by_device(world: World, form: dict[str, str]) -> Reply:
    for user_code, kept in world.state.notes(DEVICE_CODES).items():
        if kept["code"] != form.get("device_code"):
            continue
        if kept["until"] < world.now():
            return _refuse(
                world, 400, "expired_token", 70020, "The provided value for the device code is expired."
            )
        if not kept["approved"]:
            text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
            return _refuse(world, 400, "authorization_pending", 70016, text)
        world.state.set_note(DEVICE_CODES, user_code, None)
        return _for_person(world, form)
    return _refuse(world, 400, "bad_verification_code", 70018, "Invalid verification code.")


def _by_refresh(world: World, form: dict[str, str]) -> Reply:
    claims = tokens.claims_of(world, form.get("refresh_token", ""))
    if claims is None or claims.get("aud") != "refresh" or claims["exp"] < world.now():
        text = "The provided authorization code or refresh token has expired or is invalid. Sign in again."
        return _refuse(world, 400, "invalid_grant", 700082, text)
    return _for_person(world, form)


def _for_person(world: World, form: dict[str, str]) -> Reply:
    person, name = world.user_object_id, "rehearsal@groundplan.example"
    who = {"oid": person, "sub": person, "upn": name, "preferred_username": name, "name": "Rehearsal"}
    access = tokens.mint(
        world, _audience(world, form), {**who, "appid": form.get("client_id"), "idtyp": "user"}
    )
    body: dict[str, Any] = {"token_type": "Bearer", "scope": form.get("scope", ""), "access_token": access}
    body |= {"expires_in": tokens.LIFETIME, "ext_expires_in": tokens.LIFETIME}
    body["refresh_token"] = tokens.mint(world, "refresh", who, 90 * 86400)
    body["id_token"] = tokens.mint(world, form.get("client_id", ""), who)
    body["client_info"] = tokens.encode_json({"uid": person, "utid": world.tenant_id})
    return Reply(200, body)


def _audience(world: World, form: dict[str, str]) -> str:
    """Return the resource that the first real scope names; ``x//.default`` means ``x/``."""
    for scope in form.get("scope", "").split():
        if scope.endswith("/.default"):
            return scope.removesuffix("/.default")
        if "://" in scope:
            return scope.rsplit("/", 1)[0]
    return form.get("resource", world.endpoint)


def _knows(world: World, tenant: str) -> bool:
    return tenant.lower() in {world.tenant_id, "common", "organizations", "rehearsal.onmicrosoft.com"}


def _refuse(world: World, status: int, error: str, number: int, text: str) -> Reply:
    trace, correlation, now = str(uuid.uuid4()), str(uuid.uuid4()), timestamp(world.now())
    description = f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    return Reply(
        status,
        {
            "error": error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{world.endpoint}/error?code={number}",
        },
    )


def _unauthorized(world: World, code: str, message: str) -> ArmError:
    challenge = (
        f'Bearer authorization_uri="{world.endpoint}/{world.tenant_id}", error="invalid_token", '
        f'error_description="{message.encode("ascii", "replace").decode()}"'
    )
    return ArmError(401, code, message, gateway=True, headers={"WWW-Authenticate": challenge})
