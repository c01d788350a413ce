"""One row per row of the workbooks that the inputs are, every cell as text."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from glob import glob
from hashlib import md5

# As many digits behind the point as staging keeps: what a formula gives (10 / 3) has no end.
DIGITS = {"quantity": 4, "unit_price": 6, "amount": 4, "unit_cost": 6, "discount_amount": 4}


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


def born_on(cell: object, date_format: str | None = None) -> date | str | None:
    """A date of birth; None where the cell is empty, and 'unreadable' where it holds none.

    cell: a date, Excel's number of one, or a text in ISO form or with the day first (31.12.1999);
    with slashes or dashes, date_format says whether the day or the month is first.
    """
    if cell is None or not str(cell).strip():
        return None
    if isinstance(cell, int | float) and 0 < cell < 100_000:
        return date(1899, 12, 30) + timedelta(days=int(cell))
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = str(cell).strip()
    parts = re.fullmatch(r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4})", text)
    try:
        if not parts:
            return date.fromisoformat(text[:10])
        first, mark, second, year = parts.groups()
        order = "day_first" if mark == "." else date_format
        if order not in ("day_first", "month_first"):
            return "unreadable"
        day, month = (first, second) if order == "day_first" else (second, first)
        return date(int(year), int(month), int(day))
    except ValueError:
        return "unreadable"


def blurred_birth(cell: object, as_of: date | None, date_format: str | None = None) -> str | None:
    """A date that stands for a date of birth, in ISO form, for no table is to hold the date itself.

    as_of: the day as of which ages are told, if the vars name it: then everybody of an age has the
    same birthday, that day, and the age is exact. Without it, the first day of the month.
    """
    born = born_on(cell, date_format)
    if born is None or born == "unreadable":
        return born
    if as_of is None:
        return f"{born.year:04}-{born.month:02}-01"
    if born > as_of:
        return (as_of + timedelta(days=1)).isoformat()
    age = as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))
    # Where the day is 29 February, other years have the 28th.
    day = 28 if (as_of.month, as_of.day) == (2, 29) and age % 4 else as_of.day
    return f"{as_of.year - age:04}-{as_of.month:02}-{day:02}"


def digest(cell: object) -> str | None:
    """What tells a cell from another one and nothing else, for columns that are not mapped."""
    text = text_of(cell)
    return None if text is None else md5(text.encode(), usedforsecurity=False).hexdigest()


def tables(path: str, needed: list[set[str]]) -> Iterator[tuple[list[str], list[list[object]]]]:
    """Yields headings and rows of each sheet of a workbook that holds an input.

    path: an .xlsx file. needed: for each column that such a sheet must have, the headings in lower
    case that it may have; sheets without them, such as notes, are passed over, unless no sheet has
    them: then the first is given, so that the headings can be told. They are a sheet's first row
    that is not empty. Raises ValueError where the file cannot be read or holds nothing.
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
            if all(names & {heading.lower() for heading in headings} for names in needed):
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


def headings_of(columns: object) -> dict[str, set[str]]:
    """The headings in lower case that each canonical column may have.

    columns: a mapping var, canonical name: heading or list of headings; or a list of headings.
    """
    if not isinstance(columns, dict):
        columns = {str(name): name for name in columns if isinstance(columns, list)}
    named = {name: names if isinstance(names, list) else [names] for name, names in columns.items()}
    return {
        name: {str(heading).lower() for heading in names if heading is not None}
        for name, names in named.items()
        if names != [None]
    }


def is_workbook(path: str | None) -> bool:
    return (path or "").lower().endswith(".xlsx")


def rows_of(config: dict, input: str):
    """The rows of all workbooks under an input's path or pattern, joined by their headings.

    config: the model's meta values by name. Gives a data frame of text columns.
    """
    import pandas

    path, separator = config[input], config["decimal_separator"]
    if isinstance(separator, dict):
        separator = separator.get(input, ".")
    mapped = headings_of(config[f"{input[:-1]}_columns"] or {})
    needed = [mapped[name] for name in ("customer_id", "ordered_at") if name in mapped]
    digits = {h: places for name, places in DIGITS.items() for h in mapped.get(name, ())}
    if input == "customers":
        for listed in ("psychographic_columns", "attribute_columns"):
            listed = config[listed] or {}
            mapped |= headings_of(list(listed) if isinstance(listed, list | dict) else {})
    kept = set().union(*mapped.values())
    born = mapped.get("birth_date", set())
    as_of = date.fromisoformat(str(config["as_of_date"])[:10]) if config["as_of_date"] else None
    date_format = config["date_format"]
    if isinstance(date_format, dict):
        date_format = date_format.get(input)
    frames = []
    # Path.glob takes no pattern that starts at the root.
    for workbook in sorted(glob(path, recursive=True)) or [path]:  # noqa: PTH207
        for headings, rows in tables(workbook, needed):
            texts = []
            for heading in map(str.lower, headings):
                places = digits.get(heading)
                if heading in born:
                    texts.append(lambda cell: blurred_birth(cell, as_of, date_format))
                elif kept and heading not in kept:
                    texts.append(digest if input == "transactions" else lambda cell: None)
                else:
                    texts.append(lambda cell, most=places: text_of(cell, separator, most))
            cells = [[text(cell) for text, cell in zip(texts, row, strict=True)] for row in rows]
            frames.append(pandas.DataFrame(cells, columns=unique(headings), dtype="str"))
    # A row in which nothing stands is the space above a second table, or below the first.
    frame = pandas.concat(frames, ignore_index=True).dropna(how="all")
    return frame.add_prefix(f"{input}:").assign(input=input)


def model(dbt, session):
    """The rows of the workbooks of every input that is one."""
    import pandas

    # dbt hands over the values of keys that stand here in so many words.
    config = {
        "transactions": dbt.config.meta_get("transactions"),
        "customers": dbt.config.meta_get("customers"),
        "transaction_columns": dbt.config.meta_get("transaction_columns"),
        "customer_columns": dbt.config.meta_get("customer_columns"),
        "psychographic_columns": dbt.config.meta_get("psychographic_columns"),
        "attribute_columns": dbt.config.meta_get("attribute_columns"),
        "decimal_separator": dbt.config.meta_get("decimal_separator"),
        "as_of_date": dbt.config.meta_get("as_of_date"),
        "date_format": dbt.config.meta_get("date_format"),
    }
    inputs = [name for name in ("transactions", "customers") if is_workbook(config[name])]
    return pandas.concat([rows_of(config, name) for name in inputs], ignore_index=True)
