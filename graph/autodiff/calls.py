"""Graph functions that call themselves, as reverse mode sees them.

What a recursive function would have to save has no type of its own: the residuals of a call contain those of the calls
in it. So a call saves its operands, and its pullback is a call of another graph function, which runs the forward half
again and then the backward half. Calls within are differentiated the same way. What the first run has shown (printed
text) is not shown again.
"""

from collections.abc import Mapping
from typing import Final

from graph.autodiff.activity import calls
from graph.ir.op import Graph, Op
from graph.ir.opdef import lookup
from graph.ir.walk import walk

SHOWN: Final = frozenset({"print", "log_record"})


def silenced(name: str, functions: dict[str, Graph]) -> str:
    """The name of the function that does what `name` does and prints nothing; made where there is none."""
    if not any(op.name in SHOWN for called in _reached(name, functions) for op in walk(functions[called])):
        return name
    quiet = f"{name}_silent"
    if quiet not in functions:
        functions[quiet] = functions[name]  # known by its name while it is made
        functions[quiet] = _without_prints(functions[name], functions)
    return quiet


def _reached(name: str, functions: Mapping[str, Graph]) -> set[str]:
    found = {name}
    pending = [name]
    while pending:
        for called in calls(functions[pending.pop()]):
            if called not in found:
                found.add(called)
                pending.append(called)
    return found


def _without_prints(graph: Graph, functions: dict[str, Graph]) -> Graph:
    ops: list[Op] = []
    for op in graph.ops:
        if op.name in SHOWN:
            continue
        regions = tuple(_without_prints(region, functions) for region in op.regions)
        attrs = op.attrs
        if op.name == "call":
            attrs = {"function": silenced(str(op.attrs["function"]), functions)}
        ops.append(Op(lookup(op.name), op.operands, op.results, attrs, regions, op.loc))
    return Graph(graph.name, graph.params, tuple(ops), graph.results, graph.functions)
