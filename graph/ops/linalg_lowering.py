"""Square matrices in native code: in registers where they are small, else by LAPACK."""

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np

from graph.dtypes import int32, real_of
from graph.ir.lowering import LoopEmitter, Scalar, Size, Sizes
from graph.ops import small_matrices as small
from graph.ops.index_lowering import each
from graph.ops.lapack import Lapack, check_square, lead, put, put_ones, take


def inv(e: LoopEmitter, x: Any) -> Any:
    if small.is_small(e, x):
        return small.inv(e, x)
    check_square(e, x)
    sizes, lapack = e.sizes(x), Lapack(e, e.dtype(x))
    n = sizes[-1]
    y, a, b = e.buffer(e.dtype(x), sizes), lapack.columns(n, n), lapack.columns(n, n)
    pivots = e.buffer(int32, (n,))
    with each(e, sizes[:-2]) as at:
        put(e, x, at, a)
        put_ones(e, b)
        lapack.call("gesv", n, n, a, lead(e, n), pivots, b, lead(e, n))
        take(e, b, y, at)
    lapack.check(y)
    return y


def _broadcast(e: LoopEmitter, a: Sizes, y: Sizes) -> Sizes:
    """The sizes of two batches together."""
    count = max(len(a), len(y))
    sizes: list[Size] = []
    for m, n in zip((1,) * (count - len(a)) + a, (1,) * (count - len(y)) + y, strict=True):
        size = e.select(e.eq(m, 1), n, m)
        e.check(e.bit_or(e.eq(n, 1), e.eq(n, size)))
        sizes.append(size)
    return tuple(sizes)


def _place(e: LoopEmitter, sizes: Sizes, at: Sizes) -> Sizes:
    """The index in one of the batches."""
    own = at[len(at) - len(sizes) :]
    return tuple(e.select(e.eq(n, 1), 0, i) for n, i in zip(sizes, own, strict=True))


def solve(e: LoopEmitter, a: Any, y: Any) -> Any:
    """A vector on the right is a matrix of one column. A matrix that serves all right sides is factorised once."""
    check_square(e, a)
    is_vector = len(e.sizes(y)) == 1
    n, a_batch = e.sizes(a)[-1], e.sizes(a)[:-2]
    *y_batch, rows, columns = (*e.sizes(y), 1) if is_vector else e.sizes(y)
    e.check(e.eq(n, rows))
    batch = _broadcast(e, a_batch, tuple(y_batch))
    x = e.buffer(e.dtype(a), (*batch, n) if is_vector else (*batch, n, columns))

    def load(at: Sizes, i: Size, j: Size) -> Scalar:
        at = _place(e, tuple(y_batch), at)
        return e.load(y, (*at, i) if is_vector else (*at, i, j))

    def store(at: Sizes, i: Size, j: Size, value: Scalar) -> None:
        e.store(x, (*at, i) if is_vector else (*at, i, j), value)

    if small.is_small(e, a):
        ok = e.variable(True)
        with each(e, batch, parallel=True) as at:
            factors = small.Factors.of(e, small.matrix_at(e, a, _place(e, a_batch, at)))
            ok.set(e.bit_and(ok.get(), factors.is_regular()))
            with e.loop(columns, parallel=True) as j:
                for i, element in enumerate(factors.solve([load(at, i, j) for i in range(n)])):
                    store(at, i, j, element)
        e.check_or_run(ok.get(), [x])
        return x
    lapack = Lapack(e, e.dtype(a))
    factors, b, pivots = lapack.columns(n, n), lapack.columns(n, columns), e.buffer(int32, (n,))

    def factorise(at: Sizes) -> None:
        put(e, a, at, factors)
        lapack.call("getrf", n, n, factors, lead(e, n), pivots)

    if not a_batch:
        factorise(())
    with each(e, batch) as at:
        if a_batch:
            factorise(_place(e, a_batch, at))
        with each(e, (n, columns), parallel=True) as (i, j):
            e.store(b, (j, i), load(at, i, j))
        lapack.call("getrs", "N", n, columns, factors, lead(e, n), pivots, b, lead(e, n))
        with each(e, (n, columns), parallel=True) as (i, j):
            store(at, i, j, e.load(b, (j, i)))
    lapack.check(x)
    return x


Pivots = tuple[Callable[[Callable[[Scalar], None]], None], Scalar]
"""What shows the diagonal of u in p x = l u element by element, and whether p is odd."""


def _factorised(e: LoopEmitter, x: Any) -> Callable[[Sizes], Pivots]:
    """What gives the pivots of each matrix of `x`."""
    check_square(e, x)
    n = e.sizes(x)[-1]
    if small.is_small(e, x):

        def of_small(at: Sizes) -> Pivots:
            found = small.Factors.of(e, small.matrix_at(e, x, at))

            def show(visit: Callable[[Scalar], None]) -> None:
                for pivot in found.diagonal:
                    visit(pivot)

            return show, found.is_odd()

        return of_small
    lapack = Lapack(e, e.dtype(x))
    factors, places, odd = lapack.columns(n, n), e.buffer(int32, (n,)), e.variable(False)

    def of_any(at: Sizes) -> Pivots:
        put(e, x, at, factors)
        lapack.ask("getrf", n, n, factors, lead(e, n), places)
        odd.set(False)
        with e.loop(n) as i:
            moves = e.ne(e.load(places, (i,)), e.convert(e.add(i, 1), int32))
            odd.set(e.bit_xor(odd.get(), moves))

        def show(visit: Callable[[Scalar], None]) -> None:
            with e.loop(n) as i:
                visit(e.load(factors, (i, i)))

        return show, odd.get()

    return of_any


def _sign_and_log(e: LoopEmitter, pivots: Pivots, dtype: Any) -> tuple[Scalar, Scalar]:
    """The sign of a determinant, and the logarithm of its size: 0 and minus infinity where it is zero."""
    show, odd = pivots
    sign, log = e.variable(e.select(odd, e.const(-1, dtype), e.const(1, dtype))), e.variable(e.const(0, real_of(dtype)))
    regular = e.variable(True)

    def visit(pivot: Scalar) -> None:
        if dtype.kind == "c":
            size = e.math("hypot", e.real(pivot), e.imag(pivot))
            unit = e.complex(e.div(e.real(pivot), size), e.div(e.imag(pivot), size))
            sign.set(e.mul(sign.get(), unit))
        else:
            size = e.math("fabs", pivot)
            sign.set(e.select(e.lt(pivot, 0), e.neg(sign.get()), sign.get()))
        log.set(e.add(log.get(), e.math("log", size)))
        regular.set(e.bit_and(regular.get(), e.ne(pivot, 0)))

    show(visit)
    is_regular = regular.get()
    return e.select(is_regular, sign.get(), e.const(0, dtype)), e.select(is_regular, log.get(), -math.inf)


def slogdet(e: LoopEmitter, x: Any) -> tuple[Any, Any]:
    dtype, batch = e.dtype(x), e.sizes(x)[:-2]
    signs, logs = e.buffer(dtype, batch), e.buffer(real_of(dtype), batch)
    pivots_of = _factorised(e, x)
    with each(e, batch) as at:
        sign, log = _sign_and_log(e, pivots_of(at), dtype)
        e.store(signs, at, sign)
        e.store(logs, at, log)
    return signs, logs


def det(e: LoopEmitter, x: Any) -> Any:
    """The product of the pivots; by logarithms where a part of it does not fit its dtype."""
    dtype, batch = e.dtype(x), e.sizes(x)[:-2]
    limits = np.finfo(cast(Any, dtype))
    dets, pivots_of = e.buffer(dtype, batch), _factorised(e, x)
    product, fits = e.variable(e.const(1, dtype)), e.variable(True)

    def visit(pivot: Scalar) -> None:
        product.set(e.mul(product.get(), pivot))
        size = small.size_of(e, product.get())
        within = e.bit_and(e.ge(size, float(limits.tiny)), e.le(size, float(limits.max)))
        fits.set(e.bit_and(fits.get(), within))

    with each(e, batch) as at:
        pivots = show, odd = pivots_of(at)
        product.set(e.select(odd, e.const(-1, dtype), e.const(1, dtype)))
        fits.set(True)
        show(visit)
        with e.when(e.bit_not(fits.get())):
            sign, log = _sign_and_log(e, pivots, dtype)
            product.set(e.mul(sign, e.convert(e.math("exp", log), dtype)))
        e.store(dets, at, product.get())
    return dets


def cholesky(e: LoopEmitter, x: Any, *, upper: bool) -> Any:
    """In the memory of the result: what is lower by rows is upper by columns, so LAPACK is told the contrary."""
    if small.is_small(e, x):
        return small.cholesky(e, x, upper=upper)
    check_square(e, x)
    x = e.stored(x)
    sizes, dtype = e.sizes(x), e.dtype(x)
    n, lapack, y = sizes[-1], Lapack(e, dtype), e.buffer(dtype, sizes)
    number = e.variable(0)
    with each(e, sizes[:-2]) as at:
        with each(e, (n, n), parallel=True) as (i, j):
            element, mirrored = e.load(x, (*at, i, j)), e.load(x, (*at, j, i))
            e.store(y, (*at, i, j), small.hermitian_element(e, element, mirrored))
        lapack.call("potrf", "L" if upper else "U", n, (y, number.get()), lead(e, n))
        number.set(e.add(number.get(), e.mul(n, n)))
        with each(e, (n, n), parallel=True) as (i, j):
            keeps = e.ge(j, i) if upper else e.le(j, i)
            e.store(y, (*at, i, j), e.select(keeps, e.load(y, (*at, i, j)), e.const(0, dtype)))
    lapack.check(y)
    return y
