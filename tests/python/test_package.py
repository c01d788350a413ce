"""The package in a project of its user: integration_tests installs it, and must never notice us."""

import gc
import json
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest
import yaml
from conftest import MARTS, ROOT, Outcome, environment, fingerprints, run, sparing
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

STRICT = ("--warn-error-options", '{"error": "all", "warn": ["LogTestResult"]}')
NO_INPUT = "customer_segmentation: No input: name a relation or a file in the var transactions, or "


class Shop:
    """A copy of the package in a folder of its own, with the user's project in it."""

    def __init__(self, folder: Path):
        self.home = folder
        self.folder = folder / "package" / "integration_tests"
        self.database = folder / "shop.duckdb"
        self.manifests: dict[tuple, Manifest] = {}

    def run(self, *command: str | Path) -> Outcome:
        """Runs Python with these words in the user's project."""
        return run(command, self.home, self.database, self.folder)

    def dbt(self, *words: str) -> Outcome:
        """Runs dbt, with every warning an error."""
        return self.run("-m", "dbt.cli.main", *STRICT, *words)

    def dbt_here(self, *command: str, **settings: object) -> Outcome:
        """Runs dbt with these vars in this process, which reads the project once."""
        given = ["--vars", json.dumps(settings)]
        told: list[str] = []
        with sparing() as patch, chdir(self.folder):
            for name, value in environment(self.home, self.database).items():
                patch.setenv(name, value)
            key = ((self.folder / "dbt_project.yml").read_text(encoding="utf-8"), *given)
            callbacks = [lambda event: told.append(event.info.msg)]
            words = [*STRICT, "--log-level", "none"]
            try:
                if key not in self.manifests:
                    parse = [*words, "--no-partial-parse", "parse", *given]
                    read = dbtRunner(callbacks=callbacks).invoke(parse)
                    if not read.success:
                        return Outcome(1, f"{read.exception}", "", self.database)
                    self.manifests[key] = read.result
                runner = dbtRunner(self.manifests[key], callbacks)
                done = runner.invoke([*words, *command, *given])
            finally:
                DuckDBConnectionManager.close_all_connections()
                gc.collect()
        return Outcome(int(not done.success), "\n".join(told), "", self.database)

    def settings(self) -> dict:
        return yaml.safe_load((self.folder / "dbt_project.yml").read_text(encoding="utf-8"))

    def write(self, settings: dict) -> None:
        (self.folder / "dbt_project.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")

    def manifest(self) -> dict:
        return json.loads((self.home / "target" / "manifest.json").read_text(encoding="utf-8"))

    def tables(self, schema: str) -> set[str]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            rows = connection.execute(
                "select table_name from information_schema.tables where table_schema = $schema",
                {"schema": schema},
            ).fetchall()
        return {name for (name,) in rows}

    def fingerprints(self) -> dict[str, str]:
        """For each mart in the user's own schema a hash of all its rows, whatever their order."""
        return fingerprints(self.database, "main_crm")


@pytest.fixture(scope="module")
def built_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The user's project with the package, built once in an empty database. Leave it as it is."""
    shop = Shop(tmp_path_factory.mktemp("shop"))
    left_out = shutil.ignore_patterns(".*", "target", "logs", "dbt_packages", "*.duckdb*")
    shutil.copytree(ROOT, shop.home / "package", ignore=left_out)
    done = shop.dbt("deps")
    assert done.code == 0, done.out + done.err
    assert_passes(shop.dbt("build"))
    return shop


@pytest.fixture
def shop(built_shop: Shop, tmp_path: Path) -> Shop:
    """The user's project with the package installed and nothing built."""
    shop = Shop(tmp_path)
    shutil.copytree(built_shop.home / "package", tmp_path / "package", symlinks=True)
    shop.manifests = built_shop.manifests
    return shop


def assert_passes(done: Outcome) -> None:
    assert done.code == 0, done.out + done.err
    assert "WARN=0 ERROR=0 SKIP=0" in done.out


def test_installing_brings_the_package_and_no_environment(built_shop):
    package = built_shop.folder / "dbt_packages" / "customer_segmentation"
    assert package.is_symlink() or not (package / ".venv").exists()
    assert (package / "dbt_project.yml").read_text() == (ROOT / "dbt_project.yml").read_text()


def test_an_empty_database_gets_the_users_marts_and_nothing_of_ours(built_shop):
    """Beside the user's singular tests: what only the manifest and the database tell."""
    of_rfm = {mart for mart in MARTS if not mart.startswith(("cluster_", "prediction_"))}
    assert built_shop.tables("main_crm") == of_rfm
    manifest = built_shop.manifest()
    assert manifest["unit_tests"] == {}
    for kind in ("metrics", "semantic_models", "saved_queries"):
        assert manifest[kind] == {}
    # The front page of the user's docs site is the user's.
    assert "doc.customer_segmentation.__customer_segmentation__" in manifest["docs"]
    assert "doc.customer_segmentation.__overview__" not in manifest["docs"]
    switched_off = {
        *("demo_customers", "demo_planted_attitudes", "demo_planted_groups", "demo_transactions"),
        "online_retail_service_codes",
    }
    everywhere = set().union(
        *(built_shop.tables(f"main{name}") for name in ("", "_crm", "_raw", "_segmentation"))
    )
    assert not everywhere & (switched_off | set(MARTS) - of_rfm)
    seeds = [node for node in manifest["nodes"].values() if node["resource_type"] == "seed"]
    assert not {seed["name"] for seed in seeds} & switched_off


def test_the_comments_of_tables_stay_the_users(built_shop):
    """At home, the package writes the invocation into them."""
    comments = "select comment from duckdb_tables() union all select comment from duckdb_views()"
    with duckdb.connect(str(built_shop.database), read_only=True) as connection:
        found = connection.execute(f"select count(*), count(comment) from ({comments})").fetchall()
    assert found[0][0] > 40 and found[0][1] == 0


def test_each_project_means_its_own_models(built_shop):
    """Of the user's models the package reads those that a var names, whatever they are called."""
    manifest = built_shop.manifest()
    theirs = {name.split(".")[2] for name in manifest["nodes"] if name.startswith("model.shop.")}
    assert theirs >= {"customers", "orders", "customer_orders", "customer_segments"}
    parents = {
        parent
        for child, its_parents in manifest["parent_map"].items()
        if child.split(".")[1] == "customer_segmentation"
        for parent in its_parents
    }
    assert {parent for parent in parents if ".customer_segmentation." not in parent} == {
        "model.shop.order_lines",
        "seed.shop.tier_definitions",
        "seed.shop.tier_map",
    }


def test_a_second_build_changes_nothing(built_shop, shop):
    shutil.copy(built_shop.database, shop.database)
    assert_passes(shop.dbt_here("build"))
    assert shop.fingerprints() == built_shop.fingerprints()


def test_a_database_that_holds_the_demo_gives_the_same(demo, built_shop, shop):
    shutil.copy(demo.database, shop.database)
    assert_passes(shop.dbt_here("build"))
    assert shop.fingerprints() == built_shop.fingerprints()


def test_a_source_serves_as_well_as_a_model(built_shop, shop):
    shutil.copy(built_shop.database, shop.database)
    source = "{{ source('shop', 'raw_order_lines') }}"
    assert_passes(shop.dbt_here("build", transactions=source))
    parents = shop.manifest()["parent_map"][
        "model.customer_segmentation.stg_segmentation__transactions_mapped"
    ]
    assert "source.shop.shop.raw_order_lines" in parents
    assert "model.shop.order_lines" not in parents
    assert shop.fingerprints() == built_shop.fingerprints()


def test_kmeans_value_and_customers_may_be_there(shop):
    """The user's own model of customers is the second input, and brings four without an order."""
    done = shop.dbt_here(
        *("build", "--exclude", "package:shop,resource_type:test"),
        segmentations=["rfm", "kmeans", "geographic", "value"],
        customers="{{ ref('shop', 'customers') }}",
        customer_columns={"customer_id": "customer_no", "country": "country_code"},
    )
    assert_passes(done)
    assert done.ask(
        "select distinct has_record, continent from main_crm.customer_segments where has_record"
    ) == [(True, "Europe")]
    assert done.ask(
        "select customer_status, count(*) from main_crm.customer_segments group by all order by all"
    )[1] == ("prospect", 4)
    assert shop.tables("main_crm") == set(MARTS)
    assert done.one(
        "select count(*) > 0 and count(kmeans_segment) = count(*) from seg_kmeans "
        "inner join main_crm.customer_segments using (customer_id)"
    )


def test_without_inputs_all_but_a_build_works_and_a_build_says_what_is_missing(shop):
    """A sentence that names the var, and the demo nowhere."""
    settings = shop.settings()
    del settings["vars"]
    shop.write(settings)
    done = shop.dbt("deps")
    assert done.code == 0, done.out + done.err
    for command in ("parse", "list"):
        done = shop.dbt_here(command)
        assert done.code == 0, done.out
    done = shop.dbt_here("build")
    assert done.code != 0
    assert NO_INPUT in done.out
    assert "ERROR=1 " in done.out
    assert shop.tables("main_crm") == set()
    # What the user's project makes without the package is made.
    assert shop.tables("main_shop") == {"customers", "orders", "order_lines", "customer_orders"}
    assert done.ask("select count(*) from main_shop.customers") == [(60,)]


def test_names_that_only_the_package_has_need_no_flag(shop):
    """The flag in integration_tests is for its models named as ours; a clash is never silent."""
    settings = shop.settings()
    del settings["flags"]["require_ref_searches_node_package_before_root"]
    shop.write(settings)
    clash = shop.dbt_here("parse")
    assert clash.code != 0
    assert "depends on the root project node" in clash.out

    shutil.rmtree(shop.folder / "tests")
    described = yaml.safe_load((shop.folder / "models/_models.yml").read_text(encoding="utf-8"))
    for name in ("customer_orders", "customer_segments"):
        (shop.folder / f"models/{name}.sql").unlink()
        described["models"] = [each for each in described["models"] if each["name"] != name]
    (shop.folder / "models/_models.yml").write_text(yaml.safe_dump(described), encoding="utf-8")
    done = shop.dbt_here("parse")
    assert done.code == 0, done.out


def test_metrics_are_there_when_they_are_asked_for(built_shop, shop):
    """Until then the user may have metrics of the same names; the time spine is always theirs."""
    own = dedent("""\
        models:
          - name: days
            time_spine: {standard_granularity_column: day_on}
            columns: [{name: day_on, granularity: day}]
        semantic_models:
          - name: customers
            model: ref('shop', 'orders')
            defaults: {agg_time_dimension: sold_at}
            entities: [{name: order, type: primary, expr: order_no}]
            dimensions: [{name: sold_at, type: time, type_params: {time_granularity: day}}]
            measures: [{name: customers, agg: count, expr: order_no}]
        metrics:
          - {name: customers, label: Mine, type: simple, type_params: {measure: customers}}
    """)
    folder = shop.folder / "models"
    (folder / "days.sql").write_text("select date '2024-01-01' as day_on", encoding="utf-8")
    (folder / "_metrics.yml").write_text(own, encoding="utf-8")
    done = shop.dbt_here("parse", metrics=False)
    assert done.code == 0, done.out
    assert list(shop.manifest()["metrics"]) == ["metric.shop.customers"]
    assert len(shop.manifest()["semantic_models"]) == 1

    (folder / "_metrics.yml").write_text(own.replace("customers", "own_customers"))
    shutil.copy(built_shop.database, shop.database)
    assert_passes(shop.dbt_here("build", "--select", "customer_segmentation.metrics", metrics=True))
    manifest = shop.manifest()
    assert len(manifest["metrics"]) > 10
    spines = [node["name"] for node in manifest["nodes"].values() if node.get("time_spine")]
    assert spines == ["days"]


def test_nothing_is_deprecated_where_it_is_installed(shop):
    """Not in a user's project either, with dbt's check of it switched on for DuckDB."""
    done = shop.run(ROOT / "tests/python/parse_for_deprecations.py")
    assert done.code == 0, done.out + done.err


def test_the_shops_seeds_are_what_the_generator_writes(tmp_path):
    seeds = ROOT / "integration_tests" / "seeds"
    subprocess.run([sys.executable, seeds / "generate.py", "--output", tmp_path], check=True)
    for name in ("raw_customers.csv", "raw_order_lines.csv"):
        assert (tmp_path / name).read_bytes() == (seeds / name).read_bytes()
