"""One LLVM function while it is written: where the next instruction goes, and what of the module it may use."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.aval import Type
from graph.ir.op import Graph, Op
from graph.llvm import ir
from graph.llvm.abi import Status
from graph.llvm.ir import make
from graph.llvm.types import I1, I32, I64, NULL, PTR, VOID
from graph.location import Loc


@dataclass(frozen=True, slots=True)
class CallbackSite:
    """An op that native code hands to NumPy, by its number."""

    op: Op
    operands: tuple[Type, ...]
    results: tuple[Type, ...]
    reason: str
    """Why it is one; empty for an op that is native, and is called back only to raise its error."""
    loop: Loc | None = None
    """The innermost loop around it."""


@dataclass(slots=True)
class Unit:
    """The module that is being written: shared by its functions."""

    module: ir.Module
    functions: dict[str, tuple[ir.Function, Graph]] = field(default_factory=dict[str, tuple[ir.Function, Graph]])
    callbacks: list[CallbackSite] = field(default_factory=list[CallbackSite])
    constants: list[np.ndarray] = field(default_factory=list[np.ndarray])
    metadata: list[str] = field(default_factory=list[str])
    loops: list[Loc] = field(default_factory=list[Loc])
    """Where the loops of the program are that are being written, the innermost last."""
    groups: list[tuple[Loc, ...]] = field(default_factory=list[tuple[Loc, ...]])
    """Where loops are that may run side by side."""
    is_exact: bool = False
    has_fma: bool = False
    vector_bytes: int = 16
    vector_registers: int = 16
    freezes: bool = False
    """Whether blocks may be frozen (see `blocks`)."""
    written_functions: int = 0
    """How many functions of elements (`math_calls`) are written outside of loops over elements."""
    _constant_globals: dict[Any, ir.GlobalVariable] = field(default_factory=dict[Any, ir.GlobalVariable])

    def external(self, name: str, result: ir.Type, parameters: Sequence[ir.Type]) -> ir.Function:
        """The declaration of a function that is defined elsewhere."""
        known = self.module.globals.get(name)
        return known or make.Function(self.module, make.FunctionType(result, parameters), name)

    def constant(self, array: np.ndarray) -> ir.Value:
        """The address of a constant's elements."""
        key = (array.dtype, array.tobytes())
        if key not in self._constant_globals:
            made = make.GlobalVariable(self.module, make.IntType(8), f"constant_{len(self.constants)}")
            made.linkage = "external"
            made.global_constant = True
            made.type = PTR
            self._constant_globals[key] = made
            self.constants.append(np.ascontiguousarray(array))
        return self._constant_globals[key]

    def table(self, kind: ir.Type, elements: Sequence[ir.Value]) -> ir.Value:
        """The address of a few constants."""
        key = ("table", str(kind), tuple(map(str, elements)))
        if key not in self._constant_globals:
            array = make.ArrayType(kind, len(elements))
            made = make.GlobalVariable(self.module, array, f"table_{len(self._constant_globals)}")
            made.linkage = "internal"
            made.global_constant = True
            made.initializer = make.Constant(array, list(elements))
            made.type = PTR
            self._constant_globals[key] = made
        return self._constant_globals[key]

    def callback(self, op: Op, operands: Sequence[Type], results: Sequence[Type], reason: str) -> int:
        """The number of a new callback site."""
        loop = self.loops[-1] if self.loops else None
        self.callbacks.append(CallbackSite(op, tuple(operands), tuple(results), reason, loop))
        return len(self.callbacks) - 1

    def node(self, text: str) -> int:
        """The number of a new metadata node whose text is `text` (`SELF` stands for itself)."""
        number = METADATA_FROM + len(self.metadata)
        self.metadata.append(f"!{number} = {text.replace('SELF', f'!{number}')}")
        return number


METADATA_FROM = 1_000_000
"""Our metadata nodes, which llvmlite cannot express, have numbers that it does not reach."""


class MetadataRef:
    """A metadata node by number, as llvmlite's instructions take it."""

    def __init__(self, number: int) -> None:
        self._number = number

    def get_reference(self) -> str:
        return f"!{self._number}"


class Code:
    """Writes into one function: `b` is the builder, `ctx` the run-time context."""

    def __init__(self, unit: Unit, function: ir.Function) -> None:
        self.unit = unit
        self.function: ir.Function = function
        self.ctx: ir.Value = function.args[0]
        self._entry: ir.Block = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        self._allocas: Any = make.IRBuilder(self._entry)
        self._allocas.branch(body)
        self._allocas.position_before(self._entry.terminator)
        self.b: Any = make.IRBuilder(body)
        self.loops = 0
        """How many have been written."""
        self.access_group: int | None = None
        """The metadata node of the accesses of a parallel loop."""
        self.meets_frozen = unit.freezes
        """Whether this function may run within an `attempt`, or as a piece."""

    @contextmanager
    def within(self, function: ir.Function) -> Generator[None]:
        """What is written meanwhile goes to another function, which asks nothing of the context."""
        outer = self.function, self.ctx, self._entry, self._allocas, self.b, self.access_group
        inner = Code(self.unit, function)
        self.function, self.ctx, self.access_group = function, None, None
        self._entry, self._allocas, self.b = inner._entry, inner._allocas, inner.b
        yield
        self.function, self.ctx, self._entry, self._allocas, self.b, self.access_group = outer

    @contextmanager
    def at_entry(self) -> Generator[None]:
        """What is written meanwhile stands at the beginning of the function."""
        body, self.b = self.b, self._allocas
        yield
        self.b = body

    # Memory

    def slot(self, type: ir.Type, count: int = 1) -> ir.Value:
        """Room on the stack, for as long as the function runs."""
        place = self._allocas.alloca(type, I64(count) if count != 1 else None)
        place.align = 64 if count > 1 else 8
        place.type = PTR  # llvmlite still has types of what pointers point to
        return place

    def load(self, place: ir.Value, type: ir.Type, align: int | None = None) -> ir.Value:
        made = self.b.load(place, align=align, typ=type)
        self._mark(made)
        return made

    def store(self, value: ir.Value, place: ir.Value, align: int | None = None) -> None:
        self._mark(self.b.store(value, place, align))

    @contextmanager
    def unmarked(self) -> Generator[None]:
        """Accesses to what belongs to the loop itself: trips of a parallel loop do share it."""
        group, self.access_group = self.access_group, None
        yield
        self.access_group = group

    def _mark(self, access: Any) -> None:
        if self.access_group is not None:
            access.set_metadata("llvm.access.group", MetadataRef(self.access_group))

    def offset(self, place: ir.Value, count: ir.Value | int, type: ir.Type) -> ir.Value:
        """The address `count` elements of `type` further."""
        if isinstance(count, int):
            if count == 0:
                return place
            count = I64(count)
        return self.b.gep(place, [count], inbounds=True, source_etype=type)

    def copy_bytes(self, to: ir.Value, source: ir.Value, count: ir.Value | int) -> None:
        """`memcpy`."""
        memcpy = self.unit.external("llvm.memcpy.p0.p0.i64", VOID, [PTR, PTR, I64, I1])
        self.b.call(memcpy, [to, source, I64(count) if isinstance(count, int) else count, I1(0)])

    def zero_bytes(self, to: ir.Value, count: ir.Value | int) -> None:
        """`memset` to zero."""
        memset = self.unit.external("llvm.memset.p0.i64", VOID, [PTR, make.IntType(8), I64, I1])
        self.b.call(memset, [to, make.IntType(8)(0), I64(count) if isinstance(count, int) else count, I1(0)])

    # Flow

    def block(self, name: str) -> ir.Block:
        """A new basic block; nothing leads there yet."""
        return self.function.append_basic_block(name)

    def at(self, block: ir.Block) -> None:
        """Go on writing at the end of `block`."""
        self.b.position_at_end(block)

    @contextmanager
    def when(self, condition: ir.Value, *, likely: bool | None = None) -> Generator[None]:
        """What is written within runs only where the `i1` is true."""
        then, after = self.block("then"), self.block("after")
        branch = self.b.cbranch(condition, then, after)
        if likely is not None:
            branch.set_weights([2000, 1] if likely else [1, 2000])
        self.at(then)
        yield
        if not self.b.block.is_terminated:
            self.b.branch(after)
        self.at(after)

    def fail_unless(self, ok: ir.Value, fail: Callable[[], ir.Value]) -> None:
        """Where `ok` is false, return the status that `fail` computes."""
        with self.when(self.b.not_(ok), likely=False):
            self.b.ret(fail())

    def fail_on(self, status: ir.Value) -> None:
        """Return a status other than OK to the caller."""
        ok = self.b.icmp_signed("==", status, I32(int(Status.OK)))
        self.fail_unless(ok, lambda: status)

    def is_null(self, place: ir.Value) -> ir.Value:
        return self.b.icmp_unsigned("==", place, NULL)

    def phi(self, type: ir.Type, incoming: Sequence[tuple[ir.Value, ir.Block]]) -> ir.PhiInstr:
        made = self.b.phi(type)
        for value, block in incoming:
            made.add_incoming(value, block)
        return made
