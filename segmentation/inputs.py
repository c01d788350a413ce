"""Looks at an input that nobody has mapped yet, and says how it would build.

Everything is read and classified by the project's own SQL, in a scratch database in a temporary
folder. Nothing of the user's is written.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from glob import glob
from itertools import chain
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from segmentation.columns import (
    Column,
    decimal_separator_of,
    delimiter_of,
    encoding_of,
    looks_like_data,
)
from segmentation.dbt import Scratch
from segmentation.errors import UserError, pointed
from segmentation.guess import (
    Mapping,
    are_customer_records,
    customers_mapping,
    missing,
    observations,
    transactions_mapping,
)
from segmentation.settings import LAYOUT, database_file, for_input
from segmentation.sql import identifier
from segmentation.summary import CLASSES

TEXT = (".csv", ".tsv", ".txt")
MAPPED = "stg_segmentation__transactions_mapped"
RATES = "stg_segmentation__exchange_rates"
NO_TESTS = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
CUSTOMERS_VARS = ("customers", "customer_columns", "psychographic_columns", "attribute_columns")
PEEK = 65_536  # bytes in which the first lines are looked at
LINES = 50


@dataclass
class Look:
    """What an input looks like.

    settings: the vars with which it was read: those of the person, and what was guessed. row_count,
    filled: rows in all, and rows in which something stands for each of the columns.
    """

    name: str
    settings: dict
    columns: list[Column]
    row_count: int
    filled: list[int]

    @property
    def has_headings(self) -> bool:
        """Whether the columns' names are the input's own."""
        return not self.settings.get("transaction_headings")

    def column(self, heading: str) -> Column | None:
        """The column with that heading, in upper or lower case, as a mapping may have it."""
        return next((c for c in self.columns if c.heading.lower() == heading.lower()), None)


@dataclass
class Findings:
    """What a build with these settings would make of an input.

    problems: the sentences that would stop it. The rest is empty where it came to no classes:
    dates is the row of stg_segmentation__date_format, classes line class, rows and amount, rejects
    reason, rows and a text that was rejected so, measures the row of measure_input.
    """

    mapping: Mapping
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    dates: dict = field(default_factory=dict)
    classes: list[tuple] = field(default_factory=list)
    rejects: list[tuple] = field(default_factory=list)
    measures: dict = field(default_factory=dict)


@dataclass
class Records:
    """What a build with these settings would make of customer records.

    columns, scores: the mapping and the psychographic columns. counts: reason, or None for records
    as they are, and rows. buyers, matched: customers with a sale, and those of them with a record;
    None without transactions.
    """

    look: Look
    columns: dict
    scores: list[str]
    settings: dict
    problems: list[str] = field(default_factory=list)
    counts: list[tuple] = field(default_factory=list)
    buyers: int | None = None
    matched: int | None = None


@contextmanager
def scratch(settings: dict) -> Iterator[Scratch]:
    """A scratch database, and gone it is afterwards. It sees the user's where the vars name it."""
    database = database_file()
    named = [settings.get(name) or "" for name in ("transactions", "customers", "exchange_rates")]
    named += (settings.get("seed_overrides") or {}).values()
    is_named = any(name and not _is_file(name) and "{{" not in name for name in map(str, named))
    with tempfile.TemporaryDirectory(prefix="segmentation_", ignore_cleanup_errors=True) as folder:
        place = Scratch(Path(folder), database if is_named and database.is_file() else None)
        try:
            yield place
        finally:
            place.close()


def look_at(place: Scratch, name: str, settings: dict) -> Look:
    """Reads an input's headings, types and first rows, and guesses what it takes to read it.

    name: as the person calls the input. settings: the vars so far. Raises UserError where it cannot
    be read.
    """
    path = str(settings.get("transactions", ""))
    settings = _layout(path, settings) | settings
    # Without a mapping, every sheet of a workbook is read: any may hold the order lines.
    unmapped = {} if "transaction_columns" in settings else {"transaction_columns": {}}
    place.read_project(settings | unmapped)
    parents = ["--select", f"+{MAPPED}", "--exclude", MAPPED, RATES]
    place.run(["build", *parents, *NO_TESTS], settings | unmapped)
    look = _described(place, name, settings)
    headings = [column.heading for column in look.columns]
    if _is_text(path) and "transaction_headings" not in settings and looks_like_data(headings):
        names = [f"column_{position}" for position in range(1, len(headings) + 1)]
        look = _described(place, name, settings | {"transaction_headings": names})
    if "decimal_separator" not in settings and decimal_separator_of(look.columns) == ",":
        look.settings["decimal_separator"] = ","
    return look


def look_again(place: Scratch, look: Look, settings: dict) -> Look:
    """Reads a workbook as vars have it that were guessed since; any other input as it was.

    Which sheets count and how numbers are told depends on them.
    """
    if not _is_workbook(settings):
        return look
    place.read_project(settings)
    place.run(["run", "--select", "path:python_models/input"], settings)
    again = _described(place, look.name, settings)
    # Columns that are not mapped are told apart now, and no more: see the model of workbooks.
    mapped = {str(column).lower() for column in settings["transaction_columns"].values()}
    seen = {column.heading: column for column in look.columns}
    again.columns = [
        column if column.heading.lower() in mapped else seen.get(column.heading, column)
        for column in again.columns
    ]
    again.settings = look.settings
    return again


def _sheets(path: str, mapped: dict[str, str]) -> list[str]:
    """A remark on the sheets of workbooks that the build passes over, if there are any.

    A sheet without the columns of customer_id and ordered_at holds no order lines.
    """
    needed = {mapped[name].lower() for name in ("customer_id", "ordered_at")}
    read, passed = [], []
    for file in sorted(glob(path, recursive=True)):  # noqa: PTH207
        workbook = CalamineWorkbook.from_path(file)
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(nrows=1)
            headings = {str(cell).lower() for cell in chain.from_iterable(rows)}
            (read if needed <= headings else passed).append(name)
    if not passed:
        return []
    return [
        f"Sheets that are read: {', '.join(read)}; passed over, for lack of columns for "
        f"customer_id and ordered_at: {', '.join(passed)}."
    ]


def _described(place: Scratch, name: str, settings: dict) -> Look:
    place.run(["run-operation", "describe_input"], settings)
    with duckdb.connect(str(place.database)) as connection:
        table = f"{place.schema}.input_sample"
        described = connection.execute(f"describe {table}").fetchall()
        texts = ", ".join(f"cast({identifier(heading)} as varchar)" for heading, *_ in described)
        rows = connection.execute(f"select {texts} from {table}").fetchall()
        counts = f"select * from {place.schema}.input_counts"
        [(row_count, *filled)] = connection.execute(counts).fetchall()
    columns = [
        Column(heading, tuple(row[position] for row in rows), kind.lower())
        for position, (heading, kind, *_) in enumerate(described)
    ]
    return Look(name, settings, columns, row_count, filled)


def _layout(path: str, settings: dict) -> dict:
    """Encoding and delimiter of text files, where the vars have none and the default is wrong."""
    files = sorted(glob(path, recursive=True)) if _is_text(path) else []  # noqa: PTH207
    if not files:
        return {}
    encoding = settings.get("encoding") or encoding_of(chain.from_iterable(map(_chunks, files)))
    if encoding is None:
        raise UserError(f"{path} is neither UTF-8, UTF-16 nor latin-1 text: save it as UTF-8.")
    if encoding not in ("utf-8", "latin-1", "utf-16"):
        return {}  # staging says which there are
    start = next(_chunks(files[0]), b"")
    lines = start.decode(encoding, errors="replace").splitlines()
    # The last line may go on behind what was looked at.
    delimiter = delimiter_of((lines[:-1] if len(start) == PEEK else lines)[:LINES])
    guessed = {"encoding": encoding if encoding != "utf-8" else None, "delimiter": delimiter}
    return {name: value for name, value in guessed.items() if value}


def _chunks(file: str) -> Iterator[bytes]:
    """The bytes of a file in parts, unpacked; whatever cannot be read, the database will tell."""
    unpacked = gzip.open if file.lower().endswith(".gz") else Path.open
    try:
        with unpacked(Path(file), "rb") as stream:
            while chunk := stream.read(PEEK):
                yield chunk
    except (OSError, EOFError):
        return


def _is_text(path: str) -> bool:
    return path.lower().removesuffix(".gz").endswith(TEXT)


def _is_workbook(settings: dict) -> bool:
    return str(settings.get("transactions", "")).lower().endswith(".xlsx")


def _is_file(path: str) -> bool:
    return _is_text(path) or path.lower().endswith((".parquet", ".xlsx")) or "/" in path


def classify(place: Scratch, look: Look) -> tuple[Look, Findings]:
    """What staging makes of an input that was looked at, and what would stop the build.

    The mapping is the person's own where the vars have one, else a guess. Gives the input as a
    build would read it, too.
    """
    own = look.settings.get("transaction_columns")
    if own:
        mapping = Mapping({name: str(column) for name, column in own.items() if column})
    else:
        separator = look.settings.get("decimal_separator", ".")
        mapping = transactions_mapping(look.columns, separator)
    findings = Findings(mapping)
    if problem := _unreadable(look, mapping.columns):
        findings.problems = [pointed(problem, look.settings)]
        return look, findings
    settings = look.settings | ({} if own else {"transaction_columns": mapping.columns})
    if settings != place.settings:
        look = look_again(place, look, settings)
    findings.remarks = observations(look.columns, mapping.columns)
    if _is_workbook(look.settings):
        findings.remarks += _sheets(look.settings["transactions"], mapping.columns)
    models = ["path:models/staging", "input_reconciliation"]
    findings.problems = place.attempt(["run", "--select", *models], settings)
    if findings.problems:
        return look, findings
    place.run(["run-operation", "measure_input"], settings)
    # Only tests that read nothing but what was built: the gates, and the seeds' own.
    words = ["test", "--select", "+path:models/staging", "--indirect-selection", "cautious"]
    findings.problems = place.attempt([*words, "--exclude-resource-type", "unit_test"], settings)
    _read(place, findings)
    return look, findings


def _unreadable(look: Look, mapped: dict[str, str]) -> str | None:
    """A sentence for what keeps staging from even reading the input.

    mapped: canonical name: heading. Where the vars have them, staging says what is missing.
    """
    headings = [column.heading for column in look.columns]
    lacks = missing(mapped)
    if len(headings) == 1 and not look.row_count:
        return f"{look.name} is empty: check that it was written to its end."
    if len(headings) == 1:
        return (
            f"{look.name} cannot be divided into columns: give every line as many columns as the "
            "first, and name what stands between them in the var delimiter."
        )
    if look.has_headings and looks_like_data(headings):
        return (
            f"{look.name} has no headings, for its first line holds data: write them there, or, "
            "for a text file, in the var transaction_headings."
        )
    if not lacks or "transaction_columns" in look.settings:
        return None
    if are_customer_records(look.columns):
        return (
            f"{look.name} looks like customer records, not transactions: no column says "
            f"{' or '.join(lacks)}; give order lines as TRANSACTIONS, and this file as CUSTOMERS."
        )
    return (
        f"{look.name} has no column of which the heading or the texts tell {' or '.join(lacks)}: "
        "name it in the var transaction_columns, or add it to the input."
    )


REJECTS = """
    select
        reject_reason,
        count(*),
        min(
            case split_part(reject_reason, ' ', 1)
                when 'ordered_at' then raw_ordered_at
                when 'quantity' then raw_quantity
                when 'unit_price' then raw_unit_price
                when 'amount' then coalesce(raw_amount, raw_quantity || ' × ' || raw_unit_price)
                when 'currency' then concat_ws(' on ', currency, ordered_at::date)
                else raw_order_id
            end
        )
    from {schema}.stg_segmentation__transactions
    where line_class = 'rejected'
    group by reject_reason
    order by count(*) desc, reject_reason
"""


def _read(place: Scratch, findings: Findings) -> None:
    """Reads the results of staging into the findings."""
    schema = f"{place.schema}_segmentation"
    with duckdb.connect(str(place.database)) as connection:

        def row(table: str) -> dict:
            found = connection.execute(f"select * from {table}")
            return dict(zip([c[0] for c in found.description], found.fetchone(), strict=True))

        findings.dates = row(f"{schema}.stg_segmentation__date_format")
        findings.measures = row(f"{place.schema}.input_measures")
        findings.classes = connection.execute(CLASSES.format(schema=schema)).fetchall()
        findings.rejects = connection.execute(REJECTS.format(schema=schema)).fetchall()


def classify_customers(name: str, settings: dict, guessed: dict) -> Records:
    """What staging makes of customer records, and what would stop the build.

    name: as the person calls the input. settings: the vars of the person. guessed: those with which
    the transactions would build; empty where there are none.
    """
    layout = {k: v for k, v in for_input("customers", settings).items() if k in LAYOUT}
    # A reader is a reader: the records are described as any input is.
    alone = layout | {"transactions": settings["customers"], "customers": ""}
    overrides = (
        {"seed_overrides": settings["seed_overrides"]} if "seed_overrides" in settings else {}
    )
    with scratch(alone | overrides) as place:
        look = look_at(place, name, alone | overrides)
    columns, scores = customers_mapping(look.columns)
    columns = settings.get("customer_columns", columns)
    scores = settings.get("psychographic_columns", scores)
    records = Records(look, columns, scores, {})
    records.settings = combined(settings, guessed, records)
    if not look.has_headings:
        records.problems = [
            f"{name} has no headings, for its first line holds data: write them there."
        ]
        return records
    if len(look.columns) > 1 and "customer_id" not in columns:
        records.problems = [
            f"{name} has no column of which the heading tells who it is about: name it as "
            "customer_id in the var customer_columns."
        ]
        return records
    inputs = {k: settings[k] for k in ("transactions", "customers") if settings.get(k)}
    build = settings | {"transactions": ""} | records.settings | inputs
    with scratch(build) as place:
        place.read_project(build)
        records.problems = place.attempt(
            ["build", "--select", "+stg_segmentation__customers", *NO_TESTS], build
        )
        if records.problems:
            records.problems = [pointed(records.problems[0], {**build, **alone})]
            return records
        tests = ["test", "--select", "+stg_segmentation__customers", "--indirect-selection"]
        words = [*tests, "cautious", "--exclude-resource-type", "unit_test"]
        records.problems = place.attempt(words, build)
        _count(place, records)
    return records


def _count(place: Scratch, records: Records) -> None:
    """Reads the results of staging into what was found about the records."""
    schema = f"{place.schema}_segmentation"
    with duckdb.connect(str(place.database)) as connection:
        records.counts = connection.execute(
            f"""
            select reason, count(*)
            from (
                select unnest(coalesce(string_split(reason, '; '), [null])) as reason
                from {schema}.stg_segmentation__customers
            )
            group by reason
            order by reason is not null, count(*) desc, reason
            """
        ).fetchall()
        [(buyers, matched)] = connection.execute(
            f"""
            select count(distinct lines.customer_id), count(distinct records.customer_id)
            from {schema}.stg_segmentation__transactions as lines
            left join {schema}.stg_segmentation__customers as records using (customer_id)
            where lines.line_class = 'sale'
            """
        ).fetchall()
        if records.settings.get("transaction_columns"):
            records.buyers, records.matched = buyers, matched


def combined(own: dict, guessed: dict, records: Records | None) -> dict:
    """The vars of a build: those of the person, and what was guessed for each of the inputs.

    guessed: vars for the transactions. A layout that the inputs do not share becomes a map.
    """
    apart = ("transactions", *CUSTOMERS_VARS)
    proposed = {k: v for k, v in own.items() if k not in ("transactions", "customers")}
    proposed |= {k: v for k, v in guessed.items() if k not in own and k not in apart}
    if records is None:
        return proposed
    if "customer_columns" not in own:
        proposed["customer_columns"] = records.columns
    if records.scores and "psychographic_columns" not in own:
        proposed["psychographic_columns"] = records.scores
    usual = {"encoding": "utf-8", "decimal_separator": "."}
    for name in LAYOUT:
        ours = for_input("transactions", guessed).get(name, usual.get(name))
        theirs = records.look.settings.get(name, usual.get(name))
        if name in own or not guessed or ours == theirs:
            if name not in own and theirs != usual.get(name):
                proposed[name] = theirs
            continue
        values = {"transactions": ours, "customers": theirs}
        proposed[name] = {k: v for k, v in values.items() if v != usual.get(name)}
    return proposed
