"""The documentation as a reader sees it: the overview, columns, and the lineage, in a browser."""

import json
import shutil
from contextlib import chdir
from pathlib import Path

import openpyxl
import pytest
from conftest import DEMO, MARTS, PICTURES, RECORDS, ROOT, Outcome, environment, write_csv
from selenium import webdriver
from selenium.common.exceptions import JavascriptException
from selenium.webdriver.support.wait import WebDriverWait

from segmentation.cli import main
from segmentation.dbt import close_database
from segmentation.lineage import PICTURE, picture

RATES = ["currency", "valid_from", "rate"]
MART = "model.customer_segmentation.customer_segments"
# The graph is drawn on a canvas; what draws it knows what it drew.
GRAPH = """
    const graph = [...document.querySelectorAll('*')].find(element => element._cyreg)._cyreg.cy;
    return graph.nodes().map(node => [node.id(), node.style('background-color')]);
"""


def test_the_site_tells_columns_and_lineage(browser: webdriver.Chrome, published: Path) -> None:
    browser.set_window_size(1440, 1000)
    browser.get_log("performance")
    page = (published / "docs" / "index.html").as_uri()

    def wait_for(text: str) -> str:
        shown = "return document.body.textContent"
        WebDriverWait(browser, 30).until(lambda it: text in it.execute_script(shown))
        return browser.execute_script(shown)

    assert str(ROOT) not in (published / "docs" / "index.html").read_text(encoding="utf-8")
    browser.get(page)
    wait_for("From raw order lines and customer records to segments.")
    browser.get(f"{page}#!/model/{MART}")
    told = wait_for("One row per customer that an input names")
    assert "Whole days from the last kept order to the as-of date." in told

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
    PICTURES.mkdir(parents=True, exist_ok=True)
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


def test_what_is_made_of_the_marts_reads_all_that_are_published(demo: Outcome) -> None:
    manifest = json.loads((demo.database.parent / "target" / "manifest.json").read_text())
    exposures = manifest["exposures"].values()
    assert {node["name"] for node in exposures} == {"report", "published_file", "parquet_exports"}
    for exposure in exposures:
        read = {key.split(".")[2] for key in exposure["depends_on"]["nodes"]}
        assert read == set(MARTS) - {"rejected_transactions"}


def test_the_picture_of_the_lineage_is_that_of_the_project(demo: Outcome) -> None:
    manifest = json.loads((demo.database.parent / "target" / "manifest.json").read_text())
    assert PICTURE.read_text(encoding="utf-8") == picture(manifest), "run `make lineage`"


def built_with(folder: Path, settings: dict) -> None:
    """Leaves behind what dbt does of its vars."""
    results = folder / "target" / "run_results.json"
    results.parent.mkdir()
    results.write_text(json.dumps({"args": {"vars": settings}}), encoding="utf-8")


def document(folder: Path, *words: str) -> int:
    """`make docs` with these words in this process, on what the folder has; gives the exit code."""
    with pytest.MonkeyPatch.context() as patch, chdir(ROOT):
        for name, value in environment(folder, folder / "warehouse.duckdb").items():
            patch.setenv(name, value)
        try:
            return main(["docs", *words])
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
    settings = {
        "transactions": str(shutil.copy(DEMO, elsewhere / "o'Neill's é.csv")),
        "customers": str(elsewhere / "records.xlsx"),
        "exchange_rates": str(write_csv(elsewhere / "rates.csv", RATES, [])),
    }
    built_with(tmp_path, settings)
    assert document(tmp_path) == 0
    missing = "Types of columns are missing until"
    assert missing in capsys.readouterr().out and missing not in demo.out
    page = (tmp_path / "public" / "docs" / "index.html").read_text(encoding="utf-8")
    for place in (str(ROOT), str(Path.home()), "o'Neill/", "o''Neill/", str(tmp_path)):
        assert json.dumps(place)[1:-1] not in page, place
    for name in ("'o''Neill''s \\u00e9.csv'", "'rates.csv'", '"records.xlsx"'):
        assert name in page, name


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
