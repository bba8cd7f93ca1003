"""Recorded conversations with the real service, held against the simulator: same question, same kind of answer.

The recordings are no part of this repository; without them these tests are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import Running

FOLDER = Path(__file__).parents[3] / "shared" / "recordings"
POLLS = re.compile(
    r"/(operationresults|asyncoperations|operationstatuses|[a-z]*AzureAsyncOperation|[a-z]*OperationResults)/",
    re.I,
)
KNOWN = re.compile(
    r"/resourcegroups/[^/]+$|/providers/(microsoft.storage/storageaccounts|microsoft.keyvault/vaults"
    r"|microsoft.operationalinsights/workspaces|microsoft.containerregistry/registries|microsoft.sql/servers"
    r"|microsoft.sql/servers/[^/]+/(databases|firewallrules)|microsoft.insights/components)/[^/]+$",
    re.I,
)
#: Recorded answers that are not asked for, each with its reason.
EXCEPT = {
    (
        "PUT",
        200,
        201,
    ): "today's registries answer 201 with Azure-AsyncOperation, the recorded version answered 200",
    (
        "GET",
        404,
        200,
    ): "the recorder shortened a wait: a resource had been deleted by an exchange that was left out",
}


def files() -> list[Path]:
    """Return the recordings that create their own group and finish every operation."""
    if not FOLDER.is_dir():
        return []
    index = (FOLDER / "INDEX.md").read_text("utf-8")
    return [FOLDER / name for name in re.findall(r"^\| A \| (\S+\.jsonl) \|", index, re.M)]


def exchanges(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the exchanges of a file with types that the simulator has; polls are left out."""
    for line in file.read_text("utf-8").splitlines():
        exchange = json.loads(line)
        exchange["path"] = re.sub(r"https://[^/]+", "", exchange["url"]).partition("?")[0]
        if KNOWN.search(exchange["path"]) and not POLLS.search(exchange["path"]):
            yield exchange


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem[-60:])
def test_recording(simulator: Running, file: Path) -> None:
    """Replay a conversation and compare status codes, error codes and the keys of bodies."""
    simulator.control("POST", "reset")
    wrong = [text for exchange in exchanges(file) if (text := difference(simulator, exchange))]
    assert not wrong, "\n".join(wrong)


def difference(simulator: Running, exchange: dict[str, Any]) -> str:
    """Replay one exchange, follow its operation to the end, and tell what differs; empty when nothing does."""
    path = re.sub(r"/subscriptions/[^/]+", simulator.subscription, exchange["path"], flags=re.I)
    body, method = mended(exchange["request_body"], simulator), exchange["method"]
    answer = simulator.arm(method, path, body, version=exchange.get("api_version") or "2023-01-01")
    for header in ("Location", "Azure-AsyncOperation"):
        if url := answer.headers[header]:
            simulator.arm("GET", url)
    where, want = f"{method} {path} -> ", exchange["status"]
    recorded = exchange["response_body"]
    if answer.status != want:
        told = f"{where}{answer.status} {answer.body}, recorded {want} {str(recorded)[:300]}"
        return "" if (method, want, answer.status) in EXCEPT or was_going(exchange) else told
    if not isinstance(recorded, dict) or not isinstance(answer.body, dict):
        return ""
    if "error" in recorded:
        return (
            "" if recorded["error"]["code"] == answer.code else f"{where}{answer.body}, recorded {recorded}"
        )
    old = {"location", "kind"} if exchange["api_version"] == "2014-04-01" else set()  # of firewall rules
    missing = set(recorded) - set(answer.body) - {"systemData", "etag", "tags", "zones"} - old
    return f"{where}lacks {missing}" if missing else ""


def was_going(exchange: dict[str, Any]) -> bool:
    """Tell whether a deletion was still going on when this was recorded: here it is over at once."""
    state = ((exchange["response_body"] or {}).get("properties") or {}).get("provisioningState")
    return state == "Deleting" or (exchange["method"] == "DELETE" and exchange["status"] == 202)


def mended(body: Any, simulator: Running) -> Any:
    """Put back what the recorders masked, where the meaning needs it."""
    text = json.dumps(body)
    text = re.sub(r"/subscriptions/[0-9a-f-]+", simulator.subscription, text)
    text = text.replace(
        '"administratorLoginPassword": "MASKED"', '"administratorLoginPassword": "Correct-Horse-1"'
    )
    return json.loads(text)
