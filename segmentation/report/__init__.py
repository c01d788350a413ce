"""The report: one HTML page for marketing, drawn from the published marts and nothing else."""

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from segmentation.errors import UserError
from segmentation.settings import ROOT


def write_report(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Writes the report of the file published in a folder beside it; gives the report's path.

    say: is told what took a while, and how long. Raises UserError where nothing is published.
    """
    # What draws takes a second to import: only who draws waits for it.
    from segmentation.report.page import write

    return write(folder, say)


@contextlib.contextmanager
def written_beside() -> Iterator[None]:
    """Writes the report in a process of its own, which tells where it is, while the caller goes on.

    Raises UserError with that process's sentence where it did not succeed.
    """
    words = [sys.executable, "-m", "segmentation", "report"]
    with subprocess.Popen(words, cwd=ROOT, stderr=subprocess.PIPE, text=True) as program:
        try:
            yield
        finally:
            _, said = program.communicate()
    if program.returncode:
        raise UserError(said.strip().splitlines()[-1])
