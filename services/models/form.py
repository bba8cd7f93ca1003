"""A request as a form: which fields a model's signature gives, and how their values become a request."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.models.handler.schema import schema_of
from services.models.intake import Column, Intake

MOST_FIELDS = 40


@dataclass(frozen=True)
class Form:
    """The fields of one row; `named` says whether a row goes by name or as a list in order."""

    fields: tuple[Column, ...]
    named: bool


def of_intake(intake: Intake) -> Form | None:
    """The form of a model; None where its signature gives none, or too many fields: a request is then written as JSON."""
    schema = schema_of(intake)
    if schema.reader == "texts":
        return Form((Column("text", "str"),), named=False)
    table = bool(intake.inputs) and all(not one.shape for one in intake.inputs)
    if (schema.named or table) and len(intake.inputs) <= MOST_FIELDS:
        return Form(intake.inputs, named=True)
    if schema.reader == "matrix" and schema.width and schema.width <= MOST_FIELDS:
        return Form(tuple(Column(f"x{i}", "float64") for i in range(1, schema.width + 1)), named=False)
    return None


def request_of(form: Form, values: Sequence[Any]) -> dict[str, Any]:
    """The request with one row of these values."""
    if form.named:
        return {"data": [{field.name: value for field, value in zip(form.fields, values, strict=True)}]}
    return {"data": [values[0]] if _is_text(form) else [list(values)]}


def values_of(form: Form, request: Any) -> list[Any] | None:
    """The values of a request's first row for the form's fields; None where it is of another shape."""
    rows = request.get("data") if isinstance(request, Mapping) else None
    row = rows[0] if isinstance(rows, list) and rows else None
    if isinstance(row, Mapping):
        return (
            [row[field.name] for field in form.fields]
            if row.keys() >= {f.name for f in form.fields}
            else None
        )
    if _is_text(form):
        return [row] if isinstance(row, str) else None
    return list(row) if isinstance(row, list) and len(row) == len(form.fields) else None


def starting_value(field: Column) -> Any:
    """What a field holds before anything is known of it."""
    if field.categories:
        return field.categories[0]
    if is_number(field):
        return 0 if field.dtype.startswith(("int", "uint")) else 0.0
    return False if field.dtype == "bool" else ""


def is_number(field: Column) -> bool:
    """Whether a field takes a number; a table's column without a type does."""
    return field.dtype.startswith(("float", "int", "uint", "double")) or field.dtype in (
        "",
        "numeric",
        "integer",
    )


def rows_of(body: Any) -> list[dict[str, Any]]:
    """An answer as a table: a row for each prediction, probabilities beside it; empty where it is none."""
    predictions = body.get("predictions") if isinstance(body, Mapping) else None
    if not isinstance(predictions, list):
        return []
    chances = body.get("probabilities")
    chances = (
        chances
        if isinstance(chances, list) and len(chances) == len(predictions)
        else [None] * len(predictions)
    )
    return [_row(one, chance) for one, chance in zip(predictions, chances, strict=True)]


def _row(prediction: Any, chance: Any) -> dict[str, Any]:
    row = {"prediction": prediction if not isinstance(prediction, list | dict) else json.dumps(prediction)}
    if isinstance(chance, list):
        row |= {f"probability {number}": value for number, value in enumerate(chance)}
    return row


def _is_text(form: Form) -> bool:
    return [field.name for field in form.fields] == ["text"] and not form.named
