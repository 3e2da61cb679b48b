"""Calls of control-flow primitives become statements of Python, where the call is a statement or part of one."""

from collections.abc import Sequence
from typing import Any, Final

import libcst as cst

from dy2static.codemod.migrate.branches import (
    MAX_WIDTH,
    as_expression,
    branch_block,
    if_statement,
    index_tests,
    is_short,
    operands_of,
)
from dy2static.codemod.migrate.entries import LeftError, code
from dy2static.codemod.migrate.framework import Primitive
from dy2static.codemod.migrate.loops import Made, Site, make_loop
from dy2static.codemod.migrate.sinks import Sink, integer, sink_of
from dy2static.codemod.migrate.statements import assign, elements_of, led
from dy2static.codemod.migrate.surroundings import Around, GivenFunction, names_after, resolve, without_unused
from dy2static.codemod.migrate.work import Scoped, Work, bound_in

FUNCTIONS: Final = ("test", "body", "then", "orelse")
LAZY: Final = (cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.IfExp, cst.BooleanOperation)
IN_EXPRESSION = "it stands inside a part that may not run, or in the head of a statement"


class ControlFlow(Scoped):
    """`while_loop(test, body, [i])` -> `while`, `cond(p, f, g)` -> `if`, and so on."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.chain: list[Around] = []
        self.statements: list[cst.SimpleStatementLine] = []
        self.pending: list[list[cst.BaseStatement]] = []
        self.direct: set[int] = set()
        self.lazy = 0

    # Where we are

    def visit_Module(self, node: cst.Module) -> None:
        self.chain.append(Around(node, is_module=True))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool | None:
        self.chain.append(Around(node, is_module=False))
        return super().visit_FunctionDef(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Any:
        around = self.chain.pop()
        updated_node = super().leave_FunctionDef(original_node, updated_node)
        if around.used:
            updated_node = without_unused(updated_node, around)
        self.chain[-1].functions[original_node.name.value] = (original_node, updated_node)
        return updated_node

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        self.statements.append(node)
        self.pending.append([])
        found = sink_of(node)
        if found is not None:
            self.direct.add(id(found[1]))

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.lazy += isinstance(node, LAZY)
        return super().on_visit(node)

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        self.lazy -= isinstance(original_node, LAZY)
        return super().on_leave(original_node, updated_node)

    # Calls

    def primitive(self, node: cst.Call) -> tuple[str, Primitive] | None:
        name = self.theirs(node.func)
        found = None if name is None else self.work.framework.primitives.get(name)
        return None if name is None or found is None else (name, found)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        known = self.primitive(original_node)
        if known is None or id(original_node) in self.direct:
            return updated_node
        name, primitive = known
        try:
            if primitive.form == "cond":
                return self.conditional(primitive, updated_node)
            if self.lazy and primitive.form == "map":
                return self.loop(primitive, original_node, updated_node, Sink("return")).value
            if self.lazy or not self.statements:
                raise LeftError(IN_EXPRESSION)
            around = self.chain[-1]
            result = self.work.fresh("result", bound_in(around.node) | around.made)
            around.made.add(result)
            sink = Sink("assign", cst.Name(result))
            self.pending[-1] += self.statements_of(primitive, original_node, updated_node, sink)
            self.work.changes += 1
            return cst.Name(result)
        except LeftError as error:
            self.work.left(name, str(error))
            return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        before = self.pending.pop()
        made = self.expanded(original_node, updated_node)
        self.statements.pop()
        if made is None:
            return cst.FlattenSentinel([*before, updated_node]) if before else updated_node
        lines = [*updated_node.leading_lines]
        comment = updated_node.trailing_whitespace.comment
        if comment is not None:
            lines.append(cst.EmptyLine(comment=comment))
        return cst.FlattenSentinel(led([*before, *made], lines)) if made or before else cst.RemoveFromParent()

    def expanded(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> list[cst.BaseStatement] | None:
        """The statements in the place of one whose value is the call of a primitive."""
        found, updated = sink_of(original_node), sink_of(updated_node)
        if found is None or updated is None or not isinstance(found[1], cst.Call):
            return None
        known = self.primitive(found[1])
        if known is None or not isinstance(updated[1], cst.Call):
            return None
        name, primitive = known
        try:
            made = self.statements_of(primitive, found[1], updated[1], found[0])
        except LeftError as error:
            self.work.left(name, str(error))
            return None
        self.work.changes += 1
        return made

    # Making

    def arguments(
        self, primitive: Primitive, node: cst.Call
    ) -> tuple[dict[str, cst.BaseExpression], list[cst.BaseExpression]]:
        """What the parameters of a primitive are given, and what is given beyond them."""
        given: dict[str, cst.BaseExpression] = {}
        rest: list[cst.BaseExpression] = []
        position = 0
        roles = [parameter.partition(":")[2] or parameter for parameter in primitive.parameters]
        names = [parameter.partition(":")[0] for parameter in primitive.parameters]
        for argument in node.args:
            if argument.star:
                raise LeftError("its arguments are unpacked from a variable")
            if argument.keyword is not None:
                key = argument.keyword.value
                if key not in names:
                    if key in self.work.framework.dropped:
                        continue
                    raise LeftError(f"`{key}` has no counterpart")
                given[roles[names.index(key)]] = argument.value
            elif position < len(roles):
                given[roles[position]] = argument.value
                position += 1
            else:
                rest.append(argument.value)
        for role in [role for role in given if role.startswith("-")]:
            del given[role]
        for role in [role for role in given if role.startswith("!")]:
            value = given.pop(role)
            if not (isinstance(value, cst.Name) and value.value in ("None", "False")):
                raise LeftError(f"`{role[1:]}` has no counterpart")
        return given, rest

    def statements_of(
        self, primitive: Primitive, original: cst.Call, updated: cst.Call, sink: Sink
    ) -> list[cst.BaseStatement]:
        match primitive.form:
            case "cond":
                return self.branches(primitive, original, updated, sink)
            case "switch" | "case":
                return self.chain_of(primitive, original, updated, sink)
            case _:
                made = self.loop(primitive, original, updated, sink)
                return [*made.statements, *sink.finish(made.value)]

    def loop(self, primitive: Primitive, original: cst.Call, updated: cst.Call, sink: Sink) -> Made:
        given, rest = self.arguments(primitive, updated)
        if rest:
            raise LeftError("it has more arguments than are known")
        functions = {role: resolve(given[role], self.chain) for role in FUNCTIONS if role in given}
        if not functions:
            raise LeftError("its functions are not given")
        made = make_loop(primitive, given, sink, self.site(functions, sink))
        self.note_inlined([functions[role] for role in made.inlined])
        return made

    def site(self, functions: dict[str, GivenFunction], sink: Sink) -> Site:
        inlined = [f.original for f in functions.values() if f.original is not None and f.body is not None]
        after: set[str] = set()
        if self.statements:
            after = names_after(self.chain[-1], self.statements[-1], inlined, sink.kind == "return")
        if sink.target is not None and sink.names is not None:
            after -= set(sink.names)
        if sink.name is not None and sink.index is None:
            after -= {sink.name}
        return Site(functions, after, self.work.fresh, self.work.ours)

    def note_inlined(self, functions: Sequence[GivenFunction]) -> None:
        for function in functions:
            if isinstance(function.node, cst.Name) and function.body is not None:
                for around in reversed(self.chain):
                    if function.node.value in around.functions:
                        around.used.add(function.node.value)
                        break

    def conditional(self, primitive: Primitive, updated: cst.Call) -> cst.BaseExpression:
        given, rest = self.arguments(primitive, updated)
        then, orelse = self.both(given)
        operands = operands_of(given, rest, primitive.spread)
        made = as_expression(given["test"], then, orelse, operands)
        self.note_inlined([f for f in (then, orelse) if is_short(f, operands)])
        self.work.changes += 1
        return made.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def both(self, given: dict[str, cst.BaseExpression]) -> tuple[GivenFunction, GivenFunction]:
        for role in ("test", "then", "orelse"):
            if role not in given:
                raise LeftError("one of its functions is missing")
        return resolve(given["then"], self.chain), resolve(given["orelse"], self.chain)

    def branches(
        self, primitive: Primitive, original: cst.Call, updated: cst.Call, sink: Sink
    ) -> list[cst.BaseStatement]:
        given, rest = self.arguments(primitive, updated)
        then, orelse = self.both(given)
        operands = operands_of(given, rest, primitive.spread)
        if is_short(then, operands) and is_short(orelse, operands):
            made = sink.finish(as_expression(given["test"], then, orelse, operands))
            lead = [line for f in (then, orelse) if f.body is not None for line in f.body.lead]
            if len("".join(code(statement) for statement in made).strip()) <= MAX_WIDTH and not lead:
                self.note_inlined([then, orelse])
                return made
        site = self.site({"then": then, "orelse": orelse}, sink)
        blocks = [branch_block(f, operands, sink, site) for f in (then, orelse)]
        self.note_inlined([then, orelse])
        return [if_statement([given["test"]], blocks)]

    def chain_of(
        self, primitive: Primitive, original: cst.Call, updated: cst.Call, sink: Sink
    ) -> list[cst.BaseStatement]:
        given, rest = self.arguments(primitive, updated)
        nodes, keys, tests = self.listed(primitive, given)
        functions = [resolve(node, self.chain) for node in nodes]
        operands = operands_of(given, rest, primitive.spread)
        site = self.site({str(i): f for i, f in enumerate(functions)}, sink)
        before: list[cst.BaseStatement] = []
        if primitive.form == "switch":
            index = given["index"]
            if not isinstance(index, cst.Name | cst.Attribute):
                name = self.work.fresh("index", site.after | bound_in(self.chain[-1].node))
                before.append(assign(cst.Name(name), index))
                index = cst.Name(name)
            tests = index_tests(index, keys, primitive.clamps)
        blocks = [branch_block(function, operands, sink, site) for function in functions]
        self.note_inlined(functions)
        if not tests:
            return [*before, *blocks[0]]
        return [*before, if_statement(tests, blocks)]

    def listed(
        self, primitive: Primitive, given: dict[str, cst.BaseExpression]
    ) -> tuple[list[cst.BaseExpression], list[int], list[cst.BaseExpression]]:
        """The functions of a `switch` or `case`, with their numbers or tests; the last is for all that is left."""
        listed = given.get("functions")
        nodes: list[cst.BaseExpression] = []
        keys: list[int] = []
        tests: list[cst.BaseExpression] = []
        pairs = _pairs(listed) if listed is not None else None
        if pairs is not None:
            for key, node in pairs:
                number = integer(key)
                if primitive.form == "switch" and number is None:
                    raise LeftError("the numbers of its branches are not written out")
                keys.append(number or 0)
                tests.append(key)
                nodes.append(node)
        else:
            plain = elements_of(listed) if listed is not None else None
            if not plain or primitive.form == "case":
                raise LeftError("its branches are not listed in the call")
            nodes, keys = plain, list(range(len(plain)))
        default = given.get("default")
        if default is not None and not (isinstance(default, cst.Name) and default.value == "None"):
            nodes.append(default)
            keys.append(-1)
        elif primitive.form == "case":
            tests = tests[:-1]
        return nodes, keys, tests


def _pairs(listed: cst.BaseExpression) -> list[tuple[cst.BaseExpression, cst.BaseExpression]] | None:
    """`[(0, f), (1, g)]` or `{0: f, 1: g}`."""
    if isinstance(listed, cst.Dict):
        elements = [e for e in listed.elements if isinstance(e, cst.DictElement)]
        return [(element.key, element.value) for element in elements] if len(elements) == len(listed.elements) else None
    parts = elements_of(listed)
    if not parts:
        return None
    pairs = [elements_of(part) for part in parts]
    found = [(pair[0], pair[1]) for pair in pairs if pair is not None and len(pair) == 2]
    return found if len(found) == len(parts) else None
