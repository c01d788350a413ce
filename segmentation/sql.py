"""Names and texts as SQL writes them, whatever stands in them."""

from pathlib import Path


def identifier(name: str) -> str:
    """A column, table or schema as an identifier: `order no` gives `"order no"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text or path as a literal: `Can't` gives `'Can''t'`."""
    return "'" + str(text).replace("'", "''") + "'"
