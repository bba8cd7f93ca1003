"""The template language: every function that templates of this house use, and Azure's own values where they are known."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.templates.azure import Facts
from simulator.templates.document import items_of, scope_of
from simulator.templates.evaluate import Scope
from simulator.templates.hashing import unique_string
from simulator.templates.relaxed import strict
from simulator.templates.syntax import TemplateError

ROOT = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def facts() -> Facts:
    """A deployment in a resource group."""
    subscription = {
        "subscriptionId": ROOT.split("/")[2],
        "id": ROOT[:50],
        "displayName": "s",
        "tenantId": "t",
    }
    group = {"id": ROOT, "name": "rg", "location": "westeurope", "tags": {}}
    return Facts(subscription, group, {"tenantId": "t"}, {"name": "d"}, {"name": "AzureCloud"}, 0.0)


def evaluate(expression: str, variables: Any = None, **parameters: Any) -> Any:
    """Evaluate one expression."""
    return Scope(facts(), {"variables": variables or {}}, parameters).value(f"[{expression}]")


def template(**parts: Any) -> dict[str, Any]:
    """A template with its outer form."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": [], **parts}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["test"], "rbgf3xv4ufgzg"),
        (["abc"], "cgtzqvhu4i23s"),
        (["hello", "world"], "a7wkljktk6wne"),
        (["foo", "bar", "baz"], "xzi4ioaxtmth4"),
        (["/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg"], "bmg7c6xu4tw46"),
        (["/subscriptions/00000000-0000-0000-0000-000000000000", "resource-id"], "cwvxuqg24sifi"),
    ],
)
def test_unique_string_is_azures(values: list[str], expected: str) -> None:
    """Values that were published for Azure's own function."""
    assert unique_string(values) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("concat('a', 1, 'b')", "a1b"),
        ("concat(createArray(1), createArray(2, 3))", [1, 2, 3]),
        ("format('{0}-{1:000}-{{x}}', 'a', 7)", "a-007-{x}"),
        ("toLower('ÄB')", "äb"),
        ("if(equals(1, 2), div(1, 0), 'no')", "no"),
        ("and(true(), not(false()), or(false(), true()))", True),
        ("equals(1, '1')", False),
        ("length(createArray('a', 'b'))", 2),
        ("contains('abc', 'b')", True),
        ("contains(createObject('Key', 1), 'key')", True),
        ("split('a,b;c', createArray(',', ';'))", ["a", "b", "c"]),
        ("base64ToString(base64('ü'))", "ü"),
        ("union(createObject('a', createObject('b', 1)), createObject('a', createObject('c', 2)))", {"a": {"b": 1, "c": 2}}),
        ("guid('a', 'b')", "2d796349-8c7e-55ec-9624-54ece82ed031"),
        ("substring('abcdef', 2, 3)", "cde"),
        ("replace('a.b.c', '.', '')", "abc"),
        ("json('{\"a\": [1, 2]}').a[1]", 2),
        ("first('abc')", "a"),
        ("take(createArray(1, 2, 3), 2)", [1, 2]),
        ("string(createObject('a', true()))", '{"a":true}'),
        ("coalesce(null(), 'x')", "x"),
        ("empty('')", True),
        ("mod(-7, 3)", -1),
        ("padLeft(5, 3, '0')", "005"),
        ("map(range(1, 3), lambda('x', mul(lambdaVariables('x'), 2)))", [2, 4, 6]),
        ("filter(createArray(1, 2, 3), lambda('x', greater(lambdaVariables('x'), 1)))", [2, 3]),
        ("resourceGroup().location", "westeurope"),
        ("resourceId('Microsoft.Web/sites/slots', 'a', 'b')", f"{ROOT}/providers/Microsoft.Web/sites/a/slots/b"),
        ("resourceId('other', 'Microsoft.Web/sites', 'a')", f"{ROOT[:-2]}other/providers/Microsoft.Web/sites/a"),
        ("dateTimeAdd('2024-01-31T00:00:00Z', 'P1D', 'yyyy-MM-dd')", "2024-02-01"),
        ("uriComponent('a b/c')", "a%20b%2Fc"),
        ("'it''s'", "it's"),
        ("createObject('a', 1).?b", None),
    ],
)  # fmt: skip
def test_functions(expression: str, expected: Any) -> None:
    """Each gives what Azure's reference says."""
    assert evaluate(expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["concat(", "nonsense()", "parameters('x')", "variables('a')", "resourceId('Web', 'a')", "newGuid()", "div(1, 0)",
     "substring('a', 0, 9)", "copyIndex()", "reference('x')", "json('{')", "createArray(1)[3]", "'a' 'b'",
     "range(0, 99999999)"],
)  # fmt: skip
def test_bad_expressions(expression: str) -> None:
    """Each is refused with words, never with a traceback."""
    with pytest.raises(TemplateError):
        evaluate(expression, {"a": "[variables('b')]", "b": "[variables('a')]"})


def test_parameters_and_variables() -> None:
    """Defaults, types, allowed values; variables that use each other; loops in variables."""
    parts = template(
        parameters={
            "name": {"type": "string", "defaultValue": "[concat('x', uniqueString('test'))]"},
            "count": {"type": "int", "allowedValues": [1, 2]},
        },
        variables={"a": "[variables('B')]", "b": "[parameters('name')]",
                   "copy": [{"name": "all", "count": 2, "input": "[copyIndex('all', 1)]"}]},
    )  # fmt: skip
    scope = scope_of(parts, {"count": {"value": 2}}, facts())
    assert scope.value("[variables('a')]") == "xrbgf3xv4ufgzg"
    assert scope.value("[variables('all')]") == [1, 2]
    for given in (
        {"count": {"value": 3}},
        {"count": {"value": "2"}},
        {},
        {"count": {"value": 1}, "more": {"value": 1}},
    ):
        with pytest.raises(TemplateError):
            scope_of(parts, given, facts())


def test_resources_are_unrolled() -> None:
    """Loops, conditions, children and what waits for what."""
    account = {
        "type": "Microsoft.Storage/storageAccounts",
        "apiVersion": "2023-01-01",
        "location": "westeurope",
    }
    resources = [
        {**account, "name": "[concat('st', copyIndex())]", "copy": {"name": "loop", "count": 2}},
        {**account, "name": "never", "condition": False},
        {**account, "name": "last", "dependsOn": ["loop"],
         "resources": [{"type": "blobServices", "apiVersion": "2023-01-01", "name": "default"}]},
    ]  # fmt: skip
    scope = scope_of(template(resources=resources), {}, facts())
    items = items_of(scope, ROOT)
    assert [item.name for item in items] == ["st0", "st1", "last", "last/default"]
    assert items[2].depends_on == [items[0].id, items[1].id]
    assert items[3].depends_on == [items[2].id]
    circle = [{**account, "name": "a", "dependsOn": ["b"]}, {**account, "name": "b", "dependsOn": ["a"]}]
    with pytest.raises(TemplateError, match="circular"):
        items_of(scope_of(template(resources=circle), {}, facts()), ROOT)


def test_files_as_people_write_them() -> None:
    """az's unquoted key, comments and texts over several lines become JSON; texts that look like it stay."""
    text = '{"properties": {"mode": "x", template:{ // a comment\n "a": "http://b", /* c */ "d": "template: two\nlines",}}}'
    import json

    body = json.loads(strict(text))["properties"]
    assert body["template"] == {"a": "http://b", "d": "template: two\nlines"}
