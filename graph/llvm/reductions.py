"""Reductions: loop nests with accumulators in registers, or in memory where the last axis is kept.

The operand is an expression that is computed as it is read, so a chain before a reduction needs no memory.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from graph.aval import Aval, SymDim
from graph.ir.lowering import Lowering, Reduce
from graph.ir.op import Op
from graph.llvm.expressions import Evaluation, Point, linear, load_element, store_element
from graph.llvm.loop_code import StackVariable
from graph.llvm.loop_nest import counted_loop, is_empty, nest, product, shared_nest, spills_of, time_of
from graph.llvm.merging import merged, merged_axes, spread
from graph.llvm.scalars import Scalar, Size
from graph.llvm.values import Registers, Tensor
from graph.llvm.writer import Writer, indices

Visit = Callable[[Evaluation, Point], None]


def reduced_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """The attribute `axis` as axes counted from 0, in order."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(a % ndim for a in ((axis,) if isinstance(axis, int) else axis)))


def write_reduce(w: Writer, op: Op, form: Lowering) -> None:
    """A reduction over `axis`."""
    assert isinstance(form, Reduce)
    x, (result,) = w.source(op.operands[0]), op.results
    if x.type.dtype.kind not in form.kinds:
        w.call_back(op, f"there is no native rule for {x.type.dtype}")
        return
    axes = reduced_axes(op.attrs.get("axis"), x.type.ndim)
    if form.needs_elements:
        _check_elements(w, op, [x.sizes[a] for a in axes])
    if isinstance(x, Registers):
        w.define(result, _unrolled(w, form, x, axes, result.aval))
        return
    kept_too = w.own.settle_shared(x)
    if w.own.is_worth_keeping(x, 1 if w.dies(op.operands[0]) else 0):
        kept_too.append(x)
    keepdims = bool(op.attrs.get("keepdims"))
    sizes: tuple[Size, ...] = tuple(1 if i in axes else n for i, n in enumerate(x.sizes) if keepdims or i not in axes)
    made = w.new_result(result, sizes)
    with w.own.stored_on_the_way(kept_too) as store:
        _Reduction(w, form, x, axes, made, result.aval, store).write()
    w.define(result, made)


def _check_elements(w: Writer, op: Op, sizes: Sequence[Size]) -> None:
    s, ok = w.s, True
    for size in sizes:
        ok = s.bit_and(ok, s.gt(size, 0))
    if isinstance(ok, Scalar):
        w.code.fail_unless(ok.value, w.fail(op))


def _unrolled(w: Writer, form: Reduce, x: Registers, axes: tuple[int, ...], t: Aval) -> Registers:
    """Without loops: all elements are registers."""
    s = w.s
    sizes = [d for d in x.type.shape if isinstance(d, int)]
    kept = [i for i in range(len(sizes)) if i not in axes]
    strides = [1] * len(sizes)
    for i in reversed(range(len(sizes) - 1)):
        strides[i] = strides[i + 1] * sizes[i + 1]
    made: list[Scalar] = []
    for outer in indices([sizes[i] for i in kept]):
        start = sum(k * strides[i] for k, i in zip(outer, kept, strict=True))
        state = form.start(s, x.type.dtype)
        for place, inner in enumerate(indices([sizes[i] for i in axes])):
            at = start + sum(k * strides[i] for k, i in zip(inner, axes, strict=True))
            state = form.step(s, state, x.elements[at], place)
        end = form.end(s, state, t.dtype)
        made.append(end if isinstance(end, Scalar) else s.const(end, t.dtype))
    return Registers(t, tuple(made))


class _Reduction:
    """Writes the elements of `result`, which is in memory, from those of `x`."""

    def __init__(
        self, w: Writer, form: Reduce, x: Tensor, axes: tuple[int, ...], result: Tensor, t: Aval, visit: Visit
    ) -> None:
        """`visit` is called at each place of `x` once."""
        self.visit = visit
        self.w, self.s, self.form, self.x, self.axes = w, w.s, form, x, axes
        self.kept = tuple(i for i in range(x.type.ndim) if i not in axes)
        self.result, self.dtype = result, t.dtype
        self.kept_sizes = tuple(x.sizes[i] for i in self.kept)
        self.spills = spills_of(self.s, (x,))

    def write(self) -> None:
        last_is_kept = bool(self.kept) and self.kept[-1] == self.x.type.ndim - 1 and bool(self.axes)
        if last_is_kept and not is_empty(self.x.sizes):
            self._by_rows()
        else:
            self._by_elements()

    def _end(self, at: Size, state: Sequence[Any]) -> None:
        element = self.form.end(self.s, tuple(state), self.dtype)
        element = element if isinstance(element, Scalar) else self.s.const(element, self.dtype)
        store_element(self.s, self.result.data, at, element)

    def _start(self) -> list[Scalar]:
        return [self.s.scalar(x) for x in self.form.start(self.s, self.x.type.dtype)]

    def _by_elements(self) -> None:
        """For each element of the result a loop over what is reduced, with accumulators in registers."""
        s = self.s
        if is_empty(self.kept_sizes):
            return
        inner = product(s, [self.x.sizes[a] for a in self.axes])
        with shared_nest(s, self.kept_sizes, time_of(self.x), inner) as outer:
            state = [StackVariable(s, x) for x in self._start()]
            if not is_empty([self.x.sizes[a] for a in self.axes]):
                self._accumulate(outer, state)
            self._end(linear(s, outer, self.kept_sizes), [v.get() for v in state])

    def _accumulate(self, outer: tuple[Size, ...], state: Sequence[StackVariable]) -> None:
        s, x = self.s, self.x
        node = x.node
        if not self.kept and (node is None or node.is_flat):
            with counted_loop(s, product(s, x.sizes)) as i:
                axes = (i,) if len(x.sizes) == 1 else None
                self._step(state, Point(x.sizes, axes, i), i)
            return
        at_end = self._merged(self.axes)
        counts = merged(s, [x.sizes[a] for a in self.axes], at_end)
        with nest(s, counts) as inner:
            at: list[Size] = [0] * len(x.sizes)
            own = zip(self.axes, spread(inner, at_end), strict=bool(self.axes))  # no axes: one trip
            for a, i in (*zip(self.kept, outer, strict=True), *own):
                at[a] = i
            self._step(state, Point(x.sizes, tuple(at), None), linear(s, inner, counts))

    def _merged(self, axes: Sequence[int]) -> int:
        """How many axes at the end, all of them among `axes`, one loop goes through."""
        at_end = merged_axes(self.x)
        last = itertools.takewhile(axes.__contains__, reversed(range(self.x.type.ndim)))
        return max(1, min(at_end, sum(1 for _ in last)))

    def _step(self, state: Sequence[StackVariable], point: Point, place: Size) -> None:
        ev = Evaluation(self.s, self.spills)
        element = ev.element(self.x, point)
        self.visit(ev, point)
        after = self.form.step(self.s, tuple(v.get() for v in state), element, place)
        for variable, value in zip(state, after, strict=True):
            variable.set(value)

    def _by_rows(self) -> None:
        """Elements of the operand in C order, each added to its place in memory: the last axis vectorises."""
        s, x = self.s, self.x
        before = tuple(itertools.takewhile(lambda i: i not in self.axes, range(x.type.ndim)))
        with nest(s, [x.sizes[i] for i in before]) as lead:
            rest = [i for i in self.kept if i not in before]
            rest_sizes = [x.sizes[i] for i in rest]
            base = s.mul(linear(s, lead, [x.sizes[i] for i in before]), product(s, rest_sizes))
            buffers = self._buffers(rest_sizes, base)
            with counted_loop(s, product(s, rest_sizes), parallel=True) as i:
                for (place, offset), value in zip(buffers, self._start(), strict=True):
                    store_element(s, place, s.add(offset, i), value)
            inner_axes = [i for i in range(x.type.ndim) if i not in before]
            at_end = self._merged(rest)
            with nest(s, merged(s, [x.sizes[i] for i in inner_axes], at_end), parallel=True) as inner:
                at = dict(zip((*before, *inner_axes), (*lead, *spread(inner, at_end)), strict=True))
                to = linear(s, [at[i] for i in rest], rest_sizes)
                place = linear(s, [at[i] for i in self.axes], [x.sizes[i] for i in self.axes])
                ev, point = Evaluation(s, self.spills), Point(x.sizes, tuple(at[i] for i in range(len(at))), None)
                element = ev.element(x, point)
                self.visit(ev, point)
                start = self._start()
                state = [
                    load_element(s, p, v.dtype, s.add(offset, to))
                    for (p, offset), v in zip(buffers, start, strict=True)
                ]
                after = self.form.step(s, tuple(state), element, place)
                for (p, offset), value, like in zip(buffers, after, start, strict=True):
                    value = value if isinstance(value, Scalar) else s.const(value, like.dtype)
                    store_element(s, p, s.add(offset, to), value)
            with counted_loop(s, product(s, rest_sizes), parallel=True) as i:
                start = self._start()
                state = [
                    load_element(s, p, v.dtype, s.add(offset, i)) for (p, offset), v in zip(buffers, start, strict=True)
                ]
                self._end(s.add(base, i), state)
            for block in self._temporary:
                self.w.own.drop(block)

    def _buffers(self, sizes: Sequence[Size], base: Size) -> list[tuple[Any, Size]]:
        """Memory for the accumulators: the result itself where they have its dtype."""
        self._temporary: list[Tensor] = []
        made: list[tuple[Any, Size]] = []
        start = self._start()
        for value in start:
            if len(start) == 1 and value.dtype == self.dtype:
                made.append((self.result.data, base))
                continue
            buffer = Tensor(Aval(value.dtype, (SymDim.named("?"),) * len(sizes)), tuple(sizes))
            buffer.block, buffer.data = self.w.own.new_block(buffer)
            self._temporary.append(buffer)
            made.append((buffer.data, 0))
        return made
