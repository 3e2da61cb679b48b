"""What the user calls the values of a graph: the variable that a value is assigned to, or the expression itself."""

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, cast

import numpy as np

from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.location import Loc
from graph.ops.effects import short

Span = tuple[int, int, int]
"""Line, first column, column after the last."""
OF_CONVERSION: Final = ("return_value", "did_return", "did_break", "did_continue")


def names_in(graph: Graph) -> dict[Value, str]:
    """The variables of a graph's values, its regions' and functions' included. Values of subexpressions have none."""
    names: dict[Value, str] = {}
    _name(graph, names)
    for function in graph.functions.values():
        _name(function, names)
    return {value: name for value, name in names.items() if name and not name.startswith(OF_CONVERSION)}


def text_of(value: Value, names: Mapping[Value, str], producers: Mapping[Value, Op]) -> str:
    """A value in words: its variable, its number for a constant, else the expression that computes it."""
    if value in names:
        return names[value]
    op = producers.get(value)
    if op is None:
        return value.hint
    if op.name == "constant":
        return short(np.asarray(op.attrs["value"]))
    return _segment(op.loc)


def producers_in(graph: Graph) -> dict[Value, Op]:
    """The op of each value, those in regions and functions included."""
    found: dict[Value, Op] = {}
    for op in graph.ops:
        found.update(dict.fromkeys(op.results, op))
        for region in op.regions:
            found.update(producers_in(region))
    for function in graph.functions.values():
        found.update(producers_in(function))
    return found


def _name(graph: Graph, names: dict[Value, str]) -> None:
    for param in graph.params:
        if param.hint.isidentifier():
            names.setdefault(param, param.hint)
    for op in graph.ops:
        if op.name == "for_loop":
            _name_item(op, names)
        for region in op.regions:
            _name(region, names)
        for value, name in zip(op.results, _names_of_results(op, names), strict=False):
            if name:
                names[value] = name


def _name_item(op: Op, names: dict[Value, str]) -> None:
    """The targets of a `for` statement are what the loop makes of its counter at its own line, else the counter."""
    targets = _for_targets("".join(linecache.getlines(op.loc.file))).get(op.loc.line, ())
    body = op.regions[0]
    names[body.params[0]] = ""  # the counter of the loop is no variable of the user
    at_line = (other for other in body.ops if other.loc.line == op.loc.line and other.name != "constant")
    made = [value for other in at_line for value in other.results]
    for target, value in zip(targets, made[-len(targets) :] or [body.params[0]], strict=False):
        names[value] = target


def _names_of_results(op: Op, names: Mapping[Value, str]) -> Sequence[str]:
    if op.regions:
        own = len(op.results) - len(op.regions[-1].results)  # results that no region yields come first
        lead = 1 if op.name == "for_loop" else 0
        found = [""] * own
        for i in range(len(op.regions[-1].results)):
            inner = [region.results[i] for region in op.regions if len(region.results) > i and region.name != "test"]
            if op.name in ("while_loop", "for_loop"):
                inner.append(op.regions[-1].params[lead + i])
            found.append(next((names[v] for v in reversed(inner) if v in names), ""))
        return found
    if op.name == "constant":
        return ()  # a number in the expression
    assigned = _assigned(op.loc.file).get((op.loc.line, op.loc.col, op.loc.end_col), ())
    return assigned if len(assigned) == len(op.results) else ()


@lru_cache(maxsize=64)
def _spans(text: str) -> dict[Span, tuple[str, ...]]:
    found: dict[Span, tuple[str, ...]] = {}
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=parts)) if len(targets) == len(
                parts
            ):
                for target, part in zip(targets, parts, strict=True):
                    found[_span(part)] = tuple(_targets(target))
            case ast.Assign(targets=[target], value=value):
                found[_span(value)] = tuple(_targets(target))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[_span(value)] = (name,)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                found[_span(value)] = (name,)
            case ast.AugAssign(target=ast.Name(id=name)):
                found[_span(node)] = (name,)
            case _:
                pass
    return found


@lru_cache(maxsize=64)
def _for_targets(text: str) -> dict[int, tuple[str, ...]]:
    """By line, the variables of `for` statements."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    return {node.lineno: tuple(_targets(node.target)) for node in ast.walk(tree) if isinstance(node, ast.For)}


def _assigned(file: str) -> Mapping[Span, tuple[str, ...]]:
    """The variables that expressions of a file are assigned to."""
    return _spans("".join(linecache.getlines(file)))


def _targets(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Attribute():
            yield ast.unparse(target)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield ast.unparse(element)
        case _:
            return


def _span(node: ast.expr | ast.stmt) -> Span:
    return (node.lineno, node.col_offset, cast(int, node.end_col_offset))


def _segment(loc: Loc) -> str:
    line = linecache.getline(loc.file, loc.line).encode()
    return line[loc.col : loc.end_col].decode(errors="replace").strip()
