"""`del`."""

import ast
from collections.abc import Iterator

from dy2static.converters.build import call, constant, position, statement
from dy2static.converters.outer_names import delete_outer, is_outer
from dy2static.converters.rewrite import Rewriter
from dy2static.converters.stores import place_parts
from dy2static.converters.undefined import undefined_name


def convert(node: ast.Delete, rewriter: Rewriter) -> list[ast.stmt]:
    """`del x` -> `x = _rt.Undefined('x')`, `del x[i]` -> `_rt.del_item(x, i)`, `del x.a` -> `_rt.del_attr(x, 'a')`."""
    return [part for target in node.targets for part in delete(target, rewriter, node)]


def delete(target: ast.expr, rewriter: Rewriter, at: ast.Delete) -> Iterator[ast.stmt]:
    runtime = rewriter.ctx.runtime
    match target:
        case ast.Name(id=name) if is_outer(name, rewriter):
            yield delete_outer(name, rewriter, at)
        case ast.Name(id=name):
            if target in rewriter.flow.unbound_reads:
                read = call(
                    runtime, "read", [ast.Name(name, ast.Load(), **position(target)), constant(name, target)], at
                )
                yield statement(read, at)
            yield undefined_name(name, runtime, at)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from delete(part, rewriter, at)
        case ast.Attribute() | ast.Subscript():
            function = "del_attr" if isinstance(target, ast.Attribute) else "del_item"
            yield statement(call(runtime, function, place_parts(target, rewriter), at), at)
        case _:
            raise AssertionError(ast.dump(target))
