"""Which packages of R a build would install: read from its RUN lines, none of which is ever run here.

A line that does anything else is refused: left out, it would make the rehearsal lie.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from simulator.scoring.dockerfile import Step, wrong

#: Commands whose effect is only within the build, or is that of this machine's own R and libraries.
_PLAIN = frozenset({"set", "true", ":", "ldconfig", "echo"})
_APT = frozenset({"apt-get", "apt"})
_ENDS = frozenset({"&&", ";", ";;", "||", "\n"})
#: littler's scripts.  https://github.com/eddelbuettel/littler/tree/master/inst/examples
_SCRIPTS = {"install2.r": "name", "install.r": "name", "installGithub.r": "address", "installBioc.r": "name"}
_WITH_VALUE = frozenset(
    {"-n", "--ncpus", "-r", "--repos", "-l", "--libloc", "-t", "--type", "-m", "--method"}
)
#: R's own functions that install: how the first argument names a package.
_FUNCTIONS = {
    "install.packages": "name", "install_cran": "name", "install_version": "version", "install_bioc": "name",
    "install_github": "address", "install_gitlab": "address", "pkg_install": "address", "pak": "address",
    "install": "name",
}  # fmt: skip
_NAMESPACES = frozenset({"", "utils", "remotes", "devtools", "pak", "BiocManager"})
_QUIET = frozenset({"options", "library", "require", "requireNamespace", "q", "quit", "invisible"})
_CALL = re.compile(r"(?:(\w+)::)?([\w.]+)\s*\(")
_TEXT = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_WRITES = re.compile(r"[12&]?>(?!&\d|/dev/null|$)|[12&]?>+$")  # a file that the container would find
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


@dataclass(frozen=True)
class Wanted:
    """A package that a line installs; ``loose`` where the name is Debian's, which knows no capitals."""

    name: str
    version: str = ""
    loose: bool = False


@dataclass(frozen=True)
class Work:
    """What a RUN line would do: packages of R, packages of the system, folders."""

    packages: tuple[Wanted, ...] = ()
    system: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def work_of(step: Step) -> Work:
    """Return what a RUN line would do.

    Raises:
        Unsupported: it does what the rehearsal can neither do nor take from this machine.
    """
    packages: list[Wanted] = []
    system: list[str] = []
    folders: list[str] = []
    for command in _commands(step):
        name, rest = command[0].rpartition("/")[2], command[1:]
        if any(_WRITES.match(word) for word in rest):
            raise _foreign(step, " ".join(command))
        if name in _APT:
            found = _of_apt(rest)
            packages += [Wanted(one.split("-", 2)[2], loose=True) for one in found if _is_r(one)]
            system += [one for one in found if not _is_r(one)]
        elif name == "mkdir":
            folders += [one for one in rest if not one.startswith("-")]
        elif name in _SCRIPTS:
            packages += [_wanted(step, one, _SCRIPTS[name]) for one in _plain_words(rest)]
        elif name in {"R", "Rscript"}:
            packages += _of_r(step, rest)
        elif name not in _PLAIN and not _clears_up(command):
            raise _foreign(step, " ".join(command))
    return Work(tuple(packages), tuple(system), tuple(folders))


def _commands(step: Step) -> Iterator[list[str]]:
    """Yield the commands of a line, word by word."""
    if step.listed is not None:
        yield from [list(step.listed)] if step.listed else []
        return
    words = shlex.shlex(step.text, posix=True, punctuation_chars=";&|")
    words.whitespace_split, words.commenters = True, ""
    command: list[str] = []
    try:
        for word in [*words, ";"]:
            if word in _ENDS:
                if command:
                    yield command
                command = []
            elif set(word) <= set(";&|"):
                raise _foreign(step, step.text)
            else:
                command.append(word)
    except ValueError as why:
        raise wrong(step, f"it cannot be read ({str(why).lower()})") from None


def _of_apt(words: list[str]) -> list[str]:
    plain = _plain_words(words)
    return [one.partition("=")[0] for one in plain[1:]] if plain[:1] == ["install"] else []


def _is_r(package: str) -> bool:
    return package.startswith(("r-cran-", "r-bioc-"))


def _plain_words(words: list[str]) -> list[str]:
    """Leave options out, with their values."""
    found, skip = [], False
    for word in words:
        if not skip and not word.startswith("-"):
            found.append(word)
        skip = word in _WITH_VALUE
    return found


def _clears_up(command: list[str]) -> bool:
    """Tell whether a command removes what only a build leaves: an image is smaller by it, and not another one."""
    gone = [one for one in command[1:] if not one.startswith("-")]
    return command[0] == "rm" and all(
        one.startswith(("/var/lib/apt/", "/var/cache/", "/tmp/")) for one in gone
    )


def _of_r(step: Step, words: list[str]) -> list[Wanted]:
    """Read ``R -e CODE`` and ``Rscript -e CODE``."""
    code = [after for word, after in pairwise(words) if word == "-e"]
    others = [one for one in words if not one.startswith("-") and one not in code]
    if not code or others:
        raise _foreign(step, " ".join(["Rscript", *words]))
    return [wanted for text in code for call in _statements(text) for wanted in _of_call(step, call)]


def _statements(code: str) -> Iterator[str]:
    """Yield the statements of a line of R: what stands between semicolons outside of texts and brackets."""
    for part in _split(code, ";\n"):
        if part.strip():
            yield part.strip()


def _of_call(step: Step, text: str) -> Iterator[Wanted]:
    found = _CALL.match(text)
    if found is None or not text.endswith(")") or (found[1] or "") not in _NAMESPACES:
        raise _foreign(step, text)
    if found[2] in _QUIET:
        return
    if found[2] not in _FUNCTIONS or (found[2] in {"install", "pak"} and not found[1]):
        raise _foreign(step, text)
    arguments = [one.strip() for one in _split(text[found.end() : -1], ",")]
    named = {
        key.strip(): value
        for key, mark, value in (one.partition("=") for one in arguments)
        if mark and _NAME.fullmatch(key.strip())
    }
    first = next(
        (named[key] for key in ("pkgs", "pkg", "packages", "package", "repo") if key in named), arguments[0]
    )
    texts = [one[0] or one[1] for one in _TEXT.findall(first)]
    bare = _TEXT.sub("", first).strip()
    if not texts or not re.fullmatch(r"(c\s*\([\s,]*\))?", bare):
        raise _foreign(step, text)
    version = _TEXT.search(named.get("version", arguments[1] if len(arguments) > 1 else ""))
    for one in texts:
        wanted = _wanted(step, one, _FUNCTIONS[found[2]])
        exact = (version[1] or version[2]) if found[2] == "install_version" and version else ""
        yield Wanted(wanted.name, exact or wanted.version)


def _split(text: str, marks: str) -> list[str]:
    """Split a piece of R at marks that stand outside of texts and brackets."""
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign in marks and not depth:
            parts.append("")
            continue
        parts[-1] += sign
    return parts


def _wanted(step: Step, text: str, kind: str) -> Wanted:
    """Read how a package is named: ``plumber``, ``rstudio/plumber@v1.2``, ``any::plumber@1.2.1``."""
    name, version = text, ""
    if kind == "address":
        source, _, name = text.rpartition("::")
        name, _, version = name.partition("@")
        version = version if (not source and "/" not in name) or source == "cran" else ""
        name = name.rpartition("/")[2].partition("#")[0]
    if not _NAME.fullmatch(name):
        raise _foreign(step, text)
    return Wanted(name, version)


def _foreign(step: Step, what: str) -> Exception:
    return wrong(
        step,
        f"RUN is not carried out in the rehearsal, and of '{what}' it is not known how to do without. "
        "What it can take from this machine are packages that install2.r, install.packages('NAME') or apt-get install; "
        "COPY what else the container needs",
    )
