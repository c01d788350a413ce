"""Writes dbt's documentation site as one page."""

import json
import re
import shutil
from pathlib import Path

import yaml

from segmentation import dbt
from segmentation.settings import ROOT, public_folder, target_folder, write_whole
from segmentation.sql import literal

# By itself the site opens on a page about dbt.
FIRST_PAGE = "#!/overview/customer_segmentation"


def last_settings() -> dict:
    """The vars with which dbt was last run, by name; none where it never was."""
    try:
        results = (target_folder() / "run_results.json").read_text(encoding="utf-8")
        return json.loads(results)["args"]["vars"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def write_docs(settings: dict) -> Path:
    """Writes docs/index.html among what is published, one file that asks nothing of any host.

    settings: vars by name, as the build had them. Gives the file. Raises UserError with one
    sentence where dbt does.
    """
    # Apart from what a build left in target/, by which publishing knows that it is whole.
    folder = target_folder() / "docs"
    folder.mkdir(parents=True, exist_ok=True)
    read_before = target_folder() / "partial_parse.msgpack"
    if read_before.exists():
        shutil.copy(read_before, folder)
    dbt.run(["docs", "generate", "--target-path", str(folder)], settings)
    page = (folder / "index.html").read_text(encoding="utf-8")
    manifest, catalog = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("manifest", "catalog")
    )
    models = {key for key in manifest["nodes"] if key.startswith("model.")}
    if models - catalog["nodes"].keys():
        dbt.say("Types of columns are missing until `make build` has made the tables.")
    for name, known in (("MANIFEST", _without_tests(manifest)), ("CATALOG", catalog)):
        # Where dbt's own static page has them, too; nothing in them may end the script.
        text = _without_places(json.dumps(known), settings).replace("</", "<\\/")
        page = page.replace(f'"{name}.JSON INLINE DATA"', text)
    start = f"<script>location.hash = location.hash || '{FIRST_PAGE}'</script>"
    file = public_folder() / "docs" / "index.html"
    write_whole(file, page.replace("<head>", f"<head>{start}", 1))
    return file


def _without_tests(manifest: dict) -> dict:
    """Without tests that would be boxes of the lineage; those of columns stay with them."""
    kept = {
        key: node
        for key, node in manifest["nodes"].items()
        if not key.startswith("test.") or node.get("test_metadata")
    }
    return manifest | {"nodes": kept, "unit_tests": {}}


def _without_places(text: str, settings: dict) -> str:
    """JSON without where on this machine anything lies: an input keeps the name of its file."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    values = [str(value).strip() for value in (project["vars"] | settings).values()]
    names = {value: Path(value).name for value in values if Path(value).is_absolute()}
    # Last, for an input may lie within them.
    names |= {str(target_folder()): "target", str(ROOT): "."}
    names |= {literal(place)[1:-1]: literal(name)[1:-1] for place, name in names.items()}
    names = {json.dumps(place)[1:-1]: json.dumps(name)[1:-1] for place, name in names.items()}
    # Behind a quote: within another path, it is the name of something else.
    places = rf"(?<=[\"'])({'|'.join(map(re.escape, names))})"
    return re.sub(places, lambda found: names[found[0]], text)
