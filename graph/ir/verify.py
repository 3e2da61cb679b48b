"""The invariants of the IR, checked between passes; a failure shows the op and its neighbours."""

from graph.aval import Aval, Type
from graph.errors import GraphError, InternalError, VerifyError
from graph.ir.op import Graph, Op
from graph.ir.printer import print_graph
from graph.ir.value import Value


def verify(graph: Graph, functions: dict[str, Graph] | None = None) -> None:
    """Raise VerifyError unless every value is defined once and before its use, and every type is what its op infers."""
    known = dict(graph.functions) if functions is None else functions
    defined: set[Value] = set()
    for param in graph.params:
        _define(graph, None, param, defined)
    for op in graph.ops:
        _verify_op(graph, op, defined, known)
    for value in graph.results:
        if value not in defined:
            raise VerifyError(_message(graph, None, "a result is not defined in the graph"))
    if functions is None:
        for function in graph.functions.values():
            verify(function, known)


def _verify_op(graph: Graph, op: Op, defined: set[Value], functions: dict[str, Graph]) -> None:
    for i, value in enumerate(op.operands):
        if value not in defined:
            raise VerifyError(_message(graph, op, f"operand {i} is not defined before this op (or in another region)"))
    for region in op.regions:
        verify(region, functions)
    if op.name == "call":
        inferred = _results_of_call(graph, op, functions)
    else:
        extra = {"regions": op.regions} if op.regions else {}
        try:
            result = op.opdef.infer(*(v.type for v in op.operands), **op.attrs, **extra)
        except GraphError as error:
            raise VerifyError(_message(graph, op, f"its shape rule refuses it: {error.what}")) from None
        except (TypeError, ValueError, InternalError) as error:  # operands, attributes or regions that it does not take
            raise VerifyError(_message(graph, op, f"its shape rule refuses it: {error}")) from None
        inferred = result if isinstance(result, tuple) else (result,)
    if len(inferred) != len(op.results):
        raise VerifyError(_message(graph, op, f"{len(op.results)} results, its shape rule gives {len(inferred)}"))
    for value, expected in zip(op.results, inferred, strict=True):
        if not agrees(value.type, expected):
            raise VerifyError(_message(graph, op, f"a result is {value.type}, its shape rule gives {expected}"))
        _define(graph, op, value, defined)


def _results_of_call(graph: Graph, op: Op, functions: dict[str, Graph]) -> tuple[Type, ...]:
    """What a called function yields, where there is one that takes the operands."""
    function = functions.get(str(op.attrs["function"]))
    if function is None:
        raise VerifyError(_message(graph, op, f"there is no function {op.attrs['function']!r}"))
    if len(op.operands) != len(function.params):
        what = f"{len(op.operands)} operands, the function takes {len(function.params)}"
        raise VerifyError(_message(graph, op, what))
    for i, (operand, param) in enumerate(zip(op.operands, function.params, strict=True)):
        if not agrees(operand.type, param.type):
            what = f"operand {i} is {operand.type}, the function takes {param.type}"
            raise VerifyError(_message(graph, op, what))
    return tuple(v.type for v in function.results)


def agrees(declared: Type, inferred: Type) -> bool:
    """Whether a declared type is one that the shape rule allows: symbolic dims may be named either way."""
    if isinstance(declared, Aval) and isinstance(inferred, Aval):
        return (
            declared.dtype == inferred.dtype
            and declared.ndim == inferred.ndim
            and all(
                a == b or not (isinstance(a, int) and isinstance(b, int))
                for a, b in zip(declared.shape, inferred.shape, strict=True)
            )
        )
    if type(declared) is not type(inferred) or isinstance(declared, Aval) or isinstance(inferred, Aval):
        return False
    return agrees(declared.element, inferred.element)


def _define(graph: Graph, op: Op | None, value: Value, defined: set[Value]) -> None:
    if value in defined:
        raise VerifyError(_message(graph, op, "a value is defined twice"))
    defined.add(value)


def _message(graph: Graph, op: Op | None, what: str) -> str:
    if op is None:
        return f"graph {graph.name!r}: {what}\n{print_graph(graph, elide=True)}"
    around = Graph(graph.name, graph.params, graph.ops, graph.results)
    lines = print_graph(around, elide=True).splitlines()
    starts = _first_lines(graph)
    at = starts[graph.ops.index(op)]
    shown = "\n".join(("> " if i == at else "  ") + line for i, line in enumerate(lines) if at - 3 <= i <= at + 3)
    return f"op {op.name!r} in graph {graph.name!r}: {what}\n{shown}"


def _first_lines(graph: Graph) -> list[int]:
    """The line of the printed graph at which each op begins."""
    lines: list[int] = []
    at = 1
    for op in graph.ops:
        lines.append(at)
        at += _height(op)
    return lines


def _height(op: Op) -> int:
    if not op.regions:
        return 1
    return 2 + sum(3 + sum(_height(inner) for inner in region.ops) for region in op.regions)
