"""The walk that hands every statement and expression to the converter of its construct."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dy2static.analysis.facts import Flow
from dy2static.analysis.flow import analyse
from dy2static.analysis.survey import child_fields
from dy2static.converters.context import ConvertContext

StatementConverter = Callable[[ast.stmt, "Rewriter"], list[ast.stmt]]
ExpressionConverter = Callable[[ast.expr, "Rewriter"], ast.expr]


@dataclass(frozen=True, slots=True)
class Converters:
    """The converter of each construct; what has none is only walked through."""

    statements: Mapping[type[ast.AST], StatementConverter]
    expressions: Mapping[type[ast.AST], ExpressionConverter]


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Converts what stands in one function. A converter calls it for the parts of its construct, in whatever order.

    `first_parameter`: of the innermost user function, for `super()`. `outer`: the names that this function declares
    `global` or `nonlocal` and binds. Trees are changed in place: they are ours.
    """

    ctx: ConvertContext
    converters: Converters
    flow: Flow
    first_parameter: str | None
    outer: Mapping[str, str] = field(default_factory=dict[str, str])

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        converted: list[ast.stmt] = []
        for statement in statements:
            converted += self.statement(statement)
        return converted

    def statement(self, statement: ast.stmt) -> list[ast.stmt]:
        converter = self.converters.statements.get(type(statement))
        if converter is not None:
            return converter(statement, self)
        self.parts(statement)
        return [statement]

    def expression(self, expression: ast.expr) -> ast.expr:
        kind = type(expression)
        if kind is ast.Constant:
            return expression
        if kind is ast.Name and expression not in self.flow.unbound_reads and not self.outer:
            return expression
        converter = self.converters.expressions.get(kind)
        if converter is not None:
            return converter(expression, self)
        self.parts(expression)
        return expression

    def expressions(self, expressions: Sequence[ast.expr]) -> list[ast.expr]:
        return [self.expression(expression) for expression in expressions]

    def parts(self, node: ast.AST) -> None:
        """Convert the expressions below `node`, in place."""
        for name in child_fields(type(node)):
            value: object = getattr(node, name, None)
            if isinstance(value, ast.expr):
                setattr(node, name, self.expression(value))
            elif isinstance(value, list):
                items: list[object] = value  # pyright: ignore[reportUnknownVariableType]
                for i, item in enumerate(items):
                    if isinstance(item, ast.expr):
                        items[i] = self.expression(item)
                    elif isinstance(item, ast.AST):
                        self.parts(item)
            elif isinstance(value, ast.AST):
                self.parts(value)

    @staticmethod
    def of(function: ast.FunctionDef, ctx: ConvertContext, converters: Converters) -> "Rewriter":
        """The rewriter for the body of `function`."""
        scope = ctx.scopes[function]
        parameters = scope.parameters()
        first = parameters[0] if parameters else None
        leaving = (ctx.names.fresh("did_return"), ctx.names.fresh("return_value"))
        flow = analyse(function.body, scope, leaving)
        return Rewriter(ctx, converters, flow, first, scope.outer_writes())

    def inside(self, function: ast.FunctionDef) -> "Rewriter":
        """The rewriter for the body of a function that stands in this one.

        Reads of this function's names that may find them unbound are marked there too.
        """
        inner = Rewriter.of(function, self.ctx, self.converters)
        return replace(inner, flow=inner.flow.seeing(self.flow))

    def inside_lambda(self, function: ast.Lambda) -> "Rewriter":
        """The rewriter for the body of a lambda: it has no blocks, and its parameters are always bound."""
        parameters = self.ctx.scopes[function].parameters()
        return replace(self, first_parameter=parameters[0] if parameters else None)
