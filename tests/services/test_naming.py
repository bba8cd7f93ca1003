"""Names: what Azure refuses is refused here, and every suggestion is one that Azure takes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import naming
from services.catalogue import registry
from services.catalogue.types.key_vault import RULE as VAULT
from services.catalogue.types.storage_account import RULE as STORAGE
from services.catalogue.types.workspace import RULE as WORKSPACE
from services.config import DEPLOYMENT, ENDPOINT

RULES = [t.name_rule for t in registry.TYPES.values() if t.key != "role_assignment"] + [ENDPOINT, DEPLOYMENT]


@pytest.mark.parametrize(
    ("rule", "name", "expected"),
    [
        (STORAGE, "stchurn7f3a", None),
        (STORAGE, "st-churn", "characters"),
        (STORAGE, "StChurn", "characters"),
        (STORAGE, "ab", "length"),
        (STORAGE, "a" * 25, "length"),
        (STORAGE, "", "required"),
        (STORAGE, "mymicrosoftdata", "reserved"),
        (STORAGE, "loginstore", "reserved"),
        (STORAGE, "outlook", "reserved"),
        (VAULT, "kv-churn", None),
        (VAULT, "1kv", "pattern"),
        (VAULT, "kv--churn", "pattern"),
        (VAULT, "kv-", "pattern"),
        (WORKSPACE, "mlw_churn", None),
        (WORKSPACE, "_mlw", "pattern"),
        (WORKSPACE, "m" * 34, "length"),
    ],
)
def test_a_broken_rule_is_named(rule: naming.NameRule, name: str, expected: str | None) -> None:
    """The first rule that a name breaks is the one reported."""
    found = naming.broken(rule, name)
    assert (found.rule if found else None) == expected


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.noun)
@given(wish=st.text(max_size=200))
def test_every_suggestion_keeps_its_rule(rule: naming.NameRule, wish: str) -> None:
    """Whatever was typed, the suggestion works."""
    assert naming.broken(rule, naming.suggest(rule, wish)) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.noun)
@given(name=st.text(min_size=1, max_size=64))
def test_every_default_keeps_its_rule_and_global_ones_end_in_the_suffix(
    rule: naming.NameRule, name: str
) -> None:
    """A project may have any name; its resources' names are Azure's."""
    made = naming.default_name(rule, name, "7f3a")
    assert naming.broken(rule, made) is None
    assert made.endswith("7f3a") or not rule.is_global


def test_the_suffix_is_stable_and_differs_between_subscriptions() -> None:
    """Two teams with the same project name get different global names, one team always the same."""
    one = naming.suffix("sub-1", "rg-churn", "churn")
    assert one == naming.suffix("sub-1", "rg-churn", "churn")
    assert one != naming.suffix("sub-2", "rg-churn", "churn")
    assert re.fullmatch(r"[0-9a-z]{4}", one)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Kündigung 2026!", "kundigung-2026"), ("שלום", "project"), ("🚀", "project"), ("a  b", "a-b")],
)
def test_a_slug_is_plain_ascii(text: str, expected: str) -> None:
    """Accents fall off, other scripts leave the word `project`."""
    assert naming.slug(text) == expected
