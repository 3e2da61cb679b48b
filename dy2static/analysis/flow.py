"""Which names each `if` and loop has to take in and give back, and which reads may find a name unbound.

Works on a function without early exits: the only jumps left are `raise`, a last `return`, and a `break` as the very
last statement of a loop body (its stop test, see `converters.jumps`). Sets of names are ints, one bit a name.

Code behind `raise` counts as reached: in a graph a branch that raises has to give back something for every name too.
"""

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from dy2static.analysis.escapes import BLOCKS, blocks_of, is_steps, unwrapped
from dy2static.analysis.facts import Carried, Flow
from dy2static.analysis.survey import PLAIN, Scope, children, signature_expressions

COMPREHENSIONS_ARE_FUNCTIONS = sys.version_info < (3, 12)

EVERY = -1
"""All names: what can never go on has bound, and overwritten, whatever one asks for."""


@dataclass(slots=True)
class _Unit:
    """What a statement without blocks, or an expression, does to names: reads them, binds them, binds them in a
    comprehension that may do no trip. `loads` are the reads themselves."""

    reads: int
    writes: int
    perhaps: int
    loads: list[ast.Name]


@dataclass(slots=True)
class _Summary:
    """What a stretch of code does: `gen` is read before it is bound, `kill` bound on every path, `assigned` on some."""

    gen: int
    kill: int
    assigned: int

    def before(self, after: int) -> int:
        """The names live before it, when those in `after` are live behind it."""
        return self.gen | (after & ~self.kill)


NOTHING = _Summary(0, 0, 0)
NO_NAMES: frozenset[str] = frozenset()
BRANCHING = frozenset([*BLOCKS, ast.Delete, ast.Return])
"""What does more than to read names and then bind some."""


def is_stop_test(statement: ast.stmt) -> TypeGuard[ast.If]:
    """Whether `statement` is the `if <flags>: break` that `converters.jumps` puts at the end of a loop body."""
    match statement:
        case ast.If(body=[ast.Break()], orelse=[]):
            return True
        case _:
            return False


class _Analysis:
    def __init__(self, scope: Scope, leaving: tuple[str, ...]) -> None:
        self.leaving = leaving
        self.names: list[str] = []
        self.bits: dict[str, int] = {}
        self.spelled: dict[int, tuple[str, ...]] = {}
        for name in scope.bound:
            self.bit(name)
        self.locals = self.mask(name for name in scope.bound if scope.is_local(name))
        self.outside = self.mask(name for name in scope.bound if not scope.is_local(name))
        """Bound here, but a variable of the module or of a function around: nothing that blocks take or give."""
        self.fleeting = self.mask(scope.deleted_inside())
        """Names that a function inside unbinds, no one knows when."""
        self.captured_names = frozenset(scope.captured())
        self.captured = self.mask(self.captured_names)
        self.units: dict[ast.AST, _Unit] = {}
        self.summaries: dict[ast.stmt, _Summary] = {}
        self.blocks: dict[int, _Summary] = {}
        self.carried: dict[ast.stmt, tuple[int, int, int]] = {}
        self.watched: dict[ast.stmt, int] = {}
        """The `try` and `with` statements, each with what is read after an exception in its body."""
        self.fresh: dict[ast.stmt, int] = {}
        """Blocks of steps, each with the names that it takes and that are unbound before it, or of no use."""
        self.has_deletions = False
        self.undefined = 0
        self.unbound_reads: set[ast.Name] = set()
        self.late_reads: set[ast.Name] = set()

    # Names and bits.

    def bit(self, name: str) -> int:
        bit = self.bits.get(name)
        if bit is None:
            bit = self.bits[name] = 1 << len(self.names)
            self.names.append(name)
        return bit

    def mask(self, names: Iterable[str]) -> int:
        mask = 0
        for name in names:
            mask |= self.bit(name)
        return mask

    def spell(self, mask: int) -> tuple[str, ...]:
        known = self.spelled.get(mask)
        if known is None:
            found: list[str] = []
            left = mask
            while left:
                lowest = left & -left
                found.append(self.names[lowest.bit_length() - 1])
                left ^= lowest
            known = self.spelled[mask] = tuple(found)
        return known

    # What each piece of code does to names; bottom-up.

    def unit(self, node: ast.AST) -> _Unit:
        unit = self.units.get(node)
        if unit is None:
            unit = self.units[node] = _Unit(0, 0, 0, [])
            self.scan(node, unit, NO_NAMES)
            unit.writes &= ~self.outside
            unit.perhaps &= ~self.outside
            self.locals |= unit.writes | unit.perhaps
        return unit

    def scan(self, node: ast.AST, unit: _Unit, own: frozenset[str]) -> None:
        """`own`: the names of the comprehensions around `node`."""
        kind = type(node)
        if kind is ast.Name:
            assert isinstance(node, ast.Name)
            if node.id in own:
                return
            bit, context = self.bit(node.id), type(node.ctx)
            if context is not ast.Store:  # `del x` fails where `x` is unbound: it reads
                unit.reads |= bit
                unit.loads.append(node)
            if context is not ast.Load:
                unit.writes |= bit
            return
        if kind is ast.Constant:
            return
        if kind is ast.Attribute:
            assert isinstance(node, ast.Attribute)
            self.scan(node.value, unit, own)
            return
        parts = PLAIN.get(kind)
        if parts is not None:
            for child in parts(node):
                self.scan(child, unit, own)
            return
        match node:
            case ast.FunctionDef() | ast.Lambda():
                for child in signature_expressions(node):
                    self.scan(child, unit, own)
                if isinstance(node, ast.FunctionDef):
                    for child in node.decorator_list:
                        self.scan(child, unit, own)
                    unit.writes |= self.bit(node.name)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                first = node.generators[0]
                self.scan(first.iter, unit, own)
                inside = own | {
                    name.id for part in node.generators for name in ast.walk(part.target) if isinstance(name, ast.Name)
                }
                outside = len(unit.loads)
                for part in node.generators:
                    for child in ([] if part is first else [part.iter]) + part.ifs:
                        self.scan(child, unit, inside)
                for child in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
                    self.scan(child, unit, inside)
                if COMPREHENSIONS_ARE_FUNCTIONS or isinstance(node, ast.GeneratorExp):
                    self.late_reads.update(unit.loads[outside:])
            case ast.NamedExpr():
                self.scan(node.value, unit, own)
                if own is NO_NAMES:
                    unit.writes |= self.bit(node.target.id)
                else:
                    unit.perhaps |= self.bit(node.target.id)
            case ast.AugAssign():
                if isinstance(node.target, ast.Name):
                    unit.reads |= self.bit(node.target.id)
                    unit.loads.append(node.target)
                self.scan(node.target, unit, own)
                self.scan(node.value, unit, own)
            case ast.AnnAssign():
                if node.value is not None:
                    self.scan(node.target, unit, own)
                    self.scan(node.value, unit, own)
                elif not isinstance(node.target, ast.Name):
                    self.scan(node.target, unit, own)
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    unit.writes |= self.bit(alias.asname or alias.name.partition(".")[0])
            case _:
                for child in children(node):
                    self.scan(child, unit, own)

    def block(self, statements: Sequence[ast.stmt]) -> _Summary:
        if not statements:
            return NOTHING
        known = self.blocks.get(id(statements))
        if known is None:
            gen = kill = assigned = 0
            for statement in statements:
                summary = self.summary(statement)
                gen |= summary.gen & ~kill
                kill |= summary.kill
                assigned |= summary.assigned
            known = self.blocks[id(statements)] = _Summary(gen, kill, assigned)
        return known

    def summary(self, statement: ast.stmt) -> _Summary:
        known = self.summaries.get(statement)
        if known is None:
            if type(statement) in BLOCKS or type(statement) is ast.Return:
                known = self.summarize(statement)
            else:
                unit = self.unit(statement)
                self.has_deletions |= type(statement) is ast.Delete
                known = _Summary(unit.reads, unit.writes, unit.writes | unit.perhaps)
            self.summaries[statement] = known
        return known

    def summarize(self, statement: ast.stmt) -> _Summary:
        match statement:
            case ast.If():
                test = self.unit(statement.test)
                body, orelse = self.block(statement.body), self.block(statement.orelse)
                gen = test.reads | ((body.gen | orelse.gen) & ~test.writes)
                kill = test.writes | (body.kill & orelse.kill)
                return _Summary(gen, kill, test.writes | test.perhaps | body.assigned | orelse.assigned)
            case ast.While():
                test, body = self.unit(statement.test), self.block(statement.body)
                gen = test.reads | (body.gen & ~test.writes)
                return _Summary(gen, test.writes, test.writes | test.perhaps | body.assigned)
            case ast.For():
                items, target, body = self.unit(statement.iter), self.unit(statement.target), self.block(statement.body)
                trip = self.stop_reads(statement) | target.reads | (body.gen & ~target.writes)
                gen = items.reads | (trip & ~items.writes)
                return _Summary(gen, items.writes, items.writes | items.perhaps | target.writes | body.assigned)
            case ast.Return():
                unit = self.unit(statement)
                return _Summary(unit.reads, EVERY, unit.writes | unit.perhaps)
            case ast.With():
                (item,) = statement.items
                manager, body = self.unit(item.context_expr), self.block(statement.body)
                target = self.target(item)
                gen = manager.reads | target.reads | (body.gen & ~target.writes)
                self.watched.setdefault(statement, 0)
                return _Summary(gen, manager.writes, manager.writes | target.writes | body.assigned)
            case ast.Try():
                return self.summarize_try(statement)
            case _:
                raise AssertionError(ast.dump(statement))

    def target(self, item: ast.withitem) -> _Unit:
        return _Unit(0, 0, 0, []) if item.optional_vars is None else self.unit(item.optional_vars)

    def summarize_try(self, statement: ast.Try) -> _Summary:
        """An exception may leave the body anywhere, so what is read behind it may be from before the statement."""
        body, orelse, final = (self.block(b) for b in (statement.body, statement.orelse, statement.finalbody))
        handlers = [self.handler(handler) for handler in statement.handlers]
        gen = body.gen | (orelse.gen & ~body.kill) | final.gen
        kill, assigned = body.kill | orelse.kill, body.assigned | orelse.assigned | final.assigned
        for handler in handlers:
            gen, kill, assigned = gen | handler.gen, kill & handler.kill, assigned | handler.assigned
        self.watched.setdefault(statement, 0)
        return _Summary(gen, kill | final.kill, assigned)

    def handler(self, handler: ast.ExceptHandler) -> _Summary:
        """Its name is unbound again behind it."""
        body = self.block(handler.body)
        reads = 0 if handler.type is None else self.unit(handler.type).reads
        name = 0 if handler.name is None else self.bit(handler.name)
        return _Summary(reads | (body.gen & ~name), body.kill | name, body.assigned | name)

    def stop_reads(self, loop: ast.For) -> int:
        """What the stop test reads. It comes before each trip in the end, though it stands behind."""
        last = loop.body[-1]
        return self.unit(last.test).reads if is_stop_test(last) else 0

    # Who needs what; top-down and backwards.

    def liveness(self, statements: Sequence[ast.stmt], after: int, rescue: int = 0) -> None:
        """Fill in `carried` for the constructs in `statements`, behind which `after` is live, and `rescue` behind an
        exception that leaves them."""
        for statement in reversed(statements):
            summary = self.summary(statement)
            if type(statement) not in BLOCKS:
                after = summary.before(after) | self.captured
                continue
            match statement:
                case ast.If():
                    body, orelse = self.block(statement.body), self.block(statement.orelse)
                    assigned = body.assigned | orelse.assigned
                    into = body.before(after) | orelse.before(after) | self.captured
                    self.carried[statement] = (assigned & into, assigned & after, assigned)
                    self.liveness(statement.body, after, rescue)
                    self.liveness(statement.orelse, after, rescue)
                case ast.While():
                    head = summary.gen | after
                    assigned = self.block(statement.body).assigned
                    self.carried[statement] = (assigned & head, assigned & head, assigned)
                    self.liveness(statement.body, head, rescue)
                case ast.For():
                    target, body = self.unit(statement.target), self.block(statement.body)
                    head = self.stop_reads(statement) | target.reads | (body.gen & ~target.writes) | after
                    assigned = target.writes | body.assigned
                    self.carried[statement] = (assigned & head, assigned & head, assigned)
                    self.liveness(statement.body, head, rescue)
                case ast.With():
                    target = self.target(statement.items[0]).writes
                    assigned = target | self.block(statement.body).assigned
                    into = summary.gen | after | self.captured | self.between(statement.body, target)
                    self.carried[statement] = (assigned & into, assigned & into, assigned)
                    self.watched[statement] = assigned & (after | rescue)
                    self.liveness(statement.body, after, after | rescue)
                case ast.Try():
                    self.liveness_of_try(statement, summary, after, rescue)
                case _:
                    pass
            after = summary.before(after) | self.captured

    def liveness_of_try(self, statement: ast.Try, summary: _Summary, after: int, rescue: int) -> None:
        final = self.block(statement.finalbody)
        behind = final.before(after) | final.gen
        caught = final.gen
        for handler in statement.handlers:
            caught |= self.handler(handler).before(self.behind(handler, behind))
        orelse = self.block(statement.orelse)
        handed = self.between(statement.body, 0) | (self.block(statement.body).assigned & orelse.gen)
        into = summary.gen | after | self.captured | handed
        carried = summary.assigned & into
        self.carried[statement] = (carried, carried, summary.assigned)
        self.watched[statement] = summary.assigned & (caught | rescue)
        if is_steps(statement):
            self.fresh[statement] = carried & ~(summary.before(after) | self.captured)
        self.liveness(statement.body, orelse.before(behind) | caught, caught | rescue)
        for handler in statement.handlers:
            self.liveness(handler.body, behind, final.gen | rescue)
        self.liveness(statement.orelse, behind, final.gen | rescue)
        self.liveness(statement.finalbody, after, rescue)

    def behind(self, handler: ast.ExceptHandler, behind: int) -> int:
        """What is read behind a handler: of what is behind the statement, nothing where it raises or returns."""
        match unwrapped(handler.body)[-1]:
            case ast.Raise():
                return 0
            case ast.Assign(targets=[ast.Name(id=name)]) if (name,) == self.leaving[:1]:
                return self.mask(self.leaving)
            case _:
                return behind

    def between(self, statements: Sequence[ast.stmt], bound: int) -> int:
        """The names that one of `statements` reads and an earlier one, or `bound`, binds: each is a step of its own."""
        found = 0
        for i, statement in enumerate(statements):
            summary = self.summary(statement)
            if i:  # the first step is given what is bound before
                found |= summary.gen & bound
            bound |= summary.assigned
        return found

    def protect(self, statements: Sequence[ast.stmt], after: int) -> None:
        """Have what `try` and `with` bind, and others read, stay one variable: an exception may come at any time."""
        if not self.watched:
            return
        watched = dict(self.watched)
        for statement in watched:
            if not is_steps(statement):  # what matters of it is bound in the `try` around it, too
                self.captured |= self.carried[statement][0]
        self.liveness(statements, after | self.captured)
        self.watched = watched

    # What is bound where; forwards.

    def read(self, unit: _Unit, bound: int) -> int:
        """Note the reads in `unit` that may fail; returns what is bound behind it."""
        missing = unit.reads & self.locals & ~(bound & ~self.fleeting)
        if missing:
            self.undefined |= missing
            self.unbound_reads.update(load for load in unit.loads if self.bits[load.id] & missing)
        return bound | unit.writes

    def carry(self, statement: ast.stmt, bound: int) -> None:
        self.undefined |= self.carried[statement][0] & ~bound & ~self.fresh.get(statement, 0)

    def deleted(self, statements: Sequence[ast.stmt]) -> int:
        """The names that something in `statements` unbinds."""
        if not self.has_deletions:
            return 0
        found = 0
        for statement in statements:
            if isinstance(statement, ast.Delete):
                found |= self.unit(statement).writes
            for block in blocks_of(statement):
                found |= self.deleted(block)
        return found

    def boundness(self, statements: Sequence[ast.stmt], bound: int) -> int:
        """What is bound behind `statements` when `bound` is before; all names if nothing comes behind."""
        for statement in statements:
            if type(statement) not in BRANCHING:
                bound = self.read(self.unit(statement), bound)
                continue
            match statement:
                case ast.If():
                    bound = self.read(self.unit(statement.test), bound)
                    self.carry(statement, bound)
                    bound = self.boundness(statement.body, bound) & self.boundness(statement.orelse, bound)
                case ast.While():
                    self.carry(statement, bound)
                    bound = self.read(self.unit(statement.test), bound & ~self.deleted(statement.body))
                    self.boundness(statement.body, bound)
                case ast.For():
                    bound = self.read(self.unit(statement.iter), bound)
                    self.carry(statement, bound)
                    bound &= ~self.deleted(statement.body)
                    self.boundness(statement.body, self.read(self.unit(statement.target), bound))
                case ast.Delete():
                    unit = self.unit(statement)
                    bound = self.read(unit, bound) & ~unit.writes
                case ast.With():
                    (item,) = statement.items
                    bound = self.read(self.unit(item.context_expr), bound)
                    self.carry(statement, bound)
                    self.boundness(statement.body, self.read(self.target(item), bound))
                    bound &= ~self.deleted(statement.body)
                case ast.Try():
                    bound = self.boundness_of_try(statement, bound)
                case ast.Return():
                    self.read(self.unit(statement), bound)
                    return EVERY
                case _:
                    raise AssertionError(ast.dump(statement))
        return bound

    def boundness_of_try(self, statement: ast.Try, bound: int) -> int:
        self.carry(statement, bound)
        caught = bound & ~self.deleted(statement.body)
        after = self.boundness(statement.orelse, self.boundness(statement.body, bound))
        for handler in statement.handlers:
            start = caught if handler.type is None else self.read(self.unit(handler.type), caught)
            name = 0 if handler.name is None else self.bit(handler.name)
            after &= self.boundness(handler.body, start | name) & ~name
        lost = self.deleted([part for block in blocks_of(statement) for part in block])
        self.boundness(statement.finalbody, bound & ~lost)
        return self.boundness(statement.finalbody, after)


def analyse(statements: Sequence[ast.stmt], scope: Scope, leaving: tuple[str, ...] = ()) -> Flow:
    """The facts about a function with body `statements`, whose names (before jumps were taken out) are `scope`'s.

    `leaving` are the flag that says that the function has returned, set last where it does, and what goes with it.
    """
    work = _Analysis(scope, leaving)
    summary = work.block(statements)
    work.liveness(statements, work.captured)
    work.protect(statements, work.captured)
    parameters = work.mask(scope.parameters())
    work.boundness(statements, parameters)
    # What is bound in code that nothing leads to is gone from the tree, but still no global.
    work.undefined |= work.mask(work.captured_names) & ~(summary.assigned | parameters)
    work.undefined |= work.mask(work.captured_names & scope.deleted)
    unbound_reads = work.unbound_reads
    late = frozenset(work.spell(work.undefined | work.fleeting)) & work.captured_names
    if late:
        loads = {load for inner in scope.inner for load in inner.loads_of(late)}
        loads.update(load for load in scope.lazy if load.id in late)
        unbound_reads |= loads
        work.late_reads |= loads
    return Flow(
        {
            node: Carried(
                work.spell(inputs & outputs) + work.spell(inputs & ~outputs),
                work.spell(outputs),
                work.spell(assigned & work.captured),
                work.spell(work.watched.get(node, 0)),
                work.spell(work.fresh.get(node, 0)),
            )
            for node, (inputs, outputs, assigned) in work.carried.items()
        },
        frozenset(unbound_reads),
        frozenset(work.late_reads & unbound_reads),
        work.spell(work.undefined & ~parameters),  # a parameter that is deleted later starts as what is passed
        frozenset(work.spell(work.captured)),
    )
