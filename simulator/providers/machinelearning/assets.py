"""Assets of a workspace: models, environments, code, data and components, each a container with versions.

A version's PUT makes its container; the container tells the latest version and the next.
https://learn.microsoft.com/rest/api/azureml/model-versions
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

import yaml

from simulator.address import Address, parse
from simulator.call import Call, Reply
from simulator.children import Free
from simulator.errors import ArmError
from simulator.kinds import REGISTRY, Kind
from simulator.providers.machinelearning.shared import at_itself, check_name, user_error
from simulator.providers.machinelearning.uploads import pending_upload
from simulator.state import Resource

WORKSPACES = "Microsoft.MachineLearningServices/workspaces"


class Asset(Kind):
    """What containers and versions have in common."""

    body = Free
    regional = False
    state_key = ""
    deletion_rank = 1
    create_status = 201
    noun: ClassVar[str] = ""
    defaults: ClassVar[dict[str, Any]] = {
        "description": None,
        "tags": {},
        "properties": {},
        "isArchived": False,
    }

    def put(self, call: Call) -> Reply:
        """Create or change, and say where it is."""
        reply = super().put(call)
        return at_itself(call, reply, reply.body["id"])

    def check_name(self, call: Call, name: str) -> None:
        """Refuse a bad name."""
        check_name(call, name, self.noun)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add what Azure adds."""
        body["properties"] = self.defaults | body["properties"]

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List them as asked: in order, archived ones only on demand."""
        wanted = {"activeonly": {False}, "archivedonly": {True}}.get(
            call.query.get("listviewtype", "ActiveOnly").lower()
        )
        found = [
            one for one in super().list(call) if wanted is None or one["properties"]["isArchived"] in wanted
        ]
        if "desc" in call.query.get("$orderby", "").lower():
            found.reverse()
        return found


class Container(Asset):
    """An asset's name, with all its versions."""

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Add which version is the latest, and which would be next."""
        super().build(call, body, resource, before)
        old = before.get("properties", {})
        body["properties"] |= {key: old.get(key) for key in ("latestVersion", "nextVersion")}
        if not old:
            body["properties"]["nextVersion"] = "1"

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of this kind of asset."""
        if self.noun == "environment":
            message = f"No environment exists for name: {address.name}, version: , label: "
            return user_error(None, 404, message, "NotFoundError")
        title = self.noun.capitalize()
        more = f"{title} container with name: {address.name} not found."
        detail = {"code": f"{title}NotFound", "message": more, "details": [], "additionalInfo": []}
        return user_error(None, 404, "The specified resource was not found.", details=[detail])


class Version(Asset):
    """One version of an asset."""

    defaults: ClassVar[dict[str, Any]] = {**Asset.defaults, "isAnonymous": False}
    #: What a later PUT must not change: these are what the version is.
    fixed: ClassVar[tuple[str, ...]] = ()

    def require_parent(self, call: Call, address: Address, action: str) -> None:
        """Raise the 404 of the workspace; a write makes the container, and a read misses the version itself."""
        workspace = parse("/".join(address.path.split("/")[:9]))
        REGISTRY[WORKSPACES.lower()].require(call, workspace)
        if action != "write" or call.state.get(address.parent.path) is not None:
            return
        container = parse(address.parent.path)
        kind = REGISTRY[container.type]
        first = Call(call.world, "PUT", container, call.query, {"properties": {}}, call.caller)
        kind.put(first)

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse to make another thing of a version that is there."""
        given = body.properties or {}
        for key in self.fixed:
            before = existing.request.get("properties", {}).get(key) if existing else None
            if before is not None and given.get(key) is not None and _plain(before) != _plain(given[key]):
                message = (
                    f"The {self.noun} version is immutable: {key} cannot be changed. Create a new version."
                )
                raise user_error(call, 400, message, "ImmutableResourceModification")
        return None

    def created(self, world: Any, resource: Resource) -> None:
        """Tell the container that it has a newer version."""
        container = world.state.get(resource.id.rsplit("/versions/", 1)[0])
        if container is None:
            return
        number = resource.name
        container.body["properties"] |= {
            "latestVersion": number,
            "nextVersion": str(int(number) + 1) if re.fullmatch(r"\d{1,9}", number) else None,
        }
        world.state.put(container)

    def missing(self, address: Address) -> ArmError:
        """Return the 404 of this kind of asset."""
        name, number = address.names[1], address.name
        if self.noun == "environment":
            message = f"No environment exists for name: {name}, version: {number}, label: "
            return user_error(None, 404, message, "NotFoundError")
        title = self.noun.capitalize()
        more = f"{title} version not found: {name}:{number}."
        detail = {"code": f"{title}NotFound", "message": more, "details": [], "additionalInfo": []}
        return user_error(None, 404, "The specified resource was not found.", details=[detail])


class ModelContainer(Container):
    """A model."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/models"
    noun = "model"


class ModelVersion(Version):
    """A version of a model."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/models/versions"
    noun = "model"
    fixed = ("modelUri", "modelType")
    defaults: ClassVar[dict[str, Any]] = {
        **Version.defaults,
        "flavors": {},
        "modelType": "custom_model",
        "jobName": None,
    }

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse a model that is nowhere."""
        if not (body.properties or {}).get("modelUri"):
            raise user_error(call, 400, "'Model Uri' must not be empty.", "BadArgument")
        return super().check(call, body, existing)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Spell the address of the files as Azure does."""
        super().build(call, body, resource, before)
        address = body["properties"]["modelUri"]
        body["properties"]["modelUri"] = re.sub(r"/resourcegroups/", "/resourceGroups/", address, flags=re.I)


class EnvironmentContainer(Container):
    """An environment."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/environments"
    noun = "environment"


class EnvironmentVersion(Version):
    """A version of an environment; it answers a second PUT with 201 as well."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/environments/versions"
    noun = "environment"
    update_status = 201
    fixed = ("image", "condaFile", "build")
    defaults: ClassVar[dict[str, Any]] = {
        **Version.defaults,
        "environmentType": "UserCreated",
        "osType": "Linux",
    }

    def check(self, call: Call, body: Any, existing: Resource | None) -> ArmError | None:
        """Refuse an environment with no image, and a conda file that is none."""
        given = body.properties or {}
        if not given.get("image") and not given.get("build"):
            message = "An environment needs either an image or a build context."
            raise user_error(call, 400, message, "BadArgument")
        if given.get("condaFile") and _conda(given["condaFile"]) is None:
            raise user_error(call, 400, "The conda file is not valid YAML.", "BadArgument")
        return super().check(call, body, existing)

    def build(self, call: Call, body: dict[str, Any], resource: Resource, before: dict[str, Any]) -> None:
        """Write the conda file as JSON, as Azure gives it back."""
        super().build(call, body, resource, before)
        given = body["properties"].get("condaFile")
        found = _conda(given) if given else None
        body["properties"]["condaFile"] = json.dumps(found, indent=2) if found is not None else ""


class CodeContainer(Container):
    """A folder of code."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/codes"
    noun = "code"


class CodeVersion(Version):
    """A version of a folder of code."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/codes/versions"
    noun = "code"
    fixed = ("codeUri",)
    actions: ClassVar[dict[str, str]] = {}

    def list(self, call: Call) -> list[dict[str, Any]]:
        """List them, only those with a given hash when asked so."""
        found, wanted = super().list(call), call.query.get("hash")
        return [
            one for one in found if not wanted or one["properties"]["properties"].get("hash_sha256") == wanted
        ]

    def action(self, call: Call, name: str) -> Reply | None:
        """Say where the files of a version that is not there yet may be uploaded."""
        if call.method != "POST" or name.lower() != "startpendingupload":
            return super().action(call, name)
        return pending_upload(call, call.address.without_action)


class DataContainer(Container):
    """A data asset."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/data"
    noun = "data"
    defaults: ClassVar[dict[str, Any]] = {**Asset.defaults, "dataType": "uri_folder"}


class DataVersion(Version):
    """A version of a data asset."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/data/versions"
    noun = "data"
    fixed = ("dataUri", "dataType")
    defaults: ClassVar[dict[str, Any]] = {**Version.defaults, "dataType": "uri_folder"}


class ComponentContainer(Container):
    """A component."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/components"
    noun = "component"


class ComponentVersion(Version):
    """A version of a component; it is kept and never runs."""

    arm_type = "Microsoft.MachineLearningServices/workspaces/components/versions"
    noun = "component"


def _conda(text: Any) -> Any:
    try:
        found = yaml.safe_load(str(text))
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict) else None


def _plain(value: Any) -> Any:
    """Return a value so that two spellings of one are equal: a conda file comes back as JSON."""
    if not isinstance(value, str):
        return value
    return _conda(value) or value.lower()
