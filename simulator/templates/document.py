"""A template with its parameters: checked, its loops unrolled, its conditions decided, its children set free.

https://learn.microsoft.com/azure/azure-resource-manager/templates/syntax
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.templates.azure import Facts
from simulator.templates.evaluate import Scope, copy_count
from simulator.templates.functions import as_bool
from simulator.templates.syntax import TemplateError, is_expression

SECTIONS = frozenset(
    ["$schema", "contentVersion", "apiProfile", "parameters", "functions", "variables", "resources", "outputs",
     "metadata", "languageVersion", "definitions", "imports", "extensions", "resourceDerivedTypes"]
)  # fmt: skip
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "securestring": (str,),
    "int": (int,),
    "bool": (bool,),
    "object": (dict,),
    "secureobject": (dict,),
    "array": (list,),
}
MOST_RESOURCES = 800


@dataclass
class Item:
    """One resource of a template after loops and conditions; ``raw`` is evaluated when its turn comes."""

    id: str
    type: str
    name: str
    version: str
    raw: dict[str, Any]
    loops: dict[str, int]
    depends_on: list[str] = field(default_factory=list)
    existing: bool = False


def scope_of(template: Any, given: Any, facts: Facts) -> Scope:
    """Check a template's outer form and its parameters, and return the scope of its expressions.

    Raises:
        TemplateError: with what is wrong.
    """
    if not isinstance(template, dict):
        raise TemplateError("the template is not a JSON object")
    if "$schema" not in template or "contentVersion" not in template:
        missing = "$schema" if "$schema" not in template else "contentVersion"
        raise TemplateError(f"required property '{missing}' not found in the template")
    unknown = sorted(set(template) - SECTIONS)
    if unknown:
        raise TemplateError(f"could not find member '{unknown[0]}' on object of type 'Template'")
    if "resources" not in template:
        raise TemplateError("required property 'resources' not found in the template")
    scope = Scope(facts, template, {})
    scope.parameters = _parameters(template.get("parameters") or {}, given or {}, scope)
    return scope


def items_of(scope: Scope, root: str) -> list[Item]:
    """Return every resource that is to be deployed, loops unrolled, children after their parents.

    Args:
        root: the scope's ID: a subscription's or a resource group's.
    """
    listed = scope.template["resources"]
    symbolic = isinstance(listed, dict)
    pairs = list(listed.items()) if isinstance(listed, dict) else [("", one) for one in listed]
    found: list[tuple[str, str, Item]] = []
    for symbol, one in pairs:
        for turn, item in _unrolled(scope, one, root, None):
            found.append((symbol, turn, item))
            if symbolic:
                scope.symbols[symbol if not turn else f"{symbol}[{turn}]"] = item.id
    if len(found) > MOST_RESOURCES:
        raise TemplateError(f"the number of template resources limit exceeded: {MOST_RESOURCES}")
    _resolve(scope, found, symbolic)
    items = [item for _, _, item in found]
    _refuse_doubles(items)
    _refuse_circles(items)
    return items


def _parameters(declared: dict[str, Any], given: Any, scope: Scope) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise TemplateError("the parameters are not a JSON object")
    lower = {key.lower(): value for key, value in given.items()}
    unknown = [key for key in given if key.lower() not in {name.lower() for name in declared}]
    if unknown:
        names = ", ".join(unknown)
        raise TemplateError(
            f"the following parameters were supplied, but do not correspond to any parameters defined in the template: "
            f"'{names}'"
        )
    out: dict[str, Any] = {}
    defaults = Scope(scope.facts, scope.template, out, making_defaults=True)
    for name, about in declared.items():
        out[name] = _parameter(name, about, lower.get(name.lower()), defaults)
    return out


def _parameter(name: str, about: Any, given: Any, scope: Scope) -> Any:
    if not isinstance(about, dict) or not isinstance(about.get("type", about.get("$ref")), str):
        raise TemplateError(f"the template parameter '{name}' is not valid: it needs a type")
    if isinstance(given, dict) and "reference" in given:
        raise TemplateError(
            f"the template parameter '{name}' refers to a key vault, which the rehearsal does not read"
        )
    # azure-ai-ml sends null for what it leaves to the template, and Azure takes the default then.
    if isinstance(given, dict) and "value" in given and given["value"] is None and "defaultValue" in about:
        given = None
    if isinstance(given, dict) and "value" in given:
        value = given["value"]
    elif given is not None:
        raise TemplateError(
            f"the value of deployment parameter '{name}' must be an object with the member 'value'"
        )
    elif "defaultValue" in about:
        value = scope.value(about["defaultValue"])
    elif about.get("nullable") is True:
        return None
    else:
        raise TemplateError(
            f"the value for the template parameter '{name}' is not provided. Please see "
            "https://aka.ms/arm-pass-parameter-values for usage details"
        )
    _check_value(name, about, value)
    return value


def _check_value(name: str, about: dict[str, Any], value: Any) -> None:
    if value is None and about.get("nullable") is True:
        return
    wanted = _TYPES.get(str(about.get("type", "")).lower())
    right = wanted is None or (isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool)))
    if not right:
        raise TemplateError(
            f"template parameter JToken type is not valid. Expected '{about['type']}'. Actual '{type(value).__name__}'. "
            f"The provided value for the template parameter '{name}' is not valid"
        )
    allowed = about.get("allowedValues")
    if isinstance(allowed, list) and value not in allowed and not _within(value, allowed):
        shown = ",".join(str(one) for one in allowed)
        raise TemplateError(
            f"the provided value '{value}' for the template parameter '{name}' is not valid. The value is not part of the "
            f"allowed value(s): '{shown}'"
        )
    for key, size, bad in (
        ("minLength", len, -1),
        ("maxLength", len, 1),
        ("minValue", int, -1),
        ("maxValue", int, 1),
    ):
        bound = about.get(key)
        if (
            isinstance(bound, int)
            and (size is int) == isinstance(value, int)
            and (size(value) - bound) * bad > 0
        ):
            raise TemplateError(
                f"the provided value for the template parameter '{name}' is not valid: {key} is {bound}, the value has "
                f"{size(value)}"
            )


def _within(value: Any, allowed: list[Any]) -> bool:
    return isinstance(value, list) and all(item in allowed for item in value)


def _unrolled(scope: Scope, one: Any, root: str, parent: Item | None) -> list[tuple[str, Item]]:
    """Return a resource with its children, once a turn of its loop."""
    if not isinstance(one, dict):
        raise TemplateError("a resource of the template is not a JSON object")
    copy = one.get("copy")
    if not isinstance(copy, dict):
        return [("", item) for item in _single(scope, one, root, parent)]
    name = str(copy.get("name", ""))
    turns = copy_count(name, scope.value(copy.get("count")))
    return [
        (str(turn), item)
        for turn in range(turns)
        for item in _single(scope.within(name, turn), one, root, parent)
    ]


def _single(scope: Scope, one: dict[str, Any], root: str, parent: Item | None) -> list[Item]:
    for key in ("type", "apiVersion", "name"):
        if key not in one and not (key == "apiVersion" and scope.template.get("apiProfile")):
            raise TemplateError(f"required property '{key}' not found in a resource of the template")
    kind, name = str(scope.value(one["type"])), str(scope.value(one["name"]))
    if parent is not None and kind.count("/") == 0:
        kind, name = f"{parent.type}/{kind}", f"{parent.name}/{name}"
    if "condition" in one and not as_bool(scope.value(one["condition"])):
        return []
    where = _place(scope, one, root)
    item = Item(
        resource_id(where, kind, name),
        kind,
        name,
        str(scope.value(one.get("apiVersion", ""))),
        one,
        dict(scope.loops),
    )
    item.existing = one.get("existing") is True
    given = one.get("dependsOn") or []
    if not isinstance(given, list):
        raise TemplateError(f"the dependsOn of resource '{name}' is not an array")
    item.depends_on = [str(scope.value(entry)) for entry in given]
    if parent is not None:
        item.depends_on.append(parent.id)
    out = [item]
    for child in one.get("resources") or []:
        out += [found for _, found in _unrolled(scope, child, root, item)]
    return out


def _place(scope: Scope, one: dict[str, Any], root: str) -> str:
    if "scope" in one:
        given = str(scope.value(one["scope"])).rstrip("/")
        return given if given.startswith("/subscriptions/") else f"{root}/providers/{given}" if given else ""
    subscription = scope.value(one["subscriptionId"]) if "subscriptionId" in one else ""
    if "resourceGroup" in one:
        first = subscription or scope.facts.subscription["subscriptionId"]
        return f"/subscriptions/{first}/resourceGroups/{scope.value(one['resourceGroup'])}"
    return f"/subscriptions/{subscription}" if subscription else root


def resource_id(root: str, kind: str, name: str) -> str:
    """Return the ID of a resource of a type with a name such as ``parent/child``.

    Raises:
        TemplateError: type and name have not the same number of segments.
    """
    space, *types = kind.split("/")
    names = name.split("/")
    if not types:
        raise TemplateError(f"the resource type '{kind}' is not valid: it needs a namespace and a type")
    if len(types) != len(names):
        raise TemplateError(
            f"the template resource '{name}' for type '{kind}' has incorrect segment lengths. A nested resource type must "
            "have identical number of segments as its resource name. A root resource type must have segment length one "
            "greater than its resource name. Please see https://aka.ms/arm-template/#resources for usage details"
        )
    if kind.lower() == "microsoft.resources/resourcegroups":
        return f"{root}/resourceGroups/{name}"
    pairs = "/".join(part for pair in zip(types, names, strict=True) for part in pair)
    return f"{root}/providers/{space}/{pairs}"


def _resolve(scope: Scope, found: list[tuple[str, str, Item]], symbolic: bool) -> None:
    """Turn names, types, loops and symbols in dependsOn into IDs; what a condition left out is not waited for."""
    by_id = {item.id.lower(): item.id for _, _, item in found}
    for _, _, item in found:
        out: list[str] = []
        for entry in item.depends_on:
            targets = _targets(entry, found, by_id, symbolic)
            if not targets and not _may_be_absent(scope, entry):
                raise TemplateError(
                    f"the resource '{entry}' is not defined in the template. Please see "
                    "https://aka.ms/arm-syntax-resources for usage details"
                )
            out += [one for one in targets if one != item.id]
        item.depends_on = list(dict.fromkeys([*out, *_implied(item, found)]))


def _targets(
    entry: str, found: list[tuple[str, str, Item]], by_id: dict[str, str], symbolic: bool
) -> list[str]:
    low = entry.lower()
    if low in by_id:
        return [by_id[low]]
    if symbolic and (same := [item.id for symbol, _, item in found if symbol.lower() == low]):
        return same
    looped = [
        item.id for _, _, item in found if str((item.raw.get("copy") or {}).get("name", "")).lower() == low
    ]
    named = [
        item.id
        for _, _, item in found
        if low in {item.name.lower(), item.name.rsplit("/", 1)[-1].lower()}
        or item.id.lower().endswith(f"/providers/{low}")
    ]
    return looped or named


def _may_be_absent(scope: Scope, entry: str) -> bool:
    """Tell whether something in the template has this name at all: a condition may have left it out."""
    listed = scope.template["resources"]
    values = list(listed.values()) if isinstance(listed, dict) else listed
    if isinstance(listed, dict) and entry in listed:
        return True
    return any(isinstance(one, dict) and ("condition" in one or "copy" in one) for one in values)


def _implied(item: Item, found: list[tuple[str, str, Item]]) -> list[str]:
    """Return what a resource waits for because it refers to it: reference() and list functions by name or ID."""
    text = _texts(
        {key: value for key, value in item.raw.items() if key not in {"resources", "dependsOn"}}
    ).lower()
    if "reference(" not in text and "list" not in text:
        return []
    return [
        other.id
        for symbol, _, other in found
        if other.id != item.id
        and (
            (symbol and f"'{symbol.lower()}'" in text)
            or f"'{other.name.lower()}'" in text
            or (
                is_expression(str(other.raw["name"]))
                and str(other.raw["name"])[1:-1].lower() in text
                and f"'{other.type.lower()}'" in text
            )
        )
    ]


def _texts(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(_texts(item) for item in value.values())
    if isinstance(value, list):
        return " ".join(_texts(item) for item in value)
    return value if isinstance(value, str) and is_expression(value) else ""


def _refuse_doubles(items: list[Item]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id.lower() in seen:
            raise TemplateError(f"the resource '{item.id}' is defined multiple times in the template")
        seen.add(item.id.lower())


def _refuse_circles(items: list[Item]) -> None:
    waiting = {item.id: set(item.depends_on) for item in items}
    while waiting:
        free = [one for one, needs in waiting.items() if not needs & waiting.keys()]
        if not free:
            circle = "' and '".join(sorted(waiting)[:4])
            raise TemplateError(f"circular dependency detected on resources '{circle}'")
        for one in free:
            del waiting[one]
