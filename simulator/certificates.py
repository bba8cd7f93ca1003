"""A certificate authority of the simulator's own, kept on disk: clients trust its bundle, and nothing else does.

Making certificates needs ``cryptography``, which is slow to import; that happens only when there is none that works.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

NAMES = ("127.0.0.1", "localhost", "*.localhost", "*.blob.sim.localhost", "sim.localhost")


@dataclass(frozen=True)
class Certificates:
    """``bundle`` is what clients trust; ``chain`` holds the server's key and certificate."""

    bundle: Path
    chain: Path

    def context(self) -> ssl.SSLContext:
        """Return the server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.chain)
        return context


def prepare(folder: Path) -> Certificates:
    """Return working certificates: those of the last start, or new ones."""
    found = Certificates(folder / "ca.pem", folder / "server.pem")
    if not works(found):
        _make(folder, found)
    return found


def works(certificates: Certificates) -> bool:
    """Tell whether a client that trusts the bundle accepts the server: a whole handshake in memory."""
    try:
        trust = ssl.create_default_context(cafile=str(certificates.bundle))
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = trust.wrap_bio(to_client, to_server, server_hostname="127.0.0.1")
        server = certificates.context().wrap_bio(to_server, to_client, server_side=True)
        for _ in range(4):
            for side in (client, server):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        return client.getpeercert() is not None and bool(client.getpeercert())
    except (OSError, ValueError):
        return False


def write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    draft.replace(path)


def _make(folder: Path, certificates: Certificates) -> None:
    import trustme

    # Not the old authority again: what does not work may be its key, and clients read the bundle at each start.
    authority = trustme.CA(organization_name="Groundplan rehearsal")
    server = authority.issue_cert(*NAMES)
    write_private(certificates.chain, server.private_key_and_cert_chain_pem.bytes())
    write_private(folder / "ca.key", authority.private_key_pem.bytes())
    write_private(certificates.bundle, authority.cert_pem.bytes())
