"""Loops: counted ones, nests of them over the axes of a tensor, and the marks by which LLVM vectorises them."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager

from graph.llvm import ir
from graph.llvm.code import Code, MetadataRef
from graph.llvm.expressions import Evaluation, Node, Point, Source, spilled
from graph.llvm.scalars import Scalars, Size
from graph.llvm.types import I64
from graph.llvm.values import Registers, Tensor


@contextmanager
def counted_loop(s: Scalars, count: Size, *, parallel: bool = False) -> Generator[Size]:
    """What is written within runs for i = 0 .. count - 1. `parallel`: no trip touches what another one writes."""
    if count == 1 and isinstance(count, int):
        yield 0
        return
    code: Code = s.code
    b = code.b
    limit = s.size(count)
    before = b.block
    head, body, done = code.block("loop"), code.block("body"), code.block("done")
    b.branch(head)
    code.at(head)
    i = b.phi(I64)
    i.add_incoming(I64(0), before)
    b.cbranch(b.icmp_signed("<", i, limit), body, done)
    code.at(body)
    outer = code.access_group
    if parallel and outer is None:
        code.access_group = code.unit.node("distinct !{}")
    yield s.i64(i)
    step = b.add(i, I64(1), flags=("nuw", "nsw"))
    i.add_incoming(step, b.block)
    latch = b.branch(head)
    if parallel and code.access_group is not None:
        unit = code.unit
        accesses = unit.node(f'!{{!"llvm.loop.parallel_accesses", !{code.access_group}}}')
        latch.set_metadata("llvm.loop", MetadataRef(unit.node(f"distinct !{{SELF, !{accesses}}}")))
    code.access_group = outer
    code.at(done)


@contextmanager
def nest(s: Scalars, counts: Sequence[Size], *, parallel: bool = False) -> Generator[tuple[Size, ...]]:
    """One loop in the other, the last axis innermost; only that one may be marked `parallel`."""
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(counted_loop(s, count, parallel=parallel and k == len(counts) - 1))
            for k, count in enumerate(counts)
        )


def product(s: Scalars, sizes: Sequence[Size]) -> Size:
    """The number of elements."""
    total: Size = 1
    for size in sizes:
        total = s.mul(total, size)
    return total


def is_empty(sizes: Sequence[Size]) -> bool:
    """Whether there are no elements for certain."""
    return any(isinstance(size, int) and size <= 0 for size in sizes)


def spills_of(s: Scalars, sources: Sequence[Source]) -> dict[int, ir.Value]:
    """Places in memory for the registers among what expressions read, made before the loops that read them."""
    found: dict[int, ir.Value] = {}
    seen: set[int] = set()
    left: list[Source] = list(sources)
    while left:
        x = left.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x, Registers):
            if len(x.elements) > 1:
                found[id(x)] = spilled(s, x)
        elif x.node is not None:
            left.extend(x.node.sources)
    return found


def for_each(s: Scalars, x: Tensor, visit: Callable[[Evaluation, Point], None], *, parallel: bool) -> None:
    """Visit every point of a pending tensor in C order: in one loop where its elements follow from their numbers."""
    if is_empty(x.sizes):
        return
    spills = spills_of(s, (x,))
    node: Node | None = x.node
    if node is None or node.is_flat or len(x.sizes) == 1:
        with counted_loop(s, product(s, x.sizes), parallel=parallel) as i:
            axes = (i,) if len(x.sizes) == 1 else None
            visit(Evaluation(s, spills), Point(x.sizes, axes, i))
        return
    with nest(s, x.sizes, parallel=parallel) as axes:
        visit(Evaluation(s, spills), Point(x.sizes, axes, None))
