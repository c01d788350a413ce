"""UCI Online Retail, right to the penny: figures counted independently in DuckDB and pandas."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
import yaml
from conftest import ROOT, TABLES, WITH_HISTORY, Outcome, Workshop, fingerprint, shared_data
from test_builds import assert_kmeans_is_plain

SETTINGS = yaml.safe_load((ROOT / "examples/online_retail.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory) -> Outcome:
    path = shared_data("online_retail.csv.gz")
    workshop = Workshop(tmp_path_factory.mktemp("online_retail"))
    built = workshop.run(
        "segmentation", "build", "--vars", "examples/online_retail.yml", "--transactions", str(path)
    )
    assert built.code == 0, built.err
    return built


def test_every_row_has_its_class(online_retail):
    found = online_retail.ask(
        "select line_class, sum(row_count), sum(amount) from input_reconciliation group by 1"
    )
    assert {name: (rows, amount) for name, rows, amount in found} == {
        "sale": (391_153, Decimal("8737227.643")),
        "return": (8_506, Decimal("-471750.71")),
        "service": (1_905, Decimal("13042.491")),
        "guest": (132_565, Decimal("1469611.65")),
        "duplicate": (5_263, Decimal("21740.98")),
        "rejected": (2_517, Decimal("-22124.12")),
    }
    assert sum(row[1] for row in found) == 541_909
    assert sum(row[2] for row in found) == Decimal("9747747.934")
    assert online_retail.one("select count(*) from rejected_transactions") == 2_517


def test_orders_and_customers(online_retail):
    [(sales, buyers)] = online_retail.ask(
        "select count(*), count(distinct customer_id) from customer_orders "
        "where order_type <> 'return'"
    )
    assert (sales, buyers) == (18_402, 4_334)
    assert online_retail.one("select count(*) from customer_segments") == 4_372
    never_sold = """
        select count(*) from customer_segments
        where customer_id in (select customer_id from customer_orders)
            and customer_id not in (
                select customer_id from customer_orders where order_type <> 'return'
            )
    """
    assert online_retail.one(never_sold) == 28
    assert online_retail.one("select sum(monetary) from customer_segments") == Decimal(
        "8265476.933"
    )


def test_sixty_orders_are_cancelled_within_a_day(online_retail):
    [(orders, money)] = online_retail.ask(
        "select count(*), sum(net_amount) from customer_orders where order_type = 'cancelled'"
    )
    assert (orders, money) == (60, Decimal("277610.34"))
    huge = online_retail.ask(
        "select order_id, gross_amount from customer_orders "
        "where order_type = 'cancelled' order by gross_amount desc limit 2"
    )
    assert huge == [("581483", Decimal("168469.60")), ("541431", Decimal("77183.60"))]


def test_segments_have_the_sizes_that_were_measured(online_retail):
    """Shares of customers and revenue within 1.5 points of those of an independent computation."""
    measured = {
        "Champions": (0.18, 0.63), "Loyal": (0.10, 0.12), "Potential Loyalists": (0.11, 0.04),
        "New": (0.02, 0.00), "Promising": (0.04, 0.01), "Need Attention": (0.06, 0.05),
        "About to Sleep": (0.10, 0.02), "At Risk": (0.10, 0.07), "Can't Lose Them": (0.02, 0.03),
        "Hibernating": (0.11, 0.02), "Lost": (0.17, 0.02),
    }  # fmt: skip
    found = online_retail.ask(
        "select segment, customer_share, revenue_share from segment_summary "
        "where segmentation = 'rfm' and segment not in ('Returns only', 'Prospect')"
    )
    assert {row[0] for row in found} == set(measured)
    for segment, customers, revenue in found:
        assert (customers, revenue) == pytest.approx(measured[segment], abs=0.015), segment


def sizes(outcome: Outcome, segmentation: str) -> dict[str, int]:
    """Customers of each segment that has any."""
    query = "select segment, customers from segment_summary where segmentation = $name"
    return {name: count for name, count in outcome.ask(query, name=segmentation) if count}


def test_wholesalers_are_few_and_buy_a_third(online_retail):
    """About 195 customers and 36 % of revenue, a third of them with one order."""
    [(traders, likely, share)] = online_retail.ask(
        """
        select
            count(case when buyer_type <> 'consumer' then 1 end),
            count(case when buyer_type = 'likely wholesale' then 1 end),
            sum(case when buyer_type <> 'consumer' then monetary end) / sum(monetary)
        from customer_segments
        """
    )
    assert traders == pytest.approx(195, abs=10)
    assert likely == pytest.approx(traders / 3, abs=5)
    assert share == pytest.approx(0.36, abs=0.01)
    assert (
        online_retail.one(
            "select count(*) from (select buyer_type from customer_segments order by monetary desc "
            "limit 20) where buyer_type = 'consumer'"
        )
        <= 2
    )


def test_behaviours_have_the_sizes_that_were_measured(online_retail):
    """Within 15 customers; Bargain hunter was counted with Mixed."""
    found = sizes(online_retail, "behaviour")
    found["Mixed"] += found.pop("Bargain hunter")
    measured = {
        "Return-prone": 45, "Too few orders": 2242, "Regular rhythm": 372,
        "Repeat favourites": 119, "Big basket": 237, "Explorer": 270, "Mixed": 854,
    }  # fmt: skip
    assert {name: found[name] for name in measured} == pytest.approx(measured, abs=15)
    assert max(found.values()) < 0.7 * sum(found.values())
    # One year of data shows no season.
    assert "Seasonal" not in found


def test_value_classes_are_those_of_pareto(online_retail):
    """About 80, 15 and 5 % of what is positive, and class sizes by a computation in pandas."""
    revenue = online_retail.ask(
        "select value_segment, revenue_12_months from customer_segments "
        "where customer_status = 'buyer' order by revenue_12_months desc"
    )
    positive = [(segment, max(money, 0)) for segment, money in revenue]
    everything = sum(money for _, money in positive)
    for segment, share in {"A": 0.8, "B": 0.15, "C": 0.05}.items():
        of_segment = sum(money for name, money in positive if name == segment)
        assert float(of_segment / everything) == pytest.approx(share, abs=0.001)
    found = sizes(online_retail, "value")
    for segment, measured in {"A": 1166, "B": 1459, "C": 1709}.items():
        assert found[segment] == pytest.approx(measured, rel=0.03)


def test_predicted_value_says_what_it_is_worth_here(online_retail):
    """The model sees nobody leave and predicts too little: no amounts, no probability, a rank."""
    fits = online_retail.ask(
        "select customer_group, prediction_status, holdout_order_ratio from prediction_quality "
        "order by 1"
    )
    assert [group for group, _, _ in fits] == ["consumer", "wholesale"]
    for _, status, ratio in fits:
        assert status in ("no dropout identified", "not calibrated")
        assert ratio == pytest.approx(0.74, abs=0.05)
    assert online_retail.ask(
        """
        select
            count(predicted_orders_12_months), count(predicted_revenue_12_months),
            count(probability_active), count(predicted_value_position), min(came_back_share) > 0.3
        from customer_segments
        where customer_status = 'buyer'
        """
    ) == [(0, 0, 0, 4_333, True)]


def test_overdue_is_not_gone(online_retail):
    """Twice the own median gap flags a fifth of repeaters, and most of these came back."""
    [(share, came_back)] = online_retail.ask(
        """
        select
            count(case when is_overdue then 1 end) / count(is_overdue),
            max(case when is_overdue then came_back_share end)
        from customer_segments
        """
    )
    assert share == pytest.approx(0.21, abs=0.05)
    assert came_back == pytest.approx(0.58, abs=0.02)


def test_stages_tell_who_comes_back(online_retail, workshop):
    """Stages of 11 September, built without a later row, against the orders of the next 90 days."""
    before = workshop.build_here(
        SETTINGS | {"as_of_date": "2011-09-11", "segmentations": ["rfm", "lifecycle"]},
        transactions=shared_data("online_retail.csv.gz"),
        only=TABLES,
    )
    assert before.code == 0, before.err
    came_back = {
        customer
        for (customer,) in online_retail.ask(
            "select distinct customer_id from customer_orders where order_type = 'sale' "
            "and ordered_at >= '2011-09-12' and ordered_at < '2011-12-11'"
        )
    }
    stages = {}
    for customer, stage in before.ask(
        "select customer_id, lifecycle_segment from customer_segments"
    ):
        stages.setdefault(stage, []).append(customer in came_back)
    rates = {stage: sum(back) / len(back) for stage, back in stages.items()}
    measured = {
        "Active repeat": 0.89, "Developing": 0.69, "Reactivated": 0.58, "At risk": 0.56,
        "New": 0.48, "One-time": 0.43, "Lapsed": 0.36,
    }  # fmt: skip
    found = {stage: rates[stage] for stage in measured}
    assert found == pytest.approx(measured, abs=0.025)
    assert sorted(found, key=found.get, reverse=True) == list(measured)
    assert len(stages["Active repeat"]) == pytest.approx(654, abs=15)
    assert len(stages["Lapsed"]) == pytest.approx(1_056, abs=20)


def test_kmeans_is_that_of_scikit_learn(online_retail):
    assert_kmeans_is_plain(online_retail)


def test_gross_revenue_without_service_codes(workshop):
    """The plain reading: every valid line once, whatever its code, and nothing cancelled."""
    path = shared_data("online_retail.csv.gz")
    settings = SETTINGS | {"seed_overrides": {}, "monetary_basis": "gross", "cancellation_days": 0}
    settings["segmentations"] = ["rfm"]
    built = workshop.build_here(settings, transactions=path, only=TABLES)
    assert built.code == 0, built.err
    assert built.ask(
        "select sum(row_count), sum(amount) from input_reconciliation where line_class = 'sale'"
    ) == [(392_692, Decimal("8887208.894"))]
    [(customers, revenue, lowest, highest, mean, median)] = built.ask(
        """
        select count(*), sum(monetary), min(recency_days), max(recency_days),
            round(avg(recency_days), 2), median(recency_days)
        from customer_segments where customer_status = 'buyer'
        """
    )
    assert (customers, revenue) == (4_338, Decimal("8887208.894"))
    assert (lowest, highest, mean, median) == (1, 374, 93.06, 51)
    [(once, twice, most, mean)] = built.ask(
        """
        select count(case when frequency = 1 then 1 end), count(case when frequency = 2 then 1 end),
            max(frequency), round(avg(frequency), 3)
        from customer_segments where customer_status = 'buyer'
        """
    )
    assert (once, twice, most, mean) == (1_493, 835, 209, 4.272)


# The forms in which copies of the file go round, each with its lines in another order


@pytest.fixture(scope="module")
def share(tmp_path_factory) -> Path:
    """Of a tenth of the customers, and of a fiftieth of the invoices without one; and every £."""
    path = tmp_path_factory.mktemp("share") / "share.csv"
    duckdb.sql(
        f"""
        from read_csv('{shared_data("online_retail.csv.gz")}', all_varchar = true)
        where
            case
                when CustomerID is null then hash(InvoiceNo) % 50 = 0
                else hash(CustomerID) % 10 = 0
            end
            or contains(Description, '£')
        """
    ).write_csv(str(path))
    return path


@pytest.fixture(scope="module")
def plain(share, tmp_path_factory) -> Outcome:
    """The share as it is in the file."""
    workshop = Workshop(tmp_path_factory.mktemp("plain"))
    built = workshop.build_here(SETTINGS, transactions=share, only=TABLES)
    assert built.code == 0, built.err
    return built


def lines_of(source: Path, order: str) -> duckdb.DuckDBPyRelation:
    """The lines with every column as the type that it holds, in an order of their own."""
    return duckdb.sql(
        f"""
        select
            * replace (
                Quantity::integer as Quantity, UnitPrice::double as UnitPrice,
                InvoiceDate::timestamp as InvoiceDate, CustomerID::double as CustomerID
            )
        from read_csv('{source}', all_varchar = true)
        order by {order}
        """
    )


def as_workbook(source: Path, folder: Path) -> tuple[Path, dict]:
    """As UCI publishes it: dates as dates, and every number as a number, ids among them."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Online Retail")
    lines = lines_of(source, "InvoiceNo desc, hash(StockCode)")
    sheet.append(lines.columns)
    for invoice, product, *others in lines.fetchall():
        ids = (float(code) if code.isdecimal() else code for code in (invoice, product))
        sheet.append((*ids, *others))
    book.save(folder / "Online Retail.xlsx")
    return folder / "Online Retail.xlsx", {}


def as_american_text(source: Path, folder: Path) -> tuple[Path, dict]:
    """As the copies on the web have it: 12/1/2010 8:26, and the pound sign in ISO-8859-1."""
    path = folder / "data.csv"
    lines_of(source, "hash(InvoiceNo, StockCode, Quantity)").project(
        "* replace (strftime(InvoiceDate, '%-m/%-d/%Y %-H:%M') as InvoiceDate)"
    ).write_csv(str(path))
    path.write_bytes(path.read_text(encoding="utf-8").encode("latin-1"))
    return path, {"encoding": "latin-1"}


def as_european_text(source: Path, folder: Path) -> tuple[Path, dict]:
    """As a program with a decimal comma saves it, with a comma in ids that were numbers, too."""
    path = folder / "online_retail.csv"
    lines_of(source, "Country, InvoiceNo desc, StockCode").project(
        """
        * replace (
            replace(UnitPrice::text, '.', ',') as UnitPrice,
            replace(CustomerID::text, '.', ',') as CustomerID,
            strftime(InvoiceDate, '%d.%m.%Y %H:%M') as InvoiceDate
        )
        """
    ).write_csv(str(path), sep=";")
    return path, {"decimal_separator": ","}


def as_parquet(source: Path, folder: Path) -> tuple[Path, dict]:
    """As a data frame saves it."""
    lines_of(source, "InvoiceDate desc, StockCode").write_parquet(str(folder / "lines.parquet"))
    return folder / "lines.parquet", {}


def test_the_share_holds_lines_of_every_kind(share, plain):
    assert "£" in share.read_text(encoding="utf-8")
    classes = "select distinct line_class from input_reconciliation order by 1"
    assert [name for (name,) in plain.ask(classes)] == [
        *("duplicate", "guest", "rejected", "return", "sale", "service"),
    ]
    assert plain.one("select count(*) from customer_segments") > 400
    assert plain.one("select count(*) from customer_orders where order_type = 'cancelled'") > 0


@pytest.mark.parametrize("form", [as_workbook, as_american_text, as_european_text, as_parquet])
def test_every_form_gives_the_same_marts(
    share, plain, workshop, form: Callable[[Path, Path], tuple[Path, dict]]
):
    """To the last digit; a rejected row keeps the text that it came with, so those are counted."""
    path, settings = form(share, workshop.folder)
    built = workshop.build_here(SETTINGS | settings, transactions=path, only=TABLES)
    assert built.code == 0, built.err
    left_out = ("rejected_transactions",)
    assert built.fingerprints(left_out) == plain.fingerprints(left_out)
    reasons = "select reason, count(*) from rejected_transactions group by 1 order by 1"
    assert built.ask(reasons) == plain.ask(reasons)


HISTORY = ("customer_months", "segment_migrations")
OF_HISTORY = {
    **WITH_HISTORY,
    "segmentations": ["rfm", "value", "lifecycle"],
    "predict_value": False,
}


def cut(source: Path, folder: Path, day: str, later: str) -> Path:
    """The lines up to a day as they are, and those after it with these values in their place."""
    path = folder / f"{day}.parquet"
    duckdb.sql(f"""
        select * from read_csv('{source}', all_varchar = true)
        where InvoiceDate::date <= '{day}'
        {later}
    """).write_parquet(str(path))
    return path


ALL_ELSE = """
    union all
    select
        InvoiceNo || '7', StockCode, Description, ((Quantity::int * 3) % 50 + 1)::text,
        strftime(InvoiceDate::timestamp + interval 9 hour, '%Y-%m-%d %H:%M:%S'),
        (UnitPrice::double + 1)::text, (17850 - CustomerID::double % 4000)::text, Country
    from read_csv('{source}', all_varchar = true)
    where InvoiceDate::date > '{day}' and hash(InvoiceNo) % 3 > 0
"""


@pytest.mark.parametrize(
    ("day", "later"),
    [
        *(("2011-02-28", ""), ("2011-05-31", ""), ("2011-08-31", ""), ("2011-11-30", "")),
        ("2011-07-31", ALL_ELSE),
    ],
)
def test_no_month_knows_what_came_later(online_retail, workshop, day, later):
    """Without the lines after a month's end, or with others, all months up to it are the same."""
    source = shared_data("online_retail.csv.gz")
    path = cut(source, workshop.folder, day, later.format(source=source, day=day))
    built = workshop.build_here(SETTINGS | OF_HISTORY, path, only=TABLES)
    assert built.code == 0, built.err
    for mart in HISTORY:
        rows = f"select * from {mart} where month_end <= '{day}'"
        assert fingerprint(built.ask(rows)) == fingerprint(online_retail.ask(rows))
    assert built.one(f"select count(*) from customer_months where month_end = '{day}'") > 1700


def test_moves_are_as_frequent_as_was_measured(online_retail):
    """A third to three quarters change, six in ten of them idle; few turn back the next month."""
    moves = online_retail.ask("""
        select
            sum(customers) filter (is_move) / sum(customers),
            sum(aged_customers + others_moved_customers) / sum(customers) filter (is_move),
            sum(flapped_customers) / sum(customers)
        from segment_migrations
        where segmentation = 'rfm' and month_end >= '2011-03-01'
        group by month_end
    """)
    assert len(moves) == 9
    for moved, idle, flapped in moves:
        assert 0.33 < moved < 0.73
        assert 0.57 < idle < 0.70
        assert 0.015 < flapped < 0.08


def test_revenue_goes_to_the_segment_of_the_time(online_retail):
    """Today's segments credit Champions with what made them Champions."""
    [(today, before)] = online_retail.ask("""
        select
            sum(orders.net_amount) filter (rfm_segment = 'Champions') / sum(orders.net_amount),
            sum(orders.net_amount) filter (rfm_segment_before = 'Champions')
                / sum(orders.net_amount)
        from customer_orders as orders inner join customer_segments using (customer_id)
        where rfm_segment_before is not null
    """)
    assert today > before + 0.12
    assert before == pytest.approx(0.533, abs=0.03)


def test_cohorts_equal_a_count_of_the_orders(online_retail):
    """Counted from orders alone, with calendar months by their number."""
    found = online_retail.ask("""
        select cohort_month, months_since, active_customers, order_count from cohort_retention
        where cohort_by = 'first month' and active_customers > 0 order by 1, 2
    """)
    counted = online_retail.ask("""
        with orders as (
            select
                customer_id, order_id, last_day(ordered_at) as month_end,
                min(last_day(ordered_at)) over (partition by customer_id) as cohort_month
            from customer_orders where order_type = 'sale'
        )
        select
            cohort_month, datediff('month', cohort_month, month_end),
            count(distinct customer_id), count(*)
        from orders group by 1, 2 order by 1, 2
    """)
    assert found == counted
    assert len(found) == 13 * 14 / 2
