"""What ARM itself checks before any resource provider is asked: is there such a group, and such a region."""

from __future__ import annotations

from simulator import regions
from simulator.address import Address
from simulator.call import Call
from simulator.errors import gateway, group_not_found
from simulator.state import Resource


def require_group(call: Call, address: Address, writing: bool = False) -> Resource | None:
    """Return the resource group that the address stands in, None above groups.

    Raises:
        ArmError: 404 ResourceGroupNotFound; 409 ResourceGroupBeingDeleted when somebody wants to write.
    """
    if not address.group:
        return None
    group = call.state.get(f"/subscriptions/{address.subscription}/resourceGroups/{address.group}")
    if group is None:
        raise group_not_found(address.group)
    if writing and group.state == "Deleting":
        message = (
            f"The resource group '{group.name}' is in deprovisioning state and cannot perform this operation."
        )
        raise gateway(409, "ResourceGroupBeingDeleted", message)
    return group


def given_location(call: Call) -> str:
    """Return the location that the body names, as it stands there.

    Raises:
        ArmError: 400 LocationRequired.
    """
    given = call.body.get("location")
    if not isinstance(given, str) or not given:
        raise gateway(400, "LocationRequired", "The location property is required for this definition.")
    return given


def check_region(call: Call, arm_type: str, closed: frozenset[str], existing: Resource | None) -> None:
    """Refuse a region that does not have the type, or is another than that of the resource that is there."""
    given = given_location(call)
    location = regions.normal(given)
    shut = closed | set((call.state.note("scenario rules", "closed") or {}).get(arm_type.lower(), []))
    open_regions = [region.name for region in regions.REGIONS if region.name not in shut]
    if location not in open_regions and location not in regions.CANARIES:
        message = (
            f"The provided location '{given}' is not available for resource type '{arm_type}'. "
            f"List of available regions for the resource type is '{','.join(open_regions)}'."
        )
        raise gateway(400, "LocationNotAvailableForResourceType", message)
    if existing is not None and existing.location != location:
        message = (
            f"The resource '{existing.name}' already exists in location '{existing.location}' in resource group "
            f"'{existing.group}'. A resource with the same name cannot be created in location '{location}'. "
            "Please select a new resource name."
        )
        raise gateway(409, "InvalidResourceLocation", message)
