"""The documentation as a reader sees it: the overview, columns, and the lineage, in a browser."""

import json
import os
import re
import shutil
import time
from contextlib import chdir
from pathlib import Path

import openpyxl
import pytest
from conftest import DEMO, LISTED, MARTS, PICTURES, RECORDS, ROOT, Outcome, environment, write_csv
from selenium import webdriver
from selenium.common.exceptions import JavascriptException
from selenium.webdriver.support.wait import WebDriverWait

from segmentation.cli import main
from segmentation.dbt import Scratch, close_database
from segmentation.lineage import PICTURE, picture

RATES = ["currency", "valid_from", "rate"]
MART = "model.customer_segmentation.customer_segments"
# The graph is drawn on a canvas; what draws it knows what it drew.
GRAPH = """
    const graph = [...document.querySelectorAll('*')].find(element => element._cyreg)._cyreg.cy;
    return graph.nodes().map(node => [node.id(), node.style('background-color')]);
"""


def inlined(published: Path, name: str) -> dict:
    """The manifest or the catalog, as the page holds it."""
    page = (published / "docs" / "index.html").read_text(encoding="utf-8")
    start = re.search(rf'\{{"metadata": \{{"dbt_schema_version": "[^"]*/{name}/', page).start()
    return json.JSONDecoder().raw_decode(page, start)[0]


def test_the_site_tells_columns_and_lineage(browser: webdriver.Chrome, published: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    browser.set_window_size(1440, 1000)
    browser.get_log("performance")
    page = (published / "docs" / "index.html").as_uri()

    def wait_for(text: str) -> str:
        shown = "return document.body.textContent"
        WebDriverWait(browser, 30).until(lambda it: text in it.execute_script(shown))
        return browser.execute_script(shown)

    text = (published / "docs" / "index.html").read_text(encoding="utf-8")
    assert str(ROOT) not in text
    manifest = inlined(published, "manifest")
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert models and all(model["compiled_code"] for model in models)
    browser.get(page)
    wait_for("From raw order lines and customer records to segments.")
    browser.get(f"{page}#!/model/{MART}")
    told = wait_for("One row per customer that an input names")
    assert "Whole days from the last kept order to the as-of date." in told

    # On a telephone the list stands above the model; else beside it.
    place = "return document.querySelector('.app-content').getBoundingClientRect().toJSON()"
    for width in (390, 1440):
        narrow = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
        time.sleep(0.5)  # the site moves its parts in a quarter of a second
        content = browser.execute_script(place)
        assert content["right"] == width and content["height"] > 500
        assert content["left"] == (0 if width == 390 else 300)
        browser.save_screenshot(str(PICTURES / f"docs_{width}.png"))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    # The address tells what is drawn to a page that is opened anew only.
    browser.get("about:blank")
    browser.get(f"{page}#!/model/{MART}?g_v=1&g_i=%2Bcustomer_segments%2B")
    told = json.loads((published.parent / "target" / "manifest.json").read_text(encoding="utf-8"))
    above = {MART}
    while more := {near for key in above for near in told["parent_map"][key]} - above:
        above |= more
    below = {key for key in told["child_map"][MART] if not key.startswith(("test.", "unit_test."))}
    WebDriverWait(browser, 30, ignored_exceptions=[JavascriptException]).until(
        lambda it: {name for name, _ in it.execute_script(GRAPH)} == above | below
    )
    browser.save_screenshot(str(PICTURES / "docs_lineage.png"))
    colours = dict(browser.execute_script(GRAPH))
    # A colour for each layer, and the graph without tests.
    for layer in ("staging", "features", "segmentations", "history"):
        models = [key for key in above if f".{layer}." in ".".join(told["nodes"][key]["fqn"])]
        assert len({colours[key] for key in models}) == 1 and len(models) > 0, layer
    requests = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        message["params"]["request"]["url"]
        for message in requests
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert asked and all(url.startswith(("file:", "data:")) for url in asked)


def test_the_site_describes_every_column_of_every_model_and_seed(published: Path) -> None:
    nodes = inlined(published, "manifest")["nodes"]
    tables = inlined(published, "catalog")["nodes"]
    assert tables.keys() == {key for key in nodes if key.startswith(("model.", "seed."))}
    silent = [
        f"{nodes[key]['name']}.{column}"
        for key, table in tables.items()
        for column in table["columns"]
        if not nodes[key]["columns"].get(column, {}).get("description", "").strip()
    ]
    assert not silent, f"without a description: {', '.join(silent)}"
    # What vars list is described as that, and nothing else is.
    listed = {*LISTED["psychographic_columns"], *LISTED["attribute_columns"]}
    for model in ("stg_segmentation__customers", "int_segmentation__customers_featured"):
        columns = nodes[f"model.customer_segmentation.{model}"]["columns"].values()
        assert listed == {
            column["name"]
            for column in columns
            if "`attribute_columns` lists" in column["description"]
        }


def test_what_is_made_of_the_marts_reads_all_that_are_published(demo: Outcome) -> None:
    manifest = json.loads((demo.database.parent / "target" / "manifest.json").read_text())
    exposures = manifest["exposures"].values()
    assert {node["name"] for node in exposures} == {"report", "published_file", "parquet_exports"}
    for exposure in exposures:
        read = {key.split(".")[2] for key in exposure["depends_on"]["nodes"]}
        assert read == set(MARTS) - {"rejected_transactions"}


def test_what_is_switched_off_falls_out_of_what_is_made_of_the_marts(tmp_path: Path) -> None:
    few = {"history_months": 0, "predict_value": False, "segmentations": ["rfm", "value"]}
    scratch = Scratch(tmp_path)
    try:
        scratch.read_project(few)
    finally:
        scratch.close()
    enabled = {
        node.name for node in scratch.manifest.nodes.values() if node.resource_type == "model"
    }
    exposures = scratch.manifest.exposures.values()
    assert {node.name for node in exposures} == {"report", "published_file", "parquet_exports"}
    for exposure in exposures:
        read = {key.split(".")[2] for key in exposure.depends_on.nodes}
        assert read == (set(MARTS) - {"rejected_transactions"}) & enabled
        assert not read & {"cluster_quality", "prediction_quality", "customer_months"}


def test_the_picture_of_the_lineage_is_that_of_the_project(demo: Outcome) -> None:
    manifest = json.loads((demo.database.parent / "target" / "manifest.json").read_text())
    drawn = picture(manifest)
    assert PICTURE.read_text(encoding="utf-8") == drawn, "run `make lineage`"
    boxes = re.findall(r'<text x="(\S+)" y="(\S+)">([^<]+)', drawn)
    # A line begins and ends half a box below and above the middle; texts stand a bit below it.
    named = {(x, round(float(y) - 4.5)): name for x, y, name in boxes}
    lines = re.findall(r'"M(\S+) (\S+)C\S+ \S+ \S+ \S+ (\S+) (\S+)"', drawn)
    edges = {
        (named[x, round(float(y) - 14)], named[to_x, round(float(to_y) + 14)])
        for x, y, to_x, to_y in lines
    }
    # By way of a feature that looks back, which is within a box above both.
    assert ("customer_months", "customer_segments") in edges
    assert ("customer_months", "customer_orders") in edges


def built_with(folder: Path, settings: dict | str, which: str = "build", status: str = "pass"):
    """Leaves behind what dbt does of a command with these vars, as far as anybody reads it."""
    metadata = {"invocation_id": "this one", "adapter_type": "duckdb"}
    results = {
        "args": {"which": which, "vars": settings},
        "metadata": metadata,
        "results": [{"unique_id": "test.customer_segmentation.one", "status": status}],
    }
    (folder / "target").mkdir(exist_ok=True)
    for name, content in (
        ("run_results", results),
        ("manifest", {"metadata": metadata, "nodes": {}}),
    ):
        (folder / "target" / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")


def document(folder: Path, *words: str, command: str = "docs") -> int:
    """`make docs` with these words in this process, on what the folder has; gives the exit code."""
    with pytest.MonkeyPatch.context() as patch, chdir(ROOT):
        for name, value in environment(folder, folder / "warehouse.duckdb").items():
            patch.setenv(name, value)
        try:
            return main([command, *words])
        finally:
            close_database()


def test_the_page_is_of_the_last_build_and_does_not_tell_where_anything_lies(
    tmp_path: Path, demo: Outcome, capsys: pytest.CaptureFixture
) -> None:
    """Neither the project nor inputs elsewhere, in SQL, in Python or in settings."""
    elsewhere = tmp_path / "o'Neill"
    elsewhere.mkdir()
    book = openpyxl.Workbook()
    book.active.append(["customer_id", "age"])
    book.save(elsewhere / "records.xlsx")
    fees = "seeds/examples/online_retail_service_codes.csv"
    settings = {
        "transactions": str(shutil.copy(DEMO, elsewhere / "o'Neill's é.csv")),
        # Relative ones, which a vars file may have.
        "customers": os.path.relpath(elsewhere / "records.xlsx", ROOT),
        "exchange_rates": os.path.relpath(write_csv(elsewhere / "rates.csv", RATES, []), ROOT),
        "seed_overrides": {"service_codes": f"'{fees}'", "thresholds": "shop.limits"},
    }
    built_with(tmp_path, settings)
    assert document(tmp_path) == 0
    missing = "Types of columns are missing until"
    assert missing in capsys.readouterr().out and missing not in demo.out
    page = (tmp_path / "public" / "docs" / "index.html").read_text(encoding="utf-8")
    for place in (str(ROOT), str(Path.home()), "o'Neill/", "o''Neill/", str(tmp_path)):
        assert json.dumps(place)[1:-1] not in page, place
    kept = (f"'{Path(fees).name}'", f'"original_file_path": "{fees}"', "from shop.limits")
    for name in ("'o''Neill''s \\u00e9.csv'", "read_csv('rates.csv'", '"records.xlsx"', *kept):
        assert name in page, name


def test_the_last_build_counts_if_it_was_whole_and_green(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("segmentation.docs.write_docs", asked.append)
    assert document(tmp_path) == 0
    built_with(tmp_path, "{customers: own.csv}")
    assert document(tmp_path) == 0
    assert asked == [{}, {"customers": "own.csv"}]
    results = tmp_path / "target" / "run_results.json"
    (tmp_path / "public" / "docs").mkdir(parents=True)
    (tmp_path / "public" / "docs" / "index.html").touch()
    for why, leave in (
        ("the last command was `dbt run`", lambda: built_with(tmp_path, {}, "run")),
        ("one of the last build failed", lambda: built_with(tmp_path, {}, status="fail")),
        ("is damaged: run", lambda: results.write_text('{"args": {"vars"')),
        # What was documented before is of a build of which nothing else is left.
        ("there is no run_results.json", results.unlink),
    ):
        leave()
        assert document(tmp_path) == 1
        said = capsys.readouterr().err
        assert said.startswith("Nothing is documented: ") and said.count("\n") == 1
        assert why in said and "run `make build`, or name what to document in VARS" in said
    assert len(asked) == 2


def test_drawing_the_lineage_leaves_what_is_known_of_the_last_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segmentation.lineage.PICTURE", tmp_path / "lineage.svg")
    built_with(tmp_path, {})
    before = (tmp_path / "target" / "manifest.json").read_bytes()
    assert document(tmp_path, command="lineage") == 0
    assert (tmp_path / "lineage.svg").read_bytes() == PICTURE.read_bytes()
    assert (tmp_path / "target" / "manifest.json").read_bytes() == before


def test_a_wrong_mapping_ends_in_the_sentence_of_a_build(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """Given one, the vars of the last build do not count."""
    built_with(tmp_path, {"customers": "none.csv"})
    (tmp_path / "wrong.yml").write_text("customer_columns: {customer_id: number}")
    words = ("--vars", str(tmp_path / "wrong.yml"), "--customers", str(RECORDS))
    assert document(tmp_path, *words) == 1
    said = capsys.readouterr()
    assert said.err.startswith('The input customers has no column "number"') and not said.out
    assert not (tmp_path / "public").exists()
