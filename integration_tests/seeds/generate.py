"""Draws raw_customers.csv and raw_order_lines.csv: 60 customers, 400 order lines, always the same.

Usage: python generate.py [--output FOLDER]
"""

import argparse
import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

CUSTOMERS = 60
NEVER_ORDERED = 4
LINES = 400
SKUS = [f"SKU-{number}" for number in range(1, 31)]
FIRST_DAY = datetime(2023, 1, 2)


def draw() -> tuple[list[list], list[list]]:
    """Gives the rows of both files, without their headings."""
    rng = random.Random(20240229)
    customers = [
        [1000 + number, f"Customer {number}", rng.choice(["DE", "FR", "NL"])]
        for number in range(1, CUSTOMERS + 1)
    ]
    buyers = [customer[0] for customer in customers[: CUSTOMERS - NEVER_ORDERED]]
    prices = {sku: rng.randrange(199, 8000) for sku in SKUS}
    lines: list[list] = []
    order = 0
    while len(lines) < LINES:
        # Each buyer orders at least once; later orders favour the first ones. Some are guests.
        favourite = buyers[int(len(buyers) * rng.random() ** 2)]
        buyer = buyers[order] if order < len(buyers) else favourite
        sold_at = FIRST_DAY + timedelta(minutes=rng.randrange(60 * 24 * 540))
        order += 1
        if order > len(buyers) and rng.random() < 0.05:
            buyer = ""
        for sku in rng.sample(SKUS, rng.randrange(1, 5)):
            units = rng.randrange(1, 6)
            lines.append(line(len(lines) + 1, f"A{order}", buyer, sku, units, prices, sold_at))
            if rng.random() < 0.04:
                back_at = sold_at + timedelta(days=9)
                lines.append(line(len(lines) + 1, f"R{order}", buyer, sku, -1, prices, back_at))
    return customers, lines[:LINES]


def line(number: int, order: str, buyer, sku: str, units: int, prices: dict, at: datetime) -> list:
    """One order line; prices are in cents."""
    return [number, order, buyer, sku, units, f"{units * prices[sku] / 100:.2f}", at]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().output
    customers, lines = draw()
    heading = ["line_no", "order_no", "customer_no", "sku", "units", "line_total", "sold_at"]
    for name, rows in [
        ("raw_customers.csv", [["customer_no", "full_name", "country_code"], *customers]),
        ("raw_order_lines.csv", [heading, *lines]),
    ]:
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
