"""Turns rows of a CSV, XLSX or JSON file into requests, with a column of the file as what is expected."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from services.models.golden import MOST_CASES, BadGolden, Case
from services.models.intake import Column

MOST_BYTES = 20_000_000
NONE = ""


def read(content: bytes, file_name: str) -> "pd.DataFrame":
    """Read a table by its file's ending; `BadGolden` says what is wrong with it."""
    ending = file_name.lower().rpartition(".")[2]
    if len(content) > MOST_BYTES:
        raise BadGolden(f"{file_name} has more than {MOST_BYTES // 10**6} MB. Bring some rows of it.")
    if ending not in _READERS:
        raise BadGolden(f"{file_name} is none of CSV, XLSX and JSON. Save it as one of them.")
    try:
        frame = _READERS[ending](io.BytesIO(content))
    except Exception as error:  # each reader has its own errors
        raise BadGolden(
            f"{file_name} can't be read as {ending.upper()}: {' '.join(str(error).split())[:200]}"
        ) from None
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise BadGolden(f"{file_name} has no rows.")
    return frame.rename(columns=str)


def requests(frame: "pd.DataFrame", inputs: Sequence[Column], target: str = NONE) -> tuple[Case, ...]:
    """One request a row: the model's columns by name, or all columns in order where the model has no names."""
    if len(frame) > MOST_CASES:
        raise BadGolden(f"The table has {len(frame)} rows; {MOST_CASES} are the most. Bring some of them.")
    names = _names(frame, inputs, target)
    cases: list[Case] = []
    for row in frame.astype(object).to_dict("records"):
        values: Any = {name: plain(row[name]) for name in names}
        case: dict[str, Any] = {"request": {"data": [values if inputs else list(values.values())]}}
        if target:
            case["expected"] = {"predictions": [plain(row[target])]}
        cases.append(case)
    return tuple(cases)


def plain(value: Any) -> Any:
    """A cell as JSON knows it; what is missing is null."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None | list | dict) else str(value)


def _names(frame: "pd.DataFrame", inputs: Sequence[Column], target: str) -> list[str]:
    has = [name for name in frame.columns if name != target]
    wanted = [column.name for column in inputs]
    missing = [name for name in wanted if name not in has]
    if missing:
        raise BadGolden(
            f"The table lacks {', '.join(missing[:5])}{' and more' if len(missing) > 5 else ''}. "
            f"The model wants the columns {', '.join(wanted[:12])}; the table has {', '.join(has[:12])}."
        )
    return wanted or has


_READERS: Mapping[str, Any] = {
    "csv": pd.read_csv,
    "xlsx": pd.read_excel,
    "json": pd.read_json,
}
