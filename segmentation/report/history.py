"""The sections that follow customers from month to month."""

from collections.abc import Iterator
from datetime import date

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
    if_hidden,
    labels,
    month_ticks,
    or_few,
    plain,
    see_through,
)
from segmentation.report.marts import Marts
from segmentation.report.words import join, number, people, percent, sentence, short, whole

MEASURES = {
    "active_customers": "Customers who ordered",
    "new_customers": "New customers",
    "orders_per_customer": "Orders per customer",
    "median_order_value": "Order value that half of the orders reach",
    "median_revenue_per_customer": "Revenue that half of the customers reach",
    "return_share": "Share of returns",
    "guest_share": "Share of lines without a customer",
    "line_count": "Order lines a month",
    "missing_days": "Days without a line",
    "unusual_days": "Days with unusually many or few lines",
    "order_value_index": "Shift of order values (0 is none)",
    "revenue_per_customer_index": "Shift of revenue per customer (0 is none)",
}


# Each a row of the triangle, month by month.
MOST_COHORTS = 24


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
    if any(row["customers"] for row in rows):
        section.figures.append(sankey(marts, rows))
    else:
        section.missing.append("Moves in a month: no chart, for no month has one to show.")
    section.figures += sizes(marts, section)
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
        that_is_shown = if_hidden([row for row in mine if row["is_move"]], " that is shown")
        if moved:
            top = moved[0]
            takeaway = (
                f"The largest move{that_is_shown} in {marts.month(month_end)}: "
                f"{people(top['customers'])} went from {top['from_segment']} to "
                f"{top['to_segment']}."
            )
        else:
            takeaway = (
                f"No move in {marts.month(month_end)} can be shown: each is of too few customers, "
                "or would tell one that is."
                if that_is_shown
                else f"In {marts.month(month_end)} nobody moved."
            )
        months[month_end.isoformat()] = {
            "name": marts.month(month_end),
            "takeaway": takeaway,
            "note": _not_shown(mine, shown, order),
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
                        "label": [plain(short(name, 24)) for name in nodes],
                        "color": [colours[name] for name in nodes],
                        "pad": 10,
                        "thickness": 14,
                        "line": {"width": 0},
                        "customdata": [plain(name) for name in nodes],
                        "hovertemplate": "%{customdata}: %{value:,.0f} customers<extra></extra>",
                    },
                    link={
                        **{name: latest[name] for name in ("source", "target", "value", "color")},
                        "hovertemplate": "%{source.customdata} to %{target.customdata}: "
                        "%{value:,.0f} customers<extra></extra>",
                    },
                    # Flows run behind the names.
                    textfont={"size": 12, "color": INK, "shadow": ", ".join(["0 0 2px #FFF"] * 3)},
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


def _not_shown(flows: list[dict], shown: list[dict], order: list[str]) -> str:
    """How many flows of a month are hidden, and from and to which segments there is no other."""
    count = len(flows) - len(shown)
    if not count:
        return ""
    of = "of too few customers, or that would tell such a flow,"
    said = f"1 flow {of} is not shown." if count == 1 else f"{count} flows {of} are not shown."
    for side, word in (("from_segment", "from"), ("to_segment", "to")):
        absent = {each[side] for each in flows} - {each[side] for each in shown}
        if absent:
            said += f" No flow {word} {join(sorted(absent, key=order.index), 'or')} is shown."
    return said


def sizes(marts: Marts, section: Section) -> Iterator[Figure]:
    rows = marts.cells(
        """
        select month_end, rfm_segment as segment, count(*) as customers
        from customer_months where rfm_segment is not null group by all
        """,
        "customers",
        ["customers"],
        "month_end, segment",
        within=["month_end"],
    )
    months = sorted({row["month_end"] for row in rows})
    cells = {(row["month_end"], row["segment"]): row["customers"] for row in rows}
    if not any(cells.values()):
        section.missing.append(
            "The segments month by month: no chart, for each is of too few customers."
        )
        return
    there = {row["segment"] for row in rows}
    segments = [row for row in directory(marts, "rfm") if row["segment"] in there]
    first, last = months[0], months[-1]
    totals = {
        row["month_end"]: row["customers"]
        for row in marts.rows(
            "select month_end, count(*) as customers from customer_months group by month_end"
        )
    }

    def share(when: date, segment: str) -> float:
        return (cells.get((when, segment)) or 0) / totals[when]

    # A hidden cell is no share of 0, and who is never there does not change.
    told = [
        row
        for row in segments
        if any(ends := [cells.get((when, row["segment"]), 0) for when in (first, last)])
        and None not in ends
    ]
    if told:
        changed = max(
            told, key=lambda row: abs(share(last, row["segment"]) - share(first, row["segment"]))
        )["segment"]
        takeaway = (
            f"From {marts.month(first)} to {marts.month(last)} the share of {changed} went from "
            f"{percent(share(first, changed))} to {percent(share(last, changed))}"
        )
        if not marts.is_few(totals[first], totals[last]):
            takeaway += (
                f"; all segments together from {whole(totals[first])} to {people(totals[last])}"
            )
        takeaway += "."
    else:
        takeaway = "Too few customers are in each segment for a change to be told."
    yield Figure(
        "sizes",
        "The segments month by month",
        takeaway,
        "Stacked bars by month: customers in each RFM segment at the month's end.",
        chart(
            [
                go.Bar(
                    x=[when.isoformat() for when in months],
                    y=[cells.get((when, row["segment"])) for when in months],
                    name=plain(row["segment"]),
                    marker={"color": row["colour"]},
                    hovertemplate=plain(row["segment"])
                    + f", {marts.hover_month}: %{{y:,.0f}} customers<extra></extra>",
                )
                for row in segments
            ],
            460,
            barmode="stack",
            bargap=0.15,
            xaxis={"type": "category", **month_ticks(marts, months)},
            yaxis={"tickformat": ","},
        ),
        Table(
            ["Month", *(row["segment"] for row in segments)],
            [
                [
                    marts.month(when),
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
        f"""
        select * from cohort_retention
        where cohort_by = 'first month' and is_complete
            and cohort_month in (
                select distinct cohort_month from cohort_retention
                where cohort_by = 'first month' and is_complete
                order by cohort_month desc limit {MOST_COHORTS}
            )
            and months_since < {MOST_COHORTS}
        order by cohort_month, months_since
        """
    )
    if not rows:
        section.absent = "No month of the data is complete yet, so no cohort can be followed."
        return section
    if not any(row["months_since"] for row in rows):
        section.absent = "No cohort is a complete month old, so none can have come back."
        return section
    for measure, title in (
        ("active_share", "Customers who ordered, by cohort"),
        ("revenue_retention", "Revenue against the first month, by cohort"),
    ):
        later = [row[measure] for row in rows if row["months_since"]]
        # Beside what is hidden, cells of nobody alone would say that nobody came back.
        if any(later) or None not in later:
            section.figures.append(triangle(marts, rows, measure, title))
        else:
            section.missing.append(f"{title}: no chart, for each cohort is of too few customers.")
    return section


def _third_month(marts: Marts, rows: list[dict], measure: str) -> str:
    """What is left of customers or revenue in the third month, over all cohorts that had one."""
    third = {row["cohort_month"]: row for row in rows if row["months_since"] == 3}
    found = marts.rows(
        f"""
        with months as (
            select month_end, row_number() over (order by month_end) as month_number
            from (select distinct month_end from cohort_retention)
        ),
        dated as (
            select customer_id, order_type, {marts.amount} as amount, month_end, month_number
            from customer_orders asof inner join months on ordered_at::date <= month_end
        ),
        began as (
            select customer_id, min(month_end) as cohort_month, min(month_number) as first_number
            from dated where order_type = 'sale' group by customer_id
        ),
        placed as (
            -- What came back before the first kept order belongs to month 0.
            select *, greatest(month_number - first_number, 0) as months_since
            from dated inner join began using (customer_id)
        )
        select
            cohort_month,
            count(distinct customer_id) as customers,
            count(distinct customer_id)
                filter (months_since = 3 and order_type = 'sale') as active_customers,
            coalesce(sum(amount) filter (months_since = 3), 0) as revenue,
            sum(amount) filter (months_since = 0) as first_revenue
        from placed
        where list_contains($months, cohort_month)
        group by cohort_month
        """,
        months=list(third),
    )
    shown = [row for row in found if third[row["cohort_month"]][measure] is not None]
    hidden_ones = [row for row in found if row not in shown]
    which = ""
    if marts.is_few(
        *(sum(row[count] for row in hidden_ones) for count in ("customers", "active_customers"))
    ):
        found, which = shown, " that are shown"
    if measure == "active_share":
        part, of = (sum(row[name] for row in found) for name in ("active_customers", "customers"))
        told = "{} of customers " + (f"of the cohorts{which} " if which else "") + "ordered"
    else:
        found = [row for row in found if row["first_revenue"] > 0]
        part, of = (sum(row[name] for row in found) for name in ("revenue", "first_revenue"))
        told = f"cohorts{which} brought {{}} of their first month's revenue"
    if not of:
        return "The cohorts are too young or too small for a sum over them."
    return f"In the third month after their first, {told.format(percent(part / of))}."


def triangle(marts: Marts, rows: list[dict], measure: str, title: str) -> Figure:
    starts = sorted({row["cohort_month"] for row in rows if row["months_since"]})
    ages = list(range(1, max(row["months_since"] for row in rows) + 1)) or [0]
    cells = {(row["cohort_month"], row["months_since"]): row for row in rows}
    values = [
        [cells[start, age][measure] if (start, age) in cells else None for age in ages]
        for start in starts
    ]
    # So many have room for a number in each cell.
    few = len(ages) <= 12
    small = [row for row in rows if row[measure] is None]
    return Figure(
        f"cohorts-{measure.replace('_', '-')}",
        title,
        _third_month(marts, rows, measure),
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
                    zmax=max([v for line in values for v in line if v and v > 0], default=1),
                    xgap=1,
                    ygap=1,
                    showscale=not few,
                    colorbar={
                        "orientation": "h",
                        "y": 1,
                        "yanchor": "bottom",
                        "thickness": 8,
                        "ypad": 6,
                        "outlinewidth": 0,
                        "nticks": 5,
                        "tickformat": ".0%",
                    },
                    hovertemplate="Month %{x}: %{z:.1%}<extra></extra>",
                )
            ],
            (110 if few else 150) + 26 * len(starts),
            xaxis={
                "title": {"text": "Months since first order" + (" (cells: %)" if few else "")},
                "tickmode": "linear",
                "dtick": 1 if few else 3,
                "showgrid": False,
            },
            yaxis={
                **labels([marts.short_month(start) for start in starts]),
                "autorange": "reversed",
            },
        ),
        Table(
            ["Cohort", "Customers", *(f"Month {age}" for age in ages)],
            [
                [
                    marts.month(start),
                    or_few(cells[start, 0]["customers"], whole) if (start, 0) in cells else "",
                    *(
                        or_few(cells[start, age][measure], percent) if (start, age) in cells else ""
                        for age in ages
                    ),
                ]
                for start in starts
            ],
        ),
        f"The latest {MOST_COHORTS} cohorts at most."
        + (
            " Months with too few customers are left blank; the palest are 0 % or less."
            if small
            else ""
        ),
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
        elif any(_is_few(row) for row in mine):
            section.missing.append(f"{title}: no chart, for too few customers are counted.")
        elif any(row["value"] == 0 for row in mine):
            section.missing.append(f"{title}: no chart, for it is 0 in every month.")
    return section


def _is_few(row: dict) -> bool:
    """Whether a month of a measure tells of too few customers; days and the like tell of none."""
    return row["measure_type"] == "flow" and row["customers"] is None


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
    few = [row for row in rows if _is_few(row)]
    last = rows[-1] if rows[-1] in few else [row for row in rows if row["value"] is not None][-1]
    odd = [marts.month(row["month_end"]) for row in rows if row["verdict"] == "unusual"]
    judged = any(row["band_low"] is not None for row in rows)
    told = "of too few customers to be shown" if last in few else write(last["value"])
    said = f"{marts.month(last['month_end'])}: {told}"
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
            hovertemplate=f"{marts.hover_month}: %{{text}}<extra></extra>",
            name="value",
        ),
    ]
    return Figure(
        f"drift-{measure.replace('_', '-')}",
        title,
        sentence(said),
        f"Line by month: {title.lower()}, with the band of usual values.",
        chart(
            traces[0 if band else 1 :],
            230,
            xaxis={"type": "date", **month_ticks(marts, [row["month_end"] for row in rows], 6)},
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
                    marts.month(row["month_end"]),
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
