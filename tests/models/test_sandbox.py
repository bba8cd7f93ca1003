"""The sandbox: what a hostile model would try is tried, and must be blocked."""

import pytest

from services.models import attempts, sandbox


@pytest.mark.skipif(sandbox.bubblewrap() is None, reason="bubblewrap is not here, or may not unshare")
def test_everything_that_a_hostile_model_would_try_is_blocked_in_bubblewrap(home):
    tried = attempts.table("bubblewrap")
    assert len(tried) == 17 and [one for one in tried if not one.blocked] == []


def test_without_bubblewrap_the_limits_still_hold_and_nothing_more_is_claimed(home):
    tried = {one.what: one for one in attempts.table("limits")}
    for what in ("allocate 2 GB of memory", "begin 200 processes", "read our environment variables"):
        assert tried[what].blocked, tried[what]
    assert not tried["reach the network, read and write the user's files"].blocked


def test_a_path_inside_is_found_outside_where_there_is_no_inside(tmp_path):
    readable = {"/var/azureml-app": tmp_path / "a", "/var/azureml-app/models": tmp_path / "b"}
    assert sandbox.Box(readable).at("/var/azureml-app/x") == "/var/azureml-app/x"
    limits = sandbox.Box(readable, isolation="limits")
    assert (
        limits.at("/var/azureml-app/x") == f"{tmp_path}/a/x"
        and limits.at("/var/azureml-app/models/m") == f"{tmp_path}/b/m"
    )
