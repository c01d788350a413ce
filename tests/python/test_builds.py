"""Whole builds of the demo: what they print, and that nothing but the data decides the rows."""

import csv
import json
import random
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import duckdb
import numpy as np
import pytest
import yaml
from conftest import (
    ALL,
    DEMO,
    LISTED,
    RECORDS,
    ROOT,
    SCHEMA,
    TABLES,
    WITH_HISTORY,
    Workshop,
    run,
)
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

HEADING, *LINES = DEMO.read_text(encoding="utf-8").splitlines()


def write(path: Path, lines: list[str], heading: str = HEADING) -> Path:
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return path


def test_the_build_ends_with_what_it_made(demo):
    """The summary's numbers are those of the marts, and it says where to look next."""
    assert demo.err == ""
    summary = demo.out.split("RFM segment", 1)[1]
    for segment, customers, revenue in demo.ask(
        "select segment, customers, revenue from segment_summary where segmentation = 'rfm'"
    ):
        row = next(line for line in summary.splitlines() if line.startswith(f"{segment}  "))
        assert f" {customers:,} " in row
        assert f" {revenue:,.0f} " in row
    split = demo.one("select count(*) from customer_segments where is_ntile_split")
    assert f"would have split {split:,} customers" in summary
    assert f"{len(LINES):,}" in summary
    places = ("Database:", "Published:", "Report:", "Documentation:")
    told = [line for line in summary.splitlines() if line.startswith(places)]
    assert str(demo.database) in told[0]
    for line, file in zip(
        told[1:], ("segments.duckdb", "report.html", "docs/index.html"), strict=True
    ):
        assert f"{demo.database.parent / 'public' / file}" in line
        assert (demo.database.parent / "public" / file).exists()
    assert max(len(line) for line in summary.splitlines() if line not in told) <= 100


def test_the_seed_is_what_the_generator_writes(tmp_path):
    made = tmp_path / "demo_transactions.csv"
    script = ROOT / "seeds/demo/generate.py"
    subprocess.run([sys.executable, script, "--output", made], check=True)
    beside = ("demo_planted_groups.csv", "demo_customers.csv", "demo_planted_attitudes.csv")
    for name in (made.name, *beside):
        assert (tmp_path / name).read_bytes() == (DEMO.parent / name).read_bytes()
    assert made.stat().st_size < 2_000_000


def test_the_flaws_planted_in_the_demo_are_counted(demo):
    """The generator's own constants, found again by the class and reason of every row."""
    found = {
        (line_class, reason): count
        for line_class, reason, count in demo.ask(
            "select line_class, reason, row_count from input_reconciliation "
            "where input = 'transactions'"
        )
    }
    namespace: dict = {}
    source = (ROOT / "seeds/demo/generate.py").read_text(encoding="utf-8")
    for line in source.splitlines():
        name, _, value = line.partition(" = ")
        name = name.split(":")[0]
        if name.isupper() and value.split("#")[0].strip().replace("_", "").isdigit():
            namespace[name] = int(value.split("#")[0])
    assert found["duplicate", None] == namespace["DUPLICATE_ROWS"]
    assert found["guest", None] == namespace["GUEST_LINES"]
    assert found["service", None] == namespace["SERVICE_LINES"]
    assert found["rejected", "ordered_at missing"] == namespace["REJECT_EMPTY_DATE"]
    assert (
        found["rejected", "ordered_at unreadable"]
        == namespace["REJECT_IMPOSSIBLE_DATE"] + namespace["REJECT_TEXT_DATE"]
    )
    assert found["rejected", "quantity missing"] == namespace["REJECT_EMPTY_QUANTITY"]
    assert found["rejected", "quantity unreadable"] == namespace["REJECT_TEXT_QUANTITY"]
    assert found["rejected", "quantity zero"] == namespace["REJECT_ZERO_QUANTITY"]
    assert found["rejected", "unit_price unreadable"] == namespace["REJECT_TEXT_PRICE"]
    assert (
        found["rejected", "unit_price not positive"]
        == namespace["REJECT_ZERO_PRICE"] + namespace["REJECT_NEGATIVE_PRICE"]
    )
    cancelled = demo.one("select count(*) from customer_orders where order_type = 'cancelled'")
    assert cancelled == namespace["CANCELLED_WITHIN_DAY"]
    returns_only = "select count(*) from customer_segments where customer_status = 'returns only'"
    # One more has no kept order: its only one was the huge cancelled one.
    assert demo.one(returns_only) == namespace["RETURNS_ONLY_CUSTOMERS"] + 1
    prospects = "select count(*) from customer_segments where customer_status = 'prospect'"
    assert demo.one(f"{prospects} and not has_record") == namespace["SERVICE_ONLY_CUSTOMERS"]


@pytest.mark.parametrize(("order", "threads"), [("shuffled", 1), ("reversed", 4)])
def test_neither_order_nor_threads_change_anything(marts, workshop, tmp_path, order, threads):
    """Neither the order of the rows nor the number of dbt's threads and of DuckDB's."""
    lines = list(reversed(LINES))
    if order == "shuffled":
        random.Random(7).shuffle(lines)
    # No text of the records spans two lines.
    heading, *records = RECORDS.read_text(encoding="utf-8").splitlines()
    records = write(tmp_path / "records.csv", records[::-1], heading)
    path = write(tmp_path / "input.csv", lines)
    profiles = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
    output = profiles["customer_segmentation"]["outputs"]["dev"]
    output |= {"threads": threads, "settings": {"threads": threads}}
    (workshop.folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
    only = [*TABLES, "--profiles-dir", str(workshop.folder)]
    built = workshop.build_here(LISTED | WITH_HISTORY, path, records, only=only)
    assert built.code == 0, built.err
    assert built.fingerprints() == marts


def test_parquet_and_relations_give_the_same_marts_as_the_seed(marts, built, tmp_path):
    """Also when every number and date has a type of its own, where the text allows it."""
    path = tmp_path / "it's.parquet"
    with duckdb.connect(str(built.database)) as connection:
        connection.execute("create schema shop")
        connection.execute(
            f"create table shop.lines as from read_csv('{DEMO}', all_varchar = true)"
        )
        connection.execute(f"copy shop.lines to '{str(path).replace(chr(39), chr(39) * 2)}'")
    for transactions in (path, "shop.lines"):
        again = built.build_here(LISTED | WITH_HISTORY, transactions, RECORDS, only=TABLES)
        assert again.code == 0, again.err
        assert again.fingerprints() == marts


def test_the_demo_named_as_an_input_is_the_demo(marts, built):
    """With the further columns that are the defaults beside it."""
    inputs = (f"{SCHEMA}.demo_{each}" for each in ("transactions", "customers"))
    again = built.build_here(WITH_HISTORY, *inputs, only=TABLES)
    assert again.code == 0, again.err
    assert again.fingerprints() == marts


def test_typed_columns_are_read_as_they_are(workshop, tmp_path):
    path = tmp_path / "typed.parquet"
    duckdb.sql(
        """
        select
            17850.0::double as customer_id, 536365 as order_id, 'p1' as product_id,
            3 as quantity, 2.55::double as unit_price,
            timestamp '2024-02-29 23:59:59.5' as ordered_at
        union all
        select 12, 2, 'p2', 1, 100000.0, timestamp '2024-02-28 00:00:00'
        """
    ).write_parquet(str(path))
    columns = ["customer_id", "order_id", "product_id", "quantity", "unit_price", "ordered_at"]
    built = workshop.build_here(
        {
            "transaction_columns": {column: column for column in columns},
            "segmentations": ["rfm"],
        },
        path,
        only=ALL,
    )
    assert built.code == 0, built.err
    assert built.ask(
        "select customer_id, monetary::text, recency_days, as_of_date::text "
        "from customer_segments order by customer_id"
    ) == [("12", "100000.0000", 2, "2024-03-01"), ("17850", "7.6500", 1, "2024-03-01")]


def small_build(workshop: Workshop, lines: list[str], **settings: object):
    path = write(workshop.folder / "input.csv", lines)
    built = workshop.build_here(settings, path, only=ALL)
    assert built.code == 0, built.err
    return built


def test_one_customer(workshop):
    built = small_build(workshop, ["O1,P-1,Mug,2,3.50,2024-02-29 10:00,C1,France"])
    assert built.ask(
        "select customer_id, rfm_score, rfm_segment, kmeans_segment, monetary::text "
        "from customer_segments"
    ) == [("C1", "511", "New", "All customers", "7.0000")]
    assert built.ask("select k, is_chosen from cluster_quality") == [(1, True)]


def test_no_customer_at_all(workshop):
    """Guests only: a build with empty segments, and every row accounted for."""
    built = small_build(workshop, ["O1,P-1,Mug,2,3.50,2024-02-29 10:00,,France"])
    assert built.ask("select * from customer_segments") == []
    assert built.ask("select line_class, row_count, amount::text from input_reconciliation") == [
        ("guest", 1, "7.0000")
    ]
    assert built.one("select sum(customers) from segment_summary") == 0


def test_another_input_replaces_what_was_there(built):
    lines = [f"O{i},P-1,Mug,1,{i}.00,2024-03-0{i} 10:00,K{i},Malta" for i in range(1, 4)]
    now = small_build(built, lines)
    assert now.ask("select customer_id from customer_segments order by 1") == [
        ("K1",),
        ("K2",),
        ("K3",),
    ]
    assert now.one("select count(*) from customer_orders") == 3
    assert now.one("select sum(row_count) from input_reconciliation") == 3


def test_an_input_with_amounts_only(workshop, tmp_path):
    """No order id, no product, no quantity: one order per customer and day."""
    path = tmp_path / "amounts.csv"
    path.write_text(
        "who,day,money\na,2024-01-01,5\na,2024-01-01,7.5\na,2024-01-03,0\nb,2024-01-02,-4\n"
    )
    columns = {"customer_id": "who", "ordered_at": "day", "amount": "money"}
    settings = {"transaction_columns": columns, "segmentations": ["rfm"]}
    built = workshop.build_here(settings, path, only=ALL)
    assert built.code == 0, built.err
    assert built.ask(
        "select customer_id, order_id, order_type, net_amount::text "
        "from customer_orders order by 1, 2"
    ) == [
        ("a", "2024-01-01", "sale", "12.5000"),
        ("a", "2024-01-03", "sale", "0.0000"),
        ("b", "2024-01-02", "return", "-4.0000"),
    ]


def test_an_as_of_date_in_the_past_leaks_nothing(workshop, tmp_path):
    """Rows after the date are counted, and change nothing else, whatever they say."""
    day = "2024-02-29"

    def is_later(line: str) -> bool:
        try:
            return datetime.fromisoformat(line.split(",")[5]).date() > date.fromisoformat(day)
        except ValueError:  # 30 February is no date, so it is not later either.
            return False

    earlier = [line for line in LINES if not is_later(line)]
    settings = LISTED | WITH_HISTORY | {"as_of_date": day}
    path = write(tmp_path / "a.csv", earlier)
    truncated = workshop.build_here(settings, path, RECORDS, only=TABLES)
    expected = truncated.fingerprints(leave_out=("input_reconciliation",))
    full = workshop.build_here(WITH_HISTORY | {"as_of_date": day}, only=TABLES)
    assert full.code == 0, full.err
    assert full.fingerprints(leave_out=("input_reconciliation",)) == expected
    assert full.one("select row_count from input_reconciliation where line_class = 'later'") == len(
        LINES
    ) - len(earlier)


def test_the_planted_groups_are_recovered(workshop):
    """K-means finds them on the logarithmic scale, and on no raw one, standardised or not."""
    features = ["recency_days", "frequency", "monetary"]
    raw = workshop.build_here(
        {"kmeans_k": 4, "feature_sets": {"rfm": {"features": features, "scaling": "none"}}},
        only=TABLES,
    )
    assert raw.code == 0, raw.err
    clusters = "select customer_id, cluster_id from seg_kmeans where cluster_id is not null"
    unscaled_clusters = dict(raw.ask(clusters))
    built = workshop.build_here({"kmeans_k": 4}, only=TABLES)
    assert built.code == 0, built.err
    planted = dict(list(csv.reader((DEMO.parent / "demo_planted_groups.csv").open()))[1:])
    rows = built.ask(
        """
        select customer_id, kmeans_segment, recency_days, frequency, cast(monetary as double)
        from customer_segments
        where customer_status = 'buyer' and is_profiled
        order by customer_id
        """
    )
    truth = [planted[row[0]] for row in rows]
    found = adjusted_rand_score(truth, [row[1] for row in rows])
    values = StandardScaler().fit_transform(np.array([row[2:] for row in rows], dtype=float))
    standardised = KMeans(4, n_init=50, random_state=0).fit(values).labels_
    assert found >= 0.75
    assert adjusted_rand_score(truth, standardised) < 0.6
    assert adjusted_rand_score(truth, [unscaled_clusters[row[0]] for row in rows]) < 0.6


def test_kmeans_is_that_of_scikit_learn(demo):
    """The centroids of a plain, converged run to 1e-6, and in SQL its label for everyone."""
    assert_kmeans_is_plain(demo)


def assert_kmeans_is_plain(built) -> None:
    rows = built.ask(
        """
        select cluster_id, recency_days, frequency, cast(monetary as double)
        from seg_kmeans inner join customer_segments using (customer_id)
        where customer_status = 'buyer' and is_profiled order by customer_id
        """
    )
    assigned = np.array([row[0] for row in rows])
    values = np.log1p(np.clip(np.array([row[1:] for row in rows], dtype=float), 0, None))
    scaler = StandardScaler().fit(values)
    k = built.one("select k from cluster_quality where is_chosen and feature_set = 'rfm'")
    plain = KMeans(k, n_init=100, random_state=1, tol=0).fit(scaler.transform(values))
    centres = scaler.inverse_transform(plain.cluster_centers_)
    ours = np.array(
        built.ask(
            """
            select
                max(case when feature = 'recency_days' then centroid end),
                max(case when feature = 'frequency' then centroid end),
                max(case when feature = 'monetary' then centroid end)
            from int_segmentation__centroids_chosen where feature_set = 'rfm'
            group by cluster_id order by cluster_id
            """
        )
    )
    order = np.argsort(-centres[:, 2])
    assert np.abs(ours - centres[order]).max() < 1e-6
    assert (np.argsort(order)[plain.labels_] + 1 == assigned).all()
    inertia = built.one(
        "select inertia from cluster_quality where is_chosen and feature_set = 'rfm'"
    )
    assert inertia == pytest.approx(plain.inertia_, rel=1e-9)


def test_plain_dbt_passes_whole_and_gives_what_make_gives(marts, workshop):
    """With dbt's unit tests, which other builds of these tests leave out."""
    words = ["-m", "dbt.cli.main", "build", "--quiet"]
    built = run(words, workshop.folder, workshop.database, ROOT)
    assert built.code == 0, built.out
    assert built.fingerprints() == marts
    manifest, results = (
        json.loads((workshop.folder / "target" / name).read_text(encoding="utf-8"))
        for name in ("manifest.json", "run_results.json")
    )
    ran = [each for each in results["results"] if each["unique_id"].startswith("unit_test.")]
    assert len(ran) == len(manifest["unit_tests"]) > 50
