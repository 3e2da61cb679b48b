import gc
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.aval import Aval, ListType, OptionalType, SymDim, Type, scalar
from graph.dtypes import SHORT_NAMES, bool_, float32, float64, int64
from graph.errors import DTypeError, InternalError, ShapeError
from graph.llvm.runtime.program import memory_use
from support.native_modules import ADD, called_through, identity_text, nothing_forgotten, program

N, M = SymDim.named("n"), SymDim.named("m")
VECTOR = Aval(float64, (N,))


@pytest.fixture(autouse=True, params=[False, True], ids=["built-in", "ctypes"])
def _accounts(request: pytest.FixtureRequest) -> Iterator[None]:
    with nothing_forgotten(), called_through(request.param):
        yield


def identity(*types: Type) -> Any:
    return program(identity_text(types), types, types)


def same(a: Any, b: Any) -> bool:
    """Equal in type, dtype, shape and bits."""
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    if a is None:
        return b is None
    return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def test_adds() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    (total,) = add(np.arange(5.0), np.ones(5))
    assert same(total, np.arange(5.0) + 1)
    assert total.flags.owndata
    assert total.flags.writeable


@pytest.mark.parametrize("size", [0, 1, 3, 1000, 1023, 1024, 1025, 3000, 100_000, 1_000_003])
def test_result_of_any_size_owns_its_memory(size: int) -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR])
    before = memory_use().results
    found = [add(np.arange(float(size)), np.full(size, float(i)))[0] for i in range(3)]
    for i, x in enumerate(found):
        assert same(x, np.arange(float(size)) + i)
        assert x.flags.aligned
        assert x.flags.writeable
    assert not any(np.shares_memory(x, y) for x in found for y in found if x is not y)
    del found, x
    assert memory_use().results == before


def test_large_result_is_not_copied() -> None:
    add = program(ADD, [VECTOR, VECTOR], [VECTOR], plainly=False)
    before = memory_use().results
    (total,) = add(np.zeros(10_000), np.ones(10_000))
    assert memory_use().results == before + 1
    view = total[5:7]
    del total
    assert memory_use().results == before + 1
    del view
    assert memory_use().results == before


ALL_DTYPES = [*SHORT_NAMES]


@pytest.mark.parametrize("dtype", ALL_DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (65,), (5, 0, 7), (13, 5)], ids=str)
def test_every_dtype_and_rank_passes_through(dtype: Any, shape: tuple[int, ...]) -> None:
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    for t in (Aval(dtype, shape), Aval(dtype, (SymDim.named("k"), *shape[1:]) if shape else ())):
        (y,) = identity(t)(x)
        assert same(y, x[()])
        assert not np.shares_memory(x, y)


@pytest.mark.parametrize("dtype", ALL_DTYPES, ids=str)
def test_scalars_of_numpy(dtype: Any) -> None:
    x = np.asarray(1).astype(dtype)[()]
    assert same(identity(scalar(dtype))(x)[0], x)


@pytest.mark.parametrize(
    ("x", "dtype", "found"),
    [
        (2.5, float64, np.float64(2.5)),
        (2.5, float32, np.float32(2.5)),
        (3, float64, np.float64(3)),
        (-1, int64, np.int64(-1)),
        (2**63 - 1, int64, np.int64(2**63 - 1)),
        (True, bool_, np.True_),
        (False, bool_, np.False_),
        (True, int64, np.int64(1)),
        (1, np.dtype(ml_dtypes.bfloat16), ml_dtypes.bfloat16(1)),
        (1 + 2j, np.dtype(np.complex64), np.complex64(1 + 2j)),
    ],
)
def test_numbers_of_python(x: Any, dtype: Any, found: Any) -> None:
    assert same(identity(scalar(dtype))(x)[0], found)


@pytest.mark.parametrize(
    ("x", "t"),
    [
        (1.5, scalar(int64)),
        (1, scalar(bool_)),
        (1j, scalar(float64)),
        (np.float32(1), scalar(float64)),
        (np.zeros(2, np.float32), VECTOR),
        ([1.0, 2.0], Aval(int64, (2,))),
        ("text", VECTOR),
        (None, VECTOR),
        (1.0, ListType(VECTOR)),
    ],
)
def test_wrong_dtype(x: Any, t: Type) -> None:
    with pytest.raises(DTypeError, match="argument 0 of 'graph' is"):
        identity(t)(x)


def test_number_too_large() -> None:
    with pytest.raises(OverflowError):
        identity(scalar(int64))(2**63)


@pytest.mark.parametrize(
    ("x", "t", "text"),
    [
        (np.zeros((2, 2)), VECTOR, r"argument 0 of 'graph' is f64\[n\], got f64 of shape \(2, 2\)"),
        (np.zeros(3), Aval(float64, (2,)), r"argument 0 of 'graph' is f64\[2\], got f64 of shape \(3,\)"),
        (np.zeros((3, 70)), Aval(float64, (N, 71)), r"is f64\[n,71\], got f64 of shape \(3, 70\)"),
        (1.0, VECTOR, r"argument 0 of 'graph' is f64\[n\], got f64 of shape \(\)"),
        ([np.zeros(2)], ListType(Aval(float64, (3,))), r"an element of argument 0 of 'graph' is f64\[3\]"),
    ],
)
def test_wrong_shape(x: Any, t: Type, text: str) -> None:
    with pytest.raises(ShapeError, match=text):
        identity(t)(x)


def test_sizes_of_one_name_must_agree() -> None:
    both = identity(VECTOR, Aval(float64, (N, M)))
    both(np.zeros(2), np.zeros((2, 3)))
    with pytest.raises(ShapeError, match=r"size n is 2 in argument 0 of 'graph', but 3 in argument 1 of 'graph'"):
        both(np.zeros(2), np.zeros((3, 3)))


def test_sizes_of_forms_must_agree() -> None:
    form = SymDim((("m", 2), ("n", 1)), 1)
    three = identity(Aval(float64, (form,)), VECTOR, Aval(float64, (M,)))
    three(np.zeros(8), np.zeros(3), np.zeros(2))
    with pytest.raises(ShapeError, match=r"size 2\*m\+n\+1 of argument 0 of 'graph' is 9, but m is 2, n is 3"):
        three(np.zeros(9), np.zeros(3), np.zeros(2))


def test_sizes_in_lists_may_differ() -> None:
    x = [np.zeros(2), np.ones(3)]
    (y,) = identity(ListType(Aval(float64, (SymDim.named("?"),))))(x)
    assert same(x, y)


def test_elements_of_lists_have_the_sizes_that_tensors_say() -> None:
    items = OptionalType(ListType(VECTOR))
    program = identity(items, VECTOR, OptionalType(Aval(float64, (M,))))
    x = [np.ones(100), np.zeros(100)]
    assert same(list(program(x, np.ones(100), None)), [x, np.ones(100), None])
    with pytest.raises(ShapeError, match=r"size n is 99 in argument 1 of 'graph', but 100 in an element of argument 0"):
        program(x, np.ones(99), None)
    assert same(identity(ListType(VECTOR))([np.ones(2), np.ones(300)])[0], [np.ones(2), np.ones(300)])


def test_number_of_arguments() -> None:
    with pytest.raises(TypeError, match="graph 'graph' takes 1 arguments, 2 were given"):
        identity(VECTOR)(np.zeros(2), np.zeros(2))
    with pytest.raises(TypeError, match="keyword"):
        identity(VECTOR).call(x=np.zeros(2))


def misaligned(x: np.ndarray) -> np.ndarray:
    made = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    made[...] = x
    assert not made.flags.aligned
    return made


def read_only(x: np.ndarray) -> np.ndarray:
    made = x.copy()
    made.flags.writeable = False
    return made


class Sub(np.ndarray): ...


ZOO = {
    "strided": lambda x: np.repeat(x, 2, axis=0)[::2],
    "reversed": lambda x: x[::-1].copy()[::-1],
    "fortran": np.asfortranarray,
    "transposed": lambda x: x.T.copy().T,
    "misaligned": misaligned,
    "read only": read_only,
    "swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "subclass": lambda x: x.view(Sub),
    "matrix of a record": lambda x: np.rec.fromarrays([x, x], names="a,b").a,
    "dtype of its own": lambda x: x.astype(np.dtype(x.dtype.str, metadata={"a": 1})),
    "list": lambda x: x.tolist(),
    "masked": lambda x: np.ma.masked_array(x),
}


@pytest.mark.parametrize("shape", [(4, 3), (40, 30)], ids=str)
@pytest.mark.parametrize("kind", ZOO)
def test_arguments_of_every_kind(kind: str, shape: tuple[int, ...]) -> None:
    x = ZOO[kind](np.arange(float(np.prod(shape))).reshape(shape))
    for t in (Aval(float64, shape), Aval(float64, (N, M))):
        (y,) = identity(t)(x)
        assert same(y, np.array(x, np.float64, order="C", subok=False))
        assert not np.shares_memory(np.asarray(x), y)


@pytest.mark.skipif(np.dtype("l") == np.dtype("i"), reason="C's long has 32 bits here")
def test_other_names_of_one_integer() -> None:
    x = np.arange(100, dtype=np.longlong)
    (y,) = identity(Aval(int64, (N,)))(x)
    assert same(y, np.arange(100, dtype=np.int64))


def test_pickled_dtype_is_taken_as_it_is() -> None:
    x = pickle.loads(pickle.dumps(np.arange(100.0)))
    assert same(identity(VECTOR)(x)[0], np.arange(100.0))


def test_argument_is_not_written_to_nor_kept() -> None:
    x = np.arange(100.0)
    before = sys.getrefcount(x)
    for _ in range(10):
        identity(VECTOR)(x)
    assert sys.getrefcount(x) == before
    assert same(x, np.arange(100.0))


def test_same_block_in_two_results_is_two_arrays() -> None:
    text = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %block = call ptr @dy_alloc(ptr %ctx, i64 80000)
  store i64 2, ptr %block
  %data = getelementptr i8, ptr %block, i64 64
  call void @llvm.memset.p0.i64(ptr %data, i8 0, i64 80000, i1 false)
  store ptr %block, ptr %out
  %p1 = getelementptr i8, ptr %out, i64 8
  store ptr %data, ptr %p1
  %p2 = getelementptr i8, ptr %out, i64 16
  store i64 10000, ptr %p2
  %p3 = getelementptr i8, ptr %out, i64 24
  call void @llvm.memcpy.p0.p0.i64(ptr %p3, ptr %out, i64 24, i1 false)
  ret i32 0
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""
    a, b = program(text, [], [VECTOR, VECTOR])()
    assert same(a, np.zeros(10_000))
    assert same(b, a)
    assert not np.shares_memory(a, b)


def test_constants_are_found_by_name_and_copied() -> None:
    text = """\
@constant_0 = external constant i8
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  store ptr null, ptr %out
  %p1 = getelementptr i8, ptr %out, i64 8
  store ptr @constant_0, ptr %p1
  %p2 = getelementptr i8, ptr %out, i64 16
  store i64 10000, ptr %p2
  ret i32 0
}
"""
    constant = np.arange(10_000.0)
    (y,) = program(text, [], [VECTOR], constants={"constant_0": constant})()
    assert same(y, constant)
    assert not np.shares_memory(y, constant)


def test_unknown_name_fails_when_loaded() -> None:
    text = """\
declare i32 @no_such_function()
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %a = call i32 @no_such_function()
  ret i32 %a
}
"""
    with pytest.raises(InternalError, match="native code calls what is not there: no_such_function"):
        program(text, [], [])


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (3, MemoryError, "no memory"),
        (4, RecursionError, "maximum recursion depth exceeded"),
        (99, InternalError, "native code returned the status 99"),
    ],
)
def test_status(status: int, kind: type[Exception], text: str) -> None:
    code = f"define i32 @run(ptr %ctx, ptr %in, ptr %out) {{\n  ret i32 {status}\n}}\n"
    with pytest.raises(kind, match=text):
        program(code, [], [])()


def test_no_memory() -> None:
    text = """\
define i32 @run(ptr %ctx, ptr %in, ptr %out) {
  %size = load i64, ptr %in
  %small = call ptr @dy_alloc(ptr %ctx, i64 100)
  %block = call ptr @dy_alloc(ptr %ctx, i64 %size)
  %none = icmp eq ptr %block, null
  br i1 %none, label %fail, label %done
fail:
  ret i32 3
done:
  call void @dy_free(ptr %ctx, ptr %small)
  call void @dy_free(ptr %ctx, ptr %block)
  ret i32 0
}
"""
    ask = program(text, [scalar(int64)], [])
    assert ask(8) == ()
    for size in (1 << 45, 1 << 46, (1 << 46) + 1, 1 << 62, -1, -(1 << 62)):
        with pytest.raises(MemoryError):
            ask(size)


TENSORS = [
    scalar(float64),
    Aval(float32, (3,)),
    Aval(float64, (N,)),
    Aval(int64, (2, 40)),
    scalar(np.dtype(np.complex128)),
]
TYPES: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from([t for t in TENSORS if isinstance(t, Aval)]),
    lambda inner: st.one_of(inner.map(ListType), inner.map(OptionalType)),
    max_leaves=4,
)


def value_of(draw: st.DrawFn, t: Type) -> Any:
    match t:
        case Aval(dtype, shape):
            return np.full([d if isinstance(d, int) else 100 for d in shape], draw(st.integers(0, 99)), dtype)[()]
        case ListType(element):
            return [value_of(draw, element) for _ in range(draw(st.integers(0, 3)))]
        case OptionalType(element):
            return value_of(draw, element) if draw(st.booleans()) else None


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_values_of_every_type_pass_through(data: st.DataObject) -> None:
    types = data.draw(st.lists(TYPES, max_size=3))
    values = data.draw(st.composite(lambda draw: [value_of(draw, t) for t in types])())
    found = identity(*types)(*values)
    assert isinstance(found, tuple)
    assert same(list(found), values)


def test_optional_of_an_optional_is_none_or_the_value() -> None:
    t = OptionalType(OptionalType(scalar(float64)))
    assert identity(t)(None) == (None,)
    assert same(identity(t)(1.0)[0], np.float64(1))


def test_tuples_stand_for_lists() -> None:
    (found,) = identity(ListType(VECTOR))((np.zeros(100), [1.0, 2.0]))
    assert same(found, [np.zeros(100), np.array([1.0, 2.0])])


def test_program_dies_with_its_last_reference() -> None:
    held = identity(VECTOR)
    call = held.call
    del held
    gc.collect()
    assert same(call(np.zeros(100))[0], np.zeros(100))
    tracked = gc.is_tracked(call)
    assert tracked
    before = len(gc.get_objects())
    for _ in range(20):
        identity(VECTOR)
    gc.collect()
    assert len(gc.get_objects()) < before + 50


def test_more_descriptors_than_the_stack_should_hold() -> None:
    types = [Aval(float64, (8, 8))] * 300
    values = [np.full((8, 8), float(i)) for i in range(300)]
    found = identity(*types)(*values)
    assert same(list(found), values)


EXIT = """
import sys
sys.path[:0] = {path!r}
import atexit, builtins, gc, threading
import numpy as np
from support.native_modules import ADD, program
from test_entry import VECTOR
add = program(ADD, [VECTOR, VECTOR], [VECTOR])
x = np.ones(100_000)
builtins.kept = [add(x, x)[0], add, add.call]
cycle = [add(x, x)[0], program(ADD, [VECTOR, VECTOR], [VECTOR], plainly=True)]
cycle.append(cycle)
atexit.register(lambda: print(add(x, x)[0].sum()))
class Last:
    def __init__(self):
        self.add, self.x = add.call, x
    def __del__(self):
        self.add(self.x, self.x)
builtins.last = Last()
gc.disable()
"""


def test_program_may_run_and_results_may_live_at_exit() -> None:
    root = Path(__file__).parents[4]
    script = EXIT.format(path=[str(root), str(root / "tests"), str(Path(__file__).parent)])
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr, found.returncode) == ("200000.0\n", "", 0)
