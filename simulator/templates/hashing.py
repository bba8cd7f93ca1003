"""The three hashes of the template language, with the very values that Azure computes.

``uniqueString`` is a 64-bit relative of MurmurHash3 written in base 32; ``guid`` is a name-based UUID (RFC 4122,
version 5) in a name space of Azure's own.  Both join their arguments by hyphens.
https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string#uniquestring
"""

from __future__ import annotations

import json
import uuid
from typing import Any

GUID_SPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_MASK = 0xFFFFFFFF
_A, _B = 0x239B961B, 0xAB0E9789


def unique_string(values: list[str]) -> str:
    """Return 13 characters that depend on the values alone."""
    number = hash64("-".join(values).encode())
    # 64 bits in groups of five from the top; the thirteenth group has four bits and a zero.
    return "".join(_ALPHABET[(number << 1 >> shift) & 31] for shift in range(60, -1, -5))


def guid(values: list[str]) -> str:
    """Return a UUID that depends on the values alone."""
    return str(uuid.uuid5(GUID_SPACE, "-".join(values)))


def template_hash(template: Any) -> str:
    """Return a number that stands for a template's content; the number is ours, its form is Azure's."""
    return str(hash64(json.dumps(template, sort_keys=True, separators=(",", ":")).encode()))


def hash64(data: bytes) -> int:
    """Return the 64-bit hash: two lanes of 32 bits over blocks of eight bytes."""
    low = high = 0
    whole = len(data) // 8 * 8
    for at in range(0, whole, 8):
        low ^= _scrambled(data[at : at + 4], _A, 15, _B)
        low = (_rotated(low, 19) + high) * 5 + 0x561CCD1B & _MASK
        high ^= _scrambled(data[at + 4 : at + 8], _B, 17, _A)
        high = (_rotated(high, 13) + low) * 5 + 0x0BCAA747 & _MASK
    if tail := data[whole:]:
        low ^= _scrambled(tail[:4], _A, 15, _B)
        if tail[4:]:
            high ^= _scrambled(tail[4:], _B, 17, _A)
    low, high = low ^ len(data), high ^ len(data)
    low, high = _crossed(low, high)
    low, high = _crossed(_stirred(low), _stirred(high))
    return high << 32 | low


def _crossed(low: int, high: int) -> tuple[int, int]:
    low = low + high & _MASK
    return low, high + low & _MASK


def _scrambled(part: bytes, first: int, turn: int, second: int) -> int:
    return _rotated(int.from_bytes(part, "little") * first & _MASK, turn) * second & _MASK


def _rotated(value: int, turn: int) -> int:
    return (value << turn | value >> 32 - turn) & _MASK


def _stirred(value: int) -> int:
    value = (value ^ value >> 16) * 0x85EBCA6B & _MASK
    value = (value ^ value >> 13) * 0xC2B2AE35 & _MASK
    return value ^ value >> 16
