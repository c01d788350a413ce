"""Hides what small cells of a summary would tell of few customers."""

from collections import defaultdict

import duckdb

from segmentation.sql import identifier

# More customers than any cell can have.
BEYOND = 1 << 50


def suppress_small_cells(
    connection: duckdb.DuckDBPyConnection, rows: str, rules: list[dict], minimum: int
) -> str:
    """A query for the rows without what small cells measure.

    rules: each with `counts`, the columns that count customers of a cell; `measures`, the columns
    that are null in a hidden cell; `totals`, lists of columns within which cells add up to
    something known, unless one of these columns is null; `repeats`, columns whose values mark cells
    that say the same; `flows`, columns that say when a cell's customers went from where to where,
    and `within` which columns; and `follows`, columns that are null in a hidden cell and do not say
    whether it measures anything. The last four may be left out. Where no count is known, the cell
    is not about customers, and is shown.

    A cell is hidden where a count is below the minimum, unless all that it measures is 0: about
    nobody there is nothing to hide, and a count of 0 beside others that are not is small. Where a
    total is known, a hidden cell is the total less the others: so at least two are hidden in each,
    of together at least the minimum, the smallest ones first. What repeats a hidden cell is hidden.
    The same holds where cells add up to as much as other cells, as who comes to a place and who
    leaves it by the next time. And one more is hidden beside each whose size all these sums
    together tell to who knows that no hidden cell is of nobody.
    """
    connection.execute(
        "create or replace temp table cells as "
        f"select *, row_number() over (order by mart) as cell from ({rows}) as mart"
    )
    hidden: dict[str, list[str]] = {}
    for number, rule in enumerate(rules):
        flag = f"is_hidden_{number}"
        _flag(connection, rule, flag, minimum)
        for name in [*rule["measures"], *rule.get("follows", [])]:
            hidden.setdefault(name, []).append(flag)
    shown = ", ".join(
        f"case when not ({' or '.join(flags)}) then {identifier(name)} end as {identifier(name)}"
        for name, flags in hidden.items()
    )
    flags = ", ".join(f"is_hidden_{number}" for number in range(len(rules)))
    # Sorted by what is shown: the order of the rows must not tell what is hidden.
    return f"select * exclude (cell, {flags}) replace ({shown}) from cells order by all"


def _flag(connection: duckdb.DuckDBPyConnection, rule: dict, flag: str, minimum: int) -> None:
    """Adds to the cells a column that is true where a rule hides them."""
    known = ", ".join(map(identifier, rule["counts"]))
    counts = ", ".join(f"nullif({identifier(name)}, 0)" for name in rule["counts"])
    count = f"coalesce(least({counts}), 0)"
    measured = " or ".join(f"coalesce({identifier(name)} <> 0, false)" for name in rule["measures"])
    filled = f"coalesce({known}) is not null and ({measured})"
    connection.execute(f"alter table cells add column {flag} boolean default false")

    def hide(which: str, **parameters: object) -> int:
        """Hides cells of somebody, and gives how many more that are."""
        update = f"update cells set {flag} = true where not {flag} and ({filled}) and {which}"
        return connection.execute(update, parameters).fetchall()[0][0]

    # Of which rows, agreeing in which columns, and whether a row adds to the sum or takes away.
    sums = [("cells", total, "1") for total in rule.get("totals", [])]
    if flows := rule.get("flows"):
        when, origin, goal = (identifier(flows[name]) for name in ("at", "from", "to"))
        sides = (
            f"select *, {place} as flow_place, dense_rank() over (order by {when}) - {step} "
            f"as flow_step, 1 - 2 * {step} as flow_sign from cells"
            for place, step in ((goal, 0), (origin, 1))
        )
        balanced = ["flow_place", "flow_step", *flows["within"]]
        sums.append((f"({' union all '.join(sides)})", balanced, "flow_sign"))
    further = [
        f"""
        cell in (
            select arg_min(cell, ({count}, cell)) filter (where not {flag} and ({filled}))
            from {cells}
            where {" and ".join(f"{identifier(name)} is not null" for name in agreeing)}
            group by {", ".join(map(identifier, agreeing))}
            having
                count(*) filter (where {flag}) = 1
                or sum({count}) filter (where {flag}) < {minimum}
        )
        """
        for cells, agreeing, _ in sums
    ]
    if repeats := ", ".join(map(identifier, rule.get("repeats", []))):
        further.append(f"({repeats}) in (select ({repeats}) from cells where {flag})")
    neighbours = " union all ".join(
        f"""
        select told, next, size
        from (select cell as told, {keys} from {cells} where list_contains($told, cell))
        inner join (
            select cell as next, {count} as size, {keys} from {cells}
            where not {flag} and ({filled})
        ) using ({keys})
        """
        for cells, agreeing, _ in sums
        for keys in [", ".join(map(identifier, agreeing))]
    )
    smallest = f"cell in (select arg_min(next, (size, next)) from ({neighbours}) group by told)"
    hide(f"{count} < {minimum}")
    # Only of one count it is known what adds up.
    adds_up = len(rule["counts"]) == 1
    while sum(map(hide, further)) or (
        adds_up and (told := _told(connection, sums, count, flag)) and hide(smallest, told=told)
    ):
        pass


def _told(
    connection: duckdb.DuckDBPyConnection,
    sums: list[tuple[str, list[str], str]],
    count: str,
    flag: str,
    rounds: int = 30,
) -> list[int]:
    """Hidden cells whose size follows from what the sums leave for them.

    Each sum says how large and how small a cell can be at most and at least by what its others can
    be, again and again: the propagation of bounds that solvers of linear constraints begin with.
    """
    groups = []
    for cells, agreeing, sign in sums:
        keys = list(map(identifier, agreeing))
        groups += connection.execute(
            f"""
            select list(cell order by cell), list({count} order by cell), list({sign} order by cell)
            from {cells}
            where {flag} and {" and ".join(f"{key} is not null" for key in keys)}
            group by {", ".join(keys)}
            having count(*) > 1
            order by all
            """
        ).fetchall()
    sizes, beside = {}, defaultdict(set)
    for place, (cells, counts, _) in enumerate(groups):
        for cell, size in zip(cells, counts, strict=True):
            sizes[cell] = size
            beside[cell].add(place)
    least, most = {cell: min(size, 1) for cell, size in sizes.items()}, dict.fromkeys(sizes, BEYOND)
    narrower = sizes.keys()
    for _ in range(rounds):
        places, narrower = {place for cell in narrower for place in beside[cell]}, set()
        for cells, counts, signs in (groups[place] for place in sorted(places)):
            total = sum(map(int.__mul__, counts, signs))
            ends = [
                sorted((sign * least[cell], sign * most[cell]))
                for cell, sign in zip(cells, signs, strict=True)
            ]
            low, high = map(sum, zip(*ends, strict=True))
            for cell, sign, (lowest, highest) in zip(cells, signs, ends, strict=True):
                left = sorted((sign * (total - high + highest), sign * (total - low + lowest)))
                found = max(least[cell], left[0]), min(most[cell], left[1])
                if found != (least[cell], most[cell]):
                    least[cell], most[cell] = found
                    narrower.add(cell)
        if not narrower:
            break
    return [cell for cell in sizes if least[cell] == most[cell]]
