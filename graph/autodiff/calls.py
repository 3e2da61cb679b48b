"""Graph functions that are called a second time on the same values: what the first run has shown is not shown again."""

from collections.abc import Mapping

from graph.autodiff.activity import calls
from graph.ir.op import Graph, Op
from graph.ir.opdef import Again
from graph.ir.walk import walk


def silenced(name: str, functions: dict[str, Graph]) -> str:
    """The name of the function that does what `name` does and prints nothing; made where there is none."""
    if not any(op.opdef.again is Again.SHOWN for called in reached(name, functions) for op in walk(functions[called])):
        return name
    quiet = f"{name}_silent"
    if quiet not in functions:
        functions[quiet] = functions[name]  # known by its name while it is made
        functions[quiet] = _without_prints(functions[name], functions)
    return quiet


def reached(name: str, functions: Mapping[str, Graph]) -> set[str]:
    """The functions that a call of one may call, itself included."""
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
        if op.opdef.again is Again.SHOWN:
            continue
        regions = tuple(_without_prints(region, functions) for region in op.regions)
        attrs = op.attrs
        if op.name == "call":
            attrs = {"function": silenced(str(op.attrs["function"]), functions)}
        ops.append(Op(op.opdef, op.operands, op.results, attrs, regions, op.loc))
    return Graph(graph.name, graph.params, tuple(ops), graph.results, graph.functions)
