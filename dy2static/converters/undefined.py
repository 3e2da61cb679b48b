"""Names that are unbound on some path."""

import ast
from collections.abc import Sequence

from dy2static.converters.build import Located, call, constant, set_name
from dy2static.converters.rewrite import Rewriter


def convert(node: ast.Name, rewriter: Rewriter) -> ast.expr:
    """`x` -> `_rt.read(x, 'x')` where it may be unbound; `_rt.read_free(x, 'x')` in a function inside, where Python has
    other words for it."""
    if node not in rewriter.flow.unbound_reads:
        return node
    name = "read_free" if node in rewriter.flow.late_reads else "read"
    return call(rewriter.ctx.runtime, name, [node, constant(node.id, node)], node)


def starts(names: Sequence[str], runtime: str, at: Located) -> list[ast.stmt]:
    """`x = _rt.Undefined('x')` for each of the names that are carried before they are bound."""
    return [set_name(name, call(runtime, "Undefined", [constant(name, at)], at), at) for name in names]
