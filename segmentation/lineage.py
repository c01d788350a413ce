"""Draws the lineage as a picture: what becomes of the inputs, from dbt's manifest."""

from collections import Counter
from html import escape
from pathlib import Path

from segmentation import dbt
from segmentation.settings import ROOT

PICTURE = ROOT / "docs" / "lineage.svg"
INPUTS = {"demo_transactions": "transactions", "demo_customers": "customers"}
# Python models stand in the layer of what they are made for.
FOLDERS = {"input": "staging", "clustering": "features", "prediction": "features"}
# Too many models to be told apart.
WHOLE = ("staging", "features", "metrics")
MARTS = ("marts", "history")
PLAIN = "#5F6B7A"
LETTER, HEIGHT, ROW, GAP, EDGE = 8.4, 28, 64, 12, 14


def write_picture() -> Path:
    """Writes docs/lineage.svg from the project as it is now; gives the file."""
    manifest = dbt.run(["parse", "--no-write-json"], {}).result.writable_manifest().to_dict()
    PICTURE.write_text(picture(manifest), encoding="utf-8")
    return PICTURE


def picture(manifest: dict) -> str:
    """An SVG drawing of a manifest, as in target/manifest.json.

    A row holds what can be made once the rows above are there; marts stand below segmentations.
    What is read through another box is not drawn as read twice.
    """
    nodes = manifest["nodes"]
    boxes = {key: box for key, node in nodes.items() if (box := _box(node))}
    parents: dict[str, set[str]] = {box: set() for box in boxes.values()}
    folders = {box: nodes[key]["fqn"][1] for key, box in boxes.items()}
    read_by = {
        key: {read for read in nodes[key]["depends_on"].get("nodes", []) if read in boxes}
        for key in boxes
    }
    for key, box in boxes.items():
        # A feature looks back at history, which is made of features: who reads it reads both.
        looks_back = {
            boxes[further]
            for read in read_by[key]
            if boxes[read] == "features"
            for further in read_by[read]
            if folders[boxes[further]] == "history"
        }
        parents[box] |= {boxes[read] for read in read_by[key]} | looks_back
    parents["features"] = {"staging"}
    for box, read in parents.items():
        read.discard(box)
    parents = {box: _directly(box, parents) for box in parents}
    colours = {
        box: nodes[key]["config"].get("docs", {}).get("node_color") or PLAIN
        for key, box in boxes.items()
    }
    counts = Counter(boxes.values())
    titles = {
        box: f"{box}: {counts[box]} models" if box in WHOLE else box.removeprefix("seg_")
        for box in parents
    }
    published = " · ".join(node["label"] for node in manifest["exposures"].values())
    return _svg(_rows(parents, folders), parents, colours, titles, published)


def _box(node: dict) -> str | None:
    """The box in which a node stands, or None for one that is not drawn."""
    if node["resource_type"] == "seed":
        return INPUTS.get(node["name"])
    if node["resource_type"] == "model":
        folder = FOLDERS.get(node["fqn"][1], node["fqn"][1])
        return folder if folder in WHOLE else node["name"]
    return None


def _above(box: str, parents: dict[str, set[str]]) -> set[str]:
    return parents[box].union(*(_above(parent, parents) for parent in parents[box]))


def _directly(box: str, parents: dict[str, set[str]]) -> set[str]:
    """The parents that no other parent has read."""
    return parents[box].difference(*(_above(parent, parents) for parent in parents[box]))


def _rows(parents: dict[str, set[str]], folders: dict[str, str]) -> list[list[str]]:
    """Boxes by the longest way to them, in an order in which few lines cross."""
    depth: dict[str, int] = {}

    def deep(box: str) -> int:
        if box not in depth:
            above = set(parents[box])
            if folders[box] in MARTS and "features" in above:
                above |= {other for other, folder in folders.items() if folder == "segmentations"}
            depth[box] = 1 + max(map(deep, above), default=-1)
        return depth[box]

    rows = [
        sorted(box for box in parents if deep(box) == level)
        for level in range(1 + max(map(deep, parents)))
    ]
    children: dict[str, set[str]] = {box: set() for box in parents}
    for box, read in parents.items():
        for parent in read:
            children[parent].add(box)
    for near in (parents, children) * 4:
        place = {box: (n + 0.5) / len(row) for row in rows for n, box in enumerate(row)}
        for row in rows:
            row.sort(
                key=lambda box: (
                    sum(place[other] for other in near[box]) / len(near[box])
                    if near[box]
                    else place[box],
                    box,
                )
            )
    return rows


def _svg(rows: list[list[str]], parents: dict, colours: dict, titles: dict, published: str) -> str:
    widths = {box: LETTER * len(title) + 16 for box, title in titles.items()}
    whole = max(sum(widths[box] + GAP for box in row) - GAP for row in rows) + 2 * EDGE
    middle: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        left = (whole - sum(widths[box] + GAP for box in row) + GAP) / 2
        for box in row:
            middle[box] = (left + widths[box] / 2, EDGE + level * ROW + HEIGHT / 2)
            left += widths[box] + GAP
    lines = [
        f'<path d="M{x:.1f} {y + HEIGHT / 2:.1f}C{x:.1f} {y + ROW * 0.8:.1f} {to_x:.1f} '
        f'{to_y - ROW * 0.8:.1f} {to_x:.1f} {to_y - HEIGHT / 2:.1f}" stroke="{colours[parent]}"/>'
        for box, (to_x, to_y) in middle.items()
        for parent in sorted(parents[box])
        for x, y in [middle[parent]]
    ]
    drawn = [
        f'<rect x="{x - widths[box] / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{widths[box]:.1f}" '
        f'height="{HEIGHT}" rx="6" fill="{colours[box]}"/>'
        f'<text x="{x:.1f}" y="{y + 4.5:.1f}">{escape(titles[box])}</text>'
        for box, (x, y) in middle.items()
    ]
    end = EDGE + len(rows) * ROW
    drawn.append(
        f'<rect x="{EDGE}" y="{end}" width="{whole - 2 * EDGE:.1f}" height="{HEIGHT}" rx="6" '
        f'fill="{PLAIN}"/>'
        f'<text x="{whole / 2:.1f}" y="{end + HEIGHT / 2 + 4.5:.1f}">{escape(published)}: every '
        "table in green and violet, but rejected_transactions</text>"
    )
    high = end + HEIGHT + EDGE
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:.0f} {high}" '
            'role="img" aria-label="Lineage: inputs, staging, features, segmentations, marts, '
            'history, and what is published">',
            f'<rect width="{whole:.0f}" height="{high}" rx="8" fill="#FFFFFF"/>',
            '<g fill="none" stroke-width="1.4" stroke-opacity="0.55">',
            *lines,
            "</g>",
            '<g font-family="system-ui, sans-serif" font-size="13" font-weight="600" '
            'fill="#FFFFFF" text-anchor="middle">',
            *drawn,
            "</g>",
            "</svg>",
            "",
        ]
    )
