"""`project.yaml` both ways, safe against files that nobody should have written: bombs, giants, doubled keys."""

from pathlib import Path
from typing import Any

import yaml

from services.config import ConfigError, Problem, ProjectConfig
from services.parsing import Parsed, parse

MAX_BYTES = 256 * 1024
HEADER = (
    "# A Groundplan project. Load it in the browser or use it with `python -m services plan project.yaml`.\n"
)


class _Loader(yaml.SafeLoader):
    """SafeLoader without aliases (the bomb), without doubled keys and without dates."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases."""
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not used here", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice: which one was meant?"""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key!r} is not text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key `{key}` stands twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_choices(text: str | bytes) -> Any:
    """Turn YAML text into plain data; `ConfigError` with line and column when it is not YAML that we take."""
    if len(text) > MAX_BYTES:
        size = f"{len(text) / 1024:,.0f} KB"
        raise _error("too_large", f"The file has {size}; a project.yaml has at most {MAX_BYTES // 1024} KB.")
    try:
        return yaml.load(text.decode("utf-8-sig") if isinstance(text, bytes) else text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise _error("encoding", f"The file is not UTF-8 text (byte {error.start}).") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _error("yaml", f"{where}{error.problem or error.context}.") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        what = "It is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise _error("yaml", f"{what}.") from error


def read(text: str | bytes, *, subscription_id: str | None = None) -> Parsed:
    """Parse YAML text into a configuration with its problems."""
    choices = read_choices(text)
    return parse({} if choices is None else choices, subscription_id=subscription_id)


def load(path: Path, *, subscription_id: str | None = None) -> ProjectConfig:
    """Read a file strictly; `ConfigError` says what is wrong, the file's own problems included."""
    try:
        size = path.stat().st_size
        text = path.open("rb").read(MAX_BYTES + 1)
    except OSError as error:
        raise _error("unreadable", f"{path}: {error.strerror or error}.") from error
    if size > MAX_BYTES:
        raise _error(
            "too_large",
            f"{path} has {size / 1e6:,.1f} MB; a project.yaml has at most {MAX_BYTES // 1024} KB.",
        )
    return read(text, subscription_id=subscription_id).strict()


def write(config: ProjectConfig) -> str:
    """The whole configuration as YAML, every default spelt out."""
    return HEADER + yaml.safe_dump(config.data(), sort_keys=False, allow_unicode=True, width=100)


def _error(rule: str, message: str) -> ConfigError:
    return ConfigError((Problem("", rule, message),))
