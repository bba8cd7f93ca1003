"""Recorded conversations with the real service, held against the simulator: same question, same kind of answer.

The recordings are no part of this repository; without them these tests are skipped.  `python -m
tests.simulator.score -v` prints the score per type and all that differs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.conftest import Running
from tests.simulator.replay import FOLDER, Result, files, replay

#: Exchanges that differ, and will: what was recorded depends on what is not the service's own behaviour.
EXPECTED = {
    "registries/buildtasks": "build tasks were withdrawn before they left their preview",
    "test_classic_registry": "asks for the Classic SKU in a version of 2017",
    "test_basic_registry": "asks for a registry with a storage account of its own, in a version of 2017",
    "test_webhook #8": "the same version was recorded with 200 and with 202 for a deletion",
    "test_replication #15": "a registry with replications answers its deletion with itself",
    "CanCRUDResourceGroup #3": "the recorder asked another group than the one it had written",
    "CanCRUDSqlFirewallRule #11": "recorded before the server had been there",
    "CanCRUDSqlFirewallRule #18": "recorded after the rule had gone by an exchange that was left out",
    "CanCRUDSqlFirewallRule #22": "recorded after the rule had gone by an exchange that was left out",
    "canCreateAndAquireServerDnsAlias #33": "the recorded ID has lost its resource group",
    "test_server_dns_alias #17": "acquires an alias whose creation was left out",
    "test_database_blob_auditing_policy": "the name was taken by a server of somebody else",
    "test_transparent_data_encryption #1": "the name was taken by a server of somebody else",
    "test_geo_backup_policy #1": "the name was taken by a server of somebody else",
    "test_monitor_log_analytics_workspace_linked_storage": "a workspace of 2023 told less than one of today",
    "log_analytics_workspace_table #13": "search jobs have no data to search in",
    "log_analytics_workspace_table #14": "search jobs have no data to search in",
    "v1api20220901_CreationAndDeletion #33": "the group's deletion had not reached ARM's cache",
    "v1api20230101_CreationAndDeletion #33": "the group's deletion had not reached ARM's cache",
    "test_batch_invoke #14": "writes an anonymous model that was there before the recording began",
    "test_component #7": "an empty nextLink",
}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not here")
@pytest.mark.parametrize("file", [file for _, file in files()], ids=lambda file: file.stem[-60:])
def test_recording(simulator: Running, file: Path) -> None:
    """Replay a conversation: statuses, poll addresses, error codes, IDs, and the keys and types of bodies."""
    wrong = [text for result in replay(simulator, file) if (text := _told(result))]
    assert not wrong, "\n".join(wrong)


def _told(result: Result) -> str:
    place = f"{result.file} #{result.seq} {result.kind} "
    known = any(part in place for part in EXPECTED)
    return "" if known or not result.wrong else f"{place}{result.what}: {'; '.join(result.wrong)}"
