"""Parses the dbt project in the current folder; fails on any deprecation, and prints it.

dbt checks YAML against its schemas for four adapters only. Here DuckDB is added to them.
"""

import sys

import dbt.jsonschemas.jsonschemas as schemas
from dbt.cli.main import dbtRunner
from dbt_common.events.base_types import EventMsg

if __name__ == "__main__":
    [gate] = [
        value for value in vars(schemas).values() if isinstance(value, set) and "snowflake" in value
    ]
    gate.add("duckdb")
    seen: list[str] = []

    def listen(event: EventMsg) -> None:
        """Keeps every deprecation that dbt tells of."""
        if "Deprecation" in event.info.name:
            seen.append(event.info.msg)

    parsed = dbtRunner(callbacks=[listen]).invoke(
        ["--show-all-deprecations", "--no-partial-parse", "parse"]
    )
    print("\n".join(seen))
    sys.exit(bool(seen) or not parsed.success)
