"""Files as people have them, and worse: each builds and reconciles, or ends in one sentence."""

import bz2
import gzip
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conftest import sparing

from segmentation.dbt import Scratch

HEADING = "id,who,item,n,price,when"
# Forty sales, so that a bad row or two stay below the share of rejected rows that stops a build.
LINES = [f"{i},c{i % 7},p{i % 3},{i % 4 + 1},{i}.50,2024-01-{i % 28 + 1:02d}" for i in range(1, 41)]
MAPPING = {
    "order_id": "id",
    "customer_id": "who",
    "product_id": "item",
    "quantity": "n",
    "unit_price": "price",
    "ordered_at": "when",
}
AMOUNT = {"customer_id": "who", "amount": "paid", "ordered_at": "day"}
SALES = {"sale": 40}
STAGED = ["+path:models/staging", "input_reconciliation"]

Content = bytes | str | list[str] | Callable[[Path], object]


def text(lines: list[str] = LINES, heading: str = HEADING, newline: str = "\n") -> str:
    return newline.join([heading, *lines]) + newline


def more(*lines: str) -> str:
    """Forty good rows, and these."""
    return text([*LINES, *lines])


def dates(*written: str, repeat: int = 20) -> str:
    """Sales on dates that are written so, each so many times."""
    days = [day for day in written for _ in range(repeat)]
    return text([f"{i},c{i},p,1,2.00,{day}" for i, day in enumerate(days)])


def query(sql: str) -> Callable[[Path], None]:
    """Writes a Parquet file of what a query gives."""
    return lambda path: duckdb.sql(sql).write_parquet(str(path))


def workbook(*rows: list) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)

    return write


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", text())


GOOD = "select i as id, 'c' || i % 7 as who, 'p' as item, 1 as n, i + 0.5 as price, " + (
    "timestamp '2024-01-01' + interval (i % 28) day as \"when\" from range(40) as rows(i)"
)
PAID = "select 'c' as who, 1.5 as paid, date '2024-01-01' as day"

# What the file holds, and what comes of it: rows by line class, or words of the sentence. A third
# part holds further vars; the name's ending is the file's.
BUILDS: dict[str, tuple] = {
    "no newline at the end.csv": (text().rstrip("\n"), SALES),
    "blank lines at the end.csv": (text() + "\n\n\n", SALES),
    "line ends of Windows.csv": (text(newline="\r\n"), SALES),
    "line ends of an old Macintosh.csv": (text(newline="\r"), SALES),
    "a byte order mark.csv": (b"\xef\xbb\xbf" + text().encode(), SALES),
    "headings in other letters.csv": (text(heading="ID,WHO,Item,N,PRICE,When"), SALES),
    "headings in quotes.csv": (text(heading='"id","who","item","n","price","when"'), SALES),
    "a heading without a name.csv": (
        text([line + ",x" for line in LINES], HEADING + ","),
        SALES,
    ),
    "an unmapped heading twice.csv": (
        text([line + ",x,y" for line in LINES], HEADING + ",note,note"),
        SALES,
    ),
    "headings like SQL.csv": (
        text([line + ",x,y" for line in LINES], HEADING + ",select,drop table"),
        SALES,
    ),
    "canonical names that mean something else.csv": (
        text([line + ",x,y" for line in LINES], HEADING + ",customer_id,unit_price"),
        SALES,
    ),
    "semicolons.csv": (text().replace(",", ";"), SALES),
    "tabs.txt": (text().replace(",", "\t"), SALES),
    "a newline in a field.csv": (more('41,c1,"two\nlines",1,2.00,2024-01-05'), {"sale": 41}),
    "quotes in a field.csv": (more('41,c1,"a 5"" plate",1,2.00,2024-01-05'), {"sale": 41}),
    "a lone quote in a field.csv": (more('41,c1,a 5" plate,1,2.00,2024-01-05'), {"sale": 41}),
    "SQL in a field.csv": (
        more("41,c1,'); drop table x; --,1,2.00,2024-01-05"),
        {"sale": 41},
    ),
    "emoji.csv": (more("41,🐝🐝,🍯,1,2.00,2024-01-05"), {"sale": 41}),
    "ids with blanks.csv": (more("41, c1 ,p1,1,2.00,2024-01-05"), {"sale": 41}),
    "a very long id.csv": (more(f"41,{'x' * 100_000},p1,1,2.00,2024-01-05"), {"sale": 41}),
    "a comment sign in front.csv": (more("#41,c1,p1,1,2.00,2024-01-05"), {"sale": 41}),
    "blanks around everything.csv": (
        more(" 41 , c1 , p1 , 1 , 2.00 , 2024-01-05 "),
        {"sale": 41},
    ),
    "one row.csv": (text(LINES[:1]), {"sale": 1}),
    "one row many times.csv": (text(LINES[:1] * 30), {"sale": 1, "duplicate": 29}),
    "one customer.csv": (
        text([line.replace(",c", ",c0", 1).replace(line.split(",")[1], "c") for line in LINES]),
        SALES,
    ),
    "guests only.csv": (
        text([",".join([p[0], "NaN", *p[2:]]) for p in (line.split(",") for line in LINES)]),
        {"guest": 40},
    ),
    "returns only.csv": (
        text([",".join([*p[:3], "-1", *p[4:]]) for p in (line.split(",") for line in LINES)]),
        {"return": 40},
    ),
    "refunds above sales.csv": (more("41,c1,p1,-1,99999.00,2024-01-28"), {"sale": 40, "return": 1}),
    "quantity 1e30.csv": (more("41,c1,p1,1e30,2.00,2024-01-05"), {"sale": 40, "rejected": 1}),
    "quantity NaN.csv": (more("41,c1,p1,NaN,2.00,2024-01-05"), {"sale": 40, "rejected": 1}),
    "price inf.csv": (more("41,c1,p1,1,inf,2024-01-05"), {"sale": 40, "rejected": 1}),
    "a negative price.csv": (more("41,c1,p1,1,-2.00,2024-01-05"), {"sale": 40, "rejected": 1}),
    "more digits than fit.csv": (
        more("41,c1,p1,1,2.123456789,2024-01-05"),
        {"sale": 40, "rejected": 1},
    ),
    "an amount beyond belief.csv": (
        more("41,c1,p1,999999999,99999999,2024-01-05"),
        {"sale": 40, "rejected": 1},
    ),
    "one decimal comma.csv": (more('41,c1,p1,1,"2,50",2024-01-05'), {"sale": 40, "rejected": 1}),
    "no date.csv": (more("41,c1,p1,1,2.00,"), {"sale": 40, "rejected": 1}),
    "30 February.csv": (more("41,c1,p1,1,2.00,2024-02-30"), {"sale": 40, "rejected": 1}),
    "year 0211.csv": (more("41,c1,p1,1,2.00,0211-12-01"), {"sale": 40, "rejected": 1}),
    "year 9999.csv": (more("41,c1,p1,1,2.00,9999-12-31"), {"sale": 40, "rejected": 1}),
    "another date format in one row.csv": (
        more("41,c1,p1,1,2.00,31/12/2023"),
        {"sale": 40, "rejected": 1},
    ),
    "an unsorted file.csv": (text(LINES[::-1]), SALES),
    "day counts of a spreadsheet.csv": (dates("45292", "45293.5"), SALES),
    "compressed.csv.gz": (gzip.compress(text().encode()), SALES),
    "500 columns.csv": (
        text(
            [line + "," + ",".join("x" * 500) for line in LINES],
            HEADING + "," + ",".join(f"column{i}" for i in range(500)),
        ),
        SALES,
    ),
    "a long line.csv": (more(f'41,c1,"{"y" * 1_500_000}",1,2.00,2024-01-05'), {"sale": 41}),
    "nested columns.parquet": (
        query(f"select *, [1, 2] as a, {{'b': 1}} as s from ({GOOD})"),
        SALES,
    ),
    "bytes.parquet": (query(f"select *, '\\xff'::blob as b from ({GOOD})"), SALES),
    "ids in floating point.parquet": (
        query(f"select * replace (id::double as id) from ({GOOD})"),
        SALES,
    ),
    "a workbook.xlsx": (
        workbook(HEADING.split(","), *([cell for cell in line.split(",")] for line in LINES)),
        SALES,
    ),
    "two canonical names for one column.csv": (
        text(),
        SALES,
        {"transaction_columns": MAPPING | {"product_name": "item"}},
    ),
    "later rows.csv": (
        text(),
        {"sale": 19, "later": 21},
        {"as_of_date": "2024-01-10"},
    ),
}
REFUSED: dict[str, tuple] = {
    "nothing at all.csv": (b"", ["cannot be divided"]),
    "headings and nothing else.csv": (text([]), ["has no rows"]),
    "an empty table.parquet": (query(f"select * from ({GOOD}) where id < 0"), ["has no rows"]),
    "an empty workbook.xlsx": (workbook(), ["has no rows"]),
    "a truncated archive.csv.gz": (
        gzip.compress(text(LINES * 99).encode())[:900],
        ["cannot be read"],
    ),
    "not an archive.csv.gz": (text(), ["cannot be read"]),
    "another archive.csv.gz": (bz2.compress(text().encode()), ["cannot be read"]),
    "zipped.zip": (zipped, ["save it as .csv"]),
    "JSON.json": ('[{"id": 1}]', ["save it as .csv"]),
    "an old workbook.xls": (b"\xd0\xcf\x11\xe0" * 200, ["save it as .csv"]),
    "a workbook that is none.xlsx": (text(), ["cannot be read", "spreadsheet"]),
    "Parquet that is none.parquet": (text(), ["cannot be read"]),
    "a page of the web.csv": ("<html><body><p>Log in</p></body></html>\n", ["cannot be divided"]),
    "JSON in a file for text.csv": ('[{"id": 1,\n"who": "c"}]\n', ["cannot be divided"]),
    "a folder.csv": (lambda path: path.mkdir(), ["There is no file"]),
    "a broken link.csv": (lambda path: path.symlink_to("nowhere"), ["There is no file"]),
    "no such file.csv": (lambda path: None, ["There is no file"]),
    "bytes of zero.csv": (
        more("41,c\x001,p1,1,2.00,2024-01-05").encode("utf-16-le"),
        ["has 1 column and the heading 6"],
    ),
    "latin-1 far down.csv": (
        text([*LINES * 3000, "41,Zoë,p1,1,2.00,2024-01-05"]).encode("latin-1"),
        ["UTF-8", "encoding"],
    ),
    "UTF-16 unannounced.csv": (text().encode("utf-16"), ["UTF-8", "encoding"]),
    "an unknown encoding.csv": (text(), ["encoding", "latin-1"], {"encoding": "ebcdic"}),
    "the wrong delimiter.csv": (text(), ["delimiter"], {"delimiter": "|"}),
    "a line too short.csv": (more("41,c1,p1"), ["Line 42 ", "has 3 columns and the heading 6"]),
    "a line too long.csv": (
        more("41,c1,p1,1,2.00,2024-01-05,x"),
        ["Line 42 ", "has 7 columns and the heading 6"],
    ),
    "a quote that never ends.csv": (more('41,"c1,p1,1,2.00,2024-01-05'), ["close every quote"]),
    "a title on top.csv": ("Orders of January\n\n" + text(), ["cannot be divided"]),
    "a mapped column that is not there.csv": (
        text(heading=HEADING.replace("price", "cost")),
        ['no column "price"'],
    ),
    "one column.csv": ("id\n1\n2\n", ["cannot be divided"]),
    "headings missing.csv": ("\n".join(LINES) + "\n", ["no column"]),
    "day or month first.csv": (dates("01/02/2024", "03/04/2024"), ["date_format", "day_first"]),
    "half of the dates in another format.csv": (
        dates("2024-01-05", "31/12/2023"),
        ["ordered_at unreadable 20", "31/12/2023"],
    ),
    "seconds since 1970.csv": (dates("1704067200", "1704153600"), ["ordered_at unreadable 40"]),
    "months in words.csv": (dates("5 January 2024"), ["ordered_at unreadable", "date_format"]),
    "one date far ahead.csv": (
        text([*LINES * 50, "41,c1,p1,1,2.00,2098-01-01"]),
        ["as_of_date", "2098"],
    ),
    "decimal commas unannounced.csv": (
        text(
            [line.replace(".50", ";50").replace(",", ";").replace(";50", ",50") for line in LINES],
            HEADING.replace(",", ";"),
        ),
        ["unit_price unreadable 40", "decimal_separator"],
    ),
    "two currencies.csv": (
        text(
            [f"{line},{'EUR' if i % 2 else 'USD'}" for i, line in enumerate(LINES)],
            HEADING + ",cur",
        ),
        ["2 currencies", "EUR", "USD"],
        {"transaction_columns": MAPPING | {"currency": "cur"}},
    ),
    "two currencies beside the money.csv": (
        "who,paid,day\na,$5.00,2024-01-05\nb,€5.00,2024-01-05\n",
        ["2 currencies"],
        {"transaction_columns": AMOUNT},
    ),
    "everything later.csv": (text(), ["as-of date"], {"as_of_date": "2020-01-01"}),
    "customers not mapped.parquet": (
        query(PAID),
        ["customer_id is needed"],
        {"transaction_columns": {"amount": "paid", "ordered_at": "day"}},
    ),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Iterator[Scratch]:
    """The project in a database of its own, read once for all files of text."""
    scratch = Scratch(tmp_path_factory.mktemp("scratch"))
    with sparing():
        scratch.read_project({"transactions": "any.csv"})
        scratch.run(["seed"], {"transactions": "any.csv"})
        yield scratch
        scratch.close()


def staged(place: Scratch, folder: Path, name: str, case: tuple) -> list[str]:
    """Builds staging, its gates and the reconciliation; gives a sentence for each failure."""
    content, _, *settings = case
    path = folder / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    own = {"transactions": str(path), "transaction_columns": MAPPING} | dict(*settings)
    if path.suffix == ".xlsx":
        place.read_project(own)
    elif str(place.settings.get("transactions")).endswith(".xlsx"):
        place.read_project({"transactions": "any.csv"})
    return place.attempt(
        [
            "build",
            *("--select", *STAGED),
            *("--indirect-selection", "cautious"),
            # Seeds and their tests do not depend on the file.
            *("--exclude", "path:seeds", "path:tests/segmentations"),
            *("--exclude-resource-type", "unit_test"),
        ],
        own,
    )


@pytest.mark.parametrize("name", BUILDS)
def test_a_file_that_builds(place, tmp_path, name):
    assert staged(place, tmp_path, name, BUILDS[name]) == []
    with duckdb.connect(str(place.database)) as connection:
        found = connection.execute(
            f"select line_class, sum(row_count) from {place.schema}_segmentation"
            ".input_reconciliation group by 1"
        ).fetchall()
    assert dict(found) == BUILDS[name][1]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_ends_in_one_sentence(place, tmp_path, name):
    sentences = staged(place, tmp_path, name, REFUSED[name])
    assert sentences, "it was built"
    sentence = sentences[0]
    assert "\n" not in sentence and sentence.endswith(".")
    assert not any(word in sentence for word in ("Traceback", "Exception", "Error"))
    words = REFUSED[name][1]
    assert all(word in sentence for word in words), sentence


def test_there_are_sixty_of_them():
    assert len(BUILDS) + len(REFUSED) >= 60
