"""The short summary at the end of a build, read from the marts."""

import duckdb

SEGMENTS = """
    select summary.segment, summary.customers, summary.customer_share, summary.revenue,
        summary.revenue_share
    from {schema}.segment_summary as summary
    inner join {schema}.segment_directory as directory using (segment_key)
    where summary.segmentation = $segmentation
    order by directory.sort_order
"""
CLASSES = """
    select line_class, sum(row_count), sum(amount)
    from {schema}.input_reconciliation
    where input = 'transactions'
    group by line_class
    order by array_position(
        ['sale', 'return', 'service', 'guest', 'duplicate', 'rejected', 'later'], line_class
    )
"""
RECORDS = """
    select
        coalesce(reason, 'as they are'),
        sum(row_count)
    from (
        select row_count, unnest(coalesce(string_split(reason, '; '), [null])) as reason
        from {schema}.input_reconciliation
        where input = 'customers'
    )
    group by reason
    order by reason is not null, sum(row_count) desc, reason
"""
CHOSEN_K = "select max(k) from {schema}.cluster_quality where is_chosen and feature_set = $set"
FACTS = """
    select
        count(*),
        count(recency_days),
        count(case when recency_days is not null and has_record then 1 end),
        max(as_of_date),
        count(case when is_ntile_split then 1 end),
        count(case when has_record then 1 end)
    from {schema}.customer_segments
"""
PREDICTIONS = """
    select
        prediction_status,
        count(*),
        sum(monetary) / nullif(sum(sum(monetary)) over (), 0)
    from {schema}.customer_segments
    where prediction_status is not null
    group by prediction_status
    order by count(*) desc, prediction_status
"""
SEGMENTATIONS = "select distinct segmentation from {schema}.segment_directory"
TITLES = {
    "rfm": "RFM segment",
    "kmeans": "K-means cluster",
    "demographic": "Gender, age and income",
    "geographic": "Region",
    "psychographic": "Attitude",
    "behaviour": "Behaviour",
    "value": "Value class, trailing year",
    "lifecycle": "Lifecycle stage",
    "hybrid": "Combination",
}
CLUSTERED = {"kmeans": "rfm", "psychographic": "psychographic"}


def summarise(database: str, schema: str) -> str:
    """The summary as text, at most 80 characters wide.

    database: path of the DuckDB file. schema: quoted name of the marts' schema in it. The file must
    not be open for writing elsewhere.
    """
    with duckdb.connect(database) as connection:

        def ask(query: str, **parameters: str) -> list[tuple]:
            return connection.execute(query.format(schema=schema), parameters).fetchall()

        [(customers, buyers, matched, as_of_date, split, records)] = ask(FACTS)
        classes, told = ask(CLASSES), ask(RECORDS)
        text = [f"{customers:,} customers"]
        if classes:
            text[0] += f", {buyers:,} with an order, as of {as_of_date}"
        text[0] += "."
        if classes and records:
            share = f" ({matched / buyers:.0%})" if buyers else ""
            text += [f"{matched:,} of those with an order{share} have a customer record."]
        there = {name for (name,) in ask(SEGMENTATIONS)}
        for name in sorted(there, key=lambda name: ([*TITLES, name].index(name), name)):
            title = TITLES.get(name, name.replace("_", " ").capitalize())
            if name in CLUSTERED:
                [(k,)] = ask(CHOSEN_K, set=CLUSTERED[name])
                title += f" (k = {k})" if k else ""
            rows = [row for row in ask(SEGMENTS, segmentation=name) if row[1] or name == "rfm"]
            text += ["", *_segment_table(title, rows)]
            if name == "rfm" and split:
                text += [
                    f"Plain NTILE would have split {split:,} customers from others with equal "
                    "values."
                ]
        if predictions := ask(PREDICTIONS):
            text += ["", f"{'Predicted value, by status':<44}{'customers':>10}{'revenue':>19}"]
            text += [
                f"{status:<44}{count:>10,}{_percent(share):>19}"
                for status, count, share in predictions
            ]
        if classes:
            text += ["", *class_table(classes, "Where each row of the transactions went")]
        if told:
            text += ["", f"{'What the customer records hold':<44}{'rows':>10}"]
            text += [f"{reason:<44}{count:>10,}" for reason, count in told]
    return "\n".join(text)


def rows_found(database: str, test: str, query: str) -> str:
    """What a test that warned has found, a line for each row, and at most ten.

    database: path of the DuckDB file. query: the test as dbt has compiled it.
    """
    with duckdb.connect(database) as connection:
        found = connection.execute(query)
        columns = [column[0] for column in found.description]
        rows = found.fetchall()
    text = [f"{test} found:"]
    for row in rows[:10]:
        cells = [round(cell, 3) if isinstance(cell, float) else cell for cell in row]
        text += ["  " + ", ".join(f"{n} {c}" for n, c in zip(columns, cells, strict=True))]
    return "\n".join([*text, *([f"  … and {len(rows) - 10:,} more"] if rows[10:] else [])])


def _segment_table(title: str, rows: list[tuple]) -> list[str]:
    has_revenue = any(row[3] is not None for row in rows)
    lines = [f"{title:<44}{'customers':>10}{'share':>7}"]
    lines[0] += f"{'revenue':>12}{'share':>7}" if has_revenue else ""
    for segment, customers, share, revenue, revenue_share in rows:
        name = segment if len(segment) <= 43 else segment[:42] + "…"
        money = "" if revenue is None else f"{revenue:>12,.0f}{_percent(revenue_share)}"
        lines.append(f"{name:<44}{customers:>10,}{_percent(share)}{money}")
    return lines


def class_table(rows: list[tuple], title: str) -> list[str]:
    """Rows and amounts by line class under a title, and their sums.

    rows: what CLASSES gives.
    """
    lines = [f"{title:<44}{'rows':>10}{'amount':>19}"]
    lines += [f"{name:<44}{count:>10,}{amount:>19,.2f}" for name, count, amount in rows]
    count, amount = sum(row[1] for row in rows), sum(row[2] for row in rows)
    return [*lines, f"{'all, equal to the input':<44}{count:>10,}{amount:>19,.2f}"]


def _percent(share: float | None) -> str:
    # Adding zero turns the -0.0 of a tiny negative share into 0.0.
    return f"{'':>7}" if share is None else f"{round(share, 3) + 0:>7.1%}"
