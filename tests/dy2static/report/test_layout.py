"""Boxes never overlap, and arrows point down."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from dy2static.report.layout import place


@st.composite
def box_graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    sizes = draw(st.lists(st.tuples(st.floats(10, 300), st.floats(10, 200)), min_size=1, max_size=14))
    pairs = list(combinations(range(len(sizes)), 2))
    arrows = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=25)) if pairs else []
    return sizes, arrows


@given(box_graphs())
def test_boxes_do_not_overlap(graph: tuple[list[tuple[float, float]], list[tuple[int, int]]]) -> None:
    sizes, arrows = graph
    layout = place(sizes, arrows)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)]
    slack = 1e-6
    for a, b in combinations(boxes, 2):
        beside = a[2] <= b[0] + slack or b[2] <= a[0] + slack
        above = a[3] <= b[1] + slack or b[3] <= a[1] + slack
        assert beside or above
    for left, top, right, bottom in boxes:
        assert left >= -slack
        assert top >= -slack
        assert right <= layout.width + slack
        assert bottom <= layout.height + slack


@given(box_graphs())
def test_arrows_go_from_the_bottom_of_a_box_down_to_the_top_of_another(
    graph: tuple[list[tuple[float, float]], list[tuple[int, int]]],
) -> None:
    sizes, arrows = graph
    layout = place(sizes, arrows)
    for (a, b), route in zip(arrows, layout.routes, strict=True):
        ys = [y for _, y in route]
        assert ys == sorted(ys)
        assert route[0][1] == layout.corners[a][1] + sizes[a][1]
        assert route[-1][1] == layout.corners[b][1]
        assert layout.corners[a][0] <= route[0][0] <= layout.corners[a][0] + sizes[a][0]
        assert layout.corners[b][0] <= route[-1][0] <= layout.corners[b][0] + sizes[b][0]


def test_a_chain_is_straight() -> None:
    layout = place([(40.0, 20.0)] * 4, [(0, 1), (1, 2), (2, 3)])
    assert {x for x, _ in layout.corners} == {0.0}


def test_an_arrow_passes_beside_the_boxes_between() -> None:
    layout = place([(40.0, 20.0)] * 3, [(0, 1), (1, 2), (0, 2)])
    (left, _), (right, _) = (layout.corners[1], (layout.corners[1][0] + 40.0, 0.0))
    within = [x for x, y in layout.routes[2] if layout.corners[1][1] <= y <= layout.corners[1][1] + 20.0]
    assert within
    assert all(x < left or x > right for x in within)


def test_nothing_to_place() -> None:
    assert place([], []).corners == ()
