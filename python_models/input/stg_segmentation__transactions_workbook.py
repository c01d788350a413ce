"""One row per row of the workbooks that the var transactions names, every cell as text."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from glob import glob

# As many digits behind the point as staging keeps: what a formula gives (10 / 3) has no end.
DIGITS = {"quantity": 4, "unit_price": 6, "amount": 4}


def text_of(cell: object, decimal_separator: str = ".", digits: int | None = None) -> str | None:
    """A cell as text, as the other readers give it; None where it is empty.

    A number is told with the 15 digits that spreadsheets keep (0.1 + 0.2 is 0.3), rounded to so
    many digits behind the point if any are given, never in scientific notation, and with the
    separator that the input's texts are said to have; a date in ISO form.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, float):
        number = Decimal(format(cell, ".15g"))
        if digits is not None and -number.as_tuple().exponent > digits:
            number = number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        whole = number == number.to_integral_value()
        digits = format(number.to_integral_value() if whole else number, "f")
        return digits.replace(".", decimal_separator)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def tables(path: str, needed: set[str]) -> Iterator[tuple[list[str], list[list[object]]]]:
    """Yields headings and rows of each sheet of a workbook that holds order lines.

    path: an .xlsx file. needed: headings in lower case that such a sheet has; sheets without them,
    such as notes, are passed over, unless no sheet has them: then the first is given, so that the
    headings can be told. They are a sheet's first row that is not empty. Raises ValueError where
    the file cannot be read or holds nothing.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    first, found = None, False
    try:
        workbook = CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python()
            if not rows:
                continue
            headings = [text_of(cell) or "" for cell in rows[0]]
            first = first or (headings, rows[1:])
            if needed <= {heading.lower() for heading in headings}:
                found = True
                yield headings, rows[1:]
    except (CalamineError, OSError) as error:
        raise ValueError(
            f"customer_segmentation: The workbook {path} cannot be read ({error}): check that it"
            " opens in a spreadsheet program, without a password."
        ) from error
    if first is None:
        raise ValueError(f"customer_segmentation: The workbook {path} has no rows.")
    if not found:
        yield first


def unique(headings: list[str]) -> list[str]:
    """The headings with nameless ones numbered, and repeated ones too, whatever their case."""
    named: list[str] = []
    taken: set[str] = set()
    for position, heading in enumerate(headings, 1):
        name, copy = heading or f"column_{position}", 1
        while name.lower() in taken:
            name, copy = f"{heading or f'column_{position}'}_{copy}", copy + 1
        taken.add(name.lower())
        named.append(name)
    return named


def model(dbt, session):
    """The rows of all workbooks under the path or pattern, joined by their headings.

    Gives a data frame of text columns.
    """
    import pandas

    path = dbt.config.meta_get("path")
    separator = dbt.config.meta_get("decimal_separator")
    columns = dbt.config.meta_get("columns") or {}
    mapped = {name: str(column).lower() for name, column in columns.items() if column is not None}
    needed = {mapped[name] for name in ("customer_id", "ordered_at") if name in mapped}
    digits = {mapped[name]: places for name, places in DIGITS.items() if name in mapped}
    frames = []
    # Path.glob takes no pattern that starts at the root.
    for workbook in sorted(glob(path, recursive=True)) or [path]:  # noqa: PTH207
        for headings, rows in tables(workbook, needed):
            places = [digits.get(heading.lower()) for heading in headings]
            cells = [
                [text_of(cell, separator, most) for cell, most in zip(row, places, strict=True)]
                for row in rows
            ]
            frames.append(pandas.DataFrame(cells, columns=unique(headings), dtype="str"))
    # A row in which nothing stands is the space above a second table, or below the first.
    return pandas.concat(frames, ignore_index=True).dropna(how="all")
