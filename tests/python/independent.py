"""The rules of README and DECISIONS in plain Python: what the project's SQL is compared with.

Written from the documents, not from the SQL, and without regard to speed. Numbers are decimals, so
every comparison is exact.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, localcontext
from unicodedata import category
from zoneinfo import ZoneInfo

SPACES = "".join(chr(code) for code in range(0x3001) if category(chr(code)) == "Zs")
BLANKS = SPACES + "\t\r\n"
NO_ID = {"", "nan", "null", "none", "n/a"}
LARGEST_AMOUNT = Decimal(10) ** 12
CURRENCY_SIGNS = "$€£¥¢₹₩₽₺₫฿₪₴₦₱₡₲₵₸"
DIGITS = set("0123456789")


@dataclass
class Rules:
    """The settings that decide what becomes of a row."""

    mapping: dict[str, str]
    as_of_date: date | None = None
    returns_start_with: str | None = None
    keep_duplicates: bool = False
    cancellation_days: int = 1
    gross: bool = False
    fees: dict[str, str] = field(default_factory=dict)  # code in capitals: whole or start


@dataclass(frozen=True)
class Line:
    """One row of the input as staging must give it."""

    line_class: str
    reason: str | None
    customer: str | None
    order: str | None
    product: str | None
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None
    at: datetime | None


# Reading text


def clean_id(text: str | None) -> str | None:
    """An id without blanks around it and without a float's '.0'; None for a null in any writing."""
    tidy = (text or "").strip(BLANKS)
    if tidy.lower() in NO_ID:
        return None
    whole, point, fraction = tidy.partition(".")
    if point and set(whole) <= DIGITS and whole and fraction and set(fraction) == {"0"}:
        return whole
    return tidy


def number(text: str, point: str = ".") -> Decimal | None:
    """The number that a text means, however it is decorated; None where it means none.

    At most one sign, in front (- − +), behind (- −) or as brackets; at most one currency on each
    side; digits, with the thousands set apart wholly and by one kind of mark.
    """
    sign, front, back = None, False, False
    while True:
        text = text.strip(SPACES)
        if sign is None and text[:1] == "(" and text[-1:] == ")":
            sign, text = -1, text[1:-1]
        elif sign is None and text[:1] in ("-", "−", "+"):
            sign, text = (1 if text[0] == "+" else -1), text[1:]
        elif sign is None and text[-1:] in ("-", "−"):
            sign, text = -1, text[:-1]
        elif not front and (length := _currency(text[:1], text[:3])):
            front, text = True, text[length:]
        elif not back and (length := _currency(text[-1:], text[-3:])):
            back, text = True, text[:-length]
        else:
            break
    whole, has_point, fraction = text.partition(point)
    if (has_point and not whole and not fraction) or not set(fraction) <= DIGITS:
        return None
    thousands = ({",", "."} - {point}) | {"'", "’", " ", "\u00a0", "\u202f"}
    marks = set(whole) - DIGITS
    if marks:
        if len(marks) > 1 or not marks <= thousands:
            return None
        groups = whole.split(marks.pop())
        lengths = [len(group) for group in groups]
        # 12,34,567 is how India sets thousands and hundred thousands apart.
        western = 1 <= lengths[0] <= 3 and set(lengths[1:]) == {3}
        indian = 1 <= lengths[0] <= 2 and lengths[-1] == 3 and set(lengths[1:-1]) <= {2}
        if not (western or (indian and "," in thousands | {point})):
            return None
        whole = "".join(groups)
    if not (whole or fraction):
        return None
    return (sign or 1) * Decimal(f"{whole or 0}.{fraction or 0}")


def _currency(sign: str, code: str) -> int:
    if sign and sign in CURRENCY_SIGNS:
        return 1
    return 3 if len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() else 0


def fits(value: Decimal | None, scale: int) -> Decimal | None:
    """The value where 18 digits hold it, so many of them behind the point; never rounded."""
    if value is None or abs(value) >= Decimal(10) ** (18 - scale):
        return None
    return value if value == value.quantize(Decimal(1).scaleb(-scale)) else None


def iso_moment(text: str) -> datetime | None:
    """A moment written as 2024-02-29, 2024-2-29 8:26 or 2024-02-29T08:26:00.5."""
    day, _, time = text.replace("T", " ").partition(" ")
    try:
        year, month, day_of_month = day.split("-")
        hour, minute, second = [*time.split(":"), "0"][:3] if time else "000"
        second, _, fraction = second.partition(".")
        parts = [year, month, day_of_month, hour, minute, second]
        lengths = [len(part) for part in parts]
        if len(year) != 4 or max(lengths[1:]) > 2 or not set("".join(parts) + fraction) <= DIGITS:
            return None
        return datetime(*map(int, parts), int(f"{fraction:0<6}"[:6]))  # type: ignore[arg-type]
    except ValueError:
        return None


def told_in(moment: datetime, minutes_ahead: int, zone: str) -> datetime:
    """What the clocks of a zone show at a moment that another clock, so far ahead of UTC, tells."""
    clock = timezone(timedelta(minutes=minutes_ahead))
    return moment.replace(tzinfo=clock).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def excel_moment(serial: Decimal) -> datetime:
    """The moment of Excel's day count, to the nearest second."""
    days, part = divmod(serial, 1)
    seconds = (part * 86400).quantize(Decimal(1), ROUND_HALF_UP)
    moment = datetime(1899, 12, 30, tzinfo=UTC) + timedelta(days=int(days), seconds=int(seconds))
    return moment.replace(tzinfo=None)


# Classes


def classify(rows: list[dict[str, str | None]], rules: Rules) -> list[Line]:
    """Every row with its class, the first that fits."""
    seen: set[tuple] = set()
    lines = []
    for row in rows:
        cells = {name: row[column] for name, column in rules.mapping.items()}
        line = _read(cells, rules)
        copy = tuple(row[column] for column in sorted(row))
        if line.line_class not in ("later", "rejected"):
            if copy in seen and not rules.keep_duplicates:
                line = Line("duplicate", *_values(line)[1:])
            seen.add(copy)
        lines.append(line)
    return lines


def _values(line: Line) -> tuple:
    return tuple(getattr(line, name) for name in Line.__dataclass_fields__)


def _read(cells: dict[str, str | None], rules: Rules) -> Line:
    text = {name: (cell or "").strip(SPACES) for name, cell in cells.items()}
    at = iso_moment(text["ordered_at"])
    read = {
        name: fits(number(text[name]), scale)
        for name, scale in (("quantity", 4), ("unit_price", 6), ("amount", 4))
        if name in text
    }
    quantity, price = read.get("quantity"), read.get("unit_price")
    if "amount" in cells and not text.get("quantity"):
        quantity = Decimal(1)
    amount = read.get("amount")
    if "amount" not in cells and quantity is not None and price is not None:
        with localcontext(prec=60):
            amount = (quantity * price).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    too_large = amount is not None and abs(amount) > LARGEST_AMOUNT
    amount = None if too_large else amount

    customer = clean_id(cells["customer_id"])
    order = clean_id(cells.get("order_id"))
    product = clean_id(cells.get("product_id"))
    product = product.upper() if product else None
    prefix = rules.returns_start_with
    is_return = bool(
        (quantity is not None and quantity < 0)
        or ("amount" in cells and amount is not None and amount < 0)
        or (prefix and order and order.startswith(prefix))
    )
    reason = _reason(text, at, quantity, price, amount, too_large, is_return)
    if rules.as_of_date and at and at.date() > rules.as_of_date:
        line_class = "later"
    elif reason:
        line_class = "rejected"
    elif customer is None:
        line_class = "guest"
    elif product and _is_fee(product, rules.fees):
        line_class = "service"
    else:
        line_class = "return" if is_return else "sale"
    if order is None and at:
        order = at.date().isoformat()
    reason = reason if line_class == "rejected" else None
    return Line(line_class, reason, customer, order, product, quantity, price, amount, at)


def _reason(text, at, quantity, price, amount, too_large, is_return) -> str | None:
    """Why a row cannot be believed: its date first, then its numbers, then what they make."""
    if at is None or not 1900 <= at.year <= 2099:
        what = "unreadable" if at is None else "out of range"
        return f"ordered_at {what if text['ordered_at'] else 'missing'}"
    needed = {"quantity": quantity, "unit_price": price}
    if "amount" in text:
        needed = {"amount": amount, "quantity": quantity}
    for name, value in needed.items():
        if not text.get(name) and value is None:
            return f"{name} missing"
        if value is None and not (name == "amount" and too_large):
            return f"{name} unreadable"
    if "amount" not in text and price <= 0:
        return "unit_price not positive"
    if quantity == 0:
        return "quantity zero"
    if too_large:
        return "amount too large"
    if abs(quantity) > LARGEST_AMOUNT:
        return "quantity too large"
    # Of a positive price the quantity has the sign, also where the amount is rounded to nothing.
    sign = amount if "amount" in text else quantity
    return "return with a positive amount" if is_return and sign > 0 else None


def _is_fee(product: str, fees: dict[str, str]) -> bool:
    return any(
        product == code if matches == "whole" else product.startswith(code)
        for code, matches in fees.items()
    )


# Orders and customers


def cancelled_lines(lines: Iterable[Line], rules: Rules) -> Counter:
    """How many sale lines of each (customer, order) the returns cancel.

    A return names the latest identical sale at or before it; of sales at one moment the one with
    the last order id. It cancels one line there at most, and none after cancellation_days.
    """
    identical = defaultdict(list)
    for line in lines:
        if line.line_class in ("sale", "return"):
            key = (line.customer, line.product, abs(line.quantity), abs(line.amount))
            identical[key].append(line)
    cancelled: Counter = Counter()
    for (customer, *_), goods in identical.items():
        sales = Counter((x.at, x.order) for x in goods if x.line_class == "sale")
        named: Counter = Counter()
        for line in goods:
            earlier = [sale for sale in sales if sale[0] <= line.at]
            if line.line_class == "return" and earlier:
                latest = max(earlier)
                within = line.at - latest[0] <= timedelta(days=rules.cancellation_days)
                named[latest] += within and rules.cancellation_days > 0
        for (at, order), returns in named.items():
            cancelled[customer, order] += min(returns, sales[at, order])
    return cancelled


@dataclass
class Order:
    type: str
    at: datetime
    lines: int
    units: Decimal
    amount: Decimal


def orders_of(lines: list[Line], rules: Rules) -> dict[tuple[str, str, str], Order]:
    """(customer, order, sale or return): the order, and whether it was wholly cancelled."""
    cancelled = cancelled_lines(lines, rules)
    parts = defaultdict(list)
    for line in lines:
        if line.line_class in ("sale", "return"):
            parts[line.customer, line.order, line.line_class].append(line)
    orders = {}
    for (customer, order, kind), those in parts.items():
        wholly = kind == "sale" and cancelled[customer, order] >= len(those)
        orders[customer, order, kind] = Order(
            "cancelled" if wholly else kind,
            min(line.at for line in those),
            len(those),
            sum(line.quantity for line in those),
            sum(line.amount for line in those),
        )
    return orders


def as_of(lines: list[Line], rules: Rules) -> date | None:
    """The date that is set, or the day after the newest row that can be read."""
    days = [x.at.date() for x in lines if x.line_class not in ("rejected", "later")]
    return rules.as_of_date or (max(days) + timedelta(days=1) if days else None)


def customers_of(lines: list[Line], rules: Rules) -> dict[str, dict]:
    """Every customer that the input names as of the date, with what they did."""
    orders = orders_of(lines, rules)
    today = as_of(lines, rules)
    customers = {}
    for customer in {line.customer for line in lines if line.line_class != "later"} - {None}:
        own = [order for (who, _, _), order in orders.items() if who == customer]
        kept = [order for order in own if order.type == "sale"]
        days = [order.at.date() for order in kept]
        gross = sum((o.amount for o in own if o.type != "return"), Decimal(0))
        back = -sum((o.amount for o in own if o.type == "return"), Decimal(0))
        returned = any(order.type == "return" for order in own)
        customers[customer] = {
            "customer_status": "buyer" if kept else "returns only" if returned else "prospect",
            "recency_days": (today - max(days)).days if kept else None,
            "frequency": len(kept),
            "monetary": gross if rules.gross else gross - back,
            "gross_amount": gross,
            "return_amount": back,
            "net_amount": gross - back,
            "cancelled_order_count": sum(order.type == "cancelled" for order in own),
            "tenure_days": (today - min(days)).days if kept else None,
        }
    return customers


# Scores


def tiles(ordered: list, tile_count: int) -> list[int]:
    """NTILE: the tile of each position, larger tiles first."""
    size, larger = divmod(len(ordered), tile_count)
    sizes = [size + (tile < larger) for tile in range(tile_count)]
    return [tile for tile, length in enumerate(sizes, 1) for _ in range(length)]


def tile_by_customer(values: dict[str, object], tile_count: int, fair: bool) -> dict[str, int]:
    """The tile of each customer, ascending; where fair, equal values share their first one's."""
    ordered = sorted(values, key=lambda customer: (values[customer], customer))
    first: dict = {}
    result = {}
    for customer, tile in zip(ordered, tiles(ordered, tile_count), strict=True):
        shared = first.setdefault(values[customer], tile)
        result[customer] = shared if fair else tile
    return result


def scores_of(buyers: dict[str, tuple[int, int, Decimal]]) -> dict[str, tuple[int, int, int, bool]]:
    """(r, f, m, split by plain NTILE) of each buyer from (recency, frequency, monetary)."""
    columns = [{who: values[i] for who, values in buyers.items()} for i in range(3)]
    repeat = {who: values[1] for who, values in buyers.items() if values[1] > 1}
    recency, _, money = (tile_by_customer(column, 5, fair=True) for column in columns)
    repeat_tile = tile_by_customer(repeat, 4, fair=True)
    split = set()
    for column in columns:
        plain = tile_by_customer(column, 5, fair=False)
        fair = tile_by_customer(column, 5, fair=True)
        split |= {who for who in plain if plain[who] != fair[who]}
    return {
        who: (6 - recency[who], 1 + repeat_tile.get(who, 0), money[who], who in split)
        for who in buyers
    }
