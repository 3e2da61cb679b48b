"""The comparison as plain text, at most `WIDTH` columns wide."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Final

from dy2static.report.comparison import Comparison
from dy2static.report.timing import microseconds

WIDTH: Final = 98
INDENT: Final = "    "
RIGHT: Final = frozenset([5, 6, 7, 8, 9])
"""Columns of numbers."""
HEAD: Final = (
    ("", "", "trace with", "", "", "ops (regions)", "", "us per call", "", ""),
    ("model", "decided at", "guards off", "converted", "grad.", "trace", "conv.", "eager", "traced", "conv."),
)


def table(comparisons: Sequence[Comparison]) -> str:
    """The table, then what each mode answers."""
    return "\n".join([*_numbers(comparisons), "", *_answers(comparisons)]) + "\n"


def _numbers(comparisons: Sequence[Comparison]) -> Iterator[str]:
    rows = [*HEAD, *map(_row, comparisons)]
    widths = [max(len(row[i]) for row in rows[1:]) for i in range(len(HEAD[1]))]
    widths[6] = max(widths[6], len(HEAD[0][5]) - widths[5])
    for k, row in enumerate(rows):
        cells = [
            cell.rjust(width) if i in RIGHT and k != 0 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield _spanned(row, widths) if k == 0 else "  ".join(cells).rstrip()
        if k == 1:
            yield "-" * (sum(widths) + 2 * (len(widths) - 1))


def _spanned(row: Sequence[str], widths: Sequence[int]) -> str:
    """The upper line of the head, whose texts may reach into empty columns beside them."""
    line = ""
    for i, text in enumerate(row):
        start = sum(widths[:i]) + 2 * i
        if text:
            line = line.ljust(start) + text
    return line


def _row(found: Comparison) -> tuple[str, ...]:
    loc = found.trace.decided_at
    gradient = found.gradient
    return (
        _cut(found.case.name, 10),
        _cut(str(loc), 16) if loc is not None else "",
        "right" if found.trace_is_right else "WRONG",
        "right" if found.conversion_is_right else "WRONG",
        "-" if gradient is None else "right" if gradient.holds else "WRONG",
        str(found.trace_size.ops),
        f"{found.graph_size.ops} ({found.graph_size.regions})",
        microseconds(found.times.eager),
        microseconds(found.times.traced),
        microseconds(found.times.converted),
    )


def _cut(text: str, width: int) -> str:
    """The end of a text that is too long: of a place, the line is at the end."""
    return text if len(text) <= width else "~" + text[1 - width :]


def _answers(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for found in comparisons:
        case = found.case
        yield f"{case.name}: traced on {case.described[0]}, run on {case.described[1]}"
        if case.note:
            yield from wrap(case.note, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
        yield from _answer("eager", case.show(found.eager))
        yield from _answer("converted", case.show(found.converted))
        yield from _answer("guards off", case.show(found.trace.value))
        yield from _answer("our trace", trace_answer(found))
        yield from _answer("gradient", gradient_answer(found))


def _answer(mode: str, text: str) -> Iterator[str]:
    room = WIDTH - 12 - len(INDENT)
    yield f"{INDENT}{mode:<12}{text if len(text) <= room else text[: room - 4] + ' ...'}"


def trace_answer(found: Comparison) -> str:
    """What the trace with its guards says, in one line."""
    if found.trace.error is None:
        return "all its decisions hold"
    if not found.trace.broken:
        return f"TraceGuardError: {found.trace.error.what}"
    guard = found.trace.broken[0]
    line = f", `{guard.loc.text()}`" if guard.loc.text() else ""
    return f"TraceGuardError: {guard.attrs['expected']} is baked in at {guard.loc}{line}"


def gradient_answer(found: Comparison) -> str:
    """How far the gradients are apart, or why there is none."""
    gradient = found.gradient
    if gradient is None:
        return f"none: {found.case.no_gradient}"
    return f"{apart(gradient.graph)} the tape's; {apart(gradient.differences)} central differences"


def apart(distance: float) -> str:
    """A relative distance in words."""
    return "equal to" if distance == 0.0 else f"{distance:.0e} from"
