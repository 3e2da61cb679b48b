"""Stores to attributes and items, augmented assignment, and what an assignment may have as its target.

The order of evaluation is Python's: the value first, then each target's parts. Where both sides could do something that
the other sees, the value goes to a name of its own before.
"""

import ast
from collections.abc import Iterator

from dy2static.converters.build import (
    Located,
    assign,
    call,
    constant,
    load,
    position,
    set_name,
    statement,
    store,
    thunk,
)
from dy2static.converters.outer_names import is_outer, store_outer
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.unpacking import Pattern, taken_apart

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
Place = ast.Attribute | ast.Subscript


def convert_assign(node: ast.Assign, rewriter: Rewriter) -> list[ast.stmt]:
    """`obj.a = v` -> `_rt.set_attr(obj, 'a', v)`, `x[i] = v` -> `_rt.set_item(x, i, v)`; names stay as they are."""
    value = rewriter.expression(node.value)
    if all(is_own_name(target, rewriter) for target in node.targets):
        node.value = value
        return [node]
    if len(node.targets) > 1:
        name = rewriter.ctx.names.fresh("value")
        done: list[ast.stmt] = [set_name(name, value, node)]
        for target in node.targets:
            done += store_to(target, load(name, node), rewriter, node)
        return done
    return store_to(node.targets[0], value, rewriter, node)


def convert_annotated(node: ast.AnnAssign, rewriter: Rewriter) -> list[ast.stmt]:
    """`x: T = v` -> `x = v`: Python evaluates no annotation inside a function. A bare `x: T` does nothing."""
    if node.value is None:
        if isinstance(node.target, ast.Name):
            return [ast.Pass(**position(node))]
        return [statement(rewriter.expression(part), node) for part in parts_of(node.target)]
    return convert_assign(assign(node.target, node.value, node), rewriter)


def convert_augmented(node: ast.AugAssign, rewriter: Rewriter) -> list[ast.stmt]:
    """`x += v` -> `x = _rt.update(x, '+', v)`; `x[i] += v` -> `_rt.update_item(x, i, '+', v)`; attributes the same.

    Python reads `x[i]` before it evaluates `v`: a value that can fail goes to the twin `_by`, as `lambda: v`.
    """
    runtime, names = rewriter.ctx.runtime, rewriter.ctx.names
    symbol = constant(SYMBOLS[type(node.op)], node)
    value = rewriter.expression(node.value)
    match node.target:
        case ast.Name(id=name) as target if is_outer(name, rewriter):
            old = rewriter.expression(load(name, target))
            new = call(runtime, "update", [old, symbol, value], node)
            return [store_outer(name, new, rewriter, node)]
        case ast.Name(id=name) as target:
            old: ast.expr = load(name, target)
            if target in rewriter.flow.unbound_reads:
                old = call(runtime, "read", [old, constant(name, target)], target)
            return [assign(target, call(runtime, "update", [old, symbol, value], node), node)]
        case ast.Attribute() | ast.Subscript() as target:
            if not _binds_or_waits(value):
                parts = place_parts(target, rewriter)
                name = "update_attr" if isinstance(target, ast.Attribute) else "update_item"
                if not _is_sure(value) or _is_unknown(value, rewriter):
                    name, value = f"{name}_by", thunk(value, node)
                return [statement(call(runtime, name, [*parts, symbol, value], node), node)]
            done: list[ast.stmt] = []
            fixed: list[ast.expr] = []
            for part, base in zip(place_parts(target, rewriter), ("base", "key"), strict=True):
                if isinstance(part, ast.Constant):
                    fixed.append(part)
                    continue
                part_name = names.fresh(base)
                done.append(set_name(part_name, part, target))
                fixed.append(load(part_name, target))
            old = read_place(target, fixed)
            new = call(runtime, "update", [old, symbol, value], node)
            done.append(set_name(names.fresh("value"), new, node))
            store_call = "set_attr" if isinstance(target, ast.Attribute) else "set_item"
            arguments = [*fixed, load(names.fresh("value"), node)]
            return [*done, statement(call(runtime, store_call, arguments, node), node)]


def read_place(target: Place, parts: list[ast.expr]) -> ast.expr:
    place = position(target)
    if isinstance(target, ast.Attribute):
        return ast.Attribute(parts[0], target.attr, ast.Load(), **place)
    return ast.Subscript(parts[0], parts[1], ast.Load(), **place)


def is_own_name(target: ast.expr, rewriter: Rewriter) -> bool:
    """Whether the target is a variable of the function's own."""
    return isinstance(target, ast.Name) and not is_outer(target.id, rewriter)


def store_to(target: ast.expr, value: ast.expr, rewriter: Rewriter, at: Located, waiting: int = 0) -> list[ast.stmt]:
    """Statements that store `value`, converted already, to `target`; so many items of patterns around it wait."""
    match target:
        case ast.Attribute() | ast.Subscript():
            return store_to_place(target, value, rewriter, at)
        case ast.Name(id=name) if is_outer(name, rewriter):
            return [store_outer(name, value, rewriter, at)]
        case ast.Tuple() | ast.List():
            return unpack_to(target, value, rewriter, at, waiting)
        case _:
            return [assign(target, value, at)]


def unpack_to(target: Pattern, value: ast.expr, rewriter: Rewriter, at: Located, waiting: int) -> list[ast.stmt]:
    """Python unpacks all, then stores from left to right; so from the first part on that is no variable of the
    function's own, parts go to names of ours and are stored after: names other than those of the `waiting` items."""
    pattern, value = taken_apart(target, value, rewriter)
    late: list[tuple[ast.expr, str]] = []
    for i, part in enumerate(pattern.elts):
        if late or not is_own_name(part, rewriter):
            name = rewriter.ctx.names.fresh("item", waiting + len(late))
            late.append((part, name))
            pattern.elts[i] = store(name, part)
    done: list[ast.stmt] = [assign(pattern, value, at)]
    for part, name in late:
        done += store_to(part, load(name, part), rewriter, at, waiting + len(late))
    return done


def store_to_place(target: Place, value: ast.expr, rewriter: Rewriter, at: Located) -> list[ast.stmt]:
    parts = place_parts(target, rewriter)
    done: list[ast.stmt] = []

    def is_settled(part: ast.expr) -> bool:
        return is_simple(part) and not _is_unknown(part, rewriter)

    is_last = is_settled(value) and not any(_may_bind(part, value, rewriter) for part in parts)
    if not is_last and not all(map(is_settled, parts)):
        name = rewriter.ctx.names.fresh("value")
        done.append(set_name(name, value, at))
        value = load(name, at)
    function = "set_attr" if isinstance(target, ast.Attribute) else "set_item"
    return [*done, statement(call(rewriter.ctx.runtime, function, [*parts, value], at), at)]


def parts_of(target: Place) -> Iterator[ast.expr]:
    yield target.value
    if isinstance(target, ast.Subscript):
        yield target.slice


def place_parts(target: Place, rewriter: Rewriter) -> list[ast.expr]:
    """(object, attribute name) or (container, key), converted; slices as `_rt.slice_(...)`."""
    if isinstance(target, ast.Attribute):
        return [rewriter.expression(target.value), constant(target.attr, target)]
    return [rewriter.expression(target.value), key_of(rewriter.expression(target.slice), rewriter)]


def key_of(key: ast.expr, rewriter: Rewriter) -> ast.expr:
    """A subscript as an expression: `a:b` is written `_rt.slice_(a, b)`."""
    match key:
        case ast.Slice(lower=lower, upper=upper, step=step):
            bounds = [lower, upper] if step is None else [lower, upper, step]
            arguments = [constant(None, key) if bound is None else bound for bound in bounds]
            return call(rewriter.ctx.runtime, "slice_", arguments, key)
        case ast.Tuple(elts=parts):
            key.elts = [key_of(part, rewriter) for part in parts]
            return key
        case _:
            return key


def is_simple(expression: ast.expr) -> bool:
    """Evaluating it does nothing that one could see, and gives the same before and after other code."""
    match expression:
        case ast.Constant() | ast.Name():
            return True
        case ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Tuple(elts=parts):
            return all(is_simple(part) for part in parts)
        case ast.Call(func=ast.Attribute(attr="slice_"), args=parts):
            return all(is_simple(part) for part in parts)
        case _:
            return False


def _binds_or_waits(expression: ast.expr) -> bool:
    """Whether it has a part that cannot stand in a lambda."""
    return any(isinstance(node, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Await) for node in ast.walk(expression))


def _may_bind(part: ast.expr, value: ast.expr, rewriter: Rewriter) -> bool:
    """Whether evaluating a part may bind a name in `value` anew: by `:=`, or in a function that shares the variable."""
    nodes = list(ast.walk(part))
    if any(isinstance(node, ast.NamedExpr) for node in nodes):
        return True
    shared = rewriter.flow.captured | rewriter.ctx.global_names
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    return not shared.isdisjoint(names) and any(isinstance(node, ast.Call) for node in nodes)


def _is_unknown(expression: ast.expr, rewriter: Rewriter) -> bool:
    """Whether it is a global name without a meaning so far: the error of reading it has its place in the order."""
    if not isinstance(expression, ast.Name) or expression.id not in rewriter.ctx.global_names:
        return False
    return rewriter.ctx.meanings.is_unknown(expression.id)


def _is_sure(expression: ast.expr) -> bool:
    """Whether evaluating it does nothing and cannot fail: a literal or a name."""
    match expression:
        case ast.Constant() | ast.Name() | ast.UnaryOp(operand=ast.Constant()):
            return True
        case _:
            return False
