"""The oracle: runs a graph op by op through the kernels, as it is written. What it gives is what the graph means."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

import numpy as np

from graph.errors import InternalError
from graph.execute.failure import better, note_location
from graph.ir.op import Graph, Op
from graph.ir.value import Value

Observer = Callable[[Op, tuple[Any, ...]], None]
"""Called after each op with its results: for stepping and printing."""
Entered = Callable[[Op, int], None]
"""Called before a region of an op runs, with its number: for counting branches and trips."""


def run(
    graph: Graph, args: Sequence[Any], *, on_op: Observer | None = None, on_region: Entered | None = None
) -> tuple[Any, ...]:
    """The results of a graph for `args` (arrays, lists of arrays, None), one per parameter.

    What a kernel raises comes out with a note of the user's line; where the shape rule of the op objects to the
    operands, it raises that instead. Floating-point warnings are off.
    """
    with np.errstate(all="ignore"):
        return _run(graph, args, graph.functions, on_op, on_region)


def _enter(
    on_region: Entered, op: Op, number: int, region: Callable[..., tuple[Any, ...]], *operands: Any
) -> tuple[Any, ...]:
    on_region(op, number)
    return region(*operands)


def _run(
    graph: Graph,
    args: Sequence[Any],
    functions: Mapping[str, Graph],
    on_op: Observer | None,
    on_region: Entered | None,
) -> tuple[Any, ...]:
    if len(args) != len(graph.params):
        raise TypeError(f"graph {graph.name!r} takes {len(graph.params)} arguments, {len(args)} were given")
    env: dict[Value, Any] = dict(zip(graph.params, args, strict=True))

    def as_function(region: Graph) -> Callable[..., tuple[Any, ...]]:
        return lambda *operands: _run(region, operands, functions, on_op, on_region)

    def entered(op: Op, number: int) -> Callable[..., tuple[Any, ...]]:
        function = as_function(op.regions[number])
        return function if on_region is None else partial(_enter, on_region, op, number, function)

    for op in graph.ops:
        attrs: dict[str, Any] = dict(op.attrs)
        if op.name == "call":
            attrs["function"] = as_function(functions[str(attrs["function"])])
        if op.regions:
            attrs["regions"] = tuple(entered(op, number) for number in range(len(op.regions)))
        try:
            out = op.opdef.kernel(*(env[v] for v in op.operands), **attrs)
        except Exception as error:
            found = better(error, op, [env[v] for v in op.operands])
            note_location(found, op.loc)
            if found is error:
                raise
            raise found from None
        results = cast("tuple[Any, ...]", out) if isinstance(out, tuple) else (out,)
        if len(results) != len(op.results):
            raise InternalError(f"the kernel of {op.name!r} gave {len(results)} results, not {len(op.results)}")
        env.update(zip(op.results, results, strict=True))
        if on_op is not None:
            on_op(op, results)
    return tuple(env[v] for v in graph.results)
