"""What conversion does not take yet is refused at the user's line, with the way out; it never runs as it is."""

import ast
import sys
from collections.abc import Iterator

from dy2static.analysis.survey import Scope, Survey
from dy2static.converters.context import ConvertContext
from dy2static.errors import ConversionError

UNSUPPORTED: dict[type[ast.AST], tuple[str, str]] = {
    ast.Yield: ("`yield` cannot be converted.", "collect the values in a list and return it."),
    ast.YieldFrom: ("`yield from` cannot be converted.", "collect the values in a list and return it."),
    ast.AsyncFunctionDef: ("`async def` cannot be converted.", "make it a plain function, and await outside of it."),
    ast.AsyncFor: ("`async for` cannot be converted.", "gather the items first, outside of the converted function."),
    ast.AsyncWith: ("`async with` cannot be converted.", "enter the context outside of the converted function."),
    ast.Await: ("`await` cannot be converted.", "await outside, and pass the result in."),
    ast.Try: ("`try` cannot be converted yet.", "handle the exception outside of the converted function."),
    ast.TryStar: ("`try` cannot be converted yet.", "handle the exception outside of the converted function."),
    ast.With: ("`with` cannot be converted yet.", "enter the context outside of the converted function."),
    ast.Delete: ("`del` cannot be converted yet.", "leave the name or item, or build a new value without it."),
    ast.Match: ("`match` cannot be converted yet.", "write it as `if` and `elif`."),
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
    errors = [*unsupported_statements(survey, ctx), *outer_writes(survey, ctx)]
    errors += walrus_in_conditional_part(survey, ctx)
    errors += frame_access(survey, ctx)
    if errors:
        raise min(errors, key=lambda error: (error.loc.line, error.loc.col))


def unsupported_statements(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    for kind, (what, next_step) in UNSUPPORTED.items():
        for node in survey.find(kind):
            assert isinstance(node, ast.expr | ast.stmt)
            yield ctx.error(what, next_step, node)
    for node in survey.find(ast.comprehension):
        assert isinstance(node, ast.comprehension)
        yield ctx.error("`async for` cannot be converted.", UNSUPPORTED[ast.AsyncFor][1], node.target)


def outer_writes(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    """`global` and `nonlocal` of names that the function then binds."""
    for scope in survey.scope.walk():
        yield from outer_writes_of(scope, survey, ctx)


def outer_writes_of(scope: Scope, survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    for names, kind, word in (
        (scope.declared_global, ast.Global, "global"),
        (scope.declared_nonlocal, ast.Nonlocal, "nonlocal"),
    ):
        written = {name for name in names if name in scope.bound}
        if not written:
            continue
        for node in survey.find(kind):
            assert isinstance(node, ast.Global | ast.Nonlocal)
            for name in node.names:
                if name in written:
                    what = f"`{name}` is {word} and assigned here, which cannot be converted yet."
                    yield ctx.error(what, "return the new value, or keep it in an attribute or a list.", node)


def walrus_in_conditional_part(survey: Survey, ctx: ConvertContext) -> Iterator[ConversionError]:
    if next(survey.find(ast.NamedExpr), None) is None:
        return
    for part, place in conditional_parts(survey):
        for node in ast.walk(part):
            if isinstance(node, ast.NamedExpr):
                what = f"`{node.target.id} :=` stands in {place}, where it cannot be converted yet."
                yield ctx.error(what, f"assign `{node.target.id}` in a statement of its own.", node)


def conditional_parts(survey: Survey) -> Iterator[tuple[ast.expr, str]]:
    """Expressions that become functions of their own."""
    for node in survey.find(ast.BoolOp, ast.IfExp, ast.Compare, ast.While, ast.Assert):
        match node:
            case ast.BoolOp(op=ast.And()):
                yield node, "an `and`"
            case ast.BoolOp():
                yield node, "an `or`"
            case ast.IfExp():
                yield node.body, "a conditional expression"
                yield node.orelse, "a conditional expression"
            case ast.Compare() if len(node.ops) > 1:
                for part in node.comparators:
                    yield part, "a chained comparison"
            case ast.While():
                yield node.test, "the test of a `while`"
            case ast.Assert():
                yield node.test, "an `assert`"
                if node.msg is not None:
                    yield node.msg, "an `assert`"
            case _:
                pass


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
