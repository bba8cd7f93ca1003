"""The test on this machine: the golden set is replayed, wrong requests must be refused, time and memory are measured."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from services.models import golden, serving
from services.models.candidate import Candidate
from services.models.golden import Case
from services.models.server_state import ServerState
from services.models.serving import NotServing

MEASURED = 100  # requests, or as many as fit into:
MEASURE_S = 3.0
GOLDEN, WRONG, MEASURING = STEPS = ("Golden set", "Wrong requests", "Measuring")
Say = Callable[[str], None]
Count = Callable[[str, int, int], None]  # one of STEPS, how many requests of it are done, of how many
Verdict = dict[str, Any]
T = TypeVar("T")
_WARM_UP = 3  # requests before those that are measured
_END_WITHIN_S = 3.0  # how long a server that has died may take to say so


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


def check(candidate: Candidate, key: str, say: Say, count: Count = lambda *_: None) -> Verdict:
    """Test a candidate on its ready server and give the verdict, which holds for exactly its hashes. Changes nothing.

    A request without any answer ends the test: the server has died, or was ended for not answering.
    """
    say(f"Asking the golden set: {len(candidate.golden)} requests")
    cases = _each(candidate.golden, lambda case: _case(key, case), GOLDEN, count)
    good = next((one["request"] for one in cases if one["status"] == 200), None)
    say("Asking what must be refused")
    wrong = [] if _mute(cases) else list(wrong_requests(good))
    refusals = _each(wrong, lambda one: _refusal(key, *one), WRONG, count)
    say("Measuring")
    times = [] if good is None or _mute(cases + refusals) else _times(key, good, count)
    state = _end(key) if _mute(cases + refusals) else serving.state(key)
    why = [*_reasons(cases, refusals, state, len(candidate.golden) - len(cases))]
    measured = {
        "requests_measured": len(times),
        "p50_ms": _quantile(times, 0.5),
        "p95_ms": _quantile(times, 0.95),
    }
    return _verdict(candidate, why) | {"cases": cases, "refusals": refusals} | measured | _figures(state)


def measuring_takes(pace_s: float) -> float:
    """How long the measuring takes with so many seconds a request."""
    return min(MEASURE_S + pace_s, pace_s * (MEASURED + _WARM_UP))


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


def _each(
    all: Sequence[T], ask: Callable[[T], dict[str, Any]], step: str, count: Count
) -> list[dict[str, Any]]:
    """Ask one after the other, and nothing more after one that got no answer."""
    told: list[dict[str, Any]] = []
    if all:
        count(step, 0, len(all))
    for one in all:
        told.append(ask(one))
        count(step, len(told), len(all))
        if _mute(told[-1:]):
            break
    return told


def _mute(told: Sequence[dict[str, Any]]) -> bool:
    return any(one["status"] == 0 for one in told)


def _end(key: str) -> ServerState | None:
    """The state of a server that gave no answer: its supervisor may need a moment to see that it has died."""
    deadline = time.monotonic() + _END_WITHIN_S
    while _running(key) and time.monotonic() < deadline:
        time.sleep(0.05)
    return serving.state(key)


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


def _times(key: str, request: Any, count: Count) -> list[float]:
    """Milliseconds of the same request, one after the other, sorted; the first ones only warm up."""
    times: list[float] = []
    deadline = time.monotonic() + MEASURE_S
    count(MEASURING, 0, MEASURED)
    try:
        for number in range(MEASURED + _WARM_UP):
            took = serving.ask(key, request).ms
            if number >= _WARM_UP:
                times.append(took)
                count(MEASURING, len(times), MEASURED)
            if time.monotonic() > deadline:
                break
    except NotServing:
        return []
    return sorted(times)


def _reasons(
    cases: list[dict[str, Any]], refusals: list[dict[str, Any]], state: ServerState | None, not_asked: int
) -> Iterator[str]:
    if not cases:
        yield "The golden set is empty. Keep at least one request with its answer."
    for number, case in enumerate(cases, 1):
        if not case["passed"]:
            yield f"Request {number}: {case['why'].rstrip('.')}."
    yield from (one["why"] for one in refusals if not one["passed"])
    if state is None or state.phase != "ready":
        yield f"The test server did not last. {state.why if state else ''}".strip()
    if not_asked and cases:
        yield f"{not_asked} more of the golden set were not asked."


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
