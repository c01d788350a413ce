"""Entry point of `python -m segmentation`."""

import sys

from segmentation.cli import main

if __name__ == "__main__":
    sys.exit(main())
