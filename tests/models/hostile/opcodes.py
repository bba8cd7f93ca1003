"""Pickles written by hand, instruction by instruction: what no pickler writes and every unpickler runs."""

import struct


def short(text: str) -> bytes:
    """SHORT_BINUNICODE."""
    data = text.encode()
    return b"\x8c" + bytes([len(data)]) + data


def named(module: str, name: str) -> bytes:
    """STACK_GLOBAL with its two texts."""
    return short(module) + short(name) + b"\x93"


def written(module: str, name: str) -> bytes:
    """GLOBAL of protocol 0."""
    return f"c{module}\n{name}\n".encode()


def call(function: bytes, *args: bytes) -> bytes:
    """REDUCE."""
    return function + b"(" + b"".join(args) + b"tR"


def protocol(version: int, body: bytes) -> bytes:
    """PROTO, a body, STOP."""
    return b"\x80" + bytes([version]) + body + b"."


def framed(body: bytes) -> bytes:
    """Protocol 4 in one frame."""
    return b"\x80\x04\x95" + struct.pack("<Q", len(body) + 1) + body + b"."
