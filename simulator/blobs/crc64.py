"""The checksum of ``x-ms-content-crc64``: a reflected CRC of 64 bits that Python's library does not have.

https://learn.microsoft.com/rest/api/storageservices/put-block (the polynomial is NVMe's, 0xAD93D23594C93659)
"""

from __future__ import annotations

import base64

_POLYNOMIAL = 0x9A6C9329AC4BC9B5
_ALL = 0xFFFFFFFFFFFFFFFF


def _row(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = [_row(byte) for byte in range(256)]


class Crc64:
    """A running checksum; some megabytes a second, so it is made only where a request names one."""

    def __init__(self) -> None:
        self._value = _ALL

    def update(self, data: bytes) -> None:
        """Take in more bytes."""
        value, table = self._value, _TABLE
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
        self._value = value

    def digest(self) -> str:
        """Return the checksum as headers write it: base64 of the little-endian value."""
        return base64.b64encode((self._value ^ _ALL).to_bytes(8, "little")).decode()
