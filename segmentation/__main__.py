"""Entry point of `python -m segmentation`."""

import os
import sys

from segmentation.cli import main

if __name__ == "__main__":
    code = main()
    # While Python ends, DuckDB's module now and then complains of what is still open: an error ends
    # in its sentence.
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)
