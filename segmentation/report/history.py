"""The sections that follow customers from month to month."""

import plotly.graph_objects as go

from segmentation.report.figures import (
    ACCENT,
    INK,
    PALE,
    Figure,
    Section,
    Table,
    chart,
    directory,
    grid,
    hidden,
    labels,
    month_ticks,
    or_few,
    plain,
    see_through,
)
from segmentation.report.marts import Marts
from segmentation.report.words import join, month, number, people, percent, sentence, whole

MEASURES = {
    "active_customers": "Customers who ordered",
    "new_customers": "New customers",
    "orders_per_customer": "Orders per customer",
    "median_order_value": "Middle order value (half are larger)",
    "median_revenue_per_customer": "Middle revenue per customer (half are larger)",
    "return_share": "Share of returns",
    "guest_share": "Share of lines without a customer",
    "line_count": "Order lines",
    "missing_days": "Days without a line",
    "unusual_days": "Days with unusually many or few lines",
    "order_value_index": "Shift of order values (0 is none)",
    "revenue_per_customer_index": "Shift of revenue per customer (0 is none)",
}


def migration(marts: Marts) -> Section:
    section = Section(
        "migration",
        "Who moved, and where to",
        "Each month every customer is sorted anew. Those who order move up; those who stay away "
        "move down as time passes.",
    )
    if not marts.has_history:
        section.absent = (
            "Moves between segments need orders over several months and the history switched on: "
            "there is none in these data."
        )
        return section
    rows = marts.rows(
        """
        select month_end, from_segment, to_segment, is_move, customers, revenue_3_months
        from segment_migrations
        where segmentation = 'rfm'
        order by month_end, from_segment, to_segment
        """
    )
    if not rows:
        section.absent = "No month of the data is complete yet, so nobody can have moved."
        return section
    section.figures = [sankey(marts, rows), sizes(marts)]
    return section


def sankey(marts: Marts, rows: list[dict]) -> Figure:
    segments = {row["segment"]: row for row in directory(marts, "rfm")}
    order = ["Newcomer", *segments]
    names = {
        side: sorted({row[side] for row in rows}, key=order.index)
        for side in ("from_segment", "to_segment")
    }
    sources = {name: place for place, name in enumerate(names["from_segment"])}
    targets = {name: len(sources) + place for place, name in enumerate(names["to_segment"])}
    colours = {name: row["colour"] for name, row in segments.items()} | {"Newcomer": ACCENT}
    months: dict[str, dict] = {}
    for month_end in sorted({row["month_end"] for row in rows}, reverse=True):
        mine = [row for row in rows if row["month_end"] == month_end]
        shown = [row for row in mine if row["customers"]]
        shown.sort(
            key=lambda row: (order.index(row["from_segment"]), order.index(row["to_segment"]))
        )
        moved = sorted((row for row in shown if row["is_move"]), key=lambda row: -row["customers"])
        small = len(mine) - len(shown)
        if moved:
            top = moved[0]
            takeaway = (
                f"The largest move{' that is shown' if small else ''} in {month(month_end)}: "
                f"{people(top['customers'])} went from {top['from_segment']} to "
                f"{top['to_segment']}."
            )
        else:
            takeaway = (
                f"In {month(month_end)} too few customers made any one move for it to be shown."
                if small
                else f"In {month(month_end)} nobody moved."
            )
        months[month_end.isoformat()] = {
            "name": month(month_end),
            "takeaway": takeaway,
            "note": f"{small} flows of too few customers are not shown." if small else "",
            "source": [sources[row["from_segment"]] for row in shown],
            "target": [targets[row["to_segment"]] for row in shown],
            "value": [row["customers"] for row in shown],
            "color": [
                see_through(colours[row["to_segment"]], 0.45 if row["is_move"] else 0.2)
                for row in shown
            ],
            "rows": [
                [
                    row["from_segment"],
                    row["to_segment"],
                    whole(row["customers"]),
                    or_few(row["revenue_3_months"], number),
                ]
                for row in shown
            ],
        }
    latest = next(iter(months.values()))
    nodes = [*names["from_segment"], *names["to_segment"]]
    return Figure(
        "sankey",
        "Moves in a month",
        latest["takeaway"],
        "Flows of customers from the segment at the end of the month before (left) to the segment "
        "at the end of the month (right).",
        chart(
            [
                go.Sankey(
                    arrangement="fixed",
                    node={
                        "label": [plain(name) for name in nodes],
                        "color": [colours[name] for name in nodes],
                        "pad": 10,
                        "thickness": 14,
                        "line": {"width": 0},
                        "hovertemplate": "%{label}: %{value:,.0f} customers<extra></extra>",
                    },
                    link={
                        **{name: latest[name] for name in ("source", "target", "value", "color")},
                        "hovertemplate": "%{source.label} to %{target.label}: %{value:,.0f} "
                        "customers<extra></extra>",
                    },
                    textfont={"size": 12, "color": INK, "shadow": "none"},
                )
            ],
            620,
        ),
        Table(
            ["From", "To", "Customers", "Their revenue in three months"], latest["rows"], labels=2
        ),
        latest["note"],
        wide=True,
        months=months,
    )


def sizes(marts: Marts) -> Figure:
    rows = marts.cells(
        """
        select month_end, rfm_segment as segment, count(*) as customers
        from customer_months where rfm_segment is not null group by all
        """,
        "customers",
        ["customers"],
        "month_end, segment",
        within="month_end",
    )
    months = sorted({row["month_end"] for row in rows})
    cells = {(row["month_end"], row["segment"]): row["customers"] for row in rows}
    there = {row["segment"] for row in rows}
    segments = [row for row in directory(marts, "rfm") if row["segment"] in there]
    first, last = months[0], months[-1]
    totals = {
        when: marts.one("select count(*) from customer_months where month_end = $when", when=when)
        for when in (first, last)
    }
    # A hidden cell is no share of 0.
    told = [
        row
        for row in segments
        if all(cells.get((when, row["segment"]), 0) is not None for when in (first, last))
    ]
    changed = max(
        told or segments,
        key=lambda row: abs(
            (cells.get((last, row["segment"])) or 0) / (totals[last] or 1)
            - (cells.get((first, row["segment"])) or 0) / (totals[first] or 1)
        ),
    )["segment"]

    def share(when: object) -> str:
        return percent((cells.get((when, changed)) or 0) / (totals[when] or 1))

    return Figure(
        "sizes",
        "The segments month by month",
        f"From {month(first)} to {month(last)} the share of {changed} went from {share(first)} to "
        f"{share(last)}; all segments together from {whole(totals[first])} to "
        f"{people(totals[last])}.",
        "Stacked bars by month: customers in each RFM segment at the month's end.",
        chart(
            [
                go.Bar(
                    x=[when.isoformat() for when in months],
                    y=[cells.get((when, row["segment"])) for when in months],
                    name=plain(row["segment"]),
                    marker={"color": row["colour"]},
                    hovertemplate=plain(row["segment"])
                    + ", %{x|%B %Y}: %{y:,.0f} customers<extra></extra>",
                )
                for row in segments
            ],
            460,
            barmode="stack",
            bargap=0.15,
            xaxis={"type": "category", **month_ticks(months)},
            yaxis={"tickformat": ","},
        ),
        Table(
            ["Month", *(row["segment"] for row in segments)],
            [
                [
                    month(when),
                    *(or_few(cells.get((when, row["segment"]), 0), whole) for row in segments),
                ]
                for when in months
            ],
        ),
        hidden(marts, rows),
        wide=True,
        legend=[(row["segment"], row["colour"]) for row in segments],
    )


def cohorts(marts: Marts) -> Section:
    section = Section(
        "cohorts",
        "Who comes back",
        "A cohort is everybody who first ordered in the same month. Each row follows one cohort "
        "month by month.",
    )
    if "cohort_retention" not in marts.tables or not marts.has_orders:
        section.absent = "Cohorts need orders and the history switched on: there is none here."
        return section
    rows = marts.rows(
        """
        select * from cohort_retention
        where cohort_by = 'first month' and is_complete
            and cohort_month in (
                select distinct cohort_month from cohort_retention
                where cohort_by = 'first month' and is_complete
                order by cohort_month desc limit 24
            )
            and months_since < 24
        order by cohort_month, months_since
        """
    )
    if not rows:
        section.absent = "No month of the data is complete yet, so no cohort can be followed."
        return section
    if not any(row["months_since"] for row in rows):
        section.absent = "No cohort is a complete month old, so none can have come back."
        return section
    section.figures = [
        triangle(marts, rows, "active_share", "Customers who ordered, by cohort"),
        triangle(marts, rows, "revenue_retention", "Revenue against the first month, by cohort"),
    ]
    return section


def triangle(marts: Marts, rows: list[dict], measure: str, title: str) -> Figure:
    starts = sorted({row["cohort_month"] for row in rows if row["months_since"]})
    ages = list(range(1, max(row["months_since"] for row in rows) + 1)) or [0]
    cells = {(row["cohort_month"], row["months_since"]): row for row in rows}
    values = [
        [cells[start, age][measure] if (start, age) in cells else None for age in ages]
        for start in starts
    ]
    told = [
        row
        for row in rows
        if row["months_since"] == min(3, ages[-1])
        and row["customers"]
        and row["active_customers"] is not None
        and row[measure] is not None
    ]
    size = sum(row["customers"] for row in told)
    if measure == "active_share":
        what = (
            f"{percent(sum(row['active_customers'] for row in told) / size)} of customers ordered "
            if size
            else ""
        )
    else:
        bases = {row["cohort_month"]: row["revenue"] for row in rows if row["months_since"] == 0}
        told = [row for row in told if bases.get(row["cohort_month"])]
        base = sum(bases[row["cohort_month"]] for row in told)
        what = (
            f"cohorts brought {percent(sum(row['revenue'] for row in told) / base)} of their first "
            "month's revenue "
            if told and base > 0
            else ""
        )
    takeaway = (
        sentence(f"{what}in the third month after that of their first order")
        if what and ages[-1] >= 3
        else "The cohorts are too young or too small for a sum over them."
    )
    few = len(ages) <= 12
    small = [row for row in rows if row[measure] is None]
    return Figure(
        f"cohorts-{measure.replace('_', '-')}",
        title,
        takeaway,
        f"Triangle of cohorts by months since the first order: {title.lower()}.",
        chart(
            [
                grid(
                    values,
                    [
                        ["" if value is None else f"{value * 100:.0f}" for value in line]
                        for line in values
                    ],
                    x=ages,
                    texttemplate="%{text}" if few else "",
                    textfont={"size": 11, "color": INK},
                    zmin=0,
                    xgap=1,
                    ygap=1,
                    hovertemplate="Month %{x}: %{z:.1%}<extra></extra>",
                )
            ],
            110 + 26 * len(starts),
            xaxis={
                "title": {"text": "Months since first order (cells: %)"},
                "tickmode": "linear",
                "dtick": 1 if few else 3,
                "showgrid": False,
            },
            yaxis={
                **labels([f"{start:%b %Y}" for start in starts]),
                "autorange": "reversed",
            },
        ),
        Table(
            ["Cohort", "Customers", *(f"Month {age}" for age in ages)],
            [
                [
                    month(start),
                    or_few(cells[start, 0]["customers"], whole) if (start, 0) in cells else "",
                    *(
                        or_few(cells[start, age][measure], percent) if (start, age) in cells else ""
                        for age in ages
                    ),
                ]
                for start in starts
            ],
        ),
        "Months with too few customers are left blank." if small else "",
    )


def drift(marts: Marts) -> Section:
    section = Section(
        "drift",
        "What is unusual",
        "Each month against what earlier months let expect. The pale band is the usual; a large "
        "point lies outside. Early months have no band, for there is too little before them. Here "
        "an order counts in the month in which it was placed, cancelled later or not.",
    )
    rows = (
        marts.rows("select * from segment_drift order by month_end")
        if "segment_drift" in marts.tables and marts.has_orders
        else []
    )
    if not rows:
        section.absent = (
            "What is unusual can be told from several complete months of orders, with the history "
            "switched on: there are none here."
        )
        return section
    for measure, title in MEASURES.items():
        mine = [row for row in rows if row["measure"] == measure]
        if any(row["value"] for row in mine):
            section.figures.append(course(marts, measure, title, mine))
        elif any(row["value"] == 0 for row in mine):
            section.missing.append(f"{title}: no chart, for it is 0 in every month.")
    return section


def course(marts: Marts, measure: str, title: str, rows: list[dict]) -> Figure:
    write = (
        percent
        if measure.endswith("_share")
        else (
            (lambda value: "–" if value is None else f"{value:.2f}")
            if measure.endswith("_index") or measure == "orders_per_customer"
            else number
        )
    )
    few = [row for row in rows if row["measure_type"] == "flow" and row["customers"] is None]
    last = rows[-1] if rows[-1] in few else [row for row in rows if row["value"] is not None][-1]
    odd = [month(row["month_end"]) for row in rows if row["verdict"] == "unusual"]
    judged = any(row["band_low"] is not None for row in rows)
    told = "of too few customers to be shown" if last in few else write(last["value"])
    said = f"{month(last['month_end'])}: {told}"
    if last["band_low"] is not None:
        ends = dict.fromkeys((write(last["band_low"]), write(last["band_high"])))
        said += f"; usual is {' to '.join(ends)}"
    if odd:
        named = join(odd[-3:])
        said += f"; unusual in {named}" + (
            f" and {len(odd) - 3} months before" if len(odd) > 3 else ""
        )
    elif judged:
        said += "; no month was unusual"
    else:
        said += "; too little history to judge"
    months = [row["month_end"].isoformat() for row in rows]
    band = [row for row in rows if row["band_low"] is not None]
    traces = [
        go.Scatter(
            x=[row["month_end"].isoformat() for row in band]
            + [row["month_end"].isoformat() for row in reversed(band)],
            y=[row["band_high"] for row in band] + [row["band_low"] for row in reversed(band)],
            fill="toself",
            fillcolor=PALE,
            opacity=0.5,
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            name="usual",
        ),
        go.Scatter(
            x=months,
            y=[row["value"] for row in rows],
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={
                "size": [12 if row["verdict"] == "unusual" else 5 for row in rows],
                "color": ["#B45309" if row["verdict"] == "unusual" else ACCENT for row in rows],
            },
            text=[write(row["value"]) for row in rows],
            hovertemplate="%{x|%B %Y}: %{text}<extra></extra>",
            name="value",
        ),
    ]
    return Figure(
        f"drift-{measure.replace('_', '-')}",
        title,
        said + ".",
        f"Line by month: {title.lower()}, with the band of usual values.",
        chart(
            traces[0 if band else 1 :],
            230,
            xaxis={"type": "date", **month_ticks([row["month_end"] for row in rows], 6)},
            yaxis={
                "nticks": 5,
                "rangemode": "tozero",
                "tickformat": ".0%" if measure.endswith("_share") else ",~r",
            },
        ),
        Table(
            ["Month", "Value", "Usual from", "Usual to", "Verdict"],
            [
                [
                    month(row["month_end"]),
                    or_few(row["value"], write) if row in few else write(row["value"]),
                    write(row["band_low"]),
                    write(row["band_high"]),
                    row["verdict"],
                ]
                for row in rows
            ],
        ),
        hidden(marts, rows if few else [], what="Months"),
    )
