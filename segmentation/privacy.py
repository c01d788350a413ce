"""Keeps personal data off the screen: which columns may hold it, and how its texts are masked."""

import re

from segmentation.columns import EMAIL, Column
from segmentation.guess import vocabulary

PHONE = re.compile(r"(\+|00)[1-9][0-9 ()/.-]{7,}|\(?0[0-9]{2,5}[)/ -]+[0-9][0-9 -]{4,}")
# A span of so many years is that of births, not of orders.
LIFETIME = 30


def is_personal(column: Column, canonical: str | None = None) -> bool:
    """Whether a column may hold names, addresses, births or the like, by heading or by texts.

    canonical: what the column is mapped to, if it is. Text of which nothing tells what it is counts
    as personal: a mask too many harms nobody.
    """
    if column.share(lambda v: EMAIL.search(v) or PHONE.fullmatch(v)) >= 0.1:
        return True
    if canonical == "order_id" and column.is_code:
        return False
    words, known = set(column.words), vocabulary()
    names = {"name", "nom"} if words & set(known["names_of_things"]) else set()
    if words & (set(known["personal"]) - names):
        return True
    if words & set(known["staff"]):
        return not column.is_code
    if column.is_date:
        years = [int(year) for v in column.filled for year in re.findall("(?:19|20)[0-9]{2}", v)]
        return bool(years) and max(years) - min(years) >= LIFETIME
    if column.is_number or canonical in ("product_id", "product_name", "country", "currency"):
        return False
    if canonical != "customer_id" and words & set(known["plain"]):
        return False
    if canonical == "ordered_at" and column.share(lambda v: re.search("[0-9]", v)) >= 0.5:
        return False
    if {text.lower() for text in column.distinct} <= set(known["yes_or_no"]):
        return False
    return column.share(_may_be_a_name) >= 0.2


def _may_be_a_name(text: str) -> bool:
    letters = sum(letter.isalpha() for letter in text)
    return letters > 3 and (" " in text or not re.search("[0-9]", text))


def shown(text: str, personal: bool = False) -> str:
    """A text as it may be printed: on one line, and masked where it is personal.

    zoe@example.com -> z…@…, Zoë Smith -> Z… S…, 1980-02-29 -> 9999-99-99
    """
    personal = personal or bool(PHONE.fullmatch(text.strip()))
    return " ".join(_masked(word, personal) for word in text.split())


def _masked(word: str, personal: bool) -> str:
    if EMAIL.search(word):
        return f"{word.lstrip('<(')[0]}…@…"
    if not personal:
        return word
    letters = re.sub(r"[^\W\d_]+", lambda match: f"{match[0][0]}…", word)
    return re.sub("[0-9]", "9", letters)
