"""The steps of docs/bi.md and the questions of docs/questions.md, run as they stand there.

What the pages answer is compared with what pandas makes of the Parquet copies.
"""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import duckdb
import numpy
import pandas
import pytest
import yaml
from conftest import ROOT

from segmentation.publish import FILE, PARQUET

BUNDLE = ROOT / "examples" / "superset"
PROGRAMS = Path(sys.executable).parent
# How Superset opens the file.
GUARDED = {"read_only": True, "config": {"enable_external_access": False}}
LEAVING = ["At risk", "Lapsed"]
DAYS = numpy.timedelta64(90, "D")


def blocks(page: str) -> dict[str, str]:
    """The code of a page by the heading that it stands under; one block under each."""
    found, heading = {}, ""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for title, code in re.findall(r"^#+ ([^\n]*)$|^```\w+\n(.*?)^```$", text, re.M | re.S):
        if title:
            heading = title
        else:
            assert heading not in found, f"a second block under {heading}"
            found[heading] = code
    return found


STEPS, QUESTIONS = blocks("bi.md"), blocks("questions.md")


@pytest.fixture
def project(published: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder like that of the project after `make build`; the current one."""
    (tmp_path / "public").symlink_to(published)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "target").mkdir()
    with chdir(tmp_path):
        yield tmp_path


def ask(published: Path, query: str, *changes: str) -> list[tuple]:
    """Rows of a query of the published file, or of a copy of it with these changes.

    Decimals become floats.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published / FILE}' as published (read_only)")
        if changes:
            connection.execute("copy from database published to memory")
        else:
            connection.execute("use published")
        for change in changes:
            connection.execute(change)
        return [
            tuple(float(value) if isinstance(value, Decimal) else value for value in row)
            for row in connection.execute(query).fetchall()
        ]


def answer(published: Path, number: int, *changes: str) -> list[tuple]:
    """Rows that the SQL of a question gives."""
    [query] = [code for heading, code in QUESTIONS.items() if heading.startswith(f"{number}. ")]
    return ask(published, query, *changes)


def table(published: Path, name: str) -> pandas.DataFrame:
    """A mart from its Parquet copy."""
    return duckdb.sql(f"from '{published / PARQUET / name}.parquet'").df()


def same(found: list[tuple], expected: list[tuple]) -> None:
    """The same rows in the same order; floats but for rounding."""
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == tuple(
            pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value
            for value in wanted
        )


def needed(found: object, name: str) -> None:
    """Skips without a client of the extra bi; CI must have it."""
    if not found:
        assert not os.environ.get("CI"), f"CI must have {name}"
        pytest.skip(f"{name} is not installed: see the extra bi in pyproject.toml")


# Steps


def test_pandas(project: Path) -> None:
    found: dict = {}
    exec(STEPS["pandas"], found)
    told = found["segments"].set_index("segment")["revenue"].to_dict()
    expected = ask(
        project / "public",
        "select rfm_segment, sum(monetary) from customer_segments group by rfm_segment",
    )
    assert {name: told[name] for name, _ in expected} == pytest.approx(dict(expected))
    assert len(told) == len(expected)


def test_arrow_and_parquet(project: Path) -> None:
    needed(find_spec("pyarrow"), "pyarrow")
    found: dict = {}
    exec(STEPS["Arrow and Parquet"], found)
    # To the last digit.
    with duckdb.connect(str(project / "public" / FILE), read_only=True) as connection:
        [wanted] = connection.execute(
            """
            select
                (select sum(monetary) from customer_segments),
                (select sum(customers) from segment_summary),
                (select sum(net_amount) from customer_orders)
            """
        ).fetchall()
    told = (
        sum(found["customers"]["monetary"].to_pylist()),
        sum(value or 0 for value in found["segments"]["customers"].to_pylist()),
        found["orders"]["net_amount"].sum(),
    )
    assert told == wanted and isinstance(told[0], Decimal) and isinstance(told[2], Decimal)


def test_sqlalchemy(published: Path, tmp_path: Path) -> None:
    """Queries and inspection; read-only; and the next build, once it is published."""
    needed(find_spec("duckdb_engine"), "duckdb-engine")
    import sqlalchemy

    file, later = tmp_path / "public" / FILE, tmp_path / "later.duckdb"
    file.parent.mkdir()
    shutil.copy(published / FILE, file)
    found: dict = {}
    with chdir(tmp_path):
        exec(STEPS["SQLAlchemy"], found)
        query = "select segment, customers from segment_summary where segmentation = 'rfm'"
        assert sorted(map(tuple, found["segments"])) == sorted(ask(published, query))
        assert sorted(found["tables"]) == [
            name for (name,) in ask(published, "select table_name from duckdb_tables() order by 1")
        ]
        described = [name for name, *_ in ask(published, "describe segment_summary")]
        assert [column["name"] for column in found["columns"]] == described
        refused = pytest.raises(sqlalchemy.exc.ProgrammingError, match="read-only")
        with found["engine"].connect() as connection, refused:
            connection.execute(sqlalchemy.text("create table more as select 1"))
        shutil.copy(published / FILE, later)
        with duckdb.connect(str(later)) as connection:
            connection.execute("update segment_summary set customers = 1234567")
        later.replace(file)
        with found["engine"].connect() as connection:
            rows = connection.execute(sqlalchemy.text(query)).all()
    assert {customers for _, customers in rows} == {1234567}


def test_command_line(project: Path) -> None:
    paths = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
    needed(shutil.which("duckdb", path=paths), "duckdb-cli")
    done = run_steps("DuckDB's command line", {"PATH": paths})
    assert "One row: the build that this file holds." in done.stdout
    rows = list(csv.reader(io.StringIO(Path("target", "segments.csv").read_text(encoding="utf-8"))))
    at = rows[0].index("customers")
    told = {row[0]: int(row[at]) for row in rows[1:]}
    query = "select segment_key, customers from segment_summary where segmentation = 'rfm'"
    assert told == dict(ask(project / "public", query))


def run_steps(heading: str, settings: dict[str, str]) -> subprocess.CompletedProcess:
    """Runs a block of shell commands; all of them have to succeed."""
    done = subprocess.run(
        ["sh", "-e", "-c", STEPS[heading]],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_steps_are_all_run() -> None:
    """And what is not says so."""
    run = ["DuckDB's command line", "pandas", "Arrow and Parquet", "SQLAlchemy", "Apache Superset"]
    assert list(STEPS) == run
    text = (ROOT / "docs" / "bi.md").read_text(encoding="utf-8")
    for name in ("Power BI", "Tableau", "Looker"):
        assert f"| {name} (**not tested**) |" in text


OLD_CLIENT = """
import json, sys
import duckdb

file, questions = sys.argv[1], json.loads(sys.argv[2])
with duckdb.connect(file, read_only=True) as connection:
    names = connection.execute("select table_name from duckdb_tables()").fetchall()
    queries = {name: f"select * from {name}" for (name,) in names} | questions
    for name, query in queries.items():
        rows = connection.execute(query).fetchall()
        print(json.dumps([name, sorted(map(repr, rows))]))
print(json.dumps(["", duckdb.__version__]))
"""


def test_old_clients_read_the_same(published: Path) -> None:
    """Every table, and the answers to the questions, in DuckDB 1.1."""
    python = os.environ.get("DUCKDB_1_1_PYTHON")
    if not python:
        pytest.skip("DUCKDB_1_1_PYTHON names no Python with duckdb 1.1")
    words = ["-c", OLD_CLIENT, str(published / FILE), json.dumps(QUESTIONS)]

    def told(program: str) -> dict:
        done = subprocess.run([program, *words], capture_output=True, text=True, check=True)
        return dict(map(json.loads, done.stdout.splitlines()))

    old, new = told(python), told(sys.executable)
    assert (old.pop("")[:4], new.pop("")[:2]) == ("1.1.", "2.")
    assert old == new and len(old) > 20


# Questions


def test_every_question_is_read_and_has_its_trap() -> None:
    assert [int(heading.split(".")[0]) for heading in QUESTIONS] == list(range(1, 11))
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    sections = text.split("\n## ")[1:]
    assert all(section.count("\n**Read it:** ") == 1 for section in sections)
    assert all(section.count("\n**Trap:** ") == 1 for section in sections)


def test_most_valuable(published: Path) -> None:
    customers = table(published, "customer_segments")
    spenders = customers[customers.revenue_12_months > 0].sort_values(
        "revenue_12_months", ascending=False
    )
    first, tenth = -(-len(spenders) // 100), -(-len(spenders) // 10)
    bands = {
        "Top 1 %": spenders[:first],
        "Next 9 %": spenders[first:tenth],
        "Other 90 %": spenders[tenth:],
    }
    total = spenders.revenue_12_months.sum()
    expected = [
        (
            name,
            len(band),
            float(band.revenue_12_months.sum()),
            float(band.revenue_12_months.sum() / total),
            int((band.rfm_segment == "Champions").sum()),
            int(band.buyer_type.isin(["wholesale", "likely wholesale"]).sum()),
        )
        for name, band in bands.items()
    ]
    same(answer(published, 1), expected)


def test_leaving(published: Path) -> None:
    customers = table(published, "customer_segments")
    directory = table(published, "segment_directory")
    directory = directory[directory.segmentation == "lifecycle"].sort_values("sort_order")
    expected = [
        (
            name,
            meaning,
            len(mine := customers[customers.lifecycle_segment == name]),
            float(mine.revenue_12_months.sum()),
            float(mine.monetary.sum()),
            float(mine.recency_days.mean()),
            # Null is no leave to write.
            int(mine.marketing_allowed.isin([True]).sum()),
        )
        for name, meaning in zip(directory.segment, directory.description, strict=True)
        if name in LEAVING
    ]
    # Another segmentation may have segments of the same name.
    twins = """
        insert into segment_directory
        select * replace ('tier' as segmentation) from segment_directory
    """
    same(answer(published, 2, twins), expected)


def test_growing_and_shrinking(published: Path) -> None:
    """Sizes of two months from their own rows; reasons from each customer's."""
    months = table(published, "customer_months")
    *_, before, now = sorted(months.month_end.unique())
    was = months[months.month_end == before].set_index("customer_id").rfm_segment
    last = months[months.month_end == now].set_index("customer_id")
    sizes, sizes_before = last.rfm_segment.value_counts(), was.value_counts()
    net: dict[tuple[str, str], int] = {}
    for customer, segment, reason in zip(
        last.index, last.rfm_segment, last.rfm_reason, strict=True
    ):
        old = was.get(customer)
        if old == segment:
            continue
        why = reason if old else "new"
        net[segment, why] = net.get((segment, why), 0) + 1
        if old:
            net[old, why] = net.get((old, why), 0) - 1
    reasons = ("new", "bought", "returned", "aged", "others moved")
    expected = [
        (
            name,
            size,
            size - sizes_before.get(name, 0),
            *(net.get((name, reason), 0) for reason in reasons),
        )
        for name, size in sizes.items()
    ]
    found = answer(published, 3)
    assert sorted(found) == sorted(expected)
    assert all(row[2] == sum(row[3:]) for row in found)
    assert found == sorted(found, key=lambda row: (-row[2], row[0]))


@pytest.mark.parametrize("month", ["2024-01-31", "2024-11-30", "2024-12-31"])
def test_win_back_list(published: Path, month: str) -> None:
    """In the last month, and as if an earlier one were."""
    months = table(published, "customer_months")
    customers = table(published, "customer_segments").set_index("customer_id")
    ends = sorted(months.month_end.unique())
    place = ends.index(pandas.Timestamp(month))
    was, now = (
        months[months.month_end == end].set_index("customer_id") for end in ends[place - 1 :][:2]
    )
    champions = was.index[was.rfm_segment == "Champions"]
    allowed = customers.marketing_allowed.isin([True])
    expected = [
        (
            customer,
            now.rfm_segment[customer],
            now.rfm_reason[customer],
            customers.last_ordered_on[customer].date(),
            float(customers.revenue_12_months[customer]),
        )
        for customer in champions
        if now.rfm_segment[customer] != "Champions"
        and customers.rfm_segment[customer] != "Champions"
        and allowed[customer]
    ]
    expected.sort(key=lambda row: (-row[4], row[0]))
    assert len(expected) > 0
    same(answer(published, 4, f"delete from customer_months where month_end > '{month}'"), expected)


def test_cohorts(published: Path) -> None:
    """From the orders; what is null is small, or lies ahead."""
    orders = table(published, "customer_orders")
    buyers = orders.customer_id[orders.order_type == "sale"]
    orders = orders[orders.customer_id.isin(buyers)]
    month = orders.ordered_at.dt.to_period("M")
    kept = orders.order_type == "sale"
    began = orders.customer_id.map(month[kept].groupby(orders.customer_id).min())
    since = month.astype("int64") - began.astype("int64")
    sizes = orders[kept].groupby(began).customer_id.nunique()
    active = orders[kept].groupby([began, since]).customer_id.nunique()
    revenue = orders.groupby([began, since]).net_amount.sum()
    last = month.max()
    # Nobody ordered, but somebody sent something back, is small as well.
    small: dict[object, list[int]] = {}
    for (cohort, months), money in revenue.items():
        count = int(active.get((cohort, months), 0))
        if count < 5 and (count or money):
            small.setdefault(cohort + months, []).append(count)
    found = answer(published, 5)
    assert [row[0] for row in found] == [cohort.end_time.date() for cohort in sizes.index]
    hidden = beside = 0
    for cohort, row in zip(sizes.index, found, strict=True):
        size = int(sizes[cohort])
        assert row[1] == size
        for months, share in zip((1, 3, 6, 12), row[2:], strict=True):
            count = int(active.get((cohort, months), 0))
            if cohort + months > last:
                assert share is None
            elif count < 5 and (count or revenue.get((cohort, months), 0)):
                assert share is None
                hidden += 1
            elif share is None:
                # All who ordered in that month are told elsewhere, and would tell few.
                few = small[cohort + months]
                assert len(few) == 1 or sum(few) < 5
                beside += 1
            else:
                assert share == pytest.approx(count / size)
    assert hidden > beside > 0


def test_second_orders(published: Path) -> None:
    orders = table(published, "customer_orders")
    days = orders[orders.order_type == "sale"].ordered_at.dt.normalize()
    days = days.groupby(orders.customer_id).unique().map(sorted)
    as_of_date = table(published, "build_info").as_of_date[0]
    counts: dict[tuple[int, int], list[bool]] = {}
    for own in days:
        if own[0] + DAYS <= as_of_date:
            quarter = (own[0].year, own[0].quarter)
            counts.setdefault(quarter, []).append(len(own) > 1 and own[1] <= own[0] + DAYS)
    expected = [
        (*quarter, len(again), sum(again), sum(again) / len(again))
        for quarter, again in sorted(counts.items())
    ]
    same(answer(published, 6), expected)


def test_revenue_of_the_time(published: Path) -> None:
    """The segment before an order is that of the month-end before it."""
    orders = table(published, "customer_orders")
    months = table(published, "customer_months")
    known = months.set_index(["customer_id", "month_end"]).rfm_segment.to_dict()
    today = table(published, "customer_segments").set_index("customer_id").rfm_segment
    month_before = orders.ordered_at.dt.to_period("M").sub(1).dt.end_time.dt.normalize()
    orders["before"] = [
        known.get(key) for key in zip(orders.customer_id, month_before, strict=True)
    ]
    orders = orders[orders.before.notna()]
    then = orders.groupby("before").net_amount.sum()
    now = orders.groupby(orders.customer_id.map(today)).net_amount.sum()
    total = float(orders.net_amount.sum())
    expected = {
        name: (then.get(name, 0.0), now.get(name, 0.0)) for name in then.index.union(now.index)
    }
    same(
        answer(published, 7),
        [
            (name, *map(float, sums), *(float(each) / total for each in sums))
            for name, sums in sorted(expected.items(), key=lambda item: -item[1][0])
        ],
    )


def test_regions(published: Path) -> None:
    customers = table(published, "customer_segments")
    cells = customers.groupby(["geographic_segment", "hybrid_segment"]).revenue_12_months
    expected = [
        (*names, len(cell), float(cell.sum()), float(cell.mean()))
        for names, cell in cells
        if len(cell) >= 5
    ]
    assert len(expected) < cells.ngroups
    found = answer(published, 8)
    same(sorted(found), sorted(expected))
    assert found == sorted(found, key=lambda row: (-row[3], *row[:2]))


def test_clusters(published: Path) -> None:
    """Sizes and revenue from customers; a centre is the mean of the logarithms, turned back."""
    customers = table(published, "customer_segments")
    # Other segmentations and feature sets may have clusters of the same name.
    twins = (
        """
        insert into segment_summary
        select * replace ('tier' as segmentation, 1 as revenue_share) from segment_summary
        """,
        """
        insert into cluster_profiles
        select * replace ('survey' as feature_set, 1e9 as centroid) from cluster_profiles
        """,
    )
    found = answer(published, 9, *twins)
    assert found == sorted(found, key=lambda row: -row[2])
    chosen = "select k from cluster_quality where feature_set = 'rfm' and is_chosen"
    assert ask(published, chosen) == [(len(found),)]
    for name, count, share, *centre in found:
        mine = customers[customers.kmeans_segment == name]
        assert count == len(mine)
        assert share == pytest.approx(mine.monetary.sum() / customers.monetary.sum())
        measures = mine[["recency_days", "frequency", "monetary"]].clip(lower=0).astype(float)
        means = numpy.expm1(numpy.log1p(measures).mean())
        assert centre == pytest.approx(list(means), rel=1e-4)


def test_trust(published: Path) -> None:
    """The month's flows from its orders; the rows that came in from their sum."""
    found = answer(published, 10)
    assert found == sorted(found, key=lambda row: row[:2])
    month = [row for row in found if row[0] == "Last month"]
    told = {what: value for _, what, value, *_ in month}
    assert len(told) == len(month) > 10
    assert all(
        (low <= value <= high) == (verdict == "usual") for *_, value, low, high, verdict in month
    )
    orders = table(published, "customer_orders")
    # Cancelled orders were placed, too.
    placed = orders[orders.order_type != "return"]
    end = table(published, "customer_months").month_end.max()
    period = placed.ordered_at.dt.to_period("M")
    last = placed[period == end.to_period("M")]
    first = placed.groupby("customer_id").ordered_at.min().dt.to_period("M")
    assert told["active_customers"] == last.customer_id.nunique()
    assert told["orders_per_customer"] == pytest.approx(len(last) / last.customer_id.nunique())
    assert told["median_order_value"] == pytest.approx(last.gross_amount.median())
    assert told["new_customers"] == (first == end.to_period("M")).sum()
    rows = table(published, "input_reconciliation")
    rows = rows[rows.input == "transactions"].groupby("line_class").row_count.sum()
    [came_in] = table(published, "build_info").transaction_rows
    assert rows.sum() == came_in
    same(
        [row for row in found if row[0] != "Last month"],
        [
            ("Share of input rows", name, count / came_in, None, None, "reported")
            for name, count in sorted(rows.items())
        ],
    )
    # A month that is not usual is told, and one without a verdict is not.
    changes = (
        "update segment_drift set verdict = 'unusual' where measure = 'active_customers'",
        "update segment_drift set verdict = 'too little history' where measure = 'guest_share'",
    )
    changed = {what: verdict for _, what, *_, verdict in answer(published, 10, *changes)}
    assert changed["active_customers"] == "unusual" and "guest_share" not in changed


# The dashboard


def parts(kind: str) -> list[dict]:
    """The bundle's files of a kind."""
    paths = sorted((BUNDLE / kind).rglob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


def test_the_dashboard_fits_the_marts(published: Path) -> None:
    """Columns and their types, what charts name, colours, and who is on the dashboard."""
    [database], [dashboard] = parts("databases"), parts("dashboards")
    assert database["extra"]["engine_params"]["connect_args"] == GUARDED
    named = {}
    for dataset in parts("datasets"):
        source = dataset["sql"] or f"select * from {dataset['table_name']}"
        there = ask(published, f"describe {source}")
        columns = [(column["column_name"], column["type"]) for column in dataset["columns"]]
        assert columns == [row[:2] for row in there], dataset["table_name"]
        for metric in dataset["metrics"]:
            [(value,)] = ask(published, f"select {metric['expression']} from ({source})")
            assert value, metric
        metrics = {metric["metric_name"] for metric in dataset["metrics"]}
        named[dataset["uuid"]] = {name for name, _ in columns}, metrics
        assert dataset["database_uuid"] == database["uuid"]
    charts = parts("charts")
    assert 6 <= len(charts) <= 8
    for chart in charts:
        columns, metrics = named[chart["dataset_uuid"]]
        [query] = json.loads(chart["query_context"])["queries"]
        used = [
            column if isinstance(column, str) else column["sqlExpression"]
            for column in query["columns"]
        ]
        filters = chart["params"].get("adhoc_filters", [])
        conditions = [(each["subject"], each["operator"], each["comparator"]) for each in filters]
        # The browser asks by the parameters, and the API by the context.
        assert conditions == [
            (each["col"], each["op"], each["val"]) for each in query.get("filters", [])
        ]
        used += [column for column, *_ in conditions]
        assert set(used) <= columns and set(query.get("metrics", [])) <= metrics, chart
        parameters = chart["params"]
        shown = parameters.get("metrics") or [parameters.get("metric")]
        assert set(shown) - {None} <= set(query.get("metrics", []))
    boxes = [box for name, box in dashboard["position"].items() if name.startswith("CHART-")]
    on_it = {box["meta"]["uuid"]: box["meta"]["sliceName"] for box in boxes}
    assert on_it == {chart["uuid"]: chart["slice_name"] for chart in charts}
    colours = dashboard["metadata"]["label_colors"]
    wanted = ask(
        published,
        "select segment, colour, segmentation from segment_directory "
        "where segmentation in ('rfm', 'geographic')",
    )
    assert [name for name, colour, _ in wanted if colours.get(name) != colour] == []
    assert all(colours[f"→ {name}"] == colours[name] for name, _, kind in wanted if kind == "rfm")


SUPERSET_CONFIG = """
import os

SECRET_KEY = "of this test alone"
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_HOME"] + "/superset.db"
TALISMAN_ENABLED = False
WTF_CSRF_ENABLED = False
"""

# Asks every chart's data as its own page does, then again once another build is published.
SUPERSET_CLIENT = """
import json, os, sys
from superset.app import create_app

name = {"username": "admin", "password": "admin", "provider": "db"}
with create_app().test_client() as client:
    token = client.post("/api/v1/security/login", json=name).json["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def get(address):
        answer = client.get(address, headers=headers)
        return answer.status_code, answer.json

    def charts():
        _, listed = get("/api/v1/chart/?q=(page_size:100)")
        return {
            chart["slice_name"]: get(f"/api/v1/chart/{chart['id']}/data/")
            for chart in listed["result"]
        }

    _, dashboard = get("/api/v1/dashboard/customer-segments")
    _, on_it = get("/api/v1/dashboard/customer-segments/charts")
    _, databases = get("/api/v1/database/")
    [database] = databases["result"]

    def run(sql):
        query = {"database_id": database["id"], "sql": sql}
        return client.post("/api/v1/sqllab/execute/", json=query, headers=headers).text

    told = {
        "title": dashboard["result"]["dashboard_title"],
        "charts": [chart["slice_name"] for chart in on_it["result"]],
        "database": get(f"/api/v1/database/{database['id']}/connection")[1]["result"],
        "inside": run("select minimum_cell from build_info"),
        "outside": run(f"from read_text('{os.environ['SUPERSET_CONFIG_PATH']}')"),
        "before": charts(),
    }
    os.replace(sys.argv[1], sys.argv[2])
    told["after"] = charts()
print(json.dumps(told))
"""


def test_superset(published: Path, project: Path) -> None:
    """Imports the dashboard into a real Superset and asks every chart's data of it."""
    python = os.environ.get("SUPERSET_PYTHON")
    if not python:
        pytest.skip("SUPERSET_PYTHON names no Python with apache-superset and duckdb-engine")
    (project / "public").unlink()
    (project / "public").mkdir()
    file, later = project / "public" / FILE, project / "later.duckdb"
    for copy in (file, later):
        shutil.copy(published / FILE, copy)
    with duckdb.connect(str(later)) as connection:
        connection.execute("update segment_summary set customers = customers * 2")
    (project / "superset_config.py").write_text(SUPERSET_CONFIG, encoding="utf-8")
    settings = {
        "PATH": os.pathsep.join([str(Path(python).parent), os.environ["PATH"]]),
        "SUPERSET_HOME": str(project),
        "SUPERSET_CONFIG_PATH": str(project / "superset_config.py"),
        "FLASK_APP": "superset",
    }
    admin = "--firstname A --lastname B --email admin@localhost --password admin"
    for words in (
        "db upgrade",
        "init",
        f"fab create-admin --username admin {admin}",
    ):
        subprocess.run(
            [Path(python).with_name("superset"), *words.split()],
            env=os.environ | settings,
            check=True,
            capture_output=True,
        )
    run_steps("Apache Superset", settings)
    done = subprocess.run(
        [python, "-c", SUPERSET_CLIENT, later, file],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    names = sorted(chart["slice_name"] for chart in parts("charts"))
    assert told["title"] == "Customer segments" and sorted(told["charts"]) == names
    assert told["database"]["sqlalchemy_uri"] == f"duckdb:///{file}"
    extra = json.loads(told["database"]["extra"])
    assert extra["engine_params"]["connect_args"] == GUARDED
    assert '"data": [{"minimum_cell": 5}]' in told["inside"]
    assert "disabled" in told["outside"] and "data" not in json.loads(told["outside"])
    assert sorted(told["before"]) == names
    results = {}
    for name, (status, answered) in told["before"].items():
        [result] = answered["result"]
        assert (status, result["error"]) == (200, None), name
        assert result["rowcount"] == len(result["data"]) > 0, name
        results[name] = result["data"]

    def asked(query: str) -> list:
        return [pytest.approx(value) for (value,) in ask(published, query)]

    in_order = """
        from segment_summary inner join segment_directory using (segment_key)
        where segment_summary.segmentation = '{}' and customers > 0 order by sort_order
    """
    for chart, column, segmentation in (
        ("Customers by RFM segment", "customers", "rfm"),
        ("Revenue of the last twelve months by RFM segment", "revenue_12_months", "rfm"),
        ("Revenue of the last twelve months by region", "revenue_12_months", "geographic"),
    ):
        drawn = [row[column] for row in results[chart]]
        assert drawn == asked(f"select {column} {in_order.format(segmentation)}")
    by_month = sorted(results["Revenue by month"], key=lambda row: row["ordered_at"])
    assert [row["revenue"] for row in by_month] == asked(
        "select sum(net_amount) from customer_orders group by date_trunc('month', ordered_at) "
        "order by date_trunc('month', ordered_at)"
    )
    at_risk = sorted(results["Revenue at risk"], key=lambda row: row["month_end"])
    assert [row["revenue_12_months"] for row in at_risk] == asked(
        "select sum(revenue_12_months) from customer_months "
        "where lifecycle_segment = 'At risk' group by month_end order by month_end"
    )
    cohorts = results["Who still orders, by month of the first order"]
    assert sorted(row["active_share"] for row in cohorts) == asked(
        "select active_share from cohort_retention where cohort_by = 'first month' "
        "and is_complete and months_since between 1 and 12 and active_share is not null order by 1"
    )
    moved = sum(row["customers"] for row in results["Who moved in the last month"])
    assert [moved] == asked(
        "select sum(customers) from segment_migrations where segmentation = 'rfm' "
        "and month_end = (select max(month_end) from segment_migrations)"
    )
    meanings = [row["description"] for row in results["What the segments mean"]]
    assert len(meanings) == len(results["Customers by RFM segment"])
    # Superset opens the file for each query, so the next build is there at once.
    [result] = told["after"]["Customers by RFM segment"][1]["result"]
    before = [row["customers"] for row in results["Customers by RFM segment"]]
    assert [row["customers"] for row in result["data"]] == [2 * count for count in before]
