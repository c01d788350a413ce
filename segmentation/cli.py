"""The command line: each command takes the demo data or an input of your own."""

import argparse
import subprocess
import sys
from pathlib import Path

from segmentation.errors import UserError, keep_story, sentence_of
from segmentation.settings import ROOT, database_file, log_folder, public_folder, read_vars
from segmentation.sql import identifier


def parser() -> argparse.ArgumentParser:
    """The words that the program takes."""
    words = argparse.ArgumentParser(add_help=False)
    words.add_argument("--vars", metavar="FILE", help="YAML file with vars of the project")
    words.add_argument(
        "--transactions", metavar="PATH", help="file or relation with the order lines"
    )
    words.add_argument("--customers", metavar="PATH", help="file or relation with customer records")
    program = argparse.ArgumentParser(prog="python -m segmentation", description=__doc__)
    commands = program.add_subparsers(dest="command", required=True)
    for name, does in COMMANDS.items():
        commands.add_parser(name, help=does.__doc__.splitlines()[0], parents=[words])
    commands.choices["serve"].add_argument("--port", metavar="NUMBER", default="8000")
    return program


def build(settings: dict, words: argparse.Namespace) -> None:
    """Run the whole dbt build and summarise what it made."""
    from segmentation import dbt, summary
    from segmentation.docs import write_docs
    from segmentation.publish import publish_build
    from segmentation.report import written_beside

    dbt.say("Building the segments: every model, then the tests that guard it.")
    # dbt's unit tests guard the code, whatever the input: they run with the demo.
    own_input = ["--exclude-resource-type", "unit_test"] if settings else []
    result = dbt.run(["build", *own_input], settings)
    nodes = [outcome.node for outcome in result.result.results]
    mart = next(node for node in nodes if node.name == "customer_segments")
    tests = sum(node.resource_type in ("test", "unit_test") for node in nodes)
    warned = [outcome.node for outcome in result.result.results if outcome.status == "warn"]
    database = str(database_file())
    dbt.say()
    dbt.say(summary.summarise(database, identifier(mart.schema)))
    dbt.say()
    names = ", ".join(node.name for node in warned)
    dbt.say(f"All {tests} tests passed" + (f"; to look at: {names}" if warned else "."))
    for node in warned:
        dbt.say(summary.rows_found(database, node.name, node.compiled_code))
    dbt.say(f"Database: {Path(database).resolve()}, schema {mart.schema}.")
    dbt.close_database()
    dbt.say(f"Published: {publish_build()}, for BI.")
    with written_beside():
        page = write_docs(settings, just_built=True)
    dbt.say(f"Documentation: {page}, of models, columns and lineage.")
    if not {"transactions", "customers"} & settings.keys():
        dbt.say("This was the demo data, which is made up; README.md says how to build your own.")
    dbt.say(
        "Next: open the report, or ask the published file: docs/questions.md has ten questions."
    )


def publish(settings: dict, words: argparse.Namespace) -> None:
    """Publish the last build, if it is complete and green: a file for BI, and its report."""
    from segmentation.publish import publish_build

    print(f"Published: {publish_build()}, for BI.")
    report(settings, words)


def report(settings: dict, words: argparse.Namespace) -> None:
    """Write the report of what is published, as one HTML page for marketing."""
    from segmentation.report import write_report

    print(f"Report: {write_report(public_folder())}; open it in a browser.")


def serve(settings: dict, words: argparse.Namespace) -> None:
    """Serve what is published to this machine only, until Ctrl-C."""
    from segmentation.serve import serve_published

    serve_published(public_folder(), words.port)


def test(settings: dict, words: argparse.Namespace) -> None:
    """Run everything that guards the project; with an input, also its database's data tests."""
    for command in (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["sqlfluff", "lint", "--processes", "2", "models", "tests"],
        ["pytest"],
    ):
        if subprocess.run([sys.executable, "-m", *command], cwd=ROOT).returncode:
            raise UserError(f"The check `{' '.join(command)}` found what stands above.")
    if settings:
        from segmentation import dbt

        dbt.run(["test"], settings)


def docs(settings: dict, words: argparse.Namespace) -> None:
    """Write the documentation of models, columns and lineage, of the last build or an input."""
    from segmentation import dbt
    from segmentation.docs import last_settings, write_docs

    file = write_docs(settings or last_settings())
    dbt.say(f"Documentation: {file}; open it in a browser.")


def lineage(settings: dict, words: argparse.Namespace) -> None:
    """Draw the picture of the lineage that stands in README."""
    from segmentation.lineage import write_picture

    print(f"Drawn: {write_picture()}")


def check_input(settings: dict, words: argparse.Namespace) -> None:
    """Guess how an input is mapped, and say what a build would make of it; changes nothing."""
    from segmentation.check_input import check

    check(settings, words.vars, words.transactions, words.customers)


COMMANDS = {
    "build": build,
    "publish": publish,
    "report": report,
    "serve": serve,
    "check-input": check_input,
    "test": test,
    "docs": docs,
    "lineage": lineage,
}

# What Ctrl-C leaves of a command.
HALF_DONE = "some tables may be new and others old until you run the same command again."
STOPPED = {
    "check-input": "nothing was changed.",
    "report": "nothing was changed.",
    "publish": "what is published is whole, and its report may be an older one until you run the "
    "same command again.",
}


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; gives the exit code, and ends every error in one sentence on stderr."""
    words = parser().parse_args(arguments)
    try:
        settings = read_vars(words.vars, words.transactions, words.customers)
        COMMANDS[words.command](settings, words)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Stopped: {STOPPED.get(words.command, HALF_DONE)}", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - whatever it is, it ends in one sentence
        keep_story(log_folder())
        print(sentence_of(f"{error}"), file=sys.stderr)
        return 1
    return 0
