"""Tries what a hostile model would try, inside the sandbox; prints one line of JSON for each attempt.

python probe.py quiet SECRET USER_HOME OUR_HOME
python probe.py environment | memory | processes | disk
"""

import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path


def tell(what: str, attempt: Callable[[], object]) -> None:
    """Make an attempt: an error means that it was blocked, an end without one that it was not."""
    try:
        how, blocked = str(attempt()), False
    except (OSError, MemoryError) as error:
        how, blocked = f"{type(error).__name__}: {error}".strip(": "), True
    print(json.dumps({"what": what, "blocked": blocked, "how": how[:200]}), flush=True)


def connect(host: str, port: int) -> str:
    """Reach another machine. A time-out counts as blocked; a refusal is an answer from outside, so it does not."""
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect((host, port))
        except ConnectionRefusedError:
            return "refused by the other side, which was reached"
    return "connected"


def listening() -> str:
    """Look for sockets of the machine."""
    seen = len(Path("/proc/net/tcp").read_text().splitlines()) - 1
    if seen:
        return f"{seen} sockets of the machine seen"
    raise OSError("an empty network of its own")


def write(path: str) -> str:
    """Write a file, and take it away again."""
    place = Path(path)
    place.write_text("x")
    place.unlink()
    return f"wrote {path}"


def listed(path: str) -> str:
    """Read what lies in a folder, but for the way to the Python that runs this."""
    entries = [entry for entry in Path(path).iterdir() if not sys.base_prefix.startswith(str(entry))]
    if not entries:
        raise OSError("nothing is in it")
    return f"{len(entries)} entries seen"


def processes() -> str:
    """Look for processes of the machine: the sandbox has a handful of its own."""
    numbers = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    if len(numbers) <= 5:
        raise OSError(f"only its own {len(numbers)} are there")
    return f"{len(numbers)} processes seen"


def environment() -> str:
    """Look for variables that are none of the sandbox's."""
    telling = [n for n in os.environ if n.startswith(("GROUNDPLAN", "AZURE", "AWS", "SSH", "PIP_", "XDG"))]
    if telling:
        return f"seen: {', '.join(telling)}"
    raise OSError("cleared")


def signal_parent() -> str:
    """Send a signal to the process that started us."""
    os.kill(os.getppid(), 0)
    if os.getppid() <= 2:
        raise OSError("only the sandbox's own first process is there")
    return "can be sent"


def memory() -> str:
    """Take memory in pieces, up to 2 GB."""
    held = [bytearray(64 << 20) for _ in range(32)]
    return f"{len(held) * 64} MB taken"


def fork() -> str:
    """Begin up to 200 processes, which end by themselves."""
    for _ in range(200):
        if os.fork() == 0:
            time.sleep(3)
            os._exit(0)
    time.sleep(2)
    return "200 processes begun"


def fill() -> str:
    """Write up to 64 MB into the folder for temporary files."""
    with (Path(os.environ["TMPDIR"]) / "full").open("wb", buffering=0) as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    Path(file.name).unlink()
    return "64 MB written"


def quiet(secret: str, user_home: str, our_home: str) -> None:
    """What is tried in bubblewrap alone: elsewhere nothing would stop it. 192.0.2.1 is no machine's (RFC 5737)."""
    tell("reach another machine (192.0.2.1:80)", lambda: connect("192.0.2.1", 80))
    tell("reach the cloud's metadata address (169.254.169.254)", lambda: connect("169.254.169.254", 80))
    tell("look a name up", lambda: socket.getaddrinfo("example.invalid", 80))
    tell("see what listens on this machine", listening)
    tell("read /etc/shadow", lambda: f"{len(Path('/etc/shadow').read_text())} characters read")
    tell("list the user's home", lambda: listed(user_home))
    tell("list Groundplan's own data", lambda: listed(our_home))
    tell("read a file of Groundplan's data", lambda: Path(secret).read_bytes() or "read")
    tell("write into /usr", lambda: write("/usr/groundplan-probe"))
    tell("write beside its code", lambda: write(f"{Path(__file__).parent}/groundplan-probe"))
    tell("write into Groundplan's data", lambda: write(f"{our_home}/groundplan-probe"))
    tell("see processes of the machine", processes)
    tell("send a signal to the process that started it", signal_parent)


if __name__ == "__main__":
    if sys.argv[1] == "quiet":
        quiet(*sys.argv[2:])
    elif sys.argv[1] == "environment":
        tell("read our environment variables", environment)
    elif sys.argv[1] == "memory":
        tell("allocate 2 GB of memory", memory)
    elif sys.argv[1] == "processes":
        tell("begin 200 processes", fork)
    else:
        tell("write 64 MB into /tmp", fill)
