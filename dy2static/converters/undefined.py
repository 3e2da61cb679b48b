"""Names that are unbound on some path."""

import ast
from collections.abc import Sequence

from dy2static.converters.build import Located, call, constant, set_name
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Name, rewriter: Rewriter) -> ast.expr:
    """`x` -> `_rt.read(x, 'x')` where it may be unbound; `_rt.read_free(x, 'x')` in a function inside, where Python has
    other words for it; `_rt.read_global(x, 'x')` for what the function declares global and binds."""
    if node.id in rewriter.outer:
        name = "read_global" if rewriter.outer[node.id] == "global" else "read_free"
        return call(rewriter.ctx.runtime, name, [node, constant(node.id, node)], node)
    if node not in rewriter.flow.unbound_reads:
        return node
    name = "read_free" if node in rewriter.flow.late_reads else "read"
    return call(rewriter.ctx.runtime, name, [node, constant(node.id, node)], node)


def starts(names: Sequence[str], runtime: str, at: Located) -> list[ast.stmt]:
    """`x = _rt.Undefined('x')` for each of the names that are carried before they are bound."""
    return [undefined_name(name, runtime, at) for name in names]


def undefined_name(name: str, runtime: str, at: Located) -> ast.stmt:
    """`x = _rt.Undefined('x')`."""
    return set_name(name, call(runtime, "Undefined", [constant(name, at)], at), at)
