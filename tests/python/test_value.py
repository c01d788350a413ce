"""Behaviour, value, lifecycle and hybrid in whole builds: published fits, simulated shops, vars."""

from datetime import date, timedelta

import numpy as np
import pytest
from conftest import TABLES, shared_data, write_csv

NINE = {
    *("rfm", "kmeans", "demographic", "geographic", "psychographic"),
    *("behaviour", "value", "lifecycle", "hybrid"),
}


def test_nine_segmentations_of_the_demo(demo):
    """Each holds every customer once, with all customers, revenue and trailing revenue."""
    everything = demo.ask(
        "select count(*), sum(monetary), sum(revenue_12_months) from customer_segments"
    )
    sums = demo.ask(
        "select segmentation, sum(customers), sum(revenue), sum(revenue_12_months) "
        "from segment_summary group by 1"
    )
    assert {row[0] for row in sums} == NINE
    assert {row[1:] for row in sums} == set(everything)
    assert dict(
        demo.ask("select segmentation, count(distinct customer_id) from segment_members group by 1")
    ) == dict.fromkeys(NINE, everything[0][0])
    assert demo.one("select count(*) from segment_members") == 9 * everything[0][0]


def test_cdnow_is_fitted_as_published(workshop, tmp_path):
    """Fader, Hardie and Lee (2005), time in weeks; Fader and Hardie (2013), money in dollars."""
    path = shared_data("cdnow_sample.txt")
    ids = {line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()}
    consumers = write_csv(
        tmp_path / "everybody.csv", ["id", "kind"], [(name, "Consumer") for name in sorted(ids)]
    )
    built = workshop.build_here(
        {
            "transaction_headings": ["master_id", "sample_id", "day", "discs", "dollars"],
            "transaction_columns": {
                "customer_id": "master_id", "ordered_at": "day",
                "quantity": "discs", "amount": "dollars",
            },
            "customer_columns": {"customer_id": "id", "customer_type": "kind"},
            "delimiter": {"transactions": "whitespace"},
            "duplicates": "keep",
            "as_of_date": "1997-09-30",
            "segmentations": ["rfm", "behaviour", "value", "lifecycle", "hybrid"],
        },
        transactions=path,
        customers=consumers,
        only=TABLES,
    )  # fmt: skip
    assert built.code == 0, built.err
    [(r, alpha, a, b, log_likelihood, p, q, v, status)] = built.ask(
        """
        select r, alpha_days, a, b, log_likelihood, p, q, v, prediction_status
        from prediction_quality
        """
    )
    repeat_days = built.one("select sum(order_day_count - 1) from customer_segments")
    in_weeks = log_likelihood + float(repeat_days) * np.log(7)
    assert [r, alpha / 7, a, b] == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=5e-4)
    assert in_weeks == pytest.approx(-9582.4, abs=0.05)
    assert [p, q, v] == pytest.approx([6.25, 3.74, 15.44], abs=5e-3)
    # Nine months of data: no amounts for a year.
    assert status in ("not calibrated", "too little history")
    assert built.one("select count(predicted_revenue_12_months) from customer_segments") == 0


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> tuple[list[tuple], list[tuple]]:
    """Order lines of three years from a shop as the two models see it, and those of a fourth."""
    chance = np.random.default_rng(7)
    opened, now = date(2020, 1, 1), 3 * 365
    lines, later = [], []
    for number in range(4_000):
        rate, stops = chance.gamma(1.0, 1 / 60), chance.beta(1.0, 4.0)
        spending, time = chance.gamma(4.0, 1 / 60), float(chance.integers(0, now - 60))
        orders = 0
        while time <= now + 365:
            day, amount = opened + timedelta(days=int(time)), chance.gamma(5.0, 1 / spending)
            (lines if time <= now else later).append((f"C{number:04}", day, f"{amount:.2f}"))
            # BG/NBD: whoever comes back may leave after that, and not after the first order.
            if orders > 0 and chance.random() < stops:
                break
            orders += 1
            time += chance.exponential(1 / rate)
    return lines, later


def test_a_shop_as_modelled_is_ok(workshop, simulated, tmp_path):
    lines, later = simulated
    path = write_csv(tmp_path / "lines.csv", ["customer_id", "ordered_at", "amount"], lines)
    built = workshop.build_here(
        {
            "transaction_columns": {
                "customer_id": "customer_id", "ordered_at": "ordered_at", "amount": "amount",
            },
            "segmentations": ["rfm", "value"],
        },
        transactions=path,
        only=TABLES,
    )  # fmt: skip
    assert built.code == 0, built.err
    fits = dict(built.ask("select customer_group, prediction_status from prediction_quality"))
    assert fits["consumer"] == "ok"
    predicted = built.ask(
        """
        select customer_id, predicted_orders_12_months, predicted_revenue_12_months,
            probability_active, came_back_share, order_day_count
        from customer_segments
        where prediction_status = 'ok'
        """
    )
    names = {row[0] for row in predicted}
    came = {(name, day) for name, day, _ in later if name in names}
    paid = sum(float(amount) for name, _, amount in later if name in names)
    assert sum(row[1] for row in predicted) == pytest.approx(len(came), rel=0.1)
    assert float(sum(row[2] for row in predicted)) == pytest.approx(paid, rel=0.15)
    # After one order day the model has nothing to say, and the data have.
    assert all((row[3] is None) == (row[5] == 1) for row in predicted)
    assert all(0 <= row[3] <= 1 for row in predicted if row[5] > 1)
    assert len({row[4] for row in predicted if row[5] == 1}) == 1
    assert None not in {row[4] for row in predicted}


# store, customer, day, amount
STORES = [
    *(("big", f"B{n}", f"2024-01-{n:02}", 1000 + n) for n in range(1, 11)),
    *(("small", f"S{n}", f"2024-02-{n:02}", 1 + n) for n in range(1, 11)),
    # Ordered from both as often, and from the small one last.
    ("big", "both", "2024-02-10", 500),
    ("small", "both", "2024-02-11", 1),
]


def test_scores_within_stores(workshop, tmp_path):
    """Each store has its own best and worst customers; who orders from both is of one."""
    path = write_csv(
        tmp_path / "lines.csv", ["store", "customer_id", "ordered_at", "amount"], STORES
    )
    columns = ["customer_id", "ordered_at", "amount", "store"]
    apart = workshop.build_here(
        {
            "transaction_columns": {name: name for name in columns},
            "segmentations": ["rfm"],
            "score_within": "store",
        },
        transactions=path,
        only=TABLES,
    )
    assert apart.code == 0, apart.err
    # Of all 21 customers, only those of the big store would spend enough for these scores.
    best = "select count(*) from customer_segments where m_score >= 4 and score_group = 'small'"
    assert apart.one(best) == 4
    assert apart.one("select score_group from customer_segments where customer_id = 'both'") == (
        "small"
    )
    worst = "select min(r_score), max(r_score) from customer_segments where score_group = 'big'"
    assert apart.ask(worst) == [(1, 5)]


def test_profit_is_known_where_every_cost_is(workshop, tmp_path):
    """Three units at 10 that cost 4 bring 18, one returned takes 6 back."""
    lines = [
        ("told", "1", "2024-05-01", 3, "10", "4"),
        ("told", "2", "2024-05-20", -1, "10", "4"),
        ("part", "3", "2024-05-02", 3, "10", "4"),
        ("part", "4", "2024-05-03", 1, "10", ""),
        ("long ago", "5", "2023-05-01", 1, "10", "4"),
    ]
    headings = ["customer_id", "order_id", "ordered_at", "quantity", "unit_price", "unit_cost"]
    path = write_csv(tmp_path / "lines.csv", headings, lines)
    built = workshop.build_here(
        {
            "transaction_columns": {name: name for name in headings},
            "segmentations": ["rfm", "value"],
            "predict_value": False,
        },
        transactions=path,
        only=TABLES,
    )
    assert built.code == 0, built.err
    assert built.ask(
        "select customer_id, profit_12_months, return_amount_12_months, value_segment "
        "from customer_segments order by 1"
    ) == [("long ago", None, 0, "C"), ("part", None, 0, "A"), ("told", 12, 10, "A")]


def test_hybrid_of_other_segmentations(workshop):
    """Any segmentations can be combined, an attribute among them; each value once."""
    built = workshop.build_here(
        {
            "segmentations": ["rfm", "geographic", "loyalty_tier", "hybrid"],
            "hybrid_segmentations": ["geographic", "loyalty_tier"],
        },
    )
    assert built.code == 0, built.err
    segments = {
        name for (name,) in built.ask("select distinct hybrid_segment from customer_segments")
    }
    assert "Other" in segments and "Not profiled" in segments
    assert any(name.startswith("Northern Europe · ") for name in segments)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"hybrid_segmentations": ["value"]}, "two or more"),
        ({"hybrid_segmentations": ["value", "hybrid"]}, "two or more"),
        ({"hybrid_segmentations": ["value", "nothing"]}, "two or more"),
        ({"segmentations": ["rfm", "hybrid"]}, "two or more"),
        ({"score_within": "country"}, "store, brand or channel"),
        ({"score_within": "store"}, "transaction_columns maps"),
        ({"predict_value": "perhaps"}, "true or false"),
    ],
)
def test_wrong_settings(workshop, settings, sentence):
    built = workshop.build_here(settings)
    [name] = [name for name in settings if name != "segmentations"] or ["hybrid_segmentations"]
    assert built.code == 1
    assert built.err.count("\n") == 1
    assert name in built.err and sentence in built.err


FEW = {"segmentations": ["rfm", "behaviour", "lifecycle"]}


def test_thresholds_that_are_left_out_are_the_usual_ones(workshop, demo):
    """Naming one threshold changes it, and none of the others."""
    own = "(select 'new_customer_days' as name, 3000.0 as value)"
    built = workshop.build_here(FEW | {"seed_overrides": {"thresholds": own}}, only=TABLES)
    assert built.code == 0, built.err
    stages = "select customer_id, lifecycle_segment, order_day_count from customer_segments"
    before = {name: stage for name, stage, _ in demo.ask(stages)}
    for name, stage, days in built.ask(stages):
        expected = "New" if days == 1 and before[name] != "Not profiled" else before[name]
        assert stage == expected, name


@pytest.mark.parametrize(
    ("rows", "names"),
    [("('VIP', 1)", "VIP"), ("('Explorer', 1), ('Wholesale', 1)", "Explorer")],
)
def test_behaviours_that_nobody_knows_stop_the_build(workshop, rows, names):
    own = f"(select * from (values {rows}) as own (behaviour, priority))"
    built = workshop.build_here(FEW | {"seed_overrides": {"behaviours": own}})
    assert built.code == 1
    assert built.err.count("\n") == 1
    assert "whole number of its own as priority" in built.err and names in built.err
