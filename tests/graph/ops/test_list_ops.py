"""List ops: Python's meaning in both executors, and gradients against differences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graph.autodiff.vjp import grad
from graph.aval import Aval, ListType, SymDim, Type
from graph.dtypes import float64, int64
from graph.errors import DTypeError, ShapeError
from graph.execute.interpreter import run
from graph.execute.numpy_program import compile_program
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph
from graph.ir.opdef import Effect, all_ops, effect_of, lookup
from graph.ir.value import Value
from graph.ir.verify import verify
from support.samples.sample import aval, normal
from support.values import assert_same

ROWS, NEW = normal(4, 3), normal(3, seed=1)
ROW = Aval(float64, (3,))
ROW_LIST = ListType(ROW)
"""The list that every program starts from has the rows of a matrix; NEW is another row."""

Build = Callable[[GraphBuilder, Value, Value], Value]
Python = Callable[[list[Any], Any], list[Any]]


def popped(at: int, *, keep: bool) -> tuple[Build, Python]:
    def build(b: GraphBuilder, xs: Value, new: Value) -> Value:
        rest, x = b.list_pop(xs, at)
        return b.list_append(rest, b.mul(x, x)) if keep else rest

    def python(xs: list[Any], new: Any) -> list[Any]:
        x = xs.pop(at)
        return [*xs, x * x] if keep else xs

    return build, python


def inserted(at: int) -> tuple[Build, Python]:
    def python(xs: list[Any], new: Any) -> list[Any]:
        xs.insert(at, new)
        return xs

    return lambda b, xs, new: b.list_insert(xs, at, new), python


def replaced(at: int) -> tuple[Build, Python]:
    def python(xs: list[Any], new: Any) -> list[Any]:
        xs[at] = xs[at] * new
        return xs

    return lambda b, xs, new: b.list_set(xs, at, b.mul(b.list_get(xs, at), new)), python


def sliced(**bounds: int) -> tuple[Build, Python]:
    given = tuple(bounds)
    at = slice(bounds.get("start"), bounds.get("stop"), bounds.get("step"))
    return lambda b, xs, new: b.list_slice(xs, *bounds.values(), given=given), lambda xs, new: xs[at]


def added_to_slice(xs: list[Any], new: Any) -> list[Any]:
    xs[1:3] = [xs[1] + xs[0], xs[2] + new]
    return xs


def nested_get(b: GraphBuilder, xs: Value, new: Value) -> Value:
    """Lists of lists: element types nest, and cotangents with them."""
    outer = b.list_make(xs, b.list_reverse(xs), element=ROW_LIST)
    outer = b.list_set(outer, 0, b.list_append(b.list_get(outer, 0), new))
    return b.list_concat(b.list_get(outer, 0), b.list_get(outer, -1))


PROGRAMS: dict[str, tuple[Build, Python]] = {
    "append": (lambda b, xs, new: b.list_append(xs, new), lambda xs, new: [*xs, new]),
    "make": (lambda b, xs, new: b.list_make(new, new, element=ROW), lambda xs, new: [new, new]),
    "get": (
        lambda b, xs, new: b.list_make(b.list_get(xs, 1), b.list_get(xs, -1), element=ROW),
        lambda xs, new: [xs[1], xs[-1]],
    ),
    "concat": (lambda b, xs, new: b.list_concat(xs, b.list_append(xs, new)), lambda xs, new: [*xs, *xs, new]),
    "reverse": (lambda b, xs, new: b.list_reverse(xs), lambda xs, new: xs[::-1]),
    "add_at": (lambda b, xs, new: b.list_add_at(xs, -2, new), lambda xs, new: [*xs[:2], xs[2] + new, xs[3]]),
    "add_slice": (
        lambda b, xs, new: b.list_add_slice(
            xs, b.list_make(b.list_get(xs, 0), new, element=ROW), 1, 3, given=("start", "stop")
        ),
        added_to_slice,
    ),
    "nested": (nested_get, lambda xs, new: [*xs, new, *xs[::-1]]),
    "columns": (
        lambda b, xs, new: b.list_from_tensor(b.list_stack(xs, axis=1), axis=0),
        lambda xs, new: list(np.stack(xs, 1)),
    ),
    "joined": (
        lambda b, xs, new: b.list_make(b.list_concat_tensors(xs, axis=0), element=aval("f64[n]")),
        lambda xs, new: [np.concatenate(xs)],
    ),
    "split": (
        lambda b, xs, new: b.list_split_like(b.list_concat_tensors(b.list_reverse(xs), axis=0), xs, axis=0),
        lambda xs, new: xs[::-1],
    ),
    **{f"pop {i}": popped(i, keep=False) for i in (0, 2, -1, -4)},
    **{f"pop and keep {i}": popped(i, keep=True) for i in (0, -1, -3)},
    **{f"insert {i}": inserted(i) for i in (0, 2, 4, 9, -1, -9)},
    **{f"set {i}": replaced(i) for i in (0, 3, -1, -4)},
    "slice all": sliced(),
    "slice start": sliced(start=1),
    "slice stop": sliced(stop=-2),
    "slice both": sliced(start=-3, stop=3),
    "slice step": sliced(start=3, stop=0, step=-2),
}


def built(build: Build) -> Graph:
    """The graph (rows, new) -> list, and a sum of sines of all it holds."""
    b = GraphBuilder("f")
    rows, new = b.param(Aval(float64, (4, 3))), b.param(ROW)
    result = build(b, b.list_from_tensor(rows, axis=0), new)
    flat = b.list_concat_tensors(result, axis=0)
    g = b.build([result, b.sum(b.sin(b.mul(flat, b.cumsum(flat, axis=0))))])
    verify(g)
    return g


@pytest.mark.parametrize("name", PROGRAMS)
def test_lists_are_pythons(name: str) -> None:
    build, python = PROGRAMS[name]
    g = built(build)
    expected = python(list(ROWS), NEW)
    for execute in (run, lambda g, args: compile_program(g)(*args)):
        found, _ = execute(g, [ROWS.copy(), NEW.copy()])
        assert_same([found], [expected])


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_through_lists(name: str) -> None:
    g = built(PROGRAMS[name][0])
    joint = grad(g, [0, 1], result=1)
    verify(joint)
    *_, by_rows, by_new = run(joint, [ROWS, NEW])
    along = normal(4, 3, seed=2), normal(3, seed=3)
    h = 1e-6
    up = run(g, [ROWS + h * along[0], NEW + h * along[1]])[1]
    down = run(g, [ROWS - h * along[0], NEW - h * along[1]])[1]
    directional = np.sum(by_rows * along[0]) + np.sum(by_new * along[1])
    assert directional == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-7)
    results = compile_program(joint)(ROWS, NEW)
    np.testing.assert_allclose(results[-2], by_rows, rtol=1e-13)
    np.testing.assert_allclose(results[-1], by_new, rtol=1e-13)


def test_gradient_of_elements_of_many_shapes() -> None:
    """A list may hold tensors of several sizes: the cotangent of what was replaced has the old size."""
    b = GraphBuilder("f")
    x, y = b.param(Aval(float64, (2,))), b.param(Aval(float64, (3,)))
    xs = b.list_append(b.list_make(x, element=aval("f64[2]")), y)
    assert str(xs.type) == "list<f64[?]>"
    xs = b.list_set(xs, 0, b.mul(y, y))
    total = b.list_concat_tensors(b.list_append(xs, x), axis=0)
    g = b.build([b.sum(b.mul(total, total))])
    x_value, y_value = normal(2), normal(3)
    _, by_x, by_y = run(grad(g, [0, 1]), [x_value, y_value])
    np.testing.assert_allclose(by_x, 2 * x_value)
    np.testing.assert_allclose(by_y, 2 * y_value + 4 * y_value**3)


def test_each_element_taken_has_sizes_of_its_own() -> None:
    b = GraphBuilder("f")
    xs = b.param(ListType(Aval(float64, (SymDim.named("?"), SymDim.named("?")))))
    first, second = b.list_get(xs, 0), b.list_get(xs, 1)
    assert len({*first.shape, *second.shape}) == 4
    assert str(b.list_append(xs, first).type) == "list<f64[?,?]>"


AT = np.int64(-2)
TWINS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "list_add_at": ((list(ROWS), AT, NEW), {}),
    "list_set": ((list(ROWS), AT, NEW), {"checked": True}),
    "list_append": ((list(ROWS), NEW), {}),
    "list_pop": ((list(ROWS), AT), {"checked": True}),
    "list_insert": ((list(ROWS), AT, NEW), {}),
    "list_concat": ((list(ROWS), [NEW]), {}),
    "list_add_slice": ((list(ROWS), [NEW, NEW], AT), {"given": ("start",)}),
    "list_reverse": ((list(ROWS),), {}),
}


def test_every_twin_is_tried() -> None:
    assert {op.name for op in all_ops() if op.name.startswith("list_") and op.inplace} == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_inplace_twin_is_the_kernel(name: str) -> None:
    op, (operands, attrs) = lookup(name), TWINS[name]
    assert op.inplace is not None
    before = [list(operands[0]), *operands[1:]]
    expected = op.kernel(*operands, **attrs)
    assert_same([operands[0]], [before[0]])
    target = list(operands[0])
    found = op.inplace(target, *operands[1:], **attrs)
    is_pair = isinstance(expected, tuple)
    assert (found[0] if is_pair else found) is target
    assert_same(found if is_pair else [found], expected if is_pair else [expected])


I0 = Aval(int64, ())
REFUSED: list[tuple[str, tuple[Type, ...], dict[str, Any], type[Exception], str]] = [
    ("list_append", (ROW_LIST, I0), {}, DTypeError,
     "`list_append`: i64[] does not fit list<f64[3]>; the elements of a list have one dtype and rank\n"
     "  Next: cast or reshape it first."),
    ("list_make", (ROW, I0), {"element": ROW}, DTypeError,
     "`list_make`: i64[] does not fit list<f64[3]>; the elements of a list have one dtype and rank\n"
     "  Next: cast or reshape it first."),
    ("list_concat", (ROW_LIST, ListType(I0)), {}, DTypeError,
     "`list_concat`: i64[] does not fit list<f64[3]>; the elements of a list have one dtype and rank\n"
     "  Next: cast or reshape it first."),
    ("list_len", (ROW,), {}, DTypeError, "`list_len` takes a list, not f64[3]"),
    ("list_get", (ROW_LIST, ROW), {}, DTypeError, "`list_get`: an index must be a 0-d integer, not f64[3]"),
    ("list_slice", (ROW_LIST, ROW), {"given": ("start",)}, DTypeError,
     "`list_slice`: an index must be a 0-d integer, not f64[3]"),
    ("list_from_tensor", (I0,), {"axis": 0}, ShapeError,
     "`list_from_tensor`(i64[]): a 0-d tensor has no axis to iterate over"),
    ("list_concat_tensors", (ListType(I0),), {"axis": 0}, ShapeError,
     "`list_concat_tensors`(list<i64[]>): 0-d tensors cannot be joined\n  Next: stack them."),
    ("list_stack", (ListType(ROW_LIST),), {"axis": 0}, DTypeError,
     "`list_stack` takes tensors, not a list (list<f64[3]>)"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "types", "attrs", "error", "message"), REFUSED)
def test_bad_operands_are_refused(
    op: str, types: tuple[Type, ...], attrs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        lookup(op).infer(*types, **attrs)
    assert str(caught.value) == message


RAISED: list[tuple[str, tuple[Any, ...], dict[str, Any], type[Exception], str]] = [
    ("list_get", ([1.0], np.int64(1)), {"checked": True}, IndexError, "list index out of range"),
    ("list_set", ([1.0], np.int64(-2), 2.0), {"checked": True}, IndexError, "list assignment index out of range"),
    ("list_pop", ([], np.int64(-1)), {"checked": True}, IndexError, "pop from empty list"),
    ("list_pop", ([1.0], np.int64(3)), {"checked": True}, IndexError, "pop index out of range"),
    ("list_slice", ([1.0], np.int64(0)), {"given": ("step",)}, ValueError, "slice step cannot be zero"),
    ("list_stack", ([],), {"axis": 0}, ValueError, "need at least one array to stack"),
    ("list_stack", ([np.ones(2), np.ones(3)],), {"axis": 0}, ValueError,
     "all input arrays must have the same shape"),
]  # fmt: skip


@pytest.mark.parametrize(("op", "operands", "attrs", "error", "message"), RAISED)
def test_errors_at_run_time_are_pythons(
    op: str, operands: tuple[Any, ...], attrs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        lookup(op).kernel(*operands, **attrs)
    assert str(caught.value) == message


def test_effects() -> None:
    b = GraphBuilder("f")
    xs = b.param(ROW_LIST)

    def effect(result: Any) -> Effect:
        return effect_of(b.ops[-1])

    assert effect(b.list_get(xs, 0)) is Effect.CAN_FAIL
    assert effect(b.list_get(xs, 0, checked=False)) is Effect.PURE
    assert effect(b.list_pop(xs, -1, checked=False)) is Effect.PURE
    assert effect(b.list_slice(xs, 1, given=("start",))) is Effect.PURE
    assert effect(b.list_slice(xs, 1, given=("step",))) is Effect.CAN_FAIL
    assert effect(b.list_stack(xs, axis=0)) is Effect.CAN_FAIL
    assert effect(b.list_stack(xs, b.param(Aval(float64, (4, 3))), axis=0)) is Effect.PURE
