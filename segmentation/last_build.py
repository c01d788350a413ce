"""Reads what dbt left of its last command, if that was a complete, green build."""

import json

from segmentation.settings import target_folder

# Exposures and saved queries have nothing to run.
GREEN = ("success", "pass", "warn", "no-op")


class NoBuild(Exception):
    """Why there is no such build, in words for the middle of a sentence."""


def last_build() -> tuple[dict, dict]:
    """What run_results.json and manifest.json in target/ hold.

    Raises NoBuild unless they are of one build in which nothing failed or is missing.
    """
    folder = target_folder()
    try:
        results, manifest = (
            json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("run_results", "manifest")
        )
        _check(results, manifest)
    except OSError as error:
        raise NoBuild(
            f"there is no run_results.json with a manifest.json of a build in {folder}"
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise NoBuild(f"run_results.json or manifest.json in {folder} is damaged") from error
    return results, manifest


def _check(results: dict, manifest: dict) -> None:
    """Selections need no look of their own: what they leave out has no result."""
    command = results["args"]["which"]
    if command != "build":
        raise NoBuild(f"the last command was `dbt {command}`, and only a build tests what it makes")
    if results["metadata"]["invocation_id"] != manifest["metadata"]["invocation_id"]:
        raise NoBuild("the last command of dbt was no build, or did not come to its end")
    if manifest["metadata"]["adapter_type"] != "duckdb":
        raise NoBuild("the last build was not on DuckDB")
    if results["args"].get("empty") or results["args"].get("sample"):
        raise NoBuild("the last build read only a part of the input")
    done = {result["unique_id"]: result["status"] for result in results["results"]}
    if failed := [name for name, status in done.items() if status not in GREEN]:
        was = "was" if len(failed) == 1 else "were"
        raise NoBuild(
            f"{_some(failed)} of the last build failed or {was} skipped, as logs/dbt.log tells"
        )
    wanted = (
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "test") and node["config"]["enabled"]
    )
    if missing := [name for name in wanted if name not in done]:
        raise NoBuild(f"the last build left out {_some(missing)}")


def _some(names: list[str]) -> str:
    """One name, or how many there are and one of them; unique ids of dbt."""
    name = names[0].split(".")[2]
    return name if len(names) == 1 else f"{len(names)} models and tests (such as {name})"
