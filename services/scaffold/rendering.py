"""Filling in a template: plain files below `templates/`, whose values are written as literals by themselves.

«value» is a value and «% ... %» is control: neither means anything in the files' own languages, whose braces
({{ }} in pipelines) stay as they are.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.scaffold.facts import Facts
from services.scaffold.literals import Trusted, writer

TEMPLATES = Path(__file__).parent / "templates"


def template(name: str, path: str, facts: Facts, **more: Any) -> Callable[[], bytes]:
    """The content of the file at `path`, rendered from the template `name` when it is called."""
    return partial(_render, name, path, facts, more)


def text(content: str) -> Callable[[], bytes]:
    """Content that is there already."""
    return content.encode


def _render(name: str, path: str, facts: Facts, more: dict[str, Any]) -> bytes:
    source = environment(PurePosixPath(path).suffix).get_template(f"{name}.j2")
    return source.render(facts=facts, **more).encode("utf-8", "backslashreplace")


@lru_cache(maxsize=16)
def environment(suffix: str, folder: Path = TEMPLATES) -> Environment:
    """Jinja for files of one suffix, whose literals it writes; the templates lie in `folder`."""
    environment = Environment(
        loader=FileSystemLoader(folder), undefined=StrictUndefined, finalize=writer(f"file{suffix}"),
        variable_start_string="«", variable_end_string="»", trim_blocks=True, lstrip_blocks=True,
        block_start_string="«%", block_end_string="%»", comment_start_string="«#", comment_end_string="#»",
        keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    environment.globals["trusted"] = Trusted
    return environment
