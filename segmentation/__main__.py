"""Entry point of `python -m segmentation`."""

import gc
import os
import sys

from segmentation.cli import main

if __name__ == "__main__":
    # dbt's many objects stay until the end: looking among them for what to free takes a tenth.
    gc.set_threshold(200_000, 50, 100)
    code = main()
    # While Python ends, DuckDB's module now and then complains of what is still open: an error ends
    # in its sentence.
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    sys.exit(code)
