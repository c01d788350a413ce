"""Spark makes the same tables as DuckDB, value by value: `make test-spark`."""

import json
import math
import os
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pytest
import yaml
from conftest import ROOT, SCHEMA, TABLES, WITH_HISTORY, Outcome, Workshop, decisive, sparing

pytest.importorskip("pyspark", reason="make test-spark installs pyspark and runs this")

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from pyspark.sql import SparkSession

STRICT = ["--warn-error-options", '{"error": "all", "warn": ["LogTestResult"]}']
# What dbt-spark cannot run, and what README says to leave out therefore.
FITS = ["int_segmentation__clusters_fitted", "int_segmentation__purchases_predicted"]
WITHOUT_PYTHON = yaml.safe_load((ROOT / "examples" / "spark.yml").read_text(encoding="utf-8"))

Table = tuple[list[str], list[tuple]]


class Spark:
    """The project on Spark: session, tables and metastore in this process and in one folder."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.manifests: dict[tuple, Manifest] = {}

    def dbt(
        self,
        command: str,
        *words: str,
        schema: str = "main",
        target: str = "spark",
        **settings: object,
    ) -> dbtRunnerResult:
        """Runs a dbt command with these vars, every warning an error; reads the project once."""
        profiles = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
        profiles["customer_segmentation"]["outputs"]["spark"]["schema"] = schema
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profiles), encoding="utf-8")
        common = [
            *("--target", target, "--vars", json.dumps(settings)),
            *("--project-dir", str(ROOT), "--profiles-dir", str(self.folder)),
            *("--target-path", str(self.folder / "target")),
            *("--log-path", str(self.folder / "logs")),
        ]
        # What a test hands to a query of its own does not change the models.
        models = {name: v for name, v in settings.items() if name not in ("text", "texts")}
        key = (target, schema, decisive(models))
        with sparing(with_unit_tests=True):
            if key not in self.manifests:
                read = dbtRunner().invoke([*STRICT, "--no-partial-parse", "parse", *common])
                if not read.success:
                    return read
                self.manifests[key] = read.result
            runner = dbtRunner(manifest=self.manifests[key])
            return runner.invoke([*STRICT, command, *common, *words])

    @property
    def session(self) -> SparkSession:
        """The session that dbt has started."""
        return SparkSession.builder.getOrCreate()

    def table(self, name: str) -> Table:
        """Column names and rows of a relation."""
        frame = self.session.table(name)
        return frame.columns, [tuple(row) for row in frame.collect()]

    def tables(self, names: Iterable[str], schema: str = SCHEMA) -> dict[str, Table]:
        return {name: self.table(f"{schema}.{name}") for name in names}


def relations(outcome: Outcome) -> list[str]:
    """The names of all tables and views that a build on DuckDB left."""
    return [
        name
        for (name,) in outcome.ask(
            f"select table_name from information_schema.tables where table_schema = '{SCHEMA}'"
        )
    ]


def duckdb_tables(outcome: Outcome) -> dict[str, Table]:
    """Column names and rows of every relation that a build on DuckDB left."""
    tables = {}
    with duckdb.connect(str(outcome.database), read_only=True) as connection:
        connection.execute(f"set schema = '{SCHEMA}'")
        for name in relations(outcome):
            found = connection.execute(f"select * from {name}")
            tables[name] = ([column[0] for column in found.description], found.fetchall())
    return tables


def in_order(rows: list[tuple]) -> list[tuple]:
    """The rows by their exact values, and by doubles only where nothing else tells them apart."""
    return sorted(
        rows,
        key=lambda row: (
            [repr(cell) for cell in row if not isinstance(cell, float)],
            [cell for cell in row if isinstance(cell, float)],
        ),
    )


def is_same(one: object, other: object) -> bool:
    """Equal in type and value. Doubles to 12 digits: engines round the last bit of a logarithm."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return type(one) is type(other) and one == other


def assert_same(ours: dict[str, Table], theirs: dict[str, Table]) -> None:
    """Every relation has the same columns and the same rows, whatever their order."""
    assert ours.keys() == theirs.keys()
    found = {}
    for name, (columns, rows) in ours.items():
        their_columns, their_rows = theirs[name]
        assert columns == their_columns, name
        assert len(rows) == len(their_rows), name
        for row, their_row in zip(in_order(rows), in_order(their_rows), strict=True):
            differing = {
                column: (cell, their_cell)
                for column, cell, their_cell in zip(columns, row, their_row, strict=True)
                if not is_same(cell, their_cell)
            }
            if differing:
                found.setdefault(name, f"(Spark, DuckDB): {differing} in {row}")
    assert not found, "\n".join(f"{name} {first}" for name, first in found.items())


def assert_passes(result: dbtRunnerResult) -> None:
    assert result.success, result.exception or [
        f"{outcome.node.name}: {outcome.message}"
        for outcome in result.result.results
        if outcome.status in ("error", "fail")
    ]


def sentence(result: dbtRunnerResult) -> str:
    """The project's own sentence that stopped a command."""
    assert not result.success
    if result.exception:
        message = str(result.exception)
    else:
        [message] = [each.message for each in result.result.results if each.status == "error"]
    return message.split("customer_segmentation: ", 1)[1].splitlines()[0]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spark]:
    """Spark with nothing built. pyspark tells moments in this process's time zone: it is UTC."""
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_SPARK", str(folder / "warehouse"))
        # Java's second compiler costs more than it saves on hundreds of small queries; without it,
        # Java keeps too little space for what the first one makes of them.
        options = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"
        patch.setenv("JDK_JAVA_OPTIONS", options)
        patch.setenv("TZ", "UTC")
        time.tzset()
        yield Spark(folder)
    time.tzset()


@pytest.fixture(scope="module")
def unfitted(spark: Spark, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, dict]:
    """All tables of the demo without the fits: on Spark with data tests, and on DuckDB.

    Of the data tests those with SQL of this project's own; those of features are of the kinds that
    segmentations and marts have.
    """
    of_dbt = ("not_null", "unique", "accepted_values", "relationships")
    left_out = ["--exclude", "path:models/features,resource_type:test"]
    left_out += [f"test_name:{name}" for name in of_dbt]
    left_out += ["--exclude-resource-type", "unit_test"]
    assert_passes(spark.dbt("build", *left_out, **WITHOUT_PYTHON))
    workshop = Workshop(tmp_path_factory.mktemp("duckdb"))
    outcome = workshop.build_here(WITHOUT_PYTHON | WITH_HISTORY, only=TABLES)
    assert outcome.code == 0, outcome.err
    return spark.tables(relations(outcome)), duckdb_tables(outcome)


@pytest.fixture(scope="module")
def fitted(
    spark: Spark, unfitted: tuple, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict, dict]:
    """The same with k-means and predicted value, of which DuckDB lends the fits."""
    demo = Workshop(tmp_path_factory.mktemp("demo")).build_here(WITH_HISTORY, only=TABLES)
    assert demo.code == 0, demo.err
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        for fit in FITS:
            path = str(spark.folder / f"{fit}.parquet")
            connection.table(f"{SCHEMA}.{fit}").write_parquet(path)
            spark.session.read.parquet(path).write.saveAsTable(f"{SCHEMA}.{fit}")
    rest = [
        *("int_segmentation__feature_sets_listed+", "int_segmentation__features_unpivoted+"),
        *("int_segmentation__purchase_histories+", "int_segmentation__prediction_limits+"),
    ]
    # Their data tests have run: the tables are compared.
    assert_passes(spark.dbt("run", "--select", *rest, "--exclude", *FITS))
    return spark.tables(relations(demo)), duckdb_tables(demo)


def test_every_table_equals_duckdbs(unfitted):
    assert_same(*unfitted)


def test_seeds_keep_their_nulls(unfitted):
    ours, _ = unfitted
    columns, rows = ours["demo_transactions"]
    customers = [row[columns.index("customer_id")] for row in rows]
    assert customers.count(None) > 100
    assert "None" not in customers
    columns, rows = ours["rfm_segment_map"]
    assert "Can't Lose Them" in [row[columns.index("segment")] for row in rows]


def test_fits_are_applied_as_on_duckdb(fitted):
    assert_same(*fitted)


def test_dates_and_rates_are_found_by_the_same_rules(spark, fitted):
    """dbt's unit tests of what is read from a whole input; order lines are compared below."""
    models = [f"stg_segmentation__{name}" for name in ("as_of", "customer_date_formats")]
    models.append("stg_segmentation__exchange_rates")
    result = spark.dbt("test", "--select", *(f"test_type:unit,{model}" for model in models))
    assert_passes(result)
    assert len(result.result.results) >= 16


def test_nothing_is_left_in_the_project(unfitted):
    for name in ("metastore_db", "derby.log", "spark-warehouse", "warehouse.spark"):
        assert not (ROOT / name).exists(), name


# Rows that engines might read in different ways, as text and with types of their own.
ODD_ROWS = """
    select *, case when item = 'mug' then ' gbp ' else 'EUR' end as money
    from (
        values
        (12345678.0::double, 'A 1', 'gift_0001_20', '1', 10.5::double, '2024-02-29', true, 'x'),
        (12345678.0::double, 'A 1', 'gift_0001_20', '1', 10.5::double, '2024-02-29', true, 'x'),
        (12345678.0::double, 'A 1', 'gift_0001_20', '1', 10.5::double, '2024-02-29', false, 'x'),
        (17850.0::double, ' B\\2 ', 'it''s', ' +2 ', 0.1::double + 0.2::double,
            '2024-02-28 23:59:59.5', null, null),
        (17850.0::double, ' B\\2 ', 'it''s', '-2,', 0.3::double, '2024-02-29 23:59:59.4', null, ''),
        (17850.0::double, 'n/a', ' post ', ',5', 99.995::double, '2024-02-28T08:00', null, '${x}'),
        (1.5::double, '3.0', 'plate', '1,23455', 1.005::double, '2024-02-30', true, 'Zoë'),
        (123456789012.0::double, '"4"', null, '1.234,5', 0.00001::double, '1900-02-28', null,
            '\\n'),
        (null, '', 'mug', 'two', 2::double, '', null, 'a'),
        (null, null, 'mug', '1e3', null, null, null, 'A'),
        (3::double, '6', 'mug', '1' || chr(10), 1::double, '2024-03-01' || chr(10), null, 'b'),
        (3::double, '6', 'mug', '1', 1::double, '2024-03-01' || chr(10), null, 'b'),
        (3::double, '6.0' || chr(10), 'mug', '1', 1::double, '2024-02-29', null, 'b'),
        (2::double, '7', 'mug', ',9999', 0.00005::double, '2024-02-29', null, 'a'),
        (2::double, '5', 'mug', '99999999999999', 99999999999.0::double, '2024-01-01', null, 'a')
    ) as odd ("Kunden ""Nr"" `1`", order_no, item, quantity, "Unit Price", day, is_gift, note)
"""
ODD_SETTINGS = {
    "transactions": "shop.odd_lines",
    "transaction_columns": {
        "customer_id": 'Kunden "Nr" `1`',
        "order_id": "order_no",
        "product_id": "item",
        "quantity": "quantity",
        "unit_price": "Unit Price",
        "ordered_at": "day",
        "currency": "money",
        "unit_cost": "quantity",
        "discount_amount": "quantity",
    },
    "exchange_rates": "shop.rates",
    "decimal_separator": ",",
    "return_order_pattern": '^"[0-9]"$',
    "seed_overrides": {"service_codes": "shop.fees"},
    **WITHOUT_PYTHON,
}
FEES = """
    select * from (
        values ('Post', 'whole'), ('gift_0001_', 'start')
    ) as fees (product_code, matches)
"""
RATES = """
    select * from (
        values
        ('eur ', '1800-01-01'::date, 0.85370001::double),
        ('GBP', '1800-01-01'::date, 9999.12345678::double),
        ('Gbp', '2024-03-01'::date, 1e-8::double)
    ) as rates (currency, valid_from, rate)
"""


def test_odd_rows_are_read_as_on_duckdb(spark, workshop, tmp_path):
    """And the gate that they run into says the same, reason by reason."""
    assert_passes(spark.dbt("seed", "--select", "thresholds", schema="odd"))
    spark.session.sql("create schema if not exists shop")
    inputs = {"odd_lines": ODD_ROWS, "fees": FEES, "rates": RATES}
    with duckdb.connect(str(workshop.database)) as connection:
        connection.execute("create schema shop")
        for name, query in inputs.items():
            connection.execute(f"create table shop.{name} as {query}")
            connection.table(f"shop.{name}").write_parquet(str(tmp_path / name))
            frame = spark.session.read.parquet(str(tmp_path / name))
            frame.write.saveAsTable(f"shop.{name}")
    built = workshop.build_here(ODD_SETTINGS, only=TABLES)
    assert built.code == 0, built.err
    selected = ["--select", "+int_segmentation__sale_lines_matched"]
    done = spark.dbt("run", *selected, schema="odd", **ODD_SETTINGS)
    assert_passes(done)
    names = [outcome.node.name for outcome in done.result.results]
    assert len(names) >= 5
    theirs = duckdb_tables(built)
    assert_same(spark.tables(names, "odd_segmentation"), {name: theirs[name] for name in names})

    selected = ["--select", "stg_segmentation__transactions", "--indirect-selection", "buildable"]
    selected += ["--exclude-resource-type", "unit_test"]
    gated = sentence(spark.dbt("test", *selected, schema="odd", **ODD_SETTINGS))
    told = workshop.build_here(ODD_SETTINGS)
    assert told.code == 1
    assert gated.startswith(told.err.strip())


# Each is read as a date of every format, as a number and as an id.
WRITTEN = """
    2024-02-29|2024-02-30|2024-2-9|2024/02/29|2024.02.29 8:26|2024-02-29T23:59:59.5|2024-02-29 24:00
    2024-02-29 08:26:00.123456789|2024-02-29 8:26 PM|2024-02-29 12:00 am|2024-02-29 12:30 PM
    2024-02-29T10:00:00Z|2024-02-29T10:00:00.5+02:00|2024-02-29 01:30 -0330|2024-02-29 10:00+02
    2024-02-29 23:30:00.999999 UTC|0001-01-01|9999-12-31|1969-12-31 23:59:59.9|2024-02
    12/1/2010 8:26|1/12/2010|30-11-2010|30.11.10|11.30.69|1/1/70|29/02/1900|2/29/2000|13/13/2013
    20101201|20101301|2010120|20101201 08:26|40513|40513.3513888889|40513,5|99999|10000.999999999
    1|+1|-1.5|.5|2.|1.50000|1.23455|1e3|0x1F|NaN|Infinity|1,234.50|1.234,50|12 345|1'000|12,34,567
    0,123|$ 12.50|12.50 EUR|(12.50)|12.50-|−$12.50|(12,50) €|1,23|99999999999999.9999|10000000000000
    17850.0|17850,0|007|n/a|None|C 1|É1|ß|İ|a\\b|'|"|%|_|#
"""
READERS = """
    select
        written,
        {% for format in customer_segmentation.date_formats() -%}
        cast({{ customer_segmentation.timestamp_or_null('written', format) }} as string)
            as {{ format }},
        {% endfor -%}
        {% set separator = var('decimal_separator') -%}
        {% set number = customer_segmentation.tidy_number('written', separator) -%}
        cast({{ customer_segmentation.decimal_or_null(number, 18, 4) }} as string) as number,
        {{ customer_segmentation.currency_or_null('written') }} as currency,
        {{ customer_segmentation.clean_id(
            customer_segmentation.trim_blanks('written'), separator
        ) }} as id
    from (
        values
        {% for text in var('texts') -%}
        ({{ customer_segmentation.text_literal(text) }}){{ ',' if not loop.last }}
        {% endfor -%}
    ) as texts (written)
    order by written
"""


@pytest.mark.parametrize(
    "settings", [{}, {"decimal_separator": ",", "timezone": "Europe/Paris"}], ids=["point", "comma"]
)
def test_every_text_is_read_as_on_duckdb(spark, workshop, settings):
    texts = [text for line in WRITTEN.strip().splitlines() for text in line.strip().split("|")]
    texts += [f"{blank}7{blank}" for blank in " \t\n\r\u00a0\u2009"]
    query = ["--inline", READERS, "--limit", "-1"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGMENTATION_DB", str(workshop.database))
        results = {
            target: spark.dbt("show", *query, target=target, texts=texts, **settings)
            for target in ("spark", "dev")
        }
    tables = {}
    for target, result in results.items():
        assert_passes(result)
        found = result.result.results[0].agate_table
        tables[target] = {"texts": (list(found.column_names), [tuple(row) for row in found.rows])}
    assert len(tables["dev"]["texts"][1]) == len(texts)
    assert_same(tables["spark"], tables["dev"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {},
            "The var segmentations is '['rfm', 'kmeans', 'demographic', 'geographic', "
            "'psychographic', 'behaviour', 'value', 'lifecycle', 'hybrid']'; it takes neither "
            "kmeans nor psychographic on spark, where the Python model of k-means cannot run.",
        ),
        (
            WITHOUT_PYTHON | {"predict_value": True},
            "The var predict_value is 'True'; it takes false on spark, where the Python model of "
            "predicted value cannot run.",
        ),
        (
            WITHOUT_PYTHON | {"transactions": "data/lines.csv"},
            "The file data/lines.csv in the var transactions cannot be read on spark: load it into "
            "a table, and name that relation in the var.",
        ),
    ],
)
def test_what_spark_cannot_do_ends_in_a_sentence(spark, settings, says):
    first = "stg_segmentation__transactions_mapped"
    assert sentence(spark.dbt("run", "--select", first, schema="refused", **settings)) == says


@pytest.mark.parametrize(
    "text", ["Can't Lose Them", "a\\b", '"${x}"', "''", "\\'", "{x}", "Zoë\n%s %(x)s"]
)
def test_no_text_breaks_out_of_a_literal(spark, text):
    query = "select {{ customer_segmentation.text_literal(var('text')) }} as text"
    shown = spark.dbt("show", "--inline", query, text=text)
    assert_passes(shown)
    assert shown.result.results[0].agate_table.rows[0][0] == text


def test_without_java_it_ends_in_a_sentence(tmp_path):
    words = ["make", "--no-print-directory", "test-spark", f"JAVA_HOME={tmp_path}"]
    plain = os.environ | {"MAKEFLAGS": ""}
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=plain)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == (
        "Spark needs Java 17 or newer: install it, or name its folder in JAVA_HOME."
    )
