"""History as it stood: what came later changes no earlier month."""

import random
from datetime import date, datetime, timedelta

import pytest
from conftest import ALL, TABLES, WITH_HISTORY, Outcome, Workshop, fingerprint, write_csv

HEADINGS = [
    *("customer_id", "order_id", "product_id", "quantity", "unit_price", "ordered_at", "store"),
]
MONTHS = ["customer_months", "segment_periods", "segment_migrations"]
# Of the marts, those that also tell of rows after the as-of date.
OF_ALL_ROWS = ("input_reconciliation", "rejected_transactions")


def shop(seed: int) -> list[tuple]:
    """Order lines of 120 customers, with all that makes a past month hard to restore.

    Orders around the ends of months, whose lines lie on both sides; orders that were returned
    wholly or in part, days or weeks later; orders that got another line after that; customers with
    nothing but returns; equal amounts everywhere. Sorted by nothing.
    """
    chance = random.Random(seed)
    first = date(2023, 1, 1)
    rows = []

    def line(customer: str, order: str, day: date, quantity: int, price: str, product: str):
        moment = datetime(day.year, day.month, day.day, chance.randrange(24), chance.randrange(60))
        store = chance.choice("NNNSE")
        rows.append((customer, order, product, quantity, price, moment, store))
        return product, quantity, price

    for number in range(120):
        customer = f"C{number:03d}"
        for nth in range(chance.choice([1, 1, 1, 2, 2, 3, 5, 9, 20])):
            day = first + timedelta(days=chance.randrange(440))
            if chance.random() < 0.4:  # the last two days of a month, or its first
                day = day.replace(day=1) + timedelta(days=chance.choice([-2, -1, 0]))
                day = max(day, first)
            order = f"{customer}-{nth}"
            if number % 17 == 0 and nth < 2:
                line(customer, f"R{order}", day, -1, "5.00", "P1")
                continue
            lines = [
                line(
                    *(customer, order, day + timedelta(days=chance.choice([0, 0, 0, 1]))),
                    *(chance.choice([1, 2]), chance.choice(["5.00", "9.50"])),
                    chance.choice(["P1", "P2", "P3"]),
                )
                for _ in range(chance.choice([1, 1, 2]))
            ]
            if chance.random() < 0.4:
                back = day + timedelta(days=chance.choice([1, 2, 3, 10, 25]))
                for product, quantity, price in lines[: chance.choice([1, 2])]:
                    line(customer, f"R{order}", back, -quantity, price, product)
                if chance.random() < 0.3:
                    line(
                        customer,
                        order,
                        back + timedelta(days=chance.choice([1, 9])),
                        *lines[0][1:],
                        "P9",
                    )
    chance.shuffle(rows)
    return rows


@pytest.mark.parametrize(
    ("seed", "month_end", "settings"),
    [
        (1, "2023-10-31", {}),
        (
            *(2, "2023-11-26"),
            {
                **{"fiscal_year_month": 2, "rfm_window_months": 3, "score_within": "store"},
                **{"monetary_basis": "gross", "history_months": 7},
            },
        ),
    ],
)
def test_later_rows_change_no_earlier_month(seed, month_end, settings, tmp_path, workshop):
    """A build without the rows after a month's end has its months, as had one on that day."""
    settings = {
        **WITH_HISTORY,
        "transaction_columns": {name: name for name in HEADINGS},
        "cancellation_days": 20,
        "segmentations": ["rfm", "value", "lifecycle"],
        "predict_value": False,
    } | settings
    rows = shop(seed)
    earlier = [row for row in rows if row[5].date() <= date.fromisoformat(month_end)]

    def built(name: str, rows: list[tuple], more: dict, only: tuple = TABLES) -> Outcome:
        folder = tmp_path / name
        folder.mkdir()
        path = write_csv(folder / "lines.csv", HEADINGS, rows)
        outcome = Workshop(folder).build_here(settings | more, transactions=path, only=only)
        assert outcome.code == 0, outcome.err
        return outcome

    whole = built("whole", rows, {}, only=ALL)
    cut = built("cut", earlier, {"as_of_date": month_end})
    on_that_day = built("on_that_day", rows, {"as_of_date": month_end})

    # There is something to restore, and the months before were compared at all.
    assert whole.one("select count(*) from int_segmentation__orders_restated") > 0
    first = whole.one("select min(month_end) from customer_months")
    compared = f"where month_end between '{first}' and '{month_end}'"
    assert cut.one(f"select count(distinct month_end) from customer_months {compared}") > 1

    for mart in ("customer_months", "segment_migrations"):
        months = f"select * from {mart} {compared}"
        assert fingerprint(whole.ask(months)) == fingerprint(cut.ask(months))
    assert cut.fingerprints(OF_ALL_ROWS) == on_that_day.fingerprints(OF_ALL_ROWS)

    columns = """
        customer_id, recency_days, frequency, monetary, scored_frequency, scored_monetary,
        revenue_12_months, r_score, f_score, m_score, rfm_score, rfm_segment, rfm_segment_held,
        value_segment, lifecycle_segment
    """
    last = whole.ask(f"select {columns} from customer_months where month_end = '{month_end}'")
    assert sorted(last, key=str) == sorted(
        cut.ask(f"select {columns} from customer_segments"), key=str
    )
