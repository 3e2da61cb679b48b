"""A drawing as SVG, to stand inside an HTML page whose style sheet gives the colours (see `style`)."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from dy2static.report.boxes import LINE, MARGIN, Box, Drawing
from dy2static.report.layout import Point

EDGE: Final = 8.0
"""Free space around the drawing."""
LEAST_SCALE: Final = 0.7
"""A drawing shrinks to the width there is, but not below this: then it scrolls."""


def svg(drawing: Drawing, label: str) -> str:
    """The whole drawing; `label` says to those who cannot see it what it shows."""
    width, height = drawing.width + 2 * EDGE, drawing.height + 2 * EDGE
    lines = [
        f'<svg class="graph" role="img" aria-label="{escape(label)}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" style="max-width:max(100%, {LEAST_SCALE * width:.0f}px);height:auto">',
        *_drawing(drawing, (EDGE, EDGE)),
        "</svg>",
    ]
    return "\n".join(lines)


def _drawing(drawing: Drawing, origin: Point) -> Iterator[str]:
    x, y = origin
    yield f'<g transform="translate({x:.1f} {y:.1f})">'
    for route in drawing.routes:
        yield f'<path class="arrow" d="{_curve(route)}"/>'
        yield f'<path class="head" d="{_head(route[-1])}"/>'
    for box in drawing.boxes:
        yield from _box(box)
    yield "</g>"


def _curve(route: Sequence[Point]) -> str:
    parts = [f"M{route[0][0]:.1f} {route[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in pairwise(route):
        if x0 == x1:
            parts.append(f"L{x1:.1f} {y1:.1f}")
        else:
            middle = (y0 + y1) / 2
            parts.append(f"C{x0:.1f} {middle:.1f} {x1:.1f} {middle:.1f} {x1:.1f} {y1:.1f}")
    return "".join(parts)


def _head(tip: Point) -> str:
    x, y = tip
    return f"M{x - 3:.1f} {y - 6:.1f}L{x:.1f} {y:.1f}L{x + 3:.1f} {y - 6:.1f}Z"


def _box(box: Box) -> Iterator[str]:
    (x, y), (width, height) = box.corner, box.size
    yield f'<g class="{box.kind.replace(" ", "-")}">'
    if box.loc:
        yield f"<title>{escape(box.loc)}</title>"
    radius = height / 2 if box.kind in ("param", "yield") and not box.regions else 4
    yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{min(radius, 12):.0f}"/>'
    middle = x + width / 2
    for i, line in enumerate(box.lines):
        rank = "title" if i == 0 else "type"
        yield f'<text class="{rank}" x="{middle:.1f}" y="{y + LINE * (i + 1):.1f}">{escape(line)}</text>'
    for name, (left, top), inner in box.regions:
        # Regions of one op are equally tall, whatever is in them.
        bottom = height - MARGIN
        yield (
            f'<rect class="region" x="{x + left - MARGIN:.1f}" y="{y + top - LINE - MARGIN / 2:.1f}" '
            f'width="{inner.width + 2 * MARGIN:.1f}" height="{bottom - top + LINE + MARGIN / 2:.1f}" rx="4"/>'
        )
        yield f'<text class="region-name" x="{x + left - MARGIN + 6:.1f}" y="{y + top - 4:.1f}">{escape(name)}</text>'
        yield from _drawing(inner, (x + left, y + top))
    yield "</g>"
