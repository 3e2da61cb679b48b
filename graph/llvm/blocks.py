"""Blocks of memory: asking for them, and their counts of owners, at run time.

What may fail and be caught (`attempt`) must leave all counts as they were. So blocks that are older than the attempt
are *frozen* while it runs: they do not change, nor do their counts; who started the attempt keeps them alive.
"""

from collections.abc import Generator
from contextlib import contextmanager

from graph.llvm import ir
from graph.llvm.abi import BLOCK_EPOCH, FROZEN, HEADER, Status
from graph.llvm.code import Code
from graph.llvm.ir import make
from graph.llvm.types import I8, I32, I64, NULL, PTR, VOID


def allocate(code: Code, count: ir.Value | int) -> ir.Value:
    """A new block with room for `count` bytes. Where there is no memory, the run ends."""
    function = code.unit.external("dy_alloc", PTR, [PTR, I64])
    function.return_value.add_attribute("noalias")
    block = code.b.call(function, [code.ctx, I64(count) if isinstance(count, int) else count])
    code.fail_unless(code.b.not_(code.is_null(block)), lambda: I32(int(Status.NO_MEMORY)))
    return block


def data_of(code: Code, block: ir.Value) -> ir.Value:
    """Where a block's data begin."""
    return code.offset(block, HEADER, I8)


def free(code: Code, block: ir.Value) -> None:
    """Give back a block that nobody owns."""
    code.b.call(code.unit.external("dy_free", VOID, [PTR, PTR]), [code.ctx, block])


def retain(code: Code, block: ir.Value) -> None:
    """One owner more; null blocks have none."""
    if block is NULL:
        return
    with code.when(code.b.not_(code.is_null(block))), unless_frozen(code, block):
        count = code.b.load(block, typ=I64)
        code.b.store(code.b.add(count, I64(1)), block)


def is_thawed(code: Code, block: ir.Value) -> ir.Value:
    """Whether the count of a block may change."""
    epoch = code.b.load(code.offset(block, BLOCK_EPOCH, I8), typ=I64)
    return code.b.icmp_signed(">=", epoch, code.b.load(code.offset(code.ctx, FROZEN, I8), typ=I64))


@contextmanager
def unless_frozen(code: Code, block: ir.Value) -> Generator[None]:
    """What is written within runs only where the count of a block may change."""
    if not code.meets_frozen:
        yield
        return
    with code.when(is_thawed(code, block)):
        yield


def release(code: Code, block: ir.Value) -> None:
    """One owner less; the last one gives the block back."""
    if block is NULL:
        return
    helper = _release_function(code)
    code.b.call(helper, [code.ctx, block])


def _release_function(code: Code) -> ir.Function:
    module = code.unit.module
    if "release" in module.globals:
        return module.globals["release"]
    made = make.Function(module, make.FunctionType(VOID, [PTR, PTR]), "release")
    made.linkage = "internal"
    inner = Code(code.unit, made)
    (_, block), b = made.args, inner.b
    with inner.when(b.not_(inner.is_null(block))), unless_frozen(inner, block):
        left = b.sub(b.load(block, typ=I64), I64(1))
        b.store(left, block)
        with inner.when(b.icmp_signed("==", left, I64(0))):
            free(inner, block)
    b.ret_void()
    return made


def is_sole(code: Code, block: ir.Value) -> ir.Value:
    """Whether a block is there, has one owner, and may change."""
    result = code.slot(I32)
    code.b.store(I32(0), result)
    with code.when(code.b.not_(code.is_null(block))):
        sole = code.b.icmp_signed("==", code.b.load(block, typ=I64), I64(1))
        if code.meets_frozen:
            sole = code.b.and_(sole, is_thawed(code, block))
        code.b.store(code.b.zext(sole, I32), result)
    return code.b.icmp_unsigned("!=", code.b.load(result, typ=I32), I32(0))
