"""The comparison as one HTML page that needs nothing else: no network, no script."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from dy2static.report.boxes import draw
from dy2static.report.code_view import code_view
from dy2static.report.comparison import Comparison
from dy2static.report.sources import SourcePair
from dy2static.report.svg import svg
from dy2static.report.table import gradient_answer
from dy2static.report.times_chart import times_chart
from dy2static.report.timing import microseconds
from graph.ir.op import Op


def page(comparisons: Sequence[Comparison]) -> str:
    """The whole page."""
    style = files("dy2static.report").joinpath("page.css").read_text(encoding="utf-8")
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Trace against source conversion</title><style>\n{style}</style></head><body><main>",
        *_head(comparisons),
        *(line for found in comparisons for line in _section(found)),
        "</main></body></html>",
    ]
    return "\n".join(lines) + "\n"


def _head(comparisons: Sequence[Comparison]) -> Iterator[str]:
    wrong = sum(not found.trace_is_right for found in comparisons)
    yield "<h1>Trace against source conversion</h1>"
    yield (
        "<p>A trace records the one path that its example took. Source conversion keeps the branches and loops. Each "
        "model is traced on one input and run on another that decides otherwise: "
        f"<b>{wrong} of {len(comparisons)}</b> traces give a wrong answer when nothing checks them. Ours stop with a "
        "<code>TraceGuardError</code> instead; the converted functions agree with eager on every input.</p>"
    )
    yield "<section class='wide'><table class='plain'><thead><tr>"
    heads = ("model", "first wrong decision", "trace, guards off", "converted", "gradient")
    numbers = ("trace", "converted", "eager", "traced", "converted")
    yield "".join(f"<th rowspan='2'>{head}</th>" for head in heads)
    yield "<th colspan='2'>ops (regions)</th><th colspan='3'>µs per call</th></tr><tr>"
    yield "".join(f"<th class='number'>{head}</th>" for head in numbers) + "</tr></thead><tbody>"
    for found in comparisons:
        loc = found.trace.decided_at
        times = (found.times.eager, found.times.traced, found.times.converted)
        sizes = (found.trace_size, found.graph_size)
        yield (
            f"<tr><td><a href='#{escape(found.case.name)}'>{escape(found.case.title)}</a></td>"
            f"<td>{escape(str(loc)) if loc else ''}</td><td>{_mark(found.trace_is_right)}</td>"
            f"<td>{_mark(found.conversion_is_right)}</td><td>{_gradient_mark(found)}</td>"
            + "".join(f"<td class='number'>{size.ops} ({size.regions})</td>" for size in sizes)
            + "".join(f"<td class='number'>{microseconds(t)}</td>" for t in times)
            + "</tr>"
        )
    yield "</tbody></table></section>"


def _mark(is_right: bool) -> str:
    return "<span class='mark good'>right</span>" if is_right else "<span class='mark bad'>wrong</span>"


def _gradient_mark(found: Comparison) -> str:
    if found.gradient is None:
        return f"none: {escape(found.case.no_gradient)}"
    return _mark(found.gradient.holds)


def _section(found: Comparison) -> Iterator[str]:
    case = found.case
    yield f"<section id='{escape(case.name)}'><h2>{escape(case.title)}</h2>"
    yield f"<p>Traced on {escape(case.described[0])}, run on {escape(case.described[1])}. {escape(case.note)}</p>"
    yield "<div class='pair'><div class='wide'>"
    yield from _answers(found)
    yield "</div><div>"
    yield f"<h3>time per call, on {escape(case.described[1])} (traced: by a trace taken there)</h3>"
    yield times_chart(found.times)
    yield f"<p>Gradient of the graph: {escape(gradient_answer(found))}.</p>"
    yield "</div></div>"
    if found.trace.error:
        yield f"<pre class='error'>TraceGuardError: {escape(str(found.trace.error))}</pre>"
    for pair in found.sources:
        yield from _sources(found, pair)
    yield from _graphs(found)
    yield "</section>"


def _answers(found: Comparison) -> Iterator[str]:
    show = found.case.show
    guarded = "TraceGuardError" if found.trace.error else show(found.trace.value)
    rows = (
        ("eager", show(found.eager), ""),
        ("converted", show(found.converted), _mark(found.conversion_is_right)),
        ("trace, guards off", show(found.trace.value), _mark(found.trace_is_right)),
        ("our trace", guarded, "<span class='mark good'>refuses</span>" if found.trace.error else _mark(True)),
    )
    yield f"<h3>on {escape(found.case.described[1])}</h3><table class='plain'><tbody>"
    for mode, value, mark in rows:
        yield f"<tr><td>{mode}</td><td class='value'>{escape(value)}</td><td>{mark}</td></tr>"
    yield "</tbody></table>"


def _sources(found: Comparison, pair: SourcePair) -> Iterator[str]:
    yield "<div class='pair'><div>"
    yield f"<h3>{escape(pair.name)}, as written</h3>"
    yield code_view(pair.written, _marks(found, pair))
    yield "</div><div>"
    yield "<h3>as converted, with the lines that it stands for</h3>"
    yield code_view(pair.converted, _marks(found, pair))
    yield "</div></div>"


def _marks(found: Comparison, pair: SourcePair) -> dict[int, str]:
    """The lines where the trace decided, and the one where it decided wrong."""
    marks = {loc.line: "decided" for loc in found.trace.decision_lines if loc.file == pair.file}
    wrong = found.trace.decided_at
    if wrong is not None and wrong.file == pair.file:
        marks[wrong.line] = "wrong"
    return marks


def _graphs(found: Comparison) -> Iterator[str]:
    broken = frozenset(map(id, found.trace.broken[:1]))

    def is_wrong(op: Op) -> bool:
        return id(op) in broken

    yield "<div class='pair'><div>"
    yield f"<h3>the trace: {found.trace_size}</h3>"
    drawing = svg(draw(found.trace.graph, is_wrong), f"graph of the trace of {found.case.name}")
    yield f"<div class='drawing'>{drawing}</div>"
    yield (
        "<p class='legend'><i style='background:#fff6df;border:1px solid #c98f1d'></i>a decision that the trace took"
        "<i style='background:#fdecea;border:1px solid #b3261e'></i>the first that does not hold</p>"
    )
    yield "</div><div>"
    yield f"<h3>converted: {found.graph_size}</h3>"
    yield f"<div class='drawing'>{svg(draw(found.graph), f'graph of the converted {found.case.name}')}</div>"
    yield (
        "<p class='legend'><i style='background:#eaf2fb;border:1px solid #1f5fa8'></i>a branch or loop, with its "
        "regions</p>"
    )
    yield "</div></div>"
