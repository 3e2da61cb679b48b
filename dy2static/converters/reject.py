"""What conversion does not take yet is refused at the user's line, with the way out; it never runs as it is."""

import ast
import sys
from collections.abc import Iterator, Mapping

from dy2static.analysis.survey import Survey, children
from dy2static.converters.context import ConvertContext
from dy2static.converters.generators import is_generator
from dy2static.converters.walrus import unwritten
from dy2static.errors import ConversionError

UNSUPPORTED: dict[type[ast.AST], tuple[str, str]] = {
    ast.AsyncFunctionDef: ("`async def` cannot be converted.", "make it a plain function, and await outside of it."),
    ast.AsyncFor: ("`async for` cannot be converted.", "gather the items first, outside of the converted function."),
    ast.AsyncWith: ("`async with` cannot be converted.", "enter the context outside of the converted function."),
    ast.Await: ("`await` cannot be converted.", "await outside, and pass the result in."),
    ast.TryStar: ("`except*` cannot be converted.", "catch exceptions one by one, with `except`."),
    ast.ClassDef: ("a class inside a function cannot be converted.", "move the class to module level."),
}
if sys.version_info >= (3, 12):
    UNSUPPORTED[ast.TypeAlias] = ("a `type` statement cannot be converted.", "move it to module level.")

RUNS_HIDDEN_CODE = ("runs code that conversion cannot see.", "write the code out, or call a function of a module.")
READS_VARIABLES = ("reads the function's own variables, which conversion moves.", "use the variables by their names.")
SEES_FRAME = {
    "exec": RUNS_HIDDEN_CODE,
    "eval": RUNS_HIDDEN_CODE,
    "locals": READS_VARIABLES,
    "vars": READS_VARIABLES,
    "dir": READS_VARIABLES,
}
NEEDS_NO_ARGUMENT = frozenset(["vars", "dir"])


def reject(survey: Survey, ctx: ConvertContext) -> None:
    """Raises ConversionError at the first thing, in source order, that conversion does not take."""
    errors = rejections(survey, ctx)
    if errors:
        raise errors[0]


def rejections(survey: Survey, ctx: ConvertContext) -> list[ConversionError]:
    """All that conversion does not take, in source order. Asks nothing of running code: `dy2static check` lists it."""
    errors = [*unsupported_statements(survey, ctx), *outer_writes(survey, ctx)]
    errors += walrus_in_conditional_part(survey, ctx)
    errors += sent_values(survey, ctx)
    errors += frame_access(survey, ctx)
    return sorted(errors, key=lambda error: (error.loc.line, error.loc.col))


def unsupported_statements(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    for kind, (what, next_step) in UNSUPPORTED.items():
        for node in survey.find(kind):
            assert isinstance(node, ast.expr | ast.stmt)
            yield ctx.error(what, next_step, node)
    for node in survey.find(ast.comprehension):
        assert isinstance(node, ast.comprehension)
        yield ctx.error("`async for` cannot be converted.", UNSUPPORTED[ast.AsyncFor][1], node.target)


def outer_writes(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    """Names declared `global` or `nonlocal` that something else than an assignment binds."""
    for scope in survey.scope.walk():
        outer = scope.outer_writes()
        if outer:
            yield from other_bindings(scope.node, outer, ctx)


def other_bindings(node: ast.AST, outer: Mapping[str, str], ctx: ConvertContext) -> Iterator[ConversionError]:
    for child in children(node):
        match child:
            case ast.Import() | ast.ImportFrom():
                bound = [alias.asname or alias.name.partition(".")[0] for alias in child.names]
            case ast.FunctionDef():
                bound = [child.name]
            case ast.NamedExpr():
                bound = [child.target.id]
            case _:
                bound = list[str]()
        for name in bound:
            if name in outer:
                assert isinstance(child, ast.expr | ast.stmt)
                what = f"`{name}` is {outer[name]}, and bound here by something that is no assignment."
                yield ctx.error(what, f"bind a name of the function, and assign it to `{name}`.", child)
        if not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield from other_bindings(child, outer, ctx)


def sent_values(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    """`yield` as an expression: somebody may send it a value."""
    found = list(survey.find(ast.Yield, ast.YieldFrom))
    if not found:
        return
    alone: set[ast.AST] = set()
    for scope in survey.scope.walk():
        if isinstance(scope.node, ast.FunctionDef) and is_generator(scope.node):
            alone.update(n.value for n in ast.walk(scope.node) if isinstance(n, ast.Expr))
    for node in found:
        assert isinstance(node, ast.Yield | ast.YieldFrom)
        if node not in alone:
            word = "yield" if isinstance(node, ast.Yield) else "yield from"
            what = f"the value of `{word}` is used here; only `{word} ...` as a statement of its own can be converted."
            yield ctx.error(what, "pass values in as arguments instead of sending them.", node)


def walrus_in_conditional_part(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    """Elsewhere it is written out as statements, see `walrus`."""
    if next(survey.find(ast.NamedExpr), None) is None:
        return
    for kind, place in ((ast.Lambda, "lambda"), (ast.GeneratorExp, "generator expression")):
        for node in unwritten(list(survey.find(kind))):
            what = f"`{node.target.id} :=` stands in a part of a {place} that may not be evaluated."
            yield ctx.error(what, f"make the {place} a function with statements.", node)


def frame_access(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    for node in survey.find(ast.Call):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in SEES_FRAME:
                if name in NEEDS_NO_ARGUMENT and (node.args or node.keywords):
                    continue
                if ctx.is_builtin(name):
                    what, next_step = SEES_FRAME[name]
                    yield ctx.error(f"`{name}()` {what}", next_step, node)
            case _:
                pass
