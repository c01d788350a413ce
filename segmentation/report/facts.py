"""The numbers of page one: how business stands, who matters, who is leaving, what to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from segmentation.report.figures import Section, if_hidden
from segmentation.report.marts import Marts
from segmentation.report.words import (
    change,
    day,
    join,
    number,
    people,
    percent,
    points,
    sentence,
    whole,
)

# Of whom findings and actions speak: stages of the lifecycle, which go by each customer's own
# rhythm, or where the build leaves them out, RFM segments of the usual names.
GROUPS = {
    "lifecycle": {
        "leaving": ("At risk",),
        "gone": ("Lapsed",),
        "one order": ("New", "One-time"),
        "best": ("Active repeat",),
        "steady": ("Developing", "Reactivated"),
        "never": ("Prospect",),
    },
    "rfm": {
        "leaving": ("Can't Lose Them", "At Risk"),
        "gone": ("Lost",),
        "one order": ("New", "Promising"),
        "best": ("Champions", "Loyal"),
        "steady": ("Potential Loyalists", "Need Attention"),
        "never": ("Prospect",),
    },
}
# How one such segment is called, and what those who are leaving do.
CALLED = {"lifecycle": "lifecycle stage", "rfm": "RFM segment"}
STAY_AWAY = {
    "lifecycle": "have stayed away for longer than their own rhythm lets expect",
    "rfm": "used to order or spend well and have stayed away",
}
# The sections that tell most of customers without orders, by their keys.
WITHOUT_ORDERS = ("people", "clusters")
# Days within which a second order counts.
SECOND_ORDER_DAYS = 90
# The year that ends with the as-of date and the one before, and from when on orders must be known
# to compare them.
YEARS = f"""
    select
        as_of_date as last_day,
        (as_of_date + 1 - interval 3 month)::date as last_quarter,
        (as_of_date + 1 - interval 6 month)::date as quarter_before,
        (as_of_date + 1 - interval 12 month)::date as this_year,
        this_year - 1 as last_year_end,
        (as_of_date + 1 - interval 24 month)::date as last_year,
        last_year - {SECOND_ORDER_DAYS} as seconds_from,
        (last_year - interval 12 month)::date as newcomers_from
    from build_info
"""


@dataclass
class Measure:
    """One number of page one, and how it stands against the year before."""

    key: str
    label: str
    value: str
    compared: str
    meaning: str
    # As it was computed, for who checks the page.
    exact: float | None = None


@dataclass
class Action:
    """What could be done, for whom, how, and what it would bring."""

    title: str
    who: str
    text: str
    size: str


@dataclass
class PageOne:
    """Everything that page one says."""

    period: str
    measures: list[Measure] = field(default_factory=list)
    findings: list[tuple[str, str]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    # Why there are none, where there could be.
    no_action: str = ""
    limits: list[tuple[str, str]] = field(default_factory=list)


def page_one(marts: Marts, sections: Sequence[Section]) -> PageOne:
    """sections: what the report tells after it, for where there are no orders to tell of."""
    if not marts.has_orders:
        customers = marts.one("select count(*) from customer_segments")
        return PageOne(
            "customer records alone"
            if marts.is_few(customers)
            else f"{people(customers)}, no orders",
            findings=[
                (figure.title, figure.takeaway)
                for key in WITHOUT_ORDERS
                for section in sections
                if section.key == key
                for figure in section.figures[:2]
            ],
            no_action="Actions take orders, and there are none in these data.",
            limits=[
                (
                    "No orders",
                    "The data hold customer records and no orders. Revenue, second orders, who is "
                    "leaving and what that is worth cannot be told; who the customers are can.",
                ),
                *_record_limits(marts),
            ],
        )
    years = marts.row(YEARS)
    first = marts.one("select min(ordered_at)::date from customer_orders")
    page = PageOne(
        f"the twelve months to {day(years['last_day'])}"
        if first <= years["this_year"]
        else f"{day(first)} to {day(years['last_day'])}"
    )
    page.measures = _measures(marts, years, first)
    findings = (_best(marts), _leaving(marts), _moved(marts), _concentration(marts))
    page.findings = [finding for finding in findings if finding]
    page.actions = _actions(marts, years, first)
    if not page.actions:
        page.no_action = (
            "Too few customers are in each segment for an action to be told."
            if segmentation_of_groups(marts)
            else "Actions take the segmentation lifecycle, or RFM segments of the usual names."
        )
    page.limits = [*_limits(marts, years, first), *_record_limits(marts)]
    return page


def _period(marts: Marts, begin: date, last: date) -> dict:
    """Revenue and customers of some days: of all, of those who were new then, and of the others."""
    return marts.row(
        f"""
        select
            coalesce(sum({marts.amount}), 0) as revenue,
            count(distinct case when order_type = 'sale' then customer_id end) as customers,
            coalesce(sum({marts.amount}) filter (first_on >= $begin), 0) as new_revenue,
            revenue - new_revenue as returning_revenue,
            count(distinct customer_id) as everybody,
            count(distinct customer_id) filter (first_on >= $begin) as new_customers,
            everybody - new_customers as returning_customers
        from customer_orders
        left join (
            select customer_id, min(ordered_at)::date as first_on
            from customer_orders where order_type = 'sale' group by customer_id
        ) using (customer_id)
        where ordered_at::date between $begin and $last
        """,
        begin=begin,
        last=last,
    )


def _second_orders(marts: Marts, begin: date, last: date) -> dict:
    """Of those whose days for a second order ended between two days: how many took them."""
    return marts.row(
        f"""
        with days as (
            select customer_id, ordered_at::date as ordered_on
            from customer_orders where order_type = 'sale' group by all
        ),
        firsts as (
            select customer_id, min(ordered_on) as first_on from days group by all
        ),
        began as (
            select
                customer_id,
                count_if(ordered_on > first_on and ordered_on <= first_on + {SECOND_ORDER_DAYS})
                    > 0 as came_back
            from firsts inner join days using (customer_id)
            where first_on between $begin::date - {SECOND_ORDER_DAYS}
                and $last::date - {SECOND_ORDER_DAYS}
            group by customer_id
        )
        select
            count(*) as customers,
            count(*) filter (came_back) as again,
            customers - again as once,
            again / nullif(customers, 0) as share
        from began
        """,
        begin=begin,
        last=last,
    )


def _against(
    now: float,
    before: float | None,
    write: Callable[[float], str],
    first: date,
    compare: Callable[[float, float | None], str | None] = change,
) -> str:
    """How a measure stands against the year before, of which it is None if that is not known.

    first: from when on orders are known.
    """
    if before is None:
        return f"Not compared: {_known_from(first)}."
    if told := compare(now, before):
        return f"{told} on the year before ({write(before)})."
    if before:
        return f"In the year before: {write(before)}."
    return "There is nothing to compare with in the year before."


def _known_from(first: date) -> str:
    return f"orders go back to {day(first)} only"


def _measures(marts: Marts, years: dict, first: date) -> list[Measure]:
    """Revenue, active customers, second orders, and new against returning revenue."""
    this_year = years["this_year"], years["last_day"]
    last_year = years["last_year"], years["last_year_end"]
    now, came = _period(marts, *this_year), _second_orders(marts, *this_year)
    before = _period(marts, *last_year) if first <= years["last_year"] else {}
    came_before = _second_orders(marts, *last_year) if first <= years["seconds_from"] else {}
    few, few_before = (
        marts.is_few(*(each.get(name, 0) for name in ("customers", "everybody")))
        for each in (now, before)
    )
    few_came, few_came_before = (
        marts.is_few(*(each.get(name, 0) for name in ("customers", "again", "once")))
        for each in (came, came_before)
    )
    not_shown = f"Not shown: it would tell of fewer than {marts.minimum} customers."
    measures = [
        Measure(
            key,
            label,
            "–" if few else write(now[name]),
            not_shown if few or few_before else _against(now[name], before.get(name), write, first),
            meaning,
            None if few else now[name],
        )
        for key, label, name, write, meaning in (
            (
                "revenue",
                "Revenue",
                "revenue",
                number,
                "What customers bought less what they returned, in the currency of the data."
                if marts.amount == "net_amount"
                else "What customers bought, before returns, in the currency of the data.",
            ),
            (
                "active_customers",
                "Active customers",
                "customers",
                whole,
                "Customers with at least one order in these months.",
            ),
        )
    ]
    of = "those" if few_came else f"the {people(came['customers'])}"
    measures.append(
        Measure(
            "second_order_rate",
            f"Second order within {SECOND_ORDER_DAYS} days",
            "–" if few_came else percent(came["share"]),
            not_shown
            if few_came or few_came_before
            else _against(came["share"], came_before.get("share"), percent, first, points)
            if came["customers"]
            else "Cannot be told.",
            f"Of {of} whose first {SECOND_ORDER_DAYS} days ended in these months, those who "
            "ordered again on a later day within them."
            if came["customers"]
            else f"Nobody's first {SECOND_ORDER_DAYS} days ended in these months.",
            None if few_came else came["share"],
        )
    )
    return [*measures, *_new_and_returning(marts, years, first)]


def _new_and_returning(marts: Marts, years: dict, first: date) -> list[Measure]:
    """Revenue from customers who are new in the year, or in its last three months, and others."""
    # In the first year of the data everybody looks new: its last three months can tell, if as many
    # lie before them.
    whole_year = first <= years["last_year"]
    is_new_known = first <= years["quarter_before"]
    period = "these months" if whole_year else "the last three months"
    begin = years["this_year"] if whole_year else years["last_quarter"]
    now, before = _period(marts, begin, years["last_day"]), {}
    if first <= years["newcomers_from"]:
        before = _period(marts, years["last_year"], years["last_year_end"])
    hidden = not is_new_known or marts.is_few(
        *(each.get(f"{who}_customers", 0) for each in (now, before) for who in ("new", "returning"))
    )

    def compared(name: str) -> str:
        if not is_new_known:
            return f"It cannot be told who is new: {_known_from(first)}."
        if hidden:
            return f"Not shown: it would tell of fewer than {marts.minimum} customers."
        if not whole_year:
            return (
                "In the last three months; over a year it cannot be told who is new, for "
                f"{_known_from(first)}."
            )
        if not before:
            return (
                f"Not compared: {_known_from(first)}, so it cannot be told who was new in the "
                "year before."
            )
        return _against(now[name], before[name], number, first)

    def meaning(name: str, who: str) -> str:
        share = _share(now[name], now["revenue"])
        told = "." if hidden or share is None else f": {percent(share)} of revenue."
        return f"From customers {who} {period}{told}"

    return [
        Measure(
            name,
            label if whole_year else f"{label}, last three months",
            "–" if hidden else number(now[name]),
            compared(name),
            meaning(name, who),
            None if hidden else now[name],
        )
        for name, label, who in (
            ("new_revenue", "Revenue from new customers", "whose first order lies in"),
            ("returning_revenue", "Revenue from returning customers", "who had ordered before"),
        )
    ]


def _share(part: float, total: float | None) -> float | None:
    """Of a total that is no sum of losses and gains which outweigh it."""
    return part / total if total and total > 0 else None


def segmentation_of_groups(marts: Marts) -> str | None:
    """The segmentation that tells who is leaving and the like, if the build has one that can."""
    return next(
        (
            segmentation
            for segmentation, groups in GROUPS.items()
            if marts.one(
                """
                select count(*) > 0 from segment_directory
                where segmentation = $segmentation and list_contains($names, segment)
                """,
                segmentation=segmentation,
                names=list(groups["leaving"]),
            )
        ),
        None,
    )


def group(marts: Marts, name: str) -> dict:
    """Size and revenue of the last twelve months of a group of customers; see GROUPS.

    Only of segments whose size is shown: a sum with others less these would tell the others.
    """
    segmentation = segmentation_of_groups(marts)
    names = GROUPS[segmentation][name]
    found = marts.row(
        f"""
        select
            count(*) as customers,
            coalesce(sum(revenue_12_months), 0) as revenue,
            coalesce(sum(until_last_order), 0) as revenue_until_last_order,
            sum(monetary) / nullif(sum(frequency), 0) as order_value,
            count(marketing_allowed) > 0 as knows_permission,
            count(*) filter (marketing_allowed) as permitted,
            list_sort(list(distinct {segmentation}_segment)) as present
        from customer_segments
        left join (
            -- Also who stays away for longer than a year is worth what was spent before.
            select customer_id, sum({marts.amount}) as until_last_order
            from customer_orders
            inner join (select customer_id, last_ordered_on from customer_segments)
                using (customer_id)
            where ordered_at::date > last_ordered_on - interval 12 month
            group by customer_id
        ) using (customer_id)
        where list_contains($names, {segmentation}_segment) and {segmentation}_segment in (
            select segment from segment_summary
            where segmentation = $segmentation and customers is not null
        )
        """,
        segmentation=segmentation,
        names=list(names),
    )
    several = "s" if len(found["present"] or []) > 1 else ""
    total = marts.one("select sum(revenue_12_months) from customer_segments")
    return found | {
        "revenue_share": _share(found["revenue"], total),
        "which": f"{CALLED[segmentation]}{several} {join(found['present'] or [])}",
    }


def _best(marts: Marts) -> tuple[str, str]:
    found = marts.rows(
        """
        select segment_summary.segment, customers, customer_share,
            revenue_12_months as revenue, directory.description,
            (select sum(revenue_12_months) from customer_segments) as total
        from segment_summary
        inner join segment_directory as directory using (segment_key)
        where segment_summary.segmentation = 'rfm'
            -- Who is in no segment is no answer.
            and segment_rank > 0
        order by revenue_12_months desc nulls last
        """
    )
    title = "Who is worth most"
    best = [row for row in found if (row["revenue"] or 0) > 0]
    if not best:
        return (
            title,
            "Too few customers are in each segment that brought revenue for it to be shown.",
        )
    top = best[0]
    not_shown = ""
    if if_hidden(found, "hidden"):
        rest = top["total"] - sum(row["revenue"] or 0 for row in found)
        not_shown = (
            "Segments of too few customers to be shown brought more together. "
            if rest > top["revenue"]
            else ""
        ) + "Of those that are shown, "
    share = _share(top["revenue"], top["total"])
    brought = (
        f"brought {number(top['revenue'])} in the last twelve months."
        if share is None
        else f"brought {percent(share)} of the last twelve months' revenue "
        f"({number(top['revenue'])})."
    )
    return (
        title,
        f"{not_shown}{top['segment']}: {people(top['customers'])}, "
        f"{percent(top['customer_share'])} of all, {brought} {sentence(top['description'])}",
    )


def _leaving(marts: Marts) -> tuple[str, str]:
    title, segmentation = "Who is leaving, and what that is worth", segmentation_of_groups(marts)
    if not segmentation:
        return title, (
            "Not told: it takes the segmentation lifecycle, or RFM segments of the usual names."
        )
    leaving, gone = group(marts, "leaving"), group(marts, "gone")
    if leaving["customers"] < marts.minimum:
        names = join(GROUPS[segmentation]["leaving"])
        return title, f"Too few customers are in {names} for it to be shown."
    more = if_hidden(
        marts.rows(
            "select customers from segment_summary "
            "where segmentation = $segmentation and list_contains($names, segment)",
            segmentation=segmentation,
            names=list(GROUPS[segmentation]["leaving"]),
        ),
        "; others are too few to be shown",
    )
    stake = leaving["revenue_until_last_order"]
    told = (
        f"{people(leaving['customers'])} ({leaving['which']}) {STAY_AWAY[segmentation]}{more}. In "
        f"the year up to each one's last order they brought {number(stake)}"
    )
    told += ": that is what is at stake." if stake > 0 else ", returns taken off."
    if leaving["revenue_share"] is not None:
        told += (
            f" Of the last twelve months' revenue {number(leaving['revenue'])} is theirs, "
            f"{percent(leaving['revenue_share'])}."
        )
    if gone["customers"] >= marts.minimum:
        told += (
            f" Another {whole(gone['customers'])} ({gone['which']}) are probably gone; their last "
            f"year brought {number(gone['revenue_until_last_order'])}."
        )
    return title, told


def moves(marts: Marts) -> dict | None:
    """Customers who moved up or down in the last complete month, and their year before it.

    Without what moved them: who moves up has just ordered, who moves down has not.
    """
    if not marts.has_history:
        return None
    found = marts.row(
        f"""
        with ranks as (
            select segment, segment_rank from segment_directory where segmentation = 'rfm'
        ),
        moved as (
            select customer_id, now.segment_rank > before.segment_rank as is_up
            from customer_months
            inner join ranks as now on rfm_segment = now.segment
            inner join ranks as before on previous_rfm_segment = before.segment
            where month_end = (select max(month_end) from customer_months)
                and now.segment_rank <> before.segment_rank
        ),
        years as (
            select customer_id, sum({marts.amount}) as revenue
            from customer_orders
            cross join (
                select max(month_end) + 1 as month_start from customer_months
                where month_end < (select max(month_end) from customer_months)
            )
            where ordered_at >= month_start - interval 12 month and ordered_at < month_start
            group by customer_id
        )
        select
            (select max(month_end) from customer_months) as month_end,
            count(*) filter (is_up) as up,
            count(*) filter (not is_up) as down,
            coalesce(sum(revenue) filter (is_up), 0) as gained,
            coalesce(sum(revenue) filter (not is_up), 0) as lost
        from moved left join years using (customer_id)
        """
    )
    return found if found["month_end"] else None


def _moved(marts: Marts) -> tuple[str, str] | None:
    moved = moves(marts)
    if not moved:
        return None
    title = f"Value gained and lost in {marts.month(moved['month_end'])}"
    if min(moved["up"], moved["down"]) < marts.minimum:
        return title, "Too few customers moved up or down for it to be shown."
    return (
        title,
        f"{people(moved['up'])} moved to a better segment, and {whole(moved['down'])} to a weaker "
        "one. In the twelve months before, the former had brought "
        f"{number(moved['gained'])} and the latter {number(moved['lost'])}.",
    )


def concentration(marts: Marts) -> list[dict]:
    """Share of the last twelve months' revenue of the best 1 % and 10 % of who bought then."""
    return marts.rows(
        """
        with ranked as (
            select
                revenue_12_months as revenue,
                row_number() over (order by revenue_12_months desc, customer_id) as position,
                count(*) over () as buyers,
                sum(revenue_12_months) over () as total
            from customer_segments
            where revenue_12_months > 0
        )
        select top, max(buyers) as buyers, count(*) as customers, sum(revenue) / max(total) as share
        from ranked
        cross join (values (0.01), (0.1)) as tops (top)
        where position <= ceil(buyers * top)
        group by top
        order by top
        """
    )


def _concentration(marts: Marts) -> tuple[str, str]:
    tops = concentration(marts)
    # The share of fewer customers would tell what single ones spend.
    told = [
        f"the best {percent(top['top'])} ({people(top['customers'])}) brought "
        f"{percent(top['share'])}"
        for top in tops
        if top["customers"] >= marts.minimum
    ]
    title = "How much depends on few"
    if not told:
        return title, (
            f"The best 10 % are fewer than {marts.minimum} customers and are not shown."
            if tops
            else "Nobody brought revenue in the last twelve months."
        )
    hidden = (
        ""
        if len(told) == len(tops)
        else (f"; the best 1 % are fewer than {marts.minimum} customers and are not shown")
    )
    return (
        title,
        sentence(f"of the last twelve months' revenue {join(told)}{hidden}"),
    )


def _permission(marts: Marts, found: dict) -> str:
    permitted, others = found["permitted"], found["customers"] - found["permitted"]
    if not found["knows_permission"] or marts.is_few(permitted, others):
        return ""
    return f" {whole(found['permitted'])} of them allow marketing."


def _once_more(found: dict) -> float:
    return found["customers"] / 10 * (found["order_value"] or 0)


# The most urgent first; the last two where too few are in the others. A group, what to do with it,
# how, what it would bring, and the sentence that says so.
ACTIONS: list[tuple[str, str, str, Callable[[dict], float], str]] = [
    (
        "leaving",
        "Win back those who are leaving",
        "Write to the biggest spenders in person, to the others with a reminder.",
        lambda found: found["revenue_until_last_order"] / 10,
        "If one in ten spends again as in the year up to the last order: {} {period}.",
    ),
    (
        "one order",
        "Win the second order",
        "They ordered once, not long ago: give them a reason to come back within weeks.",
        _once_more,
        "If one in ten orders once more at the value of their first order: {}.",
    ),
    (
        "best",
        "Look after your best customers",
        "Early access, service and thanks rather than discounts: they buy anyway.",
        lambda found: found["revenue"] / 100,
        "Each percent that they spend more or less is {} {period}; they bring {share} of revenue.",
    ),
    (
        "steady",
        "Make it a habit",
        "They are neither regulars yet nor gone: a membership, a bundle or a reminder at the right "
        "time.",
        _once_more,
        "If one in ten orders once more at the usual value: {}.",
    ),
    (
        "never",
        "Win the first order",
        "They are known and never ordered: a welcome offer.",
        lambda found: 1,
        "What it brings cannot be told from these data.",
    ),
]


def _actions(marts: Marts, years: dict, first: date, most: int = 3) -> list[Action]:
    period = "a year" if first <= years["this_year"] else "in as long a time as the data tell of"
    actions = []
    for name, title, text, size, said in ACTIONS if segmentation_of_groups(marts) else []:
        if len(actions) == most:
            break
        found = group(marts, name)
        # What brings nothing is no advice.
        if found["customers"] >= marts.minimum and size(found) > 0:
            actions.append(
                Action(
                    title,
                    f"{people(found['customers'])}: {found['which']}",
                    text + _permission(marts, found),
                    said.format(
                        number(size(found)), period=period, share=percent(found["revenue_share"])
                    ),
                )
            )
    return actions


def _limits(marts: Marts, years: dict, first: date) -> list[tuple[str, str]]:
    """What the orders cannot support."""
    days = (years["last_day"] - first).days
    limits = [
        (
            "How far back the data go",
            f"From {day(first)} on, {whole(days)} days. "
            + (
                "That is less than two years: there is no year to compare with, seasons cannot be "
                "told from growth, and customers who look new may have ordered before."
                if first > years["last_year"]
                else "Earlier orders are not known: who looks new in the first months may not be."
            ),
        )
    ]
    once = marts.row(
        """
        select count(*) filter (order_day_count = 1) as customers, count(*) as buyers
        from customer_segments where frequency > 0
        """
    )
    if once["customers"] and not marts.is_few(
        once["customers"], once["buyers"] - once["customers"]
    ):
        limits.append(
            (
                "Customers with one order",
                f"{percent(once['customers'] / once['buyers'])} of the {people(once['buyers'])} "
                "who ever bought did so on one day only. One day tells no habit, so less is known "
                "of them.",
            )
        )
    guests = marts.row(
        """
        select
            coalesce(sum(row_count) filter (line_class = 'guest'), 0) as lines,
            coalesce(sum(amount) filter (line_class = 'guest'), 0) as amount,
            sum(amount) filter (line_class = 'guest') / nullif(
                sum(amount) filter (line_class in ('guest', 'sale', 'return')), 0
            ) as share
        from input_reconciliation where input = 'transactions'
        """
    )
    if guests["lines"]:
        limits.append(
            (
                "Guests",
                f"Order lines without a customer came to {number(guests['amount'])}, "
                f"{percent(guests['share'])} of all goods sold less returns. Nobody can be "
                "recognised in them: they are in no customer's revenue and in no segment.",
            )
        )
    if "prediction_quality" in marts.tables:
        limits.append(("Forecasts", _forecasts(marts)))
    if not marts.one("select count(profit_12_months) from customer_segments"):
        limits.append(
            (
                "Profit",
                "The data hold no costs. What customers are worth is what they spend, and not what "
                "is earned on it.",
            )
        )
    return limits


STATUSES = {
    "ok": "it may be used",
    "no dropout identified": "too few customers are seen to leave, so it gives no chance that "
    "one stays",
    "not calibrated": "it missed the recent months by more than a fifth, so only the order of "
    "customers is used",
    "too little history": "the data are too short or hold too few repeat customers",
}


def _forecasts(marts: Marts) -> str:
    found = marts.rows("select * from prediction_quality order by customer_group")
    told = [
        f"{row['customer_group']} customers – {STATUSES[row['prediction_status']]}" for row in found
    ]
    expected = marts.row(
        """
        select count(*) as customers, sum(revenue_12_months) as revenue,
            sum(predicted_revenue_12_months) as predicted
        from customer_segments where predicted_revenue_12_months is not null
        """
    )
    said = "Next year's purchases were modelled from past ones: " + "; ".join(told) + "."
    if expected["customers"] >= marts.minimum:
        said += (
            f" Of {people(expected['customers'])} with a forecast, who brought "
            f"{number(expected['revenue'])} in the last twelve months, it expects "
            f"{number(expected['predicted'])} in the next, before returns."
        )
    return said


def _record_limits(marts: Marts) -> list[tuple[str, str]]:
    found = marts.row(
        """
        select count(*) as customers, count(*) filter (has_record) as records,
            count(*) filter (not is_profiled) as objecting
        from customer_segments
        """
    )
    limits = []
    if not found["records"]:
        limits.append(
            (
                "Who the customers are",
                "There are no customer records: age, gender, income and permission to write to "
                "them are not known.",
            )
        )
    if found["objecting"] >= marts.minimum:
        limits.append(
            (
                "Objections",
                f"{people(found['objecting'])} object to profiling: they are in every total and in "
                "no segment.",
            )
        )
    return limits
