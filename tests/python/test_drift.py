"""Drift: what is planted in simulated shops is flagged, and quiet months are left in peace.

dbt compiles the models once; their queries then run for every shop on a database in memory.
"""

import json
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, SCHEMA
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
SEEDS = range(20)
BEGIN, END = date(2021, 1, 1), date(2024, 1, 1)
MONTHS = 24
PLANTED = date(2023, 6, 30)


@dataclass
class Shop:
    """Orders and returns, one row each with the lines on them; guests have no customer."""

    orders: pd.DataFrame

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
        run("create table customer_months (month_end date, rfm_segment text)")
        run(
            f"create table stg_segmentation__as_of as select date '{END}' as as_of_date, "
            f"date '{BEGIN}' as oldest_on"
        )
        self.queries = queries

    def build(self, shop: Shop) -> "Compiled":
        run = self.database.execute
        self.database.register("shop", shop.orders)
        run(
            """
            create or replace table int_segmentation__orders_typed as
            select
                who::text as customer_id, kind as order_type, day as ordered_at,
                greatest(value, 0)::decimal(18, 4) as gross_amount,
                value::decimal(18, 4) as net_amount
            from shop
            where kind <> 'guest'
            """
        )
        run(
            """
            create or replace table int_segmentation__days_counted as
            select
                day::date as ordered_on, last_day(day) as month_end, sum(lines) as line_count,
                coalesce(sum(lines) filter (kind = 'guest'), 0) as guest_line_count,
                coalesce(sum(lines) filter (kind <> 'guest'), 0) as customer_line_count
            from shop
            group by all
            """
        )
        for model in MODELS:
            run(f"create or replace table {model} as {self.queries[model]}")
        return self

    def ask(self, query: str) -> list[tuple]:
        return self.database.execute(query).fetchall()

    def unusual(self) -> set[tuple[date, str]]:
        return set(
            self.ask("select month_end, measure from segment_drift where verdict = 'unusual'")
        )


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compiled]:
    folder = tmp_path_factory.mktemp("compiled")
    settings = {"history_months": MONTHS, "segmentations": ["rfm"]}
    words = ["--log-level", "none", "compile", "--no-introspect", "--select", *MODELS]
    words += ["--vars", json.dumps(settings), "--profiles-dir", str(ROOT)]
    with pytest.MonkeyPatch.context() as patch, chdir(ROOT):
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
