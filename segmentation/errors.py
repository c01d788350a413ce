"""Turns what went wrong into one sentence that a person can act on."""

import contextlib
import gzip
import re
import traceback
from glob import glob
from pathlib import Path
from textwrap import shorten

from segmentation.columns import ragged_line

PREFIX = "customer_segmentation: "
LOG = "logs/dbt.log has the whole story."


class UserError(Exception):
    """Something that the person at the keyboard can mend; its text is one sentence."""


def keep_story(folder: Path) -> None:
    """Adds what is being raised, and where, to the log of which sentences speak, if it can."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "dbt.log").open("a", encoding="utf-8") as log:
            traceback.print_exc(file=log)


def pointed(sentence: str, settings: dict) -> str:
    """The sentence, or a better one that names the line at fault of a file that it is about.

    settings: the vars with which the file was read, those of its layout as it has them.
    """
    if "cannot be divided into columns" not in sentence:
        return sentence
    for file in sorted(glob(str(settings.get("transactions", "")), recursive=True)):  # noqa: PTH207
        unpacked = gzip.open if file.lower().endswith(".gz") else open
        encoding = settings.get("encoding", "utf-8").replace("utf-8", "utf-8-sig")
        with unpacked(Path(file), "rt", encoding=encoding, errors="replace", newline="") as lines:
            if ragged := ragged_line(lines, settings.get("delimiter")):
                return _ragged(*ragged)
    return sentence


def _ragged(line: int, found: int, expected: int) -> str:
    columns = "1 column" if found == 1 else f"{found} columns"
    return (
        f"Line {line} of the input has {columns} and the heading {expected}: correct that line, or "
        "put quotes around fields that hold the delimiter."
    )


def sentence_of(message: str, node: str | None = None) -> str:
    """One sentence for an error message of dbt or DuckDB.

    message: text of any length. node: name of the model or test that failed, if one did. The
    package's own sentences carry a prefix and pass through; the usual troubles of a database file
    and of an unreadable input get theirs; of anything else the first line that says something.
    """
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    # The last one: a traceback quotes the line that raised before it tells what was raised.
    for line in reversed(lines):
        if PREFIX in line:
            return line.split(PREFIX, 1)[1]
    if unknown := re.search(r"depends on a node named '(\S+)' .*which (was not found|is)", message):
        return f"There is no model or seed {unknown[1]}: correct the var that names it."
    if locked := re.search(r'Could not set lock on file "(.+?)": ', message):
        return f"The database {locked[1]} is open in another program: close it there and try again."
    if not_a_database := re.search(r'"([^"]+)"[^"]*not a valid DuckDB database', message):
        return (
            f"{not_a_database[1]} is not a DuckDB database: name another file in SEGMENTATION_DB, "
            "or move this one away."
        )
    if absent := re.search(r"(?:Table|View) with name (\S+) does not exist", message):
        return (
            f"There is no relation {absent[1]} in the database: correct the var that names it, or "
            "build it first."
        )
    if ragged := re.search(
        r"CSV Error on Line: (\d+).*Expected Number of Columns: (\d+) Found: (\d+)", message, re.S
    ):
        line, expected, found = ragged.groups()
        return _ragged(int(line), int(found), int(expected))
    if "Error when sniffing file" in message:
        return (
            "The input cannot be divided into columns: give every line as many columns as the "
            "heading, close every quote, or name what stands between them in the var delimiter."
        )
    if re.search(r"invalid unicode|not utf-8 encoded", message.lower()):
        at = re.search(r"Line: (\d+)", message)
        line = f" at line {at[1]}" if at else ""
        return (
            f"The input is not UTF-8 text{line}: save it as "
            "UTF-8, or name its encoding in the var encoding, such as latin-1."
        )
    # dbt's own words name the model where no node is given, as while documenting.
    named = re.search(r" in model (\w+) \(", message)
    node = node or (named[1] if named else "")
    said = next((line for line in lines if not re.match(r"\w+ Error( in .*)?$", line)), "")
    said = shorten(re.sub(r"^\w+( \w+)* Error: ", "", said), 300, placeholder=" …").rstrip(".:")
    if node.startswith("stg_segmentation__"):
        return (
            f"The input cannot be read ({said}): check that it is complete, and of the kind that "
            f"its name says; {LOG}"
        )
    where = f" in {node}" if node else ""
    return f"The command failed{where} ({said}); {LOG}"
