"""Try it, on a test server or an endpoint: a request as form, JSON or rows of a file; the answer as table and JSON."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import streamlit as st

from pages.components import markup
from services.models import exchanges, form, golden, tables
from services.models.form import Form
from services.models.golden import BadGolden
from services.models.intake import Column, Intake
from services.models.records import ModelRecord

FIRST_ROWS = 20


class Reply(Protocol):
    """What came back: status, body, milliseconds."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> Any: ...
    @property
    def ms(self) -> float: ...


Ask = Callable[[Any], Reply]  # raises an error whose words are for the user


def draw(place: str, model: ModelRecord, ask: Ask) -> Mapping[str, Any] | None:
    """Draw the form of a model and what came back last at this place; give that exchange.

    `place` tells two forms of one model apart and is what the last exchange is kept under.
    """
    key = f"{place}:{model.id}"
    before = exchanges.last(place, model.id)
    start = before["request"] if before else next((case["request"] for case in model.golden), None)
    kinds = ("Form", "JSON", "Rows of a file") if form.of_intake(model.intake) else ("JSON", "Rows of a file")
    kind = st.segmented_control("Request", kinds, default=kinds[0], key=f"{key}:kind", required=True)
    request = _KINDS[kind](key, model.intake, start)
    if st.button("Send", key=f"{key}:send", disabled=request is None):
        before = _sent(place, model, request, ask) or before
    if before:
        answer(key, before)
    return before


def answer(key: str, exchange: Mapping[str, Any]) -> None:
    """What came back: status and time, then as a table where it is one, and as JSON."""
    good = exchange["status"] == 200
    word = "Answered" if good else f"Answered with status {exchange['status']}"
    markup.note(f"{word} in {exchange['ms']:.1f} ms.", "good" if good else "bad")
    rows = form.rows_of(exchange["body"])
    if rows:
        st.dataframe(rows, hide_index=True, key=f"{key}:rows")
    with st.expander("Request and answer as JSON", expanded=not rows):
        st.code(_text(exchange["request"]), language="json", wrap_lines=True)
        st.code(_text(exchange["body"]), language="json", wrap_lines=True)


def _sent(place: str, model: ModelRecord, request: Any, ask: Ask) -> dict[str, Any] | None:
    with st.spinner("Waiting for the answer"):
        try:
            reply = ask(request)
        except Exception as error:  # a server that is gone, a cloud that refuses: each with words of its own
            st.error(markup.plain(str(error)))
            return None
    exchange = {"request": request, "status": reply.status, "body": reply.body, "ms": reply.ms}
    exchanges.keep(place, model.id, exchange)
    return exchange


def _as_form(key: str, intake: Intake, start: Any) -> Any:
    fields = form.of_intake(intake)
    assert fields
    known = form.values_of(fields, start) or [form.starting_value(field) for field in fields.fields]
    pairs = list(zip(fields.fields, known, strict=True))
    width, values = min(3, len(pairs)), list[Any]()
    for first in range(0, len(pairs), width):  # row by row, so that a narrow page keeps the order
        for place, (field, value) in zip(st.columns(width), pairs[first : first + width], strict=False):
            with place:
                values.append(_field(f"{key}:field:{len(values)}", field, value))
    return form.request_of(fields, values)


def _field(key: str, field: Column, value: Any) -> Any:
    label = markup.plain(field.name)
    if field.categories:
        options = list(field.categories)
        return st.selectbox(label, options, index=options.index(value) if value in options else 0, key=key)
    if field.dtype == "bool":
        return st.checkbox(label, value=bool(value), key=key)
    if form.is_number(field) and (
        value is None or (isinstance(value, int | float) and not isinstance(value, bool))
    ):
        whole = field.dtype.startswith(("int", "uint"))
        shown = None if value is None else int(value) if whole else float(value)
        return st.number_input(
            label, value=shown, key=key, format="%d" if whole else "%g", help=field.dtype or None
        )
    return st.text_input(label, value="" if value is None else str(value), key=key, help=field.dtype or None)


def _as_json(key: str, _intake: Intake, start: Any) -> Any:
    text = st.text_area(
        "Request as JSON", value=_text(start) if start else golden.EXAMPLE, key=f"{key}:json", height=200
    )
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        markup.note(f"This is not JSON: {error}", "bad")
        return None


def _as_rows(key: str, intake: Intake, _start: Any) -> Any:
    uploaded = st.file_uploader(
        "Rows of a CSV, XLSX or JSON file", type=["csv", "xlsx", "json"], key=f"{key}:file"
    )
    if uploaded is None:
        return None
    try:
        frame = tables.read(uploaded.getvalue(), uploaded.name)
        cases = tables.requests(frame.head(FIRST_ROWS), _names(form.of_intake(intake)))
    except BadGolden as error:
        markup.note(str(error), "bad")
        return None
    if len(frame) > FIRST_ROWS:
        markup.note(f"The first {FIRST_ROWS} of {len(frame)} rows are sent.", live=False)
    st.dataframe(frame.head(FIRST_ROWS), hide_index=True)
    return {"data": [case["request"]["data"][0] for case in cases]}


def _names(fields: Form | None) -> tuple[Column, ...]:
    return fields.fields if fields and fields.named else ()


def _text(data: Any) -> str:
    return data if isinstance(data, str) else json.dumps(data, indent=2, ensure_ascii=False)


_KINDS: Mapping[str, Callable[[str, Intake, Any], Any]] = {
    "Form": _as_form,
    "JSON": _as_json,
    "Rows of a file": _as_rows,
}
