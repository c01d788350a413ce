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
    group by line_class
    order by array_position(
        ['sale', 'return', 'service', 'guest', 'duplicate', 'rejected', 'later'], line_class
    )
"""
CHOSEN_K = "select max(k) from {schema}.cluster_quality where is_chosen"
FACTS = """
    select count(*), count(rfm_score), max(as_of_date), count(case when is_ntile_split then 1 end)
    from {schema}.customer_segments
"""


def summarise(database: str, schema: str, segmentations: list[str]) -> str:
    """The summary as text, at most 80 characters wide.

    database: path of the DuckDB file. schema: quoted name of the marts' schema in it.
    segmentations: which of them to show. The file must not be open for writing elsewhere.
    """
    with duckdb.connect(database) as connection:

        def ask(query: str, **parameters: str) -> list[tuple]:
            return connection.execute(query.format(schema=schema), parameters).fetchall()

        [(customers, buyers, as_of_date, split)] = ask(FACTS)
        text = [f"{customers:,} customers, {buyers:,} with an order, as of {as_of_date}."]
        text += ["", *_segment_table("RFM segment", ask(SEGMENTS, segmentation="rfm"))]
        if split:
            text += [
                f"Plain NTILE would have split {split:,} customers from others with equal values."
            ]
        if "kmeans" in segmentations:
            [(k,)] = ask(CHOSEN_K)
            title = f"K-means cluster (k = {k})" if k else "K-means cluster"
            text += ["", *_segment_table(title, ask(SEGMENTS, segmentation="kmeans"))]
        text += ["", *class_table(ask(CLASSES), "Where each row of the input went")]
    return "\n".join(text)


def _segment_table(title: str, rows: list[tuple]) -> list[str]:
    lines = [f"{title:<44}{'customers':>10}{'share':>7}{'revenue':>12}{'share':>7}"]
    for segment, customers, share, revenue, revenue_share in rows:
        name = segment if len(segment) <= 43 else segment[:42] + "…"
        lines.append(
            f"{name:<44}{customers:>10,}{_percent(share)}{revenue:>12,.0f}{_percent(revenue_share)}"
        )
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
