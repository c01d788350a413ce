"""What is published: whole green builds, at once, without small cells, for clients from 1.0 on."""

import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from conftest import MARTS, ROOT, SCHEMA, TABLES, Outcome, Workshop, environment, fingerprint
from scipy.optimize import linprog

from segmentation.errors import UserError
from segmentation.publish import NotPublished, publish_build
from segmentation.serve import serve_published
from segmentation.small_cells import suppress_small_cells

PUBLIC = sorted(set(MARTS) - {"rejected_transactions"})
DAMAGED = r"run_results\.json or manifest\.json in .* is damaged: run `make build`"


@dataclass
class Build:
    """A copy of the demo's build: the database, what dbt wrote of it, and where it is published."""

    folder: Path
    invocation: str

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def file(self) -> Path:
        return self.folder / "public" / "segments.duckdb"

    def change(self, name: str, do: Callable[[dict], None]) -> None:
        """Changes one of dbt's files, such as run_results."""
        path = self.folder / "target" / f"{name}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        do(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    def execute(self, *statements: str) -> None:
        """Changes the database, with the marts' names as they are."""
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(f"create schema if not exists {SCHEMA}; set schema = '{SCHEMA}'")
            for statement in statements:
                connection.execute(statement)

    def turn_into(self, invocation: str) -> None:
        """Makes it the build of another invocation, whose name every row of three marts tells."""
        for name in ("run_results", "manifest"):
            self.change(name, lambda content: content["metadata"].update(invocation_id=invocation))
        told = f"set {{}} = '{invocation}'"
        self.execute(
            "begin",
            *(
                f"comment on table {name} is 'dbt invocation {invocation}'"
                for name in self.tables()
            ),
            f"update customer_segments {told.format('score_group')}",
            f"update customer_orders {told.format('country')}",
            f"update segment_directory {told.format('description')}",
            "commit",
        )

    def tables(self) -> list[str]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            names = "select table_name from duckdb_tables() order by table_name"
            return [name for (name,) in connection.execute(names).fetchall()]

    def publish(self) -> Path:
        """`make publish`, in this process."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment(self.folder, self.database).items():
                patch.setenv(name, value)
            return publish_build()

    def ask(self, query: str) -> list[tuple]:
        """Rows of a query of what is published."""
        with duckdb.connect(str(self.file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def refuses(self, why: str) -> None:
        """Publishing ends in one sentence, and changes nothing."""
        before = contents(self.file.parent)
        with pytest.raises(NotPublished, match=why) as refused:
            self.publish()
        said = str(refused.value)
        assert said.startswith("Nothing is published: ") and said.endswith(".")
        assert "\n" not in said
        assert contents(self.file.parent) == before


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def trimmed(demo: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's build with few rows and without dbt's texts, to be published in no time."""
    folder = tmp_path_factory.mktemp("trimmed")
    shutil.copytree(demo.database.parent / "target", folder / "target", ignore=left_out)
    build = Build(folder, "")

    def trim(manifest: dict) -> None:
        kept = ("resource_type", "name", "schema", "alias", "access", "description", "columns")
        for node in manifest["nodes"].values():
            config = {name: node["config"][name] for name in ("enabled", "meta")}
            for name in set(node) - set(kept):
                del node[name]
            node["config"] = config
        for name in set(manifest) - {"metadata", "nodes"}:
            del manifest[name]

    build.change("manifest", trim)
    stamped = demo.ask(
        """
        select table_name, comment from duckdb_tables() where comment is not null
        union all
        select view_name, comment from duckdb_views() where comment is not null
        """
    )
    few = ("customer_orders", "customer_months", "segment_periods", "segment_members")
    build.execute(
        f"attach '{demo.database}' as demo (read_only)",
        *(
            f"""
            create table {name} as
            from demo.{SCHEMA}.{name} limit {100 if name in few or name[:4] == "int_" else 100000};
            comment on table {name} is '{comment}'
            """
            for name, comment in stamped
        ),
    )
    return folder


def left_out(folder: str, names: list[str]) -> set[str]:
    """Of the folder target, everything but the two files that publishing reads."""
    return set(names) - {"manifest.json", "run_results.json"}


@pytest.fixture
def build(trimmed: Path, tmp_path: Path) -> Build:
    """A green build that is not published yet."""
    shutil.copytree(trimmed, tmp_path / "build")
    results = json.loads((tmp_path / "build/target/run_results.json").read_text(encoding="utf-8"))
    return Build(tmp_path / "build", results["metadata"]["invocation_id"])


# What is published


def test_a_build_ends_with_its_marts_published(demo):
    """By plain names, described, in a format for old clients; Parquet has the same rows."""
    build = Build(demo.database.parent, "")
    tables = build.ask("select table_name, comment from duckdb_tables()")
    assert sorted(name for name, _ in tables) == sorted(["build_info", *PUBLIC])
    manifest = demo.database.parent / "target" / "manifest.json"
    models = {
        node["name"]: node
        for node in json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
        if node["resource_type"] == "model"
    }
    for name, comment in tables:
        said = models[name]["description"].strip() if name in models else "One row:"
        assert comment.startswith(said)
    columns = build.ask(
        "select table_name, column_name, comment from duckdb_columns() where not internal"
    )
    assert len(columns) > 200
    told = {(table, column): comment for table, column, comment in columns}
    meant = {
        (name, column): models[name]["columns"][column]["description"].strip()
        for name, column in told
        if name in models
    }
    assert all(told.values()) and meant.items() <= told.items()
    # Bytes 12 to 19 of a file are its storage version; that of DuckDB 1.0 is 64.
    assert int.from_bytes(build.file.read_bytes()[12:20], "little") == 64
    for table in ["build_info", *PUBLIC]:
        parquet = f"'{build.file.parent}/parquet/{table}.parquet'"
        [(count,)] = build.ask(f"select count(*) from {table}")
        assert count > 0
        differing = f"(from {table} except all from {parquet})"
        assert build.ask(f"from {differing}") == []
        assert build.ask(f"select count(*) from {parquet}") == [(count,)]
    by_customer = [table for table, column, _ in columns if column == "customer_id"]
    assert len(by_customer) > 4
    for mart in by_customer:
        assert fingerprint(build.ask(f"from {mart}")) == fingerprint(demo.ask(f"from {mart}"))


def test_build_info_tells_where_the_file_comes_from(demo, build):
    build.publish()

    def info(what: str) -> tuple:
        [row] = build.ask(f"select {what} from build_info")
        return row

    read = "select max(as_of_date), (select sum(row_count) from input_reconciliation where input = "
    [(as_of_date, transactions)] = demo.ask(f"{read}'transactions') from customer_segments")
    [(_, customers)] = demo.ask(f"{read}'customers') from customer_segments")
    facts = info("as_of_date, transaction_rows, customer_rows, invocation_id, minimum_cell")
    assert facts == (as_of_date, transactions, customers, build.invocation, 5)
    versions = info("project_version, dbt_version, duckdb_version")
    assert all(versions) and versions[2] == f"v{duckdb.__version__}"
    # The order of the rows does not matter to the checksum; anything else does.
    before = info("transaction_checksum, customer_checksum")
    staging = "stg_segmentation__transactions"
    stamp = f"comment on table {staging} is 'dbt invocation {build.invocation}'"
    build.execute(
        f"create table other as from {staging} order by hash(rowid)",
        f"drop table {staging}",
        f"alter table other rename to {staging}",
        stamp,
    )
    build.publish()
    assert info("transaction_checksum, customer_checksum") == before
    one = f"where rowid = (select min(rowid) from {staging} where quantity = 1)"
    seen = [before[0]]
    for change in (
        f"update {staging} set quantity = 2 {one}",
        f"insert into {staging} from {staging} limit 1",
        f"insert into {staging} from {staging} limit 1",
    ):
        build.execute(change)
        build.publish()
        [transactions, customers] = info("transaction_checksum, customer_checksum")
        assert transactions not in seen and customers == before[1]
        seen.append(transactions)


def test_make_serves_it_to_this_machine_only(build):
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("make would set up .venv first")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Whether .venv is as old as the requirements is not what this is about.
    words = ["make", "--no-print-directory", "--old-file=.venv/installed", "serve", f"PORT={port}"]
    settings = environment(build.folder, build.database) | {"MAKEFLAGS": ""}
    none = subprocess.run(words, cwd=ROOT, env=settings, capture_output=True, text=True)
    assert none.returncode != 0
    assert none.stderr.startswith("Nothing is published yet: run `make build`.\n")
    build.publish()
    build.publish()
    (build.file.parent / "report.html").touch()
    server = subprocess.Popen(
        words,
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )

    def ask(path: str) -> bytes:
        with urllib.request.urlopen(f"http://localhost:{port}/{path}") as answer:
            return answer.read()

    try:
        told = [server.stdout.readline().strip() for _ in range(2)]
        assert told == [
            f"Report: http://localhost:{port}/report.html",
            f"All files: http://localhost:{port}/",
        ]
        assert ask("segments.duckdb") == build.file.read_bytes()
        # A link to a folder whose name begins with a dot.
        directory = (build.file.parent / "parquet" / "segment_directory.parquet").read_bytes()
        assert ask("parquet/segment_directory.parquet") == directory
        assert b"segment_directory.parquet" in ask("parquet")
        names = re.findall(r'href="([^"]+)"', ask("").decode())
        assert names == ["parquet", "report.html", "segments.duckdb"]
        hidden = [path.name for path in build.file.parent.iterdir() if path.name[0] == "."]
        assert ".lock" in hidden and len(hidden) > 1
        for name in [*hidden, "%2elock", "parquet/../.lock", "%00", "parquet/%00"]:
            with pytest.raises(urllib.error.HTTPError, match="404"):
                ask(name)
        # A page of another host that leads a browser here.
        elsewhere = urllib.request.Request(
            f"http://localhost:{port}/report.html", headers={"Host": f"elsewhere.example:{port}"}
        )
        with pytest.raises(urllib.error.HTTPError, match="421"):
            urllib.request.urlopen(elsewhere)
        # Another address of this machine, as seen from other machines.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=5)
        taken = subprocess.run(words, cwd=ROOT, env=settings, capture_output=True, text=True)
        assert taken.stderr.startswith(f"Port {port} cannot be had (Address already in use): name")
    finally:
        os.killpg(server.pid, signal.SIGINT)
        said = server.communicate(timeout=10)[1]
    assert "Traceback" not in said and "Stopped" not in said


@pytest.mark.parametrize("port", ["abc", "", "-1", "70000", "²", "８０００"])
def test_a_port_that_is_none_ends_in_a_sentence(tmp_path, monkeypatch, port):
    (tmp_path / "segments.duckdb").touch()
    monkeypatch.setattr("segmentation.serve.ThreadingHTTPServer", None)  # nothing is to be served
    with pytest.raises(UserError, match=r'^PORT is ".*": it takes a number from 1 to 65535'):
        serve_published(tmp_path, port)


# When nothing is published


def test_a_build_that_failed_anywhere_is_not_published(build):
    build.publish()
    good = (build.folder / "target/run_results.json").read_bytes()
    for kind, status in (
        ("test", "fail"),
        ("test", "error"),
        ("test", "skipped"),
        ("model", "error"),
        ("model", "skipped"),
        ("model", "partial success"),
        ("seed", "error"),
    ):

        def spoil(results: dict, kind: str = kind, status: str = status) -> None:
            mine = [r for r in results["results"] if r["unique_id"].startswith(kind)]
            mine[len(mine) // 2]["status"] = status

        build.change("run_results", spoil)
        build.refuses("of the last build failed or was skipped")
        (build.folder / "target/run_results.json").write_bytes(good)
    build.change("run_results", lambda results: fail_all(results))
    build.refuses(r"\d+ models and tests \(such as \w+\) of the last build failed or were skipped")


def fail_all(results: dict) -> None:
    for result in results["results"]:
        result["status"] = "error"


def test_warnings_are_published(build):
    def warn(results: dict) -> None:
        tests = [r for r in results["results"] if r["unique_id"].startswith("test")]
        tests[0]["status"] = "warn"

    build.change("run_results", warn)
    assert build.publish() == build.file
    assert build.ask("select count(*) from build_info") == [(1,)]


@pytest.mark.parametrize("kind", ["model", "seed", "test"])
def test_a_build_that_left_anything_out_is_not_published(build, kind):
    """Whatever narrowed it: a selection leaves no result."""
    build.publish()

    def leave_out(results: dict) -> None:
        mine = next(r for r in results["results"] if r["unique_id"].startswith(kind))
        results["results"].remove(mine)

    build.change("run_results", leave_out)
    build.refuses("the last build left out")


def test_nothing_but_a_build_of_the_whole_input_is_published(build):
    build.publish()
    for which in ("run", "test", "seed", "generate", "compile"):
        build.change(
            "run_results", lambda results, which=which: results["args"].update(which=which)
        )
        build.refuses(f"the last command was `dbt {which}`")
    build.change("run_results", lambda results: results["args"].update(which="build", empty=True))
    build.refuses("read only a part of the input")
    build.change("run_results", lambda results: results["args"].update(empty=False))
    build.change("manifest", lambda manifest: manifest["metadata"].update(adapter_type="spark"))
    build.refuses("not on DuckDB")
    build.change("manifest", lambda manifest: manifest["metadata"].update(invocation_id="later"))
    build.refuses("did not come to its end")
    (build.folder / "target/run_results.json").unlink()
    build.refuses(r"there is no run_results\.json")


@pytest.mark.parametrize("content", ["{", "{}", "[]", '{"metadata": {}}'])
@pytest.mark.parametrize("name", ["run_results", "manifest"])
def test_a_file_of_dbt_that_is_damaged_is_told(build, name, content):
    (build.folder / f"target/{name}.json").write_text(content, encoding="utf-8")
    build.refuses(DAMAGED)


@pytest.mark.parametrize(
    ("name", "part", "content"),
    [("run_results", "metadata", {}), ("run_results", "results", [1]), ("manifest", "nodes", [])],
)
def test_damage_within_a_file_of_dbt_is_told(build, name, part, content):
    build.change(name, lambda whole: whole.update({part: content}))
    build.refuses(DAMAGED)


@pytest.mark.parametrize("model", ["segment_summary", "stg_segmentation__transactions", "seg_rfm"])
def test_a_table_of_another_build_is_not_published(build, model):
    """Neither one that a later command made and came to no end, nor one made by hand."""
    build.publish()
    build.execute(f"comment on table {model} is 'dbt invocation later'")
    build.refuses(f"{model} in the database is not the one")
    build.execute(f"create or replace table {model} as from {model}")
    build.refuses(f"{model} in the database is not the one")


def test_no_database_and_a_folder_that_cannot_be_written_end_in_a_sentence(build):
    build.publish()
    build.database.rename(build.folder / "away.duckdb")
    build.refuses("there is no database")
    (build.folder / "away.duckdb").rename(build.database)
    shutil.rmtree(build.file.parent)
    build.file.parent.write_text("a file", encoding="utf-8")
    with pytest.raises(NotPublished, match="public cannot be written"):
        build.publish()


def test_the_builds_own_database_is_never_replaced(build, monkeypatch):
    monkeypatch.setenv("SEGMENTATION_PUBLIC", str(build.folder))
    own = build.folder / "segments.duckdb"
    build.database.rename(own)
    monkeypatch.setenv("SEGMENTATION_DB", str(own))
    before = own.read_bytes()
    with pytest.raises(NotPublished, match="is the build's own database: name another folder"):
        publish_build()
    assert own.read_bytes() == before


@pytest.mark.parametrize("damage", ["middle", "end", "folder"])
def test_a_damaged_database_is_said_to_be_that(build, damage):
    build.publish()
    whole = build.database.read_bytes()
    if damage == "folder":
        build.database.unlink()
        build.database.mkdir()
    elif damage == "end":
        build.database.write_bytes(whole[: len(whole) // 2])
    else:
        parts = [whole[:12288], random.Random(1).randbytes(len(whole) - 20480), whole[-8192:]]
        build.database.write_bytes(b"".join(parts))
    build.refuses(
        r"the database .* is damaged and cannot be read: move it away and run `make build`"
    )


def test_one_publication_waits_for_another(build):
    """Else the first would take what the second has half written for what is left of a dead one."""
    fcntl = pytest.importorskip("fcntl")
    build.publish()
    before = build.file.read_bytes()
    with (build.file.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        waiting = threading.Thread(target=build.publish)
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive() and build.file.read_bytes() == before
    waiting.join(60)
    assert not waiting.is_alive() and build.file.read_bytes() != before


def test_files_are_on_disk_before_they_have_their_names(build, monkeypatch):
    flushed, named = set(), {}
    fsync, replace = os.fsync, Path.replace

    def note_flushed(handle: int) -> None:
        flushed.add(os.fstat(handle).st_ino)
        fsync(handle)

    def note_named(path: Path, goal: Path) -> Path:
        files = path.iterdir() if path.is_dir() else [path]
        named[path.name] = {file.stat().st_ino for file in files} - flushed
        return replace(path, goal)

    monkeypatch.setattr(os, "fsync", note_flushed)
    monkeypatch.setattr(Path, "replace", note_named)
    build.publish()
    assert len(named) == 2 and not any(named.values()) and len(flushed) > 10


def test_a_full_disk_leaves_nothing_half_written(build, monkeypatch):
    def is_full(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        folder.mkdir()
        (folder / "segment_summary.parquet").write_text("PAR1")
        said = 'Could not write file "/x": No space left on device'
        raise duckdb.IOException(f"IO Error: {said}\nflushed: 4096")

    build.publish()
    monkeypatch.setattr("segmentation.publish._copy", is_full)
    build.refuses(r"public cannot be written \(the disk is full\)\.$")


def test_what_dbt_makes_after_a_green_build_is_not_published(demo, tmp_path):
    """The command, from its exit code to its sentence, on what dbt itself leaves behind."""
    build, workshop = Build(tmp_path, ""), Workshop(tmp_path)
    shutil.copy(demo.database, build.database)
    shutil.copytree(demo.database.parent / "target", tmp_path / "target", ignore=left_out)
    done = workshop.run("segmentation", "publish")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Published: {build.file}, for BI.\n")
    assert (build.file.parent / "report.html").exists()
    before = contents(build.file.parent)
    # As a command that is killed leaves it: dbt's files are still those of the green build.
    again = workshop.build_here(only=("--select", "customer_segments", *TABLES))
    assert again.code == 0, again.err
    done = workshop.run("segmentation", "publish")
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "customer_segments in the database is not the one" in done.err
    assert contents(build.file.parent) == before


# Readers, and publishers that are killed

# A mart, and the column by which turn_into lets it tell the build.
VERSIONS = {
    "customer_segments": "score_group",
    "customer_orders": "country",
    "segment_directory": "description",
    "build_info": "invocation_id",
}

READER = """
import json, sys, time
from pathlib import Path
import duckdb

public, stop, marts = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
parquet = sys.argv[4] == "parquet"
counts = {"reads": 0, "errors": [], "mixed": 0, "bad": 0, "seen": []}
while not stop.exists():
    try:
        folder = (public / "parquet").resolve()
        file = ":memory:" if parquet else str(public / "segments.duckdb")
        found = set()
        with duckdb.connect(file, read_only=not parquet) as connection:
            for mart, column in marts.items():
                where = f"'{folder}/{mart}.parquet'" if parquet else mart
                rows = connection.execute(f"select distinct {column} from {where}").fetchall()
                found |= {value for (value,) in rows}
    except Exception as error:
        counts["errors"].append(str(error))
        continue
    counts["reads"] += 1
    time.sleep(0.01)
    counts["mixed"] += len(found) != 1
    counts["bad"] += any(name is None or name.startswith("bad") for name in found)
    counts["seen"] = sorted({*counts["seen"], *map(str, found)})
print(json.dumps(counts))
"""


def test_readers_see_one_whole_build_or_the_next(build, tmp_path):
    """Twenty publications, five of them of failed builds, while readers loop over three marts."""
    build.turn_into("good 0")
    build.publish()
    stop = tmp_path / "stop"
    words = [sys.executable, "-c", READER, build.file.parent, stop, json.dumps(VERSIONS)]
    readers = [
        subprocess.Popen([*words, what], stdout=subprocess.PIPE, text=True)
        for what in ("file", "parquet")
    ]
    try:
        for number in range(1, 21):
            is_bad = number % 4 == 0
            build.turn_into(f"{'bad' if is_bad else 'good'} {number}")
            if is_bad:
                build.change("run_results", lambda results: spoil_one(results, "fail"))
                build.refuses("failed or was skipped")
                build.change("run_results", lambda results: spoil_one(results, "pass"))
            else:
                build.publish()
        time.sleep(0.3)
    finally:
        stop.touch()
    for reader in readers:
        counts = json.loads(reader.communicate()[0])
        assert reader.returncode == 0
        assert (counts["errors"], counts["mixed"], counts["bad"]) == ([], 0, 0)
        assert counts["reads"] > 20
        assert len(counts["seen"]) > 5 and "good 19" in counts["seen"]


def spoil_one(results: dict, status: str) -> None:
    tests = [r for r in results["results"] if r["unique_id"].startswith("test")]
    tests[-1]["status"] = status


def test_the_old_file_is_replaced_and_never_written_to(build):
    build.publish()
    old, was = build.folder / "old.duckdb", build.file.read_bytes()
    os.link(build.file, old)
    build.turn_into("another build")
    build.publish()
    assert old.read_bytes() == was != build.file.read_bytes()


# Publishes in a process of its own for every other line, and waits for its end at the next.
PUBLISHERS = """
import os, sys
from segmentation.publish import publish_build

for line in sys.stdin:
    process = os.fork()
    if not process:
        publish_build()
        os._exit(0)
    print(process, flush=True)
    sys.stdin.readline()
    print(os.waitpid(process, 0)[1], flush=True)
"""


def test_killed_at_any_moment_the_old_file_stays_whole(build):
    """Fifty times, at random within the time that publishing takes."""
    chance = random.Random(50)

    def whole() -> str:
        """The build that the published file is of; all of it and of the Parquet can be read."""
        versions = []
        with duckdb.connect(str(build.file), read_only=True) as connection:
            for place in ("{}", f"'{build.file.parent}/parquet/{{}}.parquet'"):
                for mart in PUBLIC:
                    connection.execute(f"select count(columns(*)) from {place.format(mart)}")
                told = {
                    value
                    for mart, column in VERSIONS.items()
                    for (value,) in connection.execute(
                        f"select distinct {column} from {place.format(mart)}"
                    ).fetchall()
                }
                [version] = told
                versions.append(version)
        return versions[0]

    with subprocess.Popen(
        [sys.executable, "-c", PUBLISHERS],
        cwd=ROOT,
        env=environment(build.folder, build.database),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as publishers:

        def publish(kill_after: float | None = None) -> bool:
            """Whether it came to its end."""
            print(file=publishers.stdin, flush=True)
            process = int(publishers.stdout.readline())
            if kill_after is not None:
                time.sleep(kill_after)
                os.kill(process, signal.SIGKILL)
            print(file=publishers.stdin, flush=True)
            return int(publishers.stdout.readline()) == 0

        build.turn_into("build 0")
        publish()
        began = time.monotonic()
        assert publish()
        took = time.monotonic() - began
        old, killed, half_done = "build 0", 0, 0
        for number in itertools.count():
            if number % 10 == 0:
                new = f"build {number + 1}"
                build.turn_into(new)
            done = publish(kill_after=chance.uniform(0, took))
            version = whole()
            assert version == new if done else version in (old, new)
            old = version
            half_done += len(list(build.file.parent.glob(".segments.duckdb.*"))) > 0
            killed += not done
            if killed == 50:
                break
        publishers.stdin.close()
    # Most of them in the middle of it.
    assert half_done > 25
    build.publish()
    left = sorted(path.name.rsplit(".", 1)[0] for path in build.file.parent.iterdir())
    assert left == ["", ".parquet", ".parquet", "parquet", "segments"]


# Small cells


def suppressed(rows: list[tuple], *rules: dict, columns: str) -> list[tuple]:
    """The rows as they are published: integers, all but the first columns."""
    with duckdb.connect() as connection:
        values = ", ".join(str(row).replace("None", "null") for row in rows)
        query = f"select * from (values {values}) as mart({columns})"
        return connection.execute(
            suppress_small_cells(connection, query, list(rules), 5)
        ).fetchall()


def test_small_cells_and_what_would_tell_them_are_hidden():
    rule = {"counts": ["customers"], "totals": [["age"]], "measures": ["customers", "revenue"]}
    rows = [
        # 4 is small, and all less the others; 6 is the smallest of these.
        *[("young", "a", 4, 40), ("young", "b", 6, 60), ("young", "c", 6, 70)],
        # Nobody is nothing to hide; two small ones of together 5 need no third.
        *[("adult", "a", 0, 0), ("adult", "b", 2, 9), ("adult", "c", 3, 9), ("adult", "d", 9, 9)],
        # Two of 1 would be told by their sum.
        *[
            ("middle", "a", 1, 9),
            ("middle", "b", 1, 9),
            ("middle", "c", 8, 9),
            ("middle", "d", 8, 9),
        ],
        # The same one by one, for who knows that each is of somebody.
        *[("mature", name, 1, 9) for name in "abcde"],
        *[("mature", "f", 40, 9), ("mature", "g", 50, 9)],
        # 5 is not small.
        *[("old", "a", 5, 9), ("old", "b", 50, 9)],
        # Revenue of nobody is somebody's, after all.
        *[("ancient", "a", 0, -7), ("ancient", "b", 7, 9), ("ancient", "c", 8, 9)],
        # One cell is its total; there is nothing else to hide.
        ("eternal", "a", 3, 9),
    ]
    hidden = {
        *[("young", "a"), ("young", "b"), ("adult", "b"), ("adult", "c")],
        *[("middle", "a"), ("middle", "b"), ("middle", "c"), ("ancient", "a"), ("ancient", "b")],
        ("eternal", "a"),
        *[("mature", name) for name in "abcdef"],
    }
    expected = [(*row[:2], None, None) if row[:2] in hidden else row for row in rows]
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        published = suppressed(rows, rule, columns="age, segment, customers, revenue")
        # Sorted by what is shown, not by the sizes that are hidden.
        assert published == sorted(expected, key=lambda row: row[:2])


def test_the_order_of_rows_tells_nothing_of_what_is_hidden():
    rule = {"counts": ["customers"], "measures": ["customers"]}
    rows = [(4, "b"), (3, "c"), (2, "a"), (9, "d")]
    published = suppressed(rows, rule, columns="customers, segment")
    assert published == [(9, "d"), (None, "a"), (None, "b"), (None, "c")]


def test_a_large_cell_that_is_hidden_is_not_alone_in_its_other_total():
    """30 hides 3 in its row, and its column would tell it."""
    rule = {
        **{"counts": ["customers"], "measures": ["customers"]},
        "totals": [["before"], ["now"]],
    }
    rows = [
        *[("a", "x", 3), ("a", "y", 30), ("a", "z", 0)],
        *[("b", "x", 4), ("b", "y", 40), ("b", "z", 20)],
        *[("c", "x", 50), ("c", "y", 60), ("c", "z", 70)],
    ]
    published = suppressed(rows, rule, columns="before, now, customers")
    assert [row for row in published if row[2] is not None] == [("a", "z", 0), ("c", "y", 60)]


def test_what_repeats_a_hidden_cell_is_hidden():
    """The total of one group would else tell the cell, and with it that of another."""
    rule = {
        **{"counts": ["customers"], "totals": [["kind"]], "measures": ["customers"]},
        "repeats": ["segment", "customers"],
    }
    rows = [
        *[("rfm", "New", 2), ("rfm", "Prospect", 10), ("rfm", "Lost", 88)],
        *[("stage", "Prospect", 10), ("stage", "New", 20), ("stage", "Lapsed", 70)],
        *[("region", "Prospect", 11), ("region", "Home", 89)],
    ]
    shown = [row for row in suppressed(rows, rule, columns="kind, segment, customers") if row[2]]
    assert shown == [
        *[("region", "Home", 89), ("region", "Prospect", 11)],
        *[("rfm", "Lost", 88), ("stage", "Lapsed", 70)],
    ]


def test_parts_of_a_cell_are_hidden_together():
    rules = [
        {"counts": ["customers"], "measures": ["customers", "bought", "aged"]},
        {"counts": ["bought", "aged"], "measures": ["bought", "aged"]},
    ]
    rows = [("a", 4, 4, 0), ("b", 20, 1, 19), ("c", 20, 20, 0), ("d", 20, 5, 15), ("e", 7, 0, 0)]
    assert suppressed(rows, *rules, columns="segment, customers, bought, aged") == [
        *[("a", None, None, None), ("b", 20, None, None), ("c", 20, 20, 0), ("d", 20, 5, 15)],
        ("e", 7, 0, 0),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_no_margin_of_a_table_tells_a_hidden_cell(seed):
    """Moves from segment to segment, of which the sums of each row and column are known."""
    chance = random.Random(seed)
    sizes = [0, 0, 1, 2, 4, 5, 6, 9, 30, 30]
    rows = [(a, b, chance.choice(sizes)) for a in range(1, 9) for b in range(1, 9)]
    totals = [["before"], ["now"]]
    rule = {"counts": ["customers"], "totals": totals, "measures": ["customers"]}
    published = suppressed(rows, rule, columns="before, now, customers")
    size = {row[:2]: row[2] for row in rows}
    assert all(count in (None, size[before, now]) for before, now, count in published)
    assert not any(count in range(1, 5) for *_, count in published)
    hidden = {(before, now) for before, now, count in published if count is None}
    assert 0 < len(hidden) < len(rows)
    for position in (0, 1):
        for line in range(1, 9):
            mine = [cell for cell in size if cell[position] == line and size[cell]]
            unknown = [size[cell] for cell in mine if cell in hidden]
            assert (
                not unknown
                or unknown == [size[cell] for cell in mine]
                or (len(unknown) > 1 and sum(unknown) >= 5)
            )


def test_several_sums_together_tell_no_hidden_cell():
    """Of 5 who came to x two flows are hidden; of 16 who leave y, two; of 19 come to x, two."""
    rule = {
        **{"counts": ["customers"], "measures": ["customers"]},
        "totals": [["month", "before"], ["month", "now"]],
        "flows": {"at": "month", "from": "before", "to": "now", "within": ["kind"]},
    }
    flows = {
        (1, "new", "x"): 5,
        (1, "new", "y"): 72,
        **{(1, "new", "v"): 6, (2, "v", "v"): 6},
        **{(2, "x", "x"): 4, (2, "x", "u"): 1, (2, "new", "u"): 4},
        **{(2, "y", "y"): 41, (2, "y", "z"): 15, (2, "y", "w"): 1, (2, "y", "x"): 15},
        **{(2, "new", "w"): 4, (2, "new", "y"): 30},
        **{(3, "x", "x"): 12, (3, "x", "y"): 7},
    }
    rows = [("all", *flow, people) for flow, people in flows.items()]
    published = suppressed(rows, rule, columns="kind, month, before, now, customers")
    told = {row[1:4]: row[4] for row in published}
    assert all(people in (None, flows[flow]) for flow, people in told.items())
    assert exactly_told(told, flows) == []
    assert told[1, "new", "y"] == 72


def exactly_told(told: dict[tuple, int | None], flows: dict[tuple, int]) -> list[tuple]:
    """Hidden flows that have one size alone where who came is who stays or leaves, and none is 0.

    By a linear program for the least and the most of each.
    """
    hidden = [flow for flow, people in told.items() if people is None]
    places = {(month, now) for month, _, now in told} & {
        (month - 1, before) for month, before, _ in told
    }
    left, right = [], []
    for month, place in places:
        signs = {flow: 1 for flow in told if (flow[0], flow[2]) == (month, place)}
        signs |= {flow: -1 for flow in told if flow[:2] == (month + 1, place)}
        left.append([signs.get(flow, 0) for flow in hidden])
        right.append(-sum(sign * (told[flow] or 0) for flow, sign in signs.items()))
    single = []
    for position, flow in enumerate(hidden):
        goal = [float(place == position) for place in range(len(hidden))]
        ends = [
            linprog([sign * each for each in goal], A_eq=left, b_eq=right, bounds=(1, None))
            for sign in (1, -1)
        ]
        assert ends[0].status == 0 and ends[0].fun <= flows[flow] + 1e-6
        if ends[1].status == 0 and -ends[1].fun - ends[0].fun < 1e-6:
            single.append(flow)
    return single


@pytest.mark.parametrize("seed", range(5))
def test_who_came_and_who_leaves_tell_no_flow(seed):
    """Whoever is at a place came there by one of a month's flows, and is in one of the next's."""
    chance = random.Random(seed)
    places = {"new": 0, **dict.fromkeys("abcd", 40), "closed": 20}
    flows: dict[tuple, int] = {}
    for month in range(1, 13):
        # Of those who are there some go on; into what is closed comes one now and then.
        now = dict.fromkeys(places, 0)
        for origin, people in (places | {"new": chance.choice([7, 9, 12])}).items():
            for _ in range(people):
                stays = origin == "closed" or (origin != "new" and chance.random() < 0.8)
                goal = origin if stays else chance.choice("abcd")
                if origin == "new" and chance.random() < 0.02:
                    goal = "closed"
                now[goal] += 1
                flows[month, origin, goal] = flows.get((month, origin, goal), 0) + 1
        places = now
    rows = [("all", *flow, people) for flow, people in flows.items()]
    rule = {
        "counts": ["customers"],
        "totals": [["month", "before"], ["month", "now"]],
        "flows": {"at": "month", "from": "before", "to": "now", "within": ["kind"]},
        "measures": ["customers"],
    }
    published = suppressed(rows, rule, columns="kind, month, before, now, customers")
    told = {row[1:4]: row[4] for row in published}
    assert all(people in (None, flows[flow]) for flow, people in told.items())
    assert 0 < sum(people is None for people in told.values()) < 0.8 * len(told)
    assert exactly_told(told, flows) == []
    # What a sum leaves of another one is found until no more is: both sides of each place.
    sides: dict[tuple, list[list]] = {}
    for month, before, now in told:
        if before != "new":
            sides.setdefault((month - 1, before), [[], []])[0].append((month, before, now))
        sides.setdefault((month, now), [[], []])[1].append((month, before, now))
    found = True
    while found:
        found = False
        for left, came in sides.values():
            unknown = [flow for flow in left + came if told[flow] is None]
            if left and came and len(unknown) == 1:
                told[unknown[0]] = flows[unknown[0]]
                found = True
    assert not [flow for flow, people in told.items() if people in range(1, 5)]
    assert any(people in range(1, 5) for people in flows.values())


def test_what_is_not_of_customers_is_shown_and_adds_up_to_nothing():
    """A null count hides nothing; what has no total needs no second cell."""
    rule = {"counts": ["customers"], "totals": [["kind"]], "measures": ["customers", "value"]}
    rows = [
        *[(None, "days", None, 3), (None, "buyers", 4, 4), (None, "orders", 7, 9)],
        *[("rfm", "New", 4, 0.2), ("rfm", "Old", 8, 0.4), ("rfm", "Lost", 9, 0.4)],
    ]
    published = suppressed(rows, rule, columns="kind, measure, customers, value")
    shown = {measure for _, measure, _, value in published if value is not None}
    assert shown == {"days", "orders", "Lost"}


def test_no_month_tells_what_another_hides(demo):
    """A value stands again a month and a year later, and a share of a month's customers counts."""
    build = Build(demo.database.parent, "")
    again = """
        select count(*) > 300,
            count_if(first.value is distinct from later.{0}_value),
            count_if(first.customers is distinct from later.{0}_customers)
        from segment_drift as first
        inner join segment_drift as later
            on first.measure = later.measure and later.month_end = last_day(first.month_end + {1})
    """
    for name, step in (("previous", "interval 1 month"), ("last_year", "interval 12 month")):
        assert build.ask(again.format(name, step)) == [(True, 0, 0)], name
    [(shares, hidden, small)] = build.ask(
        """
        select count(value), count_if(value is null),
            count_if(round(value * size) between 1 and 4)
        from segment_drift
        inner join (
            select month_end, count(*) as size from customer_months group by month_end
        ) using (month_end)
        where measure_type = 'segment share'
        """
    )
    assert shares > 500 and hidden > 10 and small == 0


def test_the_demo_shows_no_small_cell(demo):
    """No count of customers, in no summary; the totals of each segmentation tell none either."""
    build = Build(demo.database.parent, "")
    counts = build.ask(
        """
        select table_name, column_name from duckdb_columns()
        where
            regexp_matches(column_name, '(^|_)(customers|buyers)$')
            and table_name not in ('cluster_quality', 'build_info')
        """
    )
    assert {table for table, _ in counts} == {
        *("segment_summary", "segment_migrations", "cohort_retention", "cluster_profiles"),
        *("prediction_quality", "segment_drift"),
    }
    for table, column in counts:
        small = f"select count(*) from {table} where {column} between 1 and 4"
        assert build.ask(small) == [(0,)], f"{table}.{column}"
    small = "select segmentation, segment from segment_summary where customers between 1 and 4"
    hidden = build.ask("select segmentation, segment from segment_summary where customers is null")
    assert len(demo.ask(small)) > 1
    assert set(demo.ask(small)) < set(hidden)
    assert len(hidden) < 10
    with duckdb.connect(str(demo.database), read_only=True) as connection:
        connection.execute(f"attach '{build.file}' as bi (read_only); set schema = '{SCHEMA}'")
        told = connection.execute(
            """
            select segmentation from segment_summary
            where segment_key in (
                select segment_key from bi.segment_summary where customers is null
            )
            group by segmentation
            having count(*) = 1 or sum(customers) < 5
            """
        ).fetchall()
        rests_on_few = connection.execute(
            """
            select count(*), count(told.average_days_between_orders), count(told.repeat_rate),
                count(told.average_frequency)
            from segment_summary as known
            inner join bi.segment_summary as told using (segment_key)
            where known.repeat_buyers between 1 and 4
            """
        ).fetchone()
    assert told == []
    assert rests_on_few[0] >= 3 and rests_on_few[1:] == (0, 0, 0)


def test_everything_that_a_summary_measures_can_be_hidden(demo):
    """A column added to a summary is a measure, too."""
    path = demo.database.parent / "target" / "manifest.json"
    nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"].values()
    for name in ("segment_summary", "segment_migrations", "cohort_retention", "segment_drift"):
        [node] = [node for node in nodes if node["name"] == name]
        rules = node["config"]["meta"]["small_cells"]
        measures = {
            name for rule in rules for name in [*rule["measures"], *rule.get("follows", [])]
        }
        numbers = {
            column["name"]
            for column in node["columns"].values()
            if column["data_type"].split("(")[0] in ("bigint", "integer", "double", "decimal")
        }
        assert numbers - measures <= {"months_since", "band_low", "band_high", "noise_floor"}
