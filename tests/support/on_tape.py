"""Runs a graph op by op on eager's tape, its control flow in Python: another opinion on the gradients of graphs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import eager as xp
from eager.dispatch import apply
from eager.tensor import Tensor
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ops.raised import code_of, packed


def on_tape(graph: Graph, args: Sequence[Any], functions: Mapping[str, Graph] | None = None) -> tuple[Any, ...]:
    """The results for tensors; a list in the graph is a Python list here, and a missing value is None."""
    known = graph.functions if functions is None else functions
    env: dict[Value, Any] = dict(zip(graph.params, args, strict=True))
    for op in graph.ops:
        results = _apply(op, [env[v] for v in op.operands], known)
        env.update(zip(op.results, results, strict=True))
    return tuple(env[v] for v in graph.results)


def _apply(op: Op, operands: list[Any], functions: Mapping[str, Graph]) -> Sequence[Any]:
    match op.name:
        case "call":
            return on_tape(functions[str(op.attrs["function"])], operands, functions)
        case "cond":
            return on_tape(op.regions[0 if operands[0] else 1], operands[1:], functions)
        case "while_loop":
            return _while(op, operands, functions)
        case "for_loop":
            return _for(op, operands, functions)
        case "attempt":
            return _attempt(op, operands, functions)
        case _ if op.name.startswith("list_") or op.name in ("some", "none", "is_some", "unwrap", "unwrap_or_zeros"):
            return _python(op, operands)
        case "constant":
            return [xp.asarray(op.attrs["value"])]
        case _:
            made = apply(op.opdef, *operands, **op.attrs)
            return made if isinstance(made, tuple) else (made,)


def _while(op: Op, operands: list[Any], functions: Mapping[str, Graph]) -> Sequence[Any]:
    test, body = op.regions
    count = len(op.results)
    state, captured = operands[:count], operands[count:]
    while on_tape(test, [*state, *captured], functions)[0]:
        state = [*on_tape(body, [*state, *captured], functions)]
    return state


def _for(op: Op, operands: list[Any], functions: Mapping[str, Graph]) -> Sequence[Any]:
    (body,) = op.regions
    n, operands = operands[0], operands[1:]
    count = len(op.results)
    state, captured = operands[:count], operands[count:]
    for i in range(int(n)):
        state = [*on_tape(body, [xp.asarray(i), *state, *captured], functions)]
    return state


def _attempt(op: Op, operands: list[Any], functions: Mapping[str, Graph]) -> Sequence[Any]:
    try:
        values = on_tape(op.regions[0], operands, functions)
    except Exception as error:
        code = code_of(error, op.attrs["errors"])
        if not code:
            raise
        return [xp.asarray(code), xp.asarray(packed(error)), *(None for _ in op.results[2:])]
    return [xp.asarray(0), xp.asarray(np.zeros(0, np.uint8)), *values]


def _python(op: Op, operands: list[Any]) -> Sequence[Any]:
    """Ops on lists and optionals that only move values; others are an error here."""
    match op.name, operands:
        case "list_make", elements:
            return [elements]
        case "list_len", [x]:
            return [xp.asarray(len(x))]
        case "list_get", [x, i]:
            return [x[int(i)]]
        case "list_append", [x, new]:
            return [[*x, new]]
        case "list_set", [x, i, new]:
            changed = [*x]
            changed[int(i)] = new
            return [changed]
        case "list_pop", [x, i]:
            rest = [*x]
            popped = rest.pop(int(i))
            return [rest, popped]
        case "list_stack", [x]:
            return [xp.stack(x, axis=op.attrs["axis"])]
        case (("some" | "unwrap"), [x]):
            return [x]
        case "none", []:
            return [None]
        case "is_some", [x]:
            return [xp.asarray(x is not None)]
        case "unwrap_or_zeros", [x, like]:
            return [xp.zeros_like(like) if x is None else x]
        case _:
            raise AssertionError(f"{op.name} has no form on the tape")


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors in a value, in order."""
    if isinstance(value, list | tuple):
        return [x for item in value for x in tensors_of(item)]
    return [value] if isinstance(value, Tensor) else []
