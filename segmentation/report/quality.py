"""The section on where each row of the input went."""

from segmentation.report.figures import (
    ACCENT,
    Figure,
    Section,
    Table,
    bars_across,
    chart,
    labels,
    plain,
)
from segmentation.report.marts import Marts
from segmentation.report.words import number, percent, whole

CLASSES = {
    "sale": "Sold to a known customer",
    "return": "Returned by a known customer",
    "guest": "Without a customer (guests)",
    "service": "Fees and postage, not goods",
    "duplicate": "Exact duplicates, left out",
    "rejected": "Rejected",
    "later": "After the as-of date, left out",
    "record": "Records as they are",
    "corrected": "Value left out",
}
# Columns whose names read ill in a sentence.
DATES = {"ordered_at": "date of the order", "signed_up_on": "date of joining"}


def quality(marts: Marts) -> Section:
    section = Section(
        "quality",
        "Where each row went",
        "Every row that came in is in exactly one of these classes; together they are all of them.",
    )
    rows = marts.rows(
        "select * from input_reconciliation order by input desc, line_class, reason nulls first"
    )
    for name, title in (("transactions", "Order lines"), ("customers", "Customer records")):
        mine = [row for row in rows if row["input"] == name and row["row_count"]]
        if mine:
            section.figures.append(where_rows_went(name, title, mine))
    if not section.figures:
        section.absent = "No rows came in."
    return section


def _spoken(reason: str) -> str:
    """ordered_at unreadable as date of the order unreadable."""
    for column, words in DATES.items():
        reason = reason.replace(column, words)
    return reason.replace("_", " ")


def where_rows_went(name: str, title: str, rows: list[dict]) -> Figure:
    rows.sort(key=lambda row: (list(CLASSES).index(row["line_class"]), -row["row_count"]))
    total = sum(row["row_count"] for row in rows)
    used = sum(
        row["row_count"] for row in rows if row["line_class"] in ("sale", "return", "record")
    )
    names = [
        CLASSES[row["line_class"]] + (f": {_spoken(row['reason'])}" if row["reason"] else "")
        for row in rows
    ]
    return Figure(
        f"rows-{name}",
        title,
        f"{percent(used / total)} of {whole(total)} rows are used as they came"
        + ("." if used == total else "; the others are classed below with their reason."),
        f"Bars: rows of the {name} in each class.",
        chart(
            [
                bars_across(
                    [row["row_count"] for row in rows],
                    [whole(row["row_count"]) for row in rows],
                    marker={"color": ACCENT},
                    customdata=[plain(each) for each in names],
                    hovertemplate="%{customdata}: %{text} rows<extra></extra>",
                )
            ],
            70 + 30 * len(rows),
            xaxis={"range": [0, max(row["row_count"] for row in rows) * 1.6], "nticks": 4},
            yaxis={**labels(names), "autorange": "reversed"},
        ),
        Table(
            ["Class", "Rows", "Share", "Amount"],
            [
                [
                    each,
                    whole(row["row_count"]),
                    percent(row["row_count"] / total),
                    number(row["amount"]),
                ]
                for each, row in zip(names, rows, strict=True)
            ],
        ),
        wide=True,
    )
