"""deploy.sh itself, run by bash with stand-ins for `az` and `python`: what it would do to Azure, and when it stops."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from services.parsing import parse
from services.scaffold import describe, write

PLACE = [
    "--subscription", "0b1f6471-1bf0-4dda-aec3-cb9272f09590", "--resource-group", "rg-churn",
    "--workspace-name", "mlw-churn",
]  # fmt: skip
AZ = """#!{python}
import json, os, sys
with open(os.environ["JOURNAL"], "a") as journal:
    journal.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[3] == "show" and os.environ["EXISTS"] == "no" and "--query" not in sys.argv:
    sys.exit(3)
if sys.argv[3] == "invoke":
    print(json.dumps(json.dumps({{"predictions": json.loads(os.environ["ANSWER"])}})))
"""
PYTHON = """#!/bin/sh
[ "$2" = pytest ] && exit $TESTS
exec {python} "$@"
"""


class Bench:
    """A project with stand-ins on the PATH."""

    def __init__(self, folder: Path, **choices: Any) -> None:
        self.folder, self.journal = folder / "project", folder / "journal"
        azure = {"name": "churn", "cloud": "azure", "subscription_id": PLACE[1]}
        write(describe(parse(azure | choices).config), self.folder)
        (folder / "bin").mkdir()
        for name, text in (("az", AZ), ("python", PYTHON)):
            (folder / "bin" / name).write_text(text.format(python=sys.executable))
            (folder / "bin" / name).chmod(0o755)

    def deploy(self, *, tests: int = 0, exists: str = "no", answer: str = "[0, 1]") -> int:
        """Run the script from another folder; return its exit code."""
        path = f"{self.folder.parent / 'bin'}:{os.environ['PATH']}"
        more = {
            "PATH": path,
            "JOURNAL": str(self.journal),
            "TESTS": str(tests),
            "EXISTS": exists,
            "ANSWER": answer,
        }
        script = self.folder / "deploy" / "deploy.sh"
        return subprocess.run([script], cwd="/", env=os.environ | more, timeout=60).returncode

    @property
    def calls(self) -> list[list[str]]:
        """What `az` was asked, in order."""
        return (
            [json.loads(line) for line in self.journal.read_text().splitlines()]
            if self.journal.exists()
            else []
        )

    @property
    def verbs(self) -> list[str]:
        """`online-endpoint create` and so on."""
        return [" ".join(call[1:3]) for call in self.calls]


def test_it_creates_asks_and_then_gives_traffic(tmp_path: Path) -> None:
    """In this order, all of it in the project's workspace."""
    bench = Bench(tmp_path)
    assert bench.deploy() == 0
    assert bench.verbs == [
        "online-endpoint show", "online-endpoint create", "online-deployment show", "online-deployment create",
        "online-endpoint invoke", "online-endpoint update", "online-endpoint show",
    ]  # fmt: skip
    assert all(" ".join(PLACE) in " ".join(call) for call in bench.calls)
    assert "blue=100" in bench.calls[-2]


def test_what_exists_is_updated(tmp_path: Path) -> None:
    """A second deployment changes the first."""
    bench = Bench(tmp_path)
    assert bench.deploy(exists="yes") == 0
    assert "online-endpoint update" in bench.verbs and "online-deployment update" in bench.verbs
    assert not [verb for verb in bench.verbs if verb.endswith("create")]


def test_nothing_untested_reaches_the_cloud(tmp_path: Path) -> None:
    """The gate: a failed test is the end, and az is not called at all."""
    bench = Bench(tmp_path)
    assert bench.deploy(tests=1) != 0
    assert bench.calls == []


def test_a_wrong_answer_gets_no_traffic(tmp_path: Path) -> None:
    """The endpoint answers something else than this machine did."""
    bench = Bench(tmp_path)
    assert bench.deploy(answer="[1, 1]") != 0
    assert bench.verbs[-1] == "online-endpoint invoke"


def test_the_rehearsal_is_told_that_az_does_not_reach_it(tmp_path: Path) -> None:
    """It stops before it asks az for a subscription that nobody has."""
    bench = Bench(tmp_path, cloud="rehearsal")
    assert bench.deploy() == 1
    assert bench.calls == []


@pytest.mark.parametrize("name", ["rg $(touch hacked) `x` '\"\\ ;|&", "two\nlines", "קבוצה 🚀"])
def test_hostile_names_arrive_whole(tmp_path: Path, name: str) -> None:
    """As one argument each, and nothing of them is run."""
    bench = Bench(
        tmp_path, resource_group={"name": name}, workspace={"name": name}, production={"endpoint": name}
    )
    assert bench.deploy() == 0
    for call in bench.calls:
        assert name == call[call.index("--resource-group") + 1] == call[call.index("--workspace-name") + 1]
    assert [call[call.index("--name") + 1] for call in bench.calls if "--name" in call] == [
        name,
        "blue",
        *[name] * 3,
    ]
    assert not list(tmp_path.rglob("hacked"))
