"""A pass is a function from graph to graph. This one turns `x ** n` for small whole `n` into multiplications."""

import numpy as np

import eager as xp
from dy2static import to_static
from graph.execute.interpreter import run
from graph.ir.builder import GraphBuilder
from graph.ir.op import Graph, Op
from graph.ir.printer import print_graph
from graph.ir.value import Value
from graph.ir.verify import verify
from graph.ir.walk import copy_op
from graph.passes.dce import dce

MOST = 4


def expand_powers(graph: Graph) -> Graph:
    """Replace `pow` by a constant from 1 to 4 by multiplications, in regions too."""
    b = GraphBuilder(graph.name)
    env = {param: b.param(param.type, param.hint) for param in graph.params}
    exponents = {op.result: whole_number(op) for op in graph.ops if op.name == "constant"}
    for op in graph.ops:
        times = exponents.get(op.operands[1], 0) if op.name == "pow" else 0
        if times:
            b.loc = op.loc
            env[op.result] = power(b, env[op.operands[0]], times)
        else:
            copy_op(b, op, env, tuple(map(expand_powers, op.regions)))
    return b.build([env[value] for value in graph.results])


def whole_number(constant: Op) -> int:
    """The constant, where it is a whole number from 1 to 4; else 0."""
    value = np.asarray(constant.attrs["value"])
    return int(value) if value.ndim == 0 and value in range(1, MOST + 1) else 0


def power(b: GraphBuilder, x: Value, times: int) -> Value:
    result = x
    for _ in range(times - 1):
        result = b.mul(result, x)
    return result


@to_static
def cubic_map(x, steps):
    for _ in range(steps):
        x = 2.5 * x - 1.4 * x**3.0
    return x


if __name__ == "__main__":
    x = xp.asarray([0.1, 0.7])
    cubic_map(x, xp.asarray(10))
    before = cubic_map.graph.graph
    after = dce(expand_powers(before))
    verify(after)
    print(print_graph(before))
    print("\n--- after expand_powers, dce\n")
    print(print_graph(after))
    args = (np.array([0.1, 0.7]), np.array(10))
    np.testing.assert_allclose(run(after, args)[0], run(before, args)[0], rtol=1e-12)
    print("\nboth give", run(after, args)[0])
