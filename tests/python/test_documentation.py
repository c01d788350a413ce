"""What readers and dbt are promised: described, tested, not deprecated, and told in one place."""

import json
import re
import shutil

import pytest
import yaml
from conftest import MARTS, ROOT, Workshop, run


@pytest.fixture(scope="module")
def manifest(demo) -> dict:
    path = demo.database.parent / "target" / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_model_is_described_and_tested(manifest):
    tested = {
        parent
        for node in [*manifest["nodes"].values(), *manifest["unit_tests"].values()]
        if node["resource_type"] in ("test", "unit_test")
        for parent in node["depends_on"]["nodes"]
    }
    assert len(models(manifest)) >= 24
    for model in models(manifest):
        assert model["description"].startswith(("One row per", "One row:")), model["name"]
        assert model["unique_id"] in tested, model["name"]


def test_every_mart_has_a_contract_and_every_column_a_description(manifest):
    public = [model for model in models(manifest) if model["access"] == "public"]
    assert {model["name"] for model in public} == set(MARTS)
    for model in public:
        assert model["contract"]["enforced"], model["name"]
        for column in model["columns"].values():
            name, said = f"{model['name']}.{column['name']}", column["description"]
            assert len(said) > 15, name
            if column["data_type"] in ("bigint", "integer", "double", "decimal(18, 4)"):
                assert re.search("additive|sums? ", said, re.I), f"{name}: can it be summed?"
    for seed in manifest["nodes"].values():
        if seed["resource_type"] == "seed":
            assert seed["description"], seed["name"]


def test_every_metric_says_its_unit_and_what_may_be_added_up(manifest):
    """And stands in docs/metrics.md, like every saved query."""
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    units = r"\b([Cc]ustomers?|[Cc]ustomer-months|share \(0 to 1\)|currency|number)\b"
    assert len(manifest["metrics"]) >= 10
    for metric in manifest["metrics"].values():
        assert re.search(r"\b([Nn]ot a|A)dditive", metric["description"]), metric["name"]
        assert re.search(units, metric["description"]), metric["name"]
    for kind in ("metrics", "saved_queries"):
        for thing in manifest[kind].values():
            assert thing["label"] and thing["description"], thing["name"]
            assert f"`{thing['name']}`" in page, thing["name"]


def test_every_model_says_its_grain_first(manifest):
    for model in models(manifest):
        first = (ROOT / model["original_file_path"]).read_text(encoding="utf-8").split("\n")[0]
        assert re.match(r'(-- |""")One row( per |: )', first), model["name"]


def test_everything_stands_in_its_own_schema(manifest):
    for node in manifest["nodes"].values():
        if node["resource_type"] in ("model", "seed"):
            assert node["config"]["schema"] == "segmentation", node["name"]


def test_readme_tells_every_var_and_every_mart():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) < 150
    known = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    for name in [*known, *MARTS]:
        assert f"| `{name}` |" in readme, name
    told = re.search(r"\| var \|.*?\n\n", readme, re.S)[0]
    assert set(re.findall(r"^\| `(\w+)` \|", told, re.M)) == set(known)


def test_versions_agree():
    dbt_version = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["version"]
    assert f'version = "{dbt_version}"' in (ROOT / "pyproject.toml").read_text()
    assert f"## {dbt_version}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_line_is_longer_than_100_characters():
    for folder in ("models", "macros", "tests", "python_models", "segmentation", "seeds"):
        for path in sorted((ROOT / folder).rglob("*.*")):
            # Fixtures of unit tests are tables, and tables may be wide; Python is ruff's.
            if path.suffix == ".sql" or path.name.startswith("_"):
                for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                    assert len(line) <= 100, f"{path.relative_to(ROOT)}:{number}"


def test_lock_files_pin_with_hashes_and_name_no_host():
    """The one for Spark holds the other, so that both engines meet the same dbt."""
    pins = {}
    for name in ("requirements.txt", "requirements-spark.txt"):
        lock = (ROOT / name).read_text(encoding="utf-8")
        pins[name] = set(re.findall(r"^([a-z0-9][\w.\[\]-]*==\S+)", lock, re.M | re.I))
        assert len(pins[name]) > 50
        assert lock.count("--hash=sha256:") >= len(pins[name])
        assert "://" not in lock
    assert pins["requirements.txt"] < pins["requirements-spark.txt"]


def test_nothing_is_deprecated(workshop: Workshop):
    """Not in this project's own YAML, with dbt's check of it switched on for DuckDB."""
    script = ROOT / "tests/python/parse_for_deprecations.py"
    done = run([script], workshop.folder, workshop.database, ROOT)
    assert done.code == 0, done.out
    # The check itself can fail: a key of one's own outside of meta is deprecated.
    small = workshop.folder / "project"
    (small / "models").mkdir(parents=True)
    shutil.copy(ROOT / "profiles.yml", small)
    named = "name: customer_segmentation\nprofile: customer_segmentation"
    (small / "dbt_project.yml").write_text(named)
    (small / "models/one.sql").write_text("select 1 as one")
    (small / "models/_models.yml").write_text("models: [{name: one, own: 1}]")
    done = run([script], workshop.folder, workshop.database, small)
    assert done.code == 1 and "'own'" in done.out.replace("`", "'"), done.out
