"""Graphs as text. Names are by position, so equal graphs print equally; `graph.text.parser` reads the text back.

graph f(%0 x: f32[n]) -> f32[] {
  %1: f32[] = sum %0 {axis=(0,), keepdims=False}  # model.py:7
  yield %1
}
"""

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from graph.aval import Aval, ListType, OptionalType, SymDim
from graph.dtypes import SHORT_NAMES, bfloat16

if TYPE_CHECKING:
    from graph.ir.op import Attr, Graph, Op
    from graph.ir.value import Value

DENSE_LIMIT: Final = 64
"""Arrays of more elements print as base64 of their bytes (or as '...' when elided)."""


def print_graph(graph: "Graph", *, elide: bool = False, places: bool = True) -> str:
    """The text of a graph. `elide` leaves out the data of large constants: easier to read, not parseable. Without
    `places` the lines of the user's program are left out."""
    printer = _Printer(elide, places)
    lines = list(printer.graph(graph, "graph", ""))
    for name, function in graph.functions.items():
        lines += ["", *_Printer(elide, places).graph(function, f"function {name} =", "")]
    return "\n".join(lines)


def print_op(op: "Op") -> str:
    """One op alone, for messages; operands are numbered within it."""
    return "\n".join(_Printer(elide=True).op(op, ""))


def print_attr(value: "Attr", *, elide: bool = False) -> str:
    """An attribute as text."""
    match value:
        case np.ndarray():
            return _dense(value, elide)
        case np.dtype():
            return SHORT_NAMES[value]
        case SymDim():
            return f"<{value}>"
        case Aval() | ListType() | OptionalType():
            return str(value)
        case slice():
            return f"slice({print_attr(value.start)}, {print_attr(value.stop)}, {print_attr(value.step)})"
        case tuple():
            items = [print_attr(item, elide=elide) for item in value]
            return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"
        case np.generic():
            return "scalar" + _dense(np.asarray(value), elide).removeprefix("dense")
        case complex():
            return f"complex({value.real!r}, {value.imag!r})"
        case _:
            return repr(value)


def _dense(array: np.ndarray, elide: bool) -> str:
    kind = f"{SHORT_NAMES[array.dtype]}[{','.join(map(str, array.shape))}]"
    if array.size > DENSE_LIMIT:
        body = "..." if elide else "b64:" + base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    else:
        plain = array.astype(np.float64) if array.dtype == bfloat16 else array
        body = _nested(plain.tolist())
    return f"dense<{kind} {body}>"


def _nested(value: Any) -> str:
    """Numbers in nested brackets."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_nested, cast("list[Any]", value))) + "]"
    return print_attr(value)


class _Printer:
    def __init__(self, elide: bool, places: bool = True) -> None:
        self._elide = elide
        self._places = places
        self._numbers: dict[Value, int] = {}

    def graph(self, graph: "Graph", head: str, indent: str) -> Iterator[str]:
        results = ", ".join(str(v.type) for v in graph.results)
        yield f"{indent}{head} {graph.name}({self._params(graph)}) -> ({results}) {{"
        yield from self._body(graph, indent + "  ")
        yield indent + "}"

    def _params(self, graph: "Graph") -> str:
        return ", ".join(
            f"{self._define(p)}{' ' + p.hint if p.hint.isidentifier() else ''}: {p.type}" for p in graph.params
        )

    def _body(self, graph: "Graph", indent: str) -> Iterator[str]:
        for op in graph.ops:
            yield from self.op(op, indent)
        yield f"{indent}yield {', '.join(map(self._use, graph.results))}".rstrip()

    def op(self, op: "Op", indent: str) -> Iterator[str]:
        operands = ", ".join(map(self._use, op.operands))
        line = f"{op.name} {operands}".rstrip()
        if op.attrs:
            line += " {" + ", ".join(f"{k}={print_attr(v, elide=self._elide)}" for k, v in op.attrs.items()) + "}"
        defined = ", ".join(f"{self._define(v)}: {v.type}" for v in op.results)
        line = f"{defined} = {line}" if defined else line
        where = f"  # {op.loc}" if op.loc.line and self._places else ""
        if not op.regions:
            yield f"{indent}{line}{where}"
            return
        yield f"{indent}{line} {{{where}"
        for region in op.regions:
            yield f"{indent}  {region.name}({self._params(region)}) {{"
            yield from self._body(region, indent + "    ")
            yield indent + "  }"
        yield indent + "}"

    def _define(self, value: "Value") -> str:
        self._numbers[value] = len(self._numbers)
        return f"%{self._numbers[value]}"

    def _use(self, value: "Value") -> str:
        number = self._numbers.get(value)
        return "%?" if number is None else f"%{number}"
