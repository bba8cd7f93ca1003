"""Name rules of Azure and the names that we suggest: known here once, so that form, plan and checks say the same.

Rules and their sources: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
Prefixes: https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-abbreviations
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

RESERVED_WORDS = frozenset(
    [
        "ACCESS",
        "APP_CODE",
        "APP_THEMES",
        "APP_DATA",
        "APP_GLOBALRESOURCES",
        "APP_LOCALRESOURCES",
        "APP_WEBREFERENCES",
        "APP_BROWSERS",
        "AZURE",
        "BING",
        "BIZSPARK",
        "BIZTALK",
        "CORTANA",
        "DIRECTX",
        "DOTNET",
        "DYNAMICS",
        "EXCEL",
        "EXCHANGE",
        "FOREFRONT",
        "GROOVE",
        "HOLOLENS",
        "HYPERV",
        "KINECT",
        "LYNC",
        "MSDN",
        "O365",
        "OFFICE",
        "OFFICE365",
        "ONEDRIVE",
        "ONENOTE",
        "OUTLOOK",
        "POWERPOINT",
        "SHAREPOINT",
        "SKYPE",
        "VISIO",
        "VISUALSTUDIO",
        "WEB.CONFIG",
        "XBOX",
    ]
)
RESERVED_PARTS = ("MICROSOFT", "WINDOWS")
RESERVED_STARTS = ("LOGIN",)
SUFFIX_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class NameRule:
    """What Azure accepts as a name of one resource type.

    `chars` is the regular expression of one allowed character; `pattern` of the whole name, where that
    is not enough.
    """

    noun: str
    scope: str
    min: int
    max: int
    chars: str
    says: str
    prefix: str = ""
    pattern: str = ""
    separator: str = "-"
    lower: bool = False
    reserved: frozenset[str] = frozenset()

    @property
    def is_global(self) -> bool:
        """Whether the name must be free in the whole world, because it becomes a DNS name."""
        return self.scope == "global"


@dataclass(frozen=True)
class Broken:
    """A rule that a name breaks: the rule's id, a sentence, and a name that would do."""

    rule: str
    message: str
    suggestion: str


def broken(rule: NameRule, name: str) -> Broken | None:
    """Say the first rule that `name` breaks, with a working suggestion; None when the name is fine."""
    found = next(_violations(rule, name), None)
    if found is None:
        return None
    return Broken(found[0], found[1], suggest(rule, name))


def suggest(rule: NameRule, wish: str) -> str:
    """Turn any text into a name that keeps the rule and stays as close to the wish as it can."""
    separator = rule.separator if re.fullmatch(rule.chars, rule.separator or " ") else ""
    for base in (wish, f"{rule.prefix}{separator}{wish}", f"{rule.prefix}{separator}{slug(wish)}"):
        name = _fit(rule, base, separator)
        if next(_violations(rule, name), None) is None:
            return name
    return _fit(rule, f"{rule.prefix}{separator}project", separator)


def default_name(rule: NameRule, project: str, unique: str) -> str:
    """Name a project's resource: CAF prefix, the project's slug cut to fit, and `unique` where the name is global."""
    words = slug(project)
    if not rule.separator:
        words = words.replace("-", "")
    tail = f"{rule.separator}{unique}" if rule.is_global else ""
    room = rule.max - len(rule.prefix) - len(rule.separator) - len(tail)
    return suggest(rule, f"{rule.prefix}{rule.separator}{words[:room].strip('-')}{tail}")


def slug(text: str) -> str:
    """Reduce any text to lower-case ASCII words joined by hyphens; `project` where nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "project"


def suffix(subscription_id: str, resource_group: str, project: str) -> str:
    """Make the 4 base-36 characters that keep global names apart: stable for a project, other for another subscription."""
    digest = hashlib.sha256(f"{subscription_id}/{resource_group}/{project}".encode()).digest()
    number = int.from_bytes(digest, "big")
    return "".join(SUFFIX_ALPHABET[number // 36**place % 36] for place in range(4))


def _violations(rule: NameRule, name: str) -> Iterator[tuple[str, str]]:
    """Yield (rule id, sentence) for every rule that the name breaks, the plainest first."""
    if not name:
        yield "required", f"The {rule.noun} needs a name."
        return
    wrong = _wrong_characters(rule, name)
    if wrong:
        yield "characters", f"{rule.says} Not allowed here: {wrong}."
    if not rule.min <= len(name) <= rule.max:
        yield "length", f"The name has {len(name)} characters; Azure takes {rule.min} to {rule.max}."
    if rule.pattern and not re.fullmatch(rule.pattern, name):
        yield "pattern", rule.says
    word = _reserved_word(rule, name)
    if word:
        yield "reserved", f"{word} is a reserved word or trademark that Azure refuses in names."


def _wrong_characters(rule: NameRule, name: str) -> str:
    """List the characters of the name that the rule does not know, each once, invisible ones by code point."""
    wrong = dict.fromkeys(c for c in name if not re.fullmatch(rule.chars, c))
    return ", ".join(
        "space" if c == " " else repr(c)[1:-1] if c.isprintable() else f"U+{ord(c):04X}" for c in wrong
    )


def _reserved_word(rule: NameRule, name: str) -> str | None:
    """Name the reserved word in a name, as Azure looks for them: whole, as a part, or at the start."""
    upper = name.upper()
    if upper in RESERVED_WORDS or name.lower() in rule.reserved:
        return name
    parts = [word for word in RESERVED_PARTS if word in upper]
    starts = [word for word in RESERVED_STARTS if upper.startswith(word)]
    return next(iter(parts + starts), None)


def _fit(rule: NameRule, wish: str, separator: str) -> str:
    """Replace what is not allowed, drop reserved parts, cut to the longest length and tidy the ends."""
    plain = unicodedata.normalize("NFKD", wish).encode("ascii", "ignore").decode()
    plain = plain.lower() if rule.lower else plain
    plain = re.sub("|".join((*RESERVED_PARTS, *RESERVED_STARTS)), "", plain, flags=re.IGNORECASE)
    kept = "".join(c if re.fullmatch(rule.chars, c) else separator for c in plain)
    return re.sub(r"-{2,}", "-", kept)[: rule.max].strip("-_. ")
