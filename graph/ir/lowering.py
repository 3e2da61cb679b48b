"""How an op becomes native code: the forms that `OpDef.lower` may have. Nothing here knows LLVM.

A rule speaks to an emitter: a `ScalarEmitter` `s` for arithmetic on single elements, or a `LoopEmitter` `e`, which also
has loops and buffers. A `Scalar` is one element, known at run time; where an emitter takes scalars it also takes
Python numbers, which adapt to the dtype of the others, and on numbers alone it computes at once. A `Size` (a length or
an index) is an int or an int64 scalar. Rules are branch-free: `s.select` chooses.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from graph.dtypes import DType

Scalar = Any
"""One element: has `.dtype`. Or a Python number."""
Size = Any
"""An int, or an int64 scalar."""
Sizes = tuple[Size, ...]
Stretch = tuple[Any, Size]
"""The memory of a buffer, or of an operand that is `stored`, from an element on: its number in C order."""


class ScalarEmitter(Protocol):
    """Arithmetic on elements. Operands of one call have one dtype, which the result has, unless said otherwise."""

    def const(self, value: Any, dtype: DType) -> Scalar:
        """A number of this dtype."""
        ...

    def is_number(self, x: Scalar) -> bool:
        """Whether it is known now, and is not NaN."""
        ...

    def convert(self, x: Scalar, dtype: DType) -> Scalar:
        """`x.astype(dtype)`, as NumPy does it; what is out of range too."""
        ...

    # Numbers. Integers wrap around; `quotient` and `remainder` truncate, and must not be given a zero divisor.
    def add(self, x: Scalar, y: Scalar) -> Scalar: ...
    def sub(self, x: Scalar, y: Scalar) -> Scalar: ...
    def mul(self, x: Scalar, y: Scalar) -> Scalar: ...
    def div(self, x: Scalar, y: Scalar) -> Scalar: ...
    def quotient(self, x: Scalar, y: Scalar) -> Scalar: ...
    def remainder(self, x: Scalar, y: Scalar) -> Scalar: ...
    def neg(self, x: Scalar) -> Scalar: ...

    def accumulate(self, x: Scalar, y: Scalar) -> Scalar:
        """`x + y`, as part of a sum whose terms may be added in any order, unless results must be exact."""
        ...

    # Bits, and logic on bools
    def bit_and(self, x: Scalar, y: Scalar) -> Scalar: ...
    def bit_or(self, x: Scalar, y: Scalar) -> Scalar: ...
    def bit_xor(self, x: Scalar, y: Scalar) -> Scalar: ...
    def bit_not(self, x: Scalar) -> Scalar: ...
    def shift_left(self, x: Scalar, y: Scalar) -> Scalar: ...
    def shift_right(self, x: Scalar, y: Scalar) -> Scalar: ...

    def bits(self, x: Scalar) -> Scalar:
        """The bits of a float, as an unsigned integer of its width."""
        ...

    def wide_product(self, x: Scalar, y: Scalar) -> tuple[Scalar, Scalar]:
        """The upper and the lower 64 bits of the product of two uint64 numbers."""
        ...

    # Comparisons give bools. All but `ne` are false for NaN.
    def eq(self, x: Scalar, y: Scalar) -> Scalar: ...
    def ne(self, x: Scalar, y: Scalar) -> Scalar: ...
    def lt(self, x: Scalar, y: Scalar) -> Scalar: ...
    def le(self, x: Scalar, y: Scalar) -> Scalar: ...
    def gt(self, x: Scalar, y: Scalar) -> Scalar: ...
    def ge(self, x: Scalar, y: Scalar) -> Scalar: ...

    def select(self, condition: Scalar, x: Scalar, y: Scalar) -> Scalar:
        """`x` where the bool is true, else `y`; both are computed."""
        ...

    def math(self, name: str, *xs: Scalar) -> Scalar:
        """A function on floats by name: sqrt, fabs, floor, ceil, trunc, rint, copysign, fmod, exp, log, sin, ..."""
        ...

    # Complex numbers
    def complex(self, re: Scalar, im: Scalar) -> Scalar: ...
    def real(self, x: Scalar) -> Scalar: ...
    def imag(self, x: Scalar) -> Scalar: ...


class LoopEmitter(ScalarEmitter, Protocol):
    """Loops over operands and buffers. Tensors are opaque; an operand may be computed only as it is loaded."""

    def sizes(self, x: Any) -> Sizes:
        """The shape of an operand or buffer."""
        ...

    def dtype(self, x: Any) -> DType:
        """The dtype of an operand or buffer."""
        ...

    def load(self, x: Any, index: Sequence[Size]) -> Scalar:
        """One element; an index for each axis, counted from 0 and within bounds."""
        ...

    def stored(self, x: Any) -> Any:
        """`x` in memory: for operands that are read more than once an element."""
        ...

    def buffer(self, dtype: DType, sizes: Sequence[Size]) -> Any:
        """A new tensor whose elements are all to be stored."""
        ...

    def flat(self, buffer: Any) -> Any:
        """The memory of a buffer, or of an operand that is `stored`, as one axis: its elements in C order.

        Not to be returned.
        """
        ...

    def update(self, x: Any) -> Any:
        """A buffer that holds operand `x` already: its own memory where nobody else needs it, else a copy."""
        ...

    def store(self, buffer: Any, index: Sequence[Size], value: Scalar) -> None:
        """Write one element."""
        ...

    def loop(self, count: Size, *, parallel: bool = False) -> AbstractContextManager[Size]:
        """`with e.loop(n) as i`: for i in 0..n-1. `parallel`: no trip reads or writes what another trip writes."""
        ...

    def when(self, condition: Scalar) -> AbstractContextManager[None]:
        """`with e.when(c)`: what follows is done only where the bool is true."""
        ...

    def loop_while(self, test: Callable[[], Scalar]) -> AbstractContextManager[None]:
        """`with e.loop_while(test)`: again and again, as long as `test()`, which is asked before each trip, is true."""
        ...

    def copy(self, to: Stretch, x: Stretch, count: Size) -> None:
        """Copy `count` elements; both have one dtype and are in memory, and do not overlap."""
        ...

    def add_to(self, to: Stretch, x: Stretch, count: Size) -> None:
        """Add `count` elements to as many others, one by one; both have one dtype of real numbers."""
        ...

    def row_sums(
        self, to: Stretch, w: Stretch, x: Stretch, shifts: Any, *, rows: Size, length: Size, pitch: Size
    ) -> None:
        """Element `r * pitch + p` of `to` is the sum over k of `w[r * K + k] * x[shifts[k] + p]`; r < rows, p < length.

        `shifts` is an int64 buffer of K elements. All have one dtype, of real numbers of 32 or 64 bits or integers.
        """
        ...

    def row_dots(
        self,
        to: Stretch,
        y: Stretch,
        x: Stretch,
        shifts: Any,
        *,
        rows: Size,
        length: Size,
        pitch: Size,
        steps: tuple[Size, Size],
        batch: Size,
    ) -> None:
        """Add to element `r * K + k` of `to` the sum over p of `y[r * pitch + p] * x[shifts[k] + p]`; as `row_sums`.

        And that `batch` times, with y and x `steps` elements further each time.
        """
        ...

    def product(
        self,
        to: Stretch,
        a: Stretch,
        b: Stretch,
        *,
        sizes: tuple[Size, Size, Size],
        steps: tuple[Size, Size, Size],
        transposed: bool = False,
        adds: bool = False,
    ) -> None:
        """The product of matrices of float32 or float64 by BLAS: `to` (rows, columns) = `a` (rows, terms) times `b`.

        `sizes`: rows, columns, terms. `steps`: from a row to the next one in `to`, `a` and `b`. `transposed`: `b` is
        (columns, terms). `adds`: to what is there.
        """
        ...

    def variable(self, start: Scalar) -> "Variable":
        """A number that loops and branches may change."""
        ...

    def check(self, ok: Scalar) -> None:
        """Where `ok` is false the op fails: its kernel is run, and raises."""
        ...

    def check_or_run(self, ok: Scalar, buffers: Sequence[Any]) -> None:
        """Where `ok` is false the kernel is run: it raises, or its results are put into `buffers`.

        For what the kernel decides by rounded numbers. A buffer for each result, as it will be returned.
        """
        ...

    def lapack(self, name: str, *args: "str | Size | Stretch") -> Scalar:
        """Call LAPACK's function `name` ("dgesv"); gives its last argument INFO, an int64, which is not among `args`.

        A text is a letter, a size a 32-bit integer, a buffer or `Stretch` the address of elements.
        """
        ...


class Variable(Protocol):
    """A mutable number."""

    def get(self) -> Scalar: ...
    def set(self, value: Scalar) -> None: ...


@dataclass(frozen=True, slots=True)
class Elementwise:
    """`rule(s, *scalars, **attrs)`: an element of the result from the elements of the operands, which broadcast.

    `kinds` are the kinds of dtypes (as in NumPy; "V" is bfloat16) of operands that the rule knows. `cost` is roughly
    the number of instructions: what costs more than a few is not computed again for each that needs it.
    """

    rule: Callable[..., Scalar]
    kinds: str = "biufV"
    cost: int = 1
    valid: Callable[..., Scalar] | None = None
    """`valid(s, *scalars, **attrs)`: where it is false for any element, the op fails before anything is computed."""


@dataclass(frozen=True, slots=True)
class View:
    """Elements of operand 0, elsewhere. `sizes(e, shape, *scalars, **attrs)`: the shape of the result;
    `element(e, index, shape, *scalars, **attrs)`: the index in the operand, of an index of the result.

    `shape` is the operand's; `scalars` are the other operands, which are 0-d. `sizes` also makes the checks.
    `is_run(*types, **attrs)`: whether the elements lie one after the other in the operand, for these types.
    """

    sizes: Callable[..., Sizes]
    element: Callable[..., Sizes]
    is_run: Callable[..., bool] | None = None


@dataclass(frozen=True, slots=True)
class Gather:
    """`element(e, index, *operands, **attrs)`: an element of the result from its index, by `e.load` from any places of
    the operands. `sizes(e, *operands, **attrs)` is the shape; it also makes the checks, and stores what is read again.

    0-d operands are scalars. Loads are done whatever a `select` decides, and so must be within bounds. `repeats`: an
    element of an operand may be read often, so that a costly one is computed before. `cost` is as for `Elementwise`.
    """

    sizes: Callable[..., Sizes]
    element: Callable[..., Scalar]
    repeats: bool = True
    cost: int = 2


@dataclass(frozen=True, slots=True)
class Reshape:
    """The elements of operand 0 in C order, in another shape. `sizes(e, shape, *scalars, **attrs)` gives it."""

    sizes: Callable[..., Sizes]


@dataclass(frozen=True, slots=True)
class Generate:
    """`element(s, index, *scalars, **attrs)`: an element of the result from its index. All operands are 0-d.

    `sizes(e, *scalars, **attrs)` is the shape.
    """

    sizes: Callable[..., Sizes]
    element: Callable[..., Scalar]


@dataclass(frozen=True, slots=True)
class Reduce:
    """A reduction over the attribute `axis` (None, an int, a tuple), with `keepdims`.

    `start(s, dtype)` gives the accumulators for no elements (dtype: the operand's); `step(s, state, x, place)` takes an
    element, whose number among those that are reduced is `place`; `end(s, state, dtype)` gives the result (dtype: the
    result's). `needs_elements`: nothing to reduce is an error. `kinds` as for `Elementwise`.
    """

    start: Callable[..., tuple[Scalar, ...]]
    step: Callable[..., tuple[Scalar, ...]]
    end: Callable[..., Scalar]
    needs_elements: bool = False
    kinds: str = "biufV"


@dataclass(frozen=True, slots=True)
class Decomposed:
    """`rule(b, *operands, **attrs)`: the same by other ops, through the `Emitter` that VJP rules speak to."""

    rule: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Loops:
    """`rule(e, *operands, **attrs)`: the result, a buffer (or several as a tuple), by loops of its own.

    In place of a buffer of static shape there may be a list of its elements in C order.
    """

    rule: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Choose:
    """`rule(*types, **attrs)`: the form for these operands."""

    rule: Callable[..., "Lowering"]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The backend knows this op itself: it owns regions, handles lists, or calls a library."""


@dataclass(frozen=True, slots=True)
class Callback:
    """The op stays in NumPy: native code calls back. `reason` says why; `explain()` shows it."""

    reason: str


Lowering = Elementwise | View | Gather | Reshape | Generate | Reduce | Decomposed | Loops | Choose | BuiltIn | Callback
