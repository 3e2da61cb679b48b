"""Calls of LAPACK in native code: the functions that NumPy calls, in the same order.

LAPACK has columns first: a buffer of `(columns, rows)` is what it takes for a matrix of rows and columns. What it finds
wrong (a singular matrix, no convergence) it finds by rounded numbers, so the kernel has the last word.
"""

from typing import Any, Final

from graph.dtypes import DType, complex64, complex128, float32, float64, int64
from graph.ir.lowering import LoopEmitter, Scalar, Size, Sizes
from graph.ops.index_lowering import each
from graph.ops.run_sizes import larger_size

_LETTERS: Final[dict[DType, str]] = {float32: "s", float64: "d", complex64: "c", complex128: "z"}


class Lapack:
    """Calls the functions for a dtype, and keeps in mind whether all have succeeded."""

    def __init__(self, e: LoopEmitter, dtype: DType) -> None:
        self.e, self.dtype = e, dtype
        self.is_complex = dtype.kind == "c"
        self._ok = e.variable(True)

    def columns(self, rows: Size, columns: Size) -> Any:
        """A matrix as LAPACK takes it."""
        return self.e.buffer(self.dtype, (columns, rows))

    def ask(self, name: str, *args: Any) -> Scalar:
        """Call a function, whatever comes of it. The name is without the letter of the dtype."""
        return self.e.lapack(_LETTERS[self.dtype] + name, *args)

    def call(self, name: str, *args: Any) -> None:
        """Call a function that has to succeed."""
        self._ok.set(self.e.bit_and(self._ok.get(), self.e.eq(self.ask(name, *args), 0)))

    def check(self, *results: Any) -> None:
        """Where a call has failed, leave the results to the kernel."""
        self.e.check_or_run(self._ok.get(), results)

    def room(self, name: str, *args: Any) -> tuple[Any, Size]:
        """What a function wants of memory, and how much that is, where WORK and LWORK are its last arguments."""
        wish = self.e.buffer(self.dtype, (1,))
        self.ask(name, *args, wish, -1)
        return self.granted(wish)

    def granted(self, wish: Any) -> tuple[Any, Size]:
        """Memory of the size that LAPACK has put into a buffer of one element, and that size."""
        e = self.e
        size = larger_size(e, e.convert(e.real(e.load(wish, (0,))), int64), 1)
        return e.buffer(e.dtype(wish), (size,)), size


def lead(e: LoopEmitter, rows: Size) -> Size:
    """The distance of columns, which LAPACK wants to be 1 at least."""
    return larger_size(e, rows, 1)


def put(e: LoopEmitter, x: Any, at: Sizes, columns: Any) -> None:
    """A matrix of `x`, for LAPACK."""
    with each(e, e.sizes(x)[-2:], parallel=True) as (i, j):
        e.store(columns, (j, i), e.load(x, (*at, i, j)))


def take(e: LoopEmitter, columns: Any, y: Any, at: Sizes) -> None:
    """What LAPACK made, or the first of its rows and columns, as a matrix of `y`."""
    with each(e, e.sizes(y)[-2:], parallel=True) as (i, j):
        e.store(y, (*at, i, j), e.load(columns, (j, i)))


def put_ones(e: LoopEmitter, columns: Any) -> None:
    """A matrix with ones on its diagonal."""
    zero, one = (e.const(v, e.dtype(columns)) for v in (0, 1))
    with each(e, e.sizes(columns), parallel=True) as (j, i):
        e.store(columns, (j, i), e.select(e.eq(i, j), one, zero))


def check_square(e: LoopEmitter, x: Any) -> None:
    """Where sizes that only the run time knows differ, the op fails."""
    e.check(e.eq(*e.sizes(x)[-2:]))
