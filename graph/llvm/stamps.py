"""Ops that take the time (see `graph/execute/stamps.py`): they write to the array `dy_stamps`, a row for each site."""

from collections.abc import Mapping
from typing import Final, cast

from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm import ir
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.types import I8, I64, PTR
from graph.llvm.values import Tensor
from graph.llvm.writer import Handler, Writer

STAMPS: Final = "dy_stamps"
START, FIRST, LAST, TOTAL, TIMES, TRIPS = range(6)
"""The columns: nanoseconds of when it began last, when it began first, when it ended last, all of it; how often it ran;
how many trips of the loop."""
COLUMNS: Final = 6


def write_stamp(w: Writer, op: Op, form: Lowering) -> None:
    """Something begins or ends, or a trip of a loop begins."""
    site = cast(int, op.attrs["site"])
    match op.attrs["when"]:
        case "begin":
            _begin(w.code, site)
        case "end":
            _end(w.code, site)
        case _:
            _add(w.code, site, TRIPS, I64(1))


def write_timed_result(w: Writer, op: Op, form: Lowering) -> None:
    """The operand, computed here if it was not before."""
    site = cast(int, op.attrs["site"])
    x = w.value(op.operands[0])
    if isinstance(x, Tensor) and x.node is not None:
        _begin(w.code, site)
        w.own.force(x)
        _end(w.code, site)
    w.define(op.result, w.consume(op.operands[0]))


def _begin(code: Code, site: int) -> None:
    b, now = code.b, _now(code)
    is_first = b.icmp_signed("==", _get(code, site, TIMES), I64(0))
    _set(code, site, FIRST, b.select(is_first, now, _get(code, site, FIRST)))
    _set(code, site, START, now)


def _end(code: Code, site: int) -> None:
    now = _now(code)
    _set(code, site, LAST, now)
    _add(code, site, TOTAL, code.b.sub(now, _get(code, site, START)))
    _add(code, site, TIMES, I64(1))


def _now(code: Code) -> ir.Value:
    return code.b.call(code.unit.external("dy_clock", I64, []), [])


def _place(code: Code, site: int, column: int) -> ir.Value:
    module = code.unit.module
    table = module.globals.get(STAMPS)
    if table is None:
        table = make.GlobalVariable(module, make.IntType(8), STAMPS)
        table.linkage = "external"
        table.type = PTR
    return code.offset(table, (site * COLUMNS + column) * 8, I8)


def _get(code: Code, site: int, column: int) -> ir.Value:
    return code.b.load(_place(code, site, column), typ=I64)


def _set(code: Code, site: int, column: int, value: ir.Value) -> None:
    code.b.store(value, _place(code, site, column))


def _add(code: Code, site: int, column: int, value: ir.Value) -> None:
    _set(code, site, column, code.b.add(_get(code, site, column), value))


BUILT_IN: Mapping[str, Handler] = {"stamp": write_stamp, "timed_result": write_timed_result}
