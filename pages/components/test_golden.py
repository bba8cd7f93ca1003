"""The golden set of a model on its page: what is in it, adding to it, recording the model's answers, editing it as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.components import guard, markup, state, test_running
from pages.components.markup import cell
from services.models import form, golden, records, samples, tables
from services.models.golden import BadGolden, Case
from services.models.hashing import digest_of
from services.models.intake import Column
from services.models.records import ModelRecord

SHOWN = 50


def draw(model: ModelRecord, exchange: Mapping[str, Any] | None, ready: bool) -> None:
    """The whole editor. `exchange` is the last request and answer, which can be kept; `ready` says that it can be asked."""
    st.header("Golden set", anchor=False)
    markup.lead(
        "Requests with the answers that are expected. The test replays them here, and again at every deployment."
    )
    _table(model)
    now = test_running.live(model, "record")
    if not (now and now.runs("record")):
        _acts(model, exchange, ready, now is not None and now.running)
        test_running.ended(now, "record")
    _from_file(model)
    _as_json(model)


def _acts(model: ModelRecord, exchange: Mapping[str, Any] | None, ready: bool, testing: bool) -> None:
    """What adds to the set."""
    with st.container(horizontal=True, gap="small"):
        fits = exchange is not None and exchange["status"] == 200
        st.button(
            "Keep the last request with its answer", key="keep_exchange", disabled=not fits, on_click=_keep,
            args=(model, exchange), help=None if fits else "Send a request above that is answered first.",
        )  # fmt: skip
        st.button(
            "Record what the model answers now", key="record_answers",
            disabled=testing or not (ready and model.golden), on_click=test_running.start, args=(model, "record"),
            help="Asks every request of the set and keeps the answers as expected.",
        )  # fmt: skip
        _samples(model)


def _table(model: ModelRecord) -> None:
    if not model.golden:
        markup.note("It is empty. Keep at least one request with its answer.", "care", live=False)
        return
    rows = [
        [
            cell(str(number), right=True),
            cell(short(case["request"]), mono=True, title=_text(case["request"], 2000)),
            cell(
                short(case.get("expected")) if case.get("expected") is not None else "any answer", mono=True
            ),
        ]
        for number, case in enumerate(model.golden[:SHOWN], 1)
    ]
    markup.table("Golden set", ("No.", "Request", "Expected"), rows)
    if len(model.golden) > SHOWN:
        markup.note(f"And {len(model.golden) - SHOWN} more.", live=False)


def _samples(model: ModelRecord) -> None:
    sample = next((one for one in samples.every() if one.path.name == model.file_name and one.golden), None)
    if sample and not model.golden:
        st.button(
            "Take the sample's requests",
            key="take_sample",
            on_click=_write,
            args=(model, list(sample.golden)),
        )


def _from_file(model: ModelRecord) -> None:
    """Rows of a table, one request each, with one of its columns as what is expected."""
    with st.expander("Add rows of a CSV, XLSX or JSON file"):
        uploaded = st.file_uploader("File", type=["csv", "xlsx", "json"], key=f"golden_file:{model.id}")
        if uploaded is None:
            return
        try:
            frame = tables.read(uploaded.getvalue(), uploaded.name)
            none = "(none: any answer will do)"
            target = st.selectbox(
                "Column with the expected prediction", [none, *frame.columns], key=f"golden_target:{model.id}"
            )
            cases = tables.requests(frame, _names(model), "" if target == none else target)
        except BadGolden as error:
            markup.note(str(error), "bad")
            return
        st.button(
            f"Add {len(cases)} requests",
            key="add_rows",
            on_click=_write,
            args=(model, [*model.golden, *cases]),
        )


def _as_json(model: ModelRecord) -> None:
    with st.expander("Edit as JSON"):
        text = _text(list(model.golden), None)
        # By what the set is, not by the record's version: a verdict that comes meanwhile takes no typed text away.
        key = f"golden:{model.id}:{digest_of(model.golden)[:12]}"
        edited = st.text_area("Golden set as JSON", value=text, key=key, height=280)
        try:
            cases = list(golden.parse(edited)) if edited.strip() not in ("", "[]") else []
        except BadGolden as error:
            markup.note(str(error), "bad")
            return
        st.button(
            "Save the golden set",
            key="save_golden",
            disabled=edited == text,
            on_click=_write,
            args=(model, cases),
        )


def short(data: Any) -> str:
    """One line of JSON, cut where it is long."""
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 90 else f"{text[:87]}..."


def _names(model: ModelRecord) -> Sequence[Column]:
    fields = form.of_intake(model.intake)
    return fields.fields if fields and fields.named else ()


def _text(data: Any, most: int | None) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)[:most]


@guard.answering
def _keep(model: ModelRecord, exchange: Mapping[str, Any]) -> None:
    _write(model, [*model.golden, {"request": exchange["request"], "expected": exchange["body"]}])


@guard.answering
def _write(model: ModelRecord, cases: Sequence[Case]) -> None:
    if len(cases) > golden.MOST_CASES:
        st.session_state[state.REFUSED] = f"A golden set holds {golden.MOST_CASES} requests at most."
        return
    records.set_golden(model.id, [dict(case) for case in cases], seen=model.version, by=state.tab())
