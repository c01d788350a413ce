"""The sections on RFM segments and on every further segmentation."""

import math
from collections.abc import Iterator

import plotly.graph_objects as go

from segmentation.report.figures import (
    Card,
    Figure,
    Section,
    Table,
    bars_across,
    chart,
    directory,
    grid,
    hidden,
    if_hidden,
    labels,
    or_few,
    plain,
    readable_on,
    spoken,
    tip,
)
from segmentation.report.groups import attribute_values
from segmentation.report.marts import Marts
from segmentation.report.words import number, people, percent, sentence, whole
from segmentation.summary import TITLES

SCORES = "r_score is not null and f_score is not null"
# Who is in one of these is in no segment of their own.
NO_SEGMENT = ("Not profiled", "Unknown", "Other")
# What a segmentation takes from the data; a build may also leave it out.
NEEDS = {
    "kmeans": "orders",
    "demographic": "gender, age or income in customer records",
    "geographic": "a country in orders or customer records",
    "psychographic": "scores of what customers think or like in their records",
    "behaviour": "orders",
    "value": "orders",
    "lifecycle": "orders",
    "hybrid": "the segmentations that it combines",
}


def rfm(marts: Marts) -> Section:
    section = Section(
        "segments",
        "Who your customers are",
        "RFM sorts customers by three things: how recently they ordered (recency), how often "
        "(frequency), and how much they spent (monetary). Each gives a score; together they give "
        "a segment.",
    )
    if not marts.has_orders or not marts.one("select count(rfm_score) from customer_segments"):
        section.absent = "There are no orders to score, so there are no RFM segments."
        return section
    found = [row for row in directory(marts, "rfm") if row["customers"] != 0]
    if not any(row["customers"] for row in found):
        section.absent = (
            f"Every segment has fewer than {marts.minimum} customers, so none can be shown."
        )
        return section
    section.figures = [
        treemap(marts, found),
        shares(marts, "rfm", "Share of customers and share of revenue", found),
        *grids(marts),
    ]
    personas = _personas(marts)
    section.cards = [
        card(marts, row, personas.get(row["segment"], []))
        for row in found
        if row["customers"] is not None
    ]
    return section


def grids(marts: Marts) -> Iterator[Figure]:
    rows = marts.cells(
        f"""
        select r_score, f_score, count(*) as customers, sum(monetary) as revenue
        from customer_segments where {SCORES} group by all
        """,
        "customers",
        ["customers", "revenue"],
        "r_score desc, f_score",
    )
    if all(row["customers"] is None for row in rows):
        return
    all_of = marts.row(
        f"""
        select count(*) as customers, sum(monetary) as revenue
        from customer_segments where {SCORES}
        """
    )
    recencies = sorted({row["r_score"] for row in rows}, reverse=True)
    frequencies = sorted({row["f_score"] for row in rows})
    for measure, title in (("customers", "customers"), ("revenue", "revenue")):
        cells = {(row["r_score"], row["f_score"]): row[measure] for row in rows}
        there = set(cells)
        values = [[cells.get((r, f)) for f in frequencies] for r in recencies]
        texts = [
            [
                "" if (r, f) not in there else ("·" if cells[r, f] is None else number(cells[r, f]))
                for f in frequencies
            ]
            for r in recencies
        ]
        best = max((row for row in rows if row[measure] is not None), key=lambda row: row[measure])
        scored = "the customers who have scores" if measure == "customers" else "their revenue"
        holds = f"a revenue of {number(best[measure])}"
        # Of a sum of gains and losses nothing is a share.
        if all_of[measure] > 0:
            share = percent(best[measure] / all_of[measure])
            holds = f"{share} of {scored} ({number(best[measure])})"
        yield Figure(
            f"grid-{measure}",
            f"Recency and frequency: {title}",
            f"The largest cell{if_hidden(rows, ' that is shown')}, recency {best['r_score']} and "
            f"frequency {best['f_score']}, holds {holds}.",
            f"Grid of recency scores by frequency scores; each cell shows {title}.",
            chart(
                [
                    grid(values, texts, hovertemplate="%{text}<extra></extra>"),
                ],
                340,
                xaxis={
                    **labels(frequencies),
                    "title": {"text": "Frequency score (most often: right)"},
                },
                yaxis={
                    **labels(recencies),
                    "title": {"text": "Recency score (latest: top)"},
                    "autorange": "reversed",
                },
            ),
            Table(
                ["Recency score", "Frequency score", "Customers", "Revenue"],
                [
                    [
                        f"{row['r_score']}",
                        f"{row['f_score']}",
                        or_few(row["customers"], whole),
                        or_few(row["revenue"], number),
                    ]
                    for row in rows
                ],
                labels=2,
            ),
            hidden(marts, rows) + (" They are marked ·." if hidden(marts, rows) else ""),
        )


def treemap(marts: Marts, found: list[dict]) -> Figure:
    shown = [row for row in found if row["customers"]]
    top = max(_named(shown), key=lambda row: row["customers"])
    with_revenue = (
        ""
        if top["revenue_share"] is None
        else f", with {percent(top['revenue_share'])} of all revenue ever"
    )
    return Figure(
        "treemap",
        "The segments by size",
        f"{top['segment']} is the largest segment{if_hidden(found, ' that is shown')}: "
        f"{people(top['customers'])}, {percent(top['customer_share'])} of all{with_revenue}.",
        "Areas of the RFM segments in proportion to their customers, with their share of revenue.",
        chart(
            [
                go.Treemap(
                    ids=[row["segment_key"] for row in shown],
                    labels=[plain(row["segment"]) for row in shown],
                    parents=[""] * len(shown),
                    values=[row["customers"] for row in shown],
                    text=[
                        f"{whole(row['customers'])} customers<br>"
                        f"{percent(row['revenue_share'])} of revenue"
                        for row in shown
                    ],
                    textinfo="label+text",
                    textfont={"color": [readable_on(row["colour"]) for row in shown], "size": 13},
                    marker={
                        "colors": [row["colour"] for row in shown],
                        "line": {"color": "#FFFFFF", "width": 2},
                    },
                    hovertemplate="%{label}<br>%{text}<extra></extra>",
                    tiling={"pad": 0},
                    pathbar={"visible": False},
                    sort=True,
                    maxdepth=1,
                )
            ],
            420,
            margin={"l": 0, "r": 0, "t": 0, "b": 0},
            uniformtext={"minsize": 10, "mode": "hide"},
        ),
        _summary_table(marts, found),
        hidden(marts, found, what="Segments"),
        wide=True,
        legend=[(row["segment"], row["colour"]) for row in shown],
    )


def _named(rows: list[dict]) -> list[dict]:
    """Who is in no segment is no finding, where there are others."""
    return [row for row in rows if row["segment"] not in NO_SEGMENT] or rows


def _summary_table(marts: Marts, found: list[dict]) -> Table:
    columns = {
        "Segment": [row["segment"] for row in found],
        "Meaning": [row["description"] for row in found],
        "Customers": [or_few(row["customers"], whole) for row in found],
        "Share of customers": [or_few(row["customer_share"], percent) for row in found],
    }
    if marts.has_orders:
        columns |= {
            title: [write(row[name]) for row in found]
            for title, name, write in (
                ("Revenue ever", "revenue", number),
                ("Share of it", "revenue_share", percent),
                ("Revenue, last 12 months", "revenue_12_months", number),
                ("Orders each", "average_frequency", number),
                ("Ordered again", "repeat_rate", percent),
                ("Returned", "return_rate", percent),
            )
        }
    return Table([*columns], [list(row) for row in zip(*columns.values(), strict=True)], labels=2)


def shares(marts: Marts, key: str, title: str, found: list[dict]) -> Figure:
    """Share of customers against share of revenue, in each segment's colour."""
    shown = [row for row in found if row["customers"]]
    paid = [row for row in shown if row["revenue_share"] is not None]
    names = [row["segment"] for row in shown]
    if paid:
        top = max(_named(paid), key=lambda row: row["revenue_share"] - row["customer_share"])
        takeaway = (
            f"{if_hidden(found, 'Among the segments that are shown, ')}{top['segment']}: "
            f"{percent(top['customer_share'])} of customers, "
            f"{percent(top['revenue_share'])} of all revenue ever."
        )
    else:
        top = max(_named(shown), key=lambda row: row["customers"])
        takeaway = (
            f"{top['segment']} is the largest{if_hidden(found, ' that is shown')}: "
            f"{people(top['customers'])}, "
            f"{percent(top['customer_share'])} of all."
        )
    colours = [row["colour"] for row in shown]
    pale = {"color": colours, "opacity": 0.45, "line": {"color": colours, "width": 1}}
    measures = [("customer_share", "Customers", pale)]
    if paid:
        measures.append(("revenue_share", "Revenue", {"color": colours}))
    traces = [
        bars_across(
            [row[share] for row in shown],
            [tip(row[share]) for row in shown],
            name=name,
            marker=marker,
            customdata=[plain(segment) for segment in names],
            hovertemplate=f"%{{customdata}}: %{{text}} of {name.lower()}<extra></extra>",
        )
        for share, name, marker in measures
    ]
    most = max(row[share] or 0 for row in shown for share in ("customer_share", "revenue_share"))
    least = min((row["revenue_share"] or 0 for row in shown), default=0)
    return Figure(
        f"shares-{key}",
        title,
        takeaway,
        "Bars by segment: its share of customers" + (" and its share of revenue." if paid else "."),
        chart(
            traces,
            90 + 44 * len(shown),
            xaxis={
                "tickformat": ".0%",
                "range": [min(least * 1.3, 0), most * 1.4],
                "nticks": 5,
            },
            yaxis={
                **labels(names),
                "autorange": "reversed",
                "ticklabelstandoff": 40 if least < 0 else 6,
            },
            bargap=0.28,
            bargroupgap=0.05,
        ),
        _summary_table(marts, found),
        " ".join(
            filter(
                None,
                [
                    "Pale: share of customers. Full: share of all revenue ever." if paid else "",
                    hidden(marts, found, what="Segments"),
                ],
            )
        ),
        wide=key == "rfm",
    )


def _different(median: float) -> str:
    """What half of the customers did at least; a median may lie between two counts."""
    count = math.ceil(median)
    return f"bought {whole(count)} different product{'' if count == 1 else 's'} or more"


def _personas(marts: Marts) -> dict[str, list[str]]:
    """For each segment of RFM what records tell of its customers, beside what is so of all."""
    told: dict[str, list[str]] = {}
    for column in ("gender", "country"):
        rows = marts.cells(
            f"""
            select *,
                sum(customers) over (partition by segment) as of_segment,
                sum(customers) over (partition by name) / sum(customers) over () as share_of_all
            from (
                select rfm_segment as segment, {column} as name, count(*) as customers
                from customer_segments
                where is_profiled and rfm_segment is not null
                    and coalesce({column}, 'Unknown') <> 'Unknown'
                group by all
            )
            """,
            "customers",
            ["customers"],
            "segment",
            within=["segment", "name"],
        )
        for row in rows:
            share = (row["customers"] or 0) / float(row["of_segment"])
            # Of less than half nothing can be said of the segment.
            if share > 0.5:
                told.setdefault(row["segment"], []).append(
                    f"{row['name']} {percent(share)} (of all {percent(row['share_of_all'])})"
                )
    ages = f"({attribute_values('age')}) inner join customer_segments using (customer_id)"
    for row in marts.rows(
        f"""
        select rfm_segment as segment, median(value) as middle,
            (select median(value) from {ages}) as middle_of_all
        from {ages}
        group by segment
        having count(*) >= (select minimum_cell from build_info)
        """
    ):
        told.setdefault(row["segment"], []).append(
            f"half are {number(row['middle'])} or older (of all {number(row['middle_of_all'])})"
        )
    return told


def card(marts: Marts, row: dict, persona: list[str]) -> Card:
    """A segment of RFM in words: its description says who they are: what to do.

    persona: what records tell of them. Of those who object to profiling nothing is told but how
    many they are.
    """
    who, _, advice = row["description"].partition(": ")
    habits = marts.row(
        """
        select
            sum(monetary) / nullif(sum(frequency), 0) as order_value,
            median(distinct_product_count) as products,
            mode(behaviour_segment) filter (
                behaviour_segment not in ('Mixed', 'Too few orders')
            ) as habit
        from customer_segments
        where rfm_segment = $segment and frequency > 0 and is_profiled
        """,
        segment=row["segment"],
    )
    counts = marts.row(
        """
        select
            count(*) filter (behaviour_segment = $habit) as of_habit,
            count(*) filter (
                customer_id in (select customer_id from customer_orders where order_type <> 'sale')
            ) as sending_back,
            exists (from customer_orders where order_type <> 'sale') as knows_returns
        from customer_segments
        where rfm_segment = $segment
        """,
        segment=row["segment"],
        habit=habits["habit"],
    )
    facts = [
        (
            "Size",
            f"{people(row['customers'])}, {percent(row['customer_share'])} of all; "
            f"{number(row['revenue'])} revenue ever"
            + (f", {percent(row['revenue_share'])} of all" if row["revenue_share"] else ""),
        )
    ]
    if persona:
        facts.append(("Who they are, where known", "; ".join(persona)))
    if row["average_frequency"] and habits["order_value"]:
        orders = (
            "1 order"
            if row["average_frequency"] < 1.05
            else (f"{number(row['average_frequency'])} orders")
        )
        buy = f"{orders} each, of {number(habits['order_value'])} on average"
        if habits["products"]:
            buy += f"; half of them {_different(habits['products'])}"
        # By customers: one large order that was cancelled would be most of the money.
        if counts["knows_returns"] and not marts.is_few(
            counts["sending_back"], row["customers"] - counts["sending_back"]
        ):
            share = percent(counts["sending_back"] / row["customers"])
            buy += f"; {share} of them ever sent something back or cancelled"
        facts.append(("What they buy", buy))
        pace = f"Last order {number(row['average_recency_days'])} days ago on average"
        if row["average_days_between_orders"]:
            pace += f"; {number(row['average_days_between_orders'])} days between orders"
        facts.append(("Rhythm", pace))
        share = counts["of_habit"] / row["customers"]
        # What few of them do says nothing of the segment.
        if counts["of_habit"] >= marts.minimum and share >= 0.1:
            facts.append(("Most common habit", f"{habits['habit']} ({percent(share)} of them)"))
    elif row["segment_rank"] and row["average_frequency"] is None:
        facts.append(
            ("What they buy", "Not shown: it would tell of too few customers, here or elsewhere")
        )
    return Card(
        row["segment"], row["colour"], sentence(who), facts, sentence(advice) if advice else ""
    )


def further(marts: Marts) -> Section:
    section = Section(
        "further",
        "Other ways to divide your customers",
        "The same customers, divided by other questions. Each division holds everybody once.",
    )
    there = [
        row["segmentation"]
        for row in marts.rows("select distinct segmentation from segment_summary order by all")
    ]
    for name in sorted(there, key=lambda name: ([*TITLES, name].index(name), name)):
        if name == "rfm":
            continue
        found = [row for row in directory(marts, name) if row["customers"] != 0]
        title = TITLES.get(name, spoken(name))
        if any(row["customers"] for row in found):
            section.figures.append(shares(marts, name, title, found))
        else:
            section.missing.append(
                f"{title}: no chart, for no segment has {marts.minimum} customers."
            )
    section.missing += [
        f"{TITLES[name]}: not built. It takes {takes}."
        for name, takes in NEEDS.items()
        if name not in there
    ]
    if not section.figures:
        section.missing = []
        section.absent = (
            f"No other segmentation has a segment of at least {marts.minimum} customers."
        )
    return section
