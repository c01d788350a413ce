"""The command check-input: looks at an input, says how it would build, and leaves no trace."""

from shlex import quote

from segmentation import findings as told
from segmentation.dbt import say
from segmentation.errors import UserError
from segmentation.guess import missing
from segmentation.inputs import (
    CUSTOMERS_VARS,
    Records,
    classify,
    classify_customers,
    combined,
    look_at,
    scratch,
)
from segmentation.privacy import shown
from segmentation.settings import for_input


def check(
    settings: dict, vars_file: str | None, transactions: str | None, customers: str | None
) -> None:
    """Checks order lines, customer records, or both.

    settings: the vars, with transactions and customers among them where they are named. The rest:
    the words as the person typed them. Raises UserError, with what to mend, where a build would not
    succeed.
    """
    problems: list[str] = []
    guessed: dict = {}
    notes: dict[str, str] = {}
    if settings.get("transactions") or not settings.get("customers"):
        look, found = _check_transactions(settings, transactions)
        problems += found.problems
        guessed = look.settings | {"transaction_columns": found.mapping.columns}
        notes = found.mapping.notes
        if found.dates.get("ambiguous_text"):
            notes = notes | {"date_format": "month_first"}
    records = None
    if settings.get("customers"):
        records = _check_customers(settings, guessed, customers)
        problems += records.problems
    proposed = combined(settings, guessed, records)
    is_complete = bool(settings) and proposed.keys() <= settings.keys()
    by = f"as {vars_file} has them" if is_complete else "guessed"
    _print(told.vars_yaml(proposed, notes, settings), f"Vars, {by}", indent=4)
    if problems:
        raise UserError(shown(problems[0]))
    given = {"TRANSACTIONS": transactions, "CUSTOMERS": customers}
    say(_what_next(settings, is_complete, vars_file, given))


def _check_transactions(settings: dict, transactions: str | None) -> tuple:
    """Prints what becomes of order lines; gives the look at them and the findings."""
    name = transactions or settings.get("transactions") or "the demo"
    say(f"Checking {name}; nothing of yours is changed.\n")
    alone = {k: v for k, v in settings.items() if k not in CUSTOMERS_VARS}
    alone = for_input("transactions", alone) | {"customers": ""}
    with scratch(alone) as place:
        look, found = classify(place, look_at(place, name, alone))
    _print(told.columns_table(look, found), f"{look.row_count:,} rows with these columns")
    if found.classes:
        _print(told.dates_told(look, found))
        _print(told.classes_told(look, found))
    _print(told.remarks_told(look, found))
    if not missing(found.mapping.columns):
        _print(told.switched_off(look, found))
    if found.classes:
        _print(told.enough_told(found))
    return look, found


def _check_customers(settings: dict, guessed: dict, customers: str | None) -> Records:
    """Prints what becomes of customer records; gives what was found about them.

    guessed: the vars with which the transactions would build, if there are any.
    """
    name = customers or settings["customers"]
    say(f"Checking {name}; nothing of yours is changed.\n")
    records = classify_customers(name, settings, guessed)
    _print(
        told.columns_table(records.look, mapped=records.columns),
        f"{records.look.row_count:,} rows with these columns",
    )
    _print(told.records_told(records))
    _print(told.customers_remarks_told(records))
    _print(told.customers_switched_off(records))
    return records


def _what_next(
    own: dict, is_complete: bool, vars_file: str | None, given: dict[str, str | None]
) -> str:
    """The command that builds what was checked."""
    command = "make build"
    place = quote(vars_file) if vars_file else "my_shop.yml"
    if own:
        command += f" VARS={place}"
    for word, value in given.items():
        command += f" {word}={quote(value)}" if value else ""
    if not own or is_complete:
        return f"It would build: {command}"
    return f"It would build. Save the vars above as {place}, and then:\n\n    {command}"


def _print(lines: list[str], title: str = "", indent: int = 0) -> None:
    """Prints a part of the report and the line that sets it apart, if there is anything to it."""
    if lines:
        say("\n".join([*([title] if title else []), *(" " * indent + line for line in lines)]))
        say()
