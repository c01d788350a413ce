"""The pieces that every figure of the report is made of."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape

import plotly.graph_objects as go

from segmentation.report.marts import Marts
from segmentation.report.words import percent, sentence

ACCENT, PALE, INK, LINE = "#1F4E79", "#B9CDE0", "#1F2933", "#D9E0E7"
# Light enough at both ends for dark text (4.5:1 and more).
BLUES = [[0, "#F3F7FB"], [1, "#6FA8DC"]]
DIVERGING = [[0, "#D9A35B"], [0.5, "#F7F7F5"], [1, "#5FB8AC"]]
# What customers are compared by, where a plain word says it better than its name.
FEATURES = {
    "recency_days": "Days since the last order",
    "frequency": "Orders",
    "monetary": "Revenue",
}
# At most so many points of customers in one chart; a sample of them beyond.
POINTS = 1500


@dataclass
class Table:
    """What a chart shows, for who does not see it. Cells are text, None is a small cell."""

    headings: list[str]
    rows: list[list[str]]
    # How many columns from the left are text.
    labels: int = 1


@dataclass
class Figure:
    """One chart with its words."""

    key: str
    title: str
    takeaway: str
    alt: str
    chart: go.Figure
    table: Table
    note: str = ""
    wide: bool = False
    # Names and colours, as the page writes them below the chart.
    legend: list[tuple[str, str]] = field(default_factory=list)
    # For a chart with a menu of months: month: what replaces the chart's data and the table's rows.
    months: dict[str, dict] = field(default_factory=dict)


@dataclass
class Card:
    """One segment: who they are, what they buy, what to do."""

    name: str
    colour: str
    persona: str
    facts: list[tuple[str, str]]
    advice: str


@dataclass
class Section:
    """Figures about one question, or the line that says why there are none."""

    key: str
    title: str
    lead: str
    figures: list[Figure] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    absent: str = ""
    # Lines about single figures that are not there.
    missing: list[str] = field(default_factory=list)


def plain(text: object) -> str:
    """Text that Plotly shows as it stands: it reads tags and entities in it."""
    return escape(str(text), quote=False)


def chart(traces: Sequence[object], height: int, **layout: object) -> go.Figure:
    """A chart in the report's own look; layout: what differs."""
    axis = {"automargin": True, "gridcolor": LINE, "zerolinecolor": LINE, "fixedrange": True}
    base = {
        "template": go.layout.Template(),
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hoverlabel": {"font": {"size": 12}},
        "xaxis": axis,
        "yaxis": axis,
    }
    for name, value in layout.items():
        base[name] = {**base.get(name, axis), **value} if "axis" in name else value
    return go.Figure(list(traces), base)


def bars_across(values: Sequence, texts: Sequence[str], **more: object) -> go.Bar:
    """Bars from left to right at 0, 1, 2 …, with a text at the end of each; more: what differs."""
    return go.Bar(
        y=list(range(len(values))),
        x=list(values),
        orientation="h",
        text=list(texts),
        textposition="outside",
        cliponaxis=False,
        **more,
    )


def grid(values: list[list], texts: list[list[str]], **more: object) -> go.Heatmap:
    """Cells with a text in each, at 0, 1, 2 … both ways; more: what differs."""
    cells = {
        "x": list(range(len(values[0]))),
        "y": list(range(len(values))),
        "texttemplate": "%{text}",
        "textfont": {"color": INK},
        "colorscale": BLUES,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    return go.Heatmap(z=values, text=texts, **{**cells, **more})


def labels(texts: Sequence[object], most: int = 22) -> dict:
    """An axis with these labels at 0, 1, 2 …: names alone may repeat, or look like numbers."""
    return {
        "tickvals": list(range(len(texts))),
        "ticktext": [
            "<br>".join(map(plain, textwrap.wrap(str(text), most, max_lines=2, placeholder="…")))
            for text in texts
        ],
        "type": "linear",
        "showgrid": False,
        "zeroline": False,
    }


def tip(share: float | None) -> str:
    """A share at the end of its bar, where there is room for few signs."""
    return percent(share).replace("just below ", "≈").replace("under ", "<")


def hidden(
    marts: Marts, rows: Sequence[dict], count: str = "customers", what: str = "Cells"
) -> str:
    """A note on small cells, if there are any."""
    if not any(row[count] is None for row in rows):
        return ""
    return (
        f"{what} of fewer than {marts.minimum} customers, and those that would tell them, are "
        "not shown."
    )


def if_hidden(rows: Sequence[dict], text: str) -> str:
    """What a sentence says more where a cell is hidden: that cell may be larger than all others."""
    return text if any(row["customers"] is None for row in rows) else ""


def or_few(value: object, write: Callable[[object], str]) -> str:
    """What is measured of a cell, None where the cell is too small."""
    return "not shown" if value is None else write(value)


def directory(marts: Marts, segmentation: str) -> list[dict]:
    """Segments of a segmentation in their order, with colour, size and worth."""
    return marts.rows(
        """
        select segment_summary.*, directory.description, directory.colour,
            directory.sort_order, directory.segment_rank
        from segment_summary
        inner join segment_directory as directory using (segment_key)
        where segment_summary.segmentation = $segmentation
        order by directory.sort_order
        """,
        segmentation=segmentation,
    )


def spoken(feature: str) -> str:
    """monetary as Revenue, annual_income as Annual income."""
    return FEATURES.get(feature) or sentence(feature.replace("_", " ")).removesuffix(".")


def readable_on(colour: str) -> str:
    """Black or white: whichever contrasts more with a colour such as #1B5E20 (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return "#000000" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "#FFFFFF"


def see_through(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def month_ticks(marts: Marts, months: Sequence[date], most: int = 7) -> dict:
    step = -(-len(months) // most)
    ticks = list(months)[::step]
    return {
        "tickvals": [when.isoformat() for when in ticks],
        "ticktext": ["<br>".join(marts.short_month(when).rsplit(" ", 1)) for when in ticks],
        "tickangle": 0,
        "ticklabelstandoff": 4,
    }
