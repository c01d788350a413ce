"""What the tests of whole builds share: one build of the demo, and how to build anything else."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "seeds" / "demo" / "demo_transactions.csv"
SCHEMA = "main_segmentation"
MARTS = sorted(
    model["name"]
    for model in yaml.safe_load((ROOT / "models/marts/_marts.yml").read_text())["models"]
)


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
        """For each mart a hash of all its rows, whatever their order, to the last digit."""
        return {
            mart: fingerprint(self.ask(f"select * from {mart}"))
            for mart in MARTS
            if mart not in leave_out
        }


def fingerprint(rows: list[tuple]) -> str:
    """A hash of the rows to the last digit, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def environment(folder: Path, database: Path) -> dict[str, str]:
    """This process's environment, with a database and what dbt leaves behind in a folder."""
    return os.environ | {
        "SEGMENTATION_DB": str(database),
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


class Workshop:
    """Runs the project's commands with a database, target and log folder of their own."""

    def __init__(self, folder: Path, with_unit_tests: bool = False):
        self.folder = folder
        self.database = folder / "warehouse.duckdb"
        # dbt's unit tests do not depend on the input: once, with the demo, is enough.
        self.left_out = {} if with_unit_tests else {"DBT_EXCLUDE_RESOURCE_TYPES": "unit_test"}

    def run(self, *command: str, folder: Path = ROOT) -> Outcome:
        """Runs `python -m …` in the project's folder, or in another one."""
        return run(("-m", *command), self.folder, self.database, folder, **self.left_out)

    def build(self, settings: dict | None = None, transactions: object = None) -> Outcome:
        """`make build` with these vars and this input."""
        words = []
        if settings:
            vars_file = self.folder / "vars.yml"
            vars_file.write_text(yaml.safe_dump(settings))
            words += ["--vars", str(vars_file)]
        if transactions:
            words += ["--transactions", str(transactions)]
        return self.run("segmentation", "build", *words)

    def build_tables(self, settings: dict, threads: int = 2) -> Outcome:
        """Plain `dbt build` of seeds and models only, with so many threads in dbt and DuckDB."""
        (self.folder / "profiles.yml").write_text(
            yaml.safe_dump(
                {
                    "customer_segmentation": {
                        "target": "dev",
                        "outputs": {
                            "dev": {
                                "type": "duckdb",
                                "path": str(self.database),
                                "threads": threads,
                                "settings": {"threads": threads},
                            }
                        },
                    }
                }
            )
        )
        return self.run(
            "dbt.cli.main",
            "build",
            "--exclude-resource-type",
            "test",
            "--exclude-resource-type",
            "unit_test",
            "--profiles-dir",
            str(self.folder),
            "--vars",
            json.dumps({key: str(v) if isinstance(v, Path) else v for key, v in settings.items()}),
        )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The demo data, built once by the command that README gives."""
    outcome = Workshop(tmp_path_factory.mktemp("demo"), with_unit_tests=True).build()
    assert outcome.code == 0, outcome.out + outcome.err
    return outcome


@pytest.fixture
def built(demo: Outcome, workshop: Workshop) -> Workshop:
    """A workshop whose database holds a complete build of the demo."""
    shutil.copy(demo.database, workshop.database)
    return workshop


def shared_data(name: str) -> Path:
    """A public data set beside the project, or a skip that says why."""
    folder = Path(os.environ.get("SEGMENTATION_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / name).exists():
        pytest.skip(f"{name} is not in {folder}: set SEGMENTATION_SHARED_DATA to run this")
    return folder / name
