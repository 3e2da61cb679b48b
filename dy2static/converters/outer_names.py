"""Variables of the module or of a function around that this function binds: `global` and `nonlocal`."""

import ast
from collections.abc import Sequence

from dy2static.converters.build import Located, call, constant, load, names_tuple, statement, thunk
from dy2static.converters.rewrite import Rewriter


def is_outer(name: str, rewriter: Rewriter) -> bool:
    """Whether the name is declared `global` or `nonlocal` in this function, which binds it."""
    return name in rewriter.outer


def store_outer(name: str, value: ast.expr, rewriter: Rewriter, at: Located) -> ast.stmt:
    """`x = v` -> `_rt.set_global('x', v)`, or `_rt.set_nonlocal(lambda: x, v)`: the runtime notes the change."""
    return statement(
        call(rewriter.ctx.runtime, f"set_{rewriter.outer[name]}", [*place(name, rewriter, at), value], at), at
    )


def delete_outer(name: str, rewriter: Rewriter, at: Located) -> ast.stmt:
    """`del x` -> `_rt.del_global('x')`, or `_rt.del_nonlocal(lambda: x)`."""
    return statement(call(rewriter.ctx.runtime, f"del_{rewriter.outer[name]}", place(name, rewriter, at), at), at)


def place(name: str, rewriter: Rewriter, at: Located) -> list[ast.expr]:
    if rewriter.outer[name] == "global":
        return [constant(name, at)]
    return [thunk(load(name, at), at)]


def owned(names: Sequence[str], rewriter: Rewriter, at: Located) -> list[ast.stmt]:
    """`_rt.owns(lambda: (x,))` in a function whose variables functions inside bind: they are new in each call."""
    if not names:
        return []
    return [statement(call(rewriter.ctx.runtime, "owns", [thunk(names_tuple(names, at), at)], at), at)]
