"""From a tested model to a run that serves it: the gate is asked here, and what the test measured becomes probes and times.

A change of traffic and a rollback are releases too: the same one with another share, so that the golden set is replayed
before any request goes another way.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services import naming
from services.config import Production, ProjectConfig
from services.models import candidate, files
from services.models.gate import gate
from services.models.records import ModelRecord
from services.progress import RunView
from services.release import Release
from services.runs import client, journal, projects, teardown

# Azure's own limits: https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
SHORTEST_MS, LONGEST_MS = 5_000, 180_000
# How much slower the cloud may start than this machine: it mounts the model and imports from a cold disk.
COLD = 3.0


class GateClosed(Exception):
    """The model may not be deployed; the message says why and what to do."""


@dataclass(frozen=True)
class Serving:
    """A deployment that a run of ours has made: the release, and the newest run about it."""

    release: Release
    run: RunView


def propose(record: ModelRecord, config: ProjectConfig, **chosen: Any) -> Release:
    """The release of a model as it was tested; `chosen` overrides fields, such as instance_type or deployment.

    Raises `GateClosed` without a passed test of exactly these hashes, `FileMissing` when the file is gone.
    """
    opened = gate(record)
    if not opened.open:
        raise GateClosed(opened.reason)
    tested, production = candidate.of_record(record), config[Production]
    values: dict[str, Any] = {
        "model": asset_name(config, record.file_name), "file_name": record.file_name, "sha256": record.sha256,
        "size": record.size, "source": str(files.path_of(record.sha256)), "files": dict(tested.handler.files),
        "entry": tested.handler.entry, "language": tested.handler.language, "key": tested.key,
        "golden": tuple(record.golden), "endpoint": production.endpoint, "deployment": production.deployment,
        "instance_type": production.instance_type, "instance_count": production.instance_count,
        "before": traffic(record.project_id, production.endpoint), **measured(record.verdict or {}),
    }  # fmt: skip
    return Release(**(values | chosen))


def measured(verdict: Mapping[str, Any]) -> dict[str, int]:
    """Probes and times from what the test on this machine measured: start-up, and the slowest usual answer."""
    slow = float(verdict.get("p95_ms") or 0.0)
    start = float(verdict.get("startup_s") or 0.0)
    timeout = min(LONGEST_MS, max(SHORTEST_MS, math.ceil(slow * 10 / 1000) * 1000))
    return {"timeout_ms": timeout, "initial_delay_s": min(600, max(10, math.ceil(start * COLD)))}


def asset_name(config: ProjectConfig, file_name: str) -> str:
    """The name of the registered model: the project's, and the file's without its endings."""
    project, stem = naming.slug(config.name) or "project", naming.slug(file_name.split(".")[0]) or "model"
    return (project if project == stem else f"{project}-{stem}")[:200].strip("-")


def start(project_id: str, release: Release, by: str = "") -> str:
    """Start serving a release; the run's ID. Raises as `client.deploy` does."""
    return client.deploy(project_id, release, by)


def serving(project_id: str) -> dict[str, Serving]:
    """Endpoint/deployment -> what serves there by our runs, the newest first; removed ones are left out."""
    there = {id.lower() for _, id in journal.made_by(project_id)}
    found: dict[str, Serving] = {}
    for run in journal.history(project_id, kinds=("deploy",)):
        release = Release.of(run.options["release"])
        place = f"{release.endpoint}/{release.deployment}"
        step = run.steps.get("online_deployment")
        if place not in found and step and step.resource_id.lower() in there:
            found[place] = Serving(release, run)
    return found


def traffic(project_id: str, endpoint: str) -> dict[str, int]:
    """The traffic of an endpoint as our runs have left it; the cloud is asked by whoever shows it."""
    for run in journal.history(project_id, kinds=("deploy",)):
        step, release = run.steps.get("traffic"), Release.of(run.options["release"])
        if release.endpoint == endpoint and step and step.state == "Succeeded":
            return {name: int(share) for name, share in (step.outputs.get("traffic") or {}).items()}
    return {}


def move_traffic(
    project_id: str, release: Release, share: int, before: Mapping[str, int], by: str = ""
) -> str:
    """Give a deployment another share of the traffic, after its golden set has passed anew; the run's ID.

    `before` is the traffic as it is now. A share of 100 to an earlier deployment is a rollback.
    """
    return start(project_id, dataclasses.replace(release, share=share, before=dict(before)), by)


def remove(project_id: str, endpoint: str, deployment: str | None = None, by: str = "") -> str:
    """Begin removing a deployment, or an endpoint with all that stands below it; the run's ID.

    Registered models, environments and files stay: they cost next to nothing and other deployments may use them.
    """
    place = f"/onlineendpoints/{endpoint.lower()}"
    wanted = f"{place}/deployments/{deployment.lower()}" if deployment else place
    made = [
        (key, id)
        for key, id in journal.made_by(project_id)
        if (lower := id.lower()).endswith(wanted)
        or f"{wanted}/" in lower
        or (deployment and lower.endswith(f"{place}/traffic/{deployment.lower()}"))
    ]
    return teardown.remove(project_id, made, by)


def project_config(project_id: str) -> ProjectConfig:
    """The configuration that a project's releases are made with."""
    return client.configured(projects.get(project_id).choices)
