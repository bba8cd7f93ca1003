"""The one description of a project's repository: the files graph draws it, `write` writes it, the README lists it."""

from collections.abc import Iterator

from services.config import ProjectConfig
from services.scaffold.chosen import Chosen
from services.scaffold.facts import Facts, facts_of
from services.scaffold.parts import api, data, deploy, devops, learning, root, tests
from services.scaffold.tree import File, Place, Tree


def describe(config: ProjectConfig, chosen: Chosen | None = None) -> Tree:
    """Say which files the project has, what each is for, where it runs and whom it calls. Nothing is rendered yet.

    With a model that was brought (`chosen`) the API, its tests and the deployment are that model's; one that does not fit
    (`chosen.unfit`) is left out.
    """
    facts = facts_of(config, chosen)
    files = [file for part in _PARTS for file in part(facts)]
    files += root.files(facts, config, tuple(files))
    places = tuple(_places(facts))
    return Tree(facts.folder, facts.project, facts.digest, tuple(sorted(files, key=_by_folder)), places)


def _places(facts: Facts) -> Iterator[Place]:
    if "sql" in facts.sources:
        yield Place(data.DATABASE, "SQL database", facts.sql_database, "data")
    yield Place(deploy.ENDPOINT, "Online endpoint", facts.endpoint, "production")
    yield Place(root.WORKSPACE, "Machine Learning workspace", facts.workspace, "learning")


def _by_folder(file: File) -> tuple[bool, str]:
    """Folders first, as in a file browser."""
    return "/" not in file.path, file.path


_PARTS = (data.files, learning.files, api.files, tests.files, deploy.files, devops.files)
