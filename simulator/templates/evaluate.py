"""Expressions, evaluated where they stand: parameters, variables, copies, and what the deployment knows of Azure.

https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.templates.azure import AboutAzure
from simulator.templates.functions import PURE, as_bool, as_string
from simulator.templates.syntax import Function, Node, Step, TemplateError, Text, is_expression, parse


@dataclass
class Scope(AboutAzure):
    """Where an expression stands.  ``variables`` are evaluated when they are first asked for."""

    template: dict[str, Any]
    parameters: dict[str, Any]
    loops: dict[str, int] = field(default_factory=dict)
    locals: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()

    def value(self, given: Any) -> Any:
        """Evaluate a JSON value with every expression in it, copies of properties included."""
        if isinstance(given, str):
            if is_expression(given):
                return self.node(parse(given))
            return given[1:] if given.startswith("[[") else given
        if isinstance(given, list):
            return [self.value(item) for item in given]
        if isinstance(given, dict):
            out = {
                (self.value(key) if is_expression(key) else key): self.value(item)
                for key, item in given.items()
                if not (key == "copy" and _is_copy(item))
            }
            return {**out, **self._copies(given["copy"])} if _is_copy(given.get("copy")) else out
        return given

    def node(self, node: Node) -> Any:
        """Evaluate a piece of an expression."""
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Step):
            return _member(self.node(node.of), self.node(node.key), node.safe)
        return self._call(node)

    def within(self, loop: str, index: int) -> Scope:
        """Return the same scope inside one turn of a copy loop."""
        return replace(self, loops={**self.loops, loop.lower(): index, "": index})

    def variable(self, name: str) -> Any:
        """Return a variable's value, evaluated once."""
        low = name.lower()
        if low in self.known:
            return self.known[low]
        if low in self.asked:
            raise TemplateError(f"circular reference in variable '{name}'")
        given = _cased(self.template.get("variables") or {}, name, "variable")
        inner = replace(self, asked=(*self.asked, low))
        found = inner.value(given)
        looped = _is_copy(given.get("copy")) if isinstance(given, dict) else False
        # A variable that is a copy loop is the list that the loop makes.
        if (
            looped
            and len(given) == 1
            and len(given["copy"]) == 1
            and str(given["copy"][0]["name"]).lower() == low
        ):
            found = found[given["copy"][0]["name"]]
        self.known[low] = found
        return found

    def _call(self, node: Function) -> Any:
        if node.space:
            return self._own(node)
        name = node.name.lower()
        special = getattr(self, f"_do_{name}", None)
        if special is not None:
            return special(node)
        if name.startswith("list") and len(name) > 4:
            return self._list(node)
        function = PURE.get(name)
        if function is None:
            raise TemplateError(f"the template function '{node.name}' is not valid")
        arguments = [self.node(argument) for argument in node.arguments]
        try:
            return function(*arguments)
        except TemplateError:
            raise
        except (TypeError, ValueError, AttributeError, IndexError, KeyError) as wrong:
            text = f"unable to evaluate the template language function '{node.name}': {str(wrong)[:150]}"
            raise TemplateError(text) from None

    def _do_if(self, node: Function) -> Any:
        if len(node.arguments) != 3:
            raise TemplateError("the template function 'if' expects 3 arguments")
        return self.node(node.arguments[1 if as_bool(self.node(node.arguments[0])) else 2])

    def _do_and(self, node: Function) -> bool:
        return all(as_bool(self.node(argument)) for argument in node.arguments)

    def _do_or(self, node: Function) -> bool:
        return any(as_bool(self.node(argument)) for argument in node.arguments)

    def _do_coalesce(self, node: Function) -> Any:
        for argument in node.arguments:
            if (value := self.node(argument)) is not None:
                return value
        return None

    def _do_parameters(self, node: Function) -> Any:
        (name,) = self._arguments(node, 1, 1)
        for key, value in self.parameters.items():
            if key.lower() == str(name).lower():
                return value() if callable(value) else value
        raise TemplateError(f"the template parameter '{name}' is not found")

    def _do_variables(self, node: Function) -> Any:
        (name,) = self._arguments(node, 1, 1)
        return self.variable(str(name))

    def _do_copyindex(self, node: Function) -> int:
        given = self._arguments(node, 0, 2)
        loop = str(given.pop(0)).lower() if given and isinstance(given[0], str) else ""
        if loop not in self.loops:
            raise TemplateError("the template function 'copyIndex' is not expected at this location")
        return self.loops[loop] + (int(given[0]) if given else 0)

    def _do_lambda(self, node: Function) -> Callable[..., Any]:
        *names, body = node.arguments
        plain = [str(self.node(name)) for name in names]

        def run(*values: Any) -> Any:
            inner = {**self.locals, **dict(zip(plain, values, strict=False))}
            return replace(self, locals=inner).node(body)

        run.wanted = len(plain)  # type: ignore[attr-defined] # how many values the lambda takes
        return run

    def _do_lambdavariables(self, node: Function) -> Any:
        (name,) = self._arguments(node, 1, 1)
        if name not in self.locals:
            raise TemplateError(f"the lambda variable '{name}' is not found")
        return self.locals[name]

    def _do_map(self, node: Function) -> list[Any]:
        values, run = self._arguments(node, 2, 2)
        return [_run(run, item, at) for at, item in enumerate(values)]

    def _do_filter(self, node: Function) -> list[Any]:
        values, run = self._arguments(node, 2, 2)
        return [item for at, item in enumerate(values) if as_bool(_run(run, item, at))]

    def _do_reduce(self, node: Function) -> Any:
        values, start, run = self._arguments(node, 3, 3)
        for at, item in enumerate(values):
            start = _run(run, start, item, at)
        return start

    def _do_sort(self, node: Function) -> list[Any]:
        values, run = self._arguments(node, 2, 2)
        out: list[Any] = []
        for item in values:
            place = next((at for at, one in enumerate(out) if as_bool(_run(run, item, one))), len(out))
            out.insert(place, item)
        return out

    def _do_toobject(self, node: Function) -> dict[str, Any]:
        values, key, *more = self._arguments(node, 2, 3)
        return {str(_run(key, one)): _run(more[0], one) if more else one for one in values}

    def _own(self, node: Function) -> Any:
        """Call one of the template's own functions, which sees nothing but its parameters."""
        for space in self.template.get("functions") or []:
            if str(space.get("namespace", "")).lower() != node.space.lower():
                continue
            found = _cased(space.get("members") or {}, node.name, "function")
            names = [str(one.get("name")) for one in found.get("parameters") or []]
            values = dict(zip(names, self._arguments(node, len(names), len(names)), strict=True))
            inner = replace(self, parameters=values, loops={}, locals={}, known={})
            return inner.value((found.get("output") or {}).get("value"))
        raise TemplateError(f"the template function '{node.space}.{node.name}' is not valid")

    def _copies(self, copies: Any) -> dict[str, Any]:
        out = {}
        for copy in copies:
            name, count = str(copy.get("name")), self.value(copy.get("count"))
            turns = copy_count(name, count)
            out[name] = [self.within(name, turn).value(copy.get("input")) for turn in range(turns)]
        return out


def copy_count(name: str, count: Any) -> int:
    """Return how often a copy loop turns.

    Raises:
        TemplateError: it is no number from 0 to 800.
    """
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 800:
        raise TemplateError(
            f"the copy count of '{name}' must be an integer from 0 to 800, it is '{as_string(count)[:50]}'"
        )
    return count


def _is_copy(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "input" in one for one in value)
    )


def _member(value: Any, key: Any, safe: bool) -> Any:
    if isinstance(value, dict):
        for name, item in value.items():
            if name.lower() == str(key).lower():
                return item
        if safe:
            return None
        names = ", ".join(sorted(value)[:20])
        raise TemplateError(
            f"the language expression property '{key}' doesn't exist, available properties are '{names}'"
        )
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(value):
            return value[key]
        if safe:
            return None
        raise TemplateError(f"the language expression array index '{key}' is out of bounds")
    if safe and value is None:
        return None
    raise TemplateError(f"the language expression property '{key}' can't be evaluated")


def _cased(values: Any, name: str, what: str) -> Any:
    if isinstance(values, dict):
        for key, value in values.items():
            if key.lower() == name.lower():
                return value
        for copy in values.get("copy") or []:
            if str(copy.get("name")).lower() == name.lower():
                return {"copy": [copy]}
    raise TemplateError(f"the template {what} '{name}' is not found")


def _run(run: Any, *values: Any) -> Any:
    if not callable(run):
        raise TemplateError("a lambda expression was expected")
    return run(*values[: getattr(run, "wanted", len(values))])
