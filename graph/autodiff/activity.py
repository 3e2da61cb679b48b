"""Which values depend on what is differentiated."""

from collections.abc import Mapping, Sequence

from graph.aval import Aval, Type
from graph.dtypes import is_differentiable
from graph.ir.op import Graph, Op
from graph.ir.opdef import NotDifferentiable
from graph.ir.value import Value
from graph.ir.walk import walk


def carries_cotangents(t: Type) -> bool:
    """Whether values of this type have cotangents: floating tensors, and lists and optionals of them."""
    while not isinstance(t, Aval):
        t = t.element
    return is_differentiable(t.dtype)


def is_recursive(name: str, functions: Mapping[str, Graph]) -> bool:
    """Whether a graph function calls itself, directly or through others."""
    seen: set[str] = set()
    pending = list(calls(functions[name]))
    while pending:
        called = pending.pop()
        if called == name:
            return True
        if called not in seen:
            seen.add(called)
            pending += calls(functions[called])
    return False


def calls(graph: Graph) -> list[str]:
    """The functions that a graph calls, its regions included."""
    return [str(op.attrs["function"]) for op in walk(graph) if op.name == "call"]


def propagates(op: Op, operands: Sequence[bool]) -> bool:
    """Whether activity flows through an op without regions."""
    return any(operands) and not isinstance(op.opdef.vjp, NotDifferentiable)


def differentiable(values: Sequence[Value], flag: bool) -> tuple[bool, ...]:
    """`flag` for those values that can carry cotangents."""
    return tuple(flag and carries_cotangents(v.type) for v in values)
