"""Kills at writes of both journals, faults at requests: a sample of `python -m benchmarks recover --sweep --faults`."""

from collections.abc import Iterator

import pytest

from benchmarks import sweep

# Of some 120 writes of a full run: the first, the fan-out, a PUT and its checkpoint, a parent's end.
WRITES = (1, 9, 33, 57, 80)


@pytest.fixture(scope="module")
def ground() -> Iterator[sweep.Ground]:
    """One installation for all points."""
    with sweep.ground() as place:
        yield place


@pytest.mark.slow
def test_a_worker_killed_at_any_write_loses_and_repeats_nothing(ground: sweep.Ground) -> None:
    """Every resource once, ours, and the run succeeded, whichever write did not come about."""
    tally = sweep.Tally()
    sweep.kill_worker(ground, WRITES, tally)
    assert (tally.points, tally.lost, tally.repeats) == (len(WRITES), [], [])


@pytest.mark.slow
def test_a_page_killed_between_the_two_journals_leaves_no_run_that_waits_for_ever(
    ground: sweep.Ground,
) -> None:
    """The run stands in our table and in nobody's queue: the worker finds it, also when it was killed too."""
    tally = sweep.Tally()
    sweep.kill_web(ground, [3], tally)
    sweep.kill_web(ground, [3], tally, both=True)
    assert (tally.points, tally.lost, tally.repeats) == (2, [], [])


@pytest.mark.slow
def test_a_cloud_that_dies_and_comes_back_is_waited_for(ground: sweep.Ground) -> None:
    """On its port and state, in the middle of the fan-out."""
    tally = sweep.Tally()
    sweep.kill_simulator(ground, [4], tally)
    assert (tally.points, tally.lost, tally.repeats) == (1, [], [])


@pytest.mark.slow
@pytest.mark.parametrize("kind", sweep.FAULTS)
def test_a_request_that_fails_in_passing_is_ridden_out(ground: sweep.Ground, kind: str) -> None:
    """The run succeeds unaided, and what acted before its answer failed is adopted."""
    tally, nth = sweep.Tally(), 3 if kind == "expired token" else 8 + 3 * list(sweep.FAULTS).index(kind)
    sweep.faults(ground, [kind], [nth], tally)
    assert (tally.points, tally.lost, tally.repeats) == (1, [], [])
    assert tally.longest_s < 60
