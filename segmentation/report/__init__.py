"""The report: one HTML page for marketing, drawn from the published marts and nothing else."""

from collections.abc import Callable
from pathlib import Path


def write_report(folder: Path, say: Callable[[str], None] = print) -> Path:
    """Writes the report of the file published in a folder beside it; gives the report's path.

    say: is told what took a while, and how long. Raises UserError where nothing is published.
    """
    # What draws takes a second to import: only who draws waits for it.
    from segmentation.report.page import write

    return write(folder, say)
