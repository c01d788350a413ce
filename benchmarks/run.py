"""Times a whole build against the pandas script, on copies of Online Retail of several sizes.

    .venv/bin/pip install pyarrow     # pandas needs it to read Parquet
    .venv/bin/python benchmarks/run.py path/to/online_retail.csv --copies 1 20

Copy n of the data has its own customers and invoices, so that customers grow with the lines. Each
command runs in a process of its own, three times in turn; the ratio is that of the medians.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent


def write_copies(source: str, copies: int, path: Path) -> int:
    """Writes so many copies of the lines as text columns into one Parquet file; gives the rows."""
    lines = duckdb.read_csv(source, header=True, all_varchar=True)  # noqa: F841 - read by SQL below
    duckdb.sql(
        f"""
        select
            case when starts_with(InvoiceNo, 'C') then 'C' else '' end || copy || '-'
            || ltrim(InvoiceNo, 'C') as InvoiceNo,
            StockCode, Description, Quantity, InvoiceDate, UnitPrice,
            copy || '-' || CustomerID as CustomerID, Country
        from lines cross join range({copies}) as copies(copy)
        """
    ).write_parquet(str(path))
    return duckdb.sql(f"select count(*) from read_parquet('{path}')").fetchall()[0][0]


def measure(command: list[str], database: Path) -> tuple[float, float]:
    """Seconds and peak gigabytes of one command, its children included."""
    start = time.monotonic()
    environment = os.environ | {
        "SEGMENTATION_DB": str(database),
        "SEGMENTATION_PUBLIC": str(database.parent / "public"),
        "DBT_TARGET_PATH": str(database.parent / "target"),
        "DBT_LOG_PATH": str(database.parent / "logs"),
    }
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed.")
    return time.monotonic() - start, usage.ru_maxrss / 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="Online Retail as CSV, also compressed")
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 20])
    words = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for copies in words.copies:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lines.parquet"
            rows = write_copies(words.source, copies, path)
            commands = {
                "build": [
                    *[sys.executable, "-m", "segmentation", "build"],
                    *["--vars", "examples/online_retail.yml", "--transactions", str(path)],
                ],
                "pandas": [sys.executable, "benchmarks/pandas_rfm.py", str(path)],
            }
            runs = {name: [] for name in commands}
            for _ in range(3):
                for name, command in commands.items():
                    runs[name].append(measure(command, Path(folder) / "benchmark.duckdb"))
            seconds, memory = (
                {name: statistics.median(run[part] for run in done) for name, done in runs.items()}
                for part in (0, 1)
            )
            print(
                f"{rows:,} lines: build / pandas = {seconds['build'] / seconds['pandas']:.2f} in "
                f"time ({seconds['build']:.1f} s), {memory['build'] / memory['pandas']:.2f} in "
                f"memory ({memory['build']:.1f} GB)",
                flush=True,
            )


if __name__ == "__main__":
    main()
