"""A Dockerfile, read as Docker reads it and never run: what it stands on, what it would do, what it starts.

https://docs.docker.com/reference/dockerfile/
"""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.scoring.conda import Unsupported

#: What an image's commands find when no ENV says otherwise.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LARGEST = 256 * 1024  # characters
_KNOWN = frozenset(
    {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
     "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}
)  # fmt: skip
_DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(\S+)\s*$")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?\s+")
_HEREDOC = re.compile(r"<<-?(['\"]?)[A-Za-z_]\w*\1(?=\s|$)")
_VARIABLE = re.compile(r"\\(\$)|\$(?:(\w+)|\{(\w+)(?::([-+])([^}]*))?\})")


@dataclass(frozen=True)
class Step:
    """One instruction: its line, its word in capitals, its flags, and the text behind them with variables filled in."""

    line: int
    word: str
    text: str
    flags: Mapping[str, str] = field(default_factory=dict)
    folder: str = "/"  # WORKDIR at that moment

    @property
    def listed(self) -> tuple[str, ...] | None:
        """The exec form, None for the shell form; what is no JSON list of texts is the latter, as Docker has it."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        good = isinstance(found, list) and all(isinstance(one, str) for one in found)
        return tuple(found) if good else None

    @property
    def words(self) -> list[str]:
        """Its words, of either form."""
        return list(self.listed) if self.listed is not None else _split(self)


@dataclass
class Dockerfile:
    """The last stage of a Dockerfile; an entry point or a command that is None is the base image's own."""

    base: str
    steps: list[Step] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    entrypoint: tuple[str, ...] | None = None
    command: tuple[str, ...] | None = None
    _arguments: dict[str, str] = field(default_factory=dict)
    _shell: tuple[str, ...] = ("/bin/sh", "-c")


def read(text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        Unsupported: it is none, or holds what cannot be read here; the line is named.
    """
    if len(text) > LARGEST or "\0" in text:
        raise Unsupported("the Dockerfile is no text, or far too long for one")
    stages: dict[str, Dockerfile] = {}
    given: dict[str, str] = {}  # by ARG before the first FROM
    stage: Dockerfile | None = None
    for step in _steps(text):
        if step.word == "FROM":
            stage = _begin(step, stages, given)
        elif stage is not None:
            _take(stage, step, given)
        elif step.word == "ARG":
            given |= _argument(_filled(step, given), given)
        else:
            raise wrong(step, f"{step.word} stands before FROM")
    if stage is None:
        raise Unsupported("the Dockerfile has no FROM")
    return stage


def wrong(step: Step, why: str) -> Unsupported:
    """Make the complaint about an instruction."""
    return Unsupported(f"line {step.line} of the Dockerfile: {why}")


def _steps(text: str) -> Iterator[Step]:
    """Yield the instructions; comments and continuations are taken out."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("#") or (parts and not bare):
            _check_directive(bare)
            continue
        if not parts:
            first = number
        if line.rstrip().endswith("\\"):
            parts.append(line.rstrip()[:-1])
            continue
        if whole := "".join([*parts, line]).strip():
            yield _step(first, whole)
        parts = []
    if whole := "".join(parts).strip():
        yield _step(first, whole)


def _step(line: int, whole: str) -> Step:
    word, _, rest = whole.replace("\t", " ").partition(" ")
    step = Step(line, word.upper(), rest.strip())
    if step.word not in _KNOWN:
        raise wrong(step, f"there is no instruction {word}")
    if not step.text:
        raise wrong(step, f"{step.word} says nothing")
    if step.word in {"RUN", "COPY", "ADD"} and _HEREDOC.search(step.text):
        raise wrong(step, "here-documents cannot be read; write one command a RUN, or COPY a file")
    flags: dict[str, str] = {}
    while step.word in {"RUN", "COPY", "ADD", "FROM", "HEALTHCHECK"} and (
        found := _FLAG.match(rest := rest.strip())
    ):
        flags[found[1]], rest = found[2] or "", rest[found.end() :]
    return Step(line, step.word, rest.strip(), flags)


def _check_directive(comment: str) -> None:
    found = _DIRECTIVE.match(comment)
    if found and found[1].lower() == "escape" and found[2] != "\\":
        raise Unsupported(f"the Dockerfile's escape character is '{found[2]}'; only a backslash can be read")


def _begin(step: Step, stages: dict[str, Dockerfile], given: Mapping[str, str]) -> Dockerfile:
    """Begin a stage, with all of an earlier one where that is its base."""
    words = _split(_filled(step, given))
    if len(words) not in {1, 3} or (len(words) == 3 and words[1].upper() != "AS"):
        raise wrong(step, "FROM names no image")
    earlier = stages.get(words[0].lower())
    made = Dockerfile(words[0], folder="/")
    if earlier is not None:
        made = Dockerfile(
            earlier.base, list(earlier.steps), dict(earlier.variables), earlier.folder, earlier.entrypoint,
            earlier.command, {}, earlier._shell,
        )  # fmt: skip
    if len(words) == 3:
        stages[words[2].lower()] = made
    return made


def _take(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    """Let one instruction have its effect on a stage, and note it."""
    if step.word not in {"CMD", "ENTRYPOINT", "SHELL"}:
        step = _filled(step, stage._arguments | stage.variables)
    if not step.text.strip():
        raise wrong(step, f"{step.word} says nothing, once variables are filled in")
    step = Step(step.line, step.word, step.text, step.flags, stage.folder)
    if act := _ACTS.get(step.word):
        act(stage, step, given)
    stage.steps.append(step)


def _take_argument(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    stage._arguments |= _argument(step, given)


def _take_variables(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    stage.variables |= _pairs(step)


def _take_folder(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    stage.folder = posixpath.normpath(posixpath.join(stage.folder, _split(step)[0]))


def _take_entrypoint(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    stage.entrypoint = step.listed if step.listed is not None else (*stage._shell, step.text)
    stage.command = stage.command or ()  # the base image's own no longer counts


def _take_command(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    stage.command = step.listed if step.listed is not None else (*stage._shell, step.text)


def _take_shell(stage: Dockerfile, step: Step, given: Mapping[str, str]) -> None:
    if not step.listed:
        raise wrong(step, 'SHELL is a list such as ["/bin/bash", "-c"]')
    stage._shell = step.listed


_ACTS: dict[str, Callable[[Dockerfile, Step, Mapping[str, str]], None]] = {
    "ARG": _take_argument, "ENV": _take_variables, "WORKDIR": _take_folder, "ENTRYPOINT": _take_entrypoint,
    "CMD": _take_command, "SHELL": _take_shell,
}  # fmt: skip


def _argument(step: Step, given: Mapping[str, str]) -> dict[str, str]:
    """Read ARG: a name takes its own default, or the one from before FROM; Azure gives no others."""
    found = {}
    for word in _split(step):
        name, equals, value = word.partition("=")
        if equals or name in given:
            found[name] = value if equals else given[name]
    return found


def _pairs(step: Step) -> dict[str, str]:
    """Read ENV: name=value pairs, or the old form with one name and the rest of the line."""
    if "=" not in step.text.split(None, 1)[0]:
        name, _, value = step.text.partition(" ")
        return {name: value.strip()}
    pairs = [word.partition("=") for word in _split(step)]
    if any(not name or not equals for name, equals, _ in pairs):
        raise wrong(step, "ENV takes pairs such as NAME=value")
    return {name: value for name, _, value in pairs}


def _filled(step: Step, variables: Mapping[str, str]) -> Step:
    """Fill variables in; RUN leaves to the shell what the Dockerfile does not know."""
    known = {"PATH": PATH, **variables}

    def value(found: re.Match[str]) -> str:
        name = found[2] or found[3]
        if found[1] or (step.word == "RUN" and name not in known):
            return found[0] if step.word == "RUN" else "$"
        if found[4] == "+":
            return found[5] if known.get(name) else ""
        return known.get(name) or (found[5] or "" if found[4] else "")

    return Step(step.line, step.word, _VARIABLE.sub(value, step.text), step.flags, step.folder)


def _split(step: Step) -> list[str]:
    try:
        return shlex.split(step.text)
    except ValueError as why:
        raise wrong(step, f"it cannot be read ({str(why).lower()})") from None
