"""The addresses that online endpoints are called at.  Nothing scores here yet, and nothing pretends to.

A key is asked for all the same, so that a client learns the truth in the right order: 401, 404, then 503.
"""

from __future__ import annotations

import hmac

from simulator.address import parse
from simulator.call import Call, Reply
from simulator.clock import catch_up
from simulator.errors import ArmError
from simulator.providers.machinelearning.endpoints import OnlineEndpoint, endpoint_keys
from simulator.world import World

ROOT = "/inference"


def knows(path: str) -> bool:
    """Tell whether a path belongs to an online endpoint."""
    return path.startswith(ROOT + "/subscriptions/")


def answer(world: World, method: str, path: str, token: str, deployment: str) -> Reply:
    """Answer a scoring request."""
    address = parse(path.removeprefix(ROOT).rsplit("/", 1)[0])
    with world.state.transaction():
        catch_up(world)
        found = world.state.get(address.path)
        if (
            found is None
            or found.type != OnlineEndpoint.arm_type.lower()
            or not path.endswith(("/score", "/swagger.json"))
        ):
            raise ArmError(404, "NotFound", "There is no online endpoint at this address.")
        call = Call(world, method, address, {}, None, {})
        keys = endpoint_keys(call, found).values() if found.body["properties"]["authMode"] == "Key" else []
    given = token.removeprefix("Bearer ").strip()
    if keys and token and not any(hmac.compare_digest(given.encode(), key.encode()) for key in keys):
        raise ArmError(401, "Unauthorized", "The key is not one of the endpoint's.")
    shares = {name: share for name, share in found.body["properties"]["traffic"].items() if share}
    if not deployment and not shares:
        raise ArmError(404, "NoDeployment", f"No deployment of {found.name} gets any traffic.")
    if deployment and world.state.get(f"{found.id}/deployments/{deployment}") is None:
        raise ArmError(
            404, "NoSuchDeployment", f"There is no deployment with name: {deployment} in {found.name}."
        )
    message = "No container runs behind this endpoint: this rehearsal does not score."
    raise ArmError(503, "ServiceUnavailable", message)
