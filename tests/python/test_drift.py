"""Drift: what is planted in simulated shops is flagged, and quiet months are left in peace.

dbt compiles the models once; their queries then run for every shop on a database in memory.
"""

import json
import math
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, SCHEMA, sparing
from dbt.cli.main import dbtRunner

MODELS = [
    "int_segmentation__months_listed",
    "int_segmentation__orders_by_month",
    "int_segmentation__values_counted",
    "int_segmentation__values_compared",
    "int_segmentation__days_judged",
    "int_segmentation__flows_measured",
    "int_segmentation__flows_judged",
    "segment_drift",
]
WARNINGS = ["assert_flows_are_usual", "assert_days_are_usual", "assert_orders_are_recent"]
SEEDS = range(20)
BEGIN, END = date(2021, 1, 1), date(2024, 1, 1)
MONTHS = 24
PLANTED = date(2023, 6, 30)


@dataclass
class Shop:
    """Orders and returns, one row each with the lines on them; guests have no customer."""

    orders: pd.DataFrame
    end: date = END

    def between(self, first: str, last: str) -> pd.Series:
        return self.orders.day.between(first, last)


def simulate(seed: int) -> Shop:
    """Three years of a quiet shop of 300 to 1,500 active customers a month.

    Customers come at a steady pace, order at rates of their own and stop one day. Weekends are
    slack, winters busier than summers, and the shop grows or shrinks. What orders are worth is
    lognormal, with a Pareto tail; some are returned, and some are of guests.
    """
    chance = np.random.default_rng(seed)
    days = (END - BEGIN).days
    size = chance.uniform(300, 1500)
    growth, season = chance.uniform(-0.15, 0.3), chance.uniform(0, 0.12)
    lifetime, per_month = chance.uniform(250, 500), chance.uniform(0.5, 0.9)
    people = int(size / (1 - np.exp(-per_month)) * (days + 3 * lifetime) / lifetime)
    starts = chance.uniform(-3 * lifetime, days, people)
    ends = starts + chance.exponential(lifetime, people)
    rates = chance.gamma(2, per_month / 2 / 30.4, people)
    # Twice as many as are kept, which follow the week, the season and the growth.
    counts = chance.poisson(2 * rates * (ends - starts))
    who = np.repeat(np.arange(people), counts)
    at = chance.uniform(starts[who], ends[who])
    who = np.concatenate([who, np.arange(people)])  # everybody orders on their first day
    at = np.concatenate([at, starts])
    kept = (at >= 0) & (at < days)
    who, at = who[kept], at[kept]
    day = at.astype(int)
    week = np.array([1.1, 1.1, 1.1, 1.1, 1.2, 0.8, 0.6])[(day + BEGIN.weekday()) % 7]
    year = 1 + season * np.cos(2 * np.pi * day / 365.25) + growth * (day / days - 0.5)
    kept = chance.uniform(0, 2, len(day)) < week * year
    who, day = who[kept], day[kept]
    level = chance.normal(3.5, 0.7, people)
    value = np.exp(level[who] + chance.normal(0, 0.8, len(who)))
    value *= np.where(chance.uniform(size=len(who)) < 0.01, 1 + chance.pareto(1.5, len(who)), 1)
    sales = pd.DataFrame({"who": who, "day": day, "value": value.round(2), "kind": "sale"})
    returned = sales[chance.uniform(size=len(sales)) < 0.05].copy()
    returned["day"] += chance.integers(1, 20, len(returned))
    returned["value"] *= -chance.uniform(0.2, 1, len(returned)).round(2)
    returned["kind"] = "return"
    guests = sales[chance.uniform(size=len(sales)) < chance.uniform(0, 0.1)].copy()
    guests["kind"] = "guest"
    orders = pd.concat([sales, returned[returned.day < days], guests], ignore_index=True)
    orders["lines"] = 1 + chance.poisson(2, len(orders))
    orders["day"] = pd.Timestamp(BEGIN) + pd.to_timedelta(orders.day, "D")
    return Shop(orders)


def doubled(shop: Shop) -> Shop:
    """The prices of a month are doubled."""
    orders = shop.orders.copy()
    orders.loc[shop.between("2023-06-01", "2023-06-30"), "value"] *= 2
    return Shop(orders)


def halved(shop: Shop) -> Shop:
    """Every other customer is missing from a month."""
    gone = shop.between("2023-06-01", "2023-06-30") & (shop.orders.who % 2 == 0)
    return Shop(shop.orders[~gone])


def without_a_day(shop: Shop) -> Shop:
    """A Wednesday is missing."""
    return Shop(shop.orders[~shop.between("2023-06-14", "2023-06-14")])


class Compiled:
    """The project's own SQL on a database in memory, with a shop in place of what it reads."""

    def __init__(self, queries: dict[str, str]):
        self.database = duckdb.connect(config={"threads": 2})
        run = self.database.execute
        run("attach ':memory:' as warehouse; use warehouse")
        run(f"create schema {SCHEMA}; set schema = '{SCHEMA}'")
        run(f"create table thresholds as from read_csv('{ROOT / 'seeds/thresholds.csv'}')")
        run("create table segment_directory (segmentation text, segment text, segment_key text)")
        run(
            "create table segment_migrations "
            "(month_end date, segmentation text, to_segment_key text, customers bigint)"
        )
        self.queries = queries

    def build(self, shop: Shop) -> "Compiled":
        self.database.register("shop", shop.orders)
        self.put(
            "stg_segmentation__as_of",
            f"select date '{shop.end}' as as_of_date, date '{BEGIN}' as oldest_on, "
            "max(day)::date as newest_on from shop",
        )
        self.put(
            "int_segmentation__orders_typed",
            """
            select
                who::text as customer_id, kind as order_type, day as ordered_at,
                greatest(value, 0)::decimal(18, 4) as gross_amount,
                value::decimal(18, 4) as net_amount
            from shop
            where kind <> 'guest'
            """,
        )
        self.put(
            "int_segmentation__days_counted",
            """
            select
                day::date as ordered_on, last_day(day) as month_end, sum(lines) as line_count,
                coalesce(sum(lines) filter (kind = 'guest'), 0) as guest_line_count,
                coalesce(sum(lines) filter (kind <> 'guest'), 0) as customer_line_count
            from shop
            group by all
            """,
        )
        for model in MODELS:
            self.make(model)
        return self

    def make(self, model: str) -> None:
        self.put(model, self.queries[model])

    def put(self, table: str, query: str) -> None:
        self.database.execute(f"create or replace table {table} as {query}")

    def ask(self, query: str) -> list[tuple]:
        return self.database.execute(query).fetchall()

    def drift(self, until: date = END) -> set[tuple]:
        """Rows of segment_drift up to a day, the first year of the history left out."""
        return set(
            self.ask(
                f"select * from segment_drift where month_end between '2023-01-01' and '{until}'"
            )
        )

    def unusual(self) -> set[tuple[date, str]]:
        return set(
            self.ask("select month_end, measure from segment_drift where verdict = 'unusual'")
        )


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiled]:
    folder = tmp_path_factory.mktemp("compiled")
    settings = {"history_months": MONTHS, "segmentations": ["rfm"]}
    settings |= {"as_of_date": str(END), "max_days_without_orders": 3}
    words = ["--log-level", "none", "compile", "--no-introspect", "--select", *MODELS, *WARNINGS]
    words += ["--vars", json.dumps(settings), "--profiles-dir", str(ROOT)]
    with sparing() as patch, chdir(ROOT):
        patch.setenv("SEGMENTATION_DB", str(folder / "warehouse.duckdb"))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        result = dbtRunner().invoke(words)
    assert result.success, result.exception
    queries = {o.node.name: o.node.compiled_code for o in result.result.results}
    yield Compiled(queries)


def test_planted_drift_is_flagged_and_quiet_months_are_not(compiled):
    false = 0
    for seed in SEEDS:
        shop = simulate(seed)
        false += len(compiled.build(shop).unusual())
        found = compiled.build(doubled(shop)).unusual()
        assert (PLANTED, "median_order_value") in found, seed
        assert (PLANTED, "order_value_index") in found, seed
        assert (PLANTED, "active_customers") in compiled.build(halved(shop)).unusual(), seed
        assert (PLANTED, "missing_days") in compiled.build(without_a_day(shop)).unusual(), seed
    assert false <= len(SEEDS) * MONTHS / 240


def test_what_comes_later_changes_no_month(compiled):
    shop = doubled(simulate(3))
    whole = compiled.build(shop).drift(PLANTED)
    earlier = ended(shop, PLANTED + timedelta(days=1))
    assert compiled.build(earlier).drift() == whole
    assert {row[-1] for row in whole} == {"usual", "unusual", "reported"}


def test_a_month_that_was_unusual_leaves_the_next_ones_in_peace(compiled):
    """Against the mean of three months, one of them doubled, a quiet month looks low."""
    later = {(date(2023, month, day), "median_order_value") for month, day in [(7, 31), (8, 31)]}
    assert not compiled.build(doubled(simulate(3))).unusual() & later


def ended(shop: Shop, end: date) -> Shop:
    """The shop as it was known on a day, before that day's orders."""
    return Shop(shop.orders[shop.orders.day < pd.Timestamp(end)], end)


def test_the_newest_month_is_warned_of(compiled):
    shop = doubled(simulate(3))
    query = compiled.queries["assert_flows_are_usual"]
    found = compiled.build(ended(shop, date(2023, 7, 1))).ask(query)
    assert (PLANTED, "median_order_value") in {row[:2] for row in found}
    assert not compiled.build(shop).ask(query)


def test_days_are_warned_of_for_a_month(compiled):
    """Not the newest one, which may still be running."""
    query = compiled.queries["assert_days_are_usual"]
    shop = without_a_day(simulate(3))
    for end, told in [(date(2023, 7, 15), 1), (date(2023, 7, 16), 0)]:
        found = compiled.build(ended(shop, end)).ask(query)
        assert [row[0] for row in found] == [date(2023, 6, 14)] * told
    orders = ended(simulate(4), date(2023, 6, 9)).orders
    newest = orders.index[orders.day == "2023-06-08"]
    compiled.build(Shop(orders.drop(newest[2:]), date(2023, 6, 9)))
    judged = "select ordered_on from int_segmentation__days_judged where verdict = 'unusual'"
    assert compiled.ask(judged) == [(date(2023, 6, 8),)]
    assert not compiled.ask(query)


@pytest.mark.parametrize(("newest", "warned"), [("2023-12-29", 0), ("2023-12-28", 1)])
def test_orders_that_stay_away_are_warned_of(compiled, newest, warned):
    compiled.put("stg_segmentation__as_of", f"select date '{newest}' as newest_on")
    assert len(compiled.ask(compiled.queries["assert_orders_are_recent"])) == warned


# Single days: 40 lines from Monday to Saturday and 400 on Thursdays, from Monday 2011-01-03
# on. Seven spreads of half a root are 8 to 96 lines beside 40, and 273 to 552 beside 400.

ODD_LINES = {
    "2011-04-05": (97, "unusual"),
    "2011-04-13": (96, "usual"),
    "2011-05-03": (7, "unusual"),
    "2011-05-04": (8, "usual"),
    "2011-05-12": (599, "usual"),  # half as much again is 600
    "2011-05-19": (601, "unusual"),
    "2011-05-26": (267, "usual"),
    "2011-06-02": (266, "unusual"),
    "2011-06-12": (13, "unusual"),  # a Sunday
    "2011-03-31": (0, "too little history"),  # 28 days of deviations are over
    "2011-04-08": (0, "missing"),
    "2011-04-15": (0, "missing"),  # the Friday before had none
    "2011-04-16": (0, "usual"),  # Saturdays have nine orders
    "2011-06-17": (0, "missing"),
    "2011-07-05": (0, "missing"),
    "2011-07-06": (0, "missing"),  # so was the day before
    "2011-09-02": (0, "missing"),
    "2011-09-09": (0, "missing"),
    "2011-09-16": (0, "missing"),  # two Fridays had none
    "2011-09-23": (0, "usual"),  # three had
    "2012-06-12": (0, "missing"),  # a year after an unusual day
    "2012-04-05": (0, "usual"),  # 363 days after a missing one
    "2012-04-10": (0, "usual"),  # 368 days
    "2012-04-11": (0, "missing"),  # 369 days
    "2012-06-13": (0, "missing"),  # 362 days
    "2013-04-08": (0, "usual"),  # two years
}


def test_days_stray_from_their_weekday(compiled):
    days = [date(2011, 1, 3) + timedelta(days=n) for n in range(850)]
    usual = {day: 400 if day.weekday() == 3 else 0 if day.weekday() == 6 else 40 for day in days}
    lines = usual | {date.fromisoformat(day): count for day, (count, _) in ODD_LINES.items()}
    orders = {day: (9 if day.weekday() == 5 else 10) * (day.weekday() < 6) for day in days}
    counted = pd.DataFrame({"day": days, "lines": [lines[day] for day in days]})
    placed = pd.DataFrame({"day": [day for day in days for _ in range(orders[day])]})
    compiled.put(
        "stg_segmentation__as_of",
        f"select date '{days[-1]}' + 1 as as_of_date, date '{days[0]}' as oldest_on",
    )
    compiled.database.register("counted", counted).register("placed", placed)
    compiled.put(
        "int_segmentation__days_counted",
        "select day::date as ordered_on, lines as line_count from counted where lines > 0",
    )
    compiled.put(
        "int_segmentation__orders_typed", "select day::timestamp as ordered_at from placed"
    )
    compiled.make("int_segmentation__months_listed")
    compiled.make("int_segmentation__days_judged")
    found = dict(compiled.ask("select ordered_on, verdict from int_segmentation__days_judged"))
    expected = {
        day: "too little history" if day < date(2011, 4, 1) else "usual" for day in days
    } | {date.fromisoformat(day): verdict for day, (_, verdict) in ODD_LINES.items()}
    wrong = {day: found[day] for day in days if found[day] != expected[day]}
    assert not wrong


# Single measures: 100 in each month, or 0.1, but for the months that a case names. Without chance,
# the least changes decide.

SEASON = {month: 100 * (1 + 0.4 * math.cos(math.pi * month / 6)) for month in range(1, 40)}
GROWTH = {month: 100 * 1.3**month for month in range(1, 40)}
DECLINE = {month: 10**6 * 0.7**month for month in range(1, 40)}
ALTERNATING = {month: 100 + 10 * (-1) ** month for month in range(1, 40)}


@pytest.mark.parametrize(
    ("scale", "values", "month", "verdict", "more"),
    [
        ("amount", {10: 124.9}, 10, "usual", {}),
        ("amount", {10: 125.1}, 10, "unusual", {}),
        ("amount", {10: 80.1}, 10, "usual", {}),
        ("amount", {10: 79.9}, 10, "unusual", {}),
        ("amount", {9: 125.1}, 9, "too little history", {}),
        ("amount", {10: None}, 10, "too little history", {}),
        ("amount", {10: -1}, 10, "unusual", {}),
        ("amount", {8: -1, 9: -1}, 10, "too little history", {}),
        # Four standard errors of 300 beside 900 are a factor of 1.3056; half as far, of 1.1426.
        ("amount", {10: 130.5}, 10, "usual", {"sample_size": 300, "deviation": 1}),
        ("amount", {10: 130.6}, 10, "unusual", {"sample_size": 300, "deviation": 1}),
        ("amount", {10: 125.1}, 10, "unusual", {"sample_size": 300, "deviation": 0.5}),
        ("count", {10: 125.2}, 10, "usual", {}),
        ("count", {10: 125.3}, 10, "unusual", {}),
        ("count", {5: 0}, 10, "usual", {}),
        ("count", {10: 0}, 10, "unusual", {"sample_size": 0}),
        (
            "count",
            {month: 2 for month in range(1, 10)} | {10: 0},
            10,
            "usual",
            {"sample_size": 2, "deviation": 1},
        ),
        ("share", {10: 0.149}, 10, "usual", {}),
        ("share", {10: 0.151}, 10, "unusual", {}),
        ("share", {10: 0.051}, 10, "usual", {}),
        ("share", {10: 0.049}, 10, "unusual", {}),
        ("index", {10: 0.199}, 10, "usual", {}),
        ("index", {10: 0.201}, 10, "unusual", {}),
        ("index", {10: 0}, 10, "usual", {}),
        ("index", {10: 0.249}, 10, "usual", {"noise_floor": 0.15}),
        ("index", {10: 0.251}, 10, "unusual", {"noise_floor": 0.15}),
        ("index", {9: 0.3}, 9, "unusual", {}),  # indexes are told from the fourth month on
        ("days", {2: 0}, 2, "usual", {}),
        ("days", {2: 1}, 2, "unusual", {}),
        ("days", {2: None}, 2, "too little history", {}),
        (None, {10: 900}, 10, "reported", {}),
        # Changes of ln(110 / 90) to either side: as far again and four times 1.4826 spreads beyond
        # are 361. Once six changes have come back after a year, a quarter beyond the last is 137.5.
        ("amount", ALTERNATING | {20: 360}, 20, "usual", {}),
        ("amount", ALTERNATING | {20: 363}, 20, "unusual", {}),
        ("amount", ALTERNATING | {22: 137}, 22, "usual", {}),
        ("amount", ALTERNATING | {22: 138}, 22, "unusual", {}),
        # Growth and decline go on, or end; they do not turn.
        ("amount", GROWTH, 20, "usual", {}),
        ("amount", GROWTH | {20: GROWTH[18]}, 20, "usual", {}),
        ("amount", GROWTH | {20: GROWTH[18] * 0.79}, 20, "unusual", {}),
        ("amount", DECLINE, 12, "usual", {}),
        ("amount", DECLINE | {20: DECLINE[18]}, 20, "usual", {}),
        ("amount", DECLINE | {20: DECLINE[18] * 1.26}, 20, "unusual", {}),
        # What a year ago was the same is a season, in the same month only.
        ("amount", {12: 200, 24: 200}, 12, "unusual", {}),
        ("amount", {12: 200, 24: 240}, 24, "usual", {}),
        ("amount", {12: 200, 24: 260}, 24, "unusual", {}),
        ("amount", {12: 50, 24: 41}, 24, "usual", {}),
        ("amount", {12: 50, 24: 39}, 24, "unusual", {}),
        ("amount", {12: 200, 25: 200}, 25, "unusual", {}),
        ("amount", {12: 50, 24: 200}, 24, "unusual", {}),
        ("amount", SEASON, 34, "usual", {}),
        ("amount", SEASON | {34: SEASON[34] * 0.5}, 34, "unusual", {}),
    ],
)
def test_a_measure_is_judged_by_its_own_history(compiled, scale, values, month, verdict, more):
    start = {"share": 0.1, "index": 0.1, "days": 0}.get(scale, 100)
    case = {"sample_size": 10**12, "deviation": 0.0, "noise_floor": None} | more
    months = [
        case | {"month_number": number, "measured": values.get(number, start), "scale": scale}
        for number in range(1, max([*values, 13]) + 1)
    ]
    flows = pd.DataFrame(months).astype({"measured": float, "noise_floor": float, "scale": object})
    compiled.database.register("flows", flows)
    compiled.put(
        "int_segmentation__flows_measured",
        """
        select
            last_day(date '2010-12-01' + to_months(month_number::int)) as month_end,
            'case' as measure, 'flow' as measure_type, scale::text as scale, month_number,
            case when not isnan(measured) then measured end as measured,
            case when not isnan(noise_floor) then noise_floor end as noise_floor,
            sample_size, deviation
        from flows
        """,
    )
    compiled.make("int_segmentation__flows_judged")
    found = compiled.ask(
        "select verdict, band_low <= measured and measured <= band_high "
        f"from int_segmentation__flows_judged where month_number = {month}"
    )
    assert found == [(verdict, {"usual": True, "unusual": False}.get(verdict))]
