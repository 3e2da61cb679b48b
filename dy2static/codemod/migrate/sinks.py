"""Where the result of a primitive goes: into names, out of the function, or nowhere."""

from dataclasses import dataclass
from typing import Literal

import libcst as cst

from dy2static.codemod.migrate.statements import assign, assign_all, elements_of, expression, line, without_brackets
from dy2static.codemod.migrate.surroundings import target_names


@dataclass(frozen=True, slots=True)
class Sink:
    """`index`: which part of the result is wanted, where it is one. `target`: of an assignment."""

    kind: Literal["assign", "return", "drop"]
    target: cst.BaseAssignTargetExpression | None = None
    index: int | None = None

    @property
    def names(self) -> list[str] | None:
        """The names of a flat target of several; `_` for those that nobody reads."""
        return None if self.target is None or self.index is not None else target_names(self.target)

    @property
    def name(self) -> str | None:
        """The one name that the result is given."""
        return self.target.value if isinstance(self.target, cst.Name) else None

    def part(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """What of `value` is wanted."""
        if self.index is None:
            return value
        found = elements_of(value)
        if found is not None and -len(found) <= self.index < len(found):
            return found[self.index]
        brackets = [cst.SubscriptElement(cst.Index(cst.Integer(str(self.index))))]
        return cst.Subscript(value, brackets)

    def finish(self, value: cst.BaseExpression) -> list[cst.BaseStatement]:
        """The statements that take the result where it goes."""
        value = self.part(value)
        if self.kind == "return":
            return [line(cst.Return(without_brackets(value)))]
        if self.kind == "drop" or self.target is None:
            return [] if isinstance(value, cst.Name | cst.Tuple | cst.List) else [expression(value)]
        pairs = matched(self.target, value)
        if pairs is not None:
            wanted = [(name, v) for name, v in pairs if name != "_" or not is_plain(v)]
            return assign_all([name for name, _ in wanted], [v for _, v in wanted])
        if self.name is not None:
            return assign_all([self.name], [value])
        return [assign(self.target, without_brackets(value))]


def matched(target: cst.BaseExpression, value: cst.BaseExpression) -> list[tuple[str, cst.BaseExpression]] | None:
    """Each name of a target with its value, where both are written out: `(a, b), c` and `(x, y), z`."""
    targets, values = elements_of(target), elements_of(value)
    if targets is None or values is None or len(targets) != len(values):
        return None
    found: list[tuple[str, cst.BaseExpression]] = []
    for one, other in zip(targets, values, strict=True):
        inner = [(one.value, other)] if isinstance(one, cst.Name) else matched(one, other)
        if inner is None:
            return None
        found += inner
    return found


def is_plain(value: cst.BaseExpression) -> bool:
    """Whether leaving an expression out changes nothing."""
    return isinstance(value, cst.Name | cst.BaseNumber | cst.SimpleString)


def sink_of(statement: cst.SimpleStatementLine) -> tuple[Sink, cst.BaseExpression] | None:
    """Where the value of a statement goes, and the expression of the value; None for other statements."""
    match statement.body:
        case [cst.Assign(targets=[cst.AssignTarget(target=target)], value=value)]:
            return _indexed(Sink("assign", target), value)
        case [cst.Return(value=cst.BaseExpression() as value)]:
            return _indexed(Sink("return"), value)
        case [cst.Expr(value=value)]:
            return _indexed(Sink("drop"), value)
        case _:
            return None


def _indexed(sink: Sink, value: cst.BaseExpression) -> tuple[Sink, cst.BaseExpression]:
    match value:
        case cst.Subscript(value=cst.Call() as inner, slice=[cst.SubscriptElement(slice=cst.Index(value=index))]):
            number = integer(index)
            if number is not None:
                return Sink(sink.kind, sink.target, number), inner
        case _:
            pass
    return sink, value


def integer(node: cst.BaseExpression) -> int | None:
    """The value of `1` or `-1`."""
    match node:
        case cst.Integer():
            return node.evaluated_value
        case cst.UnaryOperation(operator=cst.Minus(), expression=cst.Integer() as number):
            return -number.evaluated_value
        case _:
            return None
