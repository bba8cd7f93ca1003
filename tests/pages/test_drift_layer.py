"""The Azure graph shows what a check has found, and offers no drift layer before any check."""

import time

import pytest

from pages.components import drift
from services.runs import drift as service
from services.runs.changes import Difference


def test_what_a_check_found_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Property by property, a missing resource as gone; what agrees is not mentioned."""
    found = {
        "storage_account": (Difference("sku.name", "Standard_LRS", "Premium_LRS"),),
        "key_vault": (),
        "workspace": (service.GONE,),
    }
    kept = {"churn-0000": drift.Seen("run-1", time.time(), found)}
    monkeypatch.setattr(drift, "_kept", lambda: kept)
    told = drift.told("churn-0000")
    assert set(told) == {"storage_account", "workspace"}
    assert "Standard_LRS" in told["storage_account"][0]
    assert "Premium_LRS" in told["storage_account"][0]
    assert told["workspace"] == ["is gone"]
    assert drift.told("other-0000") == {}
