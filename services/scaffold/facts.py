"""What the templates may know of a project: plain values taken from its configuration."""

from dataclasses import dataclass

from services import naming
from services.catalogue.base import named, resource_id
from services.catalogue.types.sql_server import SqlServer
from services.config import DevOps, Learning, Production, ProjectConfig
from services.scaffold.chosen import Chosen
from services.scaffold.frameworks import FRAMEWORKS, R_READERS, READERS, Framework, pinned
from services.scaffold.literals import Trusted
from services.scaffold.sample import COLUMNS, EXPECTED, REQUEST, TARGET


@dataclass(frozen=True)
class Facts:
    """The values of every template; text of the user's is `str`, text of ours is `Trusted`."""

    project: str
    folder: Trusted
    digest: Trusted
    subscription_id: str
    resource_group: str
    workspace: str
    location: str
    endpoint: str
    deployment: str
    instance_type: str
    instance_count: int
    sql_server: str
    sql_database: str
    language: Trusted
    framework: Framework
    sources: tuple[Trusted, ...]
    platform: str
    rehearsal: bool
    chosen: Chosen | None = None
    columns = tuple(Trusted(column) for column in COLUMNS)
    target = Trusted(TARGET)
    example_row = Trusted(", ".join(map(str, REQUEST[0])))
    example_answer = Trusted(str(EXPECTED[0]))

    @property
    def python(self) -> bool:
        """Whether the project is written in Python; otherwise in R."""
        return self.language == "python"

    @property
    def model_file(self) -> Trusted:
        """The name of the model file that is served; a chosen one's was checked."""
        return Trusted(self.chosen.file_name) if self.chosen else self.framework.model_file

    @property
    def shipped(self) -> bool:
        """Whether the model file comes with the repository."""
        return self.chosen is not None and self.chosen.content is not None

    @property
    def default_source(self) -> Trusted:
        """Where training reads from unless told otherwise: the first file source, or the sample."""
        files = [source for source in self.sources if source != "sql"]
        return files[0] if files else Trusted("sample")

    @property
    def training_packages(self) -> list[Trusted]:
        """Requirement lines for this machine."""
        readers = [name for source in self.sources for name in READERS[source]]
        return pinned("numpy", "pandas", *readers, *self.framework.serving, *self.framework.training)

    @property
    def serving_packages(self) -> list[Trusted]:
        """Requirement lines for the cloud."""
        return pinned("azureml-inference-server-http", "numpy", *self.framework.serving)

    @property
    def testing_packages(self) -> list[Trusted]:
        """Requirement lines that the tests need on top: the cloud's server, so that refusals are the real ones."""
        return pinned("azureml-inference-server-http", "pytest")

    @property
    def golden_packages(self) -> list[Trusted]:
        """Requirement lines that testing a brought model needs on top of the handler's own."""
        return pinned("pytest")

    @property
    def r_packages(self) -> list[Trusted]:
        """Names of R packages."""
        readers = [name for source in self.sources for name in R_READERS[source]]
        return [Trusted(name) for name in sorted({*self.framework.serving, *readers}, key=str.lower)]


def facts_of(config: ProjectConfig, chosen: Chosen | None = None) -> Facts:
    """Read the facts out of a configuration; resources are named by what their IDs say."""
    workspace = named(config, "workspace")
    place = resource_id(config, "Microsoft.MachineLearningServices/workspaces", workspace)
    production, sql = config[Production], config[SqlServer.Settings]
    learning = config[Learning]
    return Facts(
        project=config.name, folder=Trusted(naming.slug(config.name)[:60].strip("-")), digest=Trusted(config.digest),
        subscription_id=_after("subscriptions", place), resource_group=_after("resourceGroups", place),
        workspace=_after("workspaces", place), location=config.location,
        endpoint=production.endpoint, deployment=production.deployment, instance_type=production.instance_type,
        instance_count=production.instance_count,
        sql_server=sql.server if sql.mode != "none" else "", sql_database=sql.database if sql.mode != "none" else "",
        language=Trusted(learning.language), framework=FRAMEWORKS[_framework(learning)],
        sources=tuple(Trusted(source) for source in config.core.data_sources), platform=config[DevOps].platform,
        rehearsal=config.cloud == "rehearsal", chosen=chosen if chosen and not chosen.unfit(learning.language) else None,
    )  # fmt: skip


def _framework(learning: Learning) -> str:
    """The framework; a draft may name one that does not fit its language."""
    if learning.language == "r":
        return "r"
    return learning.framework if learning.framework != "r" else "scikit-learn"


def _after(kind: str, place: str) -> str:
    """The name that follows a segment of a resource ID; empty in a draft whose ID is not one."""
    words = place.split("/")
    lower = [word.lower() for word in words]
    return words[lower.index(kind.lower()) + 1] if kind.lower() in lower[:-1] else ""
