"""Early `return`, `break` and `continue` become flags and nesting, so that every block runs to its end.

    if c:                       if c:
        return a                    return_value = a
    rest                 ->     else:
    return b                        rest
                                    return_value = b
                                return return_value

Where only a part of one side leaves, a flag says whether it did, and guards what follows. The result is Python with
the same meaning. A `for` that can be left ends in `if <flags>: break`, its stop test, which `for_stmt` takes off; a
`while` has the flags in its test. The `else` of a loop stands behind it, guarded by the loop's flag. What leaves a
`try` or `with` early sets its flag too, and runs to the end of the block.
"""

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dy2static.analysis.escapes import FALL, LEAVING, Escapes, Exit, Exits, Loop, blocks_of, is_endless
from dy2static.converters.build import Located, constant, load, position, returns, set_name
from dy2static.converters.context import ConvertContext

NOTHING: Exits = frozenset()
CONSTRUCTS = LEAVING | {ast.FunctionDef}
"""What has something to be taken out, or may leave the block."""


def convert(function: ast.FunctionDef, ctx: ConvertContext) -> ast.FunctionDef:
    """Takes the early exits out of `function` and of all functions inside it."""
    start = 1 if ast.get_docstring(function, clean=False) is not None else 0
    function.body[start:] = _Lowering(ctx, function).run(function.body[start:])
    return function


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a block stands: in how many loops, and which exits have to set a flag, as something follows behind it."""

    depth: int
    flagged: Exits
    is_protected: bool = False
    """Whether an exception would be seen by code of this function: a flag is not set before all went well."""


def is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def returns_of(statements: Sequence[ast.stmt]) -> list[ast.Return]:
    """The returns of these statements themselves, nested functions left out."""
    found: list[ast.Return] = []
    for statement in statements:
        if isinstance(statement, ast.Return):
            found.append(statement)
        for block in blocks_of(statement):
            found += returns_of(block)
    return found


def is_small(statements: Sequence[ast.stmt]) -> bool:
    """Only `return` of a constant or name: shorter to repeat than to guard."""
    match statements:
        case [ast.Return(value=None | ast.Constant() | ast.Name() | ast.UnaryOp(operand=ast.Constant()))]:
            return True
        case _:
            return False


def conjuncts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def mentions(node: ast.stmt | ast.expr, flag: str) -> bool:
    """Whether a flag is set or tested in `node`: only in the forms that stand in this file."""
    match node:
        case ast.Name(id=name) | ast.Assign(targets=[ast.Name(id=name)]):
            return name == flag
        case ast.UnaryOp(operand=operand):
            return mentions(operand, flag)
        case ast.BoolOp(values=values):
            return any(mentions(value, flag) for value in values)
        case ast.If() | ast.While():
            return mentions(node.test, flag) or any(mentions(part, flag) for part in [*node.body, *node.orelse])
        case ast.For() | ast.With() | ast.Try():
            return any(mentions(part, flag) for block in blocks_of(node) for part in block)
        case _:
            return False


def start_flag(statements: list[ast.stmt], flag: str) -> list[ast.stmt]:
    """`flag = False` before the first statement that has to do with it, as far inside as possible."""
    users = [i for i, statement in enumerate(statements) if mentions(statement, flag)]
    if not users:
        return statements
    first = statements[users[0]]
    if isinstance(first, ast.If) and len(users) == 1 and not mentions(first.test, flag):
        first.body = start_flag(first.body, flag)
        first.orelse = start_flag(first.orelse, flag)
        return statements
    return [*statements[: users[0]], set_name(flag, constant(False, first), first), *statements[users[0] :]]


def split_items(node: ast.With) -> None:
    """`with a, b: ...` -> `with a:` and in it `with b: ...`."""
    if len(node.items) > 1:
        inner = ast.With(node.items[1:], node.body, **position(node))
        node.items, node.body = node.items[:1], [inner]


def first_jump(statements: Sequence[ast.stmt]) -> ast.stmt:
    """The first early exit in source order."""
    for statement in statements:
        if isinstance(statement, ast.Return | ast.Break | ast.Continue):
            return statement
        for block in blocks_of(statement):
            found = first_jump(block)
            if isinstance(found, ast.Return | ast.Break | ast.Continue):
                return found
    return statements[0]


def may_fail_late(statements: Sequence[ast.stmt]) -> bool:
    """Whether something in a block can fail on the way out, after a flag says that the block is left: a `finally`, the
    end of a `with`."""
    for statement in statements:
        if isinstance(statement, ast.With) or (isinstance(statement, ast.Try) and statement.finalbody):
            return True
        if any(may_fail_late(block) for block in blocks_of(statement)):
            return True
    return False


def forgetting(
    body: list[ast.stmt],
    at: Located,
    handlers: Sequence[ast.ExceptHandler] = (),
    orelse: Sequence[ast.stmt] = (),
) -> ast.Try:
    """A `try` that catches, after these handlers, whatever else is raised, and does nothing about it."""
    rest = ast.ExceptHandler(None, None, [ast.Pass(**position(at))], **position(at))
    takes_all = any(handler.type is None for handler in handlers)
    return ast.Try(body, [*handlers, *([] if takes_all else [rest])], [*orelse], [], **position(at))


class _Lowering:
    """Works on one function; functions inside it get their own."""

    def __init__(self, ctx: ConvertContext, function: ast.FunctionDef) -> None:
        self.ctx = ctx
        self.function = function
        self.escapes = Escapes()
        self.did_return = ctx.names.fresh("did_return")
        self.return_value = ctx.names.fresh("return_value")
        self.has_value = False
        self.used: set[str] = set()

    def flag(self, base: str, where: _Where) -> str:
        return self.ctx.names.fresh(base, where.depth - 1)

    def run(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found = returns_of(body)
        last = body[-1] if body else None
        if isinstance(last, ast.Return) and len(found) == 1:
            # One way out, at the end: it stays as it is.
            return [*self.block(body[:-1], _Where(0, NOTHING)), last]
        self.has_value = any(not is_none(node.value) for node in found)
        if self.has_value and Exit.FALL in self.escapes.block(body):
            body = [*body, ast.Return(None, **position(self.function))]
        body = self.block(body, _Where(0, NOTHING))
        if self.did_return in self.used:
            body = start_flag(body, self.did_return)
        if self.has_value:
            body.append(returns(load(self.return_value, body[-1]), body[-1]))
        return body

    def block(self, statements: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        done: list[ast.stmt] = []
        for i, statement in enumerate(statements):
            if type(statement) not in CONSTRUCTS:
                done.append(statement)
                continue
            rest = statements[i + 1 :]
            match statement:
                case ast.Return() | ast.Break() | ast.Continue():
                    return done + self.jump(statement, where)
                case ast.If() if self.escapes.statement(statement) - FALL:
                    return done + self.if_with_jumps(statement, rest, where)
                case ast.While() | ast.For():
                    return done + self.loop(statement, rest, where)
                case ast.If():
                    statement.body = self.block(statement.body, where)
                    statement.orelse = self.block(statement.orelse, where)
                case ast.With() | ast.Try():
                    return done + self.protected(statement, rest, where)
                case ast.FunctionDef():
                    convert(statement, self.ctx)
                case _:
                    pass
            done.append(statement)
            if Exit.FALL not in self.escapes.statement(statement):
                break
        return done

    def jump(self, jump: ast.Return | ast.Break | ast.Continue, where: _Where) -> list[ast.stmt]:
        """What a jump leaves behind: its value, and the flag for those who have to know."""
        true = constant(True, jump)
        match jump:
            case ast.Break():
                return [set_name(self.flag("did_break", where), true, jump)]
            case ast.Continue():
                if Exit.CONTINUE not in where.flagged:
                    return []
                flag = self.flag("did_continue", where)
                self.used.add(flag)
                return [set_name(flag, true, jump)]
            case ast.Return():
                done: list[ast.stmt] = []
                if self.has_value:
                    value = constant(None, jump) if jump.value is None else jump.value
                    done.append(set_name(self.return_value, value, jump))
                elif jump.value is not None and not isinstance(jump.value, ast.Constant):
                    done.append(ast.Expr(jump.value, **position(jump)))
                if Exit.RETURN in where.flagged:
                    self.used.add(self.did_return)
                    flag = set_name(self.did_return, true, jump)
                    done.insert(len(done) if where.is_protected else 0, flag)
                return done

    def if_with_jumps(self, node: ast.If, rest: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        """An `if` that some path leaves early: `rest` moves into it where it can, else a flag guards it."""
        body_falls = Exit.FALL in self.escapes.block(node.body)
        orelse_falls = Exit.FALL in self.escapes.block(node.orelse)
        if rest and body_falls and orelse_falls and not is_small(rest):
            exits = self.escapes.statement(node) - FALL
            inner = replace(where, flagged=where.flagged | exits)
            node.body, node.orelse = self.filled(node.body, inner), self.block(node.orelse, inner)
            return [node, *self.guarded(exits, rest, where, node)]
        both = body_falls and orelse_falls
        node.body = self.filled([*node.body, *rest] if body_falls else node.body, where)
        if orelse_falls:
            tail = copy.deepcopy(rest) if both else rest
            node.orelse = self.block([*node.orelse, *tail], where)
        else:
            node.orelse = self.block(node.orelse, where)
        return [node]

    def protected(self, node: ast.With | ast.Try, rest: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        """A `try` or `with`: what leaves it early sets a flag, as an exception may have left it too, or `finally` be
        still to run. `with a, b` becomes one in the other."""
        if isinstance(node, ast.With):
            split_items(node)
        elif node.finalbody and Exit.FALL not in self.escapes.block(node.finalbody):
            return self.with_leaving_final(node, where)
        exits, falls = self.escapes.statement(node) - FALL, Exit.FALL in self.escapes.statement(node)
        inner = _Where(where.depth, where.flagged | (exits if rest and falls else NOTHING), is_protected=True)
        if isinstance(node, ast.Try):
            self.try_blocks(node, inner, where)
        else:
            node.body = self.filled(node.body, inner)
        if not (rest and falls):
            return [node]
        return [node, *(self.guarded(exits, rest, where, node) if exits else self.block(rest, where))]

    def with_leaving_final(self, node: ast.Try, where: _Where) -> list[ast.stmt]:
        """A `finally` that leaves by itself: how the rest of the statement ends is forgotten."""
        handlers = [ast.ExceptHandler(h.type, h.name, [forgetting(h.body, h)], **position(h)) for h in node.handlers]
        orelse: list[ast.stmt] = [forgetting(node.orelse, node.orelse[0])] if node.orelse else []
        kept = forgetting(node.body, node, handlers, orelse)
        exits = self.escapes.statement(kept) - FALL
        self.try_blocks(kept, _Where(where.depth, where.flagged | exits, is_protected=True), where)
        forgotten = [set_name(flag, constant(False, node), node) for flag in self.flags(exits, where)]
        return [kept, *forgotten, *self.block(node.finalbody, where)]

    def try_blocks(self, node: ast.Try, inner: _Where, where: _Where) -> None:
        for statement in node.finalbody:
            if self.escapes.statement(statement) - FALL:
                jump = first_jump(node.finalbody)
                word = type(jump).__name__.lower()
                what = f"`{word}` on some paths of a `finally` drops the exception that may be on its way there."
                next_step = "leave behind the `try` statement, or on every path of the `finally`."
                raise self.ctx.error(what, next_step, jump)
        exits = self.escapes.block(node.body) - FALL
        body = replace(inner, flagged=inner.flagged | exits) if node.orelse else inner
        stale = self.flags(exits & {Exit.BREAK, Exit.RETURN}, inner) if may_fail_late(node.body) else []
        node.body = self.filled(node.body, body)
        for handler in node.handlers:
            resets = [set_name(flag, constant(False, handler), handler) for flag in stale]
            handler.body = [*resets, *self.filled(handler.body, inner)]
        if node.orelse:
            node.orelse = self.guarded(exits, node.orelse, inner, node) if exits else self.block(node.orelse, inner)
        node.finalbody = self.block(node.finalbody, where)

    def filled(self, statements: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        """A lowered block, with `pass` when nothing is left of it."""
        return self.block(statements, where) or [ast.Pass(**position(statements[0]))]

    def guarded(self, exits: Exits, rest: Sequence[ast.stmt], where: _Where, at: Located) -> list[ast.stmt]:
        """`rest`, run only if none of `exits` was taken."""
        body = self.block(rest, where)
        if not body:
            return []
        return [ast.If(self.none_of(self.flags(exits, where), at), body, [], **position(at))]

    def flags(self, exits: Exits, where: _Where) -> list[str]:
        found: list[str] = []
        if Exit.BREAK in exits:
            found.append(self.flag("did_break", where))
        if Exit.CONTINUE in exits:
            found.append(self.flag("did_continue", where))
        if Exit.RETURN in exits:
            found.append(self.did_return)
        return found

    def none_of(self, flags: Sequence[str], at: Located) -> ast.expr:
        tests: list[ast.expr] = [ast.UnaryOp(ast.Not(), load(flag, at), **position(at)) for flag in flags]
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests, **position(at))

    def loop(self, loop: Loop, rest: Sequence[ast.stmt], where: _Where) -> list[ast.stmt]:
        exits = self.escapes.block(loop.body)
        leaves = exits & {Exit.BREAK, Exit.RETURN}
        inner = _Where(where.depth + 1, frozenset([Exit.RETURN]), where.is_protected)
        did_break, did_continue = self.flag("did_break", inner), self.flag("did_continue", inner)
        rest = self.with_else(loop, rest, exits, did_break)
        endless = is_endless(loop)
        falls_behind = Exit.BREAK in exits or not endless

        body = self.filled(loop.body, inner)
        if did_continue in self.used:
            self.used.discard(did_continue)
            body.insert(0, set_name(did_continue, constant(False, loop), loop))
        flags = self.flags(leaves, inner)
        if flags:
            self.add_stop(loop, body, flags)
        loop.body, loop.orelse = body, []

        done: list[ast.stmt] = [loop]
        if Exit.BREAK in leaves:
            done.insert(0, set_name(did_break, constant(False, loop), loop))
        if not falls_behind or not rest:
            return done
        if Exit.RETURN in leaves:
            return done + self.guarded(frozenset([Exit.RETURN]), rest, where, loop)
        return done + self.block(rest, where)

    def with_else(self, loop: Loop, rest: Sequence[ast.stmt], exits: Exits, did_break: str) -> Sequence[ast.stmt]:
        """What follows the loop, its `else` first."""
        if not loop.orelse or is_endless(loop):
            return rest
        if Exit.BREAK not in exits:
            return [*loop.orelse, *rest]
        return [ast.If(self.none_of([did_break], loop), loop.orelse, [], **position(loop)), *rest]

    def add_stop(self, loop: Loop, body: list[ast.stmt], flags: Sequence[str]) -> None:
        if isinstance(loop, ast.While):
            going_on = self.none_of(flags, loop.test)
            if is_endless(loop):
                loop.test = going_on
            else:
                parts = conjuncts(going_on) + conjuncts(loop.test)
                loop.test = ast.BoolOp(ast.And(), parts, **position(loop.test))
            return
        loads: list[ast.expr] = [load(flag, loop) for flag in flags]
        test = loads[0] if len(loads) == 1 else ast.BoolOp(ast.Or(), loads, **position(loop))
        place = position(loop)
        body.append(ast.If(test, [ast.Break(**place)], [], **place))
