"""Rearranged elements as native code: which element of the operand an element of the result is."""

from typing import Any

from graph.aval import Shape
from graph.ir.lowering import LoopEmitter
from graph.ops.shape_rules import normalize_axes

Sizes = tuple[Any, ...]
Axes = int | tuple[int, ...] | None


def reshape_sizes(e: LoopEmitter, x_shape: Sizes, *sizes: Any, shape: Shape) -> Sizes:
    """Checks that there are as many elements as before."""
    rest = iter(sizes)
    target: list[Any] = [d if isinstance(d, int) else next(rest) for d in shape]
    total = known = 1
    for n in x_shape:
        total = e.mul(total, n)
    for n in target:
        known = known if _is_rest(n) else e.mul(known, n)
    if not any(map(_is_rest, target)):
        e.check(e.eq(total, known))
        return tuple(target)
    is_empty = e.eq(known, 0)
    safe = e.select(is_empty, 1, known)
    e.check(e.bit_and(e.bit_not(is_empty), e.eq(e.remainder(total, safe), 0)))
    left = e.quotient(total, safe)
    return tuple(left if _is_rest(d) else d for d in target)


def _is_rest(n: Any) -> bool:
    return isinstance(n, int) and n == -1


def squeeze_sizes(e: LoopEmitter, shape: Sizes, *, axis: Axes) -> Sizes:
    axes = normalize_axes("squeeze", axis, len(shape))
    for a in axes:
        e.check(e.eq(shape[a], 1))
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def expand_dims_sizes(e: LoopEmitter, shape: Sizes, *, axis: tuple[int, ...]) -> Sizes:
    axes = normalize_axes("expand_dims", axis, len(shape) + len(axis))
    rest = iter(shape)
    return tuple(1 if i in axes else next(rest) for i in range(len(shape) + len(axes)))


def transpose_sizes(e: LoopEmitter, shape: Sizes, *, axes: tuple[int, ...]) -> Sizes:
    return tuple(shape[a] for a in axes)


def transpose_element(e: LoopEmitter, index: Sizes, shape: Sizes, *, axes: tuple[int, ...]) -> Sizes:
    order = [a % len(shape) for a in axes]
    return tuple(index[order.index(i)] for i in range(len(shape)))


def broadcast_to_sizes(e: LoopEmitter, x_shape: Sizes, *sizes: Any, shape: Shape) -> Sizes:
    rest = iter(sizes)
    target = [d if isinstance(d, int) else next(rest) for d in shape]
    for n, wanted in zip(x_shape, target[len(target) - len(x_shape) :], strict=True):
        e.check(True if isinstance(n, int) and n == 1 else e.bit_or(e.eq(n, 1), e.eq(n, wanted)))
    return tuple(target)


def broadcast_to_element(e: LoopEmitter, index: Sizes, x_shape: Sizes, *sizes: Any, shape: Shape) -> Sizes:
    own = index[len(index) - len(x_shape) :]
    return tuple(e.select(e.eq(n, 1), 0, i) for i, n in zip(own, x_shape, strict=True))


def flip_sizes(e: LoopEmitter, shape: Sizes, *, axis: Axes) -> Sizes:
    return shape


def flip_element(e: LoopEmitter, index: Sizes, shape: Sizes, *, axis: Axes) -> Sizes:
    axes = normalize_axes("flip", axis, len(shape))
    return tuple(e.sub(e.sub(shape[k], 1), i) if k in axes else i for k, i in enumerate(index))


def roll_sizes(e: LoopEmitter, shape: Sizes, *, shift: Any, axis: Axes) -> Sizes:
    return shape


def roll_element(e: LoopEmitter, index: Sizes, shape: Sizes, *, shift: Any, axis: Axes) -> Sizes:
    axes = (axis,) if isinstance(axis, int) else axis or ()
    shifts = (shift,) * len(axes) if isinstance(shift, int) else shift
    at = list(index)
    for a, by in zip(axes, shifts, strict=True):
        size = shape[a % len(shape)]
        i = e.sub(at[a], by)
        if isinstance(i, int) and isinstance(size, int):
            at[a] = i % size
            continue
        rest = e.remainder(i, size)
        at[a] = e.select(e.lt(rest, 0), e.add(rest, size), rest)
    return tuple(at)


def tile_sizes(e: LoopEmitter, shape: Sizes, *, repeats: tuple[int, ...]) -> Sizes:
    ndim = max(len(shape), len(repeats))
    whole = (1,) * (ndim - len(shape)) + shape
    return tuple(e.mul(n, r) for n, r in zip(whole, (1,) * (ndim - len(repeats)) + repeats, strict=True))


def tile_element(e: LoopEmitter, index: Sizes, shape: Sizes, *, repeats: tuple[int, ...]) -> Sizes:
    return tuple(e.remainder(i, n) for i, n in zip(index[len(index) - len(shape) :], shape, strict=True))


def repeat_sizes(e: LoopEmitter, shape: Sizes, *, repeats: int, axis: int) -> Sizes:
    return tuple(e.mul(n, repeats) if i == axis % len(shape) else n for i, n in enumerate(shape))


def repeat_element(e: LoopEmitter, index: Sizes, shape: Sizes, *, repeats: int, axis: int) -> Sizes:
    return tuple(e.quotient(i, repeats) if k == axis % len(shape) else i for k, i in enumerate(index))
