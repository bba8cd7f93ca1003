"""The test itself on the page of a model: run it, its verdict case by case, and what it means for the gate."""

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from pages.components import durations, markup, model_places, steps, test_golden, test_running
from pages.components.markup import cell
from services.models.gate import gate
from services.models.records import ModelRecord


def draw(model: ModelRecord, ready: bool) -> None:
    """The button or the running test, the verdict of the last test, the gate."""
    st.header("Test", anchor=False)
    now = test_running.live(model, "test")
    if now and now.runs("test"):
        return
    _offer(model, ready, now is not None and now.running)
    test_running.ended(now, "test")
    if model.verdict:
        if now and now.kind == "test" and now.why:
            markup.note("The verdict of the test before:", live=False)
        verdict(model.verdict)
    barrier(model)


def _offer(model: ModelRecord, ready: bool, recording: bool) -> None:
    help = "Build and start the test server first." if not ready else None
    kind: Literal["primary", "secondary"] = "secondary" if gate(model).open else "primary"
    st.button(
        "Run test", key="run_test", type=kind, disabled=not ready or recording, on_click=test_running.start,
        args=(model, "test"), help="The model's answers are being recorded." if ready and recording else help,
    )  # fmt: skip


def barrier(model: ModelRecord) -> None:
    """Whether the model can be deployed, and why not."""
    now = gate(model)
    markup.note(now.reason, "good" if now.open else "care")
    if now.open:
        steps.link(model_places.PAGES["deploy"], "Next: Deploy", model.project_id, key="next")


def verdict(told: Mapping[str, Any]) -> None:
    """How a test ended: figures, the reasons, every case and every refusal."""
    word = "Passed" if told.get("passed") else "Failed"
    markup.note(f"{word}, {durations.clock(told.get('at'))}.", "good" if told.get("passed") else "bad")
    if told.get("why"):
        markup.items(told["why"][:20], "bad")
    markup.facts(_facts(told))
    cases = list(enumerate(told.get("cases") or (), 1))
    if cases:
        markup.table(
            "Golden set", ("No.", "Request", "Expected", "Answer", "Time", "Result"), map(_case, cases)
        )
    if told.get("refusals"):
        with st.expander(f"{len(told['refusals'])} wrong requests, which must be refused"):
            markup.table(
                "Wrong requests",
                ("Wrong request", "Status", "Answer", "Result"),
                map(_refusal, told["refusals"]),
            )


def _facts(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        ("p50", _ms(told.get("p50_ms"))),
        ("p95", _ms(told.get("p95_ms"))),
        ("Start-up", durations.short(told.get("startup_s"))),
        ("Memory peak", f"{told['memory_peak_mb']:,.0f} MB" if told.get("memory_peak_mb") else "–"),
        (
            "Isolation",
            {"bubblewrap": "bubblewrap", "limits": "limits only"}.get(str(told.get("isolation")), "–"),
        ),
    ]


def _case(numbered: tuple[int, Mapping[str, Any]]) -> list[str]:
    number, case = numbered
    expected = case.get("expected")
    return [
        cell(str(number), right=True),
        cell(test_golden.short(case["request"]), mono=True),
        cell("any answer" if expected is None else test_golden.short(expected), mono=expected is not None),
        cell(test_golden.short(case["answer"]), mono=True),
        cell(_ms(case["ms"]), right=True),
        _result(case),
    ]


def _refusal(case: Mapping[str, Any]) -> list[str]:
    return [
        cell(case["what"]),
        cell(str(case["status"] or "–"), right=True),
        cell(test_golden.short(case["answer"]), mono=True),
        _result(case),
    ]


def _result(case: Mapping[str, Any]) -> str:
    return cell("As expected" if case["passed"] else case["why"], tone="good" if case["passed"] else "bad")


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} ms"
