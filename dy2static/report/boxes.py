"""A graph as nested boxes with places: parameters, ops, regions within the ops that own them, and what is yielded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from dy2static.report.layout import Point, place
from graph.ir.op import Graph, Op
from graph.ir.printer import print_attr
from graph.ir.value import Value
from graph.ir.walk import uses

CHARACTER: Final = 6.7
"""Width of a character of the drawing's font."""
LINE: Final = 15.0
MARGIN: Final = 10.0
MOST_BOXES: Final = 110
"""Ops of one graph beyond these are counted, not drawn."""

Kind = Literal["param", "op", "region op", "guard", "wrong guard", "yield", "rest"]


@dataclass(frozen=True, slots=True)
class Box:
    """One box. `lines` are its text, `loc` where in the user's source it comes from, `regions` what is drawn in it."""

    kind: Kind
    lines: tuple[str, ...]
    loc: str
    corner: Point
    size: tuple[float, float]
    regions: "tuple[tuple[str, Point, Drawing], ...]" = ()


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and the arrows between them; places are relative to the left top corner."""

    boxes: tuple[Box, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


@dataclass(slots=True)
class _Plan:
    """What a box will be, before it has a place."""

    kind: Kind
    lines: tuple[str, ...]
    loc: str
    regions: tuple[tuple[str, Drawing], ...]

    @property
    def size(self) -> tuple[float, float]:
        width = max(CHARACTER * len(line) for line in self.lines) + 2 * MARGIN
        height = LINE * len(self.lines) + 8.0
        if self.regions:
            inner = sum(drawing.width + 2 * MARGIN for _, drawing in self.regions) + MARGIN * (len(self.regions) + 1)
            tallest = max(drawing.height for _, drawing in self.regions)
            return max(width, inner), height + LINE + tallest + 3 * MARGIN
        return width, height


def draw(graph: Graph, wrong: Callable[[Op], bool] | None = None) -> Drawing:
    """Lay a graph out, without parameters that it does not read. `wrong` says which guards of a trace do not hold."""
    shown = _shown_ops(graph)
    constants = _small_constants(graph)
    read = uses(graph)
    params = [param for param in graph.params if param in read]
    plans = [_Plan("param", (_name(param), str(param.type)), "", ()) for param in params]
    at: dict[Value, int] = {param: i for i, param in enumerate(params)}
    arrows: list[tuple[int, int]] = []
    for op in shown:
        if op.results and op.results[0] in constants:
            continue
        arrows += [(at[v], len(plans)) for v in dict.fromkeys(op.operands) if v in at]
        at |= dict.fromkeys(op.results, len(plans))
        plans.append(_plan(op, constants, wrong))
    hidden = graph.ops[len(shown) :]
    if hidden:
        # Below all others: a graph that is cut off ends in what was left out, and in a guard that does not hold.
        arrows += [(i, len(plans)) for i in _ends(len(plans), arrows) if i >= len(params)]
        plans.append(_Plan("rest", (f"and {len(hidden)} more ops",), "", ()))
        broken = [op for op in hidden if wrong is not None and wrong(op)]
        arrows += [(len(plans) - 1, len(plans) + i) for i in range(len(broken))]
        plans += [_plan(op, constants, wrong) for op in broken]
    else:
        inline = ", ".join(constants[v] for v in graph.results if v in constants)
        arrows += [(at[v], len(plans)) for v in dict.fromkeys(graph.results) if v in at]
        if graph.results:
            plans.append(_Plan("yield", (f"yield {inline}".strip(),), "", ()))
    layout = place([plan.size for plan in plans], arrows)
    boxes = tuple(_box(plan, corner) for plan, corner in zip(plans, layout.corners, strict=True))
    return Drawing(boxes, layout.routes, layout.width, layout.height)


def _shown_ops(graph: Graph) -> Sequence[Op]:
    return graph.ops if len(graph.ops) <= MOST_BOXES else graph.ops[:MOST_BOXES]


def _ends(count: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    """Boxes that no arrow leaves."""
    sources = {a for a, _ in arrows}
    return [i for i in range(count) if i not in sources]


def _small_constants(graph: Graph) -> dict[Value, str]:
    """Numbers that are written into the boxes of their readers."""
    texts: dict[Value, str] = {}
    for op in graph.ops:
        if op.name == "constant":
            value = op.attrs["value"]
            if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
                texts[op.result] = _short(value.item())
    return texts


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _name(value: Value) -> str:
    return value.hint or "parameter"


def _plan(op: Op, constants: dict[Value, str], wrong: Callable[[Op], bool] | None) -> _Plan:
    loc = str(op.loc) if op.loc.line else ""
    if op.name == "guard":
        kind: Kind = "wrong guard" if wrong is not None and wrong(op) else "guard"
        return _Plan(kind, (f"guard {op.attrs['kind']} = {print_attr(op.attrs['expected'])}", loc), loc, ())
    title = " ".join([op.name, *_operand_texts(op, constants)])
    types = ", ".join(dict.fromkeys(str(v.type) for v in op.results))
    regions = tuple((region.name, draw(region, wrong)) for region in op.regions)
    lines = (title, types) if types else (title,)
    return _Plan("region op" if regions else "op", lines, loc, regions)


def _operand_texts(op: Op, constants: dict[Value, str]) -> list[str]:
    """Constants among the operands in their places, with `_` for operands that an arrow brings."""
    texts = [constants.get(v, "_") for v in op.operands]
    if op.regions:  # captures come last: without a constant after them they say nothing
        while texts and texts[-1] == "_":
            texts.pop()
    return texts if set(texts) != {"_"} else []


def _box(plan: _Plan, corner: Point) -> Box:
    x = MARGIN
    top = LINE * (len(plan.lines) + 1) + 8.0 + MARGIN
    inner: list[tuple[str, Point, Drawing]] = []
    for name, drawing in plan.regions:
        inner.append((name, (x + MARGIN, top), drawing))
        x += drawing.width + 3 * MARGIN
    return Box(plan.kind, plan.lines, plan.loc, corner, plan.size, tuple(inner))
