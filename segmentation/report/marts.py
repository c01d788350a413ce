"""Reads the published file, and hides what small cells would tell."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from segmentation.report.words import day, month
from segmentation.small_cells import suppress_small_cells
from segmentation.sql import literal


class Marts:
    """The published marts; only read."""

    def __init__(self, file: Path):
        self.connection = duckdb.connect()
        self.connection.execute(f"attach {literal(file)} as published (read_only)")
        self.connection.execute("use published")
        self.tables = {
            name
            for (name,) in self.connection.execute(
                "select table_name from duckdb_tables() where database_name = 'published'"
            ).fetchall()
        }
        self.build = self.row("select * from build_info")
        self.minimum = self.build["minimum_cell"]
        # Sales before returns where the build counts revenue so: then every customer's is gross.
        self.amount = self.one(
            """
            select case when count_if(monetary <> net_amount) = 0 then 'net_amount'
                else 'gross_amount' end
            from customer_segments
            """
        )
        self.has_orders = self.one("select count(*) from customer_orders") > 0
        self.has_history = "segment_migrations" in self.tables and self.has_orders
        # The periods of a fiscal year end on other days, and have no names.
        self.has_calendar_months = "cohort_retention" not in self.tables or self.one(
            "select coalesce(bool_and(month_end = last_day(month_end)), true) from cohort_retention"
        )

    def rows(self, query: str, **parameters: object) -> list[dict]:
        """Rows of a query by column; decimals become floats."""
        result = self.connection.execute(query, parameters)
        names = [column[0] for column in result.description]
        return [
            {
                name: float(value) if isinstance(value, Decimal) else value
                for name, value in zip(names, row, strict=True)
            }
            for row in result.fetchall()
        ]

    def row(self, query: str, **parameters: object) -> dict:
        """The one row of a query."""
        [row] = self.rows(query, **parameters)
        return row

    def one(self, query: str, **parameters: object) -> object:
        """The one value of a query."""
        [value] = self.row(query, **parameters).values()
        return value

    def cells(
        self,
        query: str,
        count: str,
        measures: list[str],
        order: str,
        within: Sequence[str] = ("true",),
    ) -> list[dict]:
        """Rows of a query that counts customers, without what cells of too few of them measure.

        count: the column that counts. measures: the columns that are None in a hidden cell.
        within: expressions; the cells that agree in one of them add up to something known.
        """
        totals = {f"total_{place}": each for place, each in enumerate(within)}
        rule = {"counts": [count], "measures": measures, "totals": [[name] for name in totals]}
        added = ", ".join(f"{each} as {name}" for name, each in totals.items())
        shown = suppress_small_cells(
            self.connection, f"select *, {added} from ({query})", [rule], self.minimum
        )
        return self.rows(f"select * exclude ({', '.join(totals)}) from ({shown}) order by {order}")

    def ends(self, values: str, share: float = 0.01) -> tuple[float, float]:
        """Between which two numbers nearly all values of a query lie, whose column is `value`.

        At least this share of the customers lie at or beyond each, and not fewer than may be told:
        a single large value would be told, and would press all others to the floor.
        """
        count = self.one(f"select count(*) from ({values})")
        beyond = min(0.5, max(share, self.minimum / max(count, 1)))
        ends = self.row(
            f"""
            select quantile_disc(value, {beyond}) as low, quantile_disc(value, {1 - beyond}) as high
            from ({values})
            """
        )
        return ends["low"], ends["high"]

    def month(self, end: date) -> str:
        """December 2011, or where months are no calendar months, the month to 25 December 2011."""
        return month(end) if self.has_calendar_months else f"the month to {day(end)}"

    @property
    def hover_month(self) -> str:
        """The same in Plotly's own words, of what lies across."""
        return "%{x|%B %Y}" if self.has_calendar_months else "the month to %{x|%-d %B %Y}"

    def short_month(self, end: date) -> str:
        """Dec 2011, or where months are no calendar months, their last day: 25 Dec 2011."""
        return f"{end:%b %Y}" if self.has_calendar_months else f"{end.day} {end:%b %Y}"

    def is_few(self, *counts: int) -> bool:
        """Whether one of the counts of customers is of too few to be told."""
        return any(0 < count < self.minimum for count in counts)

    def close(self) -> None:
        self.connection.close()
