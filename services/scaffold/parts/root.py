"""The files at the top, which speak of all the others."""

from collections.abc import Iterator

from services import project_file
from services.config import ProjectConfig
from services.scaffold.facts import Facts
from services.scaffold.literals import Trusted
from services.scaffold.rendering import template
from services.scaffold.tree import Call, File

WORKSPACE = "workspace"


def files(facts: Facts, config: ProjectConfig, others: tuple[File, ...]) -> Iterator[File]:
    """README, project.yaml, what git ignores, and how the infrastructure is made."""
    yield File(
        "infra/README.md", "Says how the Azure resources were made and how to make them again.", "nowhere", "devops",
        (Call("describes", "project.yaml"),), template("common/infra_README.md", "infra/README.md", facts),
    )  # fmt: skip
    yield File(
        "README.md", "The way in: what this is, how to run it, which file does what.", "nowhere", "devops",
        render=template("common/README.md", "README.md", facts, files=[(Trusted(f.path), f) for f in others]),
    )  # fmt: skip
    yield File(
        "project.yaml", "The Groundplan project that all of this was made from.", "nowhere", "devops",
        (Call("describes", WORKSPACE),), lambda: project_file.write(config).encode("utf-8", "backslashreplace"),
    )  # fmt: skip
    yield File(
        ".gitignore", "Keeps models, data of your own, environments and secrets out of git.", "nowhere", "devops",
        render=template("common/gitignore", ".gitignore", facts),
    )  # fmt: skip
