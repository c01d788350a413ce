"""Writes the report: one HTML file with everything in it, and no request to any host."""

import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
from great_tables import GT
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from segmentation.errors import UserError
from segmentation.publish import FILE
from segmentation.report.facts import page_one
from segmentation.report.figures import Figure, Table
from segmentation.report.groups import clusters
from segmentation.report.history import cohorts, drift, migration
from segmentation.report.marts import Marts
from segmentation.report.people import geography, people_told
from segmentation.report.quality import quality
from segmentation.report.segments import further, rfm
from segmentation.report.words import day
from segmentation.settings import write_whole

HERE = Path(__file__).parent
REPORT = "report.html"
SECTIONS = {
    "segments": rfm,
    "migration": migration,
    "cohorts": cohorts,
    "further segmentations": further,
    "clusters": clusters,
    "people": people_told,
    "geography": geography,
    "drift": drift,
    "data quality": quality,
}


def write(folder: Path, say: Callable[[str], None]) -> Path:
    """Writes the report of the file published in a folder beside it; gives the report's path.

    say: is told what took a while, and how long. Raises UserError where nothing is published.
    """
    file = folder / FILE
    if not file.exists():
        raise UserError(f"There is no {file} to report on: run `make build`.")
    try:
        marts = Marts(file)
    except (duckdb.Error, LookupError, ValueError) as error:
        # No DuckDB, or without the one row of build_info that publishing writes.
        raise UserError(
            f"{file} is no file that this project published: run `make build`."
        ) from error
    with closing(marts):
        sections = [
            _timed(say, name, lambda make=make: make(marts)) for name, make in SECTIONS.items()
        ]
        first = _timed(say, "page one", lambda: page_one(marts, sections))
        html = _timed(say, "the page", lambda: render(marts, first, sections))
    write_whole(folder / REPORT, html)
    return folder / REPORT


def _timed(say: Callable[[str], None], what: str, make: Callable[[], object]) -> object:
    began = time.monotonic()
    made = make()
    if (seconds := time.monotonic() - began) >= 0.05:
        say(f"{seconds:7.1f} s  report: {what}")
    return made


def render(marts: Marts, first: object, sections: list) -> str:
    jinja = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    jinja.globals |= {"table": table, "day": day}
    charts = {
        figure.key: json.loads(figure.chart.to_json())
        for section in sections
        for figure in section.figures
    }
    months = {
        figure.key: figure.months
        for section in sections
        for figure in section.figures
        if figure.months
    }
    return jinja.get_template("template.html.j2").render(
        page=first,
        sections=sections,
        build=marts.build,
        minimum=marts.minimum,
        style=Markup((HERE / "style.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "report.js").read_text(encoding="utf-8")),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")),
        charts=in_script(charts),
        months=in_script(months),
    )


def in_script(value: object) -> Markup:
    """JSON that ends no script element, whatever its texts hold."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def table(figure: Figure) -> Markup:
    """A figure's data as an HTML table; the page's own style takes the place of great_tables'."""
    return Markup(_table(figure.table, f"table-{figure.key}"))


def _table(data: Table, key: str) -> str:
    # Plain names, since headings may be any text, twice the same among them.
    names = [f"{key}-{place}" for place in range(len(data.headings))]
    frame = pd.DataFrame(data.rows, columns=names, dtype=object)
    made = (
        GT(frame, id=key)
        .cols_label(**dict(zip(names, data.headings, strict=True)))
        .cols_align("left", columns=names[: data.labels])
        .cols_align("right", columns=names[data.labels :])
    )
    html = made.as_raw_html()
    return re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
