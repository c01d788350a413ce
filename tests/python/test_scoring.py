"""RFM scores by cut points, and a segment map of one's own: on the demo, by other means."""

import csv
import json
from collections.abc import Iterable

import duckdb
import pytest
from conftest import ALL, ROOT, SCHEMA, Workshop

with (ROOT / "seeds/rfm_cut_points.csv").open(encoding="utf-8", newline="") as file:
    CUT_POINTS = [
        (row["measure"], int(row["score"]), float(row["cut_point"])) for row in csv.DictReader(file)
    ]


def write(workshop: Workshop, table: str, columns: str, rows: Iterable[tuple]) -> None:
    """A relation of the user's own in the database."""
    with duckdb.connect(str(workshop.database)) as connection:
        connection.execute(f"create table {table} ({columns})")
        for row in rows:
            connection.execute(f"insert into {table} values ({','.join('?' * len(row))})", row)


def test_cut_points_score_each_value_by_itself(built):
    """The best score whose cut point a value reaches, whoever else is in the data."""
    settings = {"segmentations": ["rfm"], "rfm_scoring": "thresholds"}
    outcome = built.build_here(settings, only=ALL)
    assert outcome.code == 0, outcome.err
    rows = outcome.ask(
        "select recency_days, frequency, monetary, rfm_score from customer_segments "
        "where customer_status = 'buyer' and is_profiled"
    )
    assert len(rows) > 700
    for recency_days, frequency, monetary, found in rows:
        values = {"recency_days": -recency_days, "frequency": frequency, "monetary": monetary}
        scores = dict.fromkeys(values, 1)
        for measure, score, cut_point in CUT_POINTS:
            sign = -1 if measure == "recency_days" else 1
            if values[measure] >= sign * cut_point:
                scores[measure] = max(scores[measure], score)
        assert found == "".join(map(str, scores.values()))


@pytest.mark.parametrize(
    "cut_points",
    [
        [row for row in CUT_POINTS if row[:2] != ("frequency", 3)],
        [row for row in CUT_POINTS if row[0] != "monetary"],
        [(m, s, 400 if (m, s) == ("recency_days", 3) else c) for m, s, c in CUT_POINTS],
        [*CUT_POINTS, ("monetary", 6, 99999.0)],
    ],
    ids=["a score missing", "a measure missing", "in disorder", "a score too many"],
)
def test_cut_points_that_leave_a_gap(marts: dict[str, str], built: Workshop, cut_points):
    write(built, "cuts", "measure text, score integer, cut_point double", cut_points)
    refused = built.build_here(
        {"rfm_scoring": "thresholds", "seed_overrides": {"rfm_cut_points": "cuts"}}
    )
    assert refused.code == 1
    assert "assert_cut_points_are_complete_and_in_order" in refused.err
    assert refused.fingerprints() == marts


def test_other_scores_with_a_map_of_their_own(built):
    """Three scores and three segments, which the same tests prove complete."""
    columns = ", ".join(["segment text", *(f"{m}_{b} int" for m in "rfm" for b in ("min", "max"))])
    write(
        built,
        "my_map",
        columns,
        [
            ("Loyal", 3, 3, 1, 3, 1, 3),
            ("Hibernating", 2, 2, 1, 3, 1, 3),
            ("Lost", 1, 1, 1, 3, 1, 3),
        ],
    )
    overrides = {"rfm_segment_map": "my_map", "segment_definitions": "my_segments"}
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(
            f"create table my_segments as from {SCHEMA}.segment_definitions where segment in "
            "('Loyal', 'Hibernating', 'Lost', 'Returns only', 'Prospect', 'No purchase')"
        )
    settings = {"segmentations": ["rfm"], "rfm_bins": 3, "seed_overrides": overrides}
    outcome = built.build_here(settings, only=ALL)
    assert outcome.code == 0, outcome.err
    found = outcome.ask(
        "select r_score, max(f_score), min(m_score), any_value(rfm_segment), "
        "count(distinct rfm_segment) from customer_segments where r_score is not null "
        "group by 1 order by 1"
    )
    assert found == [(1, 3, 1, "Lost", 1), (2, 3, 1, "Hibernating", 1), (3, 3, 1, "Loyal", 1)]


def test_scores_within_a_group(built):
    """dbt's own tests of score_within, which are enabled only where the var names a column."""
    columns = ["customer_id", "order_id", "ordered_at", "quantity", "unit_price"]
    mapped = {column: column for column in columns} | {"store": "country"}
    tests = [
        "score_groups_found_where_most_is_ordered",
        "score_groups_by_month_follow_the_orders_so_far",
        "seg_rfm_scores_within_groups",
    ]
    outcome = Workshop(built.folder, with_unit_tests=True).run(
        *("dbt.cli.main", "test", "--select", *tests),
        *("--vars", json.dumps({"score_within": "store", "transaction_columns": mapped})),
    )
    assert "PASS=3 " in outcome.out, outcome.out
    assert outcome.code == 0
