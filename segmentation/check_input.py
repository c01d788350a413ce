"""The command check-input: looks at an input, says how it would build, and leaves no trace."""

from shlex import quote

from segmentation import findings as told
from segmentation.dbt import say
from segmentation.errors import UserError
from segmentation.guess import customers_mapping, missing
from segmentation.inputs import classify, look_at, scratch
from segmentation.privacy import shown
from segmentation.settings import read_vars


def check(
    settings: dict, vars_file: str | None, transactions: str | None, customers: str | None
) -> None:
    """Checks order lines, customer records, or both.

    settings: the vars, with transactions among them where they are named. The rest: the words as
    the person typed them. Raises UserError, with what to mend, where a build would not succeed.
    """
    problem = None
    if "transactions" in settings or not customers:
        problem = check_transactions(settings, vars_file, transactions)
    if customers:
        name = check_customers(customers)
        if "transactions" not in settings:
            raise UserError(
                f"{name} cannot be built by itself, for this version makes segments from "
                "transactions only: give order lines as TRANSACTIONS."
            )
        say("This version makes segments from transactions only, and leaves these out.")
    if problem:
        raise UserError(shown(problem))


def check_transactions(
    settings: dict, vars_file: str | None, transactions: str | None
) -> str | None:
    """Prints what becomes of order lines; gives the first sentence that would stop the build."""
    name = transactions or settings.get("transactions") or "the demo"
    say(f"Checking {name}; nothing of yours is changed.\n")
    with scratch(settings) as place:
        look, found = classify(place, look_at(place, name, settings))
    _print(told.columns_table(look, found), f"{look.row_count:,} rows with these columns")
    by = f"as {vars_file} has them" if "transaction_columns" in settings else "guessed"
    _print(told.vars_yaml(look, found, settings), f"Vars, {by}", indent=4)
    if found.classes:
        _print(told.dates_told(look, found))
        _print(told.classes_told(look, found))
    _print(told.remarks_told(look, found))
    if not missing(found.mapping.columns):
        _print(told.switched_off(look, found))
    if found.classes:
        _print(told.enough_told(found))
    if not found.problems:
        say(_what_next(settings, look.settings, vars_file, transactions))
    return next(iter(found.problems), None)


def check_customers(customers: str) -> str:
    """Prints what customer records hold; gives their name."""
    say(f"Checking {customers}; nothing of yours is changed.\n")
    settings = read_vars(None, customers)
    with scratch(settings) as place:
        look = look_at(place, customers, settings)
    _print(told.columns_table(look), f"{look.row_count:,} rows with these columns")
    _print(told.customers_told(look, *customers_mapping(look.columns)))
    return customers


def _what_next(own: dict, settings: dict, vars_file: str | None, transactions: str | None) -> str:
    """The command that builds what was checked."""
    command = "make build"
    is_complete = settings.keys() == own.keys() and "transaction_columns" in own
    place = quote(vars_file) if vars_file else "my_shop.yml"
    if own:
        command += f" VARS={place}"
    if transactions:
        command += f" TRANSACTIONS={quote(transactions)}"
    if not own or is_complete:
        return f"It would build: {command}"
    return f"It would build. Save the vars above as {place}, and then:\n\n    {command}"


def _print(lines: list[str], title: str = "", indent: int = 0) -> None:
    """Prints a part of the report and the line that sets it apart, if there is anything to it."""
    if lines:
        say("\n".join([*([title] if title else []), *(" " * indent + line for line in lines)]))
        say()
