"""The table fits a terminal; the page is whole and stands alone."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from dy2static.report import timing
from dy2static.report.boxes import MOST_BOXES, Drawing, draw
from dy2static.report.code_view import code_view, colour
from dy2static.report.compare import compare
from dy2static.report.comparison import Comparison
from dy2static.report.page import page
from dy2static.report.svg import svg
from dy2static.report.table import WIDTH, table
from graph.aval import scalar
from graph.dtypes import float64
from graph.ir.builder import GraphBuilder
from graph.ir.opdef import lookup
from support.report_cases import branching_case, looping_case, straight_case

VOID = frozenset(["meta", "rect", "path", "br"])


@pytest.fixture(scope="module")
def comparisons() -> list[Comparison]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing, "BUDGET", 1e-4)
        return [compare(case) for case in (branching_case(), looping_case(), straight_case())]


def test_table_fits_and_says_it(comparisons: list[Comparison]) -> None:
    text = table(comparisons)
    assert max(map(len, text.splitlines())) <= WIDTH <= 100
    row = next(line for line in text.splitlines() if line.startswith("slope"))
    assert re.match(r"slope +~ort_cases\.py:\d+ +WRONG +right +right ", row)
    assert re.search(r"^straight +right +right +right ", text, re.MULTILINE)
    assert "True is baked in" not in text
    assert re.search(r"TraceGuardError: False is baked in at report_cases\.py:\d+, `if x < 0\.0:`", text)
    assert "all its decisions hold" in text


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_page_is_whole_and_alone(comparisons: list[Comparison]) -> None:
    text = page(comparisons)
    balance = _Balance()
    balance.feed(text)
    assert balance.open == []
    assert all(link.startswith("#") for link in balance.links)
    assert "<script" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert text.count('class="graph"') == 2 * len(comparisons)
    assert text.count('class="wrong-guard"') == 2
    assert "Two &lt;slopes&gt;" in text
    assert "Two <slopes>" not in text


def test_wrong_line_is_marked_in_both_sources(comparisons: list[Comparison]) -> None:
    text = page(comparisons[:1])
    rows = re.findall(r"<tr class='wrong'>.*?</tr>", text)
    assert any("<span class='key'>if</span> x &lt;" in row for row in rows)
    assert any("_rt.if_" in row for row in rows)


def test_drawing_is_xml_and_boxes_lie_within(comparisons: list[Comparison]) -> None:
    drawing = draw(comparisons[1].graph)
    ElementTree.fromstring(svg(drawing, "a <graph>"))
    _check_within(drawing)


def _check_within(drawing: Drawing) -> None:
    for box in drawing.boxes:
        x, y = box.corner
        width, height = box.size
        assert 0 <= x <= x + width <= drawing.width + 1e-6
        assert 0 <= y <= y + height <= drawing.height + 1e-6
        for _, (left, top), inner in box.regions:
            assert left >= 0
            assert left + inner.width <= width
            assert top + inner.height <= height
            _check_within(inner)


def test_constants_are_written_into_their_readers() -> None:
    b = GraphBuilder("f")
    x = b.param(scalar(float64), "x")
    drawing = draw(b.build([b.mul(x, b.constant(0.5))]))
    assert [box.lines[0] for box in drawing.boxes] == ["x", "mul _ 0.5", "yield"]


def test_large_graphs_are_cut_off() -> None:
    b = GraphBuilder("f")
    x = b.param(scalar(float64), "x")
    y = x
    for _ in range(MOST_BOXES + 5):
        y = b.sin(y)
    drawing = draw(b.build([y]))
    assert drawing.boxes[-1].lines == ("and 5 more ops",)
    assert len(drawing.boxes) == MOST_BOXES + 2


def test_a_broken_guard_is_drawn_even_if_it_is_far_down() -> None:
    b = GraphBuilder("f")
    x = b.param(scalar(float64), "x")
    for _ in range(MOST_BOXES + 5):
        x = b.sin(x)
    b.append(lookup("guard"), [b.gt(x, 0.0)], {"kind": "bool", "expected": True, "site": "here"})
    drawing = draw(b.build([x]), lambda op: op.name == "guard")
    assert [box.kind for box in drawing.boxes[-2:]] == ["rest", "wrong guard"]


def test_colours() -> None:
    lines = colour('def f(x):  # "no string"\n    return """a\nb""" + 1 < x')
    assert lines[0] == (
        "<span class='key'>def</span> <span class='def'>f</span>(x):  "
        "<span class='comment'># &quot;no string&quot;</span>"
    )
    assert lines[1].endswith("<span class='string'>&quot;&quot;&quot;a</span>")
    assert lines[2] == ("<span class='string'>b&quot;&quot;&quot;</span> + <span class='number'>1</span> &lt; x")


def test_text_that_is_no_python_stays_as_it_is() -> None:
    assert colour("a < (")[0] == "a &lt; ("


def test_marks_go_to_their_lines() -> None:
    text = code_view([(7, "x = 1"), (None, ""), (8, "y = 2")], {8: "wrong"})
    assert text.count("<tr") == 3
    assert text.count("class='wrong'") == 1
    assert text.index("class='wrong'") > text.index(">7<")
