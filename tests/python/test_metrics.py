"""Every metric and every saved query, asked through MetricFlow, and told by SQL over the marts."""

import datetime
import json
from collections.abc import Sequence

import duckdb
import pytest
from conftest import SCHEMA, Outcome

pytest.importorskip("dbt_metricflow", reason="needs the extra metrics: pip install '.[metrics]'")

from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

MONTH, QUARTER = "metric_time__month", "metric_time__quarter"
SEGMENT = ["segment__segmentation", "segment__name"]
COHORT = ["cohort__cohort_month__month", "cohort__months_since"]
IN_A_SEGMENT = "{{ Dimension('segment__name') }} is not null"

AT_RISK = "lifecycle_segment = 'At risk'"
LAST = "month_end = (select max(month_end) from customer_months)"
MONTH_OF = "date_trunc('month', month_end)"
LAST_OF_QUARTER = """
    month_end in (
        select max(month_end) from customer_months group by date_trunc('quarter', month_end)
    )
"""
# Customers at month-ends, once for each segmentation.
MEMBERS = """(
    select *, replace(name, '_segment', '') as segmentation
    from (
        unpivot customer_months on rfm_segment, value_segment, lifecycle_segment
        into name name value segment
    )
)"""
# Orders by the segment of the time, which the periods tell.
ORDERS = """(
    select customer_orders.*, segmentation, segment
    from customer_orders
    inner join segment_periods on
        customer_orders.customer_id = segment_periods.customer_id
        and valid_from < date_trunc('month', ordered_at)
        and coalesce(valid_to >= date_trunc('month', ordered_at), true)
)"""
MOVES = """(
    from (
        select month_end, segmentation, to_segment as segment, sum(customers) as migration_in
        from segment_migrations where is_move group by all
    )
    full join (
        select month_end, segmentation, from_segment as segment, sum(customers) as migration_out
        from segment_migrations where is_move group by all
    ) using (month_end, segmentation, segment)
    select
        month_end, segmentation, segment,
        coalesce(migration_in, 0) as came, coalesce(migration_out, 0) as went
)"""
COHORTS = """
    cohort_retention where cohort_by = 'first month' and months_since > 0 and is_complete
"""

STATE = ["customers", "repeat_rate", "revenue_at_risk"]
STATE_SQL = f"""
    count(*),
    count_if(frequency > 1) / nullif(count_if(frequency > 0), 0),
    sum(revenue_12_months) filter ({AT_RISK})
"""
FLOW = ["active_customers", "revenue", "average_order_value"]
FLOW_SQL = """
    count(distinct customer_id) filter (order_type = 'sale'),
    sum(net_amount),
    avg(gross_amount) filter (order_type = 'sale')
"""
MOVED = ["migration_in", "migration_out", "net_migration"]
MOVED_SQL = "sum(came), sum(went), sum(came) - sum(went)"
RETAINED = ["retention", "active_cohort_customer_months", "cohort_customer_months"]
RETAINED_SQL = "sum(active_customers) / sum(customers), sum(active_customers), sum(customers)"

# Metrics, what they are divided by, a condition, and what the marts say of the same.
QUESTIONS = [
    (STATE, [], None, f"select {STATE_SQL} from customer_months where {LAST}"),
    (STATE, [MONTH], None, f"select {MONTH_OF}, {STATE_SQL} from customer_months group by 1"),
    (
        STATE,
        [QUARTER],
        None,
        f"""
        select date_trunc('quarter', month_end), {STATE_SQL} from customer_months
        where {LAST_OF_QUARTER} group by 1
        """,
    ),
    (
        STATE[:2],
        [MONTH, *SEGMENT],
        None,
        f"select {MONTH_OF}, segmentation, segment, count(*), "
        "count_if(frequency > 1) / nullif(count_if(frequency > 0), 0) "
        f"from {MEMBERS} group by 1, 2, 3",
    ),
    (
        STATE[2:],
        [MONTH, *SEGMENT],
        None,
        f"select {MONTH_OF}, 'lifecycle', lifecycle_segment, sum(revenue_12_months) "
        f"from customer_months where {AT_RISK} group by 1, 3",
    ),
    (
        STATE[:1],
        [MONTH, "customer__kmeans_segment"],
        None,
        f"""
        select {MONTH_OF}, kmeans_segment, count(*) from customer_months
        inner join customer_segments using (customer_id) group by 1, 2
        """,
    ),
    (FLOW, [], None, f"select {FLOW_SQL} from customer_orders"),
    (
        FLOW,
        [QUARTER],
        None,
        f"select date_trunc('quarter', ordered_at), {FLOW_SQL} from customer_orders group by 1",
    ),
    (
        FLOW,
        ["credited_order__ordered_on__day"],
        None,
        f"select ordered_at::date, {FLOW_SQL} from customer_orders group by 1",
    ),
    (
        FLOW,
        ["credited_order__country"],
        None,
        f"select country, {FLOW_SQL} from customer_orders group by 1",
    ),
    (
        FLOW,
        [MONTH, *SEGMENT],
        IN_A_SEGMENT,
        f"""
        select date_trunc('month', ordered_at), segmentation, segment, {FLOW_SQL}
        from {ORDERS} group by 1, 2, 3
        """,
    ),
    (
        FLOW,
        SEGMENT,
        f"{{{{ Dimension('segment__segmentation') }}}} = 'rfm' and {IN_A_SEGMENT}",
        f"""
        select 'rfm', rfm_segment_before, {FLOW_SQL} from customer_orders
        where rfm_segment_before is not null group by 2
        """,
    ),
    (
        ["revenue_of_each_segmentation", "segmentations"],
        [MONTH],
        None,
        "select date_trunc('month', ordered_at), 3 * sum(net_amount), 3 from customer_orders "
        "group by 1",
    ),
    (
        MOVED,
        [MONTH, *SEGMENT],
        None,
        f"select {MONTH_OF}, segmentation, segment, {MOVED_SQL} from {MOVES} group by 1, 2, 3",
    ),
    (
        MOVED,
        SEGMENT,
        None,
        f"select segmentation, segment, {MOVED_SQL} from {MOVES} group by 1, 2",
    ),
    # Whoever moved in several segmentations counts once.
    (
        MOVED,
        [MONTH],
        None,
        f"""
        select {MONTH_OF}, count(*), count(*), 0 from customer_months
        where rfm_segment <> previous_rfm_segment or value_segment <> previous_value_segment
            or lifecycle_segment <> previous_lifecycle_segment
        group by 1
        """,
    ),
    (RETAINED, [], None, f"select {RETAINED_SQL} from {COHORTS}"),
    (RETAINED, [MONTH], None, f"select {MONTH_OF}, {RETAINED_SQL} from {COHORTS} group by 1"),
    (
        RETAINED,
        COHORT[1:],
        None,
        f"select months_since, {RETAINED_SQL} from {COHORTS} group by 1",
    ),
    (
        RETAINED,
        [*COHORT, *SEGMENT],
        IN_A_SEGMENT,
        f"""
        select date_trunc('month', cohort_month), months_since, 'rfm', segment, {RETAINED_SQL}
        from cohort_retention
        where cohort_by = 'segment at month 3' and months_since > 0 and is_complete
            and segment not in ('Too young', 'Before the history')
        group by 1, 2, 4
        """,
    ),
]
SAVED_QUERIES = {
    "business_by_month": (
        [MONTH, *STATE, *FLOW],
        f"""
        from (select {MONTH_OF} as month, {STATE_SQL} from customer_months group by 1)
        inner join (
            select date_trunc('month', ordered_at) as month, {FLOW_SQL}
            from customer_orders group by 1
        ) using (month)
        """,
    ),
    "rfm_segments_by_month": (
        [MONTH, *SEGMENT, *STATE[:2], *FLOW],
        f"""
        select month, 'rfm', segment, * exclude (month, segment)
        from (
            select {MONTH_OF} as month, rfm_segment as segment, count(*),
                count_if(frequency > 1) / nullif(count_if(frequency > 0), 0)
            from customer_months group by 1, 2
        )
        full join (
            select date_trunc('month', ordered_at) as month, rfm_segment_before as segment,
                {FLOW_SQL}
            from customer_orders where rfm_segment_before is not null group by 1, 2
        ) using (month, segment)
        """,
    ),
    "migration_by_month": (
        [MONTH, *SEGMENT, *MOVED],
        f"select {MONTH_OF}, segmentation, segment, {MOVED_SQL} from {MOVES} group by 1, 2, 3",
    ),
    "retention_by_cohort": (
        [*COHORT, "retention"],
        f"""
        select date_trunc('month', cohort_month), months_since, active_share from {COHORTS}
        """,
    ),
}


class MetricFlow:
    """Makes SQL of questions, by what a build declares."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()

    def __init__(self, build: Outcome):
        path = build.database.parent / "target" / "semantic_manifest.json"
        manifest = parse_manifest_from_dbt_generated_manifest(path.read_text(encoding="utf-8"))
        self.engine = MetricFlowEngine(SemanticManifestLookup(manifest), self)
        self.declared = json.loads(path.read_text(encoding="utf-8"))

    def names(self, kind: str) -> set[str]:
        return {thing["name"] for thing in self.declared[kind]}

    def sql(self, columns: Sequence[str], **question: object) -> str:
        """A query for these columns of the answer; question: see MetricFlowQueryRequest."""
        request = MetricFlowQueryRequest.create(**question)
        return f"""
            select {", ".join(columns)} from ({self.engine.explain(request).sql_statement.sql})
        """


def comparable(rows: list[tuple], columns: Sequence[str]) -> list[tuple]:
    """Rows in order, numbers to twelve digits; without those that say nothing, or 0, of nobody."""
    said = sum("__" not in column for column in columns)
    return sorted(tuple(map(plain, row)) for row in rows if any(row[-said:]))


def plain(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return f"{value:%Y-%m-%d}"
    number = value is not None and not isinstance(value, str | datetime.date)
    return f"{float(value):.12g}" if number else f"{value}"


@pytest.fixture(scope="module")
def metricflow(demo: Outcome) -> MetricFlow:
    return MetricFlow(demo)


@pytest.mark.parametrize(("metrics", "by", "where", "sql"), QUESTIONS)
def test_metrics_say_what_the_marts_say(demo, metricflow, metrics, by, where, sql):
    columns = [*by, *metrics]
    question = metricflow.sql(
        columns,
        metric_names=metrics,
        group_by_names=by or None,
        where_constraints=[where] if where else None,
    )
    answer = comparable(demo.ask(question), columns)
    assert answer
    assert answer == comparable(demo.ask(sql), columns)


@pytest.mark.parametrize("name", SAVED_QUERIES)
def test_saved_queries_say_what_the_marts_say(demo, metricflow, name):
    columns, sql = SAVED_QUERIES[name]
    answer = comparable(demo.ask(metricflow.sql(columns, saved_query_name=name)), columns)
    assert answer
    assert answer == comparable(demo.ask(sql), columns)


def test_a_segment_that_is_empty_now_has_no_customers(built, metricflow):
    """And not those of the last month that had some."""
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(
            f"delete from {SCHEMA}.customer_months "
            f"where rfm_segment = 'Champions' and {LAST.replace('customer', f'{SCHEMA}.customer')}"
        )
    question = metricflow.sql(
        ["customers"],
        metric_names=["customers"],
        where_constraints=["{{ Dimension('segment__name') }} = 'Champions'"],
    )
    assert Outcome(0, "", "", built.database).ask(question) == [(0,)]


def test_every_metric_and_saved_query_is_asked(metricflow):
    asked = {name for metrics, *_ in QUESTIONS for name in metrics}
    assert metricflow.names("metrics") == asked
    assert metricflow.names("saved_queries") == set(SAVED_QUERIES)
