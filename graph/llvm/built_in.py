"""Ops that the backend knows itself, but for control flow, lists and products: constants, sizes, casts, copies,
values that may be missing, and what is seen from outside."""

from typing import Any, cast

import numpy as np

from graph.ir.lowering import Lowering
from graph.ir.op import Op
from graph.llvm.abi import is_unrolled
from graph.llvm.coercion import coerced
from graph.llvm.descriptors import flat_types, flatten, missing, unflatten
from graph.llvm.expressions import Generated
from graph.llvm.types import I1, NULL
from graph.llvm.values import OptionalValue, Registers, Tensor, Value
from graph.llvm.writer import Writer


def write_constant(w: Writer, op: Op, form: Lowering) -> None:
    """Small ones are registers; others lie where the module's loader puts them."""
    array = cast(np.ndarray, op.attrs["value"])
    (result,) = op.results
    if is_unrolled(result.type):
        w.define(result, Registers(result.aval, tuple(w.s.const(x, result.dtype) for x in array.reshape(-1))))
        return
    sizes = tuple(array.shape)
    if array.size and (array == array.flat[0]).all():
        value = array.flat[0]
        node = Generated(lambda s, index: s.const(value, result.dtype), result.dtype, is_constant=True)
        w.define(result, w.own.pending(result.aval, sizes, node))
        return
    w.define(result, Tensor(result.aval, sizes, None, NULL, w.code.unit.constant(array)))


def write_full(w: Writer, op: Op, form: Lowering) -> None:
    """One number everywhere: nothing is stored until memory is needed."""
    (result,) = op.results
    value: Any = op.attrs["value"]
    element = w.s.const(value, result.dtype)
    rest = iter(op.operands)
    sizes = tuple(d if isinstance(d, int) else w.size(next(rest)) for d in result.shape)
    node = Generated(lambda s, index: element, result.dtype, is_constant=True)
    w.define_pending(result, w.own.pending(result.aval, sizes, node))


def write_dim(w: Writer, op: Op, form: Lowering) -> None:
    """A size, which every tensor carries."""
    x = w.source(op.operands[0])
    size = x.sizes[cast(int, op.attrs["axis"])]
    w.define(op.result, w.number(w.s.size(size)))


def write_same(w: Writer, op: Op, form: Lowering) -> None:
    """The operand itself."""
    w.define(op.result, w.consume(op.operands[0]))


def write_narrow(w: Writer, op: Op, form: Lowering) -> None:
    """The operand under the type of the result."""
    w.define(op.result, coerced(w.own, w.consume(op.operands[0]), op.result.type))


def write_some(w: Writer, op: Op, form: Lowering) -> None:
    """A value that is there, but for one that may be missing itself: of None there is no other kind."""
    (result,) = op.results
    x = coerced(w.own, w.consume(op.operands[0]), cast(Any, result.type).element)
    present = x.present if isinstance(x, OptionalValue) else I1(1)
    w.define(result, OptionalValue(cast(Any, result.type), present, x))


def write_none(w: Writer, op: Op, form: Lowering) -> None:
    """A value that is not there."""
    (result,) = op.results
    w.define(result, missing(w.s, result.type))


def write_is_some(w: Writer, op: Op, form: Lowering) -> None:
    """Whether a value is there."""
    w.define(op.result, w.truth(w.optional_value(op.operands[0]).present))


def write_unwrap(w: Writer, op: Op, form: Lowering) -> None:
    """The value; an error names the variable where it is missing."""
    x = w.optional_value(op.operands[0])
    if op.attrs["name"]:
        w.code.fail_unless(x.present, w.fail(op))
    held = w.consume(op.operands[0])
    assert isinstance(held, OptionalValue)
    w.define(op.result, held.value)


def write_unwrap_or_zeros(w: Writer, op: Op, form: Lowering) -> None:
    """The value, or zeros like the second operand."""
    x = w.optional_value(op.operands[0])
    like = w.value(op.operands[1])
    if not isinstance(like, Registers | Tensor):
        w.call_back(op, "zeros like a list")
        return
    (result,) = op.results
    code = w.code
    held = cast(OptionalValue, w.own.take(w.consume(op.operands[0])))
    there, absent, after = code.block("there"), code.block("absent"), code.block("after")
    code.b.cbranch(x.present, there, absent)
    code.at(there)
    value = flatten(w.s, w.own.take(coerced(w.own, held.value, result.type)))
    there = code.b.block
    code.b.branch(after)
    code.at(absent)
    zero = w.s.const(0, result.dtype)
    zeros: Value
    if is_unrolled(result.type):
        zeros = cast(Registers, missing(w.s, result.type))
    else:
        node = Generated(lambda s, index: zero, result.dtype, is_constant=True)
        zeros = w.own.take(w.own.pending(result.aval, like.sizes, node))
    other = flatten(w.s, zeros)
    absent = code.b.block
    code.b.branch(after)
    code.at(after)
    kinds = flat_types(result.type)
    merged = [code.phi(t, [(p, there), (q, absent)]) for t, p, q in zip(kinds, value, other, strict=True)]
    w.define(result, unflatten(w.s, result.type, iter(merged)))


def write_check(w: Writer, op: Op, form: Lowering) -> None:
    """An error of the user's where a condition does not hold."""
    w.code.fail_unless(w.scalar(op.operands[0]).value, w.fail(op))


def write_fail(w: Writer, op: Op, form: Lowering) -> None:
    """An error of the user's."""
    w.code.b.ret(w.fail(op)())
    w.code.at(w.code.block("unreached"))
    for v in op.results:
        w.define(v, missing(w.s, v.type))
