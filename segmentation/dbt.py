"""Runs dbt in this process, shows each model as it is done, and tells what failed."""

import json
import os

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.base_types import EventMsg

from segmentation.errors import LOG, UserError, sentence_of
from segmentation.settings import ROOT

# A warning of dbt is an error in this project, except a test that is meant to warn.
WARNINGS = '{"error": "all", "warn": ["LogTestResult"]}'


def run(command: list[str], settings: dict) -> dbtRunnerResult:
    """Runs one dbt command on this project.

    command: such as ['build']. settings: vars by name. Raises UserError with one sentence when the
    command did not succeed.
    """
    os.chdir(ROOT)
    result = dbtRunner(callbacks=[_show_model]).invoke(
        [
            "--quiet",
            "--warn-error-options",
            WARNINGS,
            *command,
            "--profiles-dir",
            str(ROOT),
            "--vars",
            json.dumps(settings, default=str),
        ]
    )
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if not result.success:
        raise UserError(_what_failed(result))
    return result


def _show_model(event: EventMsg) -> None:
    """Prints one line for each model that a build has finished."""
    if event.info.name in ("LogModelResult", "LogSeedResult") and event.info.level == "info":
        name = event.data.node_info.node_name
        say(f"  {event.data.execution_time:5.1f} s  {name}")


def _what_failed(result: dbtRunnerResult) -> str:
    if result.exception:
        return sentence_of(str(result.exception))
    failed = [r for r in getattr(result.result, "results", []) if r.status in ("error", "fail")]
    # A model or a gate that stopped is the cause, before any test that merely found a row.
    if stopped := next((outcome for outcome in failed if outcome.status == "error"), None):
        return sentence_of(stopped.message or "", stopped.node.name)
    names = ", ".join(outcome.node.name for outcome in failed[:3])
    return f"{len(failed)} of the tests found rows that break a rule ({names}); {LOG}"


def say(text: str = "") -> None:
    """Prints to standard output at once, in order with what dbt prints."""
    print(text, flush=True)
