"""One hash for plain data, so that two who have the same have the same hash."""

import hashlib
import json
from typing import Any


def digest_of(data: Any) -> str:
    """The SHA-256 of plain data, whatever the order of its keys."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
