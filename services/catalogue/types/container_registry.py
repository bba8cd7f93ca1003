"""The container registry: images of environments. Azure makes one at the first image build where none is chosen."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from services.catalogue.base import Look, NamedSettings, Resource, ResourceType, tags
from services.config import ProjectConfig
from services.naming import NameRule

RULE = NameRule(
    "container registry", "global", 5, 50, r"[a-zA-Z0-9]", "Letters and digits only.", "cr", separator=""
)  # fmt: skip


class ContainerRegistry(ResourceType):
    """https://learn.microsoft.com/azure/container-registry/container-registry-intro"""

    class Settings(NamedSettings):
        """`container_registry` of project.yaml."""

        section: ClassVar[str] = "container_registry"
        order: ClassVar[int] = 65
        id_type: ClassVar[str] = "Microsoft.ContainerRegistry/registries"
        mode: Literal["none", "new", "existing"] = "none"  # type: ignore[assignment]  # widens the two of NamedSettings
        name: Annotated[str, RULE] = Field(
            "",
            title="Container registry",
            description="Keeps the images that serve your model. Unique in the world.",
        )
        sku: Literal["Basic", "Standard", "Premium"] = Field("Basic", title="SKU")

    key = "container_registry"
    label = "Container registry"
    arm_type = Settings.id_type
    api_version = "2025-04-01"
    name_rule = RULE
    docs = "https://learn.microsoft.com/azure/container-registry/container-registry-intro"
    pricing = "https://azure.microsoft.com/pricing/details/container-registry/"
    expected_s = 17.0
    look = Look("learning", "container-registry", obligatory=False)
    shows = ("properties.loginServer",)

    def resources(self, config: ProjectConfig) -> Iterable[Resource]:
        """None by default, as in the portal."""
        settings = config[self.Settings]
        if settings.mode != "none":
            body = self.body(config, settings.sku)
            yield self.resource(config, settings, body=body, depends_on=("resource_group",))

    def body(self, config: ProjectConfig, sku: str) -> dict[str, Any]:
        """The workspace signs in with its identity; the admin user stays off."""
        return {
            "location": config.location,
            "tags": tags(config),
            "sku": {"name": sku},
            "properties": {"adminUserEnabled": False},
        }

    def unsuitable(self, found: Mapping[str, Any], config: ProjectConfig) -> str | None:
        """A registry can't live in a group whose name has letters beyond ASCII."""
        group = str(found.get("id", "")).split("/")[4:5]
        return None if "".join(group).isascii() else "its resource group's name has letters beyond ASCII"
