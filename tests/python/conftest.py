"""What the tests of whole builds share: one build of the demo, and how to build anything else."""

import contextlib
import csv
import gc
import hashlib
import importlib.util
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import duckdb
import pytest
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import ParsedNode
from dbt.parser.schemas import ParseResult
from dbt.parser.unit_tests import UnitTestParser
from dbt_common.clients import agate_helper
from dbt_common.dataclass_schema import dbtClassMixin
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.tests import enable_test_caching
from jinja2 import Environment
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

import segmentation.dbt
import segmentation.docs
import segmentation.publish
import segmentation.report
from segmentation.cli import COMMANDS, main

# Manifests stay until the end: looking among them for what to free takes a tenth of the time.
gc.set_threshold(200_000, 50, 100)
# A shell that runs tests in the background has them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "seeds" / "demo" / "demo_transactions.csv"
RECORDS = ROOT / "seeds" / "demo" / "demo_customers.csv"
# What the demo's records hold besides canonical columns, for who names them as their own input.
LISTED = {
    "psychographic_columns": [
        *("survey_quality", "survey_price", "survey_novelty", "survey_convenience"),
        "survey_sustainability",
    ],
    "attribute_columns": {"loyalty_tier": "text", "newsletter_opens": "number"},
}
SCHEMA = "main_segmentation"
# What browsers have shown, for who looks; git ignores it.
PICTURES = ROOT / "target" / "pictures"
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--hide-scrollbars",
]
MARTS = sorted(
    model["name"]
    for path in ("models/marts/_marts.yml", "models/history/_history.yml")
    for model in yaml.safe_load((ROOT / path).read_text())["models"]
)
# Where history is not what a test looks at, and where it is.
WITHOUT_HISTORY = {"history_months": 0}
WITH_HISTORY = {"history_months": 24}


# What build_here runs of a build. ALL: everything but dbt's unit tests. RULES: of the data tests
# those of staging, the gates among them, and those that are queries of their own. TABLES: no tests.
# STAGED: what reads the inputs, its tests, and where each row went; without the summary.
ALL = ("--exclude-resource-type", "unit_test")
RULES = (
    *("--select", "resource_type:seed", "resource_type:model", "path:models/staging", "path:tests"),
    *("--indirect-selection", "empty", *ALL),
)
TABLES = ("--exclude-resource-type", "test", *ALL)
STAGED = (
    *("--select", "+path:models/staging", "input_reconciliation", "--exclude", "path:seeds/demo"),
    *("--exclude", "resource_type:test,path:seeds", "path:tests/segmentations"),
    *("--indirect-selection", "cautious", *ALL),
)

# Vars that tell how rows are read and counted, and not which models there are.
READING = {
    "cancellation_days",
    "fiscal_year_month",
    "kmeans_k",
    "monetary_basis",
    "return_order_pattern",
    "transactions",
    "customers",
    "customer_columns",
    "transaction_columns",
    "transaction_headings",
    "encoding",
    "delimiter",
    "decimal_separator",
    "date_format",
    "timezone",
    "duplicates",
    "as_of_date",
    "max_rejected_share",
    "acknowledged_columns",
}


@dataclass
class Outcome:
    """What a command left: exit code, what it printed, and the database it worked on."""

    code: int
    out: str
    err: str
    database: Path

    def ask(self, query: str, **parameters: object) -> list[tuple]:
        """Rows of a query, with the marts' names as they are."""
        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute(f"set schema = '{SCHEMA}'")
            return connection.execute(query, parameters).fetchall()

    def one(self, query: str, **parameters: object) -> object:
        """The single value of a query."""
        [(value,)] = self.ask(query, **parameters)
        return value

    def fingerprints(self, leave_out: tuple[str, ...] = ()) -> dict[str, str]:
        """For each mart that is there a hash of all its rows, whatever their order."""
        return fingerprints(self.database, SCHEMA, leave_out)


def fingerprints(database: Path, schema: str, leave_out: tuple[str, ...] = ()) -> dict[str, str]:
    """For each mart that is in the schema a hash of all its rows, whatever their order."""
    lines = "select md5(mart::text) as line from {0} as mart"
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute(f"set schema = '{schema}'")
        tables = "select table_name from duckdb_tables() where schema_name = $schema"
        there = connection.execute(tables, {"schema": schema}).fetchall()
        return {
            mart: connection.execute(
                f"select md5(string_agg(line order by line)) from ({lines.format(mart)})"
            ).fetchone()[0]
            for mart in MARTS
            if (mart,) in there and mart not in leave_out
        }


def fingerprint(rows: list[tuple]) -> str:
    """A hash of the rows to the last digit, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def environment(folder: Path, database: Path) -> dict[str, str]:
    """This process's environment, with a database and what builds leave behind in a folder."""
    return os.environ | {
        "SEGMENTATION_DB": str(database),
        "SEGMENTATION_PUBLIC": str(folder / "public"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "NO_COLOR": "1",
    }


def run(
    command: Sequence[str | Path], folder: Path, database: Path, home: Path, **more: str
) -> Outcome:
    """Runs Python with these words in the project at home; see environment for the rest."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=home,
        capture_output=True,
        text=True,
        env=environment(folder, database) | more,
    )
    return Outcome(done.returncode, done.stdout, done.stderr, database)


# A process reads the project many times. What dbt makes of a text with Jinja in it and whether YAML
# has the keys that it may have, half the time of reading, does not change meanwhile.
enable_test_caching()  # of the macros that a text calls
COMPILED: dict[tuple, object] = {}
compile_text = Environment.compile
VALID: set[tuple[type, str]] = set()
validate_keys = dbtClassMixin.validate.__func__


def compile_once(environment: Environment, source: object, *more: object, **words: object):
    if not isinstance(source, str):
        return compile_text(environment, source, *more, **words)
    key = (type(environment), *sorted(environment.extensions), source, *more, *words.items())
    if key not in COMPILED:
        COMPILED[key] = compile_text(environment, source, *more, **words)
    return COMPILED[key]


def validate_once(described: type, keys: object) -> None:
    if (key := (described, repr(keys))) not in VALID:
        validate_keys(described, keys)
        VALID.add(key)


Environment.compile = compile_once
dbtClassMixin.validate = classmethod(validate_once)
# What a statement without rows answers; making it anew takes as long as a small statement.
NOTHING = cache(agate_helper.empty_table)
fire_event = EventManager.fire_event
describe_event = BaseEvent.__init__


def describe_what_is_heard(event: BaseEvent, *more: object, **words: object) -> None:
    """Leaves empty what goes into dbt's log file alone."""
    if not isinstance(event, DebugLevel):
        describe_event(event, *more, **words)


def fire_what_is_heard(
    manager: EventManager, event: BaseEvent, level: EventLevel | None = None, **more: object
) -> None:
    """Passes over what goes into dbt's log file alone."""
    if (level or event.level_tag()) != EventLevel.DEBUG:
        fire_event(manager, event, level, **more)


@contextlib.contextmanager
def sparing(with_unit_tests: bool = False) -> Iterator[pytest.MonkeyPatch]:
    """dbt without what takes time and few tests look at: unit tests, log and files of details."""
    with pytest.MonkeyPatch.context() as patch:
        if not with_unit_tests:
            patch.setattr(UnitTestParser, "parse", lambda file: ParseResult())
        patch.setattr(ParsedNode, "write_node", lambda *_: None)
        patch.setattr(agate_helper, "empty_table", NOTHING)
        patch.setattr(BaseEvent, "__init__", describe_what_is_heard)
        patch.setattr(EventManager, "fire_event", fire_what_is_heard)
        yield patch


class Reader(dbtRunner):
    """dbt, with the project as it was read before wherever vars cannot change its models."""

    manifests: ClassVar[dict[tuple, Manifest]] = {}

    def __init__(
        self,
        manifest: Manifest | None = None,
        callbacks: list[Callable] | None = None,
        more: Sequence[str] = (),
    ):
        """more: words that a build is given besides."""
        super().__init__(manifest, callbacks)
        self.more = more

    def invoke(self, words: list[str], **settings: object) -> dbtRunnerResult:
        if "parse" in words:
            return self.read(words)
        if "build" in words and not self.manifest:
            start, end = words.index("build"), words.index("--profiles-dir")
            read = self.read([*words[:start], "parse", *words[end:]])
            if not read.success:
                return read
            self.manifest = read.result
        return super().invoke([*words, *self.more])

    def read(self, words: list[str]) -> dbtRunnerResult:
        """Reads the project, unless it was read with vars that give the same models."""
        key = ("--target" in words, decisive(json.loads(words[words.index("--vars") + 1])))
        if key in self.manifests:
            return dbtRunnerResult(success=True, result=self.manifests[key])
        result = super().invoke(words)
        if result.success:
            self.manifests[key] = result.result
        return result


def decisive(settings: dict) -> str:
    """Of the vars, those that say which models there are, and which of them reads which."""
    inputs = {
        name: str(settings.get(name, "{{ the demo }}")).strip()
        for name in ("transactions", "customers")
    }
    if any(value.lower().endswith(".xlsx") for value in inputs.values()):
        return json.dumps(settings, sort_keys=True)
    kept = {name: value for name, value in settings.items() if name not in READING}
    kept |= {name: value for name, value in inputs.items() if "{{" in value or not value}
    # One file of exchange rates is as good as another.
    if (rates := kept.get("exchange_rates")) and "{{" not in str(rates):
        kept["exchange_rates"] = True
    return json.dumps(kept, sort_keys=True)


def run_dbt(settings: dict, words: object) -> None:
    """Runs dbt's build, and nothing after it."""
    segmentation.dbt.run(["build"], settings)


class Workshop:
    """Runs the project's commands with a database, target and log folder of their own."""

    def __init__(self, folder: Path, with_unit_tests: bool = False):
        self.folder = folder
        self.database = folder / "warehouse.duckdb"
        self.with_log = False  # whether run_here writes the log that dbt writes otherwise
        # dbt's unit tests do not depend on the input: one build with them is enough.
        self.left_out = {} if with_unit_tests else {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test"}

    def run(self, *command: str, folder: Path = ROOT, **more: str) -> Outcome:
        """Runs `python -m …` in the project's folder, or in another one."""
        return run(("-m", *command), self.folder, self.database, folder, **self.left_out, **more)

    def run_here(
        self,
        *words: str,
        runner: Callable[..., dbtRunner] = Reader,
        without_summary: bool = False,
        **more: str,
    ) -> Outcome:
        """Runs `python -m segmentation …` in this process, which takes a fraction of the time.

        Builds publish nothing: dbt writes none of the files by which a build is known to be whole,
        and none of which documentation is made.
        runner: dbtRunner reads the project anew, as a new process does.
        """
        out, err = io.StringIO(), io.StringIO()
        quick = {"DBT_WRITE_JSON": "false", "DBT_PARTIAL_PARSE": "false"}
        with (
            sparing() as patch,
            contextlib.chdir(ROOT),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            for name, value in (environment(self.folder, self.database) | quick | more).items():
                patch.setenv(name, value)
            if self.with_log:
                patch.setattr(BaseEvent, "__init__", describe_event)
                patch.setattr(EventManager, "fire_event", fire_event)
            patch.setattr(tempfile, "tempdir", None)  # to be found anew, from TMPDIR
            patch.setattr(segmentation.dbt, "dbtRunner", runner)
            patch.setattr(segmentation.publish, "publish_build", lambda: Path("nothing"))
            patch.setattr(segmentation.report, "written_beside", contextlib.nullcontext)
            patch.setattr(segmentation.docs, "write_docs", lambda *_, **__: "none")
            if without_summary:
                patch.setitem(COMMANDS, "build", run_dbt)
            try:
                code = main(list(words))
            finally:
                DuckDBConnectionManager.close_all_connections()
                gc.collect(1)  # the traceback of an error, too, holds a connection
        return Outcome(code, out.getvalue(), err.getvalue(), self.database)

    def build(
        self, settings: dict | None = None, transactions: object = None, customers: object = None
    ) -> Outcome:
        """`make build` with these vars and inputs."""
        return self.run("segmentation", "build", *self.words(settings, transactions, customers))

    def build_here(
        self,
        settings: dict | None = None,
        transactions: object = None,
        customers: object = None,
        only: Sequence[str] = RULES,
    ) -> Outcome:
        """The same in this process, or as much of it as ALL, RULES, TABLES or STAGED says.

        Without the history, unless the vars ask for it or everything is built.
        """
        settings = settings or {}
        if only != ALL:
            settings = WITHOUT_HISTORY | settings
        unused = [] if "seed_overrides" in settings else ["path:seeds/examples"]
        unused += ["path:seeds/demo"] if transactions or customers else []
        runner = partial(Reader, more=[*only, *(["--exclude", *unused] if unused else [])])
        words = self.words(settings, transactions, customers)
        return self.run_here("build", *words, runner=runner, without_summary=only == STAGED)

    def words(
        self, settings: dict | None, transactions: object, customers: object = None
    ) -> list[str]:
        """The words that give a command these vars and inputs."""
        words = []
        if settings:
            vars_file = self.folder / "vars.yml"
            vars_file.write_text(yaml.safe_dump(settings))
            words += ["--vars", str(vars_file)]
        if transactions:
            words += ["--transactions", str(transactions)]
        if customers:
            words += ["--customers", str(customers)]
        return words


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Outcome:
    """The demo data, built by the command that README gives; once, whichever worker comes first."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder if worker_id == "master" else folder.parent) / "demo"
    told = folder / "outcome.json"
    try:
        folder.mkdir()
    except FileExistsError:
        give_up = time.monotonic() + 600
        while not told.exists():
            assert time.monotonic() < give_up, "the other worker did not finish the demo"
            time.sleep(0.1)
    else:
        made = asdict(Workshop(folder).build())
        written = folder / "unfinished.json"
        written.write_text(json.dumps(made, default=str), encoding="utf-8")
        written.rename(told)
    outcome = Outcome(**json.loads(told.read_text(encoding="utf-8")))
    outcome.database = Path(outcome.database)
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


@pytest.fixture(scope="session")
def marts(demo: Outcome) -> dict[str, str]:
    """For each mart of the demo a hash of all its rows."""
    return demo.fingerprints()


@pytest.fixture(scope="session")
def published(demo: Outcome) -> Path:
    """The folder that the build of the demo published to, with the report that it wrote."""
    return demo.database.parent / "public"


@contextlib.contextmanager
def changed(published: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the published file in the folder, open to be changed."""
    with duckdb.connect(shutil.copy(published / segmentation.publish.FILE, folder)) as connection:
        yield connection


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    browsers = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    program, driver = next(filter(None, browsers), None), shutil.which("chromedriver")
    if not (program and driver):
        assert not os.environ.get("CI"), "CI must have chromium and chromedriver"
        pytest.skip("chromium and chromedriver are not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def built(demo: Outcome, workshop: Workshop) -> Workshop:
    """A workshop whose database holds a complete build of the demo."""
    shutil.copy(demo.database, workshop.database)
    return workshop


def write_csv(path: Path, headings: Sequence[str], rows: Iterable[Sequence]) -> Path:
    """Writes rows below their headings; gives the file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def shared_data(name: str) -> Path:
    """A public data set beside the project, or a skip that says why."""
    folder = Path(os.environ.get("SEGMENTATION_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"{name} is not in {folder}: set SEGMENTATION_SHARED_DATA to run this")
    return folder / name


def python_model(path: str) -> ModuleType:
    """A Python model as a module, by its path within python_models: dbt imports none of them."""
    file = ROOT / "python_models" / path
    specification = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
