"""Write the SYNTHETIC demo data: invented order lines and customers of an invented gift shop.

No row describes a real person, shop or sale. Four files are written:

* ``demo_transactions.csv``: one row per order line, 2023-01-01 to 2024-12-31, with the flaws of
  real exports planted in the known numbers below;
* ``demo_planted_groups.csv`` (beside it): the group each customer was drawn from. Customers who
  only return goods, or only have service lines, belong to no group and are not listed;
* ``demo_customers.csv`` (beside it): one record per customer, in shuffled order, with flaws in the
  known numbers below. Customers who only have service lines have no record; some with a record have
  no order. Flaws of different columns fall on customers independently of each other;
* ``demo_planted_attitudes.csv`` (beside it): the attitude that the survey answers of each customer
  were drawn from, for those who answered every question.

The same seed gives byte-identical files on any platform: the only sources of chance are
``numpy.random.default_rng(SEED).integers`` for the first two files and the same with ``SEED + 1``
for the others; lognormal draws go through ``decimal``, money is integer pence or whole pounds, and
no floating point number is used.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import numpy as np

SEED = 20250101
FIRST_DAY = date(2023, 1, 1)
LAST_DAY = date(2024, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1
LAST_MINUTE = DAYS * 1440 - 1

# Customers, by planted group.
LOYAL_BIG_CUSTOMERS = 72
REGULAR_CUSTOMERS = 206
LAPSED_CUSTOMERS = 220
ONE_TIME_CUSTOMERS = 290
RETURNS_ONLY_CUSTOMERS = 12  # with the four groups: 800
SERVICE_ONLY_CUSTOMERS = 3  # in addition to the 800

# Habits of customers.
ONE_TIME_WITH_TWO_ORDERS = 25
WHOLESALERS_LOYAL_BIG = 26
WHOLESALERS_REGULAR = 4
WHOLESALERS_LAPSED = 2
REACTIVATED_CUSTOMERS = 24
REACTIVATED_PAUSE_DAYS = 210
PRICE_SENSITIVE_CUSTOMERS = 90
TWO_COUNTRY_CUSTOMERS = 6

# Returns.
CANCELLED_WITHIN_DAY = 30  # whole orders, the two huge ones included
CANCELLED_LATER = 30  # whole orders, 2 to 40 days later
HUGE_CANCELLED_PENCE = (4_000_000, 7_500_000)  # the second by a customer with no other order
PARTIAL_RETURN_LINES = 565
PARTIAL_RETURNS_WITH_SALE_ID = 110
CANCELLED_WITH_SALE_ID = 10
REFUNDS_EXCEED_SALES_CUSTOMERS = 2

# Flaws.
DUPLICATE_ROWS = 120
GUEST_LINES = 900
SERVICE_LINES = 350  # the lines of the service-only customers included
SERVICE_ONLY_LINES = 6
SERVICE_LOWER_CASE = 40
REJECT_IMPOSSIBLE_DATE = 40
REJECT_TEXT_DATE = 35
REJECT_EMPTY_DATE = 35
REJECT_TEXT_QUANTITY = 40
REJECT_ZERO_QUANTITY = 30
REJECT_EMPTY_QUANTITY = 30
REJECT_TEXT_PRICE = 35
REJECT_ZERO_PRICE = 60
REJECT_NEGATIVE_PRICE = 2
CUSTOMER_ID_BLANKS = 150
PRODUCT_ID_BLANKS = 80
ORDER_ID_BLANKS = 20
PRODUCT_ID_LOWER_CASE = 375
EMPTY_COUNTRY_ROWS = 130
SHUFFLE_REACH = 25  # a row moves at most this many places from its date order

# Customer records.
CUSTOMER_RECORDS = 900
RECORDS_WITHOUT_ORDERS = 100  # the others: the four groups and the returns-only customers
RECORD_ID_BLANKS = 20
WOMEN = 522
MEN = 351
DIVERSE = 9
GENDER_NOT_TOLD = 9
GENDER_EMPTY = 9  # with the four above: 900
BIRTH_DATE_IN_1893 = 6
BIRTH_DATE_IN_2031 = 5
BIRTH_DATE_UNREADABLE = 8
BIRTH_DATE_EMPTY = 30
BIRTH_DATE_LEAP_DAY = 6
INCOME_WITH_THOUSANDS = 60
INCOME_WITH_CURRENCY = 40
INCOME_NEGATIVE = 7
INCOME_ABSURD = 5
INCOME_UNREADABLE = 9
INCOME_EMPTY = 60
RECORD_COUNTRY_EMPTY = 12
RECORD_COUNTRY_UNSPECIFIED = 4
SIGNED_UP_IN_2030 = 3
TYPE_WHOLESALE = 16  # half of the wholesalers
TYPE_CONSUMER = 150
MARKETING_ALLOWED = 558
MARKETING_EMPTY = 90
PROFILING_OBJECTIONS = 25
PROFILING_UNREADABLE = 2
PROFILING_EMPTY = 300
LOYALTY_TIER_EMPTY = 360
NEWSLETTER_OPENS_EMPTY = 180

# Survey: the four attitudes are counted among those who answered every question.
QUALITY_SEEKERS = 230
BARGAIN_HUNTERS = 210
TREND_EXPLORERS = 150
CONVENIENCE_LOVERS = 170
SURVEY_COMPLETE = 760
SURVEY_NONE = 90
SURVEY_PARTLY_EMPTY = 38  # one to three answers are empty
SURVEY_UNREADABLE = 12  # one answer is a word; with the three above: 900

HEADER = "order_id,product_id,product_name,quantity,unit_price,ordered_at,customer_id,country"
HOME_COUNTRY = "United Kingdom"
OTHER_COUNTRIES = (
    *("Germany", "France", "Ireland", "Netherlands"),
    *("Belgium", "Spain", "Sweden", "Norway"),
)
OTHER_COUNTRY_WEIGHTS = (26, 22, 16, 11, 8, 7, 6, 4)
STYLES = ("Red", "Blue", "Green", "Retro", "Rose", "Star", "Heart", "Dotty", "Dove", "Ivy")
GOODS = (
    *(("Pencil", 42), ("Card", 85), ("Ribbon", 95), ("Coaster", 125), ("Sticker Set", 105)),
    *(("Mug", 295), ("Candle", 255), ("Tea Towel", 345), ("Bunting", 495), ("Jar", 185)),
    *(("Lunch Bag", 165), ("Tin", 215), ("Photo Frame", 695), ("Doorstop", 850)),
    *(("Cushion", 1295), ("Clock", 1995), ("Lamp", 3995), ("Mirror", 10900)),
)
HOUR_WEIGHTS = (2, 4, 6, 8, 9, 8, 8, 7, 5, 3, 2)  # 08:00 to 18:59
LOWEST_PENCE = 39
HIGHEST_PENCE = 12_000
PACKS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 18, 20)
WHOLESALE_PACKS = (24, 36, 48, 60, 72, 96, 120, 144, 192, 240, 288, 360, 480)

RECORD_COLUMNS = (
    *("customer_id", "gender", "birth_date", "annual_income", "city", "country", "signed_up_on"),
    *("customer_type", "marketing_allowed", "profiling_allowed", "loyalty_tier"),
    *("newsletter_opens", "survey_quality", "survey_price", "survey_novelty"),
    *("survey_convenience", "survey_sustainability"),
)
FIRST_SIGN_UP = date(2019, 1, 1)
LAST_SIGN_UP = date(2024, 12, 30)  # of customers without an order
FEMALE = ("F", "female", "Female", "F", "f", "FEMALE", "F", "female", "w", "woman")
MALE = ("M", "male", "Male", "M", "m", "male", "M", "man")
NON_BINARY = ("d", "diverse", "non-binary")
NOT_TOLD = ("n/a", "?", "prefer not to say")
AGES = ((18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 79))  # when they sign up
AGE_WEIGHTS = (13, 25, 23, 17, 12, 10)
MEDIAN_INCOME = 34_000
YES = ("yes", "yes", "true", "1", "Y")
NO = ("no", "false", "0", "N")
CITIES = {
    "United Kingdom": ("London", "Manchester", "Birmingham", "Leeds", "Glasgow", "Bristol"),
    "Germany": ("Berlin", "Hamburg", "Munich", "Cologne"),
    "France": ("Paris", "Lyon", "Marseille", "Lille"),
    "Ireland": ("Dublin", "Cork", "Galway"),
    "Netherlands": ("Amsterdam", "Rotterdam", "Utrecht"),
    "Belgium": ("Brussels", "Antwerp", "Ghent"),
    "Spain": ("Madrid", "Barcelona", "Valencia"),
    "Sweden": ("Stockholm", "Gothenburg", "Uppsala"),
    "Norway": ("Oslo", "Bergen", "Trondheim"),
}
SPELLINGS = {
    "United Kingdom": ("United Kingdom", "United Kingdom", "UK", "UK", "GB", "Great Britain"),
    "Germany": ("Germany", "Germany", "Deutschland", "DE"),
    "France": ("France", "France", "FR"),
    "Ireland": ("Ireland", "Ireland", "EIRE", "IE"),
    "Netherlands": ("Netherlands", "The Netherlands", "Holland", "NL"),
    "Belgium": ("Belgium", "Belgium", "BE"),
    "Spain": ("Spain", "Spain", "ES"),
    "Sweden": ("Sweden", "Sweden", "SE"),
    "Norway": ("Norway", "Norway", "NO"),
}
TIERS = ("Bronze", "Silver", "Gold")
TIER_WEIGHTS = {"loyal_big": (10, 30, 60), "regular": (35, 50, 15), "lapsed": (65, 30, 5)}
OTHER_TIER_WEIGHTS = (88, 10, 2)
# Centres of the answers, in the order of the columns: 1 is not important, 7 is very important.
ATTITUDES = {
    "quality_seeker": (6, 2, 3, 3, 6),
    "bargain_hunter": (3, 6, 3, 4, 2),
    "trend_explorer": (4, 3, 6, 3, 3),
    "convenience_lover": (4, 4, 2, 6, 3),
}
ANSWER_NOISE = (-2, -1, 0, 1, 2)
ANSWER_NOISE_WEIGHTS = (1, 5, 8, 5, 1)
UNREADABLE_ANSWERS = ("often", "rarely", "it depends")

Rng = np.random.Generator
T = TypeVar("T")


@dataclass(frozen=True)
class Product:
    """One product: its base price and the price changes (percent) it goes through."""

    product_id: str
    name: str
    pence: int
    weight: int
    first_change: int
    second_change: int


@dataclass
class Customer:
    """One invented customer: the planted group and the habits that shape the orders."""

    group: str
    orders: int
    recency: int
    spend: Decimal = Decimal(1)
    wholesaler: bool = False
    steady: bool = False
    reactivated: bool = False
    price_sensitive: bool = False
    taste: str = "mixed"
    customer_id: str = ""
    country: str = HOME_COUNTRY
    second_country: str = ""
    favourites: list[Product] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)


@dataclass
class Row:
    """One order line; ``minute`` counts from the first day, ``order`` groups the lines."""

    order: int
    product_id: str
    product_name: str
    quantity: str
    unit_price: str
    minute: int
    customer_id: str
    country: str
    kind: str = "sale"
    order_id: str = ""
    ordered_at: str = ""
    sale_order: int = -1  # a return that carries the id of this order
    locked: bool = False  # already used by a planted flaw or a return


def below(rng: Rng, stop: int) -> int:
    """Draw an integer from 0 to stop - 1."""
    return int(rng.integers(0, stop))


def between(rng: Rng, low: int, high: int) -> int:
    """Draw an integer from low to high, both included."""
    return low + below(rng, high - low + 1)


def chance(rng: Rng, per_mille: int) -> bool:
    """Return True with the given probability in thousandths."""
    return below(rng, 1000) < per_mille


def pick(rng: Rng, items: Sequence[T]) -> T:
    """Draw one item, all equally likely."""
    return items[below(rng, len(items))]


def pick_weighted(rng: Rng, items: Sequence[T], weights: Sequence[int]) -> T:
    """Draw one item with integer weights."""
    left = below(rng, sum(weights))
    for item, weight in zip(items, weights, strict=True):
        if left < weight:
            return item
        left -= weight
    raise AssertionError("weights do not add up")


def shuffled(rng: Rng, items: Sequence[T]) -> list[T]:
    """Return the items in a random order (Fisher-Yates)."""
    out = list(items)
    for last in range(len(out) - 1, 0, -1):
        other = below(rng, last + 1)
        out[last], out[other] = out[other], out[last]
    return out


def lognormal(rng: Rng, median: int, sigma: str) -> Decimal:
    """Draw a nearly lognormal number: exp of a sum of twelve uniform draws."""
    total = sum(int(value) for value in rng.integers(0, 1 << 20, size=12))
    normal = Decimal(total - 6 * ((1 << 20) - 1)) / Decimal(1 << 20)
    return Decimal(median) * (normal * Decimal(sigma)).exp()


def lognormal_int(rng: Rng, median: int, sigma: str, low: int, high: int) -> int:
    """Draw a lognormal whole number, kept between low and high."""
    return max(low, min(high, int(lognormal(rng, median, sigma))))


def money(pence: int) -> str:
    """Format integer pence with two decimals."""
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def pence_of(text: str) -> int:
    """Read back a price that `money` wrote."""
    return int(text.replace(".", ""))


def stamp(minute: int) -> str:
    """Format minutes since the first day as YYYY-MM-DD HH:MM."""
    at = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day) + timedelta(minutes=minute)
    return at.isoformat(sep=" ", timespec="minutes")


def day_weight(day: int) -> int:
    """Weight of a day: busier in November and December, quiet on Sundays and at Christmas."""
    when = FIRST_DAY + timedelta(days=day)
    weight = {10: 13, 11: 22, 12: 20}.get(when.month, 10)
    if when.weekday() == 6:
        weight = weight * 3 // 10
    if (when.month, when.day) in ((12, 25), (12, 26), (1, 1)):
        weight = 1
    return weight


DAY_WEIGHTS = [day_weight(day) for day in range(DAYS)]


def make_products(rng: Rng) -> list[Product]:
    """Invent the catalogue: every style of every good, ids in random order."""
    pairs = shuffled(rng, [(style, good) for style in STYLES for good in GOODS])
    products = []
    for number, (style, (noun, base)) in enumerate(pairs, start=101):
        pence = (base * between(rng, 90, 115) + 50) // 100
        products.append(
            Product(
                product_id=f"P-{number}",
                name=f"{style} {noun}",
                pence=max(LOWEST_PENCE, min(HIGHEST_PENCE, pence)),
                weight=(12 if base < 1000 else 4 if base < 5000 else 1) * between(rng, 1, 9),
                first_change=between(rng, -1, 4),
                second_change=between(rng, -1, 4),
            )
        )
    return products


def list_price(product: Product, minute: int) -> int:
    """Price in pence on a day: it changes in September 2023 and in May 2024."""
    percent = 100
    if minute >= (date(2023, 9, 1) - FIRST_DAY).days * 1440:
        percent += product.first_change
    if minute >= (date(2024, 5, 1) - FIRST_DAY).days * 1440:
        percent += product.second_change
    return max(LOWEST_PENCE, min(HIGHEST_PENCE, (product.pence * percent + 50) // 100))


def line_price(rng: Rng, product: Product, minute: int, discounted_per_mille: int) -> int:
    """Price of one line: the list price, or 68 to 84 percent of it."""
    pence = list_price(product, minute)
    if pence >= 80 and chance(rng, discounted_per_mille):
        pence = (pence * between(rng, 68, 84) + 50) // 100
    return pence


def draw_customer(rng: Rng, group: str, wholesaler: bool, two_orders: bool) -> Customer:
    """Draw recency, number of orders and level of spending for one customer of a group."""
    if group == "loyal_big":
        return Customer(
            group,
            orders=lognormal_int(rng, 33, "0.70", 14, 210),
            recency=lognormal_int(rng, 7, "0.90", 0, 45),
            spend=lognormal(rng, 1, "0.65") if wholesaler else lognormal(rng, 3, "0.50"),
            wholesaler=wholesaler,
        )
    if group == "regular":
        return Customer(
            group,
            orders=lognormal_int(rng, 12, "0.45", 4, 40),
            recency=lognormal_int(rng, 28, "0.75", 2, 150),
            spend=lognormal(rng, 1, "0.50"),
            wholesaler=wholesaler,
        )
    if group == "lapsed":
        return Customer(
            group,
            orders=lognormal_int(rng, 6, "0.45", 3, 22),
            recency=between(rng, 150, 580),
            spend=lognormal(rng, 1, "0.50"),
            wholesaler=wholesaler,
        )
    recency = between(rng, 12, 120) if chance(rng, 300) else between(rng, 90, 725)
    spend = lognormal(rng, 11, "0.45") / 10
    return Customer(group, orders=2 if two_orders else 1, recency=recency, spend=spend)


def make_customers(rng: Rng, products: list[Product]) -> list[Customer]:
    """Draw all customers of the four groups, their habits and their countries."""
    customers = []
    for group, count, wholesalers in (
        ("loyal_big", LOYAL_BIG_CUSTOMERS, WHOLESALERS_LOYAL_BIG),
        ("regular", REGULAR_CUSTOMERS, WHOLESALERS_REGULAR),
        ("lapsed", LAPSED_CUSTOMERS, WHOLESALERS_LAPSED),
        ("one_time", ONE_TIME_CUSTOMERS, 0),
    ):
        for number in range(count):
            two = group == "one_time" and number < ONE_TIME_WITH_TWO_ORDERS
            customers.append(draw_customer(rng, group, number < wholesalers, two))
    customers[0].recency = 0  # the newest order is on the last day
    for customer in customers:
        customer.steady = customer.orders >= 4 and chance(rng, 400)
        customer.taste = pick_weighted(rng, ("favourites", "explorer", "mixed"), (32, 25, 43))
        cheap = [product for product in products if product.pence < 1000]
        pool = cheap if customer.wholesaler else products
        weights = [product.weight for product in pool]
        size = between(rng, 7, 11)
        customer.favourites = draw_products(rng, pool, weights, size)
        customer.country = draw_country(rng)
    keen = [c for c in customers if c.orders >= 3 and not c.wholesaler]
    for customer in shuffled(rng, keen)[:PRICE_SENSITIVE_CUSTOMERS]:
        customer.price_sensitive = True
    back = [c for c in customers if c.group in ("regular", "loyal_big") and c.orders >= 6]
    for customer in shuffled(rng, back)[:REACTIVATED_CUSTOMERS]:
        customer.reactivated = True
        customer.steady = False
    movers = [c for c in customers if c.orders >= 5]
    for customer in shuffled(rng, movers)[:TWO_COUNTRY_CUSTOMERS]:
        others = [name for name in (HOME_COUNTRY, *OTHER_COUNTRIES) if name != customer.country]
        customer.second_country = pick(rng, others)
    return customers


def draw_country(rng: Rng) -> str:
    """Draw a country: the home country for about 70 percent."""
    if chance(rng, 700):
        return HOME_COUNTRY
    return pick_weighted(rng, OTHER_COUNTRIES, OTHER_COUNTRY_WEIGHTS)


def draw_products(
    rng: Rng, pool: Sequence[Product], weights: Sequence[int], size: int
) -> list[Product]:
    """Draw different products by weight."""
    chosen: dict[str, Product] = {}
    while len(chosen) < min(size, len(pool)):
        product = pick_weighted(rng, pool, weights)
        chosen[product.product_id] = product
    return list(chosen.values())


def days_within(rng: Rng, first: int, last: int, count: int) -> list[int]:
    """Draw order days between two days, by the weight of the days; a day may come twice."""
    span = range(first, last + 1)
    weights = DAY_WEIGHTS[first : last + 1]
    return [pick_weighted(rng, span, weights) for _ in range(count)]


def order_days(rng: Rng, customer: Customer) -> list[int]:
    """Draw the days of a customer's orders; the last one is fixed by the recency."""
    last = DAYS - 1 - customer.recency
    if customer.orders == 1:
        return [last]
    if customer.group == "one_time":
        return [max(0, last - between(rng, 3, 60)), last]
    if customer.reactivated:
        first = between(rng, 0, 60)
        back = last - between(rng, 40, 160)
        leave = back - REACTIVATED_PAUSE_DAYS - between(rng, 0, 60)
        early = customer.orders // 2
        days = days_within(rng, first, max(leave, first + 20), early)
        return sorted([*days, *days_within(rng, back, last, customer.orders - early - 1), last])
    longest = min(last, 330 if customer.group == "lapsed" else last)
    first = last - between(rng, min(longest, 60 + longest // 2), longest)
    if customer.steady:
        gap_x100 = (last - first) * 100 // (customer.orders - 1)
        shift = 0 if gap_x100 < 400 else 1 if gap_x100 < 1500 else 2
        days = []
        for step in range(1, customer.orders):
            day = last - (gap_x100 * step) // 100 + between(rng, -shift, shift)
            if (FIRST_DAY + timedelta(days=day)).weekday() == 6 and chance(rng, 650):
                day += pick(rng, (-1, 1))
            days.append(max(0, min(last, day)))
        return sorted([*days, last])
    return sorted([first, *days_within(rng, first, last, customer.orders - 2), last])


def order_minute(rng: Rng, day: int) -> int:
    """Draw a minute of a day within shop hours."""
    hour = 8 + pick_weighted(rng, range(len(HOUR_WEIGHTS)), HOUR_WEIGHTS)
    return day * 1440 + hour * 60 + below(rng, 60)


def order_products(
    rng: Rng, customer: Customer, products: list[Product], weights: list[int], size: int
) -> list[Product]:
    """Draw the products of one order according to the customer's taste."""
    cheap_only = customer.wholesaler
    chosen: dict[str, Product] = {}
    while len(chosen) < size:
        if customer.taste == "favourites" and chance(rng, 880):
            product = pick(rng, customer.favourites)
        elif customer.taste == "explorer" and len(customer.seen) < 110:
            product = pick_weighted(rng, products, weights)
            if product.product_id in customer.seen:
                continue
        else:
            product = pick_weighted(rng, products, weights)
        if not (cheap_only and product.pence >= 1000):
            chosen[product.product_id] = product
            customer.seen.add(product.product_id)
    return list(chosen.values())


def line_quantity(rng: Rng, customer: Customer, product: Product) -> int:
    """Draw the quantity of one line: small for dear goods, 24 and more for wholesalers."""
    if customer.wholesaler:
        wanted = lognormal(rng, 50 if product.pence < 300 else 30, "0.70") * max(
            customer.spend, Decimal(1)
        )
        return max(pack for pack in (24, *WHOLESALE_PACKS) if pack <= max(wanted, Decimal(24)))
    usual = 5 if product.pence < 300 else 3 if product.pence < 1000 else 1
    wanted = lognormal(rng, usual, "0.60") * customer.spend
    return max(pack for pack in PACKS if pack <= max(wanted, Decimal(1)))


def lines_in_order(rng: Rng, customer: Customer) -> int:
    """Draw the number of lines of an order."""
    if customer.group == "one_time":
        return pick_weighted(rng, (1, 2, 3, 4), (35, 35, 20, 10))
    return pick_weighted(rng, (1, 2, 3, 4, 5, 6, 7), (14, 23, 22, 17, 12, 7, 5))


def sale_row(order: int, product: Product, quantity: int, pence: int, minute: int) -> Row:
    """Build one sale line without a customer."""
    return Row(
        order=order,
        product_id=product.product_id,
        product_name=product.name,
        quantity=str(quantity),
        unit_price=money(pence),
        minute=minute,
        customer_id="",
        country=HOME_COUNTRY,
    )


def make_sales(
    rng: Rng, customers: list[Customer], products: list[Product], new_order: Callable[[], int]
) -> list[Row]:
    """Write the orders of every customer of the four groups."""
    weights = [product.weight for product in products]
    rows = []
    huge_buyer = next(c for c in reversed(customers) if c.orders == 1)
    for customer in customers:
        if customer is huge_buyer:
            continue  # its only order is the huge one that is cancelled
        for number, day in enumerate(order_days(rng, customer)):
            minute = order_minute(rng, day)
            order = new_order()
            country = customer.country
            if customer.second_country and (number in (1, 2) or chance(rng, 300)):
                country = customer.second_country
            size = lines_in_order(rng, customer)
            for product in order_products(rng, customer, products, weights, size):
                often = 780 if customer.price_sensitive else 40
                pence = line_price(rng, product, minute, often)
                quantity = line_quantity(rng, customer, product)
                row = sale_row(order, product, quantity, pence, minute)
                rows.append(replace(row, customer_id=customer.customer_id, country=country))
    return rows


def by_order(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Group rows by their order."""
    orders: dict[int, list[Row]] = {}
    for row in rows:
        orders.setdefault(row.order, []).append(row)
    return orders


def line_key(row: Row, quantity: int) -> tuple[str, str, int, str]:
    """What a return has in common with its sale: customer, product, quantity and price."""
    return row.customer_id, row.product_id, quantity, row.unit_price


def return_of(row: Row, order: int, minute: int, quantity: int, kind: str) -> Row:
    """Build the return of a sale line."""
    return replace(row, order=order, minute=minute, quantity=str(-quantity), kind=kind, locked=True)


def make_huge_orders(
    rng: Rng, customers: list[Customer], products: list[Product], new_order: Callable[[], int]
) -> list[Row]:
    """Write the two huge orders and their returns within twenty minutes."""
    only_once = next(c for c in reversed(customers) if c.orders == 1)
    usual = next(c for c in customers if c.group == "regular" and not c.wholesaler)
    goods = [product for product in products if 95 <= product.pence <= 230]
    rows = []
    for customer, pence in zip((usual, only_once), HUGE_CANCELLED_PENCE, strict=True):
        day = DAYS - 1 - customer.recency - (30 if customer is usual else 0)
        minute = order_minute(rng, day)
        product = pick(rng, goods)
        price = list_price(product, minute)
        row = sale_row(new_order(), product, pence // price, price, minute)
        row = replace(row, customer_id=customer.customer_id, country=customer.country, locked=True)
        rows.append(row)
        later = minute + between(rng, 6, 19)
        rows.append(return_of(row, new_order(), later, pence // price, "cancellation"))
    return rows


def make_cancellations(
    rng: Rng, sales: list[Row], customers: list[Customer], new_order: Callable[[], int]
) -> list[Row]:
    """Cancel whole orders: every line comes back with equal product, quantity and price."""
    many = {c.customer_id for c in customers if c.orders >= 3}
    orders = shuffled(rng, [o for o in by_order(sales).values() if o[0].customer_id in many])
    within_day = CANCELLED_WITHIN_DAY - len(HUGE_CANCELLED_PENCE)
    keys = Counter(line_key(row, int(row.quantity)) for row in sales)
    step = (within_day + CANCELLED_LATER) // CANCELLED_WITH_SALE_ID
    rows: list[Row] = []
    done = 0
    for lines in orders:
        if done == within_day + CANCELLED_LATER:
            break
        minute = lines[0].minute
        if done >= within_day:
            later = order_minute(rng, minute // 1440 + between(rng, 3, 39))
        else:
            later = minute + (between(rng, 12, 240) if chance(rng, 600) else 1320 + below(rng, 110))
        alike = any(keys[line_key(line, int(line.quantity))] > 1 for line in lines)
        if later > LAST_MINUTE or alike:
            continue
        order = new_order()
        carries = done % step == 0 and done // step < CANCELLED_WITH_SALE_ID
        for line in lines:
            line.locked = True
            row = return_of(line, order, later, int(line.quantity), "cancellation")
            rows.append(replace(row, sale_order=line.order if carries else -1))
        done += 1
    return rows


def make_partial_returns(rng: Rng, sales: list[Row], new_order: Callable[[], int]) -> list[Row]:
    """Return single lines in part or whole; an order never comes back completely."""
    orders = by_order(sales)
    keys = Counter(line_key(row, int(row.quantity)) for row in sales)
    touched: set[int] = set()
    rows: list[Row] = []
    for line in shuffled(rng, sales):
        if len(rows) == PARTIAL_RETURN_LINES:
            break
        quantity = int(line.quantity)
        later = order_minute(rng, line.minute // 1440 + between(rng, 1, 45))
        alone = len(orders[line.order]) == 1
        if line.locked or line.order in touched or later > LAST_MINUTE or (alone and quantity < 2):
            continue
        back = between(rng, 1, max(1, quantity // 2))
        if not alone and chance(rng, 350):
            back = quantity
        if keys[line_key(line, back)] > (back == quantity):
            continue  # it would look like the return of another line
        line.locked = True
        touched.add(line.order)
        row = return_of(line, new_order(), later, back, "return")
        carries = len(rows) < PARTIAL_RETURNS_WITH_SALE_ID
        rows.append(replace(row, sale_order=line.order if carries else -1))
    return rows


def make_old_returns(
    rng: Rng,
    customers: list[Customer],
    returners: list[str],
    sales: list[Row],
    products: list[Product],
    new_order: Callable[[], int],
) -> list[Row]:
    """Return goods bought before the data begins: returns only, and refunds above the sales."""
    rows: list[Row] = []
    for customer_id in returners:
        minute = order_minute(rng, between(rng, 1, 75))
        order, country = new_order(), draw_country(rng)
        for product in draw_products(rng, products, [1] * len(products), between(rng, 1, 3)):
            row = sale_row(order, product, between(rng, 1, 6), list_price(product, 0), minute)
            row = replace(row, customer_id=customer_id, country=country)
            rows.append(return_of(row, order, minute, int(row.quantity), "old_return"))
    chosen = [next(c for c in customers if c.group == "lapsed" and c.orders == 3)]
    chosen.append(next(c for c in customers if c.group == "one_time"))
    for customer in chosen[:REFUNDS_EXCEED_SALES_CUSTOMERS]:
        own = [row for row in sales if row.customer_id == customer.customer_id]
        spent = sum(int(row.quantity) * pence_of(row.unit_price) for row in own)
        bought = {row.product_id for row in own}
        dear = [p for p in products if 600 <= p.pence < 3000 and p.product_id not in bought]
        product = pick(rng, dear)
        pence = list_price(product, 0)
        minute = order_minute(rng, own[0].minute // 1440 + between(rng, 1, 5))
        order = new_order()
        row = sale_row(order, product, spent // pence + between(rng, 2, 6), pence, minute)
        row = replace(row, customer_id=customer.customer_id, country=customer.country)
        rows.append(return_of(row, order, minute, int(row.quantity), "old_return"))
    return rows


def make_guests(rng: Rng, products: list[Product], new_order: Callable[[], int]) -> list[Row]:
    """Write the orders without a customer id."""
    weights = [product.weight for product in products]
    guest = Customer("guest", orders=1, recency=0)
    rows: list[Row] = []
    while len(rows) < GUEST_LINES:
        minute = order_minute(rng, pick_weighted(rng, range(DAYS), DAY_WEIGHTS))
        order, country = new_order(), draw_country(rng)
        size = min(between(rng, 1, 4), GUEST_LINES - len(rows))
        for product in draw_products(rng, products, weights, size):
            pence = line_price(rng, product, minute, 40)
            row = sale_row(order, product, line_quantity(rng, guest, product), pence, minute)
            rows.append(replace(row, country=country, kind="guest"))
    return rows


def service_row(rng: Rng, name: str, like: Row) -> Row:
    """Build one service line in the order of another row."""
    quantity, pence = 1, pick(rng, (395, 495, 995))
    if name == "Giftwrap":
        quantity, pence = between(rng, 1, 4), 150
    elif name == "Voucher":
        quantity, pence = -1, pick(rng, (500, 1000))
    elif name == "Adjust":
        quantity, pence = pick(rng, (-1, 1)), between(rng, 50, 4000)
    return replace(
        like,
        product_id=f"DEMO-{name.upper()}",
        product_name=name,
        quantity=str(quantity),
        unit_price=money(pence),
        kind="service",
        locked=True,
    )


def make_services(
    rng: Rng, sales: list[Row], service_only: list[str], new_order: Callable[[], int]
) -> list[Row]:
    """Write carriage, gift wrap, vouchers and adjustments; adjustments have their own order."""
    rows: list[Row] = []
    for customer_id in service_only:
        minute = order_minute(rng, between(rng, 100, DAYS - 60))
        like = replace(sales[0], customer_id=customer_id, country=HOME_COUNTRY, minute=minute)
        like.order = new_order()
        rows += [service_row(rng, name, like) for name in ("Carriage", "Giftwrap")]
    assert len(rows) == SERVICE_ONLY_LINES
    names = ("Carriage", "Giftwrap", "Voucher", "Adjust")
    for lines in shuffled(rng, list(by_order(sales).values())):
        if len(rows) == SERVICE_LINES:
            break
        if any(line.locked for line in lines):
            continue
        name = pick_weighted(rng, names, (50, 20, 18, 12))
        row = service_row(rng, name, lines[0])
        rows.append(replace(row, order=new_order()) if name == "Adjust" else row)
    for row in shuffled(rng, rows)[:SERVICE_LOWER_CASE]:
        row.product_id = row.product_id.lower()
    return rows


def spoil_rows(rng: Rng, sales: list[Row], new_order: Callable[[], int]) -> list[Row]:
    """Spoil sale lines so that a careful reader rejects them; return the bad-debt rows."""
    big = [lines for lines in by_order(sales).values() if len(lines) >= 2]
    free = [lines for lines in shuffled(rng, big) if not any(line.locked for line in lines)]
    dates = ("2024-02-30 10:00", "2023-02-29 11:30", "2023-04-31 09:15", "2024-13-05 14:20")
    plan: list[tuple[int, str, tuple[str, ...]]] = [
        (REJECT_IMPOSSIBLE_DATE, "ordered_at", dates),
        (REJECT_TEXT_DATE, "ordered_at", ("unknown", "unknown", "tbc")),
        (REJECT_EMPTY_DATE, "ordered_at", ("",)),
        (REJECT_TEXT_QUANTITY, "quantity", ("two", "12 pcs", "one", "6 pcs")),
        (REJECT_ZERO_QUANTITY, "quantity", ("0",)),
        (REJECT_EMPTY_QUANTITY, "quantity", ("",)),
        (REJECT_TEXT_PRICE, "unit_price", ("n/a", "n/a", "ask")),
        (REJECT_ZERO_PRICE, "unit_price", ("0.00",)),
    ]
    for count, column, values in plan:
        for number in range(count):
            row = pick(rng, free.pop())
            setattr(row, column, values[number % len(values)])
            row.kind = "empty_date" if values == ("",) and column == "ordered_at" else "reject"
            row.locked = True
    debts = []
    for _ in range(REJECT_NEGATIVE_PRICE):
        row = replace(free.pop()[0], order=new_order(), quantity="1", kind="reject", locked=True)
        row.product_id, row.product_name = "P-999", "Bad debt"
        row.unit_price = money(-between(rng, 40_000, 900_000))
        debts.append(row)
    two_times = free.pop()
    two_times[-1].minute += 1
    for line in two_times:
        line.locked = True
    return debts


def blur_rows(rng: Rng, rows: list[Row]) -> None:
    """Type some ids with blanks or in lower case, and leave some countries empty."""
    free = [row for row in shuffled(rng, rows) if not row.locked and row.kind == "sale"]
    for _ in range(CUSTOMER_ID_BLANKS):
        row = free.pop()
        row.customer_id = pick(rng, (" {}", "{} ", " {} ", "{}  ")).format(row.customer_id)
        row.locked = True
    for _ in range(PRODUCT_ID_BLANKS):
        row = free.pop()
        row.product_id = pick(rng, (" {}", "{} ")).format(row.product_id)
        row.locked = True
    for _ in range(ORDER_ID_BLANKS):
        row = free.pop()
        row.order_id = pick(rng, (" {}", "{} ")).format(row.order_id)
        row.locked = True
    for _ in range(PRODUCT_ID_LOWER_CASE):
        row = free.pop()
        row.product_id = row.product_id.lower()
        row.locked = True
    for _ in range(EMPTY_COUNTRY_ROWS):
        row = free.pop()
        row.country = ""
        row.locked = True


def name_orders(rows: list[Row]) -> None:
    """Give ids in date order: O10001 for sales and services, R10001 for returns."""
    ids: dict[int, str] = {}
    sales = returns = 10_000
    back = ("cancellation", "return", "old_return")
    for row in sorted(rows, key=lambda item: (item.minute, item.order)):
        if row.order in ids or row.sale_order >= 0:
            continue
        if row.kind in back:
            returns += 1
            ids[row.order] = f"R{returns}"
        else:
            sales += 1
            ids[row.order] = f"O{sales}"
    for row in rows:
        row.order_id = ids[row.sale_order if row.sale_order >= 0 else row.order]


def in_file_order(rng: Rng, rows: list[Row]) -> list[Row]:
    """Sort by time, disturb the order lightly and scatter the exact duplicates."""
    out = sorted(rows, key=lambda row: (row.minute, row.order, row.product_id))
    keys = [(place + below(rng, SHUFFLE_REACH), place) for place in range(len(out))]
    out = [out[place] for _, place in sorted(keys)]
    free = [row for row in out if not row.locked and row.kind == "sale"]
    for row in shuffled(rng, free)[:DUPLICATE_ROWS]:
        row.locked = True
        out.insert(below(rng, len(out) + 1), replace(row, kind="duplicate"))
    return out


def generate(seed: int) -> tuple[list[Row], list[Customer]]:
    """Invent all rows, in file order, and the customers of the four groups."""
    rng = np.random.default_rng(seed)
    counter = iter(range(10_000_000))

    def new_order() -> int:
        return next(counter)

    products = make_products(rng)
    customers = make_customers(rng, products)
    total = len(customers) + RETURNS_ONLY_CUSTOMERS + SERVICE_ONLY_CUSTOMERS
    ids = shuffled(rng, [f"C{number:04d}" for number in range(1, total + 1)])
    for customer in customers:
        customer.customer_id = ids.pop()
    returners, service_only = ids[:RETURNS_ONLY_CUSTOMERS], ids[RETURNS_ONLY_CUSTOMERS:]

    sales = make_sales(rng, customers, products, new_order)
    huge = make_huge_orders(rng, customers, products, new_order)
    cancellations = make_cancellations(rng, sales, customers, new_order)
    partial = make_partial_returns(rng, sales, new_order)
    old = make_old_returns(rng, customers, returners, sales, products, new_order)
    guests = make_guests(rng, products, new_order)
    services = make_services(rng, sales, service_only, new_order)
    debts = spoil_rows(rng, sales, new_order)
    rows = [*sales, *huge, *cancellations, *partial, *old, *guests, *services, *debts]
    name_orders(rows)
    for row in rows:
        if not row.ordered_at and row.kind != "empty_date":
            row.ordered_at = stamp(row.minute)
    blur_rows(rng, rows)
    return in_file_order(rng, rows), customers


@dataclass(frozen=True)
class Person:
    """Whom a customer record is about; the group is empty for those of no planted group."""

    customer_id: str
    group: str
    country: str
    wholesaler: bool
    signed_up: date


def make_people(rng: Rng, rows: list[Row], customers: list[Customer]) -> list[Person]:
    """List who has a record, in random order, and draw when they signed up."""
    known = {customer.customer_id: customer for customer in customers}
    first: dict[str, Row] = {}
    for row in rows:
        customer_id = row.customer_id.strip()
        if customer_id and row.kind != "service":
            first[customer_id] = min(row, first.get(customer_id, row), key=lambda r: r.minute)
    people = []
    for customer_id, row in sorted(first.items()):
        # Customers of no group return what they bought before the data begins.
        customer = known.get(customer_id, Customer("", 0, 0, country=row.country))
        day = FIRST_DAY + timedelta(days=row.minute // 1440 if customer.group else -1)
        if chance(rng, 650):
            day -= timedelta(days=lognormal_int(rng, 60, "1.20", 1, 1400))
        people.append(
            Person(customer_id, customer.group, customer.country, customer.wholesaler, day)
        )
    free = len(known) + RETURNS_ONLY_CUSTOMERS + SERVICE_ONLY_CUSTOMERS + 1
    for number in range(free, free + RECORDS_WITHOUT_ORDERS):
        day = FIRST_SIGN_UP + timedelta(days=between(rng, 0, (LAST_SIGN_UP - FIRST_SIGN_UP).days))
        people.append(Person(f"C{number:04d}", "", draw_country(rng), False, day))
    assert len(people) == CUSTOMER_RECORDS
    return shuffled(rng, people)


def column_plan(
    rng: Rng, plan: Sequence[tuple[int, tuple[str, ...]]], rest: tuple[str, ...] = ()
) -> list[str]:
    """Lay out a column: each text of the plan as often as it says, and the rest, shuffled.

    Several texts take turns. A text may be a format, to be filled with the record's true value.
    """
    left = CUSTOMER_RECORDS - sum(count for count, _ in plan)
    assert left > 0 if rest else left == 0
    texts = [
        values[number % len(values)]
        for count, values in [*plan, (left, rest)]
        for number in range(count)
    ]
    return shuffled(rng, texts)


def make_birth_dates(rng: Rng, people: list[Person]) -> list[str]:
    """Draw dates of birth: everyone is at least 18 on signing up, and at most 85 in the end."""
    plan = [
        (BIRTH_DATE_IN_1893, ("1893-{:%m}-15",)),
        (BIRTH_DATE_IN_2031, ("2031-{:%m}-15",)),
        (BIRTH_DATE_UNREADABLE, ("unknown", "1990-02-30")),
        (BIRTH_DATE_EMPTY, ("",)),
    ]
    formats = column_plan(rng, plan, ("{}",))
    births = []
    for person in people:
        low, high = pick_weighted(rng, AGES, AGE_WEIGHTS)
        days = between(rng, low, high) * 1461 // 4 + between(rng, 1, 365)
        birth = person.signed_up - timedelta(days=days)
        births.append(birth.replace(day=28) if (birth.month, birth.day) == (2, 29) else birth)
    places = [p for p in range(len(people)) if formats[p] == "{}" and births[p].year >= 1950]
    for place in shuffled(rng, places)[:BIRTH_DATE_LEAP_DAY]:
        births[place] = date(births[place].year // 4 * 4 - 4, 2, 29)
    return [text.format(birth) for text, birth in zip(formats, births, strict=True)]


def make_incomes(rng: Rng) -> list[str]:
    """Draw yearly incomes in whole pounds, and write them in several ways."""
    plan = [
        (INCOME_WITH_THOUSANDS, ('"{:,}"',)),
        (INCOME_WITH_CURRENCY, ("GBP {}",)),
        (INCOME_NEGATIVE, ("-{}",)),
        (INCOME_ABSURD, ("99999999999",)),
        (INCOME_UNREADABLE, ("n/a", "ask")),
        (INCOME_EMPTY, ("",)),
    ]
    return [
        text.format(lognormal_int(rng, MEDIAN_INCOME, "0.45", 9_000, 200_000))
        for text in column_plan(rng, plan, ("{}",))
    ]


def make_countries(rng: Rng, people: list[Person]) -> list[str]:
    """Spell the countries in several ways, and leave some out."""
    plan = [(RECORD_COUNTRY_EMPTY, ("",)), (RECORD_COUNTRY_UNSPECIFIED, ("Unspecified",))]
    return [
        text.format(pick(rng, SPELLINGS[person.country]))
        for text, person in zip(column_plan(rng, plan, ("{}",)), people, strict=True)
    ]


def make_types(rng: Rng, people: list[Person]) -> list[str]:
    """Call some wholesalers and some others what they are."""
    wholesalers = [person for person in people if person.wholesaler]
    others = [person for person in people if not person.wholesaler]
    types = {p.customer_id: "wholesale" for p in shuffled(rng, wholesalers)[:TYPE_WHOLESALE]}
    types |= {p.customer_id: "consumer" for p in shuffled(rng, others)[:TYPE_CONSUMER]}
    return [types.get(person.customer_id, "") for person in people]


def make_tiers(rng: Rng, people: list[Person]) -> list[str]:
    """Draw tiers of the loyalty programme, loosely by the planted group."""
    return [
        text.format(pick_weighted(rng, TIERS, TIER_WEIGHTS.get(person.group, OTHER_TIER_WEIGHTS)))
        for text, person in zip(
            column_plan(rng, [(LOYALTY_TIER_EMPTY, ("",))], ("{}",)), people, strict=True
        )
    ]


def draw_answers(rng: Rng, attitude: str) -> list[str]:
    """Draw the answers to the five questions around the centres of an attitude."""
    answers = []
    for centre in ATTITUDES[attitude]:
        answer = centre + pick_weighted(rng, ANSWER_NOISE, ANSWER_NOISE_WEIGHTS)
        answers.append(str(max(1, min(7, answer))))
    return answers


def make_survey(rng: Rng, people: list[Person]) -> tuple[list[list[str]], dict[str, str]]:
    """Draw everyone's answers, and tell the attitude of those who answered every question."""
    plan = [
        (SURVEY_NONE, ("none",)),
        (SURVEY_PARTLY_EMPTY, ("partly",)),
        (SURVEY_UNREADABLE, UNREADABLE_ANSWERS),
    ]
    counts = (QUALITY_SEEKERS, BARGAIN_HUNTERS, TREND_EXPLORERS, CONVENIENCE_LOVERS)
    drawn = [name for name, count in zip(ATTITUDES, counts, strict=True) for _ in range(count)]
    assert len(drawn) == SURVEY_COMPLETE
    drawn = shuffled(rng, drawn)
    survey, attitudes = [], {}
    for person, kind in zip(people, column_plan(rng, plan, ("complete",)), strict=True):
        if kind == "complete":
            attitudes[person.customer_id] = drawn.pop()
            survey.append(draw_answers(rng, attitudes[person.customer_id]))
            continue
        answers = draw_answers(rng, pick(rng, list(ATTITUDES)))
        places = shuffled(rng, range(len(answers)))
        if kind in UNREADABLE_ANSWERS:
            answers[places[0]] = kind
        else:
            for place in places[: len(answers) if kind == "none" else between(rng, 1, 3)]:
                answers[place] = ""
        survey.append(answers)
    return survey, attitudes


def make_records(
    rng: Rng, rows: list[Row], customers: list[Customer]
) -> tuple[list[list[str]], dict[str, str]]:
    """Invent the customer records, in file order, and the planted attitudes."""
    people = make_people(rng, rows, customers)
    ids = column_plan(rng, [(RECORD_ID_BLANKS, (" {}", "{} ", " {} ", "{}  "))], ("{}",))
    gender_plan = [
        (WOMEN, FEMALE),
        (MEN, MALE),
        (DIVERSE, NON_BINARY),
        (GENDER_NOT_TOLD, NOT_TOLD),
        (GENDER_EMPTY, ("",)),
    ]
    sign_ups = column_plan(rng, [(SIGNED_UP_IN_2030, ("2030-{:%m}-15",))], ("{}",))
    profiling_plan = [
        (PROFILING_OBJECTIONS, NO),
        (PROFILING_UNREADABLE, ("maybe",)),
        (PROFILING_EMPTY, ("",)),
    ]
    columns = [
        [text.format(person.customer_id) for text, person in zip(ids, people, strict=True)],
        column_plan(rng, gender_plan),
        make_birth_dates(rng, people),
        make_incomes(rng),
        [pick(rng, CITIES[person.country]) for person in people],
        make_countries(rng, people),
        [text.format(person.signed_up) for text, person in zip(sign_ups, people, strict=True)],
        make_types(rng, people),
        column_plan(rng, [(MARKETING_ALLOWED, YES), (MARKETING_EMPTY, ("",))], NO),
        column_plan(rng, profiling_plan, ("yes",)),
        make_tiers(rng, people),
        [
            text.format(lognormal_int(rng, 8, "0.90", 0, 60))
            for text in column_plan(rng, [(NEWSLETTER_OPENS_EMPTY, ("",))], ("{}",))
        ],
    ]
    survey, attitudes = make_survey(rng, people)
    records = [[*texts, *answers] for *texts, answers in zip(*columns, survey, strict=True)]
    return records, attitudes


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """Write text lines with newline characters that do not depend on the platform."""
    path.write_bytes(("\n".join(lines) + "\n").encode("ascii"))


def transaction_line(row: Row) -> str:
    """Format one row of the transactions file."""
    return (
        f"{row.order_id},{row.product_id},{row.product_name},{row.quantity},{row.unit_price},"
        f"{row.ordered_at},{row.customer_id},{row.country}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write the four files."""
    parser = argparse.ArgumentParser(description="Write the synthetic demo data (no real people).")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).resolve().with_name("demo_transactions.csv"),
        help="transactions file; the other three are written beside it (%(default)s)",
    )
    options = parser.parse_args(arguments)
    rows, customers = generate(SEED)
    write_lines(options.output, [HEADER, *(transaction_line(row) for row in rows)])
    groups = sorted(f"{customer.customer_id},{customer.group}" for customer in customers)
    beside = options.output.with_name("demo_planted_groups.csv")
    write_lines(beside, ["customer_id,planted_group", *groups])
    print(f"{len(rows)} rows in {options.output}, {len(groups)} customers in {beside}")
    records, attitudes = make_records(np.random.default_rng(SEED + 1), rows, customers)
    beside = options.output.with_name("demo_customers.csv")
    write_lines(beside, [",".join(line) for line in [RECORD_COLUMNS, *records]])
    print(f"{len(records)} customer records in {beside}")
    beside = options.output.with_name("demo_planted_attitudes.csv")
    lines = sorted(f"{customer_id},{attitude}" for customer_id, attitude in attitudes.items())
    write_lines(beside, ["customer_id,planted_attitude", *lines])
    print(f"{len(lines)} customers with an attitude in {beside}")


if __name__ == "__main__":
    main()
