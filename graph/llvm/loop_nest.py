"""Loops: counted ones, nests of them over the axes of a tensor, and the marks by which LLVM vectorises them."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from graph.llvm import ir
from graph.llvm.code import Code, MetadataRef
from graph.llvm.expressions import Evaluation, Node, Point, Source, spilled
from graph.llvm.merging import merged, merged_axes, spread
from graph.llvm.parallel import CHUNK, STEP, least_part, shared_range
from graph.llvm.scalars import Scalars, Size
from graph.llvm.types import I64
from graph.llvm.values import Registers, Tensor


@contextmanager
def counted_loop(
    s: Scalars, count: Size, *, parallel: bool = False, interleaved: int = 1, first: Size = 0
) -> Generator[Size]:
    """What is written within runs for i = first .. count - 1. `parallel`: no trip touches what another one writes;
    `interleaved`: so many vectors of trips are computed side by side."""
    if isinstance(count, int) and isinstance(first, int) and count == first + 1:
        yield first
        return
    code: Code = s.code
    b = code.b
    limit = s.size(count)
    before = b.block
    head, body, done = code.block("loop"), code.block("body"), code.block("done")
    b.branch(head)
    code.at(head)
    i = b.phi(I64)
    i.add_incoming(s.size(first), before)
    b.cbranch(b.icmp_signed("<", i, limit), body, done)
    code.at(body)
    outer, loops_before = code.access_group, code.loops
    if parallel and outer is None:
        code.access_group = code.unit.node("distinct !{}")
    yield s.i64(i)
    step = b.add(i, I64(1), flags=("nuw", "nsw"))
    i.add_incoming(step, b.block)
    latch = b.branch(head)
    texts: list[str] = []
    if parallel and code.access_group is not None:
        texts.append(f'!{{!"llvm.loop.parallel_accesses", !{code.access_group}}}')
    is_around_loops = code.loops != loops_before and not (isinstance(count, int) and count == 2)
    is_vectors = parallel and isinstance(count, int) and (16 <= count <= 64 or count in (4, 8))
    if is_around_loops or is_vectors:
        # LLVM writes short loops out, trip by trip: before it thinks of vectors, and for many times the code.
        texts.append('!{!"llvm.loop.unroll.disable"}')
    if parallel and interleaved > 1:
        texts.append(f'!{{!"llvm.loop.interleave.count", i32 {interleaved}}}')
    if texts:
        marks = "".join(f", !{code.unit.node(text)}" for text in texts)
        latch.set_metadata("llvm.loop", MetadataRef(code.unit.node(f"distinct !{{SELF{marks}}}")))
    code.access_group = outer
    code.loops += 1
    code.at(done)


@contextmanager
def nest(
    s: Scalars, counts: Sequence[Size], *, parallel: bool = False, interleaved: int = 1
) -> Generator[tuple[Size, ...]]:
    """One loop in the other, the last axis innermost; only that one may be marked `parallel`, and is `interleaved`."""
    with ExitStack() as stack:
        last = len(counts) - 1
        yield tuple(
            stack.enter_context(counted_loop(s, count, parallel=parallel and k == last, interleaved=interleaved))
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


@contextmanager
def shared_nest(
    s: Scalars,
    counts: Sequence[Size],
    nanoseconds: float,
    inner: Size = 1,
    *,
    parallel: bool = False,
    interleaved: int = 1,
) -> Generator[tuple[Size, ...]]:
    """`nest`, shared by threads: along the first axis that has more than one trip. A trip of the innermost loop takes
    `inner` times so many nanoseconds."""
    k = next((k for k, n in enumerate(counts) if not isinstance(n, int) or n != 1), None)
    if k is None:
        yield (0,) * len(counts)
        return
    rest = counts[k + 1 :]
    least = least_part(s, nanoseconds, product(s, (*rest, inner)))
    is_flat = not rest and isinstance(inner, int) and inner == 1
    step = STEP if is_flat and STEP * nanoseconds <= CHUNK else 1
    with (
        shared_range(s, counts[k], least, step) as (first, last),
        counted_loop(s, last, first=first, parallel=parallel and not rest, interleaved=interleaved) as i,
        nest(s, rest, parallel=parallel, interleaved=interleaved) as others,
    ):
        yield (*(0 for _ in range(k)), i, *others)


def time_of(x: Tensor) -> float:
    """Roughly how many nanoseconds an element of an expression takes, and its way from and to memory."""
    seen: set[int] = set()

    def time(t: Source) -> float:
        if id(t) in seen or isinstance(t, Registers):
            return 0.0
        seen.add(id(t))
        size = t.type.dtype.itemsize
        if t.node is None:
            return MEMORY * size
        return COMPUTING * max(size, 4) * t.node.cost + sum(map(time, t.node.sources))

    return time(x) + MEMORY * x.type.dtype.itemsize


def vectors_at_once(x: Tensor, counts: Sequence[Size]) -> int:
    """How many vectors of an expression's elements the innermost of loops computes side by side.

    Where one takes more instructions than a processor looks ahead, most of them wait for each other, unless those of
    other vectors stand among them.
    """
    is_short = not counts or (isinstance(counts[-1], int) and counts[-1] < MANY)
    return 1 if is_short or cost_of(x) < LOOKS_AHEAD else SIDE_BY_SIDE


def cost_of(x: Tensor) -> int:
    """Roughly how many instructions an element takes, of what is pending."""
    seen: set[int] = set()

    def cost(t: Tensor) -> int:
        if t.node is None or id(t) in seen:
            return 0
        seen.add(id(t))
        return t.node.cost + sum(cost(u) for u in t.node.sources if isinstance(u, Tensor))

    return cost(x)


LOOKS_AHEAD: Final = 40
"""Instructions as `cost_of` counts them, too few: those of two functions."""
SIDE_BY_SIDE: Final = 4
"""Of 1, 2 and 4 the best (docs/benchmarks.md): an instruction takes 4 cycles."""
MANY: Final = 512
"""Trips. Of fewer, those that are left over are too large a share."""
MEMORY: Final = 0.06
"""Nanoseconds for a byte that a loop reads or writes."""
COMPUTING: Final = 0.0125
"""Nanoseconds for an instruction on a byte in vectors."""


def for_each(s: Scalars, x: Tensor, visit: Callable[[Evaluation, Point], None], *, parallel: bool) -> None:
    """Visit every point of a pending tensor in C order: in one loop where its elements follow from their numbers.

    `parallel`: visits are independent, and may be made by several threads.
    """
    if is_empty(x.sizes):
        return
    spills = spills_of(s, (x,))
    node: Node | None = x.node
    is_flat = node is None or node.is_flat or len(x.sizes) == 1
    at_end = len(x.sizes) if is_flat else merged_axes(x)
    counts = merged(s, x.sizes, at_end)
    if parallel:
        loops = shared_nest(s, counts, time_of(x), parallel=True, interleaved=vectors_at_once(x, counts))
    else:
        loops = nest(s, counts)
    with loops as axes:
        number = axes[0] if is_flat else None
        index = None if is_flat and len(x.sizes) != 1 else spread(axes, at_end)
        visit(Evaluation(s, spills), Point(x.sizes, index, number))
