"""`while_loop` and the counted `for_loop`. Operands are the carried values, then what the regions capture."""

from typing import Any

import numpy as np

from graph.aval import Type, scalar
from graph.dtypes import int64
from graph.errors import DTypeError
from graph.ir.lowering import BuiltIn
from graph.ir.onnx_form import OnnxBuiltIn
from graph.ir.op import Graph
from graph.ir.opdef import OpDef, register
from graph.ops.loops_vjp import FOR_LOOP_VJP, WHILE_LOOP_VJP
from graph.ops.regions import check_params, loop_results
from graph.ops.shape_rules import is_predicate


def infer_while_loop(*operands: Type, carried: int, regions: tuple[Graph, Graph]) -> tuple[Type, ...]:
    """Shape rule of `while_loop(*carried, *captured)` with regions `test` and `body`, which take all operands.

    `test` yields bool[]; `body` yields the next carried values. A dim of a carried parameter that differs from its
    operand's is symbolic: it may change from trip to trip.
    """
    test, body = regions
    check_params("while_loop", test, operands)
    check_params("while_loop", body, operands)
    if len(test.results) != 1 or not is_predicate(test.results[0].type):
        raise DTypeError(f"the test of `while_loop` must yield one bool[], not {[str(v.type) for v in test.results]}")
    return loop_results("while_loop", body, operands[:carried], [p.type for p in body.params[:carried]])


def while_loop_kernel(*operands: Any, carried: int, regions: tuple[Any, Any]) -> tuple[Any, ...]:
    test, body = regions
    state, captured = operands[:carried], operands[carried:]
    while test(*state, *captured)[0]:
        state = body(*state, *captured)
    return tuple(state)


def infer_for_loop(n: Type, *operands: Type, carried: int, regions: tuple[Graph]) -> tuple[Type, ...]:
    """Shape rule of `for_loop(n, *carried, *captured)`: region `body(i, *carried, *captured)` for i in 0..n-1.

    `n` and `i` are i64[]; a negative `n` makes no trips.
    """
    if n != scalar(int64):
        raise DTypeError(f"the trip count of `for_loop` must be i64[], not {n}")
    (body,) = regions
    check_params("for_loop", body, (n, *operands))
    return loop_results("for_loop", body, operands[:carried], [p.type for p in body.params[1 : carried + 1]])


def for_loop_kernel(n: Any, *operands: Any, carried: int, regions: tuple[Any]) -> tuple[Any, ...]:
    (body,) = regions
    state, captured = operands[:carried], operands[carried:]
    for i in range(int(n)):
        state = body(np.int64(i), *state, *captured)
    return tuple(state)


WHILE_LOOP = register(
    OpDef(
        "while_loop",
        infer=infer_while_loop,
        kernel=while_loop_kernel,
        vjp=WHILE_LOOP_VJP,
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxBuiltIn(),
    )
)
FOR_LOOP = register(
    OpDef(
        "for_loop",
        infer=infer_for_loop,
        kernel=for_loop_kernel,
        vjp=FOR_LOOP_VJP,
        promote=None,
        lower=BuiltIn(),
        onnx=OnnxBuiltIn(),
    )
)
