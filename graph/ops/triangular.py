"""Triangles and diagonals of matrices: `tril`, `triu`, `diagonal`, `trace`, and `diag`, which makes a matrix."""

from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Shape, Type, dim_add
from graph.errors import ShapeError
from graph.ir.emitter import Accumulate, Emitter
from graph.ir.lowering import Decomposed, Gather, LoopEmitter, Loops, View
from graph.ir.onnx_form import NoOnnx, OnnxRule
from graph.ir.opdef import OpDef, register
from graph.ops.places import each
from graph.ops.promotion import common
from graph.ops.running import sum_dtype
from graph.ops.shape_onnx import diag_onnx, trilu_onnx
from graph.ops.shape_rules import UNKNOWN_DIM, broadcast_shapes, normalize_axes, quote, tensor


def infer_triangle(name: str) -> Any:
    """Shape rule of `tril` and `triu`: the operand's type, of at least two dimensions."""

    def infer(x: Type, *, k: int) -> Aval:
        aval = tensor(x, name)
        if aval.ndim < 2:
            raise ShapeError(f"{quote(name, aval)}: a matrix, or a batch of them, is needed")
        return aval

    return infer


def tril_kernel(x: Any, *, k: int) -> Any:
    return np.tril(x, k)


def tril_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
    return (b.tril(ct, k=k),)


def triu_kernel(x: Any, *, k: int) -> Any:
    return np.triu(x, k)


def triu_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
    return (b.triu(ct, k=k),)


def diagonal_shape(op: str, x: Aval, offset: int, axis1: int, axis2: int) -> Shape:
    """The axes that are left, then that of the diagonal; its length is new where sizes are symbolic and may differ."""
    if x.ndim < 2:
        raise ShapeError(f"{quote(op, x)}: a matrix, or a batch of them, is needed")
    first, second = normalize_axes(op, (axis1,), x.ndim)[0], normalize_axes(op, (axis2,), x.ndim)[0]
    if first == second:
        raise ShapeError(f"`{op}`: axis1 and axis2 are both {first}")
    rest = tuple(d for i, d in enumerate(x.shape) if i not in (first, second))
    return (*rest, _diagonal_length(x.shape[first], x.shape[second], offset))


def _diagonal_length(rows: Dim, columns: Dim, offset: int) -> Dim:
    if isinstance(rows, int) and isinstance(columns, int):
        return max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    return rows if rows == columns and offset == 0 else UNKNOWN_DIM


def infer_diagonal(x: Type, *, offset: int, axis1: int, axis2: int) -> Aval:
    """Shape rule of `diagonal`: elements whose index along `axis2` is that along `axis1` plus `offset`; their axis is
    last. Source: NumPy diagonal."""
    aval = tensor(x, "diagonal")
    return Aval(aval.dtype, diagonal_shape("diagonal", aval, offset, axis1, axis2))


def diagonal_kernel(x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    return x.diagonal(offset, axis1, axis2)


def diagonal_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> tuple[Any]:
    def into(total: Any) -> Any:
        return b.diagonal_add(total, ct, offset=offset, axis1=axis1, axis2=axis2)

    return (Accumulate(into),)


def infer_diagonal_add(x: Type, added: Type, *, offset: int, axis1: int, axis2: int) -> Aval:
    """Shape rule of `diagonal_add(x, added)`: `x` with `added`, which broadcasts to the diagonal, added to that."""
    aval, other = tensor(x, "diagonal_add"), tensor(added, "diagonal_add")
    shape = diagonal_shape("diagonal_add", aval, offset, axis1, axis2)
    broadcast_shapes([shape, other.shape], lambda: quote("diagonal_add", aval, other))
    return aval


def diagonal_add_kernel(x: Any, added: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    total = x.astype(np.result_type(x, added))  # a copy in any case
    return diagonal_add_inplace(total, added, offset=offset, axis1=axis1, axis2=axis2)


def diagonal_add_inplace(x: Any, added: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    along = np.moveaxis(x, (axis1, axis2), (-2, -1))
    rows = np.arange(int(along.diagonal(offset, -2, -1).shape[-1]))
    along[..., rows + max(-offset, 0), rows + max(offset, 0)] += added
    return x


def diagonal_add_vjp(
    b: Emitter[Any], ct: Any, y: Any, x: Any, added: Any, *, offset: int, axis1: int, axis2: int
) -> tuple[Any, Any]:
    if not b.wants(added):
        return ct, None
    return ct, b.unbroadcast(b.diagonal(ct, offset=offset, axis1=axis1, axis2=axis2), added)


def infer_trace(x: Type, *, offset: int, axis1: int, axis2: int) -> Aval:
    """Shape rule of `trace`: the sum of the diagonal; dtype as `sum`."""
    aval = tensor(x, "trace")
    return Aval(sum_dtype(aval), diagonal_shape("trace", aval, offset, axis1, axis2)[:-1])


def trace_kernel(x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    return np.add.reduce(x.diagonal(offset, axis1, axis2), axis=-1)


def trace_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> tuple[Any]:
    def into(total: Any) -> Any:
        return b.diagonal_add(total, b.expand_dims(ct, axis=(ct.ndim,)), offset=offset, axis1=axis1, axis2=axis2)

    return (Accumulate(into),)


def infer_diag(x: Type, *, k: int) -> Aval:
    """Shape rule of `diag`: vectors (*b, n) -> matrices (*b, n + |k|, n + |k|), zero but on diagonal `k`."""
    aval = tensor(x, "diag")
    if not aval.ndim:
        raise ShapeError(f"{quote('diag', aval)}: a vector, or a batch of them, is needed")
    size = dim_add(aval.shape[-1], abs(k))
    return Aval(aval.dtype, (*aval.shape[:-1], size, size))


def diag_kernel(x: Any, *, k: int) -> Any:
    size = x.shape[-1] + abs(k)
    matrix = np.zeros((*x.shape[:-1], size, size), x.dtype)
    rows = np.arange(int(x.shape[-1]))
    matrix[..., rows + max(-k, 0), rows + max(k, 0)] = x
    return matrix


def diag_vjp(b: Emitter[Any], ct: Any, y: Any, x: Any, *, k: int) -> tuple[Any]:
    return (b.diagonal(ct, offset=k, axis1=-2, axis2=-1),)


Sizes = tuple[Any, ...]


def same_sizes(e: LoopEmitter, x: Any, **attrs: Any) -> Sizes:
    return e.sizes(x)


def tril_element(e: LoopEmitter, at: Sizes, x: Any, *, k: int) -> Any:
    return e.select(e.le(e.sub(at[-1], at[-2]), k), e.load(x, at), 0)


def triu_element(e: LoopEmitter, at: Sizes, x: Any, *, k: int) -> Any:
    return e.select(e.ge(e.sub(at[-1], at[-2]), k), e.load(x, at), 0)


def diagonal_sizes(e: LoopEmitter, shape: Sizes, *, offset: int, axis1: int, axis2: int) -> Sizes:
    first, second = axis1 % len(shape), axis2 % len(shape)
    rows, columns = e.add(shape[first], min(offset, 0)), e.sub(shape[second], max(offset, 0))
    length = e.select(e.lt(rows, columns), rows, columns)
    rest = (n for i, n in enumerate(shape) if i not in (first, second))
    return (*rest, e.select(e.gt(length, 0), length, 0))


def diagonal_element(e: LoopEmitter, at: Sizes, shape: Sizes, *, offset: int, axis1: int, axis2: int) -> Sizes:
    *rest, i = at
    first, second = axis1 % len(shape), axis2 % len(shape)
    found = iter(rest)
    places = {first: e.add(i, max(-offset, 0)), second: e.add(i, max(offset, 0))}
    return tuple(places[axis] if axis in places else next(found) for axis in range(len(shape)))


def diagonal_add_loops(e: LoopEmitter, x: Any, added: Any, **attrs: int) -> Any:
    """In place where nobody else needs `x`."""
    shape = e.sizes(x)
    sizes, own = diagonal_sizes(e, shape, **attrs), e.sizes(added)
    for n, size in zip(own, sizes[len(sizes) - len(own) :], strict=True):
        e.check(e.bit_or(e.eq(n, 1), e.eq(n, size)))
    y = e.update(x)
    with each(e, sizes) as at:
        behind = zip(own, at[len(at) - len(own) :], strict=True)
        value = e.load(added, [e.select(e.eq(n, 1), 0, i) for n, i in behind])
        place = diagonal_element(e, at, shape, **attrs)
        e.store(y, place, e.add(e.load(y, place), value))
    return y


def trace_parts(b: Emitter[Any], x: Any, **attrs: int) -> Any:
    return b.sum(b.diagonal(x, **attrs), axis=-1, keepdims=False)


def diag_loops(e: LoopEmitter, x: Any, *, k: int) -> Any:
    *batch, n = e.sizes(x)
    size = e.add(n, abs(k))
    y = e.buffer(e.dtype(x), (*batch, size, size))
    with each(e, (*batch, size, size), parallel=True) as at:
        e.store(y, at, 0)
    with each(e, (*batch, n), parallel=True) as at:
        place = diagonal_element(e, at, e.sizes(y), offset=k, axis1=-2, axis2=-1)
        e.store(y, place, e.load(x, at))
    return y


register(
    OpDef(
        "tril",
        infer=infer_triangle("tril"),
        kernel=tril_kernel,
        vjp=tril_vjp,
        promote=None,
        lower=Gather(same_sizes, tril_element, repeats=False),
        onnx=OnnxRule(trilu_onnx(upper=False)),
    )
)
register(
    OpDef(
        "triu",
        infer=infer_triangle("triu"),
        kernel=triu_kernel,
        vjp=triu_vjp,
        promote=None,
        lower=Gather(same_sizes, triu_element, repeats=False),
        onnx=OnnxRule(trilu_onnx(upper=True)),
    )
)
register(
    OpDef(
        "diagonal",
        infer=infer_diagonal,
        kernel=diagonal_kernel,
        vjp=diagonal_vjp,
        promote=None,
        aliases=True,
        lower=View(diagonal_sizes, diagonal_element),
    )
)
register(
    OpDef(
        "diagonal_add",
        infer=infer_diagonal_add,
        kernel=diagonal_add_kernel,
        vjp=diagonal_add_vjp,
        promote=common(),
        inplace=diagonal_add_inplace,
        lower=Loops(diagonal_add_loops),
        onnx=NoOnnx("it is a gradient of diagonals", "export the function, and not its gradient."),
    )
)
register(
    OpDef("trace", infer=infer_trace, kernel=trace_kernel, vjp=trace_vjp, promote=None, lower=Decomposed(trace_parts))
)
register(
    OpDef(
        "diag",
        infer=infer_diag,
        kernel=diag_kernel,
        vjp=diag_vjp,
        promote=None,
        lower=Loops(diag_loops),
        onnx=OnnxRule(diag_onnx),
    )
)
