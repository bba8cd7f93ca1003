"""Model files that are being looked at: each by a process of its own, so that a closed tab, F5 or a killed server lose none.

The web process only starts it and reads a small file about how far it is. A hostile file that eats time or memory eats its
inspector's, not the server's.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from services.models.uploads import Upload
from services.processes import locks, spawn
from services.processes.home import home

_STARTING_S = 60.0  # a machine under load needs that long to start a process

State = Literal["waiting", "looking", "kept", "refused", "lost"]


@dataclass(frozen=True)
class Arrival:
    """A stored file on its way to being a model of a project.

    `state` is waiting, looking (`share` of it is done, 0 to 1), kept (`model` is its record), refused (`said` tells why) or
    lost: its inspector has ended without a word. `golden` is the golden set that comes with a sample.
    """

    id: str
    project_id: str
    name: str
    sha256: str
    golden: Sequence[Mapping[str, Any]] = ()
    by: str = ""
    begun_at: float = 0.0
    state: State = "waiting"
    share: float = 0.0
    said: str = ""
    model: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more comes by itself."""
        return self.state in ("kept", "refused", "lost")


def begin(
    project_id: str,
    name: str,
    sha256: str,
    *,
    id: str,
    golden: Sequence[Mapping[str, Any]] = (),
    by: str = "",
) -> Arrival:
    """Have a stored file looked at in the background; one that is being looked at already goes on alone."""
    known = _read(id)
    if known and not known.ended:
        return known
    arrival = Arrival(id, project_id, name, sha256, tuple(golden), by, time.time())
    note(arrival)
    spawn.detached("intake", [sys.executable, "-m", "services.models.arrive", id])
    return arrival


def of_upload(upload: Upload) -> Arrival:
    """The same for an upload that is whole."""
    return begin(upload.project_id, upload.name, upload.sha256, id=upload.id)


def again(id: str) -> None:
    """Look anew at what was lost."""
    known = _read(id)
    if known:
        begin(known.project_id, known.name, known.sha256, id=id, golden=known.golden, by=known.by)


def of_project(project_id: str) -> list[Arrival]:
    """What arrives for a project, the oldest first."""
    found = filter(None, (_read(path.stem) for path in _root().glob("*.json")))
    return sorted((one for one in found if one.project_id == project_id), key=lambda one: one.begun_at)


def get(id: str) -> Arrival:
    """Return one; LookupError when there is none."""
    found = _read(id)
    if found is None:
        raise LookupError(f"Nothing arrives under {id!r}.")
    return found


def note(arrival: Arrival) -> None:
    """Write down how far it is."""
    path = _path(arrival.id)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(arrival)), encoding="utf-8")
    draft.replace(path)


def dismiss(id: str) -> None:
    """Forget one that has ended; the record that came of it stays."""
    for path in (_path(id), lock_of(id)):
        path.unlink(missing_ok=True)


def lock_of(id: str) -> Path:
    """The lock that the inspector holds while it lives."""
    return _path(id).with_suffix(".lock")


def _read(id: str) -> Arrival | None:
    with suppress(OSError, ValueError, TypeError):
        return _living(Arrival(**json.loads(_path(id).read_text(encoding="utf-8"))))
    return None


def _living(arrival: Arrival) -> Arrival:
    """One whose inspector has died is lost, whatever was written last."""
    young = arrival.state == "waiting" and time.time() - arrival.begun_at < _STARTING_S
    if arrival.ended or young or locks.holder(lock_of(arrival.id)):
        return arrival
    now = Arrival(
        **json.loads(_path(arrival.id).read_text(encoding="utf-8"))
    )  # its end may have come meanwhile
    lost = "The inspection ended without a result: the process was stopped or ran out of memory."
    return now if now.ended else Arrival(**(asdict(now) | {"state": "lost", "said": lost}))


def _path(id: str) -> Path:
    return _root() / f"{id}.json"


def _root() -> Path:
    root = home() / "models" / "arrivals"
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root
