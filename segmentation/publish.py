"""Publishes the public marts of a complete, green build as one DuckDB file, with Parquet beside it.

Whoever reads the file sees one whole build or the next one, and never the file that dbt writes.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import duckdb
import yaml

from segmentation.errors import LOG, UserError, sentence_of
from segmentation.last_build import NoBuild, last_build
from segmentation.settings import ROOT, database_file, public_folder
from segmentation.small_cells import suppress_small_cells
from segmentation.sql import identifier, literal

FILE = "segments.duckdb"
PARQUET = "parquet"
# Every client from DuckDB 1.0 on reads it.
STORAGE = "v1.0.0"
# The input's own text may hold anything.
NEVER = "rejected_transactions"
TRANSACTIONS = "built.{stg_segmentation__transactions}"
CUSTOMERS = "built.{stg_segmentation__customers}"
# Sums of hashes do not depend on the order of rows, and tell one row from two.
CHECKSUM = (
    "(select printf('%032x', coalesce(sum(md5_number_lower(rows::text)), 0)) from {} as rows)"
)
# Column of build_info: what gives it, and what it means.
BUILD_INFO = {
    "as_of_date": (
        "(select max(as_of_date) from built.{stg_segmentation__as_of})",
        "Date as of which everything is measured. Null without transactions.",
    ),
    "transaction_rows": (
        f"(select count(*) from {TRANSACTIONS})",
        "Rows of the transactions, rejected ones included.",
    ),
    "transaction_checksum": (
        CHECKSUM.format(TRANSACTIONS),
        "The same for the same rows of the transactions, in whatever order, as far as the build "
        "reads them.",
    ),
    "customer_rows": (
        f"(select count(*) from {CUSTOMERS})",
        "Records of the customers, rejected ones included.",
    ),
    "customer_checksum": (
        CHECKSUM.format(CUSTOMERS),
        "The same for the same records of the customers, in whatever order, as far as the build "
        "reads them.",
    ),
    "minimum_cell": (
        "(select minimum_cell from built.{int_segmentation__publication_limits})",
        "Cells of fewer customers are null in the summaries, with others that would tell them.",
    ),
    "project_version": ("$project_version", "Version of this project."),
    "dbt_version": ("$dbt_version", "Version of dbt that built the tables."),
    "duckdb_version": ("version()", "Version of DuckDB that wrote this file."),
    "invocation_id": ("$invocation_id", "The invocation of dbt that built every table."),
    "built_at": ("$built_at::timestamp", "When the build ended, in UTC."),
}


class NotPublished(UserError):
    """Why nothing is published, in one sentence."""

    def __init__(self, why: str):
        super().__init__(f"Nothing is published: {why}")


def publish_build() -> Path:
    """Publishes the database's build; gives the file.

    Reads dbt's files in target/ and the database, by the environment variables that dbt and the
    profile read, too. Raises NotPublished unless they hold one complete, green build, or where the
    folder cannot be written; what was published before then stays as it is.
    """
    folder, database = public_folder(), database_file()
    if (folder / FILE).resolve() == database.resolve():
        raise NotPublished(
            f"{database} is the build's own database: name another folder in SEGMENTATION_PUBLIC."
        )
    try:
        results, manifest = last_build()
    except NoBuild as error:
        raise NotPublished(f"{error}: run `make build`.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder), duckdb.connect() as connection:
            _attach(connection, database)
            _check_database(connection, results, manifest)
            _remove_leftovers(folder)
            try:
                _publish(connection, folder, results, manifest)
            except BaseException:
                _remove_leftovers(folder)
                raise
    except OSError as error:
        raise NotPublished(f"{folder} cannot be written ({error.strerror}).") from error
    except duckdb.Error as error:
        full = "No space left on device" in str(error)
        said = "the disk is full" if full else str(error).splitlines()[0].rstrip(".:")
        if "Corrupt database file" in said or f'from file "{database}"' in said:
            raise _damaged(database) from error
        raise NotPublished(f"{folder} cannot be written ({said}).") from error
    return folder / FILE


def _publish(
    connection: duckdb.DuckDBPyConnection, folder: Path, results: dict, manifest: dict
) -> None:
    """Writes file and Parquet under other names, and then gives them theirs."""
    run = uuid4().hex[:8]
    file, parquet = folder / f".{FILE}.{run}", folder / f".{PARQUET}.{run}"
    connection.execute(f"attach {literal(file)} as public (storage_version '{STORAGE}')")
    connection.execute("begin")
    _fill(connection, results, manifest)
    connection.execute("commit")
    _copy(connection, parquet)
    connection.execute("checkpoint public")
    connection.execute("detach public")
    _flush([file, *parquet.iterdir()])
    file.replace(folder / FILE)
    _switch(parquet, folder / PARQUET)


def _attach(connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    if not database.exists():
        raise NotPublished(f"there is no database {database}: run `make build`.")
    try:
        connection.execute(f"attach {literal(database)} as built (read_only)")
    except duckdb.Error as error:
        known = sentence_of(str(error))
        raise (_damaged(database) if LOG in known else UserError(known)) from error


def _damaged(database: Path) -> NotPublished:
    return NotPublished(
        f"the database {database} is damaged and cannot be read: move it away and run `make build`."
    )


def _check_database(connection: duckdb.DuckDBPyConnection, results: dict, manifest: dict) -> None:
    """Raises NotPublished unless every model in the database is from the build of the results."""
    stamps = {
        (schema, name): comment
        for schema, name, comment in connection.execute(
            """
            select schema_name, table_name, comment from duckdb_tables()
            where database_name = 'built'
            union all
            select schema_name, view_name, comment from duckdb_views()
            where database_name = 'built'
            """
        ).fetchall()
    }
    stamp = f"dbt invocation {results['metadata']['invocation_id']}"
    for node in _models(manifest):
        if stamps.get((node["schema"], node["alias"])) != stamp:
            raise NotPublished(
                f"{node['name']} in the database is not the one that the last finished build made: "
                "run `make build`."
            )


def _models(manifest: dict) -> Iterator[dict]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def _fill(connection: duckdb.DuckDBPyConnection, results: dict, manifest: dict) -> None:
    """Writes the public marts and build_info into the new file, with their descriptions."""
    relations = {
        node["name"]: f"{identifier(node['schema'])}.{identifier(node['alias'])}"
        for node in _models(manifest)
    }
    metadata = results["metadata"]
    facts = {
        "project_version": _project_version(),
        "dbt_version": metadata["dbt_version"],
        "invocation_id": metadata["invocation_id"],
        "built_at": metadata["generated_at"],
    }
    columns = ", ".join(f"{what} as {name}" for name, (what, _) in BUILD_INFO.items())
    connection.execute(
        f"create table public.build_info as select {columns.format_map(relations)}", facts
    )
    meanings = {name: meaning for name, (_, meaning) in BUILD_INFO.items()}
    _describe(connection, "build_info", "One row: the build that this file holds.", meanings)
    [(minimum,)] = connection.execute("select minimum_cell from public.build_info").fetchall()
    for node in _models(manifest):
        if node["access"] != "public" or node["name"] == NEVER:
            continue
        table, said = node["name"], node["description"]
        rows = f"select * from built.{relations[table]}"
        if rules := node["config"]["meta"].get("small_cells"):
            rows = suppress_small_cells(connection, rows, rules, minimum)
            said = f"{said.rstrip()} Cells of fewer than {minimum} customers are null."
        connection.execute(f"create table public.{identifier(table)} as {rows}")
        meanings = {name: column["description"] for name, column in node["columns"].items()}
        _describe(connection, table, said, meanings)


def _describe(
    connection: duckdb.DuckDBPyConnection, table: str, said: str, meanings: dict[str, str]
) -> None:
    named = f"public.{identifier(table)}"
    connection.execute(f"comment on table {named} is {literal(said.strip())}")
    for column, meaning in meanings.items():
        connection.execute(
            f"comment on column {named}.{identifier(column)} is {literal(meaning.strip())}"
        )


def _copy(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes a Parquet file for each table of the new file."""
    folder.mkdir()
    tables = "select table_name from duckdb_tables() where database_name = 'public'"
    for (table,) in connection.execute(tables).fetchall():
        path = literal(folder / f"{table}.parquet")
        connection.execute(f"copy public.{identifier(table)} to {path} (format parquet)")


def _flush(files: list[Path]) -> None:
    """Has the files on disk before their names say so, for the case that the power fails."""
    for path in files:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _switch(folder: Path, link: Path) -> None:
    """Lets the link lead to the folder, at once; the folder that it led to stays for its readers.

    Where there are no links, the files take the place of the old ones, each at once.
    """
    new = folder.with_name(f"{folder.name}.link")
    try:
        new.symlink_to(folder.name, target_is_directory=True)
        new.replace(link)
    except OSError:
        link.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.replace(link / file.name)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Waits until no other process publishes to the folder; the end of a process frees it."""
    with (folder / ".lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:  # Windows, where nobody can remove a file that another has open
            pass
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_leftovers(folder: Path) -> None:
    """Removes what killed publications left, and Parquet of which nobody has read for a while."""
    current = (folder / PARQUET).resolve()
    for path in folder.glob(f".{FILE}.*"):
        path.unlink()
    for path in folder.glob(f".{PARQUET}.*"):
        if path.is_symlink():
            path.unlink()
        elif path != current:
            shutil.rmtree(path)


def _project_version() -> str:
    return yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["version"]
