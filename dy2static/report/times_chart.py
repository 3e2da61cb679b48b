"""Times as bars, inline SVG."""

from typing import Final

from dy2static.report.comparison import Times
from dy2static.report.timing import microseconds

WIDTH: Final = 520.0
LABEL: Final = 86.0
VALUE: Final = 96.0
ROW: Final = 24.0


def times_chart(times: Times) -> str:
    """Three bars; the longest fills the width."""
    rows = (("eager", times.eager), ("traced", times.traced), ("converted", times.converted))
    longest = max(seconds for _, seconds in rows)
    lines = [
        f'<svg class="bars" role="img" aria-label="time per call" width="{WIDTH:.0f}" height="{ROW * 3:.0f}" '
        f'viewBox="0 0 {WIDTH:.0f} {ROW * 3:.0f}" style="max-width:100%;height:auto">'
    ]
    for i, (name, seconds) in enumerate(rows):
        length = max((WIDTH - LABEL - VALUE) * seconds / longest, 1.0)
        y = i * ROW
        lines.append(
            f'<text x="0" y="{y + 16:.0f}">{name}</text>'
            f'<rect class="{name}" x="{LABEL:.0f}" y="{y + 4:.0f}" width="{length:.1f}" height="16" rx="2"/>'
            f'<text x="{LABEL + length + 6:.1f}" y="{y + 16:.0f}">{microseconds(seconds)} µs</text>'
        )
    return "".join([*lines, "</svg>"])
