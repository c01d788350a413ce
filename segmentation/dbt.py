"""Runs dbt in this process, shows each model as it is done, and tells what failed."""

import contextlib
import json
import os
from pathlib import Path

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg

from segmentation.errors import LOG, UserError, pointed, sentence_of
from segmentation.settings import ROOT, for_input
from segmentation.sql import identifier, literal

# A warning of dbt is an error in this project, except a test that is meant to warn.
WARNINGS = '{"error": "all", "warn": ["LogTestResult"]}'


def run(command: list[str], settings: dict) -> dbtRunnerResult:
    """Runs one dbt command on this project.

    command: such as ['build']. settings: vars by name. Raises UserError with one sentence when the
    command did not succeed.
    """
    result = _invoke(dbtRunner(callbacks=[_show_model]), command, settings, ROOT)
    if not result.success:
        raise UserError(pointed(what_failed(result)[0], for_input("transactions", settings)))
    return result


def close_database() -> None:
    """Lets go of the database, so that it can be opened otherwise, or its folder be removed."""
    DuckDBConnectionManager.close_all_connections()


class Scratch:
    """This project on a database of its own in a folder that the caller removes.

    Nothing is written anywhere else, and dbt reads the project once, whatever it is asked then.
    """

    schema = "check_input"

    def __init__(self, folder: Path, attached: Path | None = None):
        """attached: a database that is only read, under the name that it has by itself."""
        self.folder = folder
        self.database = folder / "segmentation_scratch.duckdb"
        self.manifest: Manifest | None = None
        self.settings: dict = {}  # those with which the project was read
        own = yaml.safe_load((ROOT / "profiles.yml").read_text(encoding="utf-8"))
        for profile in own.values():
            output = next(o for o in profile["outputs"].values() if o["type"] == "duckdb")
            output |= {"path": str(self.database), "schema": self.schema}
            if attached:
                output["attach"] = [{"path": str(attached), "read_only": True}]
            profile |= {"target": self.schema, "outputs": {self.schema: output}}
        (folder / "profiles.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(f"create schema {self.schema}")
            if attached:
                _mirror(attached, connection)

    def read_project(self, settings: dict) -> None:
        """Reads the project anew: needed where vars change which models there are.

        Raises UserError where it cannot be read with these vars.
        """
        self.manifest, self.settings = None, settings
        self.run(["parse"], settings)

    def run(self, command: list[str], settings: dict) -> None:
        """Runs one dbt command; raises UserError with one sentence when it did not succeed."""
        if sentences := self.attempt(command, settings):
            raise UserError(sentences[0])

    def attempt(self, command: list[str], settings: dict) -> list[str]:
        """Runs one dbt command; gives a sentence for each thing that failed."""
        raised: list[str] = []

        def listen(event: EventMsg) -> None:
            # What ends a macro stands in its event only.
            if event.info.name.startswith("RunningOperation"):
                raised.append(event.data.exc)

        folder = str(self.folder)
        words = ["--log-path", folder, "--no-write-json", "--no-partial-parse", *command]
        words += ["--target-path", folder, "--target", self.schema]
        runner = dbtRunner(manifest=self.manifest, callbacks=[listen])
        result = _invoke(runner, words, settings, self.folder)
        if isinstance(result.result, Manifest):
            self.manifest = result.result
        if result.success:
            return []
        sentences = [sentence_of(message) for message in raised] or what_failed(result)
        layout = for_input("transactions", settings)
        return [pointed(sentence.replace(f"; {LOG}", "."), layout) for sentence in sentences]

    def close(self) -> None:
        """Lets go of the database, so that its folder can be removed."""
        close_database()


def _mirror(database: Path, connection: duckdb.DuckDBPyConnection) -> None:
    """Makes every relation of a database one of the connection's own, a view of the same name."""
    known = "select database_name from duckdb_databases()"
    before = connection.execute(known).fetchall()
    try:
        connection.execute(f"attach {literal(database)} (read_only)")
    except duckdb.Error as error:
        raise UserError(sentence_of(str(error)).replace(f"; {LOG}", ".")) from error
    [(name,)] = set(connection.execute(known).fetchall()) - set(before)
    relations = """
        select table_schema, table_name from information_schema.tables where table_catalog = $name
    """
    for names in connection.execute(relations, {"name": name}).fetchall():
        schema, table, origin = map(identifier, (*names, name))
        connection.execute(f"create schema if not exists {schema}")
        # A view that no longer works is nobody's input.
        with contextlib.suppress(duckdb.Error):
            connection.execute(
                f"create view {schema}.{table} as select * from {origin}.{schema}.{table}"
            )


def _invoke(
    runner: dbtRunner, command: list[str], settings: dict, profiles: Path
) -> dbtRunnerResult:
    if "'" in str(ROOT) or '"' in str(ROOT):
        raise UserError(
            f"The project lies in {ROOT}, and dbt-duckdb reads no seed below a folder with a "
            "quotation mark in its name: move the project, or rename that folder."
        )
    os.chdir(ROOT)
    result = runner.invoke(
        [
            # Whatever fails is told in one sentence; the log file has every word of dbt's.
            "--log-level",
            "none",
            "--log-level-file",
            "debug",
            "--warn-error-options",
            WARNINGS,
            *command,
            "--profiles-dir",
            str(profiles),
            "--vars",
            json.dumps(_without_demo(settings), default=str),
        ]
    )
    # What reads YAML for dbt tells of Ctrl-C as of a field that is wrong.
    cause = result.exception
    while cause:
        if isinstance(cause, KeyboardInterrupt):
            raise KeyboardInterrupt
        cause = cause.__cause__ or cause.__context__
    return result


def _without_demo(settings: dict) -> dict:
    """The vars of a run, told outright that an input of one's own puts the demo's aside.

    It does so in any case; but dbt works a default out at each of thousands of mentions.
    """
    aside = {}
    if settings.get("transactions") or settings.get("customers"):
        aside = {"transactions": "", "customers": ""}
    if aside and "customers" not in settings:
        aside |= {"psychographic_columns": "", "attribute_columns": ""}
    return aside | settings


def _show_model(event: EventMsg) -> None:
    """Prints one line for each model that a build has finished."""
    if event.info.name in ("LogModelResult", "LogSeedResult") and event.info.level == "info":
        name = event.data.node_info.node_name
        say(f"  {event.data.execution_time:5.1f} s  {name}")


def what_failed(result: dbtRunnerResult) -> list[str]:
    """A sentence for each thing that failed in a command that did not succeed, causes first."""
    if result.exception:
        return [sentence_of(str(result.exception))]
    failed = [r for r in getattr(result.result, "results", []) if r.status in ("error", "fail")]
    # A model or a gate that stopped is the cause, before any test that merely found a row.
    # Tests end in any order; models, which come before them, in the order of their causes.
    failed.sort(key=lambda r: r.node.name if r.node.resource_type == "test" else "")
    stopped = [outcome for outcome in failed if outcome.status == "error"]
    sentences = [sentence_of(outcome.message or "", outcome.node.name) for outcome in stopped]
    if sentences:
        return sentences
    names = ", ".join(outcome.node.name for outcome in failed[:3])
    return [f"{len(failed)} of the tests found rows that break a rule ({names}); {LOG}"]


def say(text: str = "") -> None:
    """Prints to standard output at once, in order with what dbt prints."""
    # In one piece, for models end in several threads.
    print(f"{text}\n", end="", flush=True)
