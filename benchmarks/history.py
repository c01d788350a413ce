"""Times the history against the reading of the lines that it is made of.

    .venv/bin/python benchmarks/history.py --customers 200000 --months 36

Simulates a shop in Parquet, builds its tables, and gives the time of every model that descends from
the calendar of months as a multiple of the time that staging takes to read and class the lines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parent.parent
STAGING = "model.customer_segmentation.stg_segmentation__transactions"
CALENDAR = "model.customer_segmentation.int_segmentation__months_listed"
SHOP = """
    with customers as (
        select number, 1 + floor(-ln(random()) * 8)::int as order_count
        from range({customers}) as customers(number)
    ),
    orders as (
        select
            number, nth,
            date '2021-01-05' + (random() * {months} * 30.4)::int as ordered_at
        from customers cross join range(60) as orders(nth)
        where nth < order_count
    )
    select
        'C' || number as customer_id, 'O' || number || '-' || nth as order_id,
        'P' || (random() * 3000)::int as product_id,
        case when random() < 0.03 then -1 else 1 + (random() * 5)::int end as quantity,
        round(1 + random() * 30, 2) as unit_price, ordered_at::timestamp as ordered_at
    from orders cross join range(3) as lines(nth_line)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--months", type=int, default=36)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        connection = duckdb.connect()
        connection.execute("select setseed(0.4)").fetchall()
        shop = connection.sql(SHOP.format(customers=words.customers, months=words.months))
        shop.write_parquet(str(folder / "lines.parquet"))
        columns = ["customer_id", "order_id", "product_id", "quantity", "unit_price", "ordered_at"]
        settings = {
            "transactions": str(folder / "lines.parquet"),
            "customers": "",
            "transaction_columns": {column: column for column in columns},
            "history_months": words.months,
            "segmentations": ["rfm", "value", "lifecycle"],
            "predict_value": False,
        }
        command = ["--quiet", "build", "--vars", json.dumps(settings)]
        command += ["--exclude-resource-types", "test", "unit_test"]
        environment = os.environ | {
            "SEGMENTATION_DB": str(folder / "warehouse.duckdb"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        }
        # One after the other, so that no model takes time from another.
        subprocess.run(
            [Path(sys.executable).with_name("dbt"), *command, "--threads", "1"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        results = json.loads((folder / "target/run_results.json").read_text())["results"]
        seconds = {result["unique_id"]: result["execution_time"] for result in results}
        children = json.loads((folder / "target/manifest.json").read_text())["child_map"]
        history, found = set(), [CALENDAR]
        while found:
            model = found.pop()
            history.add(model)
            found += [child for child in children[model] if child in seconds.keys() - history]
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            [(rows,)] = connection.execute(
                "select count(*) from main_segmentation.customer_months"
            ).fetchall()
            [(lines,)] = connection.execute(
                "select count(*) from main_segmentation.stg_segmentation__transactions"
            ).fetchall()
    total = sum(seconds[model] for model in history)
    print(f"{lines:,} lines, {rows:,} customer months")
    print(f"history {total:.1f} s = {total / seconds[STAGING]:.1f} times staging")
    for model in sorted(history, key=seconds.get, reverse=True)[:8]:
        print(f"  {seconds[model] / seconds[STAGING]:5.2f}  {model.split('.')[-1]}")


if __name__ == "__main__":
    main()
