"""Arguments so rare that nobody should pay for them: left to a call.

In a loop over an array the call looks whether there are any (`mended`); for one number there is a branch
(`where_rare`).

A loop that calls a scalar function is not vectorised, unless the function has vector variants: LLVM's vector function
ABI, the attribute `vector-function-abi-variant`. So `mended` is one call for a whole vector, which in all but rare
cases compares and returns. Measured for sin over float64 on AVX-512: with Payne and Hanek's reduction in line for all
arguments it ran three times slower (docs/numerics.md).
"""

from collections.abc import Callable
from typing import Any, Final

from graph.llvm.math.term import Term, Writer, absolute, ir

_VECTORS: Final = (16, 32, 64)
"""Bytes of the vectors that are provided for: the registers of SSE, AVX and AVX-512."""


def mended(name: str, x: Term, y: Term, limit: float, rule: Callable[[Term], Term]) -> Term:
    """`y`, but where |x| is `limit` or more, or NaN, `rule(x)`."""
    writer = x.writer
    module = writer.builder.module
    full_name = f"math.{name}.{'f64' if x.is_double else 'f32'}.mend{'.fma' if writer.fma else ''}"
    lanes = [size // (8 if x.is_double else 4) for size in _VECTORS]
    if full_name not in module.globals:
        scalar = _scalar(module, full_name, x.value.type, limit, rule, fma=writer.fma)
        for count in lanes:
            _variant(scalar, count, limit)
    call = writer.builder.call(module.globals[full_name], [x.value, y.value])
    variants = ",".join(f"_ZGV_LLVM_N{count}vv_{full_name}({full_name}.{count})" for count in lanes)
    set[str].add(call.attributes, f'"vector-function-abi-variant"="{variants}"')  # llvmlite knows no such attribute
    return writer.term(call)


def where_rare(name: str, is_rare: Term, y: Term, rule: Callable[..., Term], *xs: Term) -> Term:
    """`y`, but where `is_rare`, `rule(*xs)`. What waits for `y` does not wait for the condition: a branch foretells it.

    For one number: a loop around a branch does not become vector code.
    """
    writer = y.writer
    full_name = f"math.{name}.rare{'.fma' if writer.fma else ''}"
    module = writer.builder.module
    if full_name not in module.globals:
        made = _made(module, full_name, y.value.type, len(xs))
        made.linkage = "internal"
        builder = ir.IRBuilder(made.append_basic_block("entry"))
        inner = Writer(builder, fma=writer.fma)
        builder.ret(rule(*(inner.term(x) for x in made.args)).value)
    builder = writer.builder
    common = builder.block
    rare, done = (builder.append_basic_block(block) for block in ("rare", "done"))
    builder.cbranch(is_rare.value, rare, done).set_weights([1, 1000])
    builder.position_at_end(rare)
    other = builder.call(module.globals[full_name], [x.value for x in xs])
    builder.branch(done)
    builder.position_at_end(done)
    result = builder.phi(y.value.type)
    result.add_incoming(y.value, common)
    result.add_incoming(other, rare)
    return writer.term(result)


def _made(module: Any, name: str, kind: Any, operands: int = 2) -> Any:
    function = ir.Function(module, ir.FunctionType(kind, [kind] * operands), name)
    for attribute in ("noinline", "nounwind", "readnone", "optsize"):
        function.attributes.add(attribute)
    return function


def _scalar(module: Any, name: str, kind: Any, limit: float, rule: Callable[[Term], Term], *, fma: bool) -> Any:
    function = _made(module, name, kind)
    function.linkage = "internal"
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    rare, common = function.append_basic_block("rare"), function.append_basic_block("common")
    writer = Writer(builder, fma=fma)
    x = writer.term(function.args[0])
    builder.cbranch((absolute(x) < limit).value, common, rare)
    builder.position_at_end(rare)
    builder.ret(rule(x).value)
    builder.position_at_end(common)
    builder.ret(function.args[1])
    return function


def _keep(function: Any) -> None:
    """Has LLVM keep a function that nothing uses: the vectoriser looks for it after unused ones are dropped."""
    module, pointer = function.module, ir.PointerType()
    listed = module.globals.get("llvm.compiler.used")
    if listed is None:
        listed = ir.GlobalVariable(module, ir.ArrayType(pointer, 0), "llvm.compiler.used")
        listed.linkage, listed.section = "appending", "llvm.metadata"
        listed.initializer = ir.Constant(listed.value_type, [])
    functions = [*listed.initializer.constant, function]
    listed.value_type = ir.ArrayType(pointer, len(functions))
    listed.initializer = ir.Constant(listed.value_type, functions)


def _variant(scalar: Any, lanes: int, limit: float) -> None:
    """The same for a vector: one test for all lanes, and where it fails a loop over them."""
    i64, kind = ir.IntType(64), ir.VectorType(scalar.args[0].type, lanes)
    function = _made(scalar.module, f"{scalar.name}.{lanes}", kind)
    function.linkage = "internal"
    _keep(function)
    entry, lane, done = (function.append_basic_block(name) for name in ("entry", "lane", "done"))
    x, y = function.args
    builder = ir.IRBuilder(entry)
    below = builder.fcmp_ordered("<", x, ir.Constant(kind, [limit] * lanes))
    above = builder.fcmp_ordered(">", x, ir.Constant(kind, [-limit] * lanes))
    are_common = builder.bitcast(builder.and_(below, above), ir.IntType(lanes))
    builder.cbranch(builder.icmp_signed("==", are_common, are_common.type(-1)), done, lane)
    builder.position_at_end(lane)
    index, partial = builder.phi(i64), builder.phi(kind)
    element = builder.call(scalar, [builder.extract_element(x, index), builder.extract_element(y, index)])
    mended_so_far = builder.insert_element(partial, element, index)
    following = builder.add(index, i64(1))
    for phi, first, later in ((index, i64(0), following), (partial, y, mended_so_far)):
        phi.add_incoming(first, entry)
        phi.add_incoming(later, lane)
    builder.cbranch(builder.icmp_unsigned("==", following, i64(lanes)), done, lane)
    builder.position_at_end(done)
    result = builder.phi(kind)
    result.add_incoming(y, entry)
    result.add_incoming(mended_so_far, lane)
    builder.ret(result)
