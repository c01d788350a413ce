"""The sections on who the customers are and where."""

import math
import re
from collections.abc import Iterator

import plotly.graph_objects as go

from segmentation.report.figures import (
    ACCENT,
    PALE,
    POINTS,
    Figure,
    Section,
    Table,
    bars_across,
    chart,
    directory,
    hidden,
    if_hidden,
    labels,
    or_few,
    plain,
    spoken,
    tip,
)
from segmentation.report.groups import AT_THE_ENDS, attribute_values, sample, spread_out, values_of
from segmentation.report.marts import Marts
from segmentation.report.words import join, number, people, percent, whole

BANDS = {
    "gender": "Gender",
    "age_band": "Age",
    "income_band": "Income",
    "spending_group": "Spending score in three groups",
}
# Each has a bar for every step of its values, besides its violins.
NUMBERS = ("age", "annual_income", "spending_score")
BAND_ORDER = ("under", "Low", "Middle", "High", "Female", "Male", "Diverse")


def people_told(marts: Marts) -> Section:
    section = Section(
        "people",
        "Age, gender, income and spending score",
        "What customer records tell. A spending score is a number that your records give each "
        "customer; it is not computed here.",
    )
    for column, title in BANDS.items():
        rows = _counted(marts, column)
        if any(row["band"] != "Unknown" and row["customers"] for row in rows):
            section.figures.append(bands(marts, column, title, rows))
        else:
            section.missing.append(
                f"{title}: no chart, for no customer record tells it, or too few do."
                if column != "spending_group"
                else "Spending score: no chart, for the records hold no such score."
            )
    section.figures += histograms(marts, section)
    section.figures += violins(marts, section)
    if section.figures:
        section.figures += age_by_spending(marts, section)
    else:
        section.missing = []
        section.absent = "There are no customer records, so nothing of this is known."
    return section


def _counted(marts: Marts, column: str) -> list[dict]:
    """Customers with a record by a column.

    Few who object hide others, or these would tell them; and more are told elsewhere, so that the
    others add up to something known.
    """
    objecting = f"sum(customers) filter (not is_profiled) over () >= {marts.minimum}"
    rows = marts.cells(
        f"""
        select is_profiled, case when is_profiled then {column} end as band,
            count(*) as customers
        from customer_segments
        where has_record and ({column} is not null or not is_profiled)
        group by all
        """,
        "customers",
        ["customers"],
        "band",
        within=["true", f"case when {objecting} then is_profiled end"],
    )
    return [row for row in rows if row["is_profiled"]]


def _numbers(marts: Marts) -> list[str]:
    """Attributes that are numbers, those of every shop first."""
    found = marts.rows(
        "select attribute from customer_attributes where number_value is not null group by all"
    )
    known = [row["attribute"] for row in found]
    return [name for name in NUMBERS if name in known] + sorted(set(known) - set(NUMBERS))


def bands(marts: Marts, column: str, title: str, rows: list[dict]) -> Figure:
    def place(row: dict) -> tuple:
        name = row["band"]
        places = (place for place, word in enumerate(BAND_ORDER) if name.startswith(word))
        return name == "Unknown", next(places, len(BAND_ORDER)), name

    rows.sort(key=place)
    shown = [row for row in rows if row["customers"]]
    # Hidden ones, too: shares are of all, and a hidden one may be larger.
    total = marts.one("select count(*) from customer_segments where has_record")
    top = max(
        (row for row in shown if row["band"] != "Unknown"),
        key=lambda row: row["customers"],
        default=shown[0],
    )
    return Figure(
        f"bands-{column.replace('_', '-')}",
        title,
        f"The largest group{if_hidden(rows, ' that is shown')} is {top['band']}: "
        f"{people(top['customers'])}, "
        f"{percent(top['customers'] / total)} of those with a record.",
        f"Bars: customers by {title.lower()}.",
        chart(
            [
                bars_across(
                    [row["customers"] for row in shown],
                    [whole(row["customers"]) for row in shown],
                    marker={"color": ACCENT},
                    hovertemplate="%{text} customers<extra></extra>",
                )
            ],
            70 + 30 * len(shown),
            xaxis={
                "range": [0, max(row["customers"] for row in shown) * 1.25],
                "tickformat": ",",
                "nticks": 5,
            },
            yaxis={**labels([row["band"] for row in shown]), "autorange": "reversed"},
        ),
        Table(
            [title, "Customers"],
            [[row["band"], or_few(row["customers"], whole)] for row in rows],
        ),
        hidden(marts, rows),
    )


def histograms(marts: Marts, section: Section) -> Iterator[Figure]:
    """Customers by steps of a number, about twelve of them, of a round width."""
    for attribute in [name for name in _numbers(marts) if name in NUMBERS]:
        values = attribute_values(attribute)
        low, high = marts.ends(values)
        width = _round_width((high - low) / 12)
        if marts.one(f"select bool_and(value = floor(value)) from ({values})"):
            width = max(width, 1)
        rows = marts.cells(
            f"""
            with counted as (
                select floor(greatest({low}, least({high}, value)) / {width}) as step,
                    count(*) as customers
                from ({values})
                group by all
            )
            select step, coalesce(customers, 0) as customers
            from (select unnest(range(min(step)::bigint, max(step)::bigint + 1)) as step
                from counted)
            left join counted using (step)
            """,
            "customers",
            ["customers"],
            "step",
        )
        name, starts = spoken(attribute), [row["step"] * width for row in rows]
        steps = [f"{number(start)} to below {number(start + width)}" for start in starts]
        steps[0], steps[-1] = (
            f"below {number(starts[0] + width)}",
            f"{number(starts[-1])} and more",
        )
        shown = [row["customers"] or 0 for row in rows]
        if not any(shown):
            section.missing.append(
                f"{name}: no chart of how many customers at each, for they are too few."
            )
            continue
        # What lies beyond the ends is no step like the others.
        inner = shown[1:-1] if any(shown[1:-1]) else shown
        middle = marts.one(f"select median(value) from ({values})")
        yield Figure(
            f"histogram-{attribute.replace('_', '-')}",
            f"{name}: how many customers at each",
            f"{name}: {number(middle)} or more for half of the customers; most common is "
            f"{steps[shown.index(max(inner), shown is not inner)]}.",
            f"Bars: customers by {name.lower()}, in equal steps.",
            chart(
                [
                    go.Bar(
                        x=[start + width / 2 for start in starts],
                        y=shown,
                        width=width * 0.94,
                        marker={"color": ACCENT},
                        text=steps,
                        textposition="none",
                        hovertemplate="%{text}: %{y:,} customers<extra></extra>",
                    )
                ],
                280,
                xaxis={"title": {"text": name}, "tickformat": ",", "nticks": 8},
                yaxis={"tickformat": ",", "nticks": 5},
            ),
            Table(
                [name, "Customers"],
                [
                    [text, or_few(row["customers"], whole)]
                    for text, row in zip(steps, rows, strict=True)
                ],
            ),
            hidden(marts, rows),
        )


def _round_width(width: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50 … and of 0.1, 0.2 …: 4.3 gives 5."""
    size = 10 ** math.floor(math.log10(width)) if width > 0 else 1
    return min((size, 2 * size, 5 * size, 10 * size), key=lambda step: abs(step - width))


def violins(marts: Marts, section: Section, most: int = 6) -> Iterator[Figure]:
    # A gender that is hidden where genders are counted must not be counted here.
    counted = _counted(marts, "gender")
    genders = [row["band"] for row in counted if row["customers"]]
    for attribute in _numbers(marts)[:most]:
        values = attribute_values(attribute)
        low, high = marts.ends(values)
        rows = marts.rows(
            f"""
            with told as (
                select customer_id, coalesce(gender, 'Unknown') as gender, value
                from ({values})
                inner join customer_segments using (customer_id)
            ),
            placed as (
                select gender, greatest({low}, least({high}, value)) as value,
                    count(*) over (partition by gender) as customers,
                    median(value) over (partition by gender) as middle,
                    row_number() over (partition by gender order by md5(customer_id)) as place
                from told
            )
            select * from placed
            where customers >= 20 and list_contains($genders, gender) and place <= {POINTS // 3}
            order by gender, place
            """,
            genders=genders if counted else ["Unknown"],
        )
        groups = {row["gender"]: row for row in rows}
        told = marts.one(f"select count(*) from ({values})")
        # The steps of the same number add up to all who told it, so others must not be few.
        while groups and marts.is_few(told - sum(row["customers"] for row in groups.values())):
            groups.pop(min(groups, key=lambda gender: groups[gender]["customers"]))
        name = spoken(attribute)
        if not groups:
            section.missing.append(
                f"{name} by gender: no chart, for too few customers of each have told it."
            )
            continue
        sampled = any(row["customers"] > POINTS // 3 for row in groups.values())
        yield Figure(
            f"violin-{len(attribute)}-{re.sub('[^a-z0-9]', '-', attribute.lower())}",
            f"{name} by gender",
            "Half of the customers have this or more: "
            + join([f"{gender} {number(row['middle'])}" for gender, row in groups.items()])
            + ".",
            f"Violins: how {name.lower()} is distributed, for each gender.",
            chart(
                [
                    go.Violin(
                        y=[float(f"{row['value']:.3g}") for row in rows if row["gender"] == gender],
                        x0=place,
                        fillcolor=PALE,
                        line={"color": ACCENT, "width": 1.5},
                        box={"visible": True},
                        meanline={"visible": False},
                        points=False,
                        hoverinfo="skip",
                        spanmode="hard",
                        name=plain(gender),
                    )
                    for place, gender in enumerate(groups)
                ],
                300,
                xaxis=labels(list(groups)),
                yaxis={"tickformat": ",", "nticks": 6},
            ),
            Table(
                ["Gender", "Customers", f"{name}: half have this or more"],
                [
                    [gender, whole(row["customers"]), number(row["middle"])]
                    for gender, row in groups.items()
                ],
            ),
            (f"Drawn from at most {POINTS // 3} customers each. " if sampled else "")
            + f"{AT_THE_ENDS} Genders of fewer than 20 customers, and those that would tell them, "
            "are left out.",
        )


def age_by_spending(marts: Marts, section: Section) -> Iterator[Figure]:
    """Customers by age and spending score, in the colours of the groups that k-means found."""
    if missing := [name for name in ("age", "spending_score") if name not in _numbers(marts)]:
        section.missing.append(
            "Age by spending score: no chart, for the records hold no "
            f"{join([spoken(name).lower() for name in missing])}."
        )
        return
    segmentation = next(
        (
            name
            for name in ("psychographic", "kmeans")
            if marts.one(f"select count({name}_segment) from customer_segments")
        ),
        None,
    )
    known = {row["segment"]: row for row in directory(marts, segmentation)} if segmentation else {}
    names = [name for name, row in known.items() if row["customers"]]
    rows = sample(
        marts,
        values_of(marts, "age"),
        values_of(marts, "spending_score"),
        f"{segmentation}_segment" if segmentation else "null",
        names,
    )
    told = [row["band"] for row in _counted(marts, "age_band") if row["customers"]]
    bands = [
        row
        for row in marts.cells(
            f"""
            select age_band, count(*) as customers, median(value) as middle
            from customer_segments
            inner join ({values_of(marts, "spending_score")}) using (customer_id)
            group by age_band
            """,
            "customers",
            ["customers", "middle"],
            "age_band not like 'under%', age_band",
        )
        if row["customers"] and row["age_band"] in told and row["age_band"] != "Unknown"
    ]
    if not (rows and bands):
        section.missing.append(
            "Age by spending score: no chart, for too few have told both, or there are no groups."
        )
        return
    spread_out(rows, "y")
    top = max(bands, key=lambda row: row["middle"])
    names = [name for name in names if any(row["segment"] == name for row in rows)]
    yield Figure(
        "age-spending",
        "Age by spending score, by group",
        f"Spending scores are highest at the age {top['age_band']}: half of them are "
        f"{number(top['middle'])} or more.",
        "Points of customers by age and spending score, coloured by group.",
        chart(
            [
                go.Scatter(
                    x=[row["x"] for row in rows if row["segment"] == name],
                    y=[row["y"] for row in rows if row["segment"] == name],
                    mode="markers",
                    marker={"color": known[name]["colour"], "size": 6, "opacity": 0.7},
                    hoverinfo="skip",
                    name=plain(name),
                )
                for name in names
            ],
            420,
            xaxis={"title": {"text": "Age in years"}},
            yaxis={"title": {"text": "Spending score"}},
        ),
        Table(
            ["Age", "Customers", "Half of the scores are this or more"],
            [[row["age_band"], whole(row["customers"]), number(row["middle"])] for row in bands],
        ),
        f"{whole(len(rows))} customers as points"
        + (", drawn at random. " if len(rows) == POINTS else ". ")
        + AT_THE_ENDS,
        legend=[(name, known[name]["colour"]) for name in names],
        wide=True,
    )


def geography(marts: Marts) -> Section:
    section = Section(
        "geography",
        "Where your customers are",
        "Customers count in the country that they order from most, or where their record says.",
    )
    for column, within, one, many in (
        ("country", "concat(is_home, world_region)", "Country", "countries"),
        ("city", "country", "City", "cities"),
    ):
        if marts.one(f"select count({column}) from customer_segments where is_profiled"):
            section.figures.append(whereabouts(marts, column, within, one, many))
        else:
            section.missing.append(f"{one}: no chart, for the data tell none.")
    if not section.figures:
        section.missing = []
        section.absent = "The data tell neither country nor city."
    return section


def whereabouts(
    marts: Marts, column: str, within: str, one: str, many: str, most: int = 12
) -> Figure:
    """within: an expression for what the places lie in, of which others tell the size."""
    # Few would be told by what their segment, which is hidden, leaves of a region if they object,
    # and by what the other places leave of the region or country that they all lie in.
    rows = marts.cells(
        f"""
        select case when is_profiled then {column} end as name,
            count(*) as customers, coalesce(sum(monetary), 0) as revenue,
            case when min({within}) = max({within}) and bool_and(is_profiled) then min({within}) end
                as lies_in
        from customer_segments
        group by name
        """,
        "customers",
        ["customers", "revenue"],
        "customers desc, name",
        within=["lies_in"],
    )
    everybody = marts.row(
        """
        select count(*) as customers, coalesce(sum(monetary), 0) as revenue,
            count(*) filter (not is_profiled) as objecting
        from customer_segments
        """
    )
    customers, revenue = everybody["customers"], everybody["revenue"]
    # Those of most customers or most revenue, whichever is the larger share.
    large = sorted(
        (row for row in rows if row["name"] and row["customers"] is not None),
        key=lambda row: max(
            row["customers"] / customers, row["revenue"] / revenue if revenue > 0 else 0
        ),
        reverse=True,
    )[:most]
    large.sort(key=lambda row: (-row["customers"], row["name"]))
    # Others of too few customers would be told by what is left of the total.
    # So would they less who objects, whose number is told.
    while large and marts.is_few(
        rest := customers - sum(row["customers"] for row in large), rest - everybody["objecting"]
    ):
        large.pop()
    others = {
        "name": f"Other {many}, or not told",
        "customers": customers - sum(row["customers"] for row in large),
        "revenue": revenue - sum(row["revenue"] for row in large),
    }
    if others["customers"]:
        large.append(others)
    for row in large:
        row["share"] = row["customers"] / customers
        row["revenue_share"] = row["revenue"] / revenue if revenue > 0 else None
    top = large[0]
    paid = revenue > 0
    not_shown = hidden(marts, rows, what=many.capitalize())
    traces = [
        bars_across(
            [row[measure] for row in large],
            [tip(row[measure]) for row in large],
            marker={"color": colour},
            hovertemplate="%{text}<extra></extra>",
            name=name,
        )
        for measure, name, colour in (
            ("share", "Customers", PALE),
            ("revenue_share", "Revenue", ACCENT),
        )
        if measure == "share" or paid
    ]
    return Figure(
        f"where-{column}",
        f"{one}: customers and revenue" if paid else f"{one}: customers",
        f"{top['name']}: {percent(top['share'])} of customers"
        + (f" and {percent(top['revenue_share'])} of all revenue ever." if paid else "."),
        f"Bars by {one.lower()}: share of customers" + (" and of revenue." if paid else "."),
        chart(
            traces,
            80 + 42 * len(large),
            xaxis={
                "tickformat": ".0%",
                "nticks": 5,
                "range": [
                    0,
                    1.4 * max(max(row["share"], row["revenue_share"] or 0) for row in large),
                ],
            },
            yaxis={**labels([row["name"] for row in large]), "autorange": "reversed"},
            bargap=0.28,
        ),
        Table(
            [one, "Customers", "Share of customers", "Revenue ever", "Share of it"],
            [
                [
                    row["name"],
                    whole(row["customers"]),
                    percent(row["share"]),
                    number(row["revenue"]),
                    percent(row["revenue_share"]),
                ]
                for row in large
            ],
        ),
        ("Pale: share of customers. Dark: share of all revenue ever. " if paid else "")
        + f"At most {most} {many} have a bar of their own."
        + (f" {not_shown}" if not_shown else "")
        + (" Who objects to profiling counts as not told." if everybody["objecting"] else ""),
    )
