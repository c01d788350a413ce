"""One small shop in every form in which a file may come: the marts are always the same."""

import gzip
from pathlib import Path

import duckdb
import pytest
from conftest import Workshop

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
EXPECTED = [
    ("José", None, "0 orders", "-3.5000", "Returns only"),
    ("Zoë", "521", "2 orders", "1207.0000", "Potential Loyalists"),
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


def customers(workshop: Workshop, transactions: object, **settings: object) -> list[tuple]:
    built = workshop.build({"transaction_columns": COLUMNS} | settings, transactions=transactions)
    assert built.code == 0, built.err
    assert built.one("select sum(row_count) from input_reconciliation") == len(ROWS) - 1
    return built.ask(
        "select customer_id, rfm_score, frequency || ' orders', monetary::text, rfm_segment "
        "from customer_segments order by customer_id"
    )


@pytest.mark.parametrize("name", FORMS)
def test_text_in_every_form(workshop, tmp_path, name):
    assert customers(workshop, write(tmp_path, name, FORMS[name])) == EXPECTED


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_other_encodings(workshop, tmp_path, encoding):
    path = write(tmp_path, "input.csv", text(",").encode(encoding))
    assert customers(workshop, path, encoding=encoding) == EXPECTED


def test_a_delimiter_of_one_s_own(workshop, tmp_path):
    path = write(tmp_path, "input.txt", text("~").encode())
    assert customers(workshop, path, delimiter="~") == EXPECTED


def test_several_files_with_their_columns_in_another_order(workshop, tmp_path):
    write(tmp_path, "part 1.csv", text(",", rows=ROWS[:3]).encode())
    turned = [row[::-1] for row in [ROWS[0], *ROWS[3:]]]
    write(tmp_path, "part 2.csv", text(";", rows=turned).encode())
    write(tmp_path, "notes.csv", b"nothing,to\ndo,with it\n")
    assert customers(workshop, tmp_path / "part *.csv") == EXPECTED


def test_parquet_with_types(workshop, tmp_path):
    source = write(tmp_path, "input.csv", text(",").encode())
    path = tmp_path / "input.parquet"
    duckdb.read_csv(str(source), header=True, all_varchar=True).project(
        """
        id, nullif(who, '') as who, item, n::integer as n, price::decimal(10, 2) as price,
        "when"::timestamp as "when"
        """
    ).write_parquet(str(path))
    assert customers(workshop, path) == EXPECTED


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
    built = workshop.build(
        {"transaction_columns": columns, "max_rejected_share": 0.5}, transactions=path
    )
    assert built.code == 0, built.err
    assert built.ask(
        "select customer_id, net_amount::text, ordered_at::text from customer_orders"
    ) == [("a", "0.3000", "2024-02-29 01:30:00")]
    assert built.ask("select reason, amount from rejected_transactions") == [
        ("amount unreadable", "1e+300")
    ]


def test_duplicates_can_be_kept(workshop, tmp_path):
    path = tmp_path / "twice.csv"
    path.write_text("who,money,day\na,5,2024-01-01\na,5,2024-01-01\n")
    settings = {
        "transaction_columns": {"customer_id": "who", "amount": "money", "ordered_at": "day"}
    }
    for duplicates, revenue in (("remove", 5), ("keep", 10)):
        built = workshop.build(settings | {"duplicates": duplicates}, transactions=path)
        assert built.code == 0, built.err
        assert built.one("select sum(monetary) from customer_segments") == revenue


@pytest.mark.parametrize(("line_id", "revenue"), [(None, 15), ("line", 10)])
def test_a_line_id_tells_copies_whatever_else_a_row_holds(workshop, tmp_path, line_id, revenue):
    """Loaded twice, a line differs in the time of loading; two lines differ in their line id."""
    path = tmp_path / "loaded.csv"
    path.write_text(
        "line,who,money,day,loaded\n"
        "1,a,5,2024-01-01,08:00\n1,a,5,2024-01-01,09:00\n2,a,5,2024-01-01,09:00\n"
    )
    columns = {"customer_id": "who", "amount": "money", "ordered_at": "day", "line_id": line_id}
    built = workshop.build({"transaction_columns": columns}, transactions=path)
    assert built.code == 0, built.err
    assert built.one("select sum(monetary) from customer_segments") == revenue


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
    refused = workshop.build({"transaction_columns": COLUMNS}, transactions=path)
    assert refused.code == 1
    assert len(refused.err.strip().splitlines()) == 1
