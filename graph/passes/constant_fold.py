"""Constant folding: ops on constants are computed now, by their own kernels."""

from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, lookup
from graph.ir.value import Value
from graph.ir.walk import uses
from graph.passes.nested import in_functions, renamed, replaced, settle, with_body

MAX_ELEMENTS: Final = 1024
"""Larger results are not folded: the program would carry them around."""


def constant_fold(graph: Graph) -> Graph:
    """Replace pure ops on constants by their results, and `dim` of a static axis by its size.

    Constants that enter a region as operands are repeated in it, and in the branches of a `cond` its predicate is a
    constant. Checks that hold are dropped. An op whose kernel raises is left as it is.
    """
    return in_functions(_fold(graph, {}), lambda function: _fold(function, {}))


def _fold(graph: Graph, given: dict[Value, np.ndarray]) -> Graph:
    """`given` are parameters known to be constants."""
    if not given and constant_fold in graph.settled:
        return graph
    known: dict[Value, np.ndarray] = {}
    ops: list[Op] = []
    env: dict[Value, Value] = {}
    for param, array in given.items():
        made = _constant(array, Value(param.type, param.hint))
        ops.append(made)
        known[made.result] = array
        env[param] = made.result
    for old in graph.ops:
        op = replaced(old, operands=renamed(old.operands, env)) if env else old
        name = op.name
        if op.regions:
            ops.append(replaced(op, regions=_fold_regions(op, known)))
        elif name == "constant":
            known[op.result] = np.asarray(op.attrs["value"])
            ops.append(op)
        elif name == "check" and known.get(op.operands[0], False):
            continue
        elif (arrays := _results(op, known)) is None:
            ops.append(op)
        else:
            known.update(zip(op.results, arrays, strict=True))
            ops.extend([_constant(a, v, op) for a, v in zip(arrays, op.results, strict=True)])
    result = with_body(graph, ops, renamed(graph.results, env))
    if result is graph:
        settle(graph, constant_fold)
    return result


def _fold_regions(op: Op, known: dict[Value, np.ndarray]) -> tuple[Graph, ...]:
    """Regions that know which of their parameters are constants: those of the carried values of a loop are not."""
    carried = range(0)
    lead = 0
    match op.name:
        case "cond":
            lead = 1
        case "while_loop":
            carried = range(len(op.results))
        case "for_loop":
            carried = range(1 + len(op.results))
        case _:
            carried = range(len(op.operands))
    regions: list[Graph] = []
    test = op.operands[0] if op.name == "cond" else None
    for side, region in enumerate(op.regions):
        constant: dict[Value, np.ndarray] = {}
        for i, (param, operand) in enumerate(zip(region.params, op.operands[lead:], strict=True)):
            if i in carried or not (operand is test or operand in known) or operand.type != param.type:
                continue
            constant[param] = _frozen(np.array(side == 0)) if operand is test else known[operand]
        read = uses(region) if constant else {}
        regions.append(_fold(region, {param: array for param, array in constant.items() if param in read}))
    return tuple(regions)


def _constant(array: np.ndarray, result: Value, source: Op | None = None) -> Op:
    opdef, attrs = lookup("constant"), MappingProxyType({"value": array})
    return Op(opdef, (), (result,), attrs) if source is None else Op(opdef, (), (result,), attrs, (), source.loc)


def _results(op: Op, known: dict[Value, np.ndarray]) -> list[np.ndarray] | None:
    """The results of an op that can be computed now; None where it cannot, or should not."""
    if op.name == "dim":
        size = op.operands[0].shape[_axis(op)]
        return [_frozen(np.asarray(size, np.int64))] if isinstance(size, int) else None
    for v in op.operands:
        if v not in known:
            return None
    if not op.results or not all(map(_is_small, op.results)) or effect_of(op) is not Effect.PURE:
        return None
    try:
        with np.errstate(all="ignore"):
            out: Any = op.opdef.kernel(*(known[v][()] for v in op.operands), **op.attrs)
    except Exception:
        return None  # it fails when it runs, if it runs
    values = cast("tuple[Any, ...]", out) if isinstance(out, tuple) else (out,)
    arrays = [_frozen(np.array(x)) for x in values]
    fits = all(Aval(a.dtype, a.shape) == v.type for a, v in zip(arrays, op.results, strict=True))
    return arrays if fits else None


def _axis(op: Op) -> int:
    axis = op.attrs["axis"]
    assert isinstance(axis, int)
    return axis


def _is_small(value: Value) -> bool:
    t = value.type
    if not isinstance(t, Aval):
        return False
    size = 1
    for dim in t.shape:
        if not isinstance(dim, int):
            return False
        size *= dim
    return size <= MAX_ELEMENTS


def _frozen(array: np.ndarray) -> np.ndarray:
    array.setflags(write=False)
    return array
