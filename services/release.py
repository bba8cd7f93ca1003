"""The noun `Release`: one tested model with its handler, as it is to be served. With a configuration it becomes a plan.

It is plain data both ways: a run keeps it among its options, so that a restarted worker walks the very same release.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

# The image that the conda file is laid over, by Microsoft and kept up to date:
# https://learn.microsoft.com/azure/machine-learning/concept-environments
IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260901.v1"


@dataclass(frozen=True)
class Release:
    """What is served. `source` is the model file on the machine of the worker; `key` the verdict's, over all hashes.

    `files` are those of the handler (name -> text), `entry` the one that answers; `conda` is its environment's text.
    `golden` is replayed against the endpoint. `share` is the percentage of traffic that the deployment gets in the end,
    `before` the traffic that stood when the release was made. Times are in seconds, `timeout_ms` in milliseconds.
    """

    model: str
    file_name: str
    sha256: str
    size: int
    source: str
    files: Mapping[str, str]
    entry: str
    key: str
    endpoint: str
    deployment: str
    instance_type: str
    instance_count: int = 1
    language: Literal["python", "r"] = "python"
    golden: tuple[Mapping[str, Any], ...] = ()
    share: int = 100
    before: Mapping[str, int] = field(default_factory=dict)
    timeout_ms: int = 5000
    concurrency: int = 1
    initial_delay_s: int = 10
    period_s: int = 10
    failures: int = 30
    probe_timeout_s: int = 2
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The model's version: the beginning of its file's hash, so that the same file is the same version."""
        return self.sha256[:12]

    @property
    def conda(self) -> str:
        """The environment's conda file; empty for R, whose environment is a Dockerfile."""
        return self.files.get("conda.yaml", "")

    @property
    def environment_version(self) -> str:
        """The environment's version, from what it is built of: in R the whole handler, which is in the image."""
        if self.language == "r":
            return self.code_version
        return _digest({"image": IMAGE, "conda": self.conda, "docker": self.files.get("Dockerfile", "")})[:12]

    @property
    def code_version(self) -> str:
        """The code's version, from the files of the handler."""
        return _digest(dict(self.files))[:12]

    @property
    def traffic(self) -> dict[str, int]:
        """The traffic in the end: this deployment's share, the rest as it was shared among the others."""
        others = {name: share for name, share in self.before.items() if name != self.deployment}
        if not any(others.values()):
            return {self.deployment: 100} if self.share else {}
        return scaled(others, 100 - self.share) | ({self.deployment: self.share} if self.share else {})

    def data(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Release":
        """Read it back."""
        return cls(**(dict(data) | {"golden": tuple(data.get("golden", ()))}))


def scaled(shares: Mapping[str, int], total: int) -> dict[str, int]:
    """Shares in the same proportions that add up to `total`, in whole percent; without any share there are none."""
    some = {name: share for name, share in shares.items() if share > 0}
    whole = sum(some.values())
    if not whole or not total:
        return {}
    found = {name: total * share // whole for name, share in some.items()}
    largest = max(found, key=lambda name: found[name])
    found[largest] += total - sum(found.values())
    return {name: share for name, share in found.items() if share}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
