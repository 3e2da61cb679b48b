"""Graphs with control flow, each with arguments: what reverse mode must get right, one matter each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, SymDim, Type, scalar
from graph.dtypes import bool_, complex128, float64, int64
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import lookup
from graph.ir.value import Value
from support.control import attempt, cond, for_loop, while_loop

F: Final = scalar(float64)
K: Final = scalar(int64)
V: Final = Aval(float64, (3,))
M: Final = Aval(float64, (4, 3))

Make = Callable[..., Sequence[Value]]
"""`make(b, *parameters)`: the results of the graph."""


@dataclass(frozen=True, slots=True)
class Case:
    """A graph and the arguments to differentiate it at, one tuple per check."""

    graph: Graph
    args: tuple[tuple[Any, ...], ...]


CASES: Final[dict[str, Case]] = {}


def graph_of(name: str, types: Sequence[Type], make: Make, functions: Sequence[Graph] = ()) -> Graph:
    """The graph whose parameters have these types."""
    b = GraphBuilder(name)
    return b.build(make(b, *(b.param(t) for t in types)), {function.name: function for function in functions})


def case(types: Sequence[Type], *args: tuple[Any, ...], functions: Sequence[Graph] = ()) -> Callable[[Make], Make]:
    """Declares a case: the decorated function makes the graph's results from a builder and its parameters."""

    def declare(make: Make) -> Make:
        CASES[make.__name__] = Case(graph_of(make.__name__, types, make, functions), args)
        return make

    return declare


def f(x: float) -> Any:
    return np.float64(x)


def i(n: int) -> Any:
    return np.int64(n)


YES, NO = np.True_, np.False_
ROWS = np.linspace(-1.0, 1.2, 12).reshape(4, 3)
ROW = np.array([0.3, -0.7, 1.1])


# Branches


@case([F, F], (f(0.7), f(2.0)), (f(-0.7), f(2.0)))
def branch(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return cond(b, b.gt(x, 0.0), lambda c: [c.sin(c.mul(x, y))], lambda c: [c.exp(c.mul(x, x))])


@case([F, V, scalar(bool_)], (f(0.7), ROW, YES), (f(0.7), ROW, NO))
def branches_use_different_values(b: GraphBuilder, x: Value, v: Value, p: Value) -> Sequence[Value]:
    return cond(
        b, p, lambda c: [c.mul(x, x), x], lambda c: [c.sum(c.mul(v, v), axis=(0,), keepdims=False), c.mul(x, 2)]
    )


@case([F, scalar(bool_)], (f(0.7), YES), (f(0.7), NO))
def one_branch_is_constant(b: GraphBuilder, x: Value, p: Value) -> Sequence[Value]:
    return cond(b, p, lambda c: [c.mul(x, x)], lambda c: [c.constant(3.0)])


@case([F, scalar(bool_)], (f(0.7), YES), (f(0.7), NO))
def branch_gives_value_twice_and_as_it_came(b: GraphBuilder, x: Value, p: Value) -> Sequence[Value]:
    y = b.sin(x)

    def then(c: GraphBuilder) -> Sequence[Value]:
        z = c.mul(y, y)
        return [z, z, y]

    return [y, *cond(b, p, then, lambda c: [y, x, c.mul(x, y)])]


@case([F, scalar(bool_)], (f(0.0), NO), (f(0.5), YES))
def branch_not_taken_has_no_derivative(b: GraphBuilder, x: Value, p: Value) -> Sequence[Value]:
    """At 0 the branch not taken would give 1/0 and log(0): nothing of it must come through."""
    return cond(b, p, lambda c: [c.mul(c.log(x), c.div(1.0, x))], lambda c: [c.mul(x, 3.0)])


@case([M, K, scalar(bool_)], (ROWS, i(2), YES), (ROWS, i(-1), NO))
def branch_indexes_what_others_use(b: GraphBuilder, x: Value, at: Value, p: Value) -> Sequence[Value]:
    def then(c: GraphBuilder) -> Sequence[Value]:
        row = c.index(x, at, index=("$",))
        return [c.mul(row, c.index(x, index=(0,)))]

    y = b.sum(b.mul(x, x), axis=(0,), keepdims=False)
    return [*cond(b, p, then, lambda c: [c.sin(c.index(x, index=(1,)))]), y]


# Loops


@case([F], (f(2.0),))
def newton_root(b: GraphBuilder, a: Value) -> Sequence[Value]:
    return while_loop(
        b,
        [a],
        lambda c, x: c.gt(c.abs(c.sub(c.mul(x, x), a)), 1e-5),
        lambda c, x: [c.mul(c.add(x, c.div(a, x)), 0.5)],
    )


@case([F, K], (f(1.3), i(3)), (f(1.3), i(0)), (f(1.3), i(-2)))
def initial_value_is_captured_too(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    return for_loop(b, n, [x], lambda c, k, y: [c.mul(c.sin(y), x)])


@case([F, F, K], (f(0.4), f(0.9), i(3)), (f(0.4), f(0.9), i(0)))
def value_carried_twice(b: GraphBuilder, x: Value, w: Value, n: Value) -> Sequence[Value]:
    """One value enters as two carried values, which one value of the body becomes; the third stays as it is."""

    def body(c: GraphBuilder, k: Value, p: Value, q: Value, r: Value) -> Sequence[Value]:
        y = c.add(c.mul(p, q), c.mul(r, w))
        return [y, y, r]

    return for_loop(b, n, [x, x, w], body)


@case([V, V, K], (ROW, ROW + 1, i(3)), (ROW, ROW + 1, i(1)))
def carried_values_swap(b: GraphBuilder, x: Value, y: Value, n: Value) -> Sequence[Value]:
    return for_loop(b, n, [x, y], lambda c, k, p, q: [q, c.sin(c.mul(p, q))])


@case([V, K], (ROW, i(3)), (ROW, i(0)))
def active_from_the_second_trip_on(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    zero = b.constant(np.ones(3))
    return for_loop(b, n, [zero, zero], lambda c, k, p, q: [c.mul(q, x), c.sin(p)])


@case([F, K], (f(0.9), i(27)), (f(0.9), i(1)))
def integers_are_carried(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    """Collatz steps, a factor for each kind of step."""

    def body(c: GraphBuilder, m: Value, steps: Value, y: Value) -> Sequence[Value]:
        def even(d: GraphBuilder) -> Sequence[Value]:
            return [d.floor_div(m, 2), d.mul(y, x)]

        def odd(d: GraphBuilder) -> Sequence[Value]:
            return [d.add(d.mul(m, 3), 1), d.add(y, d.cast(steps, dtype=float64))]

        after, z = cond(c, c.eq(c.mod(m, 2), 0), even, odd)
        return [after, c.add(steps, 1), z]

    return while_loop(b, [n, b.constant(0), x], lambda c, m, steps, y: c.ne(m, 1), body)


@case([M, F], (ROWS, f(0.8)))
def rows_in_a_loop(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, total: Value) -> Sequence[Value]:
        row = c.index(x, k, index=("$",))
        return [c.add(c.mul(total, w), c.mul(row, row))]

    return for_loop(b, 4, [b.constant(np.zeros(3))], body)


@case([M, F], (ROWS, f(0.8)))
def rows_are_written_and_read(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    """`x[k + 1] += w * sin(x[k])` on a carried matrix."""

    def body(c: GraphBuilder, k: Value, m: Value) -> Sequence[Value]:
        row = c.mul(c.sin(c.index(m, k, index=("$",))), w)
        return [c.index_add(m, row, c.add(k, 1), index=("$",))]

    return for_loop(b, 3, [x], body)


@case([Aval(float64, (3, 3)), Aval(float64, (3, 3)), M, V], (ROWS[:3], ROWS[1:], ROWS, ROW))
def rnn(b: GraphBuilder, w: Value, u: Value, xs: Value, h: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, h: Value) -> Sequence[Value]:
        return [c.tanh(c.add(c.matmul(w, h), c.matmul(u, c.index(xs, k, index=("$",)))))]

    return for_loop(b, 4, [h], body)


@case([F, K], (f(0.7), i(2)), (f(-0.7), i(3)), (f(0.7), i(0)))
def result_nobody_differentiates(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    """Integers, bools and a dead carried value beside the one that counts."""

    def body(c: GraphBuilder, k: Value, y: Value, count: Value, dead: Value) -> Sequence[Value]:
        return [c.sin(c.mul(y, x)), c.add(count, k), c.exp(dead)]

    y, count, _ = for_loop(b, n, [x, b.constant(5), x], body)
    return [count, b.gt(y, 0.0), y]


@case([F, F], (f(0.4), f(0.6)))
def results_are_parameters(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    return [x, x, b.mul(x, 2.0)]


@case([V, K], (ROW, i(6)), (ROW, i(1)))
def early_exit(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    """`while k < n and sum(y*y) < 20`, with a flag that a branch sets."""

    def body(c: GraphBuilder, k: Value, y: Value, go_on: Value) -> Sequence[Value]:
        size = c.sum(c.mul(y, y), axis=(0,), keepdims=False)

        def leave(d: GraphBuilder) -> Sequence[Value]:
            return [y, d.constant(np.False_)]

        return [c.add(k, 1), *cond(c, c.gt(size, 20.0), leave, lambda d: [d.mul(d.add(y, x), 1.5), go_on])]

    def test(c: GraphBuilder, k: Value, y: Value, go_on: Value) -> Value:
        return c.logical_and(c.lt(k, n), go_on)

    return while_loop(b, [b.constant(0), x, b.constant(np.True_)], test, body)


# Nests


def _step(kind: str, b: GraphBuilder, x: Value, w: Value, inside: Callable[[GraphBuilder, Value], Value]) -> Value:
    """One level of a nest around `inside`, which uses `w` and the value that comes in."""
    match kind:
        case "if":
            (y,) = cond(
                b,
                b.gt(b.sum(x, axis=(0,), keepdims=False), 0.0),
                lambda c: [c.mul(inside(c, x), w)],
                lambda c: [inside(c, c.sub(x, w))],
            )
            return y
        case "for":
            (y,) = for_loop(b, 2, [x], lambda c, k, y: [c.add(inside(c, c.mul(y, w)), x)])
            return y
        case _:

            def body(c: GraphBuilder, k: Value, y: Value) -> Sequence[Value]:
                return [c.add(k, 1), c.sub(inside(c, y), c.mul(x, w))]

            _, y = while_loop(b, [b.constant(0), x], lambda c, k, y: c.lt(k, 2), body)
            return y


def nest(kinds: Sequence[str]) -> Graph:
    """Control flow nested as `kinds` say, outermost first; every level uses outer values."""

    def level(b: GraphBuilder, kinds: Sequence[str], x: Value, w: Value) -> Value:
        if not kinds:
            return b.sin(b.mul(x, w))
        return _step(kinds[0], b, x, w, lambda c, y: level(c, kinds[1:], y, w))

    return graph_of("_".join(kinds), [V, F], lambda b, x, w: [level(b, kinds, x, w)])


# Lists

L: Final = ListType(V)


def empty(b: GraphBuilder, element: Type) -> Value:
    (made,) = b.apply("list_make", (), {"element": element})
    return made


@case([V, F], (ROW, f(0.6)))
def appended_then_stacked(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, lst: Value, y: Value) -> Sequence[Value]:
        z = c.sin(c.mul(y, w))
        return [c.list_append(lst, z), z]

    lst, _ = for_loop(b, 3, [empty(b, V), x], body)
    return [b.list_stack(lst, axis=0), b.list_get(lst, -1)]


@case([L, F, K], ([ROW, ROW * 2, ROW - 1], f(0.6), i(1)))
def list_is_read_in_a_loop(b: GraphBuilder, lst: Value, w: Value, at: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, y: Value) -> Sequence[Value]:
        return [c.add(c.mul(y, c.list_get(lst, k)), c.mul(c.list_get(lst, at), w))]

    return for_loop(b, b.list_len(lst), [b.list_get(lst, 0)], body)


@case([L, F], ([ROW, ROW * 2, ROW - 1], f(0.6)))
def list_is_changed_in_a_loop(b: GraphBuilder, lst: Value, w: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, lst: Value) -> Sequence[Value]:
        y = c.mul(c.list_get(lst, k), c.list_get(lst, -1))
        return [c.list_append(c.list_set(lst, k, c.mul(y, w)), y)]

    (changed,) = for_loop(b, 3, [lst], body)
    return [changed, lst]


@case([V, F], (ROW, f(0.6)))
def lists_of_lists(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    def outer(c: GraphBuilder, i: Value, rows: Value) -> Sequence[Value]:
        def inner(d: GraphBuilder, j: Value, row: Value, y: Value) -> Sequence[Value]:
            z = d.mul(d.sin(y), w)
            return [d.list_append(row, z), z]

        row, _ = for_loop(c, c.add(i, 1), [empty(c, V), x], inner)
        return [c.list_append(rows, row)]

    (rows,) = for_loop(b, 3, [empty(b, L)], outer)
    return [b.mul(b.list_get(b.list_get(rows, 1), 1), b.list_get(b.list_get(rows, 2), -1)), rows]


@case([L, F, scalar(bool_)], ([ROW, ROW * 2], f(0.6), YES), ([ROW, ROW * 2], f(0.6), NO))
def list_in_branches(b: GraphBuilder, lst: Value, w: Value, p: Value) -> Sequence[Value]:
    y = b.mul(b.list_get(lst, 1), w)

    def then(c: GraphBuilder) -> Sequence[Value]:
        return [c.list_append(lst, c.mul(y, c.list_get(lst, 0)))]

    return [*cond(b, p, then, lambda c: [c.list_pop(lst, 0)[0]]), y]


# Values that may be missing


@case([V, scalar(bool_), scalar(bool_)], (ROW, YES, YES), (ROW, NO, YES), (ROW, NO, NO))
def optional_of_a_branch(b: GraphBuilder, x: Value, p: Value, q: Value) -> Sequence[Value]:
    (maybe,) = cond(b, p, lambda c: [c.some(c.mul(x, x))], lambda c: [c.none(type=V)])
    (again,) = cond(b, q, lambda c: [maybe], lambda c: [c.some(x)])
    return [
        b.unwrap_or_zeros(again, x),
        *cond(b, b.is_some(maybe), lambda c: [c.sin(c.unwrap(maybe, name="y"))], lambda c: [x]),
    ]


@case([V, K], (ROW, i(3)), (ROW, i(0)), (ROW, i(1)))
def optional_is_carried(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    """Missing before the first trip."""

    def body(c: GraphBuilder, k: Value, last: Value) -> Sequence[Value]:
        y = cond(c, c.is_some(last), lambda d: [d.sin(d.unwrap(last, name="y"))], lambda d: [d.mul(x, x)])
        return [c.some(y[0])]

    (last,) = for_loop(b, n, [b.none(type=V)], body)
    return [b.mul(b.unwrap_or_zeros(last, x), 2.0), last]


@case([V, scalar(bool_)], (ROW, YES), (ROW, NO))
def some_of_what_may_be_missing(b: GraphBuilder, x: Value, p: Value) -> Sequence[Value]:
    (maybe,) = cond(b, p, lambda c: [c.some(c.mul(x, x))], lambda c: [c.none(type=V)])
    return [b.is_some(b.some(maybe)), b.unwrap_or_zeros(b.unwrap(b.some(maybe), name=""), x)]


# Sizes that are known only at run time

N: Final = SymDim.named("n")
ANY: Final = Aval(float64, (N,))
ANY_ROWS: Final = Aval(float64, (N, 3))


@case([ANY, F], (ROW, f(0.6)), (ROW[:1], f(0.6)), (ROW[:0], f(0.6)))
def symbolic_sizes_in_regions(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    y = b.sum(x, axis=(0,), keepdims=False)
    (z,) = cond(b, b.gt(y, 0.0), lambda c: [c.mul(x, w)], lambda c: [c.sin(x)])
    (n,) = b.shape_of(x)
    return for_loop(b, n, [z], lambda c, k, y: [c.add(c.mul(y, c.index(x, k, index=("$",))), x)])


@case([ANY, V], (ROW, ROW + 1), (ROW[:1], ROW + 1))
def sizes_that_broadcast(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    """`n` may be 1 or 3."""
    return for_loop(b, 2, [y], lambda c, k, y: [c.mul(c.sin(y), x)])


@case([F, K], (f(0.6), i(3)), (f(0.6), i(0)))
def vector_grows(b: GraphBuilder, w: Value, n: Value) -> Sequence[Value]:
    """`x = concat(x, w * sum(x))`, from one element on."""

    def body(c: GraphBuilder, k: Value, x: Value) -> Sequence[Value]:
        last = c.mul(c.sum(c.sin(x), axis=(0,), keepdims=True), w)
        return [c.concat(x, last, axis=0)]

    (x,) = for_loop(b, n, [b.reshape(w, (1,))], body, [Aval(float64, (SymDim.named("m"),))])
    return [x, b.sum(b.mul(x, x), axis=(0,), keepdims=False)]


@case([ANY_ROWS, F], (ROWS, f(0.6)), (ROWS[:1], f(0.6)))
def rows_shrink(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    """Rows are taken off until one is left; all are scaled on the way."""

    def test(c: GraphBuilder, x: Value, total: Value) -> Value:
        return c.gt(c.dim(x, axis=0), 1)

    def body(c: GraphBuilder, x: Value, total: Value) -> Sequence[Value]:
        row = c.index(x, index=(0,))
        return [c.mul(c.index(x, index=(slice(1, None),)), w), c.add(total, c.sin(row))]

    return while_loop(b, [x, b.constant(np.zeros(3))], test, body, [Aval(float64, (SymDim.named("m"), 3)), V])


@case([V, scalar(bool_)], (ROW, YES), (ROW, NO))
def branches_of_two_sizes(b: GraphBuilder, x: Value, p: Value) -> Sequence[Value]:
    (y,) = cond(b, p, lambda c: [c.mul(x, x)], lambda c: [c.index(x, index=(slice(1, None),))])
    return [y, b.sum(b.sin(y), axis=(0,), keepdims=False)]


@case([V], (ROW,), (-abs(ROW),))
def size_of_a_mask(b: GraphBuilder, x: Value) -> Sequence[Value]:
    """A size that depends on values, as the carried value of a loop and in a branch."""
    picked = b.index(x, b.gt(x, 0.0), index=("$",))
    (y,) = for_loop(b, 2, [picked], lambda c, k, y: [c.mul(c.sin(y), picked)])
    return [y, *cond(b, b.gt(b.dim(y, axis=0), 1), lambda c: [c.mul(y, picked)], lambda c: [x])]


# Functions


def call(b: GraphBuilder, function: Graph, *operands: Value) -> tuple[Value, ...]:
    """`call`, of a function whose sizes are known."""
    types = [v.type for v in function.results]
    return b.append(lookup("call"), operands, {"function": function.name}, types=types)


SQUARED: Final = graph_of("squared", [V, F], lambda b, x, w: [b.mul(b.mul(x, x), w), b.gt(x, 0.0)])


def _repeated(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    return for_loop(b, 2, [x], lambda c, k, y: [call(c, SQUARED, y, w)[0]])


REPEATED: Final = graph_of("repeated", [V, F], _repeated)


@case([V, F], (ROW, f(0.6)), functions=(SQUARED, REPEATED))
def functions_are_called(b: GraphBuilder, x: Value, w: Value) -> Sequence[Value]:
    y, is_positive = call(b, SQUARED, x, w)
    (z,) = call(b, REPEATED, y, w)
    fixed = call(b, SQUARED, b.constant(ROW), b.constant(2.0))
    first = b.index(is_positive, index=(0,))
    return [*cond(b, first, lambda c: call(c, REPEATED, z, w), lambda c: [x]), b.mul(fixed[0], z)]


# Blocks that may fail


def positive(c: GraphBuilder, x: Value) -> None:
    c.check(c.gt(x, 0.0), error="ValueError", parts=("not positive",), forms=())


@case([F, F], (f(0.7), f(2.0)), (f(-0.7), f(2.0)))
def a_block_that_may_fail(b: GraphBuilder, x: Value, y: Value) -> Sequence[Value]:
    def body(c: GraphBuilder) -> Sequence[Value]:
        positive(c, x)
        return [c.mul(c.sin(x), y), c.exp(y)]

    failed, _, product, power = attempt(b, ["ValueError"], body)
    well = b.eq(failed, 0)
    return cond(b, well, lambda c: [c.mul(product, power)], lambda c: [c.mul(c.mul(x, x), y)])


@case([V, K], (ROW, i(3)), (-ROW, i(2)), (ROW, i(0)))
def attempts_in_a_loop(b: GraphBuilder, x: Value, n: Value) -> Sequence[Value]:
    def trip(c: GraphBuilder, k: Value, total: Value) -> Sequence[Value]:
        at = c.index(x, k, index=("$",))

        def body(d: GraphBuilder) -> Sequence[Value]:
            positive(d, at)
            return [d.mul(total, d.cos(at))]

        failed, _, scaled = attempt(c, ["IndexError", "ValueError"], body)
        return cond(c, c.eq(failed, 0), lambda d: [scaled], lambda d: [d.add(total, d.mul(at, at))])

    return for_loop(b, n, [b.constant(1.5)], trip)


# Complex values

C: Final = Aval(complex128, (2,))
Z: Final = np.array([0.5 + 0.3j, -0.2 + 0.7j])


@case([C, F, K], (Z, f(0.6), i(3)))
def complex_values_are_carried(b: GraphBuilder, z: Value, w: Value, n: Value) -> Sequence[Value]:
    def body(c: GraphBuilder, k: Value, y: Value, size: Value) -> Sequence[Value]:
        after = c.add(c.mul(y, y), c.mul(z, w))
        return [after, c.add(size, c.sum(c.real(c.mul(after, c.conj(after))), axis=(0,), keepdims=False))]

    y, size = for_loop(b, n, [z, w], body)
    return [y, *cond(b, b.gt(size, 1.0), lambda c: [c.exp(y)], lambda c: [c.conj(y)]), size]
