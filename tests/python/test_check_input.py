"""check-input on inputs that nobody has mapped: what it prints is so, and it leaves no trace."""

import ast
import csv
import hashlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
import yaml
from conftest import ROOT, RULES, STAGED, TABLES, Outcome, Workshop, environment, shared_data

# Order lines whose classes are known because they were written so: 240 sales of 40 customers in
# 120 orders over 239 days, and one line of every other kind.
FIRST = datetime(2023, 3, 17, 9, 30)
HEADINGS = ["Order Number", "Bought On", "Client", "E-Mail", "SKU", "Qty", "Price Each", "Country"]
LINES = [
    [
        f"O{number // 2:04}",
        FIRST + timedelta(days=number // 2 * 2),
        f"C{number // 2 % 40:03}",
        f"zoe{number // 2 % 40}@example.com",
        f"P-{number % 7}",
        number % 3 + 1,
        Decimal(250 + number) / 100,
        "Österreich",
    ]
    for number in range(240)
]
MONEY = sum(line[5] * line[6] for line in LINES)
FLAWS = {
    "return": ["R1", FIRST, "C001", "zoe1@example.com", "P-1", -2, Decimal("3.00"), "Österreich"],
    "guest": ["O9001", FIRST, None, "", "P-2", 1, Decimal("4.00"), "Österreich"],
    "duplicate": LINES[0],
    "rejected": ["O9002", FIRST, "C002", "", "P-3", 1, Decimal("0.00"), "Österreich"],
}
ROWS = [*LINES, *FLAWS.values()]
EXPECTED = {
    "sale": (240, MONEY),
    "return": (1, Decimal("-6.00")),
    "guest": (1, Decimal("4.00")),
    "duplicate": (1, LINES[0][5] * LINES[0][6]),
    "rejected": (1, Decimal("0.00")),
}
MAPPING = {
    "customer_id": "Client",
    "ordered_at": "Bought On",
    "quantity": "Qty",
    "unit_price": "Price Each",
    "order_id": "Order Number",
    "product_id": "SKU",
    "country": "Country",
}


def written(rows: list[list], delimiter: str = ",", comma: bool = False, days: str = "") -> str:
    """The rows as delimited text; days: how a date is written, if not in ISO form."""

    def text(cell: object) -> str:
        if isinstance(cell, datetime):
            return cell.strftime(days) if days else str(cell)
        if isinstance(cell, Decimal) and comma:
            return str(cell).replace(".", ",")
        return "" if cell is None else str(cell)

    return "".join(delimiter.join(map(text, row)) + "\n" for row in rows)


class Desk(Workshop):
    """A workshop with a folder of inputs, where whatever check-input leaves behind is noticed."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        self.data = folder / "data"
        self.temporary = folder / "temporary"
        self.data.mkdir()
        self.temporary.mkdir()

    def save(self, name: str, content: str, encoding: str = "utf-8") -> Path:
        (self.data / name).write_bytes(content.encode(encoding))
        return self.data / name

    def trace(self) -> dict[str, str]:
        """A hash of every file in reach: the inputs, the database, and what lies beside them."""
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }

    def check(self, *words: object, **settings: object) -> Outcome:
        """`make check-input` with these words and vars."""
        if settings:
            vars_file = self.folder / "vars.yml"
            vars_file.write_text(yaml.safe_dump(settings))
            words = (*words, "--vars", vars_file)
        before = self.trace()
        done = self.run_here("check-input", *map(str, words), TMPDIR=str(self.temporary))
        assert self.trace() == before
        assert list(self.temporary.iterdir()) == []
        told = done.out + done.err
        assert "Traceback" not in told and "\x1b" not in told, told
        assert done.code in (0, 1), told
        # A path stays whole, and a command on its line.
        lines = [
            line for line in done.out.splitlines() if not re.search(r"TRANSACTIONS=|/\S*/", line)
        ]
        assert all(len(line) <= 80 for line in lines), max(lines, key=len)
        if done.code:
            [sentence] = done.err.splitlines()
            assert sentence.endswith("."), sentence
            assert "logs/" not in sentence
        else:
            assert done.err == ""
        return done


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def part(told: str, title: str) -> list[str]:
    """The lines below a title, up to the next empty one."""
    lines = told.splitlines()
    [start] = [number for number, line in enumerate(lines) if line.startswith(title)]
    end = lines.index("", start)
    return lines[start + 1 : end]


def printed_vars(done: Outcome) -> dict:
    return yaml.safe_load("\n".join(part(done.out, "Vars, ")))


def printed_classes(done: Outcome) -> dict[str, tuple[int, Decimal]]:
    rows = [re.split(r"\s{2,}", line) for line in part(done.out, "Where each row would go")]
    return {
        name: (int(count.replace(",", "")), Decimal(amount.replace(",", "")))
        for name, count, amount in rows
        if not name.startswith("all")
    }


def printed_measures(done: Outcome) -> list[tuple[int, bool]]:
    """What there is to segment, and whether it is called too little."""
    lines = [line for line in part(done.out, "Is it enough") if line.startswith("  ")]
    assert len(lines) == 3
    return [
        (int(re.search(r"([\d,]+) +[\d,]+(  too few)?$", line)[1].replace(",", "")), "few" in line)
        for line in lines
    ]


def assert_builds(
    desk: Desk,
    done: Outcome,
    transactions: object,
    customers: object = None,
    only: Sequence[str] = STAGED,
) -> Outcome:
    """The printed vars build as they are, and every row lands in the class that was printed."""
    built = desk.build_here(printed_vars(done), transactions, customers, only)
    assert built.code == 0, built.err
    classes = built.ask(
        "select line_class, sum(row_count)::int, round(sum(amount), 2) from input_reconciliation "
        "where input = 'transactions' group by line_class"
    )
    assert {name: (count, amount) for name, count, amount in classes} == printed_classes(done)
    return built


def write_workbook(desk: Desk) -> Path:
    """Two sheets of order lines behind one of notes."""
    workbook = openpyxl.Workbook()
    workbook.active.append(["All figures", "in euros"])
    workbook.active.append(["drawn up by", "Zoe Smith"])
    for rows in (ROWS[:100], ROWS[100:]):
        sheet = workbook.create_sheet()
        for row in [HEADINGS, *rows]:
            sheet.append([float(cell) if isinstance(cell, Decimal) else cell for cell in row])
    workbook.save(desk.data / "lines.xlsx")
    return desk.data / "lines.xlsx"


def write_typed(desk: Desk, path: Path | None = None) -> Path:
    """A Parquet file in which every column has a type; or a view of such a table in a database."""
    source = desk.save("source.csv", written([HEADINGS, *ROWS]))
    query = f"""
        select * replace (
            "Bought On"::timestamp as "Bought On",
            "Qty"::integer as "Qty",
            "Price Each"::decimal(10, 2) as "Price Each"
        )
        from read_csv('{source}', all_varchar = true, header = true)
    """
    with duckdb.connect(str(path or ":memory:")) as connection:
        if path:
            connection.execute("create schema raw")
            connection.execute(f"create table raw.lines as {query}")
            connection.execute("create view raw.order_lines as select * from raw.lines")
        else:
            connection.execute(f"copy ({query}) to '{desk.data / 'lines.parquet'}'")
    source.unlink()
    return desk.data / "lines.parquet"


def write_parts(desk: Desk) -> Path:
    desk.save("part 1.csv", written([HEADINGS, *ROWS[:100]]))
    desk.save("part 2.csv", written([HEADINGS, *ROWS[100:]]))
    return desk.data / "part *.csv"


@pytest.mark.parametrize("write", [write_workbook, write_typed, write_parts])
def test_a_shop_in_every_form(desk, write):
    """The same lines give the same vars and the same classes."""
    path = write(desk)
    done = desk.check("--transactions", path)
    assert done.code == 0, done.err
    assert printed_vars(done) == {"transaction_columns": MAPPING}
    assert printed_classes(done) == EXPECTED
    assert printed_measures(done) == [(40, True), (239, False), (40, True)]
    assert "example.com" not in done.out and "zoe" not in done.out.lower()
    assert "z…@…" in done.out
    if write is write_workbook:
        assert "passed over, for lack of columns" in done.out
    assert_builds(desk, done, path)


def test_semicolons_decimal_commas_and_latin_1_beside_customer_records(desk):
    """The vars build without a change; of the people nothing is shown that is theirs."""
    people = "client_no,full_name,mail,dob,city,score\n" + "".join(
        f"C{n:03},Zoe Smith,zoe{n}@example.com,19{n + 40}-02-28,Wien,{n}\n" for n in range(50)
    )
    lines = written([HEADINGS, *ROWS], ";", comma=True, days="%d.%m.%Y %H:%M")
    path = desk.save("zeilen.csv", lines, "latin-1")
    records = desk.save("people.csv", people)
    done = desk.check("--transactions", path, "--customers", records)
    assert done.code == 0, done.err
    assert printed_vars(done) == {
        "transaction_columns": MAPPING,
        "customer_columns": {"customer_id": "client_no", "birth_date": "dob", "city": "city"},
        "psychographic_columns": ["score"],
        "encoding": {"transactions": "latin-1"},
        "decimal_separator": {"transactions": ","},
    }
    assert printed_classes(done) == EXPECTED
    for theirs in ("example.com", "Smith", "02-28", "zoe"):
        assert theirs not in done.out
    assert "Z… S…" in done.out and "9999-99-99" in done.out
    assert re.search(r"^  as they are +50$", done.out, re.M)
    built = assert_builds(desk, done, path, records, RULES)
    assert built.one("select count(*) from customer_segments where age_band <> 'Unknown'") == 50


def test_a_relation_in_the_database(desk):
    """The view is read where it is; the database stays byte for byte as it was (see check)."""
    write_typed(desk, desk.database)
    done = desk.check("--transactions", "raw.order_lines")
    assert done.code == 0, done.err
    assert printed_classes(done) == EXPECTED
    assert printed_vars(done) == {"transaction_columns": MAPPING}
    assert "timestamp" in done.out and "decimal(10,2)" in done.out
    assert_builds(desk, done, "raw.order_lines")


def test_exchange_rates_in_the_database(desk):
    """Money is told in the reporting currency, and the vars keep the rates."""
    rows = [["client", "day", "paid", "currency"]]
    rows += [[f"C{n}", f"2024-01-{n:02}", 10, "gbp" if n % 2 else "EUR"] for n in range(1, 21)]
    path = desk.save("lines.csv", written(rows))
    with duckdb.connect(str(desk.database)) as connection:
        connection.execute("create schema raw")
        connection.execute(
            """
            create table raw.rates as from (
                values ('EUR', date '2024-01-01', 1), ('GBP', date '2024-01-01', 1.25)
            ) as rates (currency, valid_from, rate)
            """
        )
    done = desk.check("--transactions", path, exchange_rates="raw.rates")
    assert done.code == 0, done.err
    assert printed_classes(done) == {"sale": (20, Decimal("225.00"))}
    assert printed_vars(done)["exchange_rates"] == "raw.rates"
    assert printed_vars(done)["transaction_columns"]["currency"] == "currency"


def test_no_headings(desk):
    """Names of columns are made up, nobody's data is printed, and a guess says that it is one."""
    path = desk.save("lines.csv", written(ROWS))
    done = desk.check("--transactions", path)
    assert done.code == 0, done.err
    found = printed_vars(done)
    assert found["transaction_headings"] == [f"column_{number}" for number in range(1, 9)]
    assert found["transaction_columns"] == {
        "customer_id": "column_3",
        "ordered_at": "column_2",
        "quantity": "column_6",
        "unit_price": "column_7",
        "order_id": "column_1",
        "product_id": "column_5",
    }
    assert done.out.count("# by its texts") == 6
    assert printed_classes(done) == EXPECTED
    assert "example.com" not in done.out
    assert_builds(desk, done, path)


def test_the_demo_without_a_word(desk):
    """It needs no database of its own; every flaw is there with a text that shows it."""
    done = desk.check()
    assert done.code == 0, done.err
    assert not desk.database.exists()
    rows = list(csv.DictReader((ROOT / "seeds/demo/demo_transactions.csv").open(encoding="utf-8")))
    assert sum(count for count, _ in printed_classes(done).values()) == len(rows)
    texts = {row["ordered_at"].strip() for row in rows} - {""}

    def is_real(text: str) -> bool:
        try:
            return bool(datetime.fromisoformat(text))
        except ValueError:
            return False

    read = sum(map(is_real, texts))
    assert re.search(rf"  iso +2010-12-31 +{read:,} of {len(texts):,}$", done.out, re.M)
    rejects = {line[2:44].strip(): line[56:] for line in part(done.out, "Rejected because")}
    for reason, example in rejects.items():
        column = reason.split()[0]
        assert example in {row[column].strip() for row in rows} | {"(empty)"}, reason
    assert rejects["quantity zero"] == "0"
    assert rejects["ordered_at missing"] == "(empty)"
    assert done.out.endswith("It would build: make build\n")


def test_online_retail(desk):
    """Against counts of the file's own, and against the build that follows."""
    path = shared_data("online_retail.csv.gz")
    done = desk.check("--transactions", path)
    assert done.code == 0, done.err
    classes = printed_classes(done)
    assert classes["guest"] == (132_565, Decimal("1469611.65"))
    assert classes["rejected"] == (2_517, Decimal("-22124.12"))
    assert classes["duplicate"] == (5_263, Decimal("21740.98"))
    # No code is known as a fee yet: sales are all valid rows that are no copies.
    assert classes["sale"] == (392_692, Decimal("8887208.89"))
    assert sum(rows for rows, _ in classes.values()) == 541_909
    with duckdb.connect() as connection:
        [(customers, days, repeat, moments, empty)] = connection.execute(
            f"""
            with lines as (from read_csv('{path}', all_varchar = true, header = true)),
            sales as (
                select CustomerID, count(distinct InvoiceNo) as orders, min(InvoiceDate) as first,
                    max(InvoiceDate) as last
                from lines
                where CustomerID <> '' and Quantity::int > 0 and UnitPrice::decimal(12, 4) > 0
                group by 1
            )
            select count(*), max(last)::date - min(first)::date + 1,
                count(*) filter (orders >= 3),
                (select count(distinct InvoiceDate) from lines),
                (select count(*) filter (coalesce(CustomerID, '') = '') / count(*) from lines)
            from sales
            """
        ).fetchall()
    assert printed_measures(done) == [(customers, False), (days, False), (repeat, False)]
    assert f"{moments:,} of {moments:,}" in done.out
    assert re.search(rf"^CustomerID +{empty:.0%} ", done.out, re.M)
    assert_builds(desk, done, path)


def test_cdnow(desk):
    """No headings, columns aligned by blanks, dates without a stroke, dollars of a whole order."""
    path = shared_data("cdnow_sample.txt")
    done = desk.check("--transactions", path)
    assert done.code == 0, done.err
    found = printed_vars(done)
    assert found["delimiter"] == "whitespace"
    assert found["transaction_columns"] == {
        "customer_id": "column_1",
        "ordered_at": "column_3",
        "quantity": "column_4",
        "amount": "column_5",
    }
    rows = [tuple(line.split()) for line in path.read_text().splitlines()]
    kept = set(rows)
    orders = Counter(who for who, _ in {(row[0], row[2]) for row in rows})
    days = [date.fromisoformat(row[2]) for row in rows]
    assert printed_classes(done) == {
        "sale": (len(kept), sum(Decimal(row[4]) for row in kept)),
        "duplicate": (
            len(rows) - len(kept),
            sum(Decimal(row[4]) for row in rows) - sum(Decimal(row[4]) for row in kept),
        ),
    }
    assert printed_measures(done) == [
        (len(orders), False),
        ((max(days) - min(days)).days + 1, False),
        (sum(count >= 3 for count in orders.values()), False),
    ]
    assert f"{len(set(days))} of {len(set(days))}" in done.out
    assert "lines of one day are one order" in " ".join(part(done.out, "What is not mapped"))
    assert_builds(desk, done, path)


def test_customer_records_given_as_transactions(desk):
    path = shared_data("mall_customers.csv")
    done = desk.check("--transactions", path)
    assert done.code == 1
    assert "looks like customer records" in done.err
    assert "when (ordered_at) or for how much (amount, or quantity and unit_price)" in done.err
    assert "(customer_id)" not in done.err
    assert printed_vars(done) == {"transaction_columns": {"customer_id": "CustomerID"}}


def test_customer_records(desk):
    path = shared_data("mall_customers.csv")
    done = desk.check("--customers", path)
    assert done.code == 0, done.err
    assert printed_vars(done) == {
        "customer_columns": {
            "customer_id": "CustomerID",
            "gender": "Genre",
            "age": "Age",
            "annual_income": "Annual Income (k$)",
        },
        "psychographic_columns": ["Spending Score (1-100)"],
    }
    assert re.search(r"^  as they are +200$", done.out, re.M)
    built = desk.build_here(printed_vars(done), customers=path)
    assert built.code == 0, built.err
    assert built.one("select count(psychographic_segment) from customer_segments") == 200


def test_attributes_that_are_listed_are_not_called_unread(desk):
    path = desk.save("people.csv", "number,gender,tier,mood\n" + "K1,f,gold,good\n" * 9)
    mapping = {"customer_columns": {"customer_id": "number", "gender": "gender"}}
    for listed, unread in (({"tier": "text"}, "mood"), ([], "tier, mood")):
        desk.save("vars.yml", yaml.safe_dump(mapping | {"attribute_columns": listed}))
        done = desk.check("--customers", path, "--vars", desk.data / "vars.yml")
        assert f"Not mapped, and not read: {unread}." in done.out, done.out


def test_customer_records_that_would_not_build(desk):
    """What is wrong is the last line, in the words of the build itself."""
    rows = "id,dob,sex\n" + "".join(f"{n % 40},19{n + 10}-01-0{1 + n % 9},f\n" for n in range(60))
    done = desk.check("--customers", desk.save("people.csv", rows))
    assert done.code == 1 and "as_of_date" in done.err
    done = desk.check("--customers", desk.data / "people.csv", as_of_date="2024-12-31")
    assert done.code == 1 and "more than one row in customers (20" in done.err
    done = desk.check("--customers", desk.save("nobody.csv", "age,income\n20,5000\n30,6000\n"))
    assert done.code == 1 and "customer_id" in done.err
    done = desk.check("--customers", desk.save("headless.csv", "1,f,20\n2,m,30\n3,f,40\n"))
    assert done.code == 1 and "no headings" in done.err


def test_dates_that_may_be_read_in_two_ways(desk):
    rows = [["who", "day", "paid"]]
    rows += [[f"C{n % 50}", datetime(2024, n % 12 + 1, n * 7 % 12 + 1), n + 1] for n in range(300)]
    path = desk.save("ambiguous.csv", written(rows, days="%m/%d/%Y"))
    texts = len({row[1] for row in rows[1:]})
    done = desk.check("--transactions", path)
    assert done.code == 1
    assert "set the var date_format to month_first or day_first" in done.err
    for name in ("month_first", "day_first"):
        assert re.search(rf"^  {name} .* {texts} of {texts}$", done.out, re.M)
    assert "# date_format: month_first  # or day_first" in done.out
    assert printed_classes(done)["sale"][0] == 300
    # With the answer it builds, and the newest day is the one that the answer makes it.
    answer = printed_vars(done) | {"date_format": "day_first"}
    done = desk.check("--transactions", path, **answer)
    assert done.code == 0, done.err
    assert done.out.rstrip().endswith(f"VARS={desk.folder / 'vars.yml'} TRANSACTIONS={path}")
    assert "as the vars say" in done.out


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("headings.csv", "order_id,customer_id,order_date,qty,price\n", "has no rows"),
        ("windows.csv", "who;day;paid\nZoë;2024-01-01;5 €\n", "save it as UTF-8"),
        ("names.csv", "Zoe Smith,zoe@example.com\nMax Maier,max@example.com\n", "who bought"),
        (
            "months.csv",
            "client,date,paid\nC1,12-Jan-2024,5\nC2,13-Jan-2024,6\n",
            "ordered_at unreadable 2",
        ),
    ],
)
def test_what_keeps_an_input_from_being_built(desk, name, content, says):
    path = desk.save(name, content, "cp1252" if name == "windows.csv" else "utf-8")
    done = desk.check("--transactions", path)
    assert done.code == 1
    assert says in done.err
    assert "Smith" not in done.out + done.err and "example.com" not in done.out + done.err


@pytest.mark.parametrize("transactions", ["no'where.csv", "raw.no_such_table"])
def test_an_input_that_is_not_there(desk, transactions):
    done = desk.check("--transactions", transactions)
    assert done.code == 1
    assert done.err.startswith("There is no ") and transactions in done.err
    assert not desk.database.exists()


def test_a_mapping_of_one_s_own_is_used_and_only_checked(desk):
    """Also where a guess would be better: it is the person's own."""
    path = desk.save("lines.csv", written([HEADINGS, *ROWS]))
    own = {"customer_id": "E-Mail", "ordered_at": "Bought On", "amount": "Price Each"}
    done = desk.check("--transactions", path, transaction_columns=own, max_rejected_share=0.1)
    assert done.code == 0, done.err
    assert printed_vars(done) == {"transaction_columns": own, "max_rejected_share": 0.1}
    assert printed_classes(done)["sale"] == (
        241,
        sum(line[6] for line in [*LINES, FLAWS["return"]]),
    )
    wrong = desk.check("--transactions", path, transaction_columns=own | {"amount": "Paid"})
    assert wrong.code == 1
    assert 'has no column "Paid"' in wrong.err


def test_gates_tell_their_own_sentence_and_all_of_them_are_told(desk):
    """A text that is personal is shown by none of them, even where it was mapped as a date."""
    rows = [["client", "day", "paid", "currency"]]
    rows += [[f"C{n % 90}", f"2024-01-{n % 28 + 1:02}", n + 1, "EUR"] for n in range(1900)]
    rows += [["C1", "zoe@example.com", n, "EUR"] for n in range(200)]
    rows += [["C2", "2031-01-01", 7, "USD"]]
    path = desk.save("lines.csv", written(rows))
    done = desk.check("--transactions", path)
    assert done.code == 1
    off = " ".join(part(done.out, "What is off"))
    assert "UTC" not in off
    for words in ("200 of 2101 rows", "2 currencies", "2031-01-02"):
        assert words in off
    assert off.count("! ") == 3
    assert "example.com" not in done.out + done.err
    assert re.search(r"ordered_at unreadable +200  z…@…$", done.out, re.M)


def test_what_is_not_mapped_and_what_that_means(desk):
    """Only what the models really lose is said, and only where it is lost."""
    path = desk.save("lines.csv", written([["client", "day", "paid"], ["C1", "2024-01-01", 5]]))
    done = desk.check("--transactions", path)
    assert done.code == 0, done.err
    told = "\n".join(part(done.out, "What is not mapped"))
    names = {"order_id", "line_id", "product_id", "country", "currency", "quantity"}
    names |= {"unit_cost", "discount_amount", "product_name"}
    assert set(re.findall(r"^(\w+)  ", told, re.M)) == names
    assert "score_within cannot score their customers apart" in " ".join(told.split())
    assert printed_measures(done) == [(1, True), (1, True), (0, True)]
    built = desk.build_here(printed_vars(done), path, only=TABLES)
    assert built.code == 0, built.err
    assert built.ask(
        "select country, distinct_product_count, average_basket_units, variety_share, "
        "price_break_share, discount_share, profit_12_months from customer_segments"
    ) == [(None, 0, 1, None, None, None, None)]
    assert built.one("select order_id from customer_orders") == "2024-01-01"


def test_make_lists_and_runs_it(desk):
    """No shell expands what stands in a name."""

    def make(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["make", "--no-print-directory", *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=environment(desk.folder, desk.database) | {"MAKEFLAGS": ""},
        )

    listed = make("help").stdout
    for name in ("help", "build", "check-input", "test", "docs", "lock", "clean"):
        assert re.search(rf"^make {name} +[A-Z]", listed, re.M), listed
    # make itself reads a dollar sign, unless it is doubled.
    name = 'a "b" `touch pwned` $$(touch pwned).csv'
    inputs = [f"{word}={name}" for word in ("VARS", "CUSTOMERS", "TRANSACTIONS")]
    show = f"python={sys.executable} -c 'import sys; print(sys.argv[1:])'"
    words = make("check-input", *inputs, show, "--old-file=.venv/installed").stdout
    name = name.replace("$$", "$")
    assert ast.literal_eval(words) == [
        *("-m", "segmentation", "check-input"),
        *("--vars", name, "--transactions", name, "--customers", name),
    ]
    if not (ROOT / ".venv" / "installed").exists():
        pytest.skip("make would set up .venv first")
    done = make("check-input", inputs[-1], "--old-file=.venv/installed")
    assert done.returncode and f"There is no file {ROOT / name}: " in done.stderr
    assert not (ROOT / "pwned").exists()
