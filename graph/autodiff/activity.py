"""Which values depend on what is differentiated."""

from collections.abc import Sequence

from graph.aval import Aval, Type
from graph.dtypes import is_differentiable
from graph.errors import NotDifferentiableError
from graph.ir.op import Graph, Op
from graph.ir.opdef import NotDifferentiable
from graph.ir.value import Value


def carries_cotangents(t: Type) -> bool:
    """Whether values of this type have cotangents: floating tensors, and lists and optionals of them."""
    while not isinstance(t, Aval):
        t = t.element
    return is_differentiable(t.dtype)


def function_of(op: Op, functions: dict[str, Graph]) -> Graph:
    """The graph that a `call` op names; recursive ones cannot be differentiated."""
    name = str(op.attrs["function"])
    function = functions[name]
    if _calls(function, name, functions, set()):
        raise NotDifferentiableError(
            f"`{name}` calls itself, and gradients of recursive functions are not available",
            next_step="write the recursion as a loop.",
            loc=op.loc,
        )
    return function


def _calls(graph: Graph, name: str, functions: dict[str, Graph], seen: set[str]) -> bool:
    for op in graph.ops:
        if op.name == "call":
            callee = str(op.attrs["function"])
            if callee == name:
                return True
            if callee not in seen:
                seen.add(callee)
                if _calls(functions[callee], name, functions, seen):
                    return True
        if any(_calls(region, name, functions, seen) for region in op.regions):
            return True
    return False


def propagates(op: Op, operands: Sequence[bool]) -> bool:
    """Whether activity flows through an op without regions."""
    return any(operands) and not isinstance(op.opdef.vjp, NotDifferentiable)


def differentiable(values: Sequence[Value], flag: bool) -> tuple[bool, ...]:
    """`flag` for those values that can carry cotangents."""
    return tuple(flag and carries_cotangents(v.type) for v in values)
