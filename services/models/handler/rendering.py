"""Filling in the handler's templates: the scaffold's way of writing values as literals, over templates of our own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.scaffold.rendering import environment

TEMPLATES = Path(__file__).parent / "templates"


def render(name: str, path: str, facts: Mapping[str, Any]) -> str:
    """The text of the file at `path`, from the template `name`."""
    return environment(Path(path).suffix, TEMPLATES).get_template(f"{name}.j2").render(**facts)
