"""A small client of the upload route, for benchmarks and tests: one connection, as a browser keeps it."""

import base64
import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

CHUNK = 8 << 20  # what the page sends at once


@dataclass(frozen=True)
class Answer:
    """What came back: the headers' names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def offset(self) -> int:
        """How many bytes the server has."""
        return int(self.headers["upload-offset"])


class Client:
    """Speaks tus 1.0 to one server with one ticket; `more` headers replace its own, None leaves one out."""

    def __init__(self, port: int, ticket: str) -> None:
        self.port, self.ticket = port, ticket
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, **more: str | None) -> Answer:
        """Send one request; `Upload_Offset="0"` becomes the header Upload-Offset."""
        own = {
            "Tus-Resumable": "1.0.0",
            "Origin": f"http://127.0.0.1:{self.port}",
            "X-Upload-Ticket": self.ticket,
        }
        headers = own | {name.replace("_", "-"): value for name, value in more.items()}
        sent = {name: value for name, value in headers.items() if value is not None}
        self.connection.request(method, path, body=body, headers=sent)
        response = self.connection.getresponse()
        body = response.read()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, body)

    def begin(self, name: str, size: int, modified: str = "1", **more: str | None) -> Answer:
        """Announce a file."""
        told = {"filename": name, "modified": modified, "fingerprint": "f"}
        pairs = ",".join(f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in told.items())
        return self.ask(
            "POST", "/api/uploads", **({"Upload_Length": str(size), "Upload_Metadata": pairs} | more)
        )

    def append(self, place: str, offset: int, data: bytes, **more: str | None) -> Answer:
        """Send the next bytes."""
        heads: dict[str, str | None] = {
            "Upload_Offset": str(offset),
            "Content_Type": "application/offset+octet-stream",
        }
        return self.ask("PATCH", place, data, **(heads | more))

    def send(self, name: str, file: IO[bytes], size: int) -> Iterator[Answer]:
        """Send a whole file in the page's chunks; yields each answer."""
        begun = self.begin(name, size)
        yield begun
        file.seek(begun.offset)
        while chunk := file.read(CHUNK):
            answer = self.append(begun.headers["location"], file.tell() - len(chunk), chunk)
            yield answer
