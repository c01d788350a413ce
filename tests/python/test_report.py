"""What the report shows in a browser: the marts' own numbers, whole charts, and no request."""

import html
import json
import math
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from conftest import PICTURES, changed
from selenium import webdriver
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from segmentation.errors import UserError
from segmentation.report import write_report
from segmentation.report.groups import clusters
from segmentation.report.history import drift, migration
from segmentation.report.marts import Marts
from segmentation.report.page import in_script
from segmentation.report.people import geography, people_told
from segmentation.report.segments import further, rfm
from segmentation.report.words import change, number, percent, whole

WIDTHS = (390, 1440)
HOSTILE = "</script><script>window.broken = 1</script><b>&amp;"


def ask(folder: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(folder / "segments.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def spaced(text: str) -> str:
    """With plain blanks where numbers and units are kept on one line."""
    return text.replace("\u00a0", " ")


def show(browser: webdriver.Chrome, folder: Path, width: int = 1440) -> None:
    """Opens the report at a width, draws every chart, and waits until they are drawn."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get((folder / "report.html").as_uri())
    browser.set_script_timeout(30)
    browser.execute_async_script("drawAll().then(arguments[0])")


def traces(browser: webdriver.Chrome, key: str) -> list[dict]:
    """The data of a chart as the browser draws it."""
    text = browser.execute_script(
        f"return JSON.stringify(document.getElementById('chart-{key}').data)"
    )
    return json.loads(text)


def count(browser: webdriver.Chrome, selector: str) -> int:
    return browser.execute_script(f"return document.querySelectorAll('{selector}').length")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_chart_is_whole_within_its_card_and_nothing_is_asked_of_a_host(
    browser: webdriver.Chrome, published: Path, width: int
) -> None:
    for log in ("browser", "performance"):
        browser.get_log(log)
    show(browser, published, width)
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = {
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in asked if not url.startswith("data:")} == {
        (published / "report.html").as_uri()
    }
    assert browser.get_log("browser") == []
    outside = browser.execute_script(
        """
        return [...document.querySelectorAll(".chart")].flatMap((box) => {
            const card = box.closest(".card").getBoundingClientRect();
            const frame = box.querySelector("svg.main-svg");
            const room = frame.getBoundingClientRect();
            const parts = [...box.querySelectorAll("text, .bars path, .sankey-node")];
            const beyond = (part, space) => {
                const place = part.getBoundingClientRect();
                return place.width && (place.left < space.left - 1 || place.right > space.right + 1
                    || place.top < space.top - 1 || place.bottom > space.bottom + 1);
            };
            const names = [...box.querySelectorAll(".ytick text")].map(
                (name) => name.getBoundingClientRect().right
            );
            const covers = (part) => part.classList.contains("bartext-outside")
                && part.getBoundingClientRect().left < Math.max(...names);
            return [
                ...[frame].filter((part) => beyond(part, card)),
                ...parts.filter((part) => beyond(part, room) || covers(part)),
            ].map((part) => `${box.id}: ${part.textContent.slice(0, 60)}`);
        })
        """
    )
    assert outside == []
    narrow = browser.execute_script(
        """
        return [...document.querySelectorAll(".chart")].filter(
            (box) => box.querySelector("svg.main-svg").getBoundingClientRect().width < 250
        ).map((box) => box.id)
        """
    )
    assert narrow == []
    assert browser.execute_script("return document.documentElement.scrollWidth") == width
    picture(browser, f"demo_{width}.png", width)


def picture(browser: webdriver.Chrome, name: str, width: int) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    browser.set_window_size(width, height)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": min(height, 16000), "deviceScaleFactor": 1, "mobile": False},
    )
    browser.save_screenshot(str(PICTURES / name))


def test_marks_are_the_rows_of_the_marts(browser: webdriver.Chrome, published: Path) -> None:
    show(browser, published)
    segments = ask(
        published,
        """
        select segment, customers, customer_share, revenue_share, colour
        from segment_summary inner join segment_directory using (segmentation, segment)
        where segmentation = 'rfm' and customers > 0
        order by sort_order
        """,
    )
    names, customers, shares, revenues, colours = zip(*segments, strict=True)
    assert count(browser, "#chart-treemap .slice path.surface") == len(segments) + 1  # and the root
    [tree] = traces(browser, "treemap")
    assert (tree["labels"], tree["values"]) == (list(names), list(customers))
    assert tree["marker"]["colors"] == list(colours)
    assert tree["text"] == [
        f"{size:,} customers<br>{percent(share)} of revenue"
        for size, share in zip(customers, revenues, strict=True)
    ]
    assert count(browser, "#chart-shares-rfm .bars .point") == 2 * len(segments)
    people, money = traces(browser, "shares-rfm")
    assert (people["x"], money["x"]) == (list(shares), list(revenues))
    assert people["marker"]["color"] == money["marker"]["color"] == list(colours)

    counted = ask(
        published,
        "select r_score, f_score, count(*), sum(monetary)::double from customer_segments "
        "where rfm_score is not null group by all order by count(*)",
    )
    # Those of too few, and the next larger ones until what is left of the total tells nobody.
    hidden = [size for _, _, size, _ in counted if size < 5]
    while hidden and (len(hidden) == 1 or sum(hidden) < 5):
        hidden.append(counted[len(hidden)][2])
    assert 0 < len(hidden) < len(counted) / 2
    large = [(r, f, size, money) for r, f, size, money in counted if size > hidden[-1]]
    for key, place in (("customers", 2), ("revenue", 3)):
        [grid] = traces(browser, f"grid-{key}")
        shown = {
            (5 - row, column + 1): value
            for row, line in enumerate(grid["z"])
            for column, value in enumerate(line)
            if value is not None
        }
        assert len(shown) == len(counted) - len(hidden)
        assert {cell[:2]: pytest.approx(cell[place]) for cell in large}.items() <= shown.items()

    for measure in ("active_share", "revenue_retention"):
        cells = ask(
            published,
            f"""
            select strftime(cohort_month, '%b %Y'), months_since, {measure} from cohort_retention
            where cohort_by = 'first month' and is_complete and {measure} is not null
                and months_since between 1 and 23
            """,
        )
        key = f"cohorts-{measure.replace('_', '-')}"
        [triangle] = traces(browser, key)
        names = browser.execute_script(
            f"return document.getElementById('chart-{key}').layout.yaxis.ticktext"
        )
        drawn = {
            (name, age): value
            for name, line in zip(names, triangle["z"], strict=True)
            for age, value in zip(triangle["x"], line, strict=True)
            if value is not None
        }
        assert drawn == {(name, age): pytest.approx(value) for name, age, value in cells}

    rows = ask(
        published,
        """
        select
            case line_class when 'sale' then 'Sold to a known customer'
                when 'guest' then 'Without a customer (guests)' when 'rejected' then 'Rejected'
                else line_class end,
            replace(replace(reason, 'ordered_at', 'date of the order'), '_', ' '), row_count
        from input_reconciliation where input = 'transactions' and row_count > 0
        """,
    )
    [bars] = traces(browser, "rows-transactions")
    drawn = dict(zip(bars["customdata"], bars["x"], strict=True))
    assert sorted(drawn.values()) == sorted(size for *_, size in rows)
    meant = {name + (f": {reason}" if reason else ""): size for name, reason, size in rows}
    assert "Rejected: date of the order unreadable" in meant.keys() & drawn.keys()
    assert len(meant.keys() & drawn.keys()) >= 5
    assert all(drawn[name] == meant[name] for name in meant.keys() & drawn.keys())
    assert count(browser, "#chart-rows-transactions .bars .point") == len(drawn)

    counted = {
        (name, str(when)): size
        for name, when, size in ask(
            published, "select rfm_segment, month_end, count(*) from customer_months group by all"
        )
    }
    drawn = {
        (trace["name"], when): size
        for trace in traces(browser, "sizes")
        for when, size in zip(trace["x"], trace["y"], strict=True)
        if size is not None
    }
    assert drawn.items() <= counted.items() and min(drawn.values()) >= 5
    # What is hidden in a month is no single cell, which the month's total would tell.
    hidden = [(when, size) for (name, when), size in counted.items() if (name, when) not in drawn]
    months = Counter(when for when, _ in hidden)
    assert months and min(months.values()) >= 2
    assert all(sum(size for at, size in hidden if at == when) >= 5 for when in months)


def test_marks_of_groups_people_places_and_drift_are_the_rows_of_the_marts(
    browser: webdriver.Chrome, published: Path
) -> None:
    show(browser, published)
    *points, centres = traces(browser, "scatter-rfm")
    grouped = ask(
        published,
        """
        select cluster_name, customers,
            max(centroid) filter (feature = 'recency_days'),
            max(centroid) filter (feature = 'monetary')
        from cluster_profiles where feature_set = 'rfm' group by all order by min(cluster_id)
        """,
    )
    names, customers, recency, money = zip(*grouped, strict=True)
    assert (centres["x"], centres["y"]) == (list(recency), list(money))
    spent = sorted(value for trace in points for value in trace["y"])
    fifth, largest = ask(
        published,
        "select monetary::double from customer_segments "
        "where monetary is not null order by monetary desc limit 1 offset 4",
    ) + ask(published, "select max(monetary)::double from customer_segments")
    assert spent[-1] == float(f"{fifth[0]:.3g}") < largest[0]
    assert spent.count(spent[-1]) >= 5
    assert [trace["name"] for trace in points] == list(names)
    drawn = [len(trace["x"]) for trace in points]
    assert sum(customers) <= 1500 and all(map(int.__le__, drawn, customers))
    # Who spent nothing has no place on an axis of powers of ten.
    [(positive,)] = ask(
        published,
        "select count(*) from customer_segments where kmeans_segment in "
        "(select cluster_name from cluster_profiles) and monetary > 0",
    )
    assert sum(drawn) == positive
    assert count(browser, "#chart-scatter-rfm .point") == sum(drawn) + len(names)
    assert "customer_id" not in json.dumps(points) and "customdata" not in points[0]

    [grid] = traces(browser, "profile-rfm")
    scores = ask(
        published,
        "select z_score from cluster_profiles where feature_set = 'rfm' "
        "order by feature, cluster_id",
    )
    assert [value for line in grid["z"] for value in line] == [value for (value,) in scores]
    silhouette = traces(browser, "criteria-psychographic")[0]["y"]
    judged = ask(
        published,
        "select silhouette from cluster_quality where feature_set = 'psychographic' order by k",
    )
    assert silhouette == [value for (value,) in judged]

    for chart, column in (("bands-gender", "gender"), ("bands-age-band", "age_band")):
        [bars] = traces(browser, chart)
        counted = ask(
            published,
            f"select count(*) from customer_segments where has_record and is_profiled "
            f"group by {column} having count(*) >= 5",
        )
        assert sorted(bars["x"]) == sorted(value for (value,) in counted)
    for attribute in ("age", "annual_income"):
        [bars] = traces(browser, f"histogram-{attribute.replace('_', '-')}")
        told = ask(
            published,
            f"select number_value from customer_attributes where attribute = '{attribute}'",
        )
        width = bars["x"][1] - bars["x"][0]
        first, last = bars["x"][0] - width / 2, len(bars["x"]) - 1
        counted = Counter(min(max((value - first) // width, 0), last) for (value,) in told)
        assert all(shown in (counted[step], 0) for step, shown in enumerate(bars["y"]))
        assert len(told) - 10 < sum(bars["y"]) <= len(told)
        values = sorted(value for (value,) in told)
        # A single large value would be told, and press all others to the floor.
        few = math.ceil(max(5, len(values) / 100))
        low, high = values[few - 1], values[-few]
        assert values[0] < low < high < values[-1]
        for trace in traces(browser, f"violin-{len(attribute)}-{attribute.replace('_', '-')}"):
            [(mine,)] = ask(
                published,
                f"""
                select list(number_value) from customer_attributes
                inner join customer_segments using (customer_id)
                where attribute = '{attribute}' and gender = '{trace["name"]}'
                """,
            )
            ends = sorted(min(max(value, low), high) for value in mine)
            assert sorted(trace["y"]) == [float(f"{value:.3g}") for value in ends]
    people, revenue = traces(browser, "where-country")
    assert (sum(people["x"]), sum(revenue["x"])) == pytest.approx((1, 1))
    [(home,)] = ask(
        published,
        "select count_if(country = 'United Kingdom' and is_profiled) / count(*) "
        "from customer_segments",
    )
    assert people["x"][0] == home

    band, values = traces(browser, "drift-active-customers")
    months = ask(
        published,
        """
        select value, band_low, band_high from segment_drift
        where measure = 'active_customers' order by month_end
        """,
    )
    assert values["y"] == [value for value, _, _ in months]
    ends = [(low, high) for _, low, high in months if low is not None]
    assert band["y"] == [high for _, high in ends] + [low for low, _ in reversed(ends)]


def set_by_place(connection: duckdb.DuckDBPyConnection, assignments: str) -> None:
    """Sets columns of customer_segments; place is a customer's number from 1 to the last one's."""
    connection.execute(
        f"""
        update customer_segments set {assignments}
        from (
            select customer_id, row_number() over (order by customer_id) as place
            from customer_segments
        ) as placed
        where placed.customer_id = customer_segments.customer_id
        """
    )


def written(page: Path, key: str) -> tuple[list[str], list[list[str]]]:
    """Headings and rows of a figure's table."""
    text = (page / "report.html").read_text(encoding="utf-8")
    start = text.index(f'id="figure-{key}"')
    text = text[start : text.index("</figure>", start)]
    rows = [
        [spaced(html.unescape(re.sub("<[^>]+>", "", cell))).strip() for cell in cells]
        for cells in (
            re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.DOTALL)
            for row in re.findall("<tr.*?</tr>", text, re.DOTALL)
        )
    ]
    return rows[0], rows[1:]


def test_columns_hold_what_their_headings_say(published: Path) -> None:
    headings, rows = written(published, "shares-rfm")
    assert headings == [
        *("Segment", "Meaning", "Customers", "Share of customers", "Revenue ever", "Share of it"),
        *("Revenue, last 12 months", "Orders each", "Ordered again", "Returned"),
    ]
    found = ask(
        published,
        """
        select segment, description, customers, customer_share, revenue::double, revenue_share,
            revenue_12_months::double, average_frequency::double, repeat_rate, return_rate
        from segment_summary inner join segment_directory using (segmentation, segment)
        where segmentation = 'rfm' and customers > 0 order by sort_order
        """,
    )
    write = (str, str, whole, percent, number, percent, number, number, percent, percent)
    assert rows == [
        [spaced(how(value)) for how, value in zip(write, row, strict=True)] for row in found
    ]


def test_what_is_written_into_charts_is_what_they_draw(
    browser: webdriver.Chrome, published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            "update segment_drift set verdict = 'unusual' "
            "where month_end in ('2024-05-31', '2024-09-30')"
        )
    write_report(tmp_path, lambda said: None)
    show(browser, tmp_path)
    for key in ("cohorts-active-share", "cohorts-revenue-retention"):
        [grid] = traces(browser, key)
        for line, texts in zip(grid["z"], grid["text"], strict=True):
            assert texts == ["" if z is None else f"{z * 100:.0f}" for z in line]
    [grid] = traces(browser, "profile-rfm")
    centres = ask(
        published,
        "select centroid from cluster_profiles where feature_set = 'rfm' "
        "order by feature, cluster_id",
    )
    assert [text for line in grid["text"] for text in line] == [number(c) for (c,) in centres]
    for chosen_of in ("rfm", "psychographic"):
        [(chosen,)] = ask(
            published,
            f"select k from cluster_quality where feature_set = '{chosen_of}' and is_chosen",
        )
        for line in traces(browser, f"criteria-{chosen_of}"):
            sizes = dict(zip(line["x"], line["marker"]["size"], strict=True))
            assert [k for k, size in sizes.items() if size == max(sizes.values())] == [chosen]
    odd = Counter()
    for (measure,) in ask(
        published, "select distinct measure from segment_drift where measure not like '%:%'"
    ):
        key = f"drift-{measure.replace('_', '-')}"
        if not count(browser, f"#chart-{key}"):
            continue
        line = traces(browser, key)[-1]
        unusual = {
            when
            for (when,) in ask(
                tmp_path,
                f"select month_end::text from segment_drift where measure = '{measure}' "
                "and verdict = 'unusual'",
            )
        }
        usual_colour = Counter(line["marker"]["color"]).most_common(1)[0][0]
        for marked in (
            [size > 5 for size in line["marker"]["size"]],
            [colour != usual_colour for colour in line["marker"]["color"]],
        ):
            assert {when for when, is_odd in zip(line["x"], marked, strict=True) if is_odd} == (
                unusual
            )
        odd[measure] = len(unusual)
    assert len(odd) > 5 and set(odd.values()) == {2}


def test_each_segment_has_its_colour_everywhere(browser: webdriver.Chrome, published: Path) -> None:
    show(browser, published)
    colours = {
        (segmentation, segment): colour
        for segmentation, segment, colour in ask(
            published, "select segmentation, segment, colour from segment_directory"
        )
    }
    for key, segmentation in (
        *(("treemap", "rfm"), ("sizes", "rfm"), ("scatter-rfm", "kmeans")),
        *(("profile-rfm", "kmeans"), ("scatter-psychographic", "psychographic")),
    ):
        legend = browser.execute_script(
            f"""
            return [...document.querySelectorAll("#figure-{key} .legend li")].map(
                (each) => [each.textContent.trim(), each.querySelector("span").style.background]
            )
            """
        )
        assert len(legend) > 2, key
        for name, colour in legend:
            parts = [int(part) for part in re.findall(r"\d+", colour)]
            segment = re.sub(r"^\d+ ", "", name)
            assert "#{:02X}{:02X}{:02X}".format(*parts) == colours[segmentation, segment], key
    for key, segmentation in (("sizes", "rfm"), ("scatter-rfm", "kmeans")):
        for trace in traces(browser, key):
            if trace["name"] != "Centres":
                assert trace["marker"]["color"] == colours[segmentation, trace["name"]], key
    [flows] = traces(browser, "sankey")
    names = flows["node"]["customdata"]
    assert flows["node"]["color"] == [
        colours.get(("rfm", name), flows["node"]["color"][names.index("Newcomer")])
        for name in names
    ]
    # A flow has the colour of where it goes.
    for target, colour in zip(flows["link"]["target"], flows["link"]["color"], strict=True):
        mixed = [int(part) for part in re.findall(r"\d+", colour)[:3]]
        assert "#{:02X}{:02X}{:02X}".format(*mixed) == flows["node"]["color"][target]


def test_a_place_of_few_customers_and_much_revenue_has_a_bar(
    published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        set_by_place(
            connection,
            """
            is_profiled = true, is_home = false,
                world_region = 'World', monetary = if(place <= 6, 1000000, 1),
                country = case when place <= 6 then 'Rich'
                    when place <= 216 then 'Place ' || (place // 14) else 'Large' end
            """,
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        rows = [row[:2] for row in geography(marts).figures[0].table.rows]
    assert rows[0][0] == "Large" and ["Rich", "6"] in rows and len(rows) == 13


@pytest.mark.parametrize(("objecting", "shown"), [(16, {"Male"}), (2, {"Female", "Male"})])
def test_who_objects_does_not_tell_a_gender_of_few(
    published: Path, tmp_path: Path, objecting: int, shown: set[str]
) -> None:
    """Their number is told if they are enough, and then hides nobody else's."""
    with changed(published, tmp_path) as connection:
        set_by_place(
            connection,
            f"""
            has_record = true, is_profiled = place > {objecting},
                gender = case when place <= {objecting} + 3 then 'Diverse'
                    when place <= 60 then 'Female' else 'Male' end
            """,
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        figures = {figure.key: figure for figure in people_told(marts).figures}
    rows = figures["bands-gender"].table.rows
    assert {name for name, size in rows if size != "not shown"} == shown


def test_violins_leave_no_gender_of_few_to_what_told_the_same_number(
    published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        set_by_place(
            connection,
            """
            has_record = true, is_profiled = true,
                gender = if(place <= 30, 'Diverse', if(place <= 100, 'Female', 'Male'))
            """,
        )
        connection.execute(
            """
            delete from customer_attributes where attribute = 'age';
            insert into customer_attributes by name
            select customer_id, 'age' as attribute, 40 + place % 9 as number_value
            from (
                select customer_id, row_number() over (order by customer_id) as place
                from customer_segments
            )
            where place > 27
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        figures = {figure.key: figure for figure in people_told(marts).figures}
    # Three of the thirty told their age, which all less the others would say.
    assert [row[0] for row in figures["violin-3-age"].table.rows] == ["Male"]
    assert {row[0] for row in figures["bands-gender"].table.rows} == {"Diverse", "Female", "Male"}
    steps = [row[0] for row in figures["histogram-age"].table.rows]
    assert steps[1] == "41 to below 42"


def test_customers_are_drawn_by_age_and_spending_score(
    browser: webdriver.Chrome, published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            "update customer_attributes set attribute = 'spending_score', "
            "number_value = 10 * number_value where attribute = 'survey_quality'"
        )
    write_report(tmp_path, lambda said: None)
    show(browser, tmp_path)
    [(youngest, oldest, lowest, highest)] = ask(
        tmp_path,
        """
        select min(number_value, 5)[5], max(number_value, 5)[5],
            min(score, 5)[5], max(score, 5)[5]
        from (
            select case when attribute = 'age' then number_value end as number_value,
                case when attribute = 'spending_score' then number_value end as score
            from customer_attributes where attribute in ('age', 'spending_score')
        )
        """,
    )
    drawn_ages = [age for trace in traces(browser, "age-spending") for age in trace["x"]]
    for trace in traces(browser, "age-spending"):
        points = ask(
            tmp_path,
            f"""
            select greatest({youngest}, least({oldest}, ages.number_value)),
                greatest({lowest}, least({highest}, scores.number_value))
            from customer_attributes as ages
            inner join customer_attributes as scores using (customer_id)
            inner join customer_segments using (customer_id)
            where ages.attribute = 'age' and scores.attribute = 'spending_score'
                and psychographic_segment = '{trace["name"]}'
            """,
        )
        assert sorted(trace["x"]) == sorted(age for age, _ in points)
        # Scores of few values are spread a little, so that points do not hide each other.
        assert sorted(trace["y"]) == pytest.approx(sorted(score for _, score in points), abs=0.31)
        assert len(points) > 20
    # No age of fewer than five customers is told.
    assert min(Counter(drawn_ages)[end] for end in (min(drawn_ages), max(drawn_ages))) >= 5
    assert count(browser, "#figure-histogram-spending-score .bars path") > 5


def test_the_menu_of_months_changes_the_flows(browser: webdriver.Chrome, published: Path) -> None:
    show(browser, published)
    rows = ask(
        published,
        """
        select month_end::text, count_if(customers > 0), sum(customers) from segment_migrations
        where segmentation = 'rfm'
        group by all order by 1 desc
        """,
    )
    menu = Select(browser.find_element("id", "menu-sankey"))
    assert [option.get_attribute("value") for option in menu.options] == [row[0] for row in rows]
    takeaways = set()
    for month, flows, customers in rows[:3]:
        menu.select_by_value(month)
        browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 100))")
        assert count(browser, "#chart-sankey .sankey-link") == flows
        [trace] = traces(browser, "sankey")
        assert sum(trace["link"]["value"]) == customers
        assert count(browser, "#figure-sankey tbody tr") == flows
        assert count(browser, "#figure-sankey tbody td:nth-child(2).gt_left") == flows
        assert count(browser, "#figure-sankey tbody td:nth-child(3).gt_right") == flows
        takeaways.add(browser.find_element("css selector", "#figure-sankey .takeaway").text)
    assert len(takeaways) == 3


def test_a_month_without_flows_has_no_chart_and_its_own_words(
    browser: webdriver.Chrome, published: Path, tmp_path: Path
) -> None:
    """The first that the page shows, one of the menu, and those between which have flows."""
    with changed(published, tmp_path) as connection:
        connection.execute(
            "update segment_migrations set customers = null, revenue_3_months = null "
            "where month_end in ('2024-12-31', '2024-10-31')"
        )
    write_report(tmp_path, lambda said: None)
    browser.get_log("browser")
    show(browser, tmp_path)
    menu = Select(browser.find_element("id", "menu-sankey"))
    for month, name, has_flows in (
        ("2024-12-31", "December 2024", False),
        ("2024-11-30", "November 2024", True),
        ("2024-10-31", "October 2024", False),
        ("2024-09-30", "September 2024", True),
    ):
        menu.select_by_value(month)
        browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 100))")
        assert name in browser.find_element("css selector", "#figure-sankey .takeaway").text
        assert browser.find_element("id", "chart-sankey").is_displayed() == has_flows
        assert (count(browser, "#figure-sankey tbody tr") > 0) == has_flows
        assert (count(browser, "#chart-sankey .sankey-link") > 0) == has_flows
    assert browser.get_log("browser") == []


def test_the_page_prints_whole(browser: webdriver.Chrome, published: Path) -> None:
    """Every chart is drawn before anybody prints, and none is wider than a sheet."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": 1440, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    browser.get((published / "report.html").as_uri())
    charts = count(browser, ".chart")
    WebDriverWait(browser, 30).until(lambda _: count(browser, ".chart svg.main-svg") >= charts)
    WebDriverWait(browser, 30).until(lambda _: count(browser, ".chart[data-drawn]") == charts)
    widths = """
        return [...document.querySelectorAll(".chart svg.main-svg")].map(
            (each) => each.getBoundingClientRect().width
        )
    """
    on_screen = browser.execute_script(widths)
    flows = count(browser, "#chart-sankey .sankey-link")
    assert flows and max(on_screen) > 900
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert max(browser.execute_script(widths)) <= 641
    # What is drawn anew appears slowly, and would be missing on paper.
    assert count(browser, "#chart-sankey .sankey-link") == flows
    browser.execute_script("dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(widths) == pytest.approx(on_screen)


def test_without_javascript_the_tables_tell_everything(
    browser: webdriver.Chrome, published: Path
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get((published / "report.html").as_uri())
        tables = browser.find_elements("css selector", "figure table")
        assert len(tables) == len(browser.find_elements("css selector", "figure"))
        assert all(table.is_displayed() for table in tables)
        assert not any(box.is_displayed() for box in browser.find_elements("class name", "chart"))
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert all(table.is_displayed() for table in tables)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        body = browser.find_elements("css selector", "#figure-shares-rfm tbody tr")
        told = [[cell.text for cell in row.find_elements("tag name", "td")][:3] for row in body]
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    found = ask(
        published,
        """
        select segment, description, format('{:,}', customers)
        from segment_summary inner join segment_directory using (segmentation, segment)
        where segmentation = 'rfm' and customers <> 0 order by sort_order
        """,
    )
    assert told == [list(row) for row in found]


def test_page_one_tells_what_the_orders_say(browser: webdriver.Chrome, published: Path) -> None:
    """Every number from the orders themselves; the demo's data end on 31 December 2024."""
    show(browser, published)
    told = {
        box.get_attribute("id").removeprefix("measure-"): float(box.get_attribute("data-exact"))
        for box in browser.find_elements("class name", "measure")
    }
    orders = [
        (customer, kind, on, float(amount))
        for customer, kind, on, amount in ask(
            published,
            "select customer_id, order_type, ordered_at::date::text, net_amount "
            "from customer_orders",
        )
    ]
    year = [each for each in orders if "2024-01-02" <= each[2] <= "2025-01-01"]
    days: dict[str, set[str]] = {}
    for customer, kind, on, _ in orders:
        if kind == "sale":
            days.setdefault(customer, set()).add(on)
    new = {customer for customer, on in days.items() if min(on) >= "2024-01-02"}
    revenue = sum(amount for *_, amount in year)
    of_new = sum(amount for customer, *_, amount in year if customer in new)
    assert told["revenue"] == pytest.approx(revenue)
    assert told["active_customers"] == len({each[0] for each in year if each[1] == "sale"})
    assert told["new_revenue"] == pytest.approx(of_new)
    assert told["returning_revenue"] == pytest.approx(revenue - of_new)
    [(again, began)] = ask(
        published,
        """
        with sales as (
            select distinct customer_id, ordered_at::date as ordered_on
            from customer_orders where order_type = 'sale'
        ),
        ranked as (
            select *, row_number() over (partition by customer_id order by ordered_on) as place
            from sales
        )
        select count_if(second.ordered_on - first.ordered_on <= 90), count(*)
        from ranked as first
        left join ranked as second
            on first.customer_id = second.customer_id and second.place = 2
        where first.place = 1 and first.ordered_on between '2023-10-04' and '2024-10-03'
        """,
    )
    assert told["second_order_rate"] == pytest.approx(again / began)
    assert count(browser, ".actions li") == 3


def test_every_figure_is_told_in_words(browser: webdriver.Chrome, published: Path) -> None:
    show(browser, published)
    for figure in browser.find_elements("tag name", "figure"):
        key = figure.get_attribute("id")
        chart = figure.find_element("class name", "chart")
        assert len(chart.get_attribute("aria-label")) > 20, key
        takeaway = figure.find_element("class name", "takeaway").text
        assert takeaway.endswith("."), key
        assert any(sign.isdigit() for sign in takeaway), (key, takeaway)
    repeated = browser.execute_script(
        """
        const ids = [...document.querySelectorAll("main [id]:not(.chart *)")].map((e) => e.id);
        return ids.filter((id, place) => ids.indexOf(id) !== place);
        """
    )
    assert repeated == []
    links = [each.text for each in browser.find_elements("tag name", "summary")]
    assert len(links) == len(set(links)) > 20
    assert (published / "report.html").stat().st_size < 8_000_000


def test_names_are_shown_and_never_run(
    browser: webdriver.Chrome, published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        for table, column in (
            ("segment_directory", "segment"),
            ("segment_summary", "segment"),
            ("segment_migrations", "from_segment"),
            ("segment_migrations", "to_segment"),
            ("customer_months", "rfm_segment"),
            ("customer_months", "previous_rfm_segment"),
            ("customer_segments", "rfm_segment"),
            ("customer_segments", "country"),
            ("segment_directory", "description"),
        ):
            connection.execute(
                f"update {table} set {column} = {column} || $text where {column} <> 'Newcomer'",
                {"text": HOSTILE},
            )
    write_report(tmp_path, lambda said: None)
    browser.get_log("browser")
    show(browser, tmp_path)
    assert browser.execute_script("return window.broken") is None
    assert browser.get_log("browser") == []
    assert "Champions" + HOSTILE in browser.find_element("id", "segments").text
    assert count(browser, "#chart-treemap .slice path.surface") > 5


def test_what_is_not_there_is_said(published: Path, tmp_path: Path) -> None:
    """Without the history the page is written all the same."""
    with changed(published, tmp_path) as connection:
        for table in ("segment_migrations", "customer_months", "cohort_retention", "segment_drift"):
            connection.execute(f"drop table {table}")
    page = write_report(tmp_path, lambda said: None).read_text(encoding="utf-8")
    for section in ("migration", "cohorts", "drift"):
        start = page.index(f'<section id="{section}"')
        assert 'class="absent"' in page[start : page.index("</section>", start)]
    assert 'id="figure-sankey"' not in page and 'id="figure-treemap"' in page


def test_customers_without_orders_have_a_report(published: Path, tmp_path: Path) -> None:
    """As after a build of customer records alone."""
    with changed(published, tmp_path) as connection:
        connection.execute(
            """
            delete from customer_orders;
            update customer_segments set
                rfm_score = null, r_score = null, f_score = null, frequency = null,
                monetary = null, net_amount = null, revenue_12_months = null, recency_days = null;
            update segment_summary set
                revenue = null, revenue_share = null, revenue_12_months = null,
                average_frequency = null;
            delete from segment_migrations; delete from customer_months;
            delete from cohort_retention; delete from segment_drift;
            """
        )
    page = write_report(tmp_path, lambda said: None).read_text(encoding="utf-8")
    assert "The data hold customer records and no orders." in page
    findings = page[page.index('class="findings"') :].split("<h3>What to do next")[0]
    titles = re.findall("<h3>(.*?)</h3>", findings)
    # Who the customers are comes before how they were grouped.
    for title, told in zip(
        titles, ("Gender", "Age", "Groups by attitude", "What sets the groups"), strict=True
    ):
        assert title.startswith(told)
    assert "Actions take orders" in page
    # No column of what only orders tell.
    start = page.index('id="figure-shares-geographic"')
    [heads] = re.findall("<thead>.*?</thead>", page[start : page.index("</figure>", start)], re.S)
    assert "Share of customers" in heads and "evenue" not in heads and "Orders each" not in heads
    assert 'class="measure"' not in page and "nan" not in page.split("<script>")[0].split()
    assert 'id="figure-bands-gender"' in page and 'id="figure-treemap"' not in page
    for section in ("segments", "migration", "cohorts", "drift"):
        start = page.index(f'<section id="{section}"')
        assert 'class="absent"' in page[start : page.index("</section>", start)]


def test_three_customers_have_a_report_that_tells_nothing_of_them(
    published: Path, tmp_path: Path
) -> None:
    tables = ("customer_segments", "customer_orders", "customer_months", "customer_attributes")
    with changed(published, tmp_path) as connection:
        connection.execute(
            "create temp table kept as select customer_id from customer_segments "
            "where frequency > 3 and is_profiled order by all limit 3"
        )
        for table in tables:
            connection.execute(f"delete from {table} where customer_id not in (from kept)")
        connection.execute(
            """
            update segment_summary set
                customers = null, customer_share = null, revenue = null, revenue_share = null,
                revenue_12_months = null;
            update segment_migrations set customers = null, revenue_3_months = null;
            update cohort_retention set
                customers = null, active_customers = null, active_share = null, revenue = null,
                revenue_retention = null;
            update cluster_profiles set customers = null, centroid = null, z_score = null;
            """
        )
    page = write_report(tmp_path, lambda said: None).read_text(encoding="utf-8")
    body = page[page.index("<main") : page.index("</main>")]
    assert "Every segment has fewer than 5 customers" in body
    findings = body[body.index('class="findings"') : body.index("What these data")]
    few = ("<p>Too few customers ", "<p>The best 10 % are fewer than 5 customers ")
    assert findings.count("<p>") == sum(map(findings.count, few)) == 5
    assert 'class="actions"' not in body
    assert 'id="figure-scatter-rfm"' not in body and 'id="figure-violin' not in body
    assert not any(sign in body for sign in (">nan<", ">None<", " None ", " nan "))


def test_too_few_are_told_as_that_and_one_group_as_one(published: Path, tmp_path: Path) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            """
            update segment_drift set
                customers = case when month_end < '2024-01-01' then 0 end,
                value = case when month_end < '2024-01-01' then 0 end
            where measure = 'new_customers';
            delete from customer_months where month_end = '2023-01-31' and customer_id not in (
                select customer_id from customer_months
                where month_end = '2023-01-31' order by all limit 3
            );
            delete from cluster_profiles where feature_set = 'rfm' and cluster_id > 1;
            update cluster_quality set is_chosen = k = 1 where feature_set = 'rfm';
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        assert "New customers: no chart, for too few customers are counted." in drift(marts).missing
        assert "all segments together" not in migration(marts).figures[1].takeaway
        told = {each.key: each.takeaway for each in clusters(marts).figures}
    assert told.keys() & {"scatter-rfm", "profile-rfm"} == set()
    assert told["criteria-rfm"].startswith("One group was chosen: no number")


def test_what_is_hidden_is_said_and_who_is_in_no_segment_is_no_finding(
    published: Path, tmp_path: Path
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(
            """
            update segment_summary set average_frequency = null where segment = 'Loyal';
            update segment_summary set revenue_share = 0.9 where segment = 'Not profiled';
            """
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        cards = {card.name: dict(card.facts) for card in rfm(marts).cards}
        takeaways = [figure.takeaway for figure in further(marts).figures]
    assert cards["Loyal"]["What they buy"].startswith("Not shown")
    others = [name for name, facts in cards.items() if "Not shown" in str(facts)]
    assert others == ["Loyal"]
    assert len(takeaways) > 5 and not [text for text in takeaways if "Not profiled" in text]


def test_who_objects_and_others_do_not_tell_few_by_what_is_left(
    published: Path, tmp_path: Path
) -> None:
    """Other countries less those who object, whose number is told, are of nobody or of enough."""
    with changed(published, tmp_path) as connection:
        set_by_place(
            connection,
            """
            is_profiled = place > 18, is_home = true, country = case
                when place <= 20 then null when place <= 40 then 'Near' else 'Far'
            end, world_region = 'World'
            """,
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        rows = geography(marts).figures[0].table.rows
    # 18 who object and 2 who did not tell are not enough.
    assert [row[:2] for row in rows][1:] == [["Other countries, or not told", "40"]]


@pytest.mark.parametrize(
    ("few", "told"),
    [
        (0, ["Far", "Near"]),
        (4, ["Far", "Other countries, or not told"]),
        (5, ["Far", "Near", "Tiny"]),
    ],
)
def test_few_elsewhere_are_not_told_by_what_is_left(
    published: Path, tmp_path: Path, few: int, told: list[str]
) -> None:
    with changed(published, tmp_path) as connection:
        set_by_place(
            connection,
            f"""
            is_profiled = true, country = case
                when place <= {few} then 'Tiny' when place <= {few} + 9 then 'Near' else 'Far'
            end
            """,
        )
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        assert [row[0] for row in geography(marts).figures[0].table.rows] == told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "update segment_migrations set customers = null where is_move",
            "No move in December 2024 can be shown: each is of too few customers, or would tell "
            "one that is.",
        ),
        ("delete from segment_migrations where is_move", "In December 2024 nobody moved."),
    ],
)
def test_a_month_without_a_move_to_show(
    published: Path, tmp_path: Path, change: str, told: str
) -> None:
    with changed(published, tmp_path) as connection:
        connection.execute(change)
    with closing(Marts(tmp_path / "segments.duckdb")) as marts:
        assert migration(marts).figures[0].takeaway == told


@pytest.mark.parametrize(("count", "beyond"), [(11, 5), (60, 5), (499, 5), (1000, 10)])
def test_nothing_is_drawn_beyond_the_value_of_several(
    published: Path, count: int, beyond: int
) -> None:
    with closing(Marts(published / "segments.duckdb")) as marts:
        values = (
            "select case when i = 0 then 987000 else 20 + i end as value from range({}) as t(i)"
        )
        low, high = marts.ends(values.format(count))
    drawn = [*range(21, 20 + count), 987_000]
    assert high < 987_000 and low < high
    for those in (
        [value >= high for value in drawn],
        [value <= low for value in drawn],
    ):
        assert sum(those) in (beyond, beyond + 1)


def test_a_small_cell_is_hidden_with_the_next_smallest(published: Path) -> None:
    """Or the total would tell it."""
    query = "select * from (values ('a', 3), ('b', 10), ('c', 7), ('d', 0)) as t (name, n)"
    with closing(Marts(published / "segments.duckdb")) as marts:
        cells = marts.cells(query, "n", ["n"], "name")
    assert [cell["n"] for cell in cells] == [None, 10, None, 0]


def test_without_a_published_file_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `make build`"):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (number(947), "947"),
        (number(9_999.6), "10.0 k"),
        (number(38_123), "38.1 k"),
        (number(771_522.2), "772 k"),
        (number(999_600), "1.0 M"),
        (number(-3_922.98), "−3,923"),
        (number(None), "–"),
        (percent(0.6327), "63.3 %"),
        (percent(0.17), "17 %"),
        (percent(-0.0004), "just below 0 %"),
        (percent(-0.125), "−12.5 %"),
        (change(110, 100), "+10 %"),
        (change(90, 100), "−10 %"),
        (change(90, 0), None),
        (str(in_script("</script>&")), '"\\u003c/script\\u003e\\u0026"'),
    ],
)
def test_words(said: str | None, text: str | None) -> None:
    assert (said and spaced(said)) == text
