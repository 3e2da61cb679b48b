"""TensorFlow's `TensorArray`, where it is filled from its beginning on: a list does the same."""

from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.bodies import occurrences
from dy2static.codemod.migrate.statements import assign, call, expression
from dy2static.codemod.migrate.work import Scoped, Work

ARRAY: Final = "tensorflow.TensorArray"
RANGES: Final = ("range", "tensorflow.range")
READS: Final = ("stack", "concat", "read", "size")


class TensorArrays(Scoped):
    """`ys = tf.TensorArray(...)`, `ys = ys.write(i, y)` in a loop over `i`, `ys.stack()` -> a list that is appended to.

    Only where nothing else is done to it: otherwise the order of its elements could not be told.
    """

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.lists: list[set[str]] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool | None:
        seen = super().visit_FunctionDef(node)
        uses = _Uses(self)
        node.body.visit(uses)
        counted = occurrences(node.body)
        self.lists.append({name for name in uses.made if counted.count(name) == uses.known.get(name, 0)})
        return seen

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        self.lists.pop()
        return super().leave_FunctionDef(original_node, updated_node)

    def is_list(self, node: cst.CSTNode) -> bool:
        return bool(self.lists) and isinstance(node, cst.Name) and node.value in self.lists[-1]

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        match updated_node.body:
            case [cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)], value=cst.Call() as made)]:
                if not self.is_list(name):
                    return updated_node
            case _:
                return updated_node
        self.work.changes += 1
        if self.theirs(made.func) == ARRAY:
            return updated_node.with_changes(body=assign(name, cst.List([])).body)
        value = made.args[1].value
        return updated_node.with_changes(body=expression(call(cst.Attribute(name, cst.Name("append")), [value])).body)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        match updated_node:
            case cst.Call(func=cst.Attribute(value=cst.Name() as name, attr=cst.Name(value=method)), args=args):
                if not self.is_list(name) or method not in READS:
                    return updated_node
            case _:
                return updated_node
        if method == "read":
            return cst.Subscript(name, [cst.SubscriptElement(cst.Index(args[0].value))])
        if method == "size":
            return call(self.work.ours("len"), [name])
        return call(self.work.ours(f"xp.{method}"), [name])


class _Uses(cst.CSTVisitor):
    """How often each array is used in a way that a list can be used in its place."""

    def __init__(self, scoped: TensorArrays) -> None:
        self.scoped = scoped
        self.made: set[str] = set()
        self.known: dict[str, int] = {}

    def add(self, name: str, count: int) -> None:
        self.known[name] = self.known.get(name, 0) + count

    def visit_Assign(self, node: cst.Assign) -> None:
        match node:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Call(func=function)):
                if self.scoped.theirs(function) == ARRAY:
                    self.made.add(name)
                    self.add(name, 1)
            case _:
                pass

    def visit_For(self, node: cst.For) -> None:
        match node:
            case cst.For(target=cst.Name(value=index), iter=cst.Call(func=function, args=[_])):
                if self.scoped.qualified(function) not in RANGES and not (
                    isinstance(function, cst.Name) and function.value == "range"
                ):
                    return
            case _:
                return
        for statement in node.body.body:
            match statement:
                case cst.SimpleStatementLine(
                    body=[
                        cst.Assign(
                            targets=[cst.AssignTarget(target=cst.Name(value=name))],
                            value=cst.Call(
                                func=cst.Attribute(value=cst.Name(value=written), attr=cst.Name(value="write")),
                                args=[cst.Arg(value=cst.Name(value=at)), cst.Arg()],
                            ),
                        )
                    ]
                ) if name == written and at == index:
                    self.add(name, 2)
                case _:
                    pass

    def visit_Call(self, node: cst.Call) -> None:
        match node:
            case cst.Call(func=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value=method)), args=args):
                if method in READS and len(args) == (method == "read"):
                    self.add(name, 1)
            case _:
                pass
