"""The comparison as text: for a terminal, and as Markdown between two marks of a page."""

import shutil
from collections.abc import Sequence
from typing import Final

BEGIN: Final = "<!-- measured: begin (written by `make bench-peers`) -->"
END: Final = "<!-- measured: end -->"

Rows = Sequence[Sequence[str]]
"""The first is the head; the first cell of each is its name."""


def duration(seconds: float | None) -> str:
    """Three digits and a unit."""
    if seconds is None:
        return "-"
    for limit, scale, unit in ((1e-6, 1e9, "ns"), (1e-3, 1e6, "us"), (1.0, 1e3, "ms")):
        if seconds < limit * 0.9995:
            return f"{_digits(seconds * scale)} {unit}"
    return f"{_digits(seconds)} s"


def _digits(x: float) -> str:
    return f"{x:.2f}" if x < 9.995 else f"{x:.1f}" if x < 99.95 else f"{x:.0f}"


def ratio(x: float | None) -> str:
    return "-" if x is None else f"{x:.2f}"


def as_text(rows: Rows, width: int | None = None) -> str:
    """Columns side by side: names left, the rest right; in several blocks where the terminal is too narrow."""
    limit = width or shutil.get_terminal_size((100, 24)).columns
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    blocks: list[list[int]] = [[]]
    used = widths[0]
    for i in range(1, len(widths)):
        if blocks[-1] and used + 2 + widths[i] > limit:
            blocks.append([])
            used = widths[0]
        blocks[-1].append(i)
        used += 2 + widths[i]
    return "\n\n".join(
        "\n".join(
            "  ".join([row[0].ljust(widths[0]), *(row[i].rjust(widths[i]) for i in block)]).rstrip() for row in rows
        )
        for block in blocks
    )


def as_markdown(rows: Rows) -> str:
    head, *body = rows
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def put_between_marks(page: str, text: str) -> str:
    """The page with what stands between its marks replaced. Raises: ValueError where it has no marks."""
    start, end = page.find(BEGIN), page.find(END)
    if start < 0 or end < start:
        raise ValueError(f"the page has no place for the table: {BEGIN} and then {END}")
    return f"{page[: start + len(BEGIN)]}\n\n{text.strip()}\n\n{page[end:]}"
