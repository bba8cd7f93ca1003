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
    "registries/buildtasks": "GitHub refused the recorder's token; a rehearsal asks nobody",
    "CanCRUDResourceGroup #3": "the tags that it shows were never written to this group in the recording",
    "CanCRUDSqlFirewallRule #11": "found by one GET and missing by the next: what lies between was left out",
    "CanCRUDSqlFirewallRule #18": "found by one GET and missing by the next: the deletion was left out",
    "CanCRUDSqlFirewallRule #22": "missing though it was written: the deletion was left out",
    "canCreateAndAquireServerDnsAlias #33": "the recorded ID has lost its resource group",
    "test_database_blob_auditing_policy #1": "NameAlreadyExists: a server of somebody else had the name",
    "test_transparent_data_encryption #1": "NameAlreadyExists: a server of somebody else had the name",
    "test_geo_backup_policy #1": "NameAlreadyExists: a server of somebody else had the name",
    "test_monitor_log_analytics_workspace_linked_storage": "a service of 2023 that spelt IDs small and added a source",
    "log_analytics_workspace_table #14": "search jobs have no data to search in",
    "v1api20220901_CreationAndDeletion #33": "names the account as missing where other recordings name the group",
    "v1api20230101_CreationAndDeletion #33": "names the account as missing where other recordings name the group",
    "test_batch_invoke #14": "answers 200 to an anonymous model that was written before the recording began",
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
