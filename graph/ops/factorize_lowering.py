"""`qr`, `eigh`, `svd` in native code, by LAPACK."""

from typing import Any

from graph.dtypes import int32, real_of
from graph.ir.lowering import LoopEmitter, Size
from graph.ops.index_lowering import each
from graph.ops.lapack import Lapack, check_square, lead, put, put_ones, take
from graph.ops.run_sizes import larger_size, smaller_size
from graph.ops.small_matrices import hermitian_element


def qr(e: LoopEmitter, x: Any, *, mode: str) -> tuple[Any, Any]:
    *batch, m, n = e.sizes(x)
    dtype, count = e.dtype(x), smaller_size(e, m, n)
    columns = m if mode == "complete" else count
    q, r = e.buffer(dtype, (*batch, m, columns)), e.buffer(dtype, (*batch, columns, n))
    lapack, step = Lapack(e, dtype), lead(e, m)
    a, vectors, scales = lapack.columns(m, n), lapack.columns(m, columns), e.buffer(dtype, (count,))
    generate = "ungqr" if lapack.is_complex else "orgqr"
    triangle, vector = ("geqrf", m, n, a, step, scales), (generate, m, columns, count, vectors, step, scales)
    rooms = lapack.room(*triangle), lapack.room(*vector)
    with each(e, tuple(batch)) as at:
        put(e, x, at, a)
        lapack.ask(*triangle, *rooms[0])
        with each(e, (columns, n), parallel=True) as (i, j):
            is_above = e.le(i, j)
            element = e.load(a, (j, e.select(is_above, i, 0)))
            e.store(r, (*at, i, j), e.select(is_above, element, e.const(0, dtype)))
        with each(e, (count, m), parallel=True) as (j, i):
            e.store(vectors, (j, i), e.load(a, (j, i)))
        lapack.ask(*vector, *rooms[1])
        take(e, vectors, q, at)
    return q, r


def eigh(e: LoopEmitter, x: Any) -> tuple[Any, Any]:
    check_square(e, x)
    x = e.stored(x)
    sizes, dtype = e.sizes(x), e.dtype(x)
    n, lapack = sizes[-1], Lapack(e, dtype)
    values, vectors = e.buffer(real_of(dtype), sizes[:-1]), e.buffer(dtype, sizes)
    a, found = lapack.columns(n, n), e.buffer(real_of(dtype), (n,))
    call = ("heevd" if lapack.is_complex else "syevd", "V", "L", n, a, lead(e, n), found)
    wishes = [e.buffer(kind, (1,)) for kind in (dtype, *((real_of(dtype),) if lapack.is_complex else ()), int32)]
    lapack.ask(*call, *(arg for wish in wishes for arg in (wish, -1)))
    rooms = [arg for wish in wishes for arg in lapack.granted(wish)]
    with each(e, sizes[:-2]) as at:
        with each(e, (n, n), parallel=True) as (i, j):
            element = hermitian_element(e, e.load(x, (*at, i, j)), e.load(x, (*at, j, i)))
            e.store(a, (j, i), element)
        lapack.call(*call, *rooms)
        with e.loop(n, parallel=True) as i:
            e.store(values, (*at, i), e.load(found, (i,)))
        take(e, a, vectors, at)
    lapack.check(values, vectors)
    return values, vectors


def svd(e: LoopEmitter, x: Any, *, full_matrices: bool) -> tuple[Any, Any, Any]:
    *batch, m, n = e.sizes(x)
    dtype, count = e.dtype(x), smaller_size(e, m, n)
    rows, columns = (m, n) if full_matrices else (count, count)
    u, v = e.buffer(dtype, (*batch, m, rows)), e.buffer(dtype, (*batch, columns, n))
    s = e.buffer(real_of(dtype), (*batch, count))
    lapack = Lapack(e, dtype)
    a, left, right = lapack.columns(m, n), lapack.columns(m, rows), lapack.columns(columns, n)
    found, integers = e.buffer(real_of(dtype), (count,)), e.buffer(int32, (e.mul(count, 8),))
    job = "A" if full_matrices else "S"
    call = ("gesdd", job, m, n, a, lead(e, m), found, left, lead(e, m), right, lead(e, columns))
    extra = [e.buffer(real_of(dtype), (_real_room(e, m, n),))] if lapack.is_complex else []
    wish = e.buffer(dtype, (1,))
    lapack.ask(*call, wish, -1, *extra, integers)
    room = lapack.granted(wish)
    with each(e, tuple(batch)) as at:
        put(e, x, at, a)
        if full_matrices:  # of nothing LAPACK makes no vectors
            with e.when(e.eq(count, 0)):
                put_ones(e, left)
                put_ones(e, right)
        lapack.call(*call, *room, *extra, integers)
        with e.loop(count, parallel=True) as i:
            e.store(s, (*at, i), e.load(found, (i,)))
        take(e, left, u, at)
        take(e, right, v, at)
    lapack.check(u, s, v)
    return u, s, v


def _real_room(e: LoopEmitter, m: Size, n: Size) -> Size:
    """RWORK of complex `gesdd`, which it cannot be asked for. Source: LAPACK 3.12, zgesdd.f."""
    short, long = smaller_size(e, m, n), larger_size(e, m, n)
    square = e.mul(short, short)
    tall = e.add(e.mul(square, 5), e.mul(short, 5))
    other = e.add(e.add(e.mul(e.mul(long, short), 2), e.mul(square, 2)), short)
    return larger_size(e, larger_size(e, tall, other), 1)
