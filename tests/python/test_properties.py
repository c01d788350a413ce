"""What must hold whatever the input: the project's own SQL against an independent computation.

dbt compiles the models once for each set of vars. For every generated input the compiled queries
run in order on a database in memory, and their rows are compared with those of independent.py.
"""

import json
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import chdir
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from random import Random

import duckdb
import pytest
from conftest import ROOT, SCHEMA, WITHOUT_HISTORY, sparing
from dbt.cli.main import dbtRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from independent import (
    CURRENCY_SIGNS,
    SPACES,
    Line,
    Rules,
    classify,
    customers_of,
    excel_moment,
    fits,
    iso_moment,
    number,
    scores_of,
    told_in,
)

COLUMNS = ["who", "bill", "sku", "n", "price", "paid", "day", "land", "note", "till"]
FEES = {"POST": "whole", "GIFT_": "start"}
LINES = Rules(
    {
        "customer_id": "who",
        "order_id": "bill",
        "product_id": "sku",
        "quantity": "n",
        "unit_price": "price",
        "ordered_at": "day",
        "country": "land",
    },
    returns_start_with="C",
    cancellation_days=2,
    fees=FEES,
)
AMOUNTS = Rules(
    {
        "customer_id": "who",
        "product_id": "sku",
        "quantity": "n",
        "amount": "paid",
        "ordered_at": "day",
    },
    keep_duplicates=True,
    gross=True,
    fees=FEES,
)
LEAP_DAY = date(2024, 2, 29)
TRUNCATED = replace(LINES, as_of_date=LEAP_DAY)
RATES = "stg_segmentation__exchange_rates"
STAGING = [
    "stg_segmentation__transactions_mapped",
    "stg_segmentation__date_format",
    "stg_segmentation__transactions",
]
RECORDS = ["stg_segmentation__customer_date_formats", "stg_segmentation__customers"]
FEATURES = [
    "stg_segmentation__as_of",
    "int_segmentation__sale_lines_matched",
    "int_segmentation__orders_typed",
    "int_segmentation__products_priced",
    "int_segmentation__purchases_measured",
    "int_segmentation__customers_featured",
]
MARTS = [
    "seg_rfm",
    "segment_members",
    "segment_directory",
    "segment_summary",
    "customer_orders",
    "customer_segments",
    "input_reconciliation",
    "rejected_transactions",
]
many = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)


# The project's SQL on a database in memory


class Compiled:
    """Compiled models on a database in memory that holds the seeds and an input of text columns.

    What takes time is to plan a query, so each is planned once, and not optimised for few rows.
    """

    def __init__(self, queries: dict[str, str]):
        self.database = duckdb.connect(config={"threads": 1})
        run = self.database.execute
        run("attach ':memory:' as warehouse; use warehouse; pragma disable_optimizer")
        run(f"create schema shop; create schema {SCHEMA}; set schema = '{SCHEMA}'")
        run(f"create table shop.lines ({' text, '.join(COLUMNS)} text)")
        run("create table shop.fees (product_code text, matches text)")
        run("create table shop.rates (currency text, valid_from text, rate text)")
        self.fill("shop.fees", ["product_code", "matches"], FEES.items())
        for seed in ("rfm_segment_map", "segment_definitions", "thresholds", "profile_values"):
            run(f"create table {seed} as from read_csv('{ROOT / 'seeds' / seed}.csv')")
        # There are no customer records: their models are made once, where the others read them.
        for model in [RATES, *STAGING, FEATURES[0], *RECORDS, *FEATURES[1:], *MARTS]:
            kind = "view" if model.endswith("_mapped") else "table"
            run(f"create {kind} {model} as {queries[model]}")
        # Any table made after a query was planned has it planned again.
        for model in [RATES, *STAGING[1:], *FEATURES, *MARTS]:
            run(f"prepare build_{model} as insert into {model} {queries[model]}")

    def fill(self, table: str, columns: list[str], rows: Iterable[Iterable]) -> None:
        """Puts these rows in the place of a table's; columns that are not named become null."""
        cells = [list(cell) for cell in zip(*rows, strict=True)] or [[]] * len(columns)
        unnested = ", ".join(f"unnest(${i})" for i in range(1, len(columns) + 1))
        self.database.execute(f"truncate {table}")
        self.database.execute(
            f"insert into {table} ({', '.join(columns)}) select {unnested}", cells
        )

    def read(self, rows: list[dict[str, str | None]]) -> None:
        """Puts these rows in the place of the input."""
        self.fill("shop.lines", COLUMNS, ([row[name] for name in COLUMNS] for row in rows))

    def build(self, models: list[str]) -> "Compiled":
        """Builds models in this order, on what the input now holds."""
        for model in models:
            if not model.endswith("_mapped"):
                self.database.execute(f"truncate {model}; execute build_{model}")
        return self

    def ask(self, query: str) -> list[tuple]:
        return self.database.execute(query).fetchall()

    def by_customer(self, table: str, columns: Iterable[str]) -> dict[str, dict]:
        names = list(columns)
        rows = self.ask(f"select customer_id, {', '.join(names)} from {table}")
        assert len({row[0] for row in rows}) == len(rows)
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


@pytest.fixture(scope="module")
def compile_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Compiled]:
    """Builds seeds and models once with some vars on a row of text, and gives their SQL."""
    folder = tmp_path_factory.mktemp("compiled")
    database = folder / "warehouse.duckdb"
    values = ("C1", "1", "p", "1", "1", "1", "2024-01-01", "", "", "EUR")
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema shop")
        connection.execute("create table shop.fees (product_code text, matches text)")
        connection.executemany("insert into shop.fees values (?, ?)", list(FEES.items()))
        connection.execute("create table shop.rates (currency text, valid_from text, rate text)")
        connection.execute("insert into shop.rates values ('EUR', '2024-01-01', '1')")
        connection.execute(f"create table shop.lines ({' text, '.join(COLUMNS)} text)")
        connection.execute(f"insert into shop.lines values ({', '.join('?' * 10)})", values)

    def compile_models(rules: Rules, **more: object) -> Compiled:
        variables = {
            **WITHOUT_HISTORY,
            "transactions": "shop.lines",
            "transaction_columns": rules.mapping,
            "segmentations": ["rfm"],
            "seed_overrides": {"service_codes": "shop.fees"},
            "date_format": "iso",
            "duplicates": "keep" if rules.keep_duplicates else "remove",
            "cancellation_days": rules.cancellation_days,
            "monetary_basis": "gross" if rules.gross else "net",
            "return_order_pattern": rules.returns_start_with and f"^{rules.returns_start_with}",
            "as_of_date": rules.as_of_date and rules.as_of_date.isoformat(),
        } | more
        words = ["--quiet", "build", "--exclude", "demo_transactions", "--vars"]
        words += [json.dumps(variables), "--exclude-resource-type", "test"]
        words += ["--exclude-resource-type", "unit_test", "--profiles-dir", str(ROOT)]
        with sparing() as patch, chdir(ROOT):
            patch.setenv("SEGMENTATION_DB", str(database))
            patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
            patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
            result = dbtRunner().invoke(words)
        assert result.success, result.exception or [r.message for r in result.result.results]
        nodes = [outcome.node for outcome in result.result.results]
        queries = {n.name: n.compiled_code for n in nodes if n.resource_type == "model"}
        return Compiled(queries)

    return compile_models


@pytest.fixture(scope="module")
def lines(compile_with) -> Compiled:
    return compile_with(LINES)


@pytest.fixture(scope="module")
def amounts(compile_with) -> Compiled:
    return compile_with(AMOUNTS)


# Generated shops

NASTY_TEXT = [
    None, "", " ", "NaN", "null", "N/A", "none", "'", '"', "''; drop table x; --", "a,b;c\td",
    "line\nbreak", "\r", "é", "É", "🎁", "ﬁ", "مرحبا", "\u00a0", "\u200b", "\x00", "\x1e", "\x1f",
    "\x1e\x1f", "%", "_", "\\", "{{ x }}", "17850", "17850.0", " 17850 ", "17850.00", "17850.01",
    "C1", "c1", "C1\t", "0", "1e5", "-", "x" * 300,
]  # fmt: skip
PRODUCTS = ["A", "a", " a ", "B", None, "post", "POSTAGE", "gift_1", "giftx", "'", "É", "é", "12.0"]
QUANTITIES = [
    "1", "2", "3", "-1", "-2", "1.0", "0.5", "-0.5", "0", "-0", "0.0001", "0.00001", "1000000",
    "10000000000000", "99999999999999", "999999999999999", "1,000", "(2)", "1e3", "NaN", "inf",
    "", " ", None, "two", "٣", "½", "1.5.2", "--1",
]  # fmt: skip
PRICES = [
    "1", "1.00", "2.55", "0.01", "0.000001", "0.0000001", "0.00005", "0.33335", "9.999999", "0",
    "-1", "100000000000", "1000000000000", "999999999999.999999", "$ 2.55", "2,55", "", None,
    "free", "0x10",
]  # fmt: skip
PAID = ["5", "5.00", "-5", "0", "-0", "2.5", "1e3", "", "1000000000000", "1000000000000.01", "£5-"]
DAYS = [
    "2024-02-28", "2024-02-29", "2024-02-29 00:00", "2024-02-29 23:59:59.999999", "2024-03-01",
    "2024-02-29T10:00:00", "2024-02-30", "2023-02-29", "0211-12-01", "2099-12-31", "9999-12-31",
    "1900-01-01", "1899-12-31", "yesterday", "", None, "20240229", "2024-2-9", "2024-02-29 24:00",
]  # fmt: skip
MOMENT = datetime(2024, 2, 28, 10, 30)
GAPS = [
    timedelta(0), timedelta(seconds=1), timedelta(hours=13, minutes=30), timedelta(days=1),
    timedelta(days=1, seconds=1), timedelta(days=2), timedelta(days=2, microseconds=1),
    timedelta(days=400),
]  # fmt: skip
SEPARATORS = st.sampled_from([None, "", "a", "\x1e", "\x1f", "a\x1f", "\x1fa", "1:a", "|"])
anything = st.one_of(st.sampled_from(NASTY_TEXT), st.text(max_size=4))


def mostly(usual: list, flawed: list) -> st.SearchStrategy:
    """One of the usual ones nine times in ten."""
    return st.sampled_from(usual * (9 * len(flawed) // len(usual) + 1) + flawed)


@st.composite
def shops(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Rows of a small shop: few customers, orders and goods, so that they meet, and any flaw."""
    odd = draw(st.lists(anything, min_size=2, max_size=4))
    bills = mostly(["1", "2", "C3", "C4.0", None, "2024-02-28"], odd)
    cells = {
        "who": mostly(["C1", "K2", odd[0]], odd),
        "bill": bills,
        "sku": mostly(["A", "B"], PRODUCTS),
        "n": mostly(["1", "2", "-1"], QUANTITIES),
        "price": mostly([draw(st.sampled_from(PRICES[:8]))], PRICES),
        "paid": mostly(PAID[:4], PAID),
        "day": mostly([str(MOMENT + gap) for gap in GAPS], DAYS),
        "land": mostly(["Malta", "Peru", None], odd),
        "note": mostly([None], odd),
        "till": mostly([None], odd),
    }
    rows = draw(st.lists(st.fixed_dictionaries(cells), max_size=8))
    for original in list(rows):
        what = draw(st.sampled_from(["nothing", "copy", "almost a copy", "return", "return"]))
        if what == "copy":
            rows.append(dict(original))
        elif what == "almost a copy":
            original.update(draw(st.fixed_dictionaries({"note": SEPARATORS, "till": SEPARATORS})))
            unmapped = draw(st.fixed_dictionaries({"note": SEPARATORS, "till": SEPARATORS}))
            rows.append(original | unmapped)
        elif what == "return":
            back = original | {"bill": draw(bills), "n": f"-{(original['n'] or '').strip('-')}"}
            sold_at = iso_moment(original["day"] or "")
            if sold_at and sold_at.year < 2100:
                back["day"] = str(sold_at + draw(st.sampled_from(GAPS)))
            back["paid"] = f"-{(original['paid'] or '').strip('-')}"
            rows.append(back)
    return draw(st.permutations(rows))


@st.composite
def exchanges(draw: st.DrawFn) -> list[dict[str, str | None]]:
    """Sales and returns of the same goods at few moments and in few orders, none a copy."""
    cells = {
        "who": st.sampled_from(["C1", "C1", "C1", "K2"]),
        "bill": st.sampled_from(["1", "2", "3", "C4"]),
        "sku": st.sampled_from(["A", "A", "A", None]),
        "n": st.sampled_from(["1", "1", "-1"]),
        "price": st.sampled_from(["2.50", "2.50", "2.5", "3"]),
        "paid": st.sampled_from(["2.50", "-2.50", "2.5", "3"]),
        "day": st.sampled_from([str(MOMENT + gap) for gap in GAPS[:6]]),
        "land": st.sampled_from(["Malta", "Peru", None]),
        "note": st.none(),
    }
    rows = draw(st.lists(st.fixed_dictionaries(cells), min_size=2, max_size=9))
    return [row | {"till": str(number)} for number, row in enumerate(rows)]


inputs = st.one_of(shops(), exchanges())


def values(line: Line) -> tuple:
    return tuple(getattr(line, name) for name in Line.__dataclass_fields__)


STAGED = """
    select line_class, reject_reason, customer_id, order_id, product_id, quantity, unit_price,
        amount, ordered_at
    from stg_segmentation__transactions
"""
RECONCILED = "select line_class, reason, row_count, amount from input_reconciliation"


# The properties


@pytest.mark.parametrize(("name", "rules"), [("lines", LINES), ("amounts", AMOUNTS)])
def test_every_row_has_its_class_and_every_customer_their_due(request, name, rules):
    compiled = request.getfixturevalue(name)

    @many
    @given(inputs)
    def holds(rows: list[dict]) -> None:
        compiled.read(rows)
        compiled.build([*STAGING, "input_reconciliation", "rejected_transactions", *FEATURES])
        expected = classify(rows, rules)
        assert_rows(compiled, rows, rules, expected)
        assert_customers(compiled, customers_of(expected, rules))

    holds()


def assert_rows(compiled: Compiled, rows: list[dict], rules: Rules, expected: list[Line]) -> None:
    """One class for every row, and rows and money of all classes are those of the input."""
    assert Counter(compiled.ask(STAGED)) == Counter(map(values, expected))
    reconciled = compiled.ask(RECONCILED)
    assert sum(row[2] for row in reconciled) == len(rows)
    assert sum(row[3] for row in reconciled) == sum(line.amount or 0 for line in expected)
    counts = Counter((line.line_class, line.reason) for line in expected)
    assert {(row[0], row[1]): row[2] for row in reconciled} == counts
    kept = compiled.ask(f"select {', '.join(rules.mapping)} from rejected_transactions")
    assert Counter(kept) == Counter(
        tuple(row[column] for column in rules.mapping.values())
        for row, line in zip(rows, expected, strict=True)
        if line.line_class == "rejected"
    )


def assert_customers(compiled: Compiled, expected: dict[str, dict]) -> None:
    """Recency, frequency, money and cancelled orders of everybody, and nobody else."""
    columns = next(iter(expected.values()), {"frequency": 0})
    assert compiled.by_customer("int_segmentation__customers_featured", columns) == expected


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 30, 365]),
        st.sampled_from([0, 1, 1, 1, 2, 2, 3, 7]),
        st.sampled_from(["-1.0000", "0.0000", "0.0001", "9.9900", "10.0000"]).map(Decimal),
    ),
    max_size=12,
)


def test_scores_and_segments(lines):
    """Whoever is equal in a number has an equal score; NTILE decides over the rest."""
    ranges = lines.ask("select segment, columns('_min|_max') from rfm_segment_map")

    @many
    @given(PEOPLE, st.randoms(use_true_random=False))
    def holds(people: list[tuple[int, int, Decimal]], chance: Random) -> None:
        names = [f"{'é🎁 ~0'[i % 5]}{i}" for i in chance.sample(range(99), len(people))]
        customers = dict(zip(names, people, strict=True))
        status = {
            who: "buyer" if orders else "returns only" if money < 0 else "prospect"
            for who, (_, orders, money) in customers.items()
        }
        lines.fill(
            "int_segmentation__customers_featured",
            [
                *("customer_id", "recency_days", "scored_frequency", "scored_monetary"),
                *("customer_status", "is_profiled"),
            ],
            [(who, *measures, status[who], True) for who, measures in customers.items()],
        )
        lines.build(["seg_rfm"])
        found = lines.by_customer(
            "seg_rfm", ["segment", "r_score", "f_score", "m_score", "rfm_score", "is_ntile_split"]
        )
        expected = {
            who: {
                "segment": next(
                    segment
                    for segment, *bounds in ranges
                    if all(low <= x <= high for x, low, high in zip(
                        (r, f, m), bounds[::2], bounds[1::2], strict=True
                    ))
                ),
                "r_score": r,
                "f_score": f,
                "m_score": m,
                "rfm_score": f"{r}{f}{m}",
                "is_ntile_split": is_split,
            }
            for who, (r, f, m, is_split) in scores_of(
                {who: customers[who] for who in customers if status[who] == "buyer"}
            ).items()
        }  # fmt: skip
        nothing = dict.fromkeys(["r_score", "f_score", "m_score", "rfm_score"])
        for who in customers.keys() - expected.keys():
            segment = status[who].capitalize()
            expected[who] = {"segment": segment, **nothing, "is_ntile_split": False}
        assert found == expected
        for i, score in enumerate(("r_score", "f_score", "m_score")):
            pairs = {(customers[who][i], found[who][score]) for who in found if found[who][score]}
            assert len({value for value, _ in pairs}) == len(pairs)

    holds()


def everything(compiled: Compiled) -> dict[str, Counter]:
    """All rows of all marts, whatever their order."""
    marts = [model for model in MARTS if not model.startswith("seg_")]
    return {mart: Counter(compiled.ask(f"from {mart}")) for mart in marts}


@many
@given(inputs.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_changes_nothing(lines, both):
    first, second = both
    lines.read(first)
    before = everything(lines.build(STAGING + FEATURES + MARTS))
    lines.read(second)
    assert everything(lines.build(STAGING + FEATURES + MARTS)) == before


@pytest.fixture(scope="module")
def truncated(compile_with) -> Compiled:
    return compile_with(TRUNCATED)


@many
@given(inputs)
def test_an_as_of_date_is_as_good_as_an_input_that_ends_there(truncated, rows):
    def is_later(row: dict) -> bool:
        at = iso_moment((row["day"] or "").strip(SPACES))
        return at is not None and at.date() > LEAP_DAY

    truncated.read(rows)
    whole = everything(truncated.build(STAGING + FEATURES + MARTS))
    earlier = [row for row in rows if not is_later(row)]
    truncated.read(earlier)
    ended = everything(truncated.build(STAGING + FEATURES + MARTS))
    later = {row for row in whole["input_reconciliation"] if row[1] == "later"}
    assert sum(row[3] for row in later) == len(rows) - len(earlier)
    for row in later:
        del whole["input_reconciliation"][row]
    assert whole == ended
    assert_customers(truncated, customers_of(classify(rows, TRUNCATED), TRUNCATED))


# Numbers

marks = st.sampled_from(["", "thousands", " ", "\u00a0", "\u202f", "'", "’"])
currencies = st.sampled_from([*CURRENCY_SIGNS, "EUR", "CHF", "USD"])
spaces = st.sampled_from(["", "", " ", "  "])


@st.composite
def written_numbers(draw: st.DrawFn, point: str) -> tuple[str, Decimal]:
    """A number in one of the writings that README and the macros promise, and what it is."""
    whole = str(draw(st.integers(0, 10 ** draw(st.integers(1, 12)) - 1)))
    fraction = draw(st.text("0123456789", max_size=4)) + draw(st.sampled_from(["", "0", "000"]))
    value = Decimal(f"{whole}.{fraction}")
    mark = draw(marks)
    if mark and len(whole) > 3:
        mark = ("," if point == "." else ".") if mark == "thousands" else mark
        head = len(whole) % 3 or 3
        indian = mark == "," and draw(st.booleans())
        if indian:
            pairs, last = whole[:-3], whole[-3:]
            pairs = pairs if len(pairs) % 2 == 0 else f" {pairs}"
            groups = [pairs[i : i + 2].strip() for i in range(0, len(pairs), 2)] + [last]
        else:
            groups = [whole[:head]] + [whole[i : i + 3] for i in range(head, len(whole), 3)]
        whole = mark.join(groups)
    text = whole if not fraction and draw(st.booleans()) else f"{whole}{point}{fraction}"
    text = text.removeprefix("0") if fraction and draw(st.booleans()) else text
    sign = draw(st.sampled_from(["", "", "+", "-", "−", "()", "behind"]))
    where = draw(st.sampled_from(["nowhere", "nowhere", "front", "back"]))
    currency, gap = draw(currencies), draw(st.sampled_from(["", " ", "\u00a0", "\u202f"]))
    if where == "back" and sign != "behind":
        text += gap + currency
    if where == "front":
        text = currency + gap + text
    if sign == "()":
        text = f"({text})"
    elif sign == "behind":
        text += "-"
    elif not (sign == "−" and where == "front"):
        text = sign + text
    else:
        sign = ""
    blanks = draw(spaces)
    return blanks + text + blanks, -value if sign in ("-", "−", "()", "behind") else value


NUMBER_LIKE = st.text("0123456789.,-+() '’€$−EeUSD%x\u00a0٣½∞", max_size=9)


@pytest.mark.parametrize("point", [".", ","])
def test_numbers_are_read_exactly_or_not_at_all(compile_with, point):
    """As quantity, with 4 decimals, and as price, with 6."""
    compiled = compile_with(LINES, decimal_separator=point)
    blank = dict.fromkeys(COLUMNS)

    @many
    @given(
        st.lists(written_numbers(point), min_size=1, max_size=15),
        st.lists(st.one_of(NUMBER_LIKE, anything.filter(bool), st.floats().map(str)), max_size=15),
    )
    def holds(promised: list[tuple[str, Decimal]], texts: list[str]) -> None:
        texts = [text for text, _ in promised] + texts
        compiled.read(
            [
                blank | {"bill": f"{i}", "n": text, "price": text, "day": "2024-02-29"}
                for i, text in enumerate(texts)
            ]
        )
        compiled.build(STAGING)
        rows = compiled.ask(
            """
            select quantity, unit_price, reject_reason, raw_quantity
            from stg_segmentation__transactions order by cast(order_id as integer)
            """
        )
        read = [number(text, point) for text in texts]
        assert read[: len(promised)] == [value for _, value in promised]
        for i, (quantity, price, reason, raw) in enumerate(rows):
            expected = fits(read[i], 4), fits(read[i], 6)
            if i < len(promised):
                assert (quantity, price) == expected, texts[i]
            else:
                # What no writing above promises may also be refused, but never mean anything else.
                assert quantity in (None, expected[0]), texts[i]
                assert price in (None, expected[1]), texts[i]
            if quantity is None:
                blank_text = not texts[i].strip(SPACES)
                assert reason == f"quantity {'missing' if blank_text else 'unreadable'}"
                assert raw == texts[i]

    holds()


# Dates

FORMATS = ["iso", "month_first", "day_first", "compact", "excel_serial"]


@st.composite
def written_moments(draw: st.DrawFn, form: str, zone: str) -> tuple[str, datetime | None]:
    """A moment in one of the writings of a format, and what it is; None where no such day is."""
    year = draw(st.one_of(st.integers(1970, 2069), st.sampled_from([1900, 2000, 2024, 2099])))
    if form == "excel_serial":
        serial = str(draw(st.integers(10000, 99999)))
        if draw(st.booleans()):
            serial += draw(st.sampled_from(".,")) + draw(
                st.text("0123456789", min_size=1, max_size=15)
            )
        return serial, excel_moment(Decimal(serial.replace(",", ".")))
    month = draw(st.sampled_from([1, 2, 2, 3, 5, 9, 10, 12]))
    day = draw(st.one_of(st.integers(1, 31), st.sampled_from([1, 28, 29, 30, 31])))
    mark = draw(st.sampled_from("-/."))
    short = draw(st.booleans())
    d, m = (f"{day}", f"{month}") if short else (f"{day:02}", f"{month:02}")
    y = f"{year}"
    if form in ("month_first", "day_first") and 1970 <= year <= 2069 and draw(st.booleans()):
        y = y[2:]
    text = {
        "iso": f"{y}{mark}{m}{mark}{d}",
        "month_first": f"{m}{mark}{d}{mark}{y}",
        "day_first": f"{d}{mark}{m}{mark}{y}",
        "compact": f"{year}{month:02}{day:02}",
    }[form]
    hour, minute = draw(st.integers(0, 23)), draw(st.sampled_from([0, 1, 30, 59]))
    second, micros = (
        draw(st.sampled_from([0, 1, 59])),
        draw(st.sampled_from([0, 1, 500000, 999999])),
    )
    offset, zoned = 0, False
    how = draw(st.sampled_from(["day", "minutes", "seconds", "parts", "half day", "zone"]))
    gap = draw(st.sampled_from(" T"))
    if how == "day":
        hour = minute = second = micros = 0
    elif how == "half day":
        half = "AM" if hour < 12 else "PM"
        half = draw(st.sampled_from([half, half.lower(), f" {half}"]))
        seconds = draw(st.booleans())
        second, micros = second if seconds else 0, 0
        text += f"{gap}{hour % 12 or 12}:{minute:02}{f':{second:02}' if seconds else ''}{half}"
    else:
        text += gap + (f"{hour}" if short else f"{hour:02}") + f":{minute:02}"
        if how == "minutes":
            second = micros = 0
        else:
            text += f":{second:02}"
        if how == "parts":
            text += f".{micros:06}".rstrip("0") if micros else ""
        else:
            micros = 0
        if how == "zone":
            zoned = True
            offset = draw(st.sampled_from([0, 0, 60, -300, 330, 765, -720]))
            hours, minutes = divmod(abs(offset), 60)
            written = f"{'-' if offset < 0 else '+'}{hours:02}"
            ways = [f"{written}:{minutes:02}", f"{written}{minutes:02}"]
            ways += [written] * (minutes == 0) + ["Z", "UTC", "GMT"] * (offset == 0)
            text += draw(st.sampled_from(["", " "])) + draw(st.sampled_from(ways))
    if day > monthrange(year, month)[1]:
        return text, None
    moment = datetime(year, month, day, hour, minute, second, micros)
    return text, told_in(moment, offset, zone) if zoned else moment


ZONE = "Europe/London"


@pytest.fixture(scope="module")
def dated(compile_with) -> Compiled:
    return compile_with(LINES, date_format=None, timezone=ZONE)


def moments_read(compiled: Compiled, texts: list[str], models: list[str]) -> list[datetime | None]:
    blank = dict.fromkeys(COLUMNS)
    compiled.read([blank | {"bill": f"{i}", "day": text} for i, text in enumerate(texts)])
    compiled.build(models)
    rows = compiled.ask(
        """
        select ordered_at from stg_segmentation__transactions order by
            cast(coalesce(raw_order_id, order_id) as integer)
        """
    )
    return [at for (at,) in rows]


def test_dates_are_read_exactly_where_their_format_is_given(dated):
    @many
    @given(st.data(), st.sampled_from(FORMATS))
    def holds(data: st.DataObject, form: str) -> None:
        written = data.draw(st.lists(written_moments(form, ZONE), min_size=1, max_size=25))
        dated.fill("stg_segmentation__date_format", ["date_format"], [[form]])
        found = moments_read(dated, [text for text, _ in written], STAGING[2:])
        assert [(text, at) for (text, _), at in zip(written, found, strict=True)] == written

    holds()


@many
@given(st.data(), st.sampled_from(FORMATS))
def test_dates_are_read_exactly_or_reported_where_their_format_is_found(dated, data, form):
    """The format in which they are written, and beside it some texts that are no dates."""
    written = data.draw(st.lists(written_moments(form, ZONE), min_size=1, max_size=9))
    written = [(text, at) for text, at in written if at]
    broken = data.draw(st.lists(st.sampled_from(["never", "", "2024-02-30", "0"]), max_size=2))
    texts = [text for text, _ in written] + broken
    found = moments_read(dated, texts, STAGING)
    [(chosen, ambiguous)] = dated.ask(
        "select date_format, ambiguous_text from stg_segmentation__date_format"
    )
    if ambiguous is None:
        assert found[: len(written)] == [at for _, at in written], chosen
        assert set(found[len(written) :]) <= {None}
    else:
        assert form in ("month_first", "day_first")
        assert ambiguous in texts


# Exchange rates

RATED = replace(
    LINES,
    mapping={
        "order_id": "bill",
        "customer_id": "who",
        "quantity": "n",
        "unit_price": "price",
        "ordered_at": "day",
        "currency": "till",
        "unit_cost": "paid",
        "discount_amount": "note",
    },
)
DAYS_OF_RATES = [date(2024, 2, 28) + timedelta(days=n) for n in range(4)]


def exact(most_digits: int, scale: int, least: int = 0) -> st.SearchStrategy:
    """Decimals of any size up to so many digits, so many of them behind the point."""
    return st.integers(1, most_digits).flatmap(
        lambda digits: st.integers(least, 10**digits - 1).map(lambda n: Decimal(n).scaleb(-scale))
    )


def rounded(value: Decimal, scale: int, most: Decimal) -> Decimal | None:
    """The value rounded half away from zero; None where it is larger than the most."""
    value = value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)
    return value if abs(value) <= most else None


def test_money_is_converted_exactly_and_rounded_once(compile_with):
    """At the newest rate of the order's day, in numbers of any size that can be read."""
    compiled = compile_with(RATED, exchange_rates="shop.rates")
    codes = st.sampled_from(["EUR", "GBP", "USD"])
    lines = st.tuples(
        exact(18, 4, 1), exact(18, 6, 1), exact(18, 6), exact(18, 4), codes,
        st.sampled_from(DAYS_OF_RATES), st.booleans(),
    )  # fmt: skip
    rates = st.dictionaries(
        st.tuples(codes, st.sampled_from(DAYS_OF_RATES)), exact(18, 8, 1), max_size=9
    )

    def money(parts: Decimal, rate: Decimal) -> Decimal | None:
        """Of a line; what has 16 digits before the point in its own currency is too large, too."""
        return rounded(parts * rate, 4, Decimal(10**12)) if parts < 10**15 else None

    @many
    @given(st.lists(lines, min_size=1, max_size=12), rates)
    def holds(rows: list[tuple], table: dict[tuple[str, date], Decimal]) -> None:
        compiled.fill(
            "shop.rates",
            ["currency", "valid_from", "rate"],
            [(code.lower(), f"{day}", f"{rate:f}") for (code, day), rate in table.items()],
        )
        compiled.read(
            [
                dict.fromkeys(COLUMNS)
                | {"bill": f"{i}", "n": f"{'-' * back}{quantity:f}", "price": f"{price:f}"}
                | {
                    "paid": f"{cost:f}",
                    "note": f"{discount:f}",
                    "till": code,
                    "day": f"{day} 23:59",
                }
                for i, (quantity, price, cost, discount, code, day, back) in enumerate(rows)
            ]
        )
        found = compiled.build([RATES, *STAGING]).ask(
            """
            select unit_price, amount, cost_amount, discount_amount, reject_reason
            from stg_segmentation__transactions order by cast(order_id as integer)
            """
        )
        with localcontext(prec=99):
            for row, line in zip(rows, found, strict=True):
                quantity, price, cost, discount, code, day, back = row
                valid = [since for known, since in table if known == code and since <= day]
                rate = table[code, max(valid)] if valid else None
                if rate is None:
                    assert line[:4] == (None,) * 4
                    too_many = quantity > 10**12
                    reason = (
                        "quantity too large" if too_many else "currency without an exchange rate"
                    )
                    assert line[4] == reason
                    continue
                parts = quantity * price, quantity * cost, discount
                expected = [money(part, rate) for part in parts]
                signed = [value if value is None or not back else -value for value in expected]
                assert line[0] == rounded(price * rate, 6, Decimal("999999999999.999999"))
                assert list(line[1:4]) == signed
                assert (line[4] == "amount too large") == (signed[0] is None)

    holds()
