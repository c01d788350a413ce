"""What a file, a column or a text looks like: plain functions that open nothing.

Good enough to tell columns apart. How a text is read in the end, staging alone decides.
"""

import codecs
import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from itertools import chain

DELIMITERS = [",", ";", "\t", "|"]  # those that the database finds by itself
OTHER_DELIMITERS = ["~", "^", "¦", "::", "§"]

BLANK = "[ \u00a0\u202f]*"
CURRENCY = "(?:[$€£¥¢₹₩₽₺₫฿₪₴₦₱₡₲₵₸]|[A-Z]{3})"
NUMBER = re.compile("[-+−]?[0-9][0-9.,'’ \u00a0\u202f]*|[-+−]?[.,][0-9]+")
DATE = re.compile(
    r"([0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}"
    r"|[0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})"
    r"|(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))"
    r"([ T][0-9].*)?"
)
EMAIL = re.compile(r"[^\s@,;<>\"']+@[^\s@,;<>\"']+")


@dataclass(frozen=True)
class Column:
    """A column of an input: its heading, a sample of its texts, and the database's type for it.

    values: the sampled rows in their order; None where nothing stands.
    """

    heading: str
    values: tuple[str | None, ...] = ()
    type: str = "varchar"

    @cached_property
    def filled(self) -> list[str]:
        """The texts of the rows in which something stands."""
        return [value.strip() for value in self.values if value and value.strip()]

    @cached_property
    def distinct(self) -> list[str]:
        """The different texts, in the order in which they first stand."""
        return list(dict.fromkeys(self.filled))

    @cached_property
    def words(self) -> list[str]:
        """The heading's words; see words_of."""
        return words_of(self.heading)

    @cached_property
    def is_date(self) -> bool:
        """Whether nearly all of the texts are dates, or the type is one."""
        return self.type.startswith(("timestamp", "date")) or self.share(DATE.fullmatch) >= 0.8

    @cached_property
    def is_number(self) -> bool:
        """Whether nearly all of the texts are numbers, or the type is one."""
        if re.match("u?(tiny|small|big|huge)?int|decimal|double|float|real", self.type):
            return True
        return not self.is_date and self.share(lambda v: NUMBER.fullmatch(bare(v))) >= 0.8

    @cached_property
    def is_code(self) -> bool:
        """Whether most of the texts have a digit, and few a blank."""
        return self.share(lambda v: re.search("[0-9]", v)) >= 0.5 > self.share(lambda v: " " in v)

    @cached_property
    def is_unnamed(self) -> bool:
        """Whether the heading says nothing: column_3, one letter, or no word at all."""
        words = [word for word in self.words if not word.isdigit()]
        return words in ([], ["column"], ["col"], ["field"]) or len("".join(words)) == 1

    def has_decimals(self, separator: str) -> bool:
        """Whether some of the numbers have decimals; the .0 of a whole number is none."""
        decimals = re.compile(rf"[0-9]*{re.escape(separator)}([0-9]*[1-9]|[0-9][0-9]+)[0-9]*")
        return self.is_number and self.share(lambda v: decimals.search(bare(v))) >= 0.1

    def share(self, holds: Callable[[str], object]) -> float:
        """The share of the filled texts for which something holds; 0 where there is none."""
        return sum(bool(holds(v)) for v in self.filled) / len(self.filled) if self.filled else 0.0


def encoding_of(chunks: Iterable[bytes]) -> str | None:
    """The encoding of a text: utf-8, latin-1 or utf-16; None where it is none of them.

    chunks: the whole file in parts of any length, for the first accent may stand in the last line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_latin1 = True, True
    for number, chunk in enumerate(chunks):
        if number == 0 and chunk[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        # Latin-1 has no characters there; Windows has its quotes and its euro.
        is_latin1 = is_latin1 and not re.search(b"[\x80-\x9f]", chunk)
        is_utf8 = is_utf8 and _decodes(decoder, chunk)
        if not is_utf8 and not is_latin1:
            return None
    if is_utf8 and _decodes(decoder, b"", final=True):
        return "utf-8"
    return "latin-1" if is_latin1 else None


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def delimiter_of(lines: Sequence[str]) -> str | None:
    """What divides lines into columns: whitespace, an unusual text, or None.

    lines: the first lines of a file. None leaves it to the database, which knows , ; | and tab.
    """
    lines = [line for line in lines if line.strip()]

    def columns(divide: Callable[[str], list[str]]) -> int:
        counts = {len(divide(line)) for line in lines}
        return counts.pop() if len(counts) == 1 else 1

    usual = max(
        columns(lambda line, by=by: next(csv.reader([line], delimiter=by))) for by in DELIMITERS
    )
    by_blanks = columns(str.split)
    is_padded = any(line.startswith(" ") or "  " in line.strip() for line in lines)
    if is_padded and by_blanks > usual:
        return "whitespace"
    if usual > 1:
        return None
    for by in OTHER_DELIMITERS:
        if columns(lambda line, by=by: line.split(by)) > 1:
            return by
    return "whitespace" if by_blanks > 1 else None


def ragged_line(lines: Iterable[str], delimiter: str | None) -> tuple[int, int, int] | None:
    """The first line with more or fewer columns than the heading: its number, its columns, theirs.

    lines: of a whole file, with their ends. delimiter: None takes the one that divides the heading
    most often. None where every line has as many, or where no such line can be named: the heading
    is not divided at all, or a quote is never closed.
    """
    lines = iter(lines)
    first = next(lines, "")
    by = delimiter or max(DELIMITERS, key=first.count)
    if len(by) != 1:
        return None
    rows = csv.reader(chain([first], lines), delimiter=by, strict=True)
    try:
        wanted = len(next(rows))
        for row in rows:
            if row and len(row) != wanted > 1:
                return rows.line_num, len(row), wanted
    except csv.Error:
        return None
    return None


def looks_like_data(headings: Sequence[str]) -> bool:
    """Whether a first line holds no headings: a number, a date or an e-mail address is none.

    headings: as the database names the columns, which tells equal ones apart by _1, _2 and so on.
    """
    cells = [re.sub(r"(?<=[0-9])_[0-9]+$", "", heading.strip()) for heading in headings]
    return any(pattern.fullmatch(bare(cell)) for cell in cells for pattern in (NUMBER, DATE, EMAIL))


def decimal_separator_of(columns: Iterable[Column]) -> str:
    """The sign before the decimals of the numbers: a point or a comma.

    A point where nothing tells: 1,234 may be either, while 12,5 and 1.234,50 have a comma.
    """
    commas = points = 0
    for column in columns:
        if column.type == "varchar" and column.is_number:
            for number in map(bare, column.filled):
                commas += bool(re.search(r"[0-9],([0-9]{1,2}|[0-9]{4,})$|\.[0-9]{3},", number))
                points += bool(re.search(r"[0-9]\.([0-9]{1,2}|[0-9]{4,})$|,[0-9]{3}\.", number))
    return "," if commas > points else "."


def bare(text: str) -> str:
    """A number's text without its currency, and with its sign in front."""
    text = re.sub(f"^([(+−-]*){BLANK}{CURRENCY}{BLANK}", r"\1", text.strip())
    text = re.sub(f"([0-9.,]){BLANK}{CURRENCY}{BLANK}([)-]?)$", r"\1\2", text)
    text = re.sub(r"^\(([0-9].*)\)$", r"-\1", text)
    return re.sub("^([0-9].*)-$", r"-\1", text)


def number_of(text: str | None, separator: str = ".") -> Decimal | None:
    """The number that a till means by a text; None where it is no number."""
    number = bare(text or "")
    if not NUMBER.fullmatch(number):
        return None
    thousands = "," if separator == "." else "."
    number = re.sub(f"[{thousands}'’ \u00a0\u202f]", "", number)
    try:
        return Decimal(number.replace(separator, ".").replace("−", "-"))
    except InvalidOperation:
        return None


def words_of(heading: str) -> list[str]:
    """A heading's words, in lower case and without accents, units and punctuation.

    CustomerID -> customer id, Stückpreis (€) -> stuckpreis, order_items.Qty -> order items qty
    """
    text = re.sub(r"[(\[].*?[)\]]", " ", heading)
    text = re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.findall("[a-z0-9]+", text.lower())
