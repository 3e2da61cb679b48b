"""Graphs with whole-list ops, in the manner of `region_graphs`: what native code must get right of each."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, OptionalType, SymDim, Type, scalar
from graph.dtypes import bool_, float64
from graph.ir.builder import GraphBuilder
from graph.ir.value import Value
from support.control import attempt, cond, for_loop
from support.region_graphs import CASES, NO, ROW, ROWS, YES, Case, F, K, L, Make, V, empty, f, graph_of, i

LIST_CASES: Final[dict[str, Case]] = {}

WIDE: Final = Aval(float64, (100,))
ANY: Final = Aval(float64, (SymDim.named("n"),))
ANY_LIST: Final = ListType(Aval(float64, (SymDim.named("?"),)))
WIDE_LIST: Final = ListType(WIDE)
LISTS: Final = ListType(L)
MAYBES: Final = ListType(OptionalType(V))
WIDE_ROW: Final = np.linspace(0.1, 1.0, 100)
THREE: Final = [ROW, ROW * 2, ROW - 1]
WIDES: Final = [WIDE_ROW, WIDE_ROW * 2, WIDE_ROW - 1]
LENGTHS: Final = [np.array([1.0, 2.0]), np.array([]), np.array([0.5, -0.5, 3.0])]


def list_case(types: Sequence[Type], *args: tuple[Any, ...]) -> Callable[[Make], Make]:
    """As `region_graphs.case`, kept apart: other tests go over all of those."""

    def declare(make: Make) -> Make:
        LIST_CASES[make.__name__] = Case(graph_of(make.__name__, types, make), args)
        return make

    return declare


@list_case([L, L], (THREE, [ROW]), ([], THREE), (THREE, []), ([], []))
def joined(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return [b.list_concat(x, y), y]


@list_case([WIDE_LIST, WIDE], (WIDES, WIDE_ROW), ([], WIDE_ROW))
def joined_with_itself(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    made = b.list_append(x, b.mul(w, w))
    return [b.list_concat(made, made), b.list_stack(made, axis=0)]


@list_case([L, F, K], (THREE, f(0.6), i(4)), ([], f(0.6), i(3)))
def joined_in_a_loop(b: GraphBuilder, x: Value, w: Value, n: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, out: Value) -> Sequence[Value]:
        return [c.list_append(c.list_concat(out, x), c.mul(c.constant(ROW), w))]

    return for_loop(b, n, [empty(b, V)], body)


@list_case(
    [WIDE_LIST, K, K, K],
    *((WIDES, i(a), i(o), i(s)) for a, o, s in [(0, 3, 1), (-1, -9, -1), (2, 0, -2), (1, 9, 2), (3, 1, 1), (-9, 9, 3)]),
    ([], i(0), i(1), i(1)),
)
def sliced(b: GraphBuilder, x: Value, start: Value, stop: Value, step: Value) -> Sequence[Value]:
    part = b.list_slice(x, start, stop, step, given=("start", "stop", "step"))
    return [part, b.list_slice(x, step, given=("step",)), b.list_slice(x, start, given=("start",))]


@list_case([L, K], (THREE, i(1)), (THREE, i(-1)), (THREE, i(7)))
def halves(b: GraphBuilder, x: Value, at: Value) -> Sequence[Value]:
    left, right = b.list_slice(x, at, given=("stop",)), b.list_slice(x, at, given=("start",))
    return [b.list_concat(right, left), b.list_reverse(x)]


@list_case([WIDE_LIST], (WIDES,), (WIDES[:2],), (WIDES[:1],), ([],))
def reversed_twice(b: GraphBuilder, x: Value) -> Sequence[Value]:
    once = b.list_reverse(x)
    return [once, b.list_reverse(once), x]


@list_case([L, L, K], (THREE, [ROW, ROW + 1], i(1)), (THREE, [ROW, ROW + 1], i(-2)), (THREE, [], i(3)))
def added_to_a_slice(b: GraphBuilder, x: Value, added: Value, at: Value) -> Sequence[Value]:
    return [b.list_add_slice(x, added, at, given=("start",)), x]


@list_case([LISTS, L], ([THREE, [ROW]], THREE))
def lists_are_added(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return [b.list_add_at(x, 0, y), b.add_any(y, y), b.add_any(x, x)]


@list_case([WIDE_LIST, WIDE_LIST], (WIDES, WIDES), ([], []))
def lists_of_tensors_are_added(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return [b.add_any(x, y), b.add_any(b.list_reverse(x), y), x]


@list_case([WIDE, scalar(bool_), scalar(bool_)], *((WIDE_ROW, p, q) for p in (YES, NO) for q in (YES, NO)))
def optionals_are_added(b: GraphBuilder, x: Value, p: Value, q: Value) -> Sequence[Value]:
    def maybe(test: Value) -> Value:
        return cond(b, test, lambda c: [c.some(c.mul(x, x))], lambda c: [c.none(type=WIDE)])[0]

    one, other = maybe(p), maybe(q)
    return [b.add_any(one, other), b.add_any(one, one), other]


@list_case([MAYBES, MAYBES], ([ROW, None, None, ROW], [ROW, ROW, None, None]))
def lists_of_optionals_are_added(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return [b.add_any(x, y)]


@list_case([ANY_LIST], (LENGTHS,), (LENGTHS[:1],))
def tensors_are_joined(b: GraphBuilder, x: Value) -> Sequence[Value]:
    y = b.list_concat_tensors(x, axis=0)
    return [y, b.sum(b.mul(y, y), axis=(0,), keepdims=False)]


@list_case([L], (THREE,), ([ROW],))
def rows_are_joined(b: GraphBuilder, x: Value) -> Sequence[Value]:
    return [b.list_concat_tensors(x, axis=0), b.list_stack(x, axis=1), b.list_stack(x, axis=-2)]


@list_case([ListType(Aval(float64, (3, SymDim.named("?")))), K], ([ROWS[:3], ROWS[1:], ROWS[:3, :1]], i(1)))
def blocks_are_joined(b: GraphBuilder, x: Value, at: Value) -> Sequence[Value]:
    return [b.list_concat_tensors(x, axis=1), b.list_get(x, at)]


@list_case([ANY_LIST], ([ROW, ROW * 2],), ([LENGTHS[0]] * 3,), ([LENGTHS[1]] * 2,))
def elements_of_unknown_size_are_stacked(b: GraphBuilder, x: Value) -> Sequence[Value]:
    return [b.list_stack(x, axis=0), b.list_stack(x, axis=-1)]


@list_case([ANY_LIST, ANY], (LENGTHS, np.arange(5.0)), ([], np.zeros(0)))
def split_like(b: GraphBuilder, like: Value, x: Value) -> Sequence[Value]:
    return [b.list_split_like(x, like, axis=0), b.list_split_like(b.mul(x, 2.0), like, axis=0)]


@list_case([ListType(Aval(float64, (4, 2))), Aval(float64, (4, 6))], ([ROWS[:, :2]] * 3, np.ones((4, 6))))
def split_along_the_last_axis(b: GraphBuilder, like: Value, x: Value) -> Sequence[Value]:
    return [b.list_split_like(x, like, axis=1)]


@list_case([L, V], ([], ROW), (THREE, np.tile(ROW, 3)[:3]))
def nothing_is_like_something(b: GraphBuilder, x: Value, like: Value) -> Sequence[Value]:
    wide = b.reshape(b.mul(b.constant(np.ones((3, 1))), like), (3, 3))
    return [b.list_stack(x, wide, axis=0)]


@list_case([Aval(float64, (4, 3)), ANY], (ROWS, ROW), (ROWS, ROW[:0]))
def slices_as_lists(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    columns = b.list_from_tensor(b.mul(x, 2.0), axis=1)
    return [b.list_from_tensor(x, axis=0), columns, b.list_from_tensor(x, axis=1), b.list_from_tensor(y, axis=0)]


@list_case([Aval(float64, (2, 3, 100))], (np.linspace(0, 1, 600).reshape(2, 3, 100),))
def wide_slices_as_lists(b: GraphBuilder, x: Value) -> Sequence[Value]:
    return [b.list_from_tensor(x, axis=a) for a in (0, 1, 2)]


# Blocks that may fail, and what they hold when they do


def _fails_below(c: GraphBuilder, x: Value) -> None:
    first = c.sum(x, axis=None, keepdims=False)
    c.check(c.gt(first, 0.0), error="ValueError", parts=("not positive",), forms=())


@list_case([WIDE_LIST, WIDE], (WIDES, WIDE_ROW), (WIDES, -WIDE_ROW), ([], WIDE_ROW), ([], -WIDE_ROW))
def a_block_holds_elements_when_it_fails(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    """Elements and the list are taken up before the check, and the list is changed behind it."""

    def body(c: GraphBuilder) -> Sequence[Value]:
        more = c.list_append(c.list_concat(x, x), c.mul(w, 2.0))
        _fails_below(c, w)
        return [more, c.list_get(more, 0), x]

    failed, _, more, first, same = attempt(b, ["ValueError"], body)
    well = b.eq(failed, 0)
    return [*cond(b, well, lambda c: [c.list_append(more, first), same], lambda c: [c.list_append(x, w), x]), x]


@list_case([WIDE_LIST, K, WIDE], (WIDES, i(1), WIDE_ROW), (WIDES, i(5), WIDE_ROW), ([], i(0), WIDE_ROW))
def an_index_out_of_range_is_caught_in_a_loop(b: GraphBuilder, x: Value, at: Value, w: Value) -> Sequence[Value]:
    def trip(c: GraphBuilder, k: Value, out: Value, total: Value) -> Sequence[Value]:
        def body(d: GraphBuilder) -> Sequence[Value]:
            element = d.list_get(out, d.add(at, k))
            return [d.mul(element, d.list_get(x, d.mul(k, 2)))]

        failed, _, found = attempt(c, ["KeyError", "IndexError"], body)
        well = c.eq(failed, 0)
        (total,) = cond(c, well, lambda d: [d.add(total, found)], lambda d: [d.mul(total, 0.5)])
        return [c.list_append(out, c.mul(total, w)), total]

    return for_loop(b, 4, [x, w], trip)


@list_case([L, WIDE], (THREE, WIDE_ROW), (THREE, -WIDE_ROW))
def a_block_in_a_block(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    """The inner one fails and is caught; what the outer one holds stays."""

    def outer(c: GraphBuilder) -> Sequence[Value]:
        more = c.list_append(x, c.constant(ROW))

        def inner(d: GraphBuilder) -> Sequence[Value]:
            doubled = d.list_concat(more, more)
            _fails_below(d, w)
            return [doubled]

        failed, _, doubled = attempt(c, ["ValueError"], inner)
        (found,) = cond(c, c.eq(failed, 0), lambda d: [doubled], lambda d: [d.list_reverse(more)])
        _fails_below(c, c.list_get(found, 0))
        return [found, c.mul(w, 3.0), c.list_make(more, more, element=L)]

    failed, _, found, scaled, both = attempt(b, ["ValueError"], outer)
    well = b.eq(failed, 0)
    return [
        *cond(b, well, lambda c: [found, scaled], lambda c: [x, w]),
        b.list_len(both),
        *cond(b, well, lambda c: [c.list_get(both, 1)], lambda c: [x]),
    ]


CASES_WITH_LISTS: Final = {**CASES, **LIST_CASES}
