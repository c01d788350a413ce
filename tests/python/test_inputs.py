"""One small shop in every form in which a file may come: the marts are always the same."""

import gzip
import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conftest import ALL, STAGED, Workshop, python_model, shared_data

ROWS = [
    ["id", "who", "item", "n", "price", "when"],
    ["#1", "Zoë", 'a 5" plate', "2", "3.50", "2024-02-29 10:00:00"],
    ["#2", "Zoë", "it's, well", "1", "1200.00", "2024-03-01 23:59:59"],
    ["#3", "José", "two\nlines", "-1", "3.50", "2024-03-01"],
    ["#4", "", "a guest's", "1", "2.00", "2024-03-01 08:00:00"],
]
COLUMNS = {
    "order_id": "id",
    "customer_id": "who",
    "product_id": "item",
    "quantity": "n",
    "unit_price": "price",
    "ordered_at": "when",
}
# As staging reads them: class, order, customer, quantity, price, moment.
EXPECTED = [
    ("sale", "#1", "Zoë", 2, Decimal("3.5"), datetime(2024, 2, 29, 10)),
    ("sale", "#2", "Zoë", 1, Decimal(1200), datetime(2024, 3, 1, 23, 59, 59)),
    ("return", "#3", "José", -1, Decimal("3.5"), datetime(2024, 3, 1)),
    ("guest", "#4", None, 1, Decimal(2), datetime(2024, 3, 1, 8)),
]


def text(delimiter: str, newline: str = "\n", rows: list[list[str]] = ROWS) -> str:
    """The rows as delimited text, every field in quotes, as RFC 4180 has it."""
    return "".join(
        delimiter.join('"' + field.replace('"', '""') + '"' for field in row) + newline
        for row in rows
    )


def write(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


FORMS = {
    "plain.csv": text(",").encode(),
    "bom and CRLF.csv": b"\xef\xbb\xbf" + text(",", "\r\n").encode(),
    "semicolons (1).csv": text(";").encode(),
    "tabs.tsv": text("\t").encode(),
    "pipes 'quoted'.txt": text("|").encode(),
    "läden[1].CSV.gz": gzip.compress(text(",").encode()),
}


def rewritten(**columns: Sequence[str]) -> list[list[str]]:
    """The rows with other texts in the columns of these headings, from the first order on."""
    rows = [list(row) for row in ROWS]
    for heading, texts in columns.items():
        for row, field in zip(rows[1:], texts, strict=True):
            row[rows[0].index(heading)] = field
    return rows


AMOUNTS = {
    "transaction_columns": {"customer_id": "who", "amount": "money", "ordered_at": "day"},
}


SALES = "stg_segmentation__transactions where line_class = 'sale'"
REJECTED = (
    "select reject_reason, raw_amount from stg_segmentation__transactions "
    "where line_class = 'rejected'"
)


def lines(workshop: Workshop, transactions: object, **settings: object) -> list[tuple]:
    """The rows of the shop, as staging reads them."""
    built = workshop.build_here(
        {"transaction_columns": COLUMNS} | settings, transactions, only=STAGED
    )
    assert built.code == 0, built.err
    assert built.one("select sum(row_count) from input_reconciliation") == len(ROWS) - 1
    return built.ask(
        "select line_class, order_id, customer_id, quantity, unit_price, ordered_at "
        "from stg_segmentation__transactions order by order_id"
    )


@pytest.mark.parametrize("name", FORMS)
def test_text_in_every_form(workshop, tmp_path, name):
    path = write(tmp_path, name, FORMS[name])
    assert lines(workshop, path) == EXPECTED


DATES = {
    "American": ["2/29/2024 10:00 AM", "3/1/2024 11:59:59 PM", "3/1/24", "03/01/2024 8:00"],
    "European": ["29.02.2024 10:00", "1.3.2024 23:59:59", "01.03.24", "01.03.2024 08:00"],
    "compact": ["20240229 10:00", "20240301T23:59:59", "20240301", "20240301 08:00"],
    "day counts": ["45351.4166666667", "45352.9999884259", "45352", "45352.3333333333"],
    "offsets": [
        "2024-02-29T10:00:00Z",
        "2024-03-02 04:59:59+05",
        "2024-02-29T20:30:00.000-0330",
        "2024-03-01 08:00:00 UTC",
    ],
}


@pytest.mark.parametrize("form", ["compact", "day counts", "offsets"])
def test_dates_in_every_form(workshop, tmp_path, form):
    path = write(tmp_path, "input.csv", text(",", rows=rewritten(when=DATES[form])).encode())
    assert lines(workshop, path) == EXPECTED


def test_an_american_till(workshop, tmp_path):
    rows = rewritten(
        when=DATES["American"],
        n=["2", "1", "(1)", "1"],
        price=["$3.50", "$1,200.00", "$ 3.50", "2.00 $"],
    )
    assert lines(workshop, write(tmp_path, "us.csv", text(",", rows=rows).encode())) == EXPECTED


def test_a_european_till(workshop, tmp_path):
    rows = rewritten(
        when=DATES["European"],
        n=["2,0", "1", "1-", "1"],
        price=["3,50 €", "1.200,00\u00a0€", "€ 3,50", "2,00"],
    )
    path = write(tmp_path, "eu.csv", text(";", rows=rows).encode())
    assert lines(workshop, path, decimal_separator=",") == EXPECTED


def test_a_date_format_that_is_given(workshop, tmp_path):
    """No text tells which it is; without the var the build would stop."""
    path = write(tmp_path, "input.csv", b"who,money,day\na,5,4/3/2024 10:00\nb,5,5/3/2024\n")
    built = workshop.build_here(AMOUNTS | {"date_format": "day_first"}, path, only=STAGED)
    assert built.code == 0, built.err
    moments = "select ordered_at from stg_segmentation__transactions order by customer_id"
    assert built.ask(moments) == [(datetime(2024, 3, 4, 10),), (datetime(2024, 3, 5),)]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings(workshop, tmp_path, encoding):
    path = write(tmp_path, "input.csv", text(",").encode(encoding))
    assert lines(workshop, path, encoding=encoding) == EXPECTED


def test_a_delimiter_of_one_s_own(workshop, tmp_path):
    path = write(tmp_path, "input.txt", text("~").encode())
    assert lines(workshop, path, delimiter="~") == EXPECTED


def test_headings_that_the_file_has_not(workshop, tmp_path):
    """Also where the first line is the only one that has a comma in it, and for several files."""
    write(tmp_path, "part 1.csv", text(",", rows=ROWS[1:3]).encode())
    write(tmp_path, "part 2.csv", text(";", rows=ROWS[3:]).encode())
    path = tmp_path / "part *.csv"
    assert lines(workshop, path, transaction_headings=ROWS[0]) == EXPECTED


def aligned(rows: list[list[str]]) -> str:
    """Lines as programs of old align them, with a tab here and an empty line there."""
    lines = ["  ".join(field.rjust(19) for field in row) for row in rows]
    lines[1] = lines[1].replace("  ", "\t").strip()
    return "\r\n".join([*lines[:2], "", *lines[2:], "   ", ""])


# No blank can stand within a field, and none can be empty.
ALIGNED = rewritten(
    when=["2024-02-29T10:00:00", "2024-03-01T23:59:59", "2024-03-01", "2024-03-01T08:00"],
    item=['a_5"_plate', "it's,_well", "two;lines", "#a|guest's"],
    who=["Zoë", "Zoë", "José", "null"],
)


def test_columns_aligned_by_blanks(workshop, tmp_path):
    path = write(tmp_path, "aligned.txt", aligned(ALIGNED).encode())
    assert lines(workshop, path, delimiter="whitespace") == EXPECTED


def test_columns_aligned_by_blanks_without_headings(workshop, tmp_path):
    path = write(tmp_path, "aligned.txt", aligned(ALIGNED[1:]).encode())
    settings = {"delimiter": "whitespace", "transaction_headings": ROWS[0]}
    assert lines(workshop, path, **settings) == EXPECTED


def test_the_cdnow_sample_as_it_is_published(workshop):
    """2,357 customers and 6,919 purchases: compact dates, aligned by blanks, without headings."""
    built = workshop.build_here(
        {
            "transaction_headings": ["master_id", "sample_id", "day", "discs", "dollars"],
            "transaction_columns": {
                "customer_id": "master_id",
                "ordered_at": "day",
                "quantity": "discs",
                "amount": "dollars",
            },
            "delimiter": "whitespace",
            "duplicates": "keep",
            "segmentations": ["rfm"],
        },
        transactions=shared_data("cdnow_sample.txt"),
        only=ALL,
    )
    assert built.code == 0, built.err
    assert built.ask("select line_class, row_count from input_reconciliation") == [("sale", 6_919)]
    [found] = built.ask(
        "select count(*), min(as_of_date), min(first_ordered_on), max(last_ordered_on) "
        "from customer_segments"
    )
    assert found == (2_357, date(1998, 7, 1), date(1997, 1, 1), date(1998, 6, 30))


def test_several_files_with_their_columns_in_another_order(workshop, tmp_path):
    write(tmp_path, "part 1.csv", text(",", rows=ROWS[:3]).encode())
    turned = [row[::-1] for row in [ROWS[0], *ROWS[3:]]]
    write(tmp_path, "part 2.csv", text(";", rows=turned).encode())
    write(tmp_path, "notes.csv", b"nothing,to\ndo,with it\n")
    assert lines(workshop, tmp_path / "part *.csv") == EXPECTED


@pytest.mark.parametrize(
    ("number", "moment", "decimal_separator"),
    [("decimal(10, 2)", "timestamp", "."), ("double", "timestamp_ns", ",")],
)
def test_parquet_with_types(workshop, tmp_path, number, moment, decimal_separator):
    """A typed number has a point of its own, whatever the var says of texts."""
    source = write(tmp_path, "input.csv", text(",").encode())
    path = tmp_path / "input.parquet"
    duckdb.read_csv(str(source), header=True, all_varchar=True).project(
        f"""
        id, nullif(who, '') as who, item, n::integer as n, price::{number} as price,
        "when"::{moment} as "when"
        """
    ).write_parquet(str(path))
    assert lines(workshop, path, decimal_separator=decimal_separator) == EXPECTED


@pytest.mark.parametrize(
    ("day", "settings", "told"),
    [
        ("date '2024-03-04'", {"date_format": "day_first"}, datetime(2024, 3, 4)),
        (
            "timestamp_ns '2024-03-04 10:00:00.123456789'",
            {},
            datetime(2024, 3, 4, 10, 0, 0, 123456),
        ),
        (
            "timestamptz '2024-07-01 03:30:00+00:00'",
            {"timezone": "America/New_York"},
            datetime(2024, 6, 30, 23, 30),
        ),
    ],
    ids=["a date", "nanoseconds", "a moment"],
)
def test_parquet_with_dates_of_every_type(workshop, tmp_path, day, settings, told):
    """A typed date needs no format; a moment is told in the shop's time zone."""
    path = tmp_path / "typed.parquet"
    duckdb.sql(f"select 'a' as who, 5 as money, {day} as day").write_parquet(str(path))
    built = workshop.build_here(AMOUNTS | settings, path, only=STAGED)
    assert built.code == 0, built.err
    assert built.ask("select ordered_at from stg_segmentation__transactions") == [(told,)]


def test_floating_points_and_time_zones(workshop, tmp_path):
    """What has no exact decimal form is rounded to a penny's hundredth; a moment is told in UTC."""
    path = tmp_path / "typed.parquet"
    duckdb.sql(
        """
        select 'a' as who, 0.1::double + 0.2::double as money,
            '2024-02-28 23:30:00-02:00'::timestamptz as moment
        union all
        select 'b', 1e300::double, '2024-02-28 23:30:00+00:00'::timestamptz
        """
    ).write_parquet(str(path))
    columns = {"customer_id": "who", "amount": "money", "ordered_at": "moment"}
    built = workshop.build_here(
        {"transaction_columns": columns, "max_rejected_share": 0.5}, path, only=STAGED
    )
    assert built.code == 0, built.err
    assert built.ask(f"select customer_id, amount::text, ordered_at::text from {SALES}") == [
        ("a", "0.3000", "2024-02-29 01:30:00")
    ]
    assert built.ask(REJECTED) == [("amount unreadable", "1e+300")]


def test_duplicates_can_be_kept(workshop, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("who,money,day\na,5,2024-01-01\na,5,2024-01-01\n")
    for duplicates, revenue in (("remove", 5), ("keep", 10)):
        built = workshop.build_here(AMOUNTS | {"duplicates": duplicates}, path, only=STAGED)
        assert built.code == 0, built.err
        assert built.one(f"select sum(amount) from {SALES}") == revenue


@pytest.mark.parametrize(("line_id", "revenue"), [(None, 15), ("line", 10)])
def test_a_line_id_tells_copies_whatever_else_a_row_holds(workshop, tmp_path, line_id, revenue):
    """Loaded twice, a line differs in the time of loading; two lines differ in their line id."""
    path = tmp_path / "loaded.csv"
    path.write_text(
        "line,who,money,day,loaded\n"
        "1,a,5,2024-01-01,08:00\n1,a,5,2024-01-01,09:00\n2,a,5,2024-01-01,09:00\n"
    )
    columns = {"customer_id": "who", "amount": "money", "ordered_at": "day", "line_id": line_id}
    built = workshop.build_here({"transaction_columns": columns}, path, only=STAGED)
    assert built.code == 0, built.err
    assert built.one(f"select sum(amount) from {SALES}") == revenue


@pytest.mark.parametrize(
    "lines",
    [
        "id,who,item,n,price,when\n1,a,b,1,2.00,2024-01-01\n2,a,b\n",
        "id,who,item,n,price,when\n1,a,b,1,2.00,2024-01-01\n2,a,b,1,2.00,2024-01-01,more\n",
        "Sales of the shop\n\nid,who,item,n,price,when\n1,a,b,1,2.00,2024-01-01\n",
    ],
    ids=["a short line", "a long line", "a title on top"],
)
def test_lines_that_do_not_fit_are_never_skipped(workshop, tmp_path, lines):
    """DuckDB would guess a table that starts further down, and drop what stands above it."""
    path = write(tmp_path, "input.csv", lines.encode())
    refused = workshop.build_here({"transaction_columns": COLUMNS}, transactions=path)
    assert refused.code == 1
    assert len(refused.err.strip().splitlines()) == 1


def test_a_short_line_among_aligned_ones_is_never_skipped(workshop, tmp_path):
    path = write(tmp_path, "input.txt", b"id  who  n\n 1    a  2\n 2    b\n")
    columns = {"customer_id": "who", "amount": "n", "ordered_at": "id"}
    refused = workshop.build_here(
        {"transaction_columns": columns, "delimiter": "whitespace"}, transactions=path
    )
    assert refused.code == 1
    assert refused.err.startswith("A line of the input has 2 columns and the headings are 3: ")
    assert len(refused.err.strip().splitlines()) == 1


def test_aligned_files_with_other_headings_are_never_mixed(workshop, tmp_path):
    """The columns of the second stand in another order."""
    write(tmp_path, "part 1.txt", b"who money day\na 5 2024-01-01\n")
    write(tmp_path, "part 2.txt", b"money who day\n5 a 2024-01-02\n")
    refused = workshop.build_here(
        AMOUNTS | {"delimiter": "whitespace"}, transactions=tmp_path / "part *.txt"
    )
    assert refused.code == 1
    assert len(refused.err.strip().splitlines()) == 1


# Workbooks


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    """A workbook with these sheets, in their order."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


SHOP = [
    ROWS[0],
    ["#1", "Zoë", 'a 5" plate', 2, 3.5, datetime(2024, 2, 29, 10)],
    ["#2", "Zoë", "it's, well", 1, 1200, datetime(2024, 3, 1, 23, 59, 59)],
    ["#3", "José", "two\nlines", -1, 3.5, date(2024, 3, 1)],
    ["#4", None, "a guest's", 1, 2.0, datetime(2024, 3, 1, 8)],
]


def test_a_workbook(workshop, tmp_path):
    """Dates as dates, numbers as numbers, above and between the rows some that are empty."""
    rows = [[], [], *SHOP[:3], [], *SHOP[3:]]
    assert lines(workshop, workbook(tmp_path / "LÄDEN.XLSX", shop=rows)) == EXPECTED


def test_a_workbook_of_texts_as_a_european_writes_them(workshop, tmp_path):
    """Numbers beside texts in one column: a number has no comma, whatever the var says."""
    rows = rewritten(when=DATES["European"], price=["3,50 €", "1.200,00 €", "", "2,00"])
    rows[3][rows[0].index("price")] = 3.5
    path = workbook(tmp_path / "shop.xlsx", shop=rows)
    assert lines(workshop, path, decimal_separator=",") == EXPECTED


def test_several_workbooks_and_sheets(workshop, tmp_path):
    """Sheets with the columns are read, in any order and with others besides; notes are not."""
    (tmp_path / "2024" / "late").mkdir(parents=True)
    notes = [["About", "this"], ["Sales", "of the shop"]]
    workbook(tmp_path / "2024" / "one.xlsx", notes=notes, a=SHOP[:2], b=[SHOP[0], SHOP[2]])
    turned = [[*row[::-1], "cash"] for row in [SHOP[0], SHOP[3]]]
    late = tmp_path / "2024" / "late" / "two.xlsx"
    workbook(late, nothing=[], a=turned, b=[SHOP[0], SHOP[4]], notes=notes)
    assert lines(workshop, tmp_path / "**" / "*.xlsx") == EXPECTED


def test_a_workbook_cell_by_cell(workshop, tmp_path):
    """What a cell holds is read as it is shown, and what is first empty is not taken for empty."""
    rows = [["who", "money", "day", "is paid", "remark", "remark", None]]
    rows += [[17850, 0.1 + 0.2, datetime(2024, 2, 29, 10), True, None, None, None]] * 1_200
    rows += [
        ["0012", 10 / 3, date(2024, 3, 1), False, "late", "x", "y"],
        [12345678901234, 1e15 / 1e9, datetime(2024, 3, 1, 8, 0, 0, 500000), None, None, None, 7],
        ["text", "1,000.50", "2024-03-01 09:00", None, None, None, None],
        ["yes", True, datetime(2024, 3, 2), None, None, None, None],
    ]
    path = workbook(tmp_path / "cells.xlsx", cells=rows)
    built = workshop.build_here(AMOUNTS | {"duplicates": "keep"}, path, only=STAGED)
    assert built.code == 0, built.err
    assert built.ask(
        f"select customer_id, count(distinct order_id), sum(amount) from {SALES} "
        "group by 1 order by 1"
    ) == [
        ("0012", 1, Decimal("3.3333")),
        ("12345678901234", 1, Decimal(1_000_000)),
        ("17850", 1, Decimal(360)),
        ("text", 1, Decimal("1000.5")),
    ]
    assert built.ask(REJECTED) == [("amount unreadable", "True")]
    cells = built.ask(
        'select * exclude ("transactions:money", "transactions:day", input) '
        "from stg_segmentation__workbooks "
        "where \"transactions:who\" in ('0012', '12345678901234') order by 1"
    )
    # What is not mapped is there to tell copies, and says nothing.
    digests = [hashlib.md5(text.encode()).hexdigest() for text in ("False", "late", "x", "y", "7")]
    assert cells == [
        ("0012", *digests[:4]),
        ("12345678901234", None, None, None, digests[4]),
    ]


def test_cells_as_text():
    """Without a build: numbers as they are shown, never as 1e-07 or 0.30000000000000004."""
    module = python_model("input/stg_segmentation__workbooks.py")
    told = {
        None: None,
        "": None,
        " a ": " a ",
        17850.0: "17850",
        -2.0: "-2",
        0.1 + 0.2: "0.3",
        1e-7: "0.0000001",
        1e22: "10000000000000000000000",
        40513.3513888889: "40513.3513888889",
        True: "True",
        date(2024, 2, 29): "2024-02-29",
        datetime(2024, 2, 29): "2024-02-29 00:00:00",
        datetime(2024, 2, 29, 10, 0, 0, 500000): "2024-02-29 10:00:00.500000",
    }
    assert {cell: module.text_of(cell) for cell in told} == told
    assert module.text_of(1234.5, ",") == "1234,5"
    assert module.text_of("1234.5", ",") == "1234.5"
    rounded = {
        10 / 3: "3.3333",
        2.00005: "2.0001",
        -2.00005: "-2.0001",
        1e-7: "0",
        1e22: "1" + "0" * 22,
    }
    assert {cell: module.text_of(cell, digits=4) for cell in rounded} == rounded
    assert module.unique(["a", "A", "", "a", "a_1", ""]) == [
        "a", "A_1", "column_3", "a_2", "a_1_1", "column_6",
    ]  # fmt: skip


def test_several_currencies_become_one(workshop, tmp_path):
    """Every test holds, and a day's money is that day's rate times the money of the input."""
    rows = [["who", "when", "paid", "coin", "shop"]]
    rows += [["C1", "2024-02-28", "10.00", "eur", "North"]]
    rows += [["C1", "2024-02-29", "10.00", "GBP", "South"], ["C2", "2024-03-01", "-4", " gbp ", ""]]
    rows += [["", "2024-03-01", "3.33", "GBP", ""], ["C2", "2024-02-01", "100", "JPY", ""]]
    rates = [["Rate", "note", "Currency", "Valid_From"], ["1", "", "EUR", "2000-01-01"]]
    rates += [["1.25", "", "GBP", "2024-02-29"], ["1.1", "before", "GBP", "2000-01-01"]]
    rates += [["1.5", "", "gbp", "2024-03-01"], ["0.00613745", "", "JPY", "2024-02-01"]]
    settings = {
        "transaction_columns": {"customer_id": "who", "ordered_at": "when", "amount": "paid"}
        | {"currency": "coin", "store": "shop"},
        "exchange_rates": str(write(tmp_path, "rates.csv", text(";", rows=rates).encode())),
        "segmentations": ["rfm"],
    }
    path = write(tmp_path, "lines.csv", text(",", rows=rows).encode())
    built = workshop.build_here(settings, path)
    assert built.code == 0, built.err
    assert built.ask("select customer_id, net_amount from customer_orders order by all") == [
        ("C1", Decimal("10.0000")),
        ("C1", Decimal("12.5000")),
        ("C2", Decimal("-6.0000")),
        ("C2", Decimal("0.6137")),
    ]
    assert built.one("select sum(amount) from input_reconciliation") == Decimal("22.1087")
