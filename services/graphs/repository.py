"""Which file of the project's repository plays which part in the other graphs; the names come from the one description."""

from dataclasses import dataclass

from services.config import ProjectConfig
from services.scaffold.facts import facts_of
from services.scaffold.parts import api, data, deploy, learning, tests


@dataclass(frozen=True)
class Roles:
    """Paths in the repository, and the framework's name."""

    framework: str
    data_delivery: str
    development: str
    saving: str
    model: str
    handler: str
    environment: str
    test: str
    request: str
    expected: str
    deployment: str
    deploy_script: str


def roles(config: ProjectConfig) -> Roles:
    """Ask the description of the repository."""
    facts = facts_of(config)
    return Roles(
        str(facts.framework.title), data.door(facts), learning.training(facts),
        "learning/model.py" if facts.python else learning.training(facts), learning.model(facts), api.handler(facts),
        api.environment(facts), tests.test(facts), tests.REQUEST, tests.EXPECTED, "deploy/deployment.yml", deploy.SCRIPT,
    )  # fmt: skip


def loader(config: ProjectConfig, source: str) -> str:
    """The file that reads a source."""
    return data.loader(facts_of(config), source)
