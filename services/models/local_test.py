"""The test on this machine: the golden set is replayed, wrong requests must be refused, time and memory are measured."""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from services.models import golden, serving
from services.models.candidate import Candidate
from services.models.golden import Case
from services.models.server_state import ServerState
from services.models.serving import NotServing

MEASURED = 100  # requests, or as many as fit into:
MEASURE_S = 3.0
Say = Callable[[str], None]
Verdict = dict[str, Any]


def await_ready(key: str, say: Say, within_s: float = 1800.0) -> ServerState:
    """Wait until a server is ready or has failed, telling each step."""
    deadline, told = time.monotonic() + within_s, ""
    while True:
        state = serving.state(key)
        if state is None:
            raise NotServing("The test server is gone. Start it again.")
        now = next(
            (f"{s.name}{f': {s.note}' if s.note else ''}" for s in state.steps if s.state == "running"), told
        )
        if now != told:
            say(now)
            told = now
        if state.phase not in ("building", "starting") or time.monotonic() > deadline:
            return state
        time.sleep(0.1)


def check(candidate: Candidate, key: str, say: Say) -> Verdict:
    """Test a candidate on its ready server and give the verdict, which holds for exactly its hashes. Changes nothing."""
    say(f"Asking the golden set: {len(candidate.golden)} requests")
    cases = [_case(key, case) for case in candidate.golden]
    good = next((one["request"] for one in cases if one["status"] == 200), None)
    say("Asking what must be refused")
    refusals = [_refusal(key, name, wrong) for name, wrong in wrong_requests(good)] if _running(key) else []
    say("Measuring")
    times = _times(key, good) if good is not None and _running(key) else []
    state = serving.state(key)
    why = [*_reasons(cases, refusals, state)]
    measured = {
        "requests_measured": len(times),
        "p50_ms": _quantile(times, 0.5),
        "p95_ms": _quantile(times, 0.95),
    }
    return _verdict(candidate, why) | {"cases": cases, "refusals": refusals} | measured | _figures(state)


def failed(candidate: Candidate, why: list[str]) -> Verdict:
    """The verdict of a candidate that could not even be asked."""
    return (
        _verdict(candidate, why)
        | {"cases": [], "refusals": [], "p50_ms": None, "p95_ms": None}
        | _figures(None)
    )


def _verdict(candidate: Candidate, why: list[str]) -> Verdict:
    hashes = dict(candidate.hashes)
    return {"passed": not why, "hashes": hashes, "key": candidate.key, "at": time.time(), "why": why}


def wrong_requests(good: Any) -> Iterator[tuple[str, Any]]:
    """Requests that no handler may answer with a prediction, made from one that it answers."""
    yield "text that is not JSON", "{"
    yield "an empty object", {}
    yield "no JSON object", "[1, 2"
    rows = good.get("data") if isinstance(good, dict) else None
    if not isinstance(rows, list) or not rows:
        return
    yield "no rows", good | {"data": []}
    yield "text instead of rows", good | {"data": "rows"}
    first = rows[0]
    if isinstance(first, list) and first:
        yield "a row with a value too few", good | {"data": [first[:-1]]}
        yield "a row with a value too many", good | {"data": [[*first, first[-1]]]}
    elif isinstance(first, dict) and first:
        yield "a row without one of its columns", good | {"data": [dict(list(first.items())[:-1])]}


def _case(key: str, case: Case) -> dict[str, Any]:
    """Ask one request of the golden set and say whether the answer is what is expected."""
    kept = {"request": case["request"], "expected": case.get("expected")}
    try:
        answer = serving.ask(key, case["request"])
    except NotServing as error:
        return kept | {"answer": None, "status": 0, "ms": None, "passed": False, "why": str(error)}
    why = "" if answer.status == 200 else f"It answered with status {answer.status}: {_said(answer.body)}"
    if not why and case.get("expected") is not None:
        why = golden.difference(answer.body, case["expected"])
    return kept | {
        "answer": answer.body,
        "status": answer.status,
        "ms": answer.ms,
        "passed": not why,
        "why": why,
    }


def _refusal(key: str, name: str, request: Any) -> dict[str, Any]:
    """Ask something wrong: only a status from 400 to 499 is a clean refusal."""
    kept = {"what": name, "request": request}
    try:
        answer = serving.ask(key, request)
    except NotServing as error:
        return kept | {"status": 0, "answer": None, "passed": False, "why": str(error)}
    passed = 400 <= answer.status < 500
    why = (
        ""
        if passed
        else f"It answered {name} with status {answer.status}; a wrong request must get 400 and the reason."
    )
    return kept | {"status": answer.status, "answer": answer.body, "passed": passed, "why": why}


def _times(key: str, request: Any) -> list[float]:
    """Milliseconds of the same request, one after the other, sorted; the first ones only warm up."""
    times: list[float] = []
    deadline = time.monotonic() + MEASURE_S
    try:
        for number in range(MEASURED + 3):
            took = serving.ask(key, request).ms
            if number >= 3:
                times.append(took)
            if time.monotonic() > deadline:
                break
    except NotServing:
        return []
    return sorted(times)


def _reasons(
    cases: list[dict[str, Any]], refusals: list[dict[str, Any]], state: ServerState | None
) -> Iterator[str]:
    if not cases:
        yield "The golden set is empty. Keep at least one request with its answer."
    for number, case in enumerate(cases, 1):
        if not case["passed"]:
            yield f"Request {number}: {case['why']}."
    yield from (one["why"] for one in refusals if not one["passed"])
    if state is None or state.phase != "ready":
        yield f"The test server did not last. {state.why if state else ''}".strip()


def _figures(state: ServerState | None) -> dict[str, Any]:
    names = ("isolation", "startup_s", "memory_peak_mb", "memory_limit_mb", "environment_s")
    return {name: asdict(state)[name] if state else None for name in names}


def _running(key: str) -> bool:
    state = serving.state(key)
    return state is not None and state.phase == "ready"


def _quantile(times: list[float], share: float) -> float | None:
    return round(times[min(len(times) - 1, int(len(times) * share))], 2) if times else None


def _said(body: Any) -> str:
    said = body.get("error", body) if isinstance(body, dict) else body
    return " ".join(str(said).split())[:200]
