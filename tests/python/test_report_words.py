"""Every number of the report's sentences, counted anew from single customers and orders.

The demo's data end on 31 December 2024, and its build is as of 1 January 2025.
"""

import html
import json
import math
import re
import shutil
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import changed

from segmentation.report.facts import group, page_one
from segmentation.report.history import cohorts, drift, migration
from segmentation.report.marts import Marts
from segmentation.report.people import geography
from segmentation.report.segments import rfm
from segmentation.report.words import change, join, month, number, people, percent, whole
from segmentation.summary import TITLES

YEAR, YEAR_BEFORE = ("2024-01-02", "2025-01-01"), ("2023-01-02", "2024-01-01")
SCORED = ["r_score", "f_score"]
# Who is in no segment of RFM's grid.
OUTSIDE = ("Prospect", "Returns only", "Not profiled")


def spaced(text: str) -> str:
    """With plain blanks where numbers and units are kept on one line."""
    return " ".join(text.replace("\u00a0", " ").split())


class Page:
    """The words of a report, without the tables, and the marts that it is about."""

    def __init__(self, folder: Path):
        whole_page = (folder / "report.html").read_text(encoding="utf-8")
        text = whole_page[whole_page.index("<main") : whole_page.index("</main>")]
        [months] = re.findall(r'id="months">(.*?)</script>', whole_page, flags=re.DOTALL)
        self.months = json.loads(months)
        self.text = re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
        self.connection = duckdb.connect(str(folder / "segments.duckdb"), read_only=True)
        self.customers = self.frame("customer_segments").set_index("customer_id")
        self.orders = self.frame("customer_orders")
        self.orders["day"] = self.orders.ordered_at.dt.normalize()
        self.sales = self.orders[self.orders.order_type == "sale"]
        self.first_days = self.sales.groupby("customer_id").day.min()
        # Not from the customers' mart, which has its own sums.
        everybody = self.customers.index
        self.customers["ever"] = self.revenue(self.orders).reindex(everybody, fill_value=0.0)
        self.customers["year"] = self.revenue(self.between(self.orders, YEAR)).reindex(
            everybody, fill_value=0.0
        )
        attributes = self.frame("customer_attributes")
        attributes = attributes[attributes.attribute == "age"]
        self.ages = attributes.set_index("customer_id").number_value.dropna()
        self.customers["orders"] = self.sales.groupby("customer_id").order_id.nunique()

    def frame(self, table: str) -> pd.DataFrame:
        frame = self.connection.sql(f"select * from {table}").df()
        amounts = [name for name in frame if name.endswith("amount")]
        return frame.assign(**{name: frame[name].astype(float) for name in amounts})

    @staticmethod
    def revenue(orders: pd.DataFrame) -> pd.Series:
        return orders.groupby("customer_id").net_amount.sum().astype(float)

    @staticmethod
    def between(orders: pd.DataFrame, days: tuple[str, str]) -> pd.DataFrame:
        return orders[orders.day.between(*days)]

    def found(self, pattern: str) -> list[tuple[str, ...]]:
        return [
            tuple(
                spaced(html.unescape(re.sub("<[^>]+>", " ", part)))
                for part in ([each] if isinstance(each, str) else each)
            )
            for each in re.findall(pattern, self.text, flags=re.DOTALL)
        ]

    def takeaways(self) -> dict[str, str]:
        return dict(
            self.found(r'<figure [^>]*id="figure-([^"]+)">.*?<p class="takeaway"[^>]*>(.*?)</p>')
        )

    def until_last_order(self, members: pd.DataFrame) -> float:
        """Revenue of the year that each one's last order ends, and of returns after it."""
        last = self.orders.customer_id.map(self.sales.groupby("customer_id").day.max())
        recent = self.orders[self.orders.day > last - pd.DateOffset(months=12)]
        return recent[recent.customer_id.isin(members.index)].net_amount.sum()

    def members(self, *segments: str) -> pd.DataFrame:
        return self.customers[self.customers.rfm_segment.isin(segments)]

    def staged(self, *stages: str) -> pd.DataFrame:
        return self.customers[self.customers.lifecycle_segment.isin(stages)]


@pytest.fixture(scope="module")
def page(published: Path) -> Page:
    return Page(published)


def test_the_measures_of_page_one(page: Page) -> None:
    told = {
        key: parts
        for key, *parts in page.found(
            r'id="measure-(\w+)".*?class="value">(.*?)</dd>.*?class="compared">(.*?)</dd>'
            r'.*?class="meaning">(.*?)</dd>'
        )
    }
    now, before = (page.between(page.orders, days) for days in (YEAR, YEAR_BEFORE))
    revenue, revenue_before = now.net_amount.sum(), before.net_amount.sum()
    active, active_before = (
        page.between(page.sales, days).customer_id.nunique() for days in (YEAR, YEAR_BEFORE)
    )
    new = page.first_days[page.first_days >= YEAR[0]].index
    of_new = now[now.customer_id.isin(new)].net_amount.sum()
    began = page.first_days[page.first_days.between("2023-10-04", "2024-10-03")]
    later = page.sales.merge(began.rename("first"), left_on="customer_id", right_index=True)
    waited = (later.day - later["first"]).dt.days
    again = later[waited.between(1, 90)].customer_id.nunique()
    short = "Not compared: orders go back to 1 January 2023 only"
    assert told == {
        "revenue": [
            spaced(number(revenue)),
            spaced(f"{change(revenue, revenue_before)} on the year before")
            + f" ({spaced(number(revenue_before))}).",
            "What customers bought less what they returned, in the currency of the data.",
        ],
        "active_customers": [
            whole(active),
            spaced(f"{change(active, active_before)} on the year before ({whole(active_before)})."),
            "Customers with at least one order in these months.",
        ],
        "second_order_rate": [
            spaced(percent(again / len(began))),
            f"{short}.",
            f"Of the {people(len(began))} whose first 90 days ended in these months, those who "
            "ordered again on a later day within them.",
        ],
        "new_revenue": [
            spaced(number(of_new)),
            f"{short}, so it cannot be told who was new in the year before.",
            "From customers whose first order lies in these months: "
            f"{spaced(percent(of_new / revenue))} of revenue.",
        ],
        "returning_revenue": [
            spaced(number(revenue - of_new)),
            f"{short}, so it cannot be told who was new in the year before.",
            "From customers who had ordered before these months: "
            f"{spaced(percent(1 - of_new / revenue))} of revenue.",
        ],
    }


@pytest.mark.parametrize(("days", "more"), [(0, 0), (1, 1), (90, 1), (91, 0)])
def test_a_second_order_is_on_a_later_day_within_ninety(
    published: Path, tmp_path: Path, days: int, more: int
) -> None:
    def rate(folder: Path) -> float:
        with closing(Marts(folder / "segments.duckdb")) as marts:
            return next(
                each.exact
                for each in page_one(marts, []).measures
                if each.key == "second_order_rate"
            )

    with changed(published, tmp_path) as connection:
        connection.execute(
            f"""
            insert into customer_orders
            select * replace (
                'another' as order_id, ordered_at + interval {days} day as ordered_at
            )
            from customer_orders
            where customer_id = (
                select customer_id from customer_orders
                group by all
                having count(*) = 1 and max(order_type) = 'sale'
                    and min(ordered_at) between '2024-03-01' and '2024-06-01'
                order by all limit 1
            )
            """
        )
    assert (rate(tmp_path) > rate(published)) == bool(more)


def test_the_findings_of_page_one(page: Page) -> None:
    told = dict(page.found(r'class="finding"><h3>(.*?)</h3><p>(.*?)</p>'))
    customers = page.customers
    best = customers.groupby("rfm_segment").year.sum().idxmax()
    top = page.members(best)
    leaving, gone = page.staged("At risk"), page.staged("Lapsed")
    months = page.frame("customer_months")
    directory = page.frame("segment_directory")
    ranks = directory[directory.segmentation == "rfm"].set_index("segment").segment_rank
    last = months[months.month_end == months.month_end.max()]
    step = last.rfm_segment.map(ranks) - last.previous_rfm_segment.map(ranks)
    # Without the orders of the month, which are what moves up.
    earlier = page.revenue(page.between(page.orders, ("2023-12-01", "2024-11-30")))
    up, down = (
        (len(moved), earlier.reindex(moved.customer_id).sum())
        for moved in (last[step > 0], last[step < 0])
    )
    spent = customers.year[customers.year > 0].sort_values(ascending=False)
    [top_1, top_10] = [
        f"({people(size)}) brought {percent(spent.head(size).sum() / spent.sum())}"
        for size in (-(-len(spent) // 100), -(-len(spent) // 10))
    ]
    assert told == {
        "Who is worth most": spaced(
            f"{best}: {people(len(top))}, {percent(len(top) / len(customers))} of all, brought "
            f"{percent(top.year.sum() / customers.year.sum())} of the last twelve months' revenue "
            f"({number(top.year.sum())}). Bought recently and often and spend the most: thank "
            "them and ask for reviews and recommendations."
        ),
        "Who is leaving, and what that is worth": spaced(
            f"{people(len(leaving))} (lifecycle stage At risk) have stayed away for longer than "
            "their own rhythm lets expect. In the year up to each one's last order they brought "
            f"{number(page.until_last_order(leaving))}: that is what is at stake. Of the last "
            f"twelve months' revenue {number(leaving.year.sum())} is theirs, "
            f"{percent(leaving.year.sum() / customers.year.sum())}. Another {whole(len(gone))} "
            "(lifecycle stage Lapsed) are probably gone; their last year brought "
            f"{number(page.until_last_order(gone))}."
        ),
        "Value gained and lost in December 2024": spaced(
            f"{people(up[0])} moved to a better segment, and {whole(down[0])} to a weaker one. "
            f"In the twelve months before, the former had brought {number(up[1])} and the latter "
            f"{number(down[1])}."
        ),
        "How much depends on few": spaced(
            f"Of the last twelve months' revenue the best 1 % {top_1} and the best 10 % {top_10}."
        ),
    }


def test_the_actions_of_page_one(page: Page) -> None:
    told = page.found(r"<li>\s*<h4>(.*?)</h4>\s*<p>(.*?)</p>\s*<p class=\"size\">(.*?)</p>")
    leaving = page.staged("At risk")
    once = page.staged("New", "One-time")
    best = page.staged("Active repeat")
    permitted = [each.marketing_allowed.sum() for each in (leaving, once, best)]
    order_value = once.ever.sum() / once.orders.sum()
    assert told == [
        (
            f"Win back those who are leaving {people(len(leaving))}: lifecycle stage At risk",
            "Write to the biggest spenders in person, to the others with a reminder. "
            f"{permitted[0]} of them allow marketing.",
            "If one in ten spends again as in the year up to the last order: "
            f"{spaced(number(page.until_last_order(leaving) / 10))} a year.",
        ),
        (
            f"Win the second order {people(len(once))}: lifecycle stages New and One-time",
            "They ordered once, not long ago: give them a reason to come back within weeks. "
            f"{permitted[1]} of them allow marketing.",
            "If one in ten orders once more at the value of their first order: "
            f"{spaced(number(len(once) / 10 * order_value))}.",
        ),
        (
            f"Look after your best customers {people(len(best))}: lifecycle stage Active repeat",
            "Early access, service and thanks rather than discounts: they buy anyway. "
            f"{permitted[2]} of them allow marketing.",
            "Each percent that they spend more or less is "
            f"{spaced(number(best.year.sum() / 100))} a year; they bring "
            f"{spaced(percent(best.year.sum() / page.customers.year.sum()))} of revenue.",
        ),
    ]


def test_nobody_moves_and_nobody_is_said_to(published: Path, tmp_path: Path) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute("update customer_months set previous_rfm_segment = rfm_segment")
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        findings = page_one(marts, []).findings
    [said] = [text for title, text in findings if title.startswith("Value gained and lost")]
    assert said == "Too few customers moved up or down for it to be shown."


@pytest.mark.parametrize(
    ("column", "within"), [("country", "geographic_segment"), ("city", "country")]
)
def test_what_places_leave_of_where_they_lie_is_of_nobody_or_of_enough(
    published: Path, tmp_path: Path, column: str, within: str
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            f"""
            update customer_segments set {column} = 'Atlantis'
            where customer_id in (
                select customer_id from customer_segments
                where is_profiled and {column} in ('Paris', 'Belgium')
                order by customer_id limit 2
            )
            """
        )
        rows = connection.execute(
            f"select {within}, {column}, count(*) from customer_segments "
            f"where is_profiled and {column} is not null group by all"
        ).fetchall()
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        [figure] = [each for each in geography(marts).figures if each.key == f"where-{column}"]
    told = {name for name, *_ in figure.table.rows}
    assert "Atlantis" in {name for _, name, _ in rows} - told
    sizes, left = Counter(), Counter()
    for place, name, customers in rows:
        sizes[place] += customers
        left[place] += 0 if name in told else customers
    # Of a place that is small itself nothing is told.
    assert not [place for place in sizes if sizes[place] >= 5 and 0 < left[place] < 5]


def test_a_hidden_segment_is_in_no_sum(published: Path, tmp_path: Path) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            "update segment_summary set customers = null "
            "where segmentation = 'lifecycle' and segment = 'One-time'"
        )
        [(new,)] = connection.execute(
            "select count(*) from customer_segments where lifecycle_segment = 'New'"
        ).fetchall()
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        found = group(marts, "one order")
    assert (found["customers"], found["present"]) == (new, ["New"])


@pytest.mark.parametrize(("days", "more"), [(364, 1), (366, 0), (-40, 1)])
def test_at_stake_is_the_year_up_to_the_last_order_and_what_came_back_since(
    published: Path, tmp_path: Path, days: int, more: int
) -> None:
    def stake(folder: Path) -> float:
        with closing(Marts(folder / "segments.duckdb")) as marts:
            return group(marts, "leaving")["revenue_until_last_order"]

    with changed(published, tmp_path) as connection:
        connection.execute(
            f"""
            insert into customer_orders
            select * replace (
                'another' as order_id, ordered_at - {days} * interval 1 day as ordered_at,
                1000 as net_amount
            )
            from customer_orders
            where customer_id = (
                select min(customer_id) from customer_segments
                where lifecycle_segment = 'At risk'
            ) and order_type = 'sale'
            order by ordered_at desc limit 1
            """
        )
    assert stake(tmp_path) - stake(published) == 1000 * more


@pytest.mark.parametrize("named", [True, False])
def test_without_the_lifecycle_rfm_tells_who_is_leaving(
    page: Page, published: Path, tmp_path: Path, named: bool
) -> None:
    """Its segments of the usual names; where they have others, that is said."""
    with changed(published, tmp_path) as connection:
        connection.execute("delete from segment_directory where segmentation = 'lifecycle'")
        if not named:
            connection.execute("update segment_directory set segment = segment || ' ones'")
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        first = page_one(marts, [])
    said = dict(first.findings)["Who is leaving, and what that is worth"]
    leaving, gone = page.members("At Risk", "Can't Lose Them"), page.members("Lost")
    if named:
        assert spaced(said) == spaced(
            f"{people(len(leaving))} (RFM segments At Risk and Can't Lose Them) used to order or "
            "spend well and have stayed away. In the year up to each one's last order they brought "
            f"{number(page.until_last_order(leaving))}: that is what is at stake. Of the last "
            f"twelve months' revenue {number(leaving.year.sum())} is theirs, "
            f"{percent(leaving.year.sum() / page.customers.year.sum())}. Another "
            f"{whole(len(gone))} (RFM segment Lost) are probably gone; their last year brought "
            f"{number(page.until_last_order(gone))}."
        )
        who = [action.who for action in first.actions]
        assert who[1:] == [
            f"{people(len(page.members(*names)))}: RFM segments {join(names)}"
            for names in (("New", "Promising"), ("Champions", "Loyal"))
        ]
    else:
        needs = "the segmentation lifecycle, or RFM segments of the usual names."
        assert (said, first.actions) == (f"Not told: it takes {needs}", [])
        assert first.no_action == f"Actions take {needs}"


def test_a_year_of_losses_is_told_and_nothing_is_its_share(published: Path, tmp_path: Path) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            """
            update customer_orders set net_amount = -net_amount;
            update customer_segments set
                net_amount = -net_amount, monetary = -monetary,
                revenue_12_months = -revenue_12_months
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        first, segments = page_one(marts, []), rfm(marts)
    revenue = first.measures[0]
    assert re.fullmatch(r"−[0-9]+ k", spaced(revenue.value))
    assert revenue.compared.startswith("In the year before: −")
    assert not [each.meaning for each in first.measures if "%" in each.meaning]
    said = " ".join(text for _, text in first.findings) + " ".join(a.size for a in first.actions)
    assert "returns taken off" in said and "at stake" not in said
    assert "nan" not in said and "–" not in said
    assert not [action for action in first.actions if "Win back" in action.title]
    [grid] = [figure for figure in segments.figures if figure.key == "grid-revenue"]
    assert re.search(r"holds a revenue of −[0-9.]+.{0,2}\.$", grid.takeaway), grid.takeaway


@pytest.mark.parametrize("few", [4, 5])
def test_page_one_tells_nothing_of_fewer_than_five(
    published: Path, tmp_path: Path, few: int
) -> None:
    """This year's customers, or the year before's, to whom these are compared."""
    shutil.copy(published / "segments.duckdb", tmp_path)

    def told(year: str, before: str) -> list:
        with duckdb.connect(str(tmp_path / "segments.duckdb")) as connection:
            connection.execute(
                f"""
                create or replace table customer_orders as
                select * from customer_orders where {before} or customer_id in (
                    select customer_id from customer_orders
                    where {year} and order_type = 'sale'
                    group by customer_id order by min(ordered_at), customer_id limit {few}
                )
                """
            )
        with closing(Marts(tmp_path / "segments.duckdb")) as marts:
            return page_one(marts, []).measures[:2]

    shown = told("ordered_at < '2024-01-02'", "ordered_at >= '2024-01-02'")
    assert {each.value == "–" for each in shown} == {False}
    assert {
        each.compared == "Not shown: it would tell of fewer than 5 customers." for each in shown
    } == {few < 5}
    shown = told("ordered_at >= '2024-01-02'", "ordered_at < '2024-01-02'")
    assert {each.value == "–" for each in shown} == {few < 5}
    assert {each.exact is None for each in shown} == {few < 5}


def test_a_habit_of_fewer_than_five_is_none(published: Path, tmp_path: Path) -> None:
    shutil.copy(published / "segments.duckdb", tmp_path)
    for few, told in ((4, False), (5, True)):
        with duckdb.connect(str(tmp_path / "segments.duckdb")) as connection:
            connection.execute(
                f"""
                update customer_segments set behaviour_segment = case
                    when customer_id in (
                        select customer_id from customer_segments
                        where rfm_segment = 'Need Attention' order by all limit {few}
                    ) then 'Explorer' else 'Mixed' end
                """
            )
        with closing(Marts(tmp_path / "segments.duckdb")) as marts:
            cards = {each.name: dict(each.facts) for each in rfm(marts).cards}
        assert ("Most common habit" in cards["Need Attention"]) == told


def test_what_page_one_says_that_the_data_cannot_tell(page: Page) -> None:
    told = dict(page.found(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>"))
    days = page.sales.groupby("customer_id").day.nunique()
    goods = page.frame("input_reconciliation")
    goods = goods[goods.line_class.isin(["guest", "sale", "return"])]
    guests = goods[goods.line_class == "guest"].amount.sum()
    forecast = page.customers[page.customers.predicted_revenue_12_months.notna()]
    objecting = (~page.customers.is_profiled).sum()
    assert told == {
        "How far back the data go": "From 1 January 2023 on, 731 days. Earlier orders are not "
        "known: who looks new in the first months may not be.",
        "Customers with one order": spaced(
            f"{percent((days == 1).mean())} of the {people(len(days))} who ever bought did so on "
            "one day only. One day tells no habit, so less is known of them."
        ),
        "Guests": spaced(
            f"Order lines without a customer came to {number(guests)}, "
            f"{percent(guests / goods.amount.sum())} of all goods sold less returns. Nobody can be "
            "recognised in them: they are in no customer's revenue and in no segment."
        ),
        "Forecasts": spaced(
            "Next year's purchases were modelled from past ones: consumer customers – it may be "
            "used; wholesale customers – the data are too short or hold too few repeat customers. "
            f"Of {people(len(forecast))} with a forecast, who brought "
            f"{number(forecast.year.sum())} in the last twelve months, it expects "
            f"{number(forecast.predicted_revenue_12_months.astype(float).sum())} in the next, "
            "before returns."
        ),
        "Profit": "The data hold no costs. What customers are worth is what they spend, and not "
        "what is earned on it.",
        "Objections": f"{people(objecting)} object to profiling: they are in every total and in "
        "no segment.",
    }


def test_the_takeaways_of_segments(page: Page) -> None:
    told, customers = page.takeaways(), page.customers
    everybody = page.frame("segment_members").merge(
        customers[["ever"]], left_on="customer_id", right_index=True
    )
    summary = page.frame("segment_summary")
    shown, hidden_ones = summary[summary.customers > 0], []
    for segmentation in shown.segmentation.unique():
        mine = everybody[
            everybody.segment_key.isin(shown[shown.segmentation == segmentation].segment_key)
        ]
        sizes = mine.groupby("segment").ever.agg(["size", "sum"])
        sizes = pd.DataFrame(
            {
                "customers": sizes["size"] / len(customers),
                "revenue": sizes["sum"] / customers.ever.sum(),
            }
        )
        over = sizes.revenue - sizes.customers
        top = over.drop(["Not profiled", "Unknown", "Other"], errors="ignore").idxmax()
        hides = summary[summary.segmentation == segmentation].customers.isna().any()
        hidden_ones.append(hides)
        assert told.pop(f"shares-{segmentation}") == spaced(
            f"{'Among the segments that are shown, ' if hides else ''}{top}: "
            f"{percent(sizes.customers[top])} of customers, "
            f"{percent(sizes.revenue[top])} of all revenue ever."
        )
        title = spaced(TITLES.get(segmentation, segmentation))
        assert segmentation == "rfm" or title in spaced(html.unescape(page.text)), segmentation
    assert not [key for key in told if key.startswith("shares-")]
    assert any(hidden_ones) and not all(hidden_ones)

    largest = customers.rfm_segment.value_counts().idxmax()
    members = page.members(largest)
    assert told["treemap"] == spaced(
        f"{largest} is the largest segment: {people(len(members))}, "
        f"{percent(len(members) / len(customers))} of all, with "
        f"{percent(members.ever.sum() / customers.ever.sum())} of all revenue ever."
    )
    scored = customers.dropna(subset=SCORED)
    for key, of, cells in (
        ("customers", "the customers who have scores", scored.groupby(SCORED).size()),
        ("revenue", "their revenue", scored.groupby(SCORED).ever.sum()),
    ):
        recency, frequency = cells.idxmax()
        assert told[f"grid-{key}"] == spaced(
            f"The largest cell that is shown, recency {recency} and frequency {frequency}, holds "
            f"{percent(cells.max() / cells.sum())} of {of} ({number(cells.max())})."
        )


def test_the_cards_of_segments(page: Page) -> None:
    cards = page.found(r'<article class="card segment"[^>]*>\s*<h4>(.*?)</h4>(.*?)</article>')
    assert len(cards) > 10
    for name, text in cards:
        members = page.members(name)
        size = (
            f"Size {people(len(members))}, {percent(len(members) / len(page.customers))} of all; "
            f"{number(members.ever.sum())} revenue ever"
        )
        assert spaced(size) in text
        if name in OUTSIDE:
            assert "What they buy" not in text
            assert ("What to do" in text) == (name != "Not profiled")
            continue
        assert "What to do" in text, name
        products = math.ceil(members.distinct_product_count.median())
        each = members.orders.mean()
        orders = "1 order" if each < 1.05 else f"{number(each)} orders"
        buy = (
            f"{orders} each, of {number(members.ever.sum() / members.orders.sum())} on average; "
            f"half of them bought {products} different product{'' if products == 1 else 's'} or "
            "more"
        )
        back = members.index.isin(page.orders[page.orders.order_type != "sale"].customer_id).sum()
        if 0 < back < 5 or 0 < len(members) - back < 5:
            assert "sent something back" not in text, name
        else:
            buy += f"; {percent(back / len(members))} of them ever sent something back or cancelled"
        persona = re.search(r"Who they are, where known (.*?) What they buy", text)
        told_of = set(persona[1].split("; ")) if persona else set()
        for column in ("gender", "country"):
            known = [
                each[column][each.is_profiled & ~each[column].isin(["Unknown"])].dropna()
                for each in (members, page.customers[page.customers.rfm_segment != "Not profiled"])
            ]
            for value, count in known[0].value_counts().items():
                share = count / len(known[0])
                line = f"{value} {percent(share)} (of all {percent((known[1] == value).mean())})"
                assert share > 0.5 or not [each for each in told_of if each.startswith(value)]
                if share > 0.5 and min(count, len(known[0]) - count) >= 25:
                    assert spaced(line) in told_of, (name, told_of)
        ages = page.ages.reindex(members.index).dropna()
        half = f"half are {number(ages.median())} or older (of all {number(page.ages.median())})"
        assert (half in told_of) == (len(ages) >= 5), name
        since = (pd.Timestamp("2025-01-01") - members.last_ordered_on).dt.days.mean()
        assert spaced(buy) in text, name
        assert spaced(f"Last order {number(since)} days ago on average") in text, name
        habits = members.behaviour_segment[
            ~members.behaviour_segment.isin(["Mixed", "Too few orders"])
        ].value_counts()
        common = habits[habits >= max(5, 0.1 * len(members))]
        if common.empty:
            assert "Most common habit" not in text, name
        else:
            told = re.search(r"Most common habit (.*?) \((.*?) of them\)", text)
            assert habits[told[1]] == habits.max(), name
            assert told[2] == spaced(percent(habits.max() / len(members))), name


def test_the_takeaways_of_the_history(page: Page) -> None:
    told = page.takeaways()
    months = page.frame("customer_months")
    first, last = months.month_end.min(), months.month_end.max()
    now = months[months.month_end == last]
    counts = months.groupby(["month_end", "previous_rfm_segment", "rfm_segment"]).size()
    moves = page.frame("segment_migrations").query("segmentation == 'rfm' and is_move")
    hides = moves[moves.customers.isna()].month_end.unique()
    moves = moves[moves.customers > 0]
    assert 0 < len(hides) < 24
    flows = page.frame("segment_migrations").query("segmentation == 'rfm'")
    gone = set()
    for when, each in page.months["sankey"].items():
        there = flows[flows.month_end == when]
        small = there.customers.isna()
        note = each["note"]
        assert note.startswith(f"{small.sum()} flow") if small.any() else not note, when
        for side, word in (("from_segment", "from"), ("to_segment", "to")):
            said = re.search(f"No flow {word} (.*?) is shown\\.", note)
            names = set(re.split(", | or ", said[1])) if said else set()
            assert names == set(there[side]) - set(there[~small][side]), when
            gone |= {(word, name) for name in names}
    assert {word for word, _ in gone} == {"from", "to"}
    said = {when: each["takeaway"] for when, each in page.months["sankey"].items()}
    assert len(said) == 24 and told["sankey"] == said["2024-12-31"]
    for when, text in said.items():
        there = moves[moves.month_end == when]
        flows = {
            pair: counts[(pd.Timestamp(when), *pair)]
            for pair in zip(there.from_segment, there.to_segment, strict=True)
        }
        if not flows:
            assert re.search("^No move in .* can be shown|nobody moved", text)
            continue
        which = " that is shown" if pd.Timestamp(when) in hides else ""
        largest = {
            f"The largest move{which} in {month(pd.Timestamp(when))}: {people(size)} went from "
            f"{before} to {after}."
            for (before, after), size in flows.items()
            if size == max(flows.values())
        }
        assert text in largest
    then = months[months.month_end == first]
    shares = pd.DataFrame(
        {
            end: each.rfm_segment.value_counts() / len(each)
            for end, each in (("first", then), ("last", now))
        }
    ).fillna(0)
    # Who is hidden at either end has no share.
    counted = pd.DataFrame(
        {0: then.rfm_segment.value_counts(), 1: now.rfm_segment.value_counts()}
    ).fillna(0)
    shares = shares[~counted.isin(range(1, 5)).any(axis=1)]
    most = (shares["last"] - shares["first"]).abs().idxmax()
    assert told["sizes"] == spaced(
        f"From January 2023 to December 2024 the share of {most} went from "
        f"{percent(shares['first'][most])} to {percent(shares['last'][most])}; all segments "
        f"together from {whole(len(then))} to {people(len(now))}."
    )

    # Cohorts whose own month is hidden count, too.
    third = cohorts_at_three(page)
    assert len(third) == 21
    assert told["cohorts-active-share"] == spaced(
        "In the third month after their first, "
        f"{percent(third.active.sum() / third.customers.sum())} of customers ordered."
    )
    assert told["cohorts-revenue-retention"] == spaced(
        "In the third month after their first, cohorts brought "
        f"{percent(third.revenue.sum() / third.base.sum())} of their first month's revenue."
    )


def cohorts_at_three(page: Page, earlier: int = 0) -> pd.DataFrame:
    """Every cohort that is at least three complete months old, by its first month.

    earlier: how many days each month ends before the calendar's.
    """
    days = pd.Timedelta(days=earlier)
    amounts = page.orders.assign(month=(page.orders.day + days).dt.to_period("M"))
    begun = (page.first_days + days).dt.to_period("M")
    rows = {}
    for cohort in pd.period_range("2023-01", "2024-09", freq="M"):
        members = begun[begun == cohort].index
        mine = amounts[amounts.customer_id.isin(members)]
        later = mine[mine.month == cohort + 3]
        rows[cohort] = {
            "customers": len(members),
            "active": later[later.order_type == "sale"].customer_id.nunique(),
            "revenue": later.net_amount.sum(),
            "base": mine[mine.month <= cohort].net_amount.sum(),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def test_a_hidden_cohort_of_few_is_in_no_sum(page: Page, published: Path, tmp_path: Path) -> None:
    third = cohorts_at_three(page)
    assert list(third.active["2023-11":"2024-01"]) == [4, 2, 1]
    with changed(published, tmp_path) as connection:
        # Only November, of 4 customers, stays hidden.
        connection.execute(
            """
            update cohort_retention set active_share = 0, revenue_retention = 0
            where cohort_month in ('2023-12-31', '2024-01-31')
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        told = [figure.takeaway for figure in cohorts(marts).figures]
    shown = third.drop("2023-11")
    begin = "In the third month after their first, "
    assert told == [
        f"{begin}{percent(shown.active.sum() / shown.customers.sum())} of customers of the cohorts "
        "that are shown ordered.",
        f"{begin}cohorts that are shown brought "
        f"{percent(shown.revenue.sum() / shown.base.sum())} of their first month's revenue.",
    ]


@pytest.mark.parametrize(("hidden", "charts"), [("months_since % 2 = 0", 0), ("false", 2)])
def test_cells_of_nobody_beside_hidden_ones_are_no_chart(
    published: Path, tmp_path: Path, hidden: str, charts: int
) -> None:
    """Where none is hidden, nobody came back, and the chart says so."""
    with changed(published, tmp_path) as connection:
        connection.execute(
            f"""
            update cohort_retention set active_share = if({hidden}, null, 0),
                revenue_retention = if({hidden}, null, 0)
            where months_since > 0
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        section = cohorts(marts)
    assert (len(section.figures), len(section.missing)) == (charts, 2 - charts)
    assert all("each cohort is of too few customers" in line for line in section.missing)


def test_periods_of_a_fiscal_year_are_told_by_their_ends(
    page: Page, published: Path, tmp_path: Path
) -> None:
    """As if each ended three days before the calendar's month."""
    with changed(published, tmp_path) as connection:
        for table, column in (
            ("cohort_retention", "cohort_month"),
            *(
                (table, "month_end")
                for table in (
                    *("cohort_retention", "customer_months"),
                    *("segment_migrations", "segment_drift"),
                )
            ),
        ):
            connection.execute(f"update {table} set {column} = {column} - 3")
        connection.execute(
            "update cohort_retention set active_share = coalesce(active_share, 0), "
            "revenue_retention = coalesce(revenue_retention, 0)"
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        told = {each.key: each for each in [*cohorts(marts).figures, *migration(marts).figures]}
        odd = [each.takeaway for each in drift(marts).figures]
        findings = dict(page_one(marts, []).findings)
    third = cohorts_at_three(page, 3)
    first = third[third.base > 0]
    begin = "In the third month after their first, "
    assert [each.takeaway for key, each in told.items() if key.startswith("cohorts")] == [
        f"{begin}{percent(third.active.sum() / third.customers.sum())} of customers ordered.",
        f"{begin}cohorts brought {percent(first.revenue.sum() / first.base.sum())} of their first "
        "month's revenue.",
    ]
    names = [month["name"] for month in told["sankey"].months.values()]
    assert names[0] == "the month to 28 December 2024" and len(names) == len(set(names)) == 24
    assert told["sizes"].takeaway.startswith("From the month to 28 January 2023 to the month to 28")
    ends = [row[0] for row in told["cohorts-active-share"].table.rows]
    assert len(ends) == len(set(ends)) and ends[0] == "the month to 28 January 2023"
    assert odd and all(text.startswith("The month to 28 December 2024: ") for text in odd)
    # The year before begins and ends where the period does.
    months = page.frame("customer_months")
    ranks = page.frame("segment_directory").query("segmentation == 'rfm'")
    ranks = ranks.set_index("segment").segment_rank
    last = months[months.month_end == months.month_end.max()]
    now, before = (last[name].map(ranks) for name in ("rfm_segment", "previous_rfm_segment"))
    year = page.between(page.orders, ("2023-11-28", "2024-11-27"))
    gained, lost = (
        page.revenue(year).reindex(last.customer_id[moved]).sum()
        for moved in (now > before, now < before)
    )
    assert (
        f"brought {number(gained)} and the latter {number(lost)}."
        in (findings["Value gained and lost in the month to 28 December 2024"])
    )


@pytest.mark.parametrize("best", [True, False])
def test_who_is_worth_most_is_not_said_of_others_where_they_are_hidden(
    published: Path, tmp_path: Path, best: bool
) -> None:
    hidden, top = ("('Champions', 'Loyal')", None) if best else ("('New', 'Lost')", "Champions")
    with changed(published, tmp_path) as connection:
        connection.execute(
            f"""
            update segment_summary set customers = null, customer_share = null, revenue = null,
                revenue_share = null, revenue_12_months = null
            where segmentation = 'rfm' and segment in {hidden}
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        told = dict(page_one(marts, []).findings)["Who is worth most"]
    more = "Segments of too few customers to be shown brought more together. "
    assert told.startswith(more + "Of those" if best else f"Of those that are shown, {top}: ")


@pytest.mark.parametrize(
    ("begin", "period", "knows_new", "knows_second"),
    [
        ("2024-11-01", "1 November 2024 to 1 January 2025", False, False),
        ("2024-07-03", "3 July 2024 to 1 January 2025", False, True),
        ("2024-07-02", "2 July 2024 to 1 January 2025", True, True),
        ("2024-01-02", "the twelve months to 1 January 2025", True, True),
    ],
)
def test_a_short_history_tells_neither_who_is_new_nor_what_a_year_brings(
    published: Path, tmp_path: Path, begin: str, period: str, knows_new: bool, knows_second: bool
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(f"delete from customer_orders where ordered_at < '{begin}'")
        first = "(select customer_id from customer_segments where rfm_segment = 'Champions')"
        connection.execute(
            f"update customer_orders set ordered_at = '{begin}' where customer_id in {first} "
            "and order_id = (select min(order_id) from customer_orders "
            f"where customer_id in {first})"
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        told = page_one(marts, [])
    assert told.period == period
    measures = {each.key: each for each in told.measures}
    for key in ("new_revenue", "returning_revenue"):
        assert (measures[key].exact is not None) == knows_new
        assert measures[key].compared.startswith("It cannot be told who is new") != knows_new
    second = measures["second_order_rate"]
    assert (second.exact is not None, second.compared != "Cannot be told.") == (knows_second,) * 2
    sizes = " ".join(action.size for action in told.actions)
    assert ("a year" in sizes) == (begin == "2024-01-02")
    assert ("as long a time as the data tell of" in sizes) == (begin != "2024-01-02")


def test_the_takeaways_of_drift(page: Page) -> None:
    told = {
        key.removeprefix("drift-"): text
        for key, text in page.takeaways().items()
        if key.startswith("drift-")
    }
    placed = page.between(page.orders, ("2024-12-01", "2024-12-31"))
    ordered = placed[placed.order_type != "return"]
    by_customer = placed[placed.customer_id.isin(ordered.customer_id)].groupby("customer_id")
    placed_first = page.orders[page.orders.order_type != "return"].groupby("customer_id").day.min()
    values = {
        "active-customers": number(ordered.customer_id.nunique()),
        "new-customers": number((placed_first >= "2024-12-01").sum()),
        "orders-per-customer": f"{len(ordered) / ordered.customer_id.nunique():.2f}",
        "median-order-value": number(ordered.gross_amount.median()),
        "median-revenue-per-customer": number(by_customer.net_amount.sum().median()),
        "return-share": percent(len(placed[placed.order_type == "return"]) / len(placed)),
    }
    drift = page.frame("segment_drift").set_index("measure")
    written = {
        "guest-share": percent,
        "line-count": number,
        "order-value-index": "{:.2f}".format,
        "revenue-per-customer-index": "{:.2f}".format,
        "missing-days": number,
        "unusual-days": number,
    }
    for key, text in told.items():
        rows = drift.loc[key.replace("-", "_")].sort_values("month_end")
        last = rows.iloc[-1]
        value = values[key] if key in values else written[key](last.value)
        assert text.startswith(spaced(f"December 2024: {value}; usual is ")), key
        unusual = list(rows[rows.verdict == "unusual"].month_end)
        end = f"unusual in {join([month(when) for when in unusual[-3:]])}"
        assert (end if unusual else "no month was unusual.") in text, key
        low, high = re.search(r"usual is (.*?) to (.*?);", text).groups()
        assert amount(low) == pytest.approx(last.band_low, rel=0.06, abs=0.006), key
        assert amount(high) == pytest.approx(last.band_high, rel=0.06, abs=0.006), key
    flat = {"missing-days", "unusual-days"}
    assert set(values) | set(written) == set(told) | flat
    for key in flat - set(told):
        assert (drift.loc[key.replace("-", "_")].value.fillna(0) == 0).all()


def amount(text: str) -> float:
    """The number that a text tells."""
    figure, _, unit = text.replace(",", "").partition(" ")
    return float(figure) * {"": 1, "k": 1e3, "M": 1e6, "%": 0.01}[unit]


def test_the_takeaways_of_groups_people_places_and_rows(page: Page) -> None:
    told, customers = page.takeaways(), page.customers
    profiles, quality = page.frame("cluster_profiles"), page.frame("cluster_quality")
    for key, column, across, up in (
        ("rfm", "kmeans_segment", "recency_days", "monetary"),
        ("psychographic", "psychographic_segment", None, None),
    ):
        mine = profiles[profiles.feature_set == key]
        if not across:
            ranges = mine.groupby("feature").z_score.agg(lambda scores: scores.max() - scores.min())
            across, up = ranges.sort_values(ascending=False).index[:2]
        sizes = customers[column][customers[column].isin(mine.cluster_name)].value_counts()
        centre = mine[mine.cluster_name == sizes.idxmax()].set_index("feature").centroid
        named = {"recency_days": "days since the last order", "monetary": "revenue"}
        typical = ", ".join(
            f"{named.get(name, name.replace('_', ' '))} {number(centre[name])}"
            for name in (across, up)
        )
        assert told[f"scatter-{key}"] == spaced(
            f"Of {len(sizes)} groups the largest is {sizes.idxmax()}: {people(sizes.max())}. "
            f"Its typical customer: {typical}."
        )
        far = mine.loc[mine.z_score.abs().idxmax()]
        assert told[f"profile-{key}"].startswith(f"{far.cluster_name} stands out most by ")
        assert spaced(f": {number(far.centroid)}, far above the average") in told[f"profile-{key}"]
        assert far.z_score > 1.5
        chosen = quality[(quality.feature_set == key) & quality.is_chosen].iloc[0]
        assert told[f"criteria-{key}"] == (
            f"{chosen.k} groups were chosen: other customers would give the same ones (prediction "
            f"strength {chosen.prediction_strength:.2f})."
        )

    profiled = customers[customers.is_profiled]
    for column in ("gender", "age_band", "income_band"):
        sizes = profiled[column][profiled[column] != "Unknown"].value_counts()
        assert told[f"bands-{column.replace('_', '-')}"] == spaced(
            f"The largest group is {sizes.idxmax()}: {people(sizes.max())}, "
            f"{percent(sizes.max() / customers.has_record.sum())} of those with a record."
        )
    attributes = page.frame("customer_attributes").dropna(subset="number_value")
    for attribute, mine in attributes.groupby("attribute"):
        values = mine.number_value
        histogram = told.get(f"histogram-{attribute.replace('_', '-')}")
        if attribute in ("age", "annual_income"):
            _, half, low, high = re.fullmatch(
                r"(Age|Annual income): (.*) or more for half of the customers; most common is (.*) "
                r"to below (.*)\.",
                histogram,
            ).groups()
            assert half == spaced(number(values.median()))
            width = amount(high) - amount(low)
            assert (values // width).value_counts().idxmax() * width == amount(low)
        else:
            assert histogram is None
        violin = told.get(f"violin-{len(attribute)}-{attribute.replace('_', '-')}")
        if violin:
            genders = mine.merge(profiled[["gender"]], left_on="customer_id", right_index=True)
            middles = genders.groupby("gender").number_value.median()
            assert violin == spaced(
                "Half of the customers have this or more: "
                f"Female {number(middles['Female'])} and Male {number(middles['Male'])}."
            )
    assert len([key for key in told if key.startswith("violin")]) == 6

    for column in ("country", "city"):
        # Who objects counts as not told.
        sizes = profiled[column].value_counts()
        there = profiled[profiled[column] == sizes.idxmax()]
        assert told[f"where-{column}"] == spaced(
            f"{sizes.idxmax()}: {percent(len(there) / len(customers))} of customers and "
            f"{percent(there.ever.sum() / customers.ever.sum())} of all revenue ever."
        )

    rows = page.frame("input_reconciliation")
    for name, classes in (("transactions", ["sale", "return"]), ("customers", ["record"])):
        mine = rows[rows.input == name]
        used = mine[mine.line_class.isin(classes)].row_count.sum()
        assert told[f"rows-{name}"] == spaced(
            f"{percent(used / mine.row_count.sum())} of {whole(mine.row_count.sum())} rows are "
            "used as they came; the others are classed below with their reason."
        )
