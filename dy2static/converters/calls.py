"""Calls: callees are converted on the way, by the runtime."""

import ast

from dy2static.converters import list_display
from dy2static.converters.build import call, load, thunk
from dy2static.converters.context import ConvertContext
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Call, rewriter: Rewriter) -> ast.expr:
    """`f(x)` -> `_rt.call(f, x)`; a call of a known library function stays, and so do the lists in its arguments.

    `super()` -> `super(__class__, self)`, as it may come to stand in a function of ours.
    """
    if is_bare_super(node, rewriter.ctx):
        return explicit_super(node, rewriter)
    if is_of_runtime(node.func, rewriter.ctx):
        rewriter.parts(node)
        if dotted_path(node.func) == (rewriter.ctx.runtime, "head"):
            node.args = [thunk(argument, argument) for argument in node.args]
        return node
    if is_direct(node.func, rewriter.ctx) and not fills_array(node, rewriter.ctx):
        node.args = [list_display.plain(argument, rewriter) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = list_display.plain(keyword.value, rewriter)
        return node
    rewriter.parts(node)
    converted = call(rewriter.ctx.runtime, "call", [node.func, *node.args], node)
    converted.keywords = node.keywords
    return converted


def is_of_runtime(function: ast.expr, ctx: ConvertContext) -> bool:
    """Whether it is a call that a converter before this one has made."""
    match function:
        case ast.Attribute(value=ast.Name(id=name)):
            return name == ctx.runtime
        case _:
            return False


def is_bare_super(node: ast.Call, ctx: ConvertContext) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="super"), args=[], keywords=[]):
            return ctx.is_builtin("super")
        case _:
            return False


def explicit_super(node: ast.Call, rewriter: Rewriter) -> ast.expr:
    """Outside of a class, or without a parameter, it stays, and fails as it would."""
    if rewriter.first_parameter is None or "__class__" not in rewriter.ctx.free_names:
        return node
    node.args = [load("__class__", node), load(rewriter.first_parameter, node)]
    return node


def is_direct(function: ast.expr, ctx: ConvertContext) -> bool:
    path = global_path(function, ctx)
    return path is not None and ctx.meanings.is_direct(path)


def fills_array(node: ast.Call, ctx: ConvertContext) -> bool:
    """Whether a call says where its result goes: `out=`, or one argument more than a ufunc of NumPy takes."""
    if any(keyword.arg == "out" for keyword in node.keywords):
        return True
    path = global_path(node.func, ctx)
    most = None if path is None else ctx.meanings.most_operands(path)
    return most is not None and len(node.args) > most


def dotted_path(function: ast.expr) -> tuple[str, ...] | None:
    """`a.b.c` as ('a', 'b', 'c')."""
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if not isinstance(function, ast.Name):
        return None
    return (function.id, *reversed(parts))


def global_path(function: ast.expr, ctx: ConvertContext) -> str | None:
    """`a.b.c` as it is written, where `a` is a global name."""
    path = dotted_path(function)
    return None if path is None or path[0] not in ctx.global_names else ".".join(path)
