"""The sample data that every project starts with: made up, small, and the same wherever it is made."""

import io
import json
import math
import random
import zipfile
from functools import lru_cache
from xml.sax.saxutils import escape

COLUMNS = ("age", "tenure_months", "monthly_charge", "support_calls")
TARGET = "churned"
ROWS = 400
# Two customers about whom no sound model can be in doubt: one stays, one leaves.
REQUEST = ((58.0, 96.0, 22.0, 0.0), (23.0, 2.0, 96.0, 9.0))
EXPECTED = (0, 1)
_EPOCH = (1980, 1, 1, 0, 0, 0)
Row = tuple[int, int, float, int, int]


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Customers with whether they left."""
    dice = random.Random(20261101)
    return tuple(_customer(dice) for _ in range(ROWS))


def csv_text() -> str:
    """The sample as CSV."""
    lines = [",".join(_header()), *(",".join(map(str, row)) for row in rows())]
    return "\n".join(lines) + "\n"


def json_text() -> str:
    """The sample as a JSON list of records, one on each line."""
    records = (json.dumps(dict(zip(_header(), row, strict=True))) for row in rows())
    return "[\n" + ",\n".join(records) + "\n]\n"


def xlsx_bytes() -> bytes:
    """The sample as the one sheet of a workbook (Office Open XML, ECMA-376)."""
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, xml in (*_BOOK.items(), ("xl/worksheets/sheet1.xml", _sheet())):
            parts.writestr(zipfile.ZipInfo(name, _EPOCH), _XML + xml, zipfile.ZIP_DEFLATED)
    return book.getvalue()


def _header() -> tuple[str, ...]:
    return (*COLUMNS, TARGET)


def _customer(dice: random.Random) -> Row:
    """Leaving grows with price and calls and shrinks with tenure; some chance stays. Only `random()` is used, which
    gives the same numbers on every version of Python."""
    age, tenure = 18 + int(dice.random() * 60), int(dice.random() * 121)
    charge, calls = round(15 + dice.random() * 85, 2), int(dice.random() ** 2 * 10)
    pull = 0.05 * (charge - 55) + 0.6 * (calls - 3) - 0.04 * (tenure - 60) - 0.01 * (age - 45)
    return age, tenure, charge, calls, int(dice.random() < 1 / (1 + math.exp(-pull)))


def _sheet() -> str:
    header = "".join(f'<c t="inlineStr"><is><t>{escape(name)}</t></is></c>' for name in _header())
    lines = ("".join(f"<c><v>{value}</v></c>" for value in row) for row in rows())
    body = "".join(f"<row>{line}</row>" for line in (header, *lines))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}">'
    '<sheets><sheet name="customers" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
