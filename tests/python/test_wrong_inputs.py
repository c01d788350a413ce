"""A wrong input ends in one sentence on standard error, and leaves every mart as it was."""

import gzip
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest
from conftest import ALL, DEMO, ROOT, SCHEMA, Outcome, environment, run
from dbt.cli.main import dbtRunner, dbtRunnerResult

from segmentation.dbt import run as run_dbt
from segmentation.errors import UserError, sentence_of
from segmentation.report import write_report, written_beside

HEADING, *LINES = DEMO.read_text(encoding="utf-8").splitlines()
MAPPING = dict(zip(HEADING.split(","), HEADING.split(","), strict=True))


def write(folder: Path, lines: list[str], name: str = "input.csv", heading: str = HEADING) -> Path:
    path = folder / name
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return path


def assert_refused(marts: dict[str, str], refused: Outcome, *says: str) -> None:
    assert refused.code != 0
    sentence = refused.err.strip()
    assert "\n" not in sentence, f"more than a sentence on standard error:\n{sentence}"
    assert sentence.endswith("."), sentence
    assert "Error" not in sentence.split("(")[0], sentence
    for word in says:
        assert word in sentence, sentence
    assert refused.fingerprints() == marts


def test_the_whole_program(marts, built, tmp_path):
    """What the program and what dbt finds, by `make build`; all others run in this process."""
    absent = built.build(transactions=tmp_path / "no'where.csv")
    assert_refused(marts, absent, "There is no file", "no'where.csv")
    stopped = built.build({"max_rejected_share": 0.001}, write(tmp_path, LINES[::2]))
    assert_refused(marts, stopped, "max_rejected_share", "ordered_at unreadable")


def test_a_file_that_is_cut_off(marts, built, tmp_path):
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(DEMO.read_bytes())[:100_000])
    assert_refused(marts, built.build_here(transactions=path), "cannot be read", "cut.csv.gz")


@pytest.mark.parametrize("ending", ["xls", "json", "zip"])
def test_a_file_of_an_unknown_kind(marts, built, tmp_path, ending):
    path = tmp_path / f"orders.{ending}"
    path.write_text("x")
    assert_refused(marts, built.build_here(transactions=path), "save it as .csv")


def test_a_relation_that_is_not_there(marts, built):
    assert_refused(marts, built.build_here(transactions="no_such_table"), "no_such_table")


def test_a_file_that_is_no_parquet(marts, built, tmp_path):
    path = tmp_path / "fake.parquet"
    path.write_bytes(b"PAR1 this is not Parquet")
    assert_refused(marts, built.build_here(transactions=path), "cannot be read")


def test_a_file_that_is_no_workbook(marts, built, tmp_path):
    """A workbook with a password is no zip archive, but a container of the old kind."""
    path = tmp_path / "fake.xlsx"
    openpyxl.Workbook().save(path)
    with_a_password = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
    for content in (b"", b"not a workbook", with_a_password, path.read_bytes()[:3_000]):
        path.write_bytes(content)
        refused = built.build_here(transactions=path)
        assert_refused(marts, refused, "fake.xlsx", "cannot be read", "password")


def test_a_workbook_without_rows(marts, built, tmp_path):
    path = tmp_path / "empty.xlsx"
    book = openpyxl.Workbook()
    book.save(path)
    refused = built.build_here(transactions=path)
    assert_refused(marts, refused, "The workbook", "empty.xlsx", "has no rows")
    book.active.append(HEADING.split(","))
    book.save(path)
    refused = built.build_here(transactions=path)
    assert_refused(marts, refused, "transactions has no rows")


def test_a_workbook_without_the_columns(marts, built, tmp_path):
    """The sentence tells the first sheet's headings."""
    path = tmp_path / "notes.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["About", "this"])
    book.create_sheet("more").append(["What", "else"])
    book.save(path)
    refused = built.build_here(transactions=path)
    assert_refused(marts, refused, 'no column "customer_id"', "it has: About, this.")


def test_a_byte_that_is_not_utf8(marts, built, tmp_path):
    path = tmp_path / "latin.csv"
    line = "O1,P-1,Caf\xe9,1,2.00,2024-12-30 10:00,C1,France"
    path.write_bytes("\n".join([HEADING, *LINES[:2000], line]).encode("latin-1"))
    assert_refused(marts, built.build_here(transactions=path), "UTF-8")


def test_a_line_with_a_column_too_many(marts, built, tmp_path):
    path = write(tmp_path, [*LINES, LINES[0] + ",more"])
    refused = built.build_here(transactions=path)
    assert_refused(marts, refused, f"Line {len(LINES) + 2} ", "has 9 columns", "the heading 8")


def test_a_layout_for_one_of_the_inputs(marts, built, tmp_path):
    """What looks for the line at fault reads the file as the build did."""
    path = write(tmp_path, ["", HEADING, *LINES[:50]], heading="Orders of January")
    refused = built.build_here({"encoding": {"transactions": "latin-1"}}, transactions=path)
    assert_refused(marts, refused, "cannot be divided into columns")


@pytest.mark.parametrize("given", [7, 9])
def test_headings_that_are_too_few_or_too_many(marts, built, tmp_path, given):
    headings = [*HEADING.split(","), "more"][:given]
    path = write(tmp_path, LINES[1:], heading=LINES[0])
    refused = built.build_here({"transaction_headings": headings}, transactions=path)
    assert_refused(
        marts, refused, f"transaction_headings names {given} columns", "transactions has 8"
    )


def test_an_aligned_line_with_a_column_too_few(marts, built, tmp_path):
    path = write(tmp_path, ["a 5 2024-01-01", "b 5"], "aligned.txt", "who money day")
    mapping = {"customer_id": "who", "amount": "money", "ordered_at": "day"}
    refused = built.build_here({"transaction_columns": mapping, "delimiter": "whitespace"}, path)
    assert_refused(marts, refused, "has 2 columns and the headings are 3", "delimiter")


def test_a_heading_without_rows(marts, built, tmp_path):
    refused = built.build_here(transactions=write(tmp_path, []))
    assert_refused(marts, refused, "transactions has no rows")


def test_a_column_that_the_input_lacks(marts, built, tmp_path):
    # The column is called as an earlier alias is: unqualified it would silently read that one.
    heading = HEADING.replace("unit_price", "price")
    refused = built.build_here(transactions=write(tmp_path, LINES, heading=heading))
    assert_refused(marts, refused, '"unit_price"', "order_id, product_id", "price")


@pytest.mark.parametrize("needed", ["customer_id", "ordered_at", "unit_price"])
def test_a_missing_mapping(marts, built, needed):
    mapping = {name: column for name, column in MAPPING.items() if name != needed}
    refused = built.build_here({"transaction_columns": mapping})
    assert_refused(marts, refused, needed, "transaction_columns")


def test_a_mapping_of_an_unknown_name(marts, built):
    refused = built.build_here({"transaction_columns": MAPPING | {"custmer": "customer_id"}})
    assert_refused(marts, refused, "'custmer'", "customer_id, order_id")


def test_too_many_rejected_rows(marts, built, tmp_path):
    """5 % and no more: the sentence gives the rule and the counts by reason."""
    good = [f"O{i},P-1,Mug,1,2.00,2024-12-{i % 28 + 1:02} 10:00,C{i},France" for i in range(94)]
    bad = ["X1,P-1,Mug,two,2.00,2024-12-01 10:00,C1,France"] * 4
    bad += ["X2,P-1,Mug,1,2.00,never,C1,France"] * 2
    refused = built.build_here(transactions=write(tmp_path, good + bad))
    assert_refused(
        marts,
        refused,
        "6 of 100 rows",
        "max_rejected_share",
        "quantity unreadable 4, ordered_at unreadable 2",
    )
    assert built.build_here(transactions=write(tmp_path, good + bad[:4])).code == 0


def test_several_currencies(marts, built, tmp_path):
    lines = [f"{line},{'EUR' if number % 3 else 'GBP'}" for number, line in enumerate(LINES[:300])]
    refused = built.build_here(
        {"transaction_columns": MAPPING | {"currency": "currency"}},
        write(tmp_path, lines, heading=HEADING + ",currency"),
    )
    assert_refused(marts, refused, "2 currencies", "EUR", "GBP", "the var exchange_rates")


def test_several_currencies_beside_the_amounts(marts, built, tmp_path):
    """Also where the input has no column of currencies."""
    prices = ("£2.00", "2.00 EUR", "£3.00", "4.00")
    lines = [
        f"O{i},P-1,Mug,1,{price},2024-12-0{i} 10:00,C{i},France"
        for i, price in enumerate(prices, 1)
    ]
    refused = built.build_here(transactions=write(tmp_path, lines))
    assert_refused(marts, refused, "2 currencies", "£ 2, EUR 1")


IN_TWO = [
    f"O{day},P-1,Mug,1,2.00,2024-03-{day:02} 10:00,C{day % 9},France,{'GBP' if day % 3 else 'eur'}"
    for day in range(1, 31)
]
EUROS = ["EUR,2024-01-01,1"]


@pytest.mark.parametrize(
    ("lines", "rates", "says"),
    [
        (
            IN_TWO,
            [*EUROS, "GBP,2024-03-05,1.15"],
            ["no exchange rate for GBP on 2024-03-01 (rows: 1,", "rate: 2): add it"],
        ),
        (
            [*IN_TWO, *["O1,P-1,Mug,1,2.00,2024-03-01 11:00,,France,GBP"] * 2],
            EUROS,
            ["for GBP on 2024-03-01 (rows: 3,", "without a rate: 19)"],
        ),
        (
            [*IN_TWO, "O1,P-1,Mug,1,2.00,2024-02-01 11:00,C1,France,"],
            [*EUROS, "GBP,2024-01-01,1.15"],
            ["no currency", "on 2024-02-01 (rows: 1,", "without a rate: 0)"],
        ),
        (
            IN_TWO,
            [*EUROS, "GBP,2024-01-01,1.15", 'GBP,2024-03-05,"1,16"', "gbp,2024-01-01,1"],
            ["cannot be used (3)", "such as GBP, 2024-01-01, 1.15 (the currency has another row"],
        ),
    ],
    ids=["a rate too late", "guests and copies count", "no currency", "rates that are none"],
)
def test_exchange_rates_that_do_not_do(marts, built, tmp_path, lines, rates, says):
    settings = {
        "transaction_columns": MAPPING | {"currency": "currency"},
        "exchange_rates": str(write(tmp_path, rates, "rates.csv", "currency,valid_from,rate")),
    }
    path = write(tmp_path, lines, heading=HEADING + ",currency")
    assert_refused(marts, built.build_here(settings, path), *says)


@pytest.mark.parametrize(
    ("name", "heading", "says"),
    [
        ("rates.csv", "cur,valid_from,rate", ['no column "currency"', "have: cur, valid_from"]),
        ("rates.xlsx", "currency,valid_from,rate", ["workbook", "save its sheet as .csv"]),
        (None, "", ["no file", "correct the path in the var exchange_rates"]),
    ],
)
def test_exchange_rates_that_cannot_be_read(marts, built, tmp_path, name, heading, says):
    path = write(tmp_path, EUROS, name, heading) if name else tmp_path / "none.csv"
    assert_refused(marts, built.build_here({"exchange_rates": str(path)}), *says)


def test_dates_that_could_be_others(marts, built, tmp_path):
    """3/4/2024 in the wrong order would move orders by months without a trace."""
    dates = ["3/3/2024", "3/4/2024", "5/4/2024", "12/12/2024", "31/31/2024"]
    lines = [f"O{i},P-1,Mug,1,2.00,{date},C{i},France" for i, date in enumerate(dates)]
    refused = built.build_here(transactions=write(tmp_path, lines))
    assert_refused(marts, refused, "such as 3/4/2024", "date_format to month_first or day_first")


def test_one_order_in_a_far_year(marts, built, tmp_path):
    """One typing error must not make every customer Lost."""
    line = "O1,P-1,Mug,1,2.00,2031-01-01 10:00,C1,France"
    refused = built.build_here(transactions=write(tmp_path, [line, *LINES]))
    assert_refused(marts, refused, "2031-01-02", "max_as_of_gap_days", "as_of_date")


def test_an_as_of_date_before_the_data(marts, built):
    assert_refused(marts, built.build_here({"as_of_date": "2020-01-01"}), "as_of_date")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("as_of_date", "2023-02-29"),
        ("monetary_basis", "profit"),
        ("cancellation_days", "one"),
        ("max_days_without_orders", 0),
        ("max_rejected_share", 5),
        ("rfm_bins", 1),
        ("rfm_bins", "many"),
        ("kmeans_k", True),
        ("rfm_bins", 4),
        ("segmentations", "rfm"),
        ("segmentations", ["rfm", "basket"]),
        ("feature_sets", {"rfm": ["recency_days"]}),
        ("feature_sets", {"rfm": {"features": ["charm"], "scaling": "none"}}),
        ("feature_sets", {"rfm": {"features": ["monetary"], "scaling": "sqrt"}}),
        ("feature_sets", {"basket": {"features": ["monetary"], "scaling": "none"}}),
        ("return_order_pattern", "^(C"),
        ("seed_overrides", {"fees": "x"}),
        ("monetry_basis", "net"),
        ("encoding", "ascii"),
        ("delimiter", 5),
        ("delimiter", "<-->-"),
        ("transaction_headings", "who"),
        ("transaction_headings", ["who", "Who"]),
        ("decimal_separator", ";"),
        ("decimal_separator", None),
        ("date_format", "mdy"),
        ("date_format", ["iso"]),
        ("timezone", "Mars/Olympus"),
        ("timezone", None),
        ("exchange_rates", ["rates.csv"]),
        ("history_months", "two years"),
        ("rfm_window_months", "twelve"),
        ("fiscal_year_month", "February"),
    ],
)
def test_a_wrong_setting(marts, built, name, value):
    words = built.words({name: value}, None)
    refused = built.run_here("build", *words, runner=dbtRunner)
    assert_refused(marts, refused, "seg_basket" if value == ["rfm", "basket"] else name)


def test_a_map_with_a_hole(marts, built):
    """The seed's own tests stand before every model, so that no mart changes."""
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(
            f"create table holes as from {SCHEMA}.rfm_segment_map where segment <> 'Lost'"
        )
    refused = built.build_here({"seed_overrides": {"rfm_segment_map": "holes"}})
    assert_refused(marts, refused, "assert_segment_map_covers_each_cell_once")


def test_a_colour_that_is_none(built):
    """Charts would end in an error, after everything is built."""
    with duckdb.connect(str(built.database)) as connection:
        connection.execute(
            f"""
            create table coloured as
            select * replace (case segment when 'Lost' then 'red' else colour end as colour)
            from {SCHEMA}.segment_definitions
            """
        )
    only = ("--select", "segment_directory", "--indirect-selection", "cautious", *ALL)
    settings = {"seed_overrides": {"segment_definitions": "coloured"}}
    refused = built.build_here(settings, only=only)
    assert refused.code == 1 and "segment_colours_are_written_as_in_1b5e20" in refused.err


def test_a_seed_override_that_is_not_there(marts, built):
    refused = built.build_here({"seed_overrides": {"rfm_segment_map": "my_map"}})
    assert_refused(marts, refused, "my_map")


@pytest.mark.parametrize(
    "makes",
    [
        "select 1",
        "create table build_info as select 1 as other",
        "create table build_info as select 5 as minimum_cell limit 0",
        "create table build_info as select unnest([5, 5]) as minimum_cell",
        None,
    ],
    ids=["no build_info", "another build_info", "no row", "two rows", "no DuckDB"],
)
def test_a_report_of_a_file_of_somebody_else(tmp_path, makes):
    file = tmp_path / "segments.duckdb"
    if makes:
        with duckdb.connect(str(file)) as connection:
            connection.execute(makes)
    else:
        file.write_text("PAR1")
    with pytest.raises(UserError, match=r"is no file that this project published: run `make build"):
        write_report(tmp_path)


def test_a_report_that_is_written_beside_tells_its_own_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_PUBLIC", str(tmp_path))
    with pytest.raises(UserError, match=r"^There is no .* run `make build`\.$"), written_beside():
        pass
    # Where the caller fails, too, what it says comes first.
    with pytest.raises(UserError, match="the caller"), written_beside():
        raise UserError("the caller")


def test_nothing_follows_the_sentence(workshop):
    """Modules that complain while Python ends write past sys.stderr."""
    complain = "atexit.register(os.write, 2, b'leaked'); sys.argv[1:] = ['report']"
    program = "runpy.run_module('segmentation', run_name='__main__')"
    words = ("-c", f"import atexit, os, runpy, sys; {complain}; {program}")
    refused = run(words, workshop.folder, workshop.database, ROOT)
    assert refused.code == 1
    assert refused.err.startswith("There is no ") and refused.err.endswith("run `make build`.\n")


def test_ctrl_c_ends_in_a_sentence(workshop):
    words = [sys.executable, "-m", "segmentation", "build"]
    with subprocess.Popen(
        words,
        cwd=ROOT,
        env=environment(workshop.folder, workshop.database),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        for line in program.stdout:
            if "stg_segmentation__transactions" in line:
                program.send_signal(signal.SIGINT)
                break
        program.stdout.read()
        said = program.stderr.read()
    assert program.returncode == 130
    assert said.strip().splitlines()[-1].startswith("Stopped:")


def test_ctrl_c_while_dbt_reads_the_project_is_one(workshop):
    """What makes objects of YAML for dbt wraps it, and dbt wraps that."""

    class Interrupted(dbtRunner):
        def invoke(self, words: list[str]) -> dbtRunnerResult:
            try:
                try:
                    raise KeyboardInterrupt
                except KeyboardInterrupt:
                    raise ValueError("a field is wrong")  # noqa: B904 - as that package does
            except ValueError as error:
                failed = RuntimeError("Compilation Error")
                failed.__cause__ = error
                return dbtRunnerResult(success=False, exception=failed)

    stopped = workshop.run_here("build", runner=Interrupted)
    assert stopped.code == 130 and stopped.err.startswith("Stopped:")


def test_ctrl_c_while_the_report_is_written_says_what_is_published(workshop, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("segmentation.report.write_report", interrupted)
    for command, says in (("publish", "what is published is whole"), ("report", "nothing was cha")):
        stopped = workshop.run_here(command)
        assert (stopped.code, stopped.err.count("\n")) == (130, 1)
        assert stopped.err.startswith(f"Stopped: {says}")


def test_what_nobody_expects_is_told_whole_in_the_log(workshop, monkeypatch):
    def broken(*_: object) -> None:
        raise ValueError("a number that is none")

    monkeypatch.setattr("segmentation.report.write_report", broken)
    failed = workshop.run_here("report")
    said = "The command failed (a number that is none); logs/dbt.log has the whole story.\n"
    assert (failed.code, failed.err) == (1, said)
    log = (workshop.folder / "logs" / "dbt.log").read_text(encoding="utf-8")
    assert "Traceback" in log and "in broken" in log and "a number that is none" in log


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [1\n", "as_of_date: 2024-02-31\n", ""])
def test_a_vars_file_that_is_none(marts, built, tmp_path, text):
    path = tmp_path / "broken.yml"
    path.write_text(text)
    refused = built.run_here("build", "--vars", str(path))
    if text:
        assert_refused(marts, refused, "broken.yml")
    else:
        assert refused.code == 1 and "holds no vars" in refused.err


def test_a_database_that_is_none(workshop):
    workshop.database.write_text("not a database")
    refused = workshop.build_here()
    assert refused.code == 1
    assert refused.err.startswith(f"{workshop.database} is not a DuckDB database")
    assert workshop.database.read_text() == "not a database"
    # A path so short that the words before it are as near to the end.
    short = 'IO Error: The file "/x" exists, but it is not a valid DuckDB database file!'
    assert sentence_of(short).startswith("/x is not a DuckDB database")


@pytest.mark.parametrize("name", ["it's", 'a "shop"'])
def test_a_folder_where_dbt_reads_no_seed_is_named(monkeypatch, tmp_path, name):
    monkeypatch.setattr("segmentation.dbt.ROOT", tmp_path / name)
    with pytest.raises(UserError, match="a quotation mark in its name: move the project") as told:
        run_dbt(["build"], {})
    assert f"{tmp_path / name}" in str(told.value)


def test_a_database_with_quotation_marks_in_its_name_is_named_whole():
    path = '/a "b"/c.duckdb'
    locked = f'IO Error: Could not set lock on file "{path}": Conflicting lock is held in python'
    assert sentence_of(locked).startswith(f"The database {path} is open in another program")


def test_the_words_of_a_failure_fit_every_command():
    """While it documents, dbt names the model in its message only."""
    told = (
        "Runtime Error\n  Runtime Error in model {} (models/{}.sql)\n    "
        "IO Error: Unexpected end of GZIP stream: cut.csv.gz"
    )
    staging = sentence_of(told.replace("{}", "stg_segmentation__customers"))
    assert staging.startswith("The input cannot be read (Unexpected end of GZIP stream: cut.csv")
    mart = sentence_of(told.replace("{}", "segment_summary"))
    assert mart.startswith("The command failed in segment_summary (Unexpected end of GZIP")


def test_a_page_of_a_message_is_no_sentence():
    assert 300 < len(sentence_of("Compilation Error: " + "a dictionary of everything, " * 99)) < 400
