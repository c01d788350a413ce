"""Guesses which column of an input is which, from its headings and a sample of its rows.

Plain functions on columns: they open no file and ask no database. What they cannot tell they leave
out, and where they are unsure they say so.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from statistics import median

import yaml

from segmentation.columns import EMAIL, Column, number_of

Match = tuple[Column, str]  # a column, and why it may be the wrong one

# Single words that mean the same whatever stands before them.
ENDINGS = ("quantity", "qty", "currency", "menge", "sku")


@dataclass
class Mapping:
    """Canonical names and the headings taken for them.

    notes: for a canonical name, why the guess may be wrong.
    """

    columns: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@cache
def vocabulary() -> dict:
    """The lists of headings.yml."""
    return yaml.safe_load(Path(__file__).with_name("headings.yml").read_text(encoding="utf-8"))


def matches(names: Sequence[str], columns: Sequence[Column]) -> list[Match]:
    """The columns whose headings mean one of the names, best first, each with a note.

    The note is empty where the whole heading is the name, and says so where only its end is.
    """
    ranked = []
    for position, column in enumerate(columns):
        joined = "".join(column.words)
        for rank, name in enumerate(names):
            words = name.split()
            if "".join(words) == joined:
                ranked.append((0, rank, position, column, ""))
            elif column.words[-len(words) :] == words and (len(words) > 1 or name in ENDINGS):
                ranked.append((1, rank, position, column, "its heading only ends so"))
    best = {}
    for *_, column, note in sorted(ranked, key=lambda match: match[:3]):
        best.setdefault(column.heading, (column, note))
    return list(best.values())


class _Guess:
    """A mapping in the making: which columns are taken, and how numbers are written."""

    def __init__(self, columns: Sequence[Column], separator: str):
        self.columns = columns
        self.separator = separator
        self.mapping = Mapping()

    def take(self, canonical: str, match: Match | None) -> None:
        """Takes the column for the canonical name, if there is one."""
        if match:
            column, note = match
            self.mapping.columns[canonical] = column.heading
            if note:
                self.mapping.notes[canonical] = note

    def taken(self, canonical: str) -> Column | None:
        """The column taken for the canonical name."""
        heading = self.mapping.columns.get(canonical)
        return next((column for column in self.columns if column.heading == heading), None)

    def free(self) -> list[Column]:
        """The columns that are not taken yet."""
        taken = self.mapping.columns.values()
        return [column for column in self.columns if column.heading not in taken]

    def best(self, canonical: str, fits: Callable[[Column], object]) -> Match | None:
        """The free column whose heading means the name best, and whose texts fit or are not there.

        A match by the end of a heading must have texts that fit.
        """
        for column, note in matches(vocabulary()["transactions"][canonical], self.free()):
            if fits(column) if column.filled or note else True:
                return column, note
        return None

    def unknown(self) -> list[Column]:
        """The free columns of whose headings nothing is known."""
        known = [name for names in vocabulary()["customers"].values() for name in names]
        tells = set(vocabulary()["personal"]) | set(vocabulary()["plain"])
        tells |= set(vocabulary()["not_money"]) | set(vocabulary()["not_ordered_at"])
        return [
            column
            for column in self.free()
            if column.is_unnamed or not (tells & set(column.words) or matches(known, [column]))
        ]

    def numbers(self, column: Column) -> list[Decimal | None]:
        """The numbers in the column, row by row."""
        return [number_of(value, self.separator) for value in column.values]


def transactions_mapping(columns: Sequence[Column], separator: str = ".") -> Mapping:
    """The canonical names of the columns of order lines, as far as headings and texts tell.

    separator: the sign before the decimals. Takes no column twice.
    """
    guess = _Guess(columns, separator)
    _take_moment(guess)
    guess.take("customer_id", guess.best("customer_id", lambda column: not column.is_date))
    _take_order(guess)
    _take_money(guess)
    _take_product(guess)
    for canonical in ("brand", "country", "store", "channel", "currency"):
        guess.take(canonical, guess.best(canonical, lambda column: not column.is_date))
    guess.take("unit_cost", guess.best("unit_cost", lambda column: column.is_number))
    guess.take("discount_amount", guess.best("discount_amount", _is_more_than_a_rate(guess)))
    _take_ids_by_texts(guess)
    _note_doubts(guess)
    found = guess.mapping.columns
    names = vocabulary()["transactions"]
    return Mapping({name: found[name] for name in names if name in found}, guess.mapping.notes)


def missing(mapped: dict[str, str]) -> list[str]:
    """What a build needs and a mapping lacks, in words with the canonical name.

    mapped: canonical name: column.
    """
    has_money = "amount" in mapped or {"quantity", "unit_price"} <= mapped.keys()
    needs = [
        ("who bought (customer_id)", "customer_id" in mapped),
        ("when (ordered_at)", "ordered_at" in mapped),
        ("for how much (amount, or quantity and unit_price)", has_money),
    ]
    return [words for words, is_there in needs if not is_there]


def _take_moment(guess: _Guess) -> None:
    """The moment of the order: by heading and texts, else by texts, else by heading alone."""
    others = set(vocabulary()["not_ordered_at"])
    named = [
        match
        for match in matches(vocabulary()["transactions"]["ordered_at"], guess.columns)
        if not others & set(match[0].words)
    ]
    for fits in (
        lambda column: column.is_date,
        # Day counts of a spreadsheet are dates where the heading says so.
        lambda column: column.share(lambda v: v[:1] in "34" and len(v.split(".")[0]) == 5) >= 0.8,
        lambda column: not column.filled,
    ):
        found = [match for match in named if fits(match[0])]
        # Some moments stand on the first line of an order only, or are never reached.
        most = max((len(column.filled) for column, _ in found), default=0)
        if match := next((m for m in found if len(m[0].filled) >= 0.95 * most), None):
            return guess.take("ordered_at", match)
    dated = [column for column in guess.unknown() if column.is_date]
    if dated:
        more = f"; {dated[1].heading} has dates, too" if len(dated) > 1 else ""
        return guess.take("ordered_at", (dated[0], f"by its texts{more}"))
    return guess.take("ordered_at", next(iter(named), None))


def _take_order(guess: _Guess) -> None:
    # A Shopify export calls the number of the order Name.
    if any(column.words[:1] == ["lineitem"] for column in guess.columns):
        name = next((column for column in guess.free() if column.words == ["name"]), None)
        if name:
            return guess.take("order_id", (name, ""))
    match = guess.best(
        "order_id", lambda column: not column.is_date and not column.has_decimals(guess.separator)
    )
    if match and "session" in match[0].words:
        match = (match[0], "takes a visit for an order")
    return guess.take("order_id", match)


def _take_money(guess: _Guess) -> None:
    """Quantity and unit price where both are there, or else the amount of the line."""
    quantity = guess.best("quantity", lambda column: column.is_number)
    price = guess.best("unit_price", lambda column: column.is_number)
    total = guess.best("amount", lambda column: column.is_number)
    if not quantity and not (price or total):
        quantity = _small_count(guess)
    guess.take("quantity", quantity)
    if quantity and price:
        return guess.take("unit_price", price)
    order = guess.taken("order_id")
    if price and total and order and _repeats(order, total[0]):
        total = None
    if total:
        return guess.take("amount", total)
    if price:
        return guess.take("amount", (price[0], "a price without a quantity: one unit per row"))
    return _take_money_by_texts(guess, quantity[0] if quantity else None)


def _small_count(guess: _Guess) -> Match | None:
    """A column without a telling heading that holds small whole numbers, as quantities are."""
    for column in guess.free():
        if column.is_unnamed and column.is_number and not column.has_decimals(guess.separator):
            numbers = [abs(number) for number in guess.numbers(column) if number is not None]
            padded = column.share(lambda v: v.startswith("0") and len(v) > 1) > 0
            if not padded and numbers and median(numbers) <= 20 and len(column.distinct) > 1:
                return column, "by its texts, small whole numbers"
    return None


def _take_money_by_texts(guess: _Guess, quantity: Column | None) -> None:
    money = [column for column in guess.unknown() if column.has_decimals(guess.separator)]
    if not money:
        # Whole numbers are money only where nothing else is left for them to be.
        money = [c for c in guess.unknown() if c.is_number and c.is_unnamed]
        money = money if len(money) == 1 and "customer_id" in guess.mapping.columns else []
    if not money:
        return
    more = f"; {money[1].heading} may be it, too" if len(money) > 1 else ""
    if quantity and not _rises(guess.numbers(quantity), guess.numbers(money[0])):
        guess.take("unit_price", (money[0], f"by its texts{more}: it does not rise with quantity"))
    else:
        rises = ": it rises with the quantity" if quantity else ""
        guess.take("amount", (money[0], f"by its texts{more}{rises}"))


def _rises(quantities: list[Decimal | None], money: list[Decimal | None]) -> bool:
    """Whether money is that of the whole line: more units, more money. A unit price stays."""
    pairs = [(abs(q), abs(m)) for q, m in zip(quantities, money, strict=True) if q and m]
    single = [m for q, m in pairs if q == 1]
    several = [(q, m) for q, m in pairs if q > 1]
    if not single or not several:
        return True
    units, paid = median(q for q, _ in several), median(m for _, m in several)
    # Halfway, in proportion, between a price that stays and a total that grows as the units do.
    return float(paid / median(single)) >= float(units) ** 0.5


def _take_product(guess: _Guess) -> None:
    guess.take("line_id", guess.best("line_id", lambda column: not column.is_date))
    guess.take("product_id", guess.best("product_id", lambda column: column.is_code))
    name = guess.best("product_name", lambda column: not column.is_number and not column.is_date)
    if "product_id" in guess.mapping.columns:
        guess.take("product_name", name)
    elif name:
        # Names tell goods apart as well as codes do.
        guess.take("product_id", (name[0], "names in place of codes"))


def _is_more_than_a_rate(guess: _Guess) -> Callable[[Column], bool]:
    def holds(column: Column) -> bool:
        numbers = [abs(number) for number in guess.numbers(column) if number is not None]
        return column.is_number and any(number > 1 for number in numbers)

    return holds


def _take_ids_by_texts(guess: _Guess) -> None:
    """Customer, order and product where no heading tells: by which of them decides which.

    An order has one customer and one moment; a customer has several orders.
    """
    if "customer_id" in guess.mapping.columns:
        return
    moment, order = guess.taken("ordered_at"), guess.taken("order_id")
    ids = [
        column
        for column in guess.unknown()
        if len(column.distinct) > 1
        and not column.is_date
        and not column.has_decimals(guess.separator)
        and (column.is_code or column.is_unnamed)
    ]
    repeated = [column for column in ids if len(column.distinct) < len(column.filled)]
    if not order and moment:
        for column in ids:
            others = [c for c in repeated if _decides(column, c) and not _decides(c, column)]
            if others and _decides(column, moment):
                order = column
                guess.take("order_id", (order, "by its texts"))
                break
    candidates = [column for column in repeated if column is not order]
    if order:
        owners = [column for column in candidates if _decides(order, column)]
        candidates = sorted(owners, key=lambda column: -len(column.distinct)) or candidates
    # An id is better than an e-mail address, which guests have, too.
    candidates = [c for c in candidates if not c.share(EMAIL.search)] or candidates
    if not candidates:
        return
    customer, others = candidates[0], [column for column in candidates[1:] if column.is_code]
    more = f"; {others[0].heading} may be it, too" if others else ""
    guess.take("customer_id", (customer, f"by its texts{more}"))
    # An order has several goods.
    goods = [c for c in repeated if c.is_code and order and not _decides(order, c, 0.5)]
    goods = [column for column in goods if column not in (order, customer)]
    if goods and "product_id" not in guess.mapping.columns:
        guess.take("product_id", (goods[0], "by its texts"))


def _decides(one: Column, other: Column, nearly: float = 0.95) -> bool:
    """Whether rows with the same text in one column have the same in the other, nearly always."""
    groups = defaultdict(list)
    for key, value in zip(one.values, other.values, strict=True):
        if key and value:
            groups[key].append(value)
    several = [set(values) for values in groups.values() if len(values) > 1]
    if not several:
        return len(groups) > 1
    return sum(len(values) == 1 for values in several) >= nearly * len(several)


def _note_doubts(guess: _Guess) -> None:
    """Notes what a heading promises and the texts do not keep."""
    notes = guess.mapping.notes
    customer, order = guess.taken("customer_id"), guess.taken("order_id")
    if customer and customer.share(EMAIL.search) >= 0.5:
        notes["customer_id"] = "personal data, which the marts then show; an id is better"
    elif customer and "name" in customer.words:
        notes["customer_id"] = "people of one name become one customer; an id is better"
    amount = guess.taken("amount")
    if order and amount and _repeats(order, amount):
        notes["amount"] = "equal on all rows of an order: is it the order's total?"


def _repeats(order: Column, money: Column) -> bool:
    """Whether money stands on every row of an order alike, as the total of an order does."""
    several = len(order.filled) - len(order.distinct) >= 10
    return several and _decides(order, money)


def observations(columns: Sequence[Column], mapped: dict[str, str]) -> list[str]:
    """Sentences about rows that may be no purchases, by what stands in columns not mapped.

    mapped: canonical name: column.
    """
    stems = tuple(vocabulary()["no_purchase"])
    said = []
    for column in columns:
        if {"status", "event", "type", "state", "action"} & set(column.words) and (
            column.heading not in mapped.values() and len(column.distinct) <= 30
        ):
            found = [text for text in column.distinct if text.lower().startswith(stems)]
            if found:
                said.append(
                    f"{column.heading} holds {', '.join(found[:4])}: such rows count as sales like "
                    "any other, so leave them out first if they are none."
                )
    return said


def customers_mapping(columns: Sequence[Column]) -> tuple[dict[str, str], list[str]]:
    """The canonical names of the columns of customer records, and the psychographic columns.

    Gives {canonical name: heading}, and the headings of the other numbers that describe people.
    Takes no column twice.
    """
    known = vocabulary()
    names = {
        **known["customers"],
        "customer_id": known["transactions"]["customer_id"] + known["customers"]["customer_id"],
    }
    fits = {
        "birth_date": lambda column: column.is_date,
        "signed_up_on": lambda column: column.is_date,
        "age": lambda column: column.is_number,
        "annual_income": lambda column: column.is_number,
    }
    mapped: dict[str, str] = {}
    for canonical in known["customers"]:
        fit = fits.get(canonical, lambda column: not column.is_date)
        free = [column for column in columns if column.heading not in mapped.values()]
        for column, _ in matches(names[canonical], free):
            if not column.filled or fit(column):
                mapped[canonical] = column.heading
                break
    personal = set(known["personal"])
    scores = [
        column.heading
        for column in columns
        if column.is_number
        # A heading without Latin letters gives no name.
        and column.words
        and column.heading not in mapped.values()
        and not personal & set(column.words)
        and not {"id", "number", "code", "year"} & set(column.words)
    ]
    return mapped, scores


def are_customer_records(columns: Sequence[Column]) -> bool:
    """Whether the rows describe people rather than orders: one row each, and what they are like."""
    mapped, _ = customers_mapping(columns)
    identity = next((c for c in columns if c.heading == mapped.get("customer_id")), None)
    is_one_row_each = identity is None or len(identity.distinct) == len(identity.filled)
    traits = mapped.keys() - {"customer_id", "country", "city", "region"}
    return is_one_row_each and len(traits) >= 2
