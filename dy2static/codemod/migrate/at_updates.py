"""JAX's functional updates, `x.at[i].set(v)`: our tensors can be written to, so a copy is written to."""

from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.bodies import names_in
from dy2static.codemod.migrate.entries import code
from dy2static.codemod.migrate.sinks import sink_of
from dy2static.codemod.migrate.statements import assign, call, led, line
from dy2static.codemod.migrate.work import Scoped, Work, bound_in

OPERATORS: Final[dict[str, Any]] = {
    "subtract": cst.SubtractAssign,
    "multiply": cst.MultiplyAssign,
    "mul": cst.MultiplyAssign,
    "divide": cst.DivideAssign,
    "power": cst.PowerAssign,
}
EXTREMES: Final = {"min": "xp.minimum", "max": "xp.maximum"}
WHY: Final = "it stands inside an expression"


class AtUpdates(Scoped):
    """`y = x.at[i].set(v)` -> `y = xp.copy(x)`, `y[i] = v`; additions: `xp.index_add`, which sums repeated indices."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.functions: list[cst.CSTNode] = []
        self.direct: set[int] = set()

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        found = sink_of(node)
        if found is not None:
            self.direct.add(id(found[1]))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool | None:
        self.functions.append(node)
        return super().visit_FunctionDef(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        self.functions.pop()
        return super().leave_FunctionDef(original_node, updated_node)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        parts = _parts(updated_node)
        if parts is None:
            return updated_node
        x, key, method, values = parts
        if method == "get" and not values:
            return cst.Subscript(x, key)
        if method == "add" and len(values) == 1 and (index := _index(key)) is not None:
            return call(self.work.ours("xp.index_add"), [x, index, values[0]])
        if id(original_node) not in self.direct:
            self.work.left(f".{method}", WHY)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        found = sink_of(updated_node)
        if found is None or found[0].kind == "drop" or not isinstance(found[1], cst.Call):
            return updated_node
        sink, value = found
        parts = _parts(value)
        if parts is None or len(parts[3]) != 1:
            return updated_node
        x, key, method, (new,) = parts
        name = sink.name
        # The index and the value are read before the name gets its copy.
        clash = name is not None and (name in names_in(new) or any(name in names_in(k) for k in key))
        same = isinstance(x, cst.Name) and x.value == name
        if name is None or (clash and not same):
            around = self.functions[-1] if self.functions else original_node
            name = self.work.fresh("updated", bound_in(around))
            made = self.update(name, x, key, method, new)
            return updated_node if made is None else self.done(updated_node, [*made, *sink.finish(cst.Name(name))])
        made = self.update(name, x, key, method, new)
        return updated_node if made is None else self.done(updated_node, made)

    def done(self, statement: cst.SimpleStatementLine, made: list[cst.BaseStatement]) -> Any:
        self.work.changes += 1
        last = made[-1]
        if isinstance(last, cst.SimpleStatementLine):
            made[-1] = last.with_changes(trailing_whitespace=statement.trailing_whitespace)
        return cst.FlattenSentinel(led(made, statement.leading_lines))

    def update(
        self, name: str, x: cst.BaseExpression, key: Any, method: str, new: cst.BaseExpression
    ) -> list[cst.BaseStatement] | None:
        target = cst.Subscript(cst.Name(name), key)
        copy = assign(cst.Name(name), call(self.work.ours("xp.copy"), [x]))
        if method == "set":
            return [copy, assign(target, new)]
        if method in OPERATORS:
            return [copy, line(cst.AugAssign(target, OPERATORS[method](), new))]
        if method in EXTREMES:
            return [copy, assign(target, call(self.work.ours(EXTREMES[method]), [target.deep_clone(), new]))]
        return None


def _parts(node: cst.BaseExpression) -> tuple[cst.BaseExpression, Any, str, list[cst.BaseExpression]] | None:
    """`x`, the key, the method and its values, of `x.at[key].method(values)`."""
    match node:
        case cst.Call(
            func=cst.Attribute(
                value=cst.Subscript(value=cst.Attribute(value=x, attr=cst.Name(value="at")), slice=key),
                attr=cst.Name(value=method),
            )
        ):
            values = [argument.value for argument in node.args if argument.keyword is None]
            return x, key, method, values
        case _:
            return None


def _index(key: Any) -> cst.BaseExpression | None:
    """A key as an expression; None where it has slices."""
    text = code(cst.Subscript(cst.Name("x"), key))[2:-1]
    if any(not isinstance(element.slice, cst.Index) for element in key):
        return None
    return cst.parse_expression(f"({text})" if len(key) > 1 else text)
