"""The section on clusters, and samples of single customers for charts of points."""

from collections.abc import Iterator

import plotly.graph_objects as go

from segmentation.report.figures import (
    ACCENT,
    DIVERGING,
    POINTS,
    Figure,
    Section,
    Table,
    chart,
    directory,
    grid,
    if_hidden,
    labels,
    or_few,
    plain,
    spoken,
)
from segmentation.report.marts import Marts
from segmentation.report.words import join, number, people, whole
from segmentation.sql import identifier, literal
from segmentation.summary import CLUSTERED, TITLES

# Where each feature set's clusters stand as a segment of each customer.
CLUSTER_COLUMNS = {
    feature_set: f"{segmentation}_segment" for segmentation, feature_set in CLUSTERED.items()
}
CRITERIA = {
    "silhouette": ("Silhouette", "higher is better"),
    "prediction_strength": ("Prediction strength", "0.8 and more can be found again"),
    "davies_bouldin": ("Davies-Bouldin", "lower is better"),
    "calinski_harabasz": ("Calinski-Harabasz", "higher is better"),
}
# An axis on which each step is ten times the one before.
POWERS = {"type": "log", "dtick": 1, "tickformat": ",~r"}
AT_THE_ENDS = "The few highest and lowest values are drawn at the ends."
NEUTRAL = ("#1F4E79", "#B45309", "#15803D", "#7E22CE", "#B91C1C", "#0E7490", "#4D7C0F", "#9D174D")


def clusters(marts: Marts) -> Section:
    section = Section(
        "clusters",
        "Groups that the data suggest",
        "K-means looks for groups of customers who are alike, without being told any rule. A "
        "group's centre is its typical customer.",
    )
    profiles = (
        marts.rows("select * from cluster_profiles order by feature_set, cluster_id, feature")
        if "cluster_profiles" in marts.tables
        else []
    )
    if not profiles:
        section.absent = "No clusters were looked for, or too few customers could be compared."
        return section
    # Beside a segmentation that hides a cluster's size, its own table must not tell it.
    hidden = {
        (feature_set, row["segment"])
        for feature_set, column in CLUSTER_COLUMNS.items()
        for row in directory(marts, column.removesuffix("_segment"))
        if row["customers"] is None
    }
    for row in profiles:
        if (row["feature_set"], row["cluster_name"]) in hidden:
            row["customers"] = None
    for feature_set in sorted({row["feature_set"] for row in profiles}):
        mine = [row for row in profiles if row["feature_set"] == feature_set]
        colours = _cluster_colours(marts, feature_set, mine)
        if len(colours) > 1:
            section.figures += scatter(marts, feature_set, mine, colours, section)
            section.figures.append(profile(marts, feature_set, mine, colours))
        section.figures.append(criteria(marts, feature_set, mine))
    return section


def _cluster_colours(marts: Marts, feature_set: str, profiles: list[dict]) -> dict[str, str]:
    segmentation = CLUSTER_COLUMNS.get(feature_set, "").removesuffix("_segment")
    known = {row["segment"]: row["colour"] for row in directory(marts, segmentation)}
    names = dict.fromkeys(row["cluster_name"] for row in profiles)
    return {
        name: known.get(name, NEUTRAL[place % len(NEUTRAL)]) for place, name in enumerate(names)
    }


def _set_name(feature_set: str, profiles: list[dict]) -> str:
    features = {row["feature"] for row in profiles}
    if feature_set == "rfm":
        return "recency, frequency and money"
    if len(features) > 3:
        return TITLES.get(feature_set, spoken(feature_set)).lower()
    return join([spoken(name).lower() for name in sorted(features)])


def values_of(marts: Marts, feature: str) -> str | None:
    """A query for customer_id and value of a feature, or None where it is not published."""
    columns = marts.rows(
        """
        select column_name from duckdb_columns()
        where database_name = 'published' and table_name = 'customer_segments'
            and column_name = $name
            and (data_type in ('BIGINT', 'INTEGER', 'DOUBLE') or data_type like 'DECIMAL%')
        """,
        name=feature,
    )
    if columns:
        column = identifier(feature)
        return f"select customer_id, {column}::double as value from customer_segments"
    told = attribute_values(feature)
    return told if marts.one(f"select count(*) from ({told})") else None


def attribute_values(attribute: str) -> str:
    """A query for customer_id and value of an attribute that is a number."""
    return (
        "select customer_id, number_value as value from customer_attributes "
        f"where attribute = {literal(attribute)} and number_value is not null"
    )


def sample(marts: Marts, values: str, further: str, segment: str, names: list[str]) -> list[dict]:
    """At most POINTS customers, without their ids: two values and a segment.

    values, further: queries for customer_id and value. The highest and lowest values, of too few
    customers to be told, are drawn at the next ones. Whole numbers with few values are spread by a
    hash of the customer, so that points do not hide each other.
    """
    known = (f"from ({query}) where value is not null" for query in (values, further))
    (left, right), (bottom, top) = (marts.ends(query, share=0) for query in known)
    if None in (left, bottom):
        return []
    return marts.rows(
        f"""
        select greatest({left}, least({right}, horizontal.value)) as x,
            greatest({bottom}, least({top}, vertical.value)) as y, {segment} as segment,
            hash(customer_id, 'x') % 1000 / 1000.0 - 0.5 as spread_x,
            hash(customer_id, 'y') % 1000 / 1000.0 - 0.5 as spread_y
        from customer_segments
        inner join ({values}) as horizontal using (customer_id)
        inner join ({further}) as vertical using (customer_id)
        where list_contains($names, {segment})
            and horizontal.value is not null and vertical.value is not null
        order by md5(customer_id)
        limit {POINTS}
        """,
        names=names,
    )


def spread_out(rows: list[dict], name: str) -> bool:
    """Spreads few values; says whether the axis is better logarithmic. Rounds what is exact."""
    values = sorted(row[name] for row in rows)
    few = len(set(values)) <= 12
    for row in rows:
        row[name] = float(f"{row[name] + (0.6 * row[f'spread_{name}'] if few else 0):.3g}")
    return not few and values[len(values) // 2] > 0 and values[-1] > 20 * values[len(values) // 2]


def scatter(
    marts: Marts, feature_set: str, profiles: list[dict], colours: dict, section: Section
) -> Iterator[Figure]:
    spread: dict[str, list[float]] = {}
    for row in profiles:
        spread.setdefault(row["feature"], []).append(row["z_score"] or 0)
    features = sorted(spread, key=lambda name: (min(spread[name]) - max(spread[name]), name))
    if {"recency_days", "monetary"} <= set(features):
        features = ["recency_days", "monetary"]
    name = f"Groups by {_set_name(feature_set, profiles)}"
    if len(features) < 2:
        section.missing.append(f"{name}: no chart of points, for they differ in one thing alone.")
        return
    across, upward = features[:2]
    values, further = values_of(marts, across), values_of(marts, upward)
    column = CLUSTER_COLUMNS.get(feature_set)
    sizes = {row["cluster_name"]: row["customers"] for row in profiles}
    names = [name for name, size in sizes.items() if size is not None]
    rows = []
    if values and further and column:
        rows = sample(marts, values, further, column, names)
    else:
        section.missing.append(
            f"{name} are shown by their centres alone: "
            "the published data hold no single customer's "
            + join(
                [
                    spoken(name).lower()
                    for name, query in ((across, values), (upward, further))
                    if not query
                ]
                or ["group"]
            )
            + "."
        )
    logs = {name: bool(rows) and spread_out(rows, name) for name in ("x", "y")}
    shown = [row for row in rows if all(row[name] > 0 or not logs[name] for name in logs)]
    centres = {
        name: {row["feature"]: row["centroid"] for row in profiles if row["cluster_name"] == name}
        for name in colours
        if name in names
    }
    traces = [
        go.Scatter(
            x=[row["x"] for row in shown if row["segment"] == name],
            y=[row["y"] for row in shown if row["segment"] == name],
            mode="markers",
            marker={"color": colours[name], "size": 5, "opacity": 0.5},
            hoverinfo="skip",
            name=plain(name),
        )
        for name in centres
        if shown
    ]
    traces.append(
        go.Scatter(
            x=[each[across] for each in centres.values()],
            y=[each[upward] for each in centres.values()],
            mode="markers",
            marker={
                "color": [colours[name] for name in centres],
                "size": 16,
                "symbol": "diamond",
                "line": {"color": "#000000", "width": 2},
            },
            customdata=[plain(name) for name in centres],
            hovertemplate="%{customdata}<extra></extra>",
            name="Centres",
        )
    )
    if not centres:
        section.missing.append(f"{name}: no chart of points, for each is of too few customers.")
        return
    top = max(centres, key=lambda name: sizes[name])
    told = (
        f"{whole(len(shown))} customers, drawn at random, as points. "
        if len(rows) == POINTS
        else (f"{whole(len(shown))} customers as points. " if shown else "")
    )
    yield Figure(
        f"scatter-{feature_set}",
        name,
        f"Of {len(sizes)} groups the largest{if_hidden(profiles, ' that is shown')} is {top}: "
        f"{people(sizes[top])}. Its typical customer: "
        f"{spoken(across).lower()} {number(centres[top][across])}, "
        f"{spoken(upward).lower()} {number(centres[top][upward])}.",
        f"Points of customers by {spoken(across).lower()} and {spoken(upward).lower()}, "
        "coloured by group, with the groups' centres as diamonds.",
        chart(
            traces,
            440,
            xaxis={"title": {"text": spoken(across)}, **(POWERS if logs["x"] else {})},
            yaxis={"title": {"text": spoken(upward)}, **(POWERS if logs["y"] else {})},
        ),
        Table(
            ["Group", "Customers", f"{spoken(across)}, centre", f"{spoken(upward)}, centre"],
            [
                [name, whole(sizes[name]), number(each[across]), number(each[upward])]
                for name, each in centres.items()
            ],
        ),
        told
        + (f"{AT_THE_ENDS} " if shown else "")
        + "Diamonds are the centres."
        + (
            " On an axis of powers of ten each step is ten times the one before"
            + (", and who is at 0 or less has no place." if len(shown) < len(rows) else ".")
            if any(logs.values())
            else ""
        ),
        legend=[(name, colours[name]) for name in centres],
        wide=True,
    )


def profile(marts: Marts, feature_set: str, profiles: list[dict], colours: dict) -> Figure:
    names = list(dict.fromkeys(row["cluster_name"] for row in profiles))
    features = list(dict.fromkeys(row["feature"] for row in profiles))
    cells = {(row["cluster_name"], row["feature"]): row for row in profiles}
    told = [row for row in profiles if row["z_score"] is not None]
    top = max(told or profiles, key=lambda row: abs(row["z_score"] or 0))
    distance = abs(top["z_score"] or 0)
    far = "far" if distance >= 1.5 else "clearly" if distance >= 0.5 else "hardly"
    side = "above" if (top["z_score"] or 0) > 0 else "below"

    def of(measure: str) -> list[list]:
        return [
            [cells[name, feature][measure] if (name, feature) in cells else None for name in names]
            for feature in features
        ]

    return Figure(
        f"profile-{feature_set}",
        f"What sets the groups by {_set_name(feature_set, profiles)} apart",
        f"{top['cluster_name']} stands out most by {spoken(top['feature']).lower()}: "
        f"{number(top['centroid'])}, {far} {side} the average of all.",
        "Grid of features by group: each cell shows the group's centre; colour shows how far it "
        "lies above or below the average.",
        chart(
            [
                grid(
                    of("z_score"),
                    [[number(value) for value in line] for line in of("centroid")],
                    colorscale=DIVERGING,
                    zmid=0,
                    hovertemplate="%{z:.1f} standard deviations<extra></extra>",
                )
            ],
            150 + 44 * len(features),
            xaxis={
                **labels(range(1, len(names) + 1)),
                "side": "top",
                "title": {"text": "Group"},
            },
            yaxis={**labels([spoken(name) for name in features], 14), "autorange": "reversed"},
        ),
        Table(
            ["Group", "Customers", *(spoken(name) for name in features)],
            [
                [
                    name,
                    or_few(cells[name, features[0]]["customers"], whole),
                    *(or_few(cells[name, feature]["centroid"], number) for feature in features),
                ]
                for name in names
            ],
        ),
        "Cells: the typical value of the group. Green: above the average of all customers. Brown: "
        "below.",
        legend=[(f"{place} {name}", colours[name]) for place, name in enumerate(names, 1)],
    )


def criteria(marts: Marts, feature_set: str, profiles: list[dict]) -> Figure:
    rows = marts.rows(
        "select * from cluster_quality where feature_set = $name order by k", name=feature_set
    )
    chosen = next(row for row in rows if row["is_chosen"])
    places = [
        ((0, 0.44), (0.6, 1)),
        ((0.56, 1), (0.6, 1)),
        ((0, 0.44), (0, 0.4)),
        ((0.56, 1), (0, 0.4)),
    ]
    traces, layout, notes = [], {}, []
    for place, ((name, (title, _)), (across, up)) in enumerate(
        zip(CRITERIA.items(), places, strict=True), 1
    ):
        end = "" if place == 1 else str(place)
        traces.append(
            go.Scatter(
                x=[row["k"] for row in rows],
                y=[row[name] for row in rows],
                mode="lines+markers",
                line={"color": ACCENT, "width": 2},
                marker={
                    "size": [13 if row["is_chosen"] else 6 for row in rows],
                    "color": ["#B45309" if row["is_chosen"] else ACCENT for row in rows],
                },
                xaxis=f"x{end}",
                yaxis=f"y{end}",
                hovertemplate="%{x} groups: %{y:.3g}<extra></extra>",
            )
        )
        layout[f"xaxis{end}"] = {"domain": across, "anchor": f"y{end}", "dtick": 1}
        layout[f"yaxis{end}"] = {"domain": up, "anchor": f"x{end}", "nticks": 4}
        notes.append(
            {
                "text": title,
                "x": across[0],
                "y": up[1],
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
            }
        )
    strength = chosen["prediction_strength"]
    return Figure(
        f"criteria-{feature_set}",
        f"How many groups by {_set_name(feature_set, profiles)}",
        "One group was chosen: no number of groups that comes into question divides these "
        "customers so that others would be divided alike."
        if chosen["k"] == 1
        else f"{chosen['k']} groups were chosen"
        + (
            "; whether other customers would give the same ones is not known."
            if strength is None
            else f": other customers would give the same ones (prediction strength {strength:.2f})."
            if strength >= 0.8
            else ": other customers might give other ones (prediction strength "
            f"{strength:.2f}, below 0.8)."
        ),
        "Four lines by number of groups: silhouette, prediction strength, Davies-Bouldin and "
        "Calinski-Harabasz.",
        chart(traces, 380, annotations=notes, **layout).update_layout(margin_t=28),
        Table(
            ["Groups", "Chosen", *(f"{title} ({meaning})" for title, meaning in CRITERIA.values())],
            [
                [
                    f"{row['k']}",
                    "yes" if row["is_chosen"] else "",
                    *("–" if row[name] is None else f"{row[name]:,.2f}" for name in CRITERIA),
                ]
                for row in rows
            ],
            labels=2,
        ),
        "The chosen number is the large point. Unless the settings say otherwise, 3 to 6 groups "
        "come into question: two say little more than active and not. "
        + "; ".join(f"{title}: {meaning}" for title, meaning in CRITERIA.values())
        + ".",
    )
