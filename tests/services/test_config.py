"""The project file: everything has a default, the way out is the way in, and mistakes are named with their path."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import project_file
from services.config import ConfigError, Learning, Production
from services.parsing import minimal, parse

FULL = """
name: churn
cloud: azure
subscription_id: 0b1f6471-1bf0-4dda-aec3-cb9272f09590
location: northeurope
tags: {team: data}
resource_group: {mode: existing, name: rg-team}
workspace: {name: mlw-churn, storage_access: accesskey}
storage_account: {mode: existing, id: /subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stdata}
key_vault: {mode: new, name: kv-churn-7f3a, sku: premium}
container_registry: {mode: new, name: crchurn, sku: Premium}
sql: {mode: new, server: sql-churn, database: customers, sku: S0, admin_login: groundskeeper}
data_sources: [csv, sql]
learning: {language: r}
production: {endpoint: churn-api, deployment: green, instance_type: Standard_F4s_v2, instance_count: 2}
devops: {platform: both}
"""  # noqa: E501


def problems(text: str) -> dict[str, tuple[str, str | None]]:
    """Path -> (rule, suggestion) of every problem in a file."""
    return {p.path: (p.rule, p.suggestion) for p in project_file.read(text).problems}


def test_a_name_is_enough() -> None:
    """Every other key has a default derived from it."""
    config = project_file.read("name: churn").strict()
    data = config.data()
    assert data["resource_group"] == {"mode": "new", "name": "rg-churn"}
    assert data["workspace"]["name"] == "mlw-churn"
    assert data["storage_account"]["name"].startswith("stchurn")
    assert data["container_registry"] == {"mode": "none"} == data["sql"]
    assert config[Production].endpoint == "churn-api"


@pytest.mark.parametrize("text", ["name: churn", FULL])
def test_what_is_written_reads_as_the_same_configuration(text: str) -> None:
    """YAML both ways, and the smallest choices give it again."""
    config = project_file.read(text).strict()
    assert project_file.read(project_file.write(config)).strict().data() == config.data()
    assert parse(minimal(config)).strict().data() == config.data()


def test_the_smallest_choices_let_names_follow_the_projects_name() -> None:
    """A file saved with every name spelt out still renames with its project."""
    saved = project_file.write(project_file.read("name: churn").strict())
    choices = minimal(project_file.read(saved).strict())
    assert parse(choices | {"name": "fraud"}).strict().data()["workspace"]["name"] == "mlw-fraud"


def test_an_r_project_gets_its_framework_and_a_mixture_is_refused() -> None:
    """Language and framework belong together."""
    assert project_file.read("name: a\nlearning: {language: r}").strict()[Learning].framework == "r"
    assert problems("name: a\nlearning: {language: r, framework: pytorch}")["learning.framework"] == (
        "framework_language",
        "r",
    )


@pytest.mark.parametrize(
    ("text", "path", "rule", "suggestion"),
    [
        ("nam: churn", "nam", "unknown_key", "name"),
        ("name: a\nstorage_acount: {}", "storage_acount", "unknown_key", "storage_account"),
        ("name: a\nsql: {mode: new, skuu: Basic}", "sql.skuu", "unknown_key", "sku"),
        ("name: a\nsql: {mode: new, name: x}", "sql.name", "unknown_key", "server"),
        ("name: a\nsql: {mode: newer}", "sql.mode", "not_allowed", "new"),
        ("name: a\nsql: yes", "sql", "wrong_type", None),
        ("name: [a]", "name", "wrong_type", None),
        ("name: ''", "name", "required", None),
        ("{}", "name", "required", None),
        ("name: " + "x" * 65, "name", "length", "x" * 64),
        ("name: a\nlocation: West Europe", "location", "pattern", "westeurope"),
        ("name: a\ntags: {a: 1}", "tags.a", "wrong_type", None),
        ("name: a\ntags: {'a<b': x}", "tags.a<b", "characters", "ab"),
        ("name: a\nstorage_account: {name: My Storage}", "storage_account.name", "characters", "mystorage"),
        ("name: a\nsql: {mode: new, admin_login: sa}", "sql.admin_login", "reserved", "sqladminsa"),
        ("name: a\nproduction: {instance_count: 0}", "production.instance_count", "range", None),
        ("name: a\ncloud: azure", "subscription_id", "required", None),
        ("name: a\nsubscription_id: abc", "subscription_id", "guid", None),
        ("name: a\nstorage_account: {mode: existing, id: /x/y}", "storage_account.id", "resource_id", None),
        ("name: a\ndata_sources: [csv, csv]", "data_sources", "unique", "csv"),
        ("- a", "", "mapping", None),
    ],
)
def test_a_mistake_is_named_with_path_rule_and_suggestion(
    text: str, path: str, rule: str, suggestion: str | None
) -> None:
    """Nothing is silently ignored."""
    assert problems(text)[path] == (rule, suggestion)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: &x [1]\nb: *x", "yaml"),
        ("name: a\nname: b", "yaml"),
        ("{" * 5000, "yaml"),
        ("name: [", "yaml"),
        ("name: \x00", "yaml"),
        (b"name: \xff\xfe", "encoding"),
        ("name: " + "x" * 300_000, "too_large"),
        ("!!python/object/apply:os.system ['true']", "yaml"),
    ],
)
def test_what_is_no_project_file_is_refused_before_it_costs_anything(text: str | bytes, rule: str) -> None:
    """Bombs, giants, doubled keys, other encodings."""
    with pytest.raises(ConfigError) as raised:
        project_file.read(text)
    assert raised.value.problems[0].rule == rule


def test_a_broken_name_is_kept_so_that_the_page_shows_what_was_typed() -> None:
    """The draft's configuration still draws."""
    parsed = project_file.read("name: a\nworkspace: {name: 'no good'}")
    assert parsed.config.data()["workspace"]["name"] == "no good"
    assert [p.path for p in parsed.at("workspace")] == ["workspace.name"]
    with pytest.raises(ConfigError):
        parsed.strict()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=12), below, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["name", "cloud", "tags", "sql", "storage_account", "data_sources", "production", "resource_group"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choices=st.dictionaries(KEYS, JSON, max_size=6))
def test_no_data_whatever_makes_reading_fail(choices: dict[str, object]) -> None:
    """Any plain data gives a configuration, or problems, never an exception."""
    parsed = parse(choices)
    if not parsed.problems:
        text = project_file.write(parsed.config)
        assert project_file.read(text).strict().data() == parsed.config.data()
    assert yaml.safe_dump(parsed.config.data())
