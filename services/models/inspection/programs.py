"""Files that are no models at all, by their first bytes: programs, scripts, documents."""

from services.models.inspection.findings import Report

_PROGRAMS = {
    b"\x7fELF": "a Linux program or library (ELF)",
    b"MZ": "a Windows program or library (PE)",
    b"\xfe\xed\xfa\xce": "a macOS program (Mach-O)",
    b"\xfe\xed\xfa\xcf": "a macOS program (Mach-O)",
    b"\xce\xfa\xed\xfe": "a macOS program (Mach-O)",
    b"\xcf\xfa\xed\xfe": "a macOS program (Mach-O)",
    b"\xca\xfe\xba\xbe": "a Java class or a macOS program",
    b"#!": "a script",
    b"\0asm": "a WebAssembly program",
    b"!<arch>": "a library archive",
    b"dex\n": "an Android program",
    b"<?php": "a PHP script",
}
_DOCUMENTS = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"{\\rtf": "an RTF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"SQLite format 3": "a SQLite database",
    b"PAR1": "a Parquet table",
    b"GGUF": "a GGUF language model, which is not served here",
    b"<?xml": "an XML document",
    b"PK\5\6": "an empty zip archive",
    b"RDX2": "an R workspace (save), not one object: write the model with saveRDS",
    b"RDX3": "an R workspace (save), not one object: write the model with saveRDS",
}


def named(head: bytes) -> tuple[str, bool] | None:
    """What a file is when it is no model, and whether it is a program; None when it may be one."""
    for magic, name in _PROGRAMS.items():
        if head.startswith(magic):
            return name, True
    if (head[2:4] == b"\r\n" and len(head) > 16 and head[1:2] == b"\r") or head[1:4] in (
        b"\x0d\x0d\x0a",
        b"\x0e\x0d\x0a",
    ):
        return "compiled Python code (.pyc)", True
    text = head[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a web page: was a sign-in page saved instead of the file", False
    if text.startswith((b"version https://git-lfs",)):
        return "a Git LFS pointer, not the file itself: run `git lfs pull`", False
    return next(((name, False) for magic, name in _DOCUMENTS.items() if head.startswith(magic)), None)


def refuse(found: tuple[str, bool], report: Report) -> None:
    """A program is blocked, a document is not known as a model."""
    name, program = found
    explained = any(mark in name for mark in ",:")
    (report.blocked if program else report.unknown)(f"It is {name}{'' if explained else ', no model'}.")
