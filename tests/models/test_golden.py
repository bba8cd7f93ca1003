"""Golden sets: what is taken, what is refused, when an answer is the expected one."""

import io
import json

import pandas as pd
import pytest

from services.models import golden, tables
from services.models.golden import BadGolden
from services.models.intake import Column


def test_a_file_holds_one_request_or_a_golden_set():
    assert golden.parse('{"data": [[1]]}') == ({"request": {"data": [[1]]}},)
    case = {"request": {"data": [[1]]}, "expected": {"predictions": [0]}}
    assert golden.parse(json.dumps([case])) == (case,) == golden.parse(json.dumps(case))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"), ("[]", "golden set"), ("[[1, 2]]", "Request 1 needs"), ("3", "object"),
        ('[{"request": 3}]', "Request 1 needs"), ('[{"expected": {}}]', "Request 1 needs"),
        ('[{"request": {}, "expectd": {}}]', "'expectd'"), ('{"data": [[NaN]]}', "NaN"), ("[" * 100_000, "not JSON"),
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(text, says):
    with pytest.raises(BadGolden, match=says):
        golden.parse(text)


@pytest.mark.parametrize(
    ("answer", "expected", "differs"),
    [
        ({"predictions": [1], "probabilities": [[0.1, 0.9]]}, {"predictions": [1]}, ""),
        ({"predictions": [0.33333334]}, {"predictions": [0.33333]}, ""),
        ({"predictions": [0.334]}, {"predictions": [0.333]}, "predictions[0] is 0.334, 0.333 is expected"),
        ({"predictions": [1e-9]}, {"predictions": [0]}, ""),
        ({"predictions": [1]}, {"predictions": [1, 2]}, "predictions has 1 values, 2 are expected"),
        ({"error": "x"}, {"predictions": [1]}, "predictions is expected and not in the answer"),
        ({"predictions": ["1"]}, {"predictions": [1]}, 'predictions[0] is "1", 1 is expected'),
        ({"predictions": [True]}, {"predictions": [1]}, "predictions[0] is true, 1 is expected"),
        ({"predictions": [None]}, {"predictions": [None]}, ""),
        ("text", {"predictions": [1]}, 'the answer is "text", {"predictions": [1]} is expected'),
    ],
)
def test_an_answer_is_compared_with_what_is_expected(answer, expected, differs):
    assert golden.difference(answer, expected) == differs


def test_rows_of_a_table_become_requests_with_a_column_as_what_is_expected():
    frame = tables.read(b"age,city,churn\n41,Bern,1\n17,,0\n", "rows.csv")
    cases = tables.requests(frame, (Column("age"), Column("city")), "churn")
    assert cases == (
        {"request": {"data": [{"age": 41, "city": "Bern"}]}, "expected": {"predictions": [1]}},
        {"request": {"data": [{"age": 17, "city": None}]}, "expected": {"predictions": [0]}},
    )
    assert tables.requests(frame, (), "churn")[0]["request"] == {"data": [[41, "Bern"]]}
    json.dumps(cases)


def test_a_table_with_other_columns_is_refused_and_says_which():
    frame = tables.read(json.dumps([{"a": 1, "b": 2}]).encode(), "rows.json")
    with pytest.raises(BadGolden, match=r"lacks age\. The model wants the columns age; the table has a, b"):
        tables.requests(frame, (Column("age"),))


def test_a_spreadsheet_is_read_and_what_is_none_is_refused():
    file = io.BytesIO()
    pd.DataFrame({"age": [1, 2]}).to_excel(file, index=False)
    assert len(tables.read(file.getvalue(), "rows.XLSX")) == 2
    for content, name in (
        (b"x", "rows.xlsx"),
        (b"", "rows.csv"),
        (b"{", "rows.json"),
        (b"a", "rows.txt"),
        (b"a\n", "r.csv"),
    ):
        with pytest.raises(BadGolden, match=r"rows\.|r\.csv"):
            tables.read(content, name)
