"""Tells in plain words what check-input found, for a terminal of 80 columns."""

import re
from textwrap import wrap

import yaml

from segmentation.columns import Column
from segmentation.guess import missing
from segmentation.inputs import Findings, Look, Records
from segmentation.privacy import is_personal, shown
from segmentation.summary import class_table

WIDTH = 80
FORMATS = {
    "iso": "2010-12-31",
    "month_first": "12/31/2010",
    "day_first": "31/12/2010",
    "compact": "20101231",
    "excel_serial": "40543.35",
}


def columns_table(
    look: Look, findings: Findings | None = None, mapped: dict | None = None
) -> list[str]:
    """The columns with headings, types where there are any, share of empties and sample texts.

    mapped: canonical name: heading, where the findings do not tell.
    """
    mapped = findings.mapping.columns if findings else mapped or {}
    mapped = {name: str(column) for name, column in mapped.items()}
    canonical = {column.lower(): name for name, column in mapped.items()}
    typed = any(column.type != "varchar" for column in look.columns)
    size = min(30, max([len(column.heading) for column in look.columns] + [6]))
    kinds = min(24, max([len(column.type) for column in look.columns] + [4]))
    kind = f"  {'type':<{kinds}}" if typed else ""
    lines = [f"{'column':<{size}}{kind}  empty  samples"]
    for column, filled in zip(look.columns, look.filled, strict=True):
        empty = f"{_percent(1 - filled / look.row_count) if look.row_count else '':>6}"
        line = f"{cut(column.heading, size):<{size}}"
        line += f"  {cut(column.type, kinds):<{kinds}}" if typed else ""
        line += f" {empty}  {samples(column, canonical.get(column.heading.lower()))}"
        lines.append(cut(line.rstrip(), WIDTH))
    return lines


def samples(column: Column, canonical: str | None = None) -> str:
    """A few different texts of a column, masked where they may be personal."""
    personal = is_personal(column, canonical)
    texts = dict.fromkeys(shown(text, personal) for text in column.distinct[:50])
    return ", ".join(list(texts)[:4])


def vars_yaml(proposed: dict, notes: dict[str, str], own: dict) -> list[str]:
    """The vars of a build as lines of YAML: what the person set, then what was guessed.

    proposed: all of them. notes: for a canonical name of the transactions, why its guess may be
    wrong; for date_format, that it has to be chosen. own: the vars that the person set.
    """
    lines = []
    kept = {name: value for name, value in proposed.items() if name in own}
    if kept:
        lines += yaml.safe_dump(kept, sort_keys=False, allow_unicode=True).splitlines()
    guessed = {name: value for name, value in proposed.items() if name not in own}
    if kept and guessed:
        lines.append("# not in your vars yet:")
    for name, value in guessed.items():
        if name in ("transaction_columns", "customer_columns"):
            lines.append(f"{name}:")
            for canonical, column in value.items():
                note = notes.get(canonical) if name == "transaction_columns" else None
                said = f"  # {note}" if note else ""
                lines.append(f"  {canonical}: {yaml_value(column)}{said}")
            if name == "transaction_columns":
                lines += [f"  # nothing tells {words}" for words in missing(value)]
        elif isinstance(value, list):
            listed = f"{name}: [{', '.join(map(yaml_value, value))}]"
            lines += wrap(listed, WIDTH - 4, subsequent_indent="  ", break_long_words=False)
        elif isinstance(value, dict):
            pairs = ", ".join(f"{key}: {yaml_value(each)}" for key, each in value.items())
            lines.append(f"{name}: {{{pairs}}}")
        else:
            lines.append(f"{name}: {yaml_value(value)}")
    if "date_format" in notes:
        lines.append("# date_format: month_first  # or day_first: uncomment the right one")
    return lines


def dates_told(look: Look, findings: Findings) -> list[str]:
    """The format of the dates, and how many of the different texts each format reads."""
    dates, heading = findings.dates, findings.mapping.columns["ordered_at"]
    column = look.column(heading)
    kind = column.type if column else ""
    if kind.startswith(("timestamp", "date")):
        return [f"Dates: {heading} has the type {kind}, which leaves nothing to guess."]
    if look.settings.get("date_format"):
        return [f"Dates: {heading} is read as {dates['date_format']}, as the vars say."]
    if not dates["text_count"]:
        return []
    if not dates["date_format"]:
        return [f"Dates: no format reads any text of {heading}."]
    title = f"Dates in {heading}: {dates['date_format']}"
    if dates["ambiguous_text"]:
        title = f"Dates in {heading}: month_first or day_first?"
    lines = [f"{cut(title, 44):<44}{'as in':>12}{'texts read':>22}"]
    for name, example in FORMATS.items():
        if count := dates[f"{name}_count"]:
            read = f"{count:,} of {dates['text_count']:,}"
            lines.append(f"  {name:<42}{example:>12}{read:>22}")
    if dates["ambiguous_text"]:
        lines += say(
            f"{shown(dates['ambiguous_text'])} is one date with the month first and another with "
            "the day first, and no text tells which: set the var date_format to month_first or "
            f"day_first. What follows takes {dates['date_format']}."
        )
    return lines


def classes_told(look: Look, findings: Findings) -> list[str]:
    """Rows and amounts by line class, and why rows were rejected."""
    lines = class_table(findings.classes, "Where each row would go")
    if findings.rejects:
        lines += ["", f"{'Rejected because':<44}{'rows':>10}  for example"]
        for reason, count, text in findings.rejects:
            canonical = reason.split()[0].replace("return", "order_id")
            column = look.column(findings.mapping.columns.get(canonical, ""))
            personal = column is not None and is_personal(column, canonical)
            example = shown(text or "", personal) or "(empty)"
            lines.append(cut(f"  {reason:<42}{count:>10,}  {example}", WIDTH))
    return lines


def remarks_told(look: Look, findings: Findings) -> list[str]:
    """What would stop the build, then what to look at."""
    mapped = {column.lower() for column in findings.mapping.columns.values()}
    remarks = list(findings.remarks)
    counts = {name: count for name, count, _ in findings.classes}
    if duplicates := counts.get("duplicate"):
        other = "" if "line_id" in findings.mapping.columns else ", or map a line_id"
        remarks.append(
            f"{duplicates:,} rows are copies of an earlier one and do not count: if they are sales "
            f"of their own, set duplicates to keep{other}."
        )
    offset = re.compile(r":[0-9.]+ ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$")
    dated = look.column(findings.mapping.columns.get("ordered_at", ""))
    has_zone = dated and (
        dated.type == "timestamp with time zone" or dated.share(offset.search) > 0.5
    )
    if has_zone and "timezone" not in look.settings:
        remarks.append(
            f"{dated.heading} says how far it is from UTC, so days are those of UTC: set the var "
            "timezone to the shop's own, such as Europe/London."
        )
    left = [c.heading for c in look.columns if c.heading.lower() not in mapped]
    if left and len(left) < len(look.columns):
        use = "" if "line_id" in findings.mapping.columns else " but finding copies"
        remarks.append(f"Not mapped, and used for nothing{use}: {', '.join(left)}.")
    lines = [line for text in findings.problems for line in say(shown(text), "! ")]
    lines += [line for text in remarks for line in say(shown(text), "- ")]
    return ["What is off", *lines] if lines else ["What is off: nothing."]


def switched_off(look: Look, findings: Findings) -> list[str]:
    """What each canonical column that is not mapped would have been there for."""
    mapped = findings.mapping.columns
    counts = {name for name, *_ in findings.classes}
    told = {
        "order_id": "a customer's lines of one day are one order.",
        "line_id": "rows that are equal in every column are copies of one row.",
        "product_id": "no fee is told from goods; distinct_product_count is 0; nobody is an "
        "Explorer or buys favourites, and price breaks are unknown; a return cancels any sale of "
        "the same customer and amount" + (" and quantity." if "quantity" in mapped else "."),
        "country": "country stays empty in customer_orders and customer_segments.",
        "currency": "two currencies go unnoticed, unless they stand beside the money itself, and "
        "no exchange_rates can convert them.",
        "unit_cost": "profit_12_months stays empty.",
        "discount_amount": "discount_share stays empty, and price breaks stand in for it.",
    }
    if "amount" in mapped:
        told["quantity"] = (
            "every line is one unit, so average_basket_units counts lines; only a negative amount "
            "is a return."
        )
    lines = []
    for name, effect in told.items():
        if name not in mapped:
            lines += say(effect, f"{name:<17}")
    if "product_id" in mapped and "service" not in counts and findings.classes:
        lines += say(
            f"no product_id is known as a fee{_odd_codes(look, mapped['product_id'])}: unless a "
            "service_codes of yours (var seed_overrides) names them, fees count as goods.",
            f"{'fees':<17}",
        )
    groups = ["store", "brand", "channel"]
    if gone := [name for name in groups if name not in mapped]:
        lines += say(f"{', '.join(gone)}: score_within cannot score their customers apart.")
    if "product_name" not in mapped:
        lines += say("nothing, for no table uses it yet.", f"{'product_name':<17}")
    return ["What is not mapped, and what that means", *lines] if lines else []


def _odd_codes(look: Look, heading: str) -> str:
    """The few product codes without a digit, where codes have one: such are fees, often."""
    codes = look.column(heading).distinct
    odd = [text for text in codes if not re.search("[0-9]", text)]
    if not 0 < len(odd) <= 0.1 * len(codes):
        return ""
    return f" ({', '.join(shown(text) for text in odd[:4])} look like some)"


def enough_told(findings: Findings) -> list[str]:
    """Whether there is enough to segment, by the thresholds that there are."""
    found = findings.measures
    orders = found["min_repeat_orders"]
    rows = [
        ("customers with a sale", found["customers"], found["min_customers"]),
        ("days from the first sale to the last", found["days"], found["min_days"]),
        (
            f"customers with {orders or 0:.0f} orders or more",
            found["repeat_customers"],
            found["min_repeat_customers"] if orders else None,
        ),
    ]
    lines = [f"{'Is it enough to segment?':<44}{'there':>10}{'wanted':>10}"]
    short = []
    for name, there, wanted in rows:
        if wanted is not None:
            is_short = (there or 0) < wanted
            short += [name] if is_short else []
            mark = "  too few" if is_short else ""
            lines.append(f"  {name:<42}{there or 0:>10,}{wanted:>10,.0f}{mark}")
    if short:
        lines += say(
            "That stops no build, but read its segments with care: seeds/thresholds.csv says why "
            "so much is wanted."
        )
    return lines if len(lines) > 1 else []


def records_told(records: Records) -> list[str]:
    """How many records there are as they are, how many values were set aside, and who matches."""
    if not records.counts:
        return []
    lines = [f"{'What the records hold':<44}{'rows':>10}"]
    lines += [f"  {reason or 'as they are':<42}{count:>10,}" for reason, count in records.counts]
    if records.buyers:
        share = _percent(records.matched / records.buyers)
        lines += say(
            f"{records.matched:,} of {records.buyers:,} customers with a sale ({share}) have a "
            "record here."
        )
    return lines


def customers_remarks_told(records: Records) -> list[str]:
    """What would stop the build, then which columns are used for nothing."""
    taken = {
        str(heading).lower()
        for value in [
            *records.columns.values(),
            *records.scores,
            *(records.settings.get("attribute_columns") or {}),
        ]
        for heading in (value if isinstance(value, list) else [value])
    }
    left = [c.heading for c in records.look.columns if c.heading.lower() not in taken]
    lines = [line for text in records.problems for line in say(shown(text), "! ")]
    if left:
        lines += say(
            f"Not mapped, and not read: {', '.join(left)}. What describes customers can be listed "
            "in attribute_columns.",
            "- ",
        )
    return ["What is off", *lines] if lines else ["What is off: nothing."]


def customers_switched_off(records: Records) -> list[str]:
    """What each column that is not mapped would have been there for."""
    mapped = records.columns
    lines = []
    if not {"gender", "age", "birth_date", "annual_income"} & mapped.keys():
        lines += say("no demographic segments.", f"{'gender, age, income':<21}")
    if "country" not in mapped:
        lines += say("geographic segments by the orders' country alone.", f"{'country':<21}")
    if not records.scores:
        lines += say("no psychographic segments.", f"{'psychographic_columns':<21} ")
    if "profiling_allowed" not in mapped:
        lines += say("everybody is profiled, also who objects.", f"{'profiling_allowed':<21}")
    return ["What is not mapped, and what that means", *lines] if lines else []


def say(text: str, mark: str = "") -> list[str]:
    """A sentence in lines of WIDTH, the first behind a mark and the rest below it.

    A path or a heading that is longer stays whole.
    """
    return wrap(
        text,
        WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def cut(text: str, size: int) -> str:
    """A text with an ellipsis where it is longer than that."""
    return text if len(text) <= size else text[: size - 1] + "…"


def _percent(share: float) -> str:
    """A share that is 0 or 100 % only where nothing or everything is."""
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{share:.0%}"


def yaml_value(value: object) -> str:
    """A value as YAML writes it on one line, also within a list in brackets."""
    text = yaml.safe_dump(value, width=float("inf"), allow_unicode=True)
    text = text.removesuffix("\n").removesuffix("\n...")
    if not isinstance(value, str) or re.fullmatch(r"'?\w([\w .()€%/-]*[\w)%])?'?", text):
        return text
    quoted = yaml.safe_dump(value, width=float("inf"), allow_unicode=True, default_style='"')
    return quoted.removesuffix("\n")
