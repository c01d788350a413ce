"""Writes dbt's documentation site as one page."""

import json
import re
import shutil
from pathlib import Path

import yaml

from segmentation import dbt
from segmentation.errors import UserError
from segmentation.last_build import NoBuild, last_build
from segmentation.settings import ROOT, public_folder, target_folder, write_whole
from segmentation.sql import literal

# By itself the site opens on a page about dbt.
FIRST_PAGE = "#!/overview/customer_segmentation"
# Its own style takes 960 pixels. On a telephone, the list of models stands above what it opens.
# With one more word a rule counts more than the site's, which come later.
NARROW = """
    @media (max-width: 760px) {
        body .app { min-width: 0; }
        body .app-row.app { flex-direction: column; }
        body .app-menu { width: 100%; height: 35%; }
        body .app-content { min-height: 0; }
        body .app-content table { display: block; overflow-x: auto; }
    }
"""
# Models with columns that vars list. No YAML has these, for everybody lists others.
LISTING = ("stg_segmentation__customers", "int_segmentation__customers_featured")
LISTED = (
    "A column of the customers' records that `psychographic_columns` or `attribute_columns` lists, "
    "as they tell it. Null where they do not. Not additive."
)


def last_settings() -> dict:
    """The vars of the last build, by name, or the demo's where nothing was ever built.

    Raises UserError where the last command was no complete, green build: what it was given might
    not be what stands in the database and among what is published.
    """
    if not ((target_folder() / "run_results.json").exists() or _page().exists()):
        return {}
    try:
        settings = last_build()[0]["args"]["vars"]
    except NoBuild as error:
        raise UserError(
            f"Nothing is documented: {error}: run `make build`, or name what to document in VARS, "
            "TRANSACTIONS or CUSTOMERS."
        ) from error
    # The command line of dbt takes a text, too.
    return yaml.safe_load(settings) or {} if isinstance(settings, str) else settings


def write_docs(settings: dict, *, just_built: bool = False) -> Path:
    """Writes docs/index.html among what is published, one file that asks nothing of any host.

    settings: vars by name, as the build had them. just_built: whether target/ holds the whole build
    of these settings, whose SQL need not be compiled again. Gives the file. Raises UserError with
    one sentence where dbt does.
    """
    # Apart from what a build left in target/, by which publishing knows that it is whole.
    folder = target_folder() / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    read_before = target_folder() / "partial_parse.msgpack"
    if read_before.exists():
        shutil.copy(read_before, folder)
    # The page shows no test, and dbt needs longer for their SQL than for all the rest.
    compiles = ["--no-compile"] if just_built else ["--exclude", "resource_type:test"]
    dbt.run(["docs", "generate", "--target-path", str(folder), *compiles], settings)
    page = (folder / "index.html").read_text(encoding="utf-8")
    manifest, catalog = (
        json.loads((place / f"{name}.json").read_text(encoding="utf-8"))
        for place, name in (
            (target_folder() if just_built else folder, "manifest"),
            (folder, "catalog"),
        )
    )
    _describe_listed(manifest, catalog)
    models = {key for key in manifest["nodes"] if key.startswith("model.")}
    if models - catalog["nodes"].keys():
        dbt.say("Types of columns are missing until `make build` has made the tables.")
    for name, known in (("MANIFEST", _without_tests(manifest)), ("CATALOG", catalog)):
        # Where dbt's own static page has them, too; nothing in them may end the script.
        text = json.dumps(_without_places(known, settings)).replace("</", "<\\/")
        page = page.replace(f'"{name}.JSON INLINE DATA"', text)
    start = (
        f"<style>{NARROW}</style><script>location.hash = location.hash || '{FIRST_PAGE}'</script>"
    )
    write_whole(_page(), page.replace("<head>", f"<head>{start}", 1))
    return _page()


def _describe_listed(manifest: dict, catalog: dict) -> None:
    """Describes in the manifest the columns that are there because a var lists them."""
    models = {f"model.customer_segmentation.{name}" for name in LISTING}
    for key in models & catalog["nodes"].keys():
        described = manifest["nodes"][key]["columns"]
        for name in catalog["nodes"][key]["columns"].keys() - described.keys():
            described[name] = {"name": name, "description": LISTED}


def _page() -> Path:
    return public_folder() / "docs" / "index.html"


def _without_tests(manifest: dict) -> dict:
    """Without tests that would be boxes of the lineage; those of columns stay with them."""
    kept = {
        key: node
        for key, node in manifest["nodes"].items()
        if not key.startswith("test.") or node.get("test_metadata")
    }
    return manifest | {"nodes": kept, "unit_tests": {}}


def _without_places(told: object, settings: dict) -> object:
    """The same without where anything lies: an input keeps the name of its file."""
    names = _names_of_places(settings)
    # Longest first, for one may lie within another. All of what stands in quotes, or by itself:
    # within another path, it is the name of something else.
    places = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    whole = re.compile(rf"(?<![^\"'])({places})(?![^\"'/\\])")

    def without(part: object) -> object:
        if isinstance(part, str):
            return whole.sub(lambda found: names[found[0]], part)
        if isinstance(part, list):
            return [without(one) for one in part]
        if isinstance(part, dict):
            return {
                key: value if key in ("path", "original_file_path") else without(value)
                for key, value in part.items()
            }
        return part

    return without(told)


def _names_of_places(settings: dict) -> dict[str, str]:
    """What is said in place of each path, as it stands in settings and as SQL writes it."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    known = project["vars"] | settings
    inputs = [str(known[name]).strip() for name in ("transactions", "customers", "exchange_rates")]
    # What takes the place of a seed is SQL, where a file stands in quotes.
    for relation in (known["seed_overrides"] or {}).values():
        inputs += str(relation).split("'")
    files = [value for value in inputs if re.search(r"[/\\]", value) and "://" not in value]
    names = {file: Path(file).name for file in files}
    names |= {str(target_folder()): "target", str(ROOT): "."}
    return names | {literal(place)[1:-1]: literal(name)[1:-1] for place, name in names.items()}
