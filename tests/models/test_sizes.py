"""Instance types: the dated list, the quota that is left, and why one does not fit."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.cloud import bridge
from services.cloud.target import rehearsal
from services.models.online import sizes
from services.models.online.sizes import Quota, Region, Size, Wanted

DS2 = Size("Standard_DS2_v2", "standardDSv2Family", 2, 7.0, usd_per_hour={"westeurope": 0.136})
A100 = Size("Standard_NC24ads_A100_v4", "standardNCADSA100v4Family", 24, 220.0, 1, no_reserve=True)


def region(used: int = 0, limit: int = 100, *more: Size) -> Region:
    """A region that offers these types, with a quota for the family of the small ones."""
    offered = {one.name.lower(): one for one in (DS2, *more)}
    return Region(offered, {"standarddsv2family": Quota(used, limit)})


def test_every_figure_of_the_list_has_its_source_and_date():
    """Nobody can tell an invented price from a real one without them."""
    data = json.loads(sizes.LIST.read_text())
    for part in ("prices", "sizes"):
        assert data[part]["source"].startswith("https://") and data[part]["as_of"].count("-") == 2
    assert data["prices"]["read_in"].startswith("https://github.com/Azure/")
    assert all(one["memory_source"].startswith("https://learn.microsoft.com/") for one in data["types"])
    assert data["prices"]["as_of"] in sizes.dated()


@pytest.mark.parametrize(("instances", "cores"), [(1, 4), (2, 6), (5, 12), (6, 16), (10, 24)])
def test_a_fifth_more_is_counted_against_the_quota(instances: int, cores: int):
    """Azure keeps a fifth for upgrades, in whole instances: ceil(1.2 n) times the cores."""
    assert DS2.needs(instances) == cores


def test_types_that_are_exempt_are_counted_as_they_are():
    """For some GPUs nothing is kept back."""
    assert A100.needs(2) == 48


@pytest.mark.parametrize(
    ("wanted", "where", "why"),
    [
        (Wanted("westeurope", 1), region(), ""),
        (Wanted("westeurope", 1), region(97, 100), "Needs 4 cores of quota, 3 are left."),
        (Wanted("westeurope", 1, held={"standarddsv2family": 4}), region(97, 100), ""),
        (Wanted("westeurope", 1, peak_mb=6000), region(), "The test took 6,000 MB; of its 7 GB about 5.2 are free."),
        (Wanted("westeurope", 1, peak_mb=5000), region(), ""),
        (Wanted("westeurope", 1), Region({"other": A100}, {}), "Not offered in westeurope."),
        (Wanted("westeurope", 1), None, ""),
    ],
)  # fmt: skip
def test_a_type_that_does_not_fit_says_why(wanted: Wanted, where: Region | None, why: str):
    """Region, memory and quota are looked at; a silent cloud is no reason."""
    assert sizes.unfit(DS2, wanted, where) == why


def test_a_price_is_only_named_where_it_is_known():
    """A month is 730 hours; an unknown region has no price."""
    assert DS2.month("westeurope", 2) == pytest.approx(0.136 * 730 * 2)
    assert DS2.month("mars", 1) is None
    assert sizes.money(None) == "none known"


def test_a_type_beyond_the_list_is_known_from_the_cloud():
    """What the cloud offers can be chosen even if the list does not name it."""
    other = Size("Standard_L8s_v3", "standardLSv3Family", 8, 64.0)
    assert sizes.named("standard_l8S_v3", region(0, 100, other)) == other
    assert sizes.named("Standard_X1", region()) is None


def test_the_cloud_is_asked_for_types_and_quota(home: Path, simulator: dict[str, Any]):
    """The real client reads both lists; families fold spaces and case."""
    (home / "simulator").mkdir()
    (home / "simulator" / "simulator.json").write_text(json.dumps(simulator))
    subscription = simulator["subscription_id"]
    where = bridge.ask(rehearsal(home), lambda cloud: sizes.ask(cloud, subscription, "westeurope"))
    assert where.sizes["standard_ds2_v2"].cores == 2
    assert where.quotas["standarddsv2family"].limit == 100
    gpu = sizes.named("Standard_NC4as_T4_v3", where)
    assert gpu and sizes.unfit(gpu, Wanted("westeurope"), where) == "Needs 8 cores of quota, 0 are left."
