"""How the report writes numbers, shares, dates and lists."""

import datetime
from collections.abc import Sequence

MINUS = "−"
# Between a number and its unit, which stay on one line.
GAP = "\u00a0"


def number(value: float | None) -> str:
    """A count or an amount in a few digits: 947, 4,372, 38.1 k, 772 k, 1.2 M."""
    if value is None:
        return "–"
    size = abs(value)
    for limit, unit in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
        if size >= limit * 0.9995:
            scale = 1e3 if unit == "k" else limit
            digits = 0 if size / scale >= 99.5 else 1
            return _signed(value, f"{size / scale:,.{digits}f}{GAP}{unit}")
    if size < 10 and round(size, 1) != round(size):
        return _signed(value, f"{size:.1f}")
    return _signed(value, f"{size:,.0f}")


def whole(value: float | None) -> str:
    """Every digit of a count: 4,372."""
    return "–" if value is None else _signed(value, f"{abs(value):,.0f}")


def percent(share: float | None) -> str:
    """A share in percent with at most one digit: 63.3 %, 17 %, under 0.1 %."""
    if share is None:
        return "–"
    size = abs(share) * 100
    if 0 < size < 0.05:
        return f"under 0.1{GAP}%" if share > 0 else f"just below 0{GAP}%"
    text = f"{size:.1f}".removesuffix(".0")
    return _signed(share if float(text) else 0, f"{text}{GAP}%")


def change(now: float | None, before: float | None) -> str | None:
    """The change in percent with its sign, or None where there is nothing to compare with."""
    if now is None or not before or before < 0:
        return None
    share = now / before - 1
    return ("+" if share > 0 else "") + percent(share)


def points(now: float | None, before: float | None) -> str | None:
    """The difference of two shares in percentage points."""
    if now is None or before is None:
        return None
    text = percent(now - before).removesuffix(f"{GAP}%")
    return ("+" if now > before else "") + f"{text} points"


def day(value: datetime.date) -> str:
    """10 December 2011."""
    return f"{value.day} {value:%B %Y}"


def month(value: datetime.date) -> str:
    """December 2011."""
    return f"{value:%B %Y}"


def join(texts: Sequence[str], word: str = "and") -> str:
    """a, b and c."""
    return f" {word} ".join(filter(None, [", ".join(texts[:-1]), *texts[-1:]]))


def people(count: int) -> str:
    """1 customer, 84 customers."""
    return f"{whole(count)} customer{'' if count == 1 else 's'}"


def short(text: str, most: int = 32) -> str:
    """The text, cut where it is longer than a label may be."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def sentence(text: str) -> str:
    """With a capital at its start and one full stop at its end."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def _signed(value: float, text: str) -> str:
    return (MINUS if value < 0 and any(digit in text for digit in "123456789") else "") + text
