"""Reads what the person asked for: a vars file and an input, as the vars that dbt is given."""

import contextlib
import os
import re
from difflib import get_close_matches
from glob import glob
from pathlib import Path
from uuid import uuid4

import yaml

from segmentation.errors import UserError

ROOT = Path(__file__).resolve().parent.parent
# How an input is written, each for both inputs or as a map with one for each.
LAYOUT = ("encoding", "delimiter", "decimal_separator", "date_format")


def public_folder() -> Path:
    """The folder of what is published."""
    return ROOT / (os.environ.get("SEGMENTATION_PUBLIC") or "public")


def target_folder() -> Path:
    """The folder of what dbt leaves behind."""
    return ROOT / (os.environ.get("DBT_TARGET_PATH") or "target")


def log_folder() -> Path:
    """The folder of dbt's log."""
    return ROOT / (os.environ.get("DBT_LOG_PATH") or "logs")


def database_file() -> Path:
    """The database in which dbt builds."""
    return ROOT / (os.environ.get("SEGMENTATION_DB") or "warehouse.duckdb")


def write_whole(file: Path, text: str) -> None:
    """Writes a text so that who opens the file has the old one or the new one, and no half.

    Raises UserError where the file cannot be written.
    """
    unfinished = file.with_name(f".{file.name}.{uuid4().hex[:8]}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise UserError(
            f"{file} cannot be written ({error.strerror}): SEGMENTATION_PUBLIC can name another "
            "folder than public."
        ) from error


def read_vars(
    vars_file: str | None, transactions: str | None = None, customers: str | None = None
) -> dict:
    """The vars of this run.

    vars_file: path of a YAML file with vars of the project, or nothing. transactions, customers: a
    file or a relation that takes the place of the var of that name, or nothing. Paths start where
    the person stands. Raises UserError when a file is missing, the vars file is no YAML mapping, or
    a var is unknown or of the wrong kind.
    """
    settings = _load(vars_file) if vars_file else {}
    known = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    if unknown := sorted(map(str, settings.keys() - known.keys())):
        near = {alike for name in unknown for alike in get_close_matches(name, known)}
        named = f"the nearest is {' or '.join(sorted(near))}" if near else None
        raise UserError(
            f"{vars_file} sets {', '.join(unknown)}, which this project does not know; "
            f"{named or 'it knows ' + ', '.join(known)}."
        )
    for name, value in settings.items():
        for kind, takes in ((list, "a list"), (dict, "a map of names to values")):
            if isinstance(known[name], kind) and not isinstance(value, kind):
                raise UserError(f"{vars_file} sets {name} to '{value}'; it takes {takes}.")
    try:
        re.compile(settings.get("return_order_pattern") or "")
    except (re.error, TypeError) as error:
        raise UserError(
            f"{vars_file} sets return_order_pattern to '{settings['return_order_pattern']}', which "
            f"is no regular expression: {error}."
        ) from error
    for name, value in (("transactions", transactions), ("customers", customers)):
        if value:
            settings[name] = _input(name, value)
    return settings


def for_input(name: str, settings: dict) -> dict:
    """The vars with those of the layout as one input has them: see input_setting in the macros."""
    of_input = {k: v.get(name) for k, v in settings.items() if k in LAYOUT and isinstance(v, dict)}
    return {k: of_input.get(k, v) for k, v in settings.items() if of_input.get(k, v) is not None}


def _input(name: str, value: str) -> str:
    """A file's whole path (or a pattern of some), or a relation's name as it is."""
    if re.search(r"[{][{%#]", value) and Path(value).suffix:
        raise UserError(f"dbt would read the braces in {value} as Jinja: rename the file.")
    if Path(value).exists() or glob(value, recursive=True):  # noqa: PTH207
        return str(Path(value).resolve())
    # The models would tell of it, too, but only after dbt has read the project.
    if re.search(r"[/\\]|[.](csv|gz|tsv|txt|parquet|xlsx?|json|zip)$", value.lower()):
        raise UserError(f"There is no file {Path(value).resolve()}: correct the path of {name}.")
    return value


def _load(vars_file: str) -> dict:
    try:
        text = Path(vars_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(
            f"The vars file {vars_file} cannot be read ({said}): correct its name, or the file."
        ) from error
    try:
        settings = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"The vars file {vars_file} is not valid YAML: {said}.") from error
    if not isinstance(settings, dict):
        raise UserError(
            f"The vars file {vars_file} holds no vars: write lines such as `name: value`."
        )
    return settings
