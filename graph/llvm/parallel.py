"""Loops that threads share: what stands in them becomes a function of its own, of a part of the range.

The values that it reads of the function around it are handed over in memory. What an element comes to does not depend
on the part that it is in; but a library's products may differ in the last bits.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from graph.dtypes import int64
from graph.llvm import ir
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.scalars import Scalars, Size
from graph.llvm.types import I32, I64, PTR, VOID

CHUNK: Final = 40_000
"""Nanoseconds that a part of a loop takes at least: several times what it takes to wake a thread."""


STEP: Final = 64
"""A part of a loop over elements has a multiple of so many: vectors of both neighbours are aligned."""


def least_part(s: Scalars, nanoseconds: float, inner: Size = 1) -> Size:
    """How many trips are a part at least, where each takes `inner` times so many nanoseconds, roughly."""
    steps = max(1, round(CHUNK / max(nanoseconds, 1e-3)))
    if isinstance(inner, int):
        return max(1, steps // max(inner, 1))
    least = s.quotient(s.const(steps, int64), s.select(s.lt(inner, 1), 1, inner))
    return s.select(s.lt(least, 1), 1, least)


@contextmanager
def shared_range(s: Scalars, count: Size, least: Size, step: int = 1) -> Generator[tuple[Size, Size]]:
    """`with shared_range(s, n, least) as (first, last)`: what is written within runs for parts of 0 .. n - 1, which
    several threads share. Parts have at least so many trips, a multiple of `step`.

    It may write to memory, each part to places of its own; it must not ask for memory, nor fail. Nothing of what it
    computes is known behind it.
    """
    code: Code = s.code
    if code.ctx is None or (isinstance(count, int) and isinstance(least, int) and count < 2 * least):
        yield 0, count
        return
    outer = code.function
    name = code.unit.module.get_unique_name("part")
    part = make.Function(code.unit.module, make.FunctionType(I32, [PTR, PTR, PTR]), name)
    part.linkage = "internal"
    closure, *bounds = part.args
    closure.add_attribute("noalias")
    with code.within(part):
        first, last = (code.b.ptrtoint(x, I64) for x in bounds)
        yield s.i64(first), s.i64(last)
        code.b.ret(I32(0))
        read = _read_from(part)
        _take_over(code, part, closure, read)
    place = code.slot(I64, max(1, len(read)))
    with code.unmarked():
        for i, value in enumerate(read):
            code.store(value, code.offset(place, i, I64))
    run = code.unit.external("dy_parallel", VOID, [PTR, PTR, PTR, I64, I64, I64])
    assert code.function is outer
    code.b.call(run, [code.ctx, part, place, s.size(count), s.size(least), I64(step)])


def _read_from(part: ir.Function) -> list[ir.Value]:
    """The values of other functions that a function reads."""
    found: dict[int, ir.Value] = {}
    own = {id(x) for x in part.args}
    own.update(id(instruction) for block in part.blocks for instruction in block.instructions)
    for block in part.blocks:
        for instruction in block.instructions:
            for value in _operands(instruction):
                if isinstance(value, make.Instruction | make.Argument) and id(value) not in own:
                    found.setdefault(id(value), value)
    return list(found.values())


def _operands(instruction: Any) -> list[ir.Value]:
    if isinstance(instruction, make.PhiInstr):
        return [value for value, _ in instruction.incomings]
    return list(instruction.operands)


def _take_over(code: Code, part: ir.Function, closure: ir.Value, read: list[ir.Value]) -> None:
    """Load what a function reads of another one where it begins, and read that instead."""
    inner: dict[int, ir.Value] = {}
    with code.at_entry(), code.unmarked():
        for i, value in enumerate(read):
            inner[id(value)] = code.load(code.offset(closure, i, I64), value.type)
    loads = {id(x) for x in inner.values()}
    for block in part.blocks:
        for instruction in block.instructions:
            if id(instruction) in loads:
                continue
            for value in _operands(instruction):
                if id(value) in inner:
                    _replace(instruction, value, inner[id(value)])


def _replace(instruction: Any, old: ir.Value, new: ir.Value) -> None:
    instruction.replace_usage(old, new)
    if isinstance(instruction, make.GEPInstr):  # llvmlite's keeps its operands twice
        instruction.pointer, *instruction.indices = instruction.operands
