"""A graph as Python statements: straight lines of ops; `cond` and loops as `if`, `while` and `for`.

Every value is a variable. Regions are written in place: their parameters are the variables of the operands, and what
they yield is assigned to the variables of the results, all at once where one would destroy another.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from graph.aval import Aval, ListType, is_static
from graph.errors import InternalError
from graph.execute.bindings import Bindings, call, dotted, is_usable, variable
from graph.execute.counters import Count, counters
from graph.execute.emit_ops import OpExpressions, buffer_key, is_elementwise, is_scalar, truth
from graph.execute.floats import is_float, of_numpy, of_python
from graph.execute.layouts import Layouts
from graph.execute.statements import assigns, function, moved
from graph.ir.op import Graph, Op
from graph.ir.value import Value
from graph.ir.walk import walk
from graph.location import Loc
from graph.schedule.liveness import is_alone, last_uses, plan_buffers

MAX_LOOPS: Final = 16
MAX_DEPTH: Final = 48
"""Python takes 20 nested loops and 100 levels of indentation; what is deeper becomes a function of its own."""


Occurrence = tuple[Op, tuple[str, ...]]
"""An op and the variables of its operands."""


@dataclass(slots=True)
class _Block:
    """The ops of one region, being written."""

    graph: Graph
    targets: Sequence[str | None]
    last: dict[Value, int]
    reads: Counter[Value]
    wanted: Counter[Any]
    statements: list[ast.stmt] = field(default_factory=list[ast.stmt])
    holders: dict[str, list[Value]] = field(default_factory=dict[str, list[Value]])
    own: set[str] = field(default_factory=set[str])
    """Variables that only this block and its regions know."""
    pool: dict[Any, list[str]] = field(default_factory=dict[Any, list[str]])
    """Dead buffers, by dtype and shape."""

    def forget(self, name: str) -> None:
        for names in self.pool.values():
            if name in names:
                names.remove(name)


class FunctionEmitter:
    """Writes one graph as a function named `name`. `functions` are the names of the graph functions it may call;
    `leave` is that of a function to call at each trip of a loop and in each call of a graph function, if the list that
    `when` names is not empty then. Such a program runs for a while and is not read, so speed goes before looks."""

    def __init__(self, bindings: Bindings, functions: Mapping[str, str], leave: str = "", when: str = "") -> None:
        self._bindings = bindings
        self._functions = functions
        self._leave, self._when = leave, when
        self._env: dict[Value, str] = {}
        self._arrays: dict[Value, np.ndarray] = {}
        self._constants: dict[Value, Any] = {}
        self.locations: dict[ast.stmt, Loc] = {}
        self.sources: dict[ast.stmt, Occurrence] = {}
        self.outlined: list[ast.FunctionDef] = []
        self._names: set[str] = set()
        self._count = 0
        self._loops = 0
        self._depth = 0
        self._has_gaps = False
        """Whether values that nobody looks at may be None: what is left of a name that is not bound on this path."""
        self._taken: dict[Op, Value] = {}
        self._layouts = Layouts()
        self._numbers: dict[Value, str | None] = {}
        """Values that are numbers of Python's too, and the variables of these where they are others."""
        self._expressions = OpExpressions(bindings, self._ref, self._constants, self._numbers)

    def function(self, graph: Graph, name: str, *, is_entry: bool) -> ast.FunctionDef:
        """The whole graph. An entry makes scalars of 0-d arguments, and gives away only what nobody else holds; a graph
        function is handed its lists, and hands over those that it yields."""
        self._buffers = plan_buffers(graph, takes_lists=not is_entry)
        self._has_gaps = any(op.name == "unwrap" and not op.attrs["name"] for op in walk(graph))
        block = self._open(graph, [None] * len(graph.results))
        arguments = [self._define(block, p, None) for p in graph.params]
        if is_entry:
            for p, argument in zip(graph.params, arguments, strict=True):
                if is_scalar(p) and p in block.last:
                    self._assign(block, [argument], call(self._bindings.helper("as_scalar"), variable(argument)), None)
        if not is_entry:
            block.statements += self._trip()
        self._ops(block)
        values = [self._given_away(v, how) for v, how in zip(graph.results, self._buffers.results, strict=True)]
        block.statements.append(ast.Return(ast.Tuple(values, ast.Load())))
        return function(name, arguments, block.statements)

    def _given_away(self, value: Value, how: str) -> ast.expr:
        ref = self._ref(value)
        match how:
            case "copy" if not self._has_gaps:
                return call(ast.Attribute(ref, "copy", ast.Load()))
            case "writable":
                return call(self._bindings.helper("writable"), ref)
            case "list":
                return ast.List([ast.Starred(ref, ast.Load())], ast.Load())
            case "copy" | "deep":
                return call(self._bindings.helper("detached"), ref)
            case _:
                return ref

    # Variables

    def _fresh(self, hint: str) -> str:
        if is_usable(hint):
            name, n = hint, 1
            while name in self._names or name in self._bindings.taken:
                n += 1
                name = f"{hint}_{n}"
        else:
            while True:
                self._count += 1
                name = f"v{self._count}"
                if name not in self._names and name not in self._bindings.taken:
                    break
        self._names.add(name)
        self._bindings.reserved.add(name)
        return name

    def _ref(self, value: Value) -> ast.expr:
        return variable(self._name(value))

    def _name(self, value: Value) -> str:
        """The variable of a value; a constant gets its global name when it is first asked for."""
        if value not in self._env:
            self._env[value] = self._bindings.array(self._arrays[value], value.hint)
        return self._env[value]

    def _alias(self, block: _Block, value: Value, name: str) -> None:
        self._env[value] = name
        block.holders.setdefault(name, []).append(value)

    def _define(self, block: _Block, value: Value, wish: str | None) -> str:
        name = wish
        if name is None:
            name = self._fresh(value.hint)
            block.own.add(name)
        self._alias(block, value, name)
        return name

    # Blocks

    def _open(self, graph: Graph, targets: Sequence[str | None]) -> _Block:
        reads = Counter(v for op in graph.ops for v in op.operands)
        reads.update(graph.results)
        wanted = Counter(buffer_key(op.results[0]) for op in graph.ops if is_elementwise(op))
        return _Block(graph, targets, last_uses(graph), reads, wanted)

    def _region(self, region: Graph, arguments: Sequence[str], targets: Sequence[str]) -> list[ast.stmt]:
        """The statements of a region whose results go to `targets`."""
        block = self._open(region, targets)
        for param, name in zip(region.params, arguments, strict=True):
            self._alias(block, param, name)
        self._ops(block)
        block.statements += moved([(t, self._name(v)) for t, v in zip(targets, region.results, strict=True)])
        return block.statements

    def _ops(self, block: _Block) -> None:
        self._depth += 1
        for i, op in enumerate(block.graph.ops):
            before = len(block.statements)
            self._op(block, i, op)
            for statement in block.statements[before:]:
                self.locations.setdefault(statement, op.loc)
                if not op.regions:
                    self.sources[statement] = (op, tuple(self._env.get(v, "") for v in op.operands))
            self._recycle(block, op)
        self._depth -= 1

    def _assign(
        self, block: _Block, names: Sequence[str], value: ast.expr, loc: Loc | None, *, is_tuple: bool = False
    ) -> None:
        statement: ast.stmt
        if not names:
            statement = ast.Expr(value)
        else:
            targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in names]
            target = targets[0] if len(names) == 1 and not is_tuple else ast.Tuple(targets, ast.Store())
            statement = ast.Assign([target], value)
        block.statements.append(statement)
        if loc is not None:
            self.locations[statement] = loc
        for name in names:
            block.forget(name)

    def _wish(self, block: _Block, index: int, value: Value) -> str | None:
        """The variable that the region's result goes to, when it may be assigned already by op `index`."""
        for target, result in zip(block.targets, block.graph.results, strict=True):
            if result is value and target is not None:
                held = block.holders.get(target, [])
                return target if all(block.last.get(v, -1) <= index for v in held) else None
        return None

    # Ops

    def _op(self, block: _Block, index: int, op: Op) -> None:
        match op.name:
            case "constant":
                self._constant(op)
            case "some" if self._is_fast and is_float(op.operands[0]):
                made = self._expressions.as_numpy(op.operands[0])
                self._assign(block, [self._define(block, op.result, self._wish(block, index, op.result))], made, None)
            case "some" | "none":
                self._alias(block, op.results[0], self._name(op.operands[0]) if op.operands else "None")
            case "unwrap" if not op.attrs["name"]:
                self._alias(block, op.results[0], self._name(op.operands[0]))
            case "cond" if self._depth < MAX_DEPTH:
                self._cond(block, index, op)
            case "while_loop" if self._depth < MAX_DEPTH and self._loops < MAX_LOOPS:
                self._while(block, index, op)
            case "for_loop" if self._depth < MAX_DEPTH and self._loops < MAX_LOOPS:
                self._for(block, index, op)
            case "call":
                called = variable(self._functions[str(op.attrs["function"])])
                self._results_of_tuple(block, index, op, call(called, *self._handed_over(op)))
            case _ if op.regions:
                self._outline(block, index, op)
            case _:
                self._plain(block, index, op)

    def _handed_over(self, op: Op) -> Iterator[ast.expr]:
        """The arguments of a call, whose lists become the function's."""
        dead = self._buffers.overwritable.get(op, frozenset())
        for i, value in enumerate(op.operands):
            is_given_up = i in dead and is_alone(self._buffers.classes, op, i)
            is_list = isinstance(value.type, ListType)
            is_number = self._is_fast and is_float(value)
            given = "list" if is_list and not is_given_up else "as_is"
            yield self._expressions.as_numpy(value) if is_number else self._given_away(value, given)

    def _constant(self, op: Op) -> None:
        array = op.attrs["value"]
        if not isinstance(array, np.ndarray):
            raise InternalError(f"the value of a constant is {type(array)}, not an array")
        value = op.results[0]
        self._arrays[value] = array
        self._layouts.constant(value, array)
        if array.ndim == 0:
            self._constants[value] = array[()]

    def _plain(self, block: _Block, index: int, op: Op) -> None:
        dead = self._buffers.overwritable.get(op, frozenset())
        out = taken = None
        if is_elementwise(op):
            block.wanted[buffer_key(op.results[0])] -= 1
            self._layouts.elementwise(op)
            out, taken = self._out(block, op, dead)
        elif op.opdef.kernel is np.matmul:
            self._layouts.new(op.results[0])
        inplace = 0 in dead and is_alone(self._buffers.classes, op, 0)
        expression = self._expressions.of(op, inplace=inplace, out=out, often=self._is_fast)
        names = [self._define(block, v, self._wish(block, index, v)) for v in op.results]
        self._assign(block, names, expression, op.loc)
        if taken is not None:
            self._taken[op] = taken
        if len(names) > 1:
            for name, value in zip(names, op.results, strict=True):
                if is_scalar(value):
                    self._assign(block, [name], call(self._bindings.helper("as_scalar"), variable(name)), op.loc)

    def _out(self, block: _Block, op: Op, dead: frozenset[int]) -> tuple[str | None, Value | None]:
        """A dead buffer for the result: an operand's (which is returned too), or one that died before."""
        result = op.results[0]
        key = buffer_key(result)
        if key is None:
            return None, None
        for i in sorted(dead):
            if buffer_key(op.operands[i]) == key and self._layouts.same(op.operands[i], result):
                return self._name(op.operands[i]), op.operands[i]
        if self._layouts.is_c(result) and block.pool.get(key):
            return block.pool[key].pop(), None
        return None, None

    def _recycle(self, block: _Block, op: Op) -> None:
        """Keep buffers that died for later ops of this block that can use them; give large ones back otherwise."""
        classes = self._buffers.classes
        taken = self._taken.get(op)
        for value in self._buffers.freed.get(op, ()):
            name = self._name(value)
            if taken is not None and classes.root(taken) is classes.root(value):
                continue
            if name not in block.own or name in block.targets:
                continue
            key = buffer_key(value)
            if key is not None and block.wanted[key] > len(block.pool.get(key, [])) and self._layouts.is_c(value):
                block.pool.setdefault(key, []).append(name)
            elif (key is not None or not is_static(value.shape)) and self._is_last_name(block, op, value):
                block.statements.append(ast.Delete([ast.Name(name, ast.Del())]))

    def _is_last_name(self, block: _Block, op: Op, value: Value) -> bool:
        """Whether the variable stands for this value alone, and was not assigned anew by the op."""
        name = self._name(value)
        return block.holders.get(name) == [value] and name not in {self._env.get(r) for r in op.results}

    # Control flow

    def _test(self, block: _Block, op: Op, pred: Value) -> tuple[ast.expr, Loc]:
        """The test of an `if`: the expression itself where it was computed just before and nobody else reads it."""
        previous = block.statements[-1] if block.statements else None
        name = self._name(pred)
        if block.reads[pred] == 1 and assigns(previous, name):
            assert isinstance(previous, ast.Assign)
            block.statements.pop()
            return truth(previous.value), self.locations.pop(previous, op.loc)
        return variable(name), op.loc

    def _cond(self, block: _Block, index: int, op: Op) -> None:
        test, loc = self._test(block, op, op.operands[0])
        names = [self._wish(block, index, v) or self._shared_name(block, op, i) for i, v in enumerate(op.results)]
        arguments = [self._name(v) for v in op.operands[1:]]
        then, other = (self._region(region, arguments, names) for region in op.regions)
        for value, name in zip(op.results, names, strict=True):
            self._alias(block, value, name)
            block.forget(name)
        if not (then or other):
            return
        branch = ast.If(test, then, other) if then else ast.If(ast.UnaryOp(ast.Not(), test), other, [])
        self.locations[branch] = loc
        block.statements.append(branch)

    def _shared_name(self, block: _Block, op: Op, index: int) -> str:
        hints = {region.results[index].hint for region in op.regions}
        name = self._fresh(hints.pop() if len(hints) == 1 else "")
        block.own.add(name)
        return name

    def _carried(self, block: _Block, index: int, op: Op, lead: int) -> list[str]:
        """The variables of carried values, holding their initial values."""
        initial = op.operands[lead : lead + len(op.results)]
        copies = self._buffers.entry_copies.get(op, frozenset[int]())
        names: list[str] = []
        moves: list[tuple[str, str]] = []
        for i, (value, result) in enumerate(zip(initial, op.results, strict=True)):
            name = self._carried_name(block, index, op, lead + i, result, names)
            names.append(name)
            if i not in copies:
                moves.append((name, self._name(value)))
        for i in sorted(copies):
            self._assign(block, [names[i]], self._copy_of(initial[i]), op.loc)
        block.statements += moved(moves)
        for name in names:
            block.forget(name)
        return names

    def _copy_of(self, value: Value) -> ast.expr:
        """A copy to update in place: of an array with its layout, as kernels copy it; of a list alone."""
        if isinstance(value.type, Aval):
            return call(dotted("np", "array"), self._ref(value))
        return call(self._bindings.helper("detached") if self._has_gaps else variable("list"), self._ref(value))

    def _carried_name(self, block: _Block, index: int, op: Op, at: int, result: Value, taken: Sequence[str]) -> str:
        """Where a carried value lives: in the variable that the result is wanted in, in that of its initial value when
        nobody reads this one later, or in a new one."""
        initial = op.operands[at]
        current = self._name(initial)
        wish = self._wish(block, index, result)
        for name in (wish, current if current in block.own else None):
            if name is None or name in taken:
                continue
            held = block.holders.get(name, [])
            elsewhere = [v for i, v in enumerate(op.operands) if i != at and self._name(v) == name]
            if not elsewhere and all(block.last.get(v, -1) <= index for v in held):
                return name
        body = op.regions[-1]
        hint = body.params[at].hint or initial.hint
        name = self._fresh(hint)
        block.own.add(name)
        return name

    def _while(self, block: _Block, index: int, op: Op) -> None:
        test, body = op.regions
        names = self._carried(block, index, op, 0)
        arguments = self._entered(block, op, names, op.operands[len(names) :])
        found = counters(op, self._constants) if self._leave else ()
        for counter in found:
            self._as_number(block, op, counter, names[counter.position])
        self._loops += 1
        flag = self._fresh("go_on")
        test_statements = self._region(test, arguments, [flag])
        statements = self._trip() + self._region(body, arguments, names)
        self._loops -= 1
        if len(test_statements) == 1 and assigns(test_statements[0], flag):
            (assignment,) = test_statements
            assert isinstance(assignment, ast.Assign)
            loop = ast.While(truth(assignment.value), statements or [ast.Pass()], [])
            self.locations[loop] = self.locations.pop(assignment, op.loc)
        else:
            leave = ast.If(ast.UnaryOp(ast.Not(), variable(flag)), [ast.Break()], [])
            loop = ast.While(ast.Constant(True), [*test_statements, leave, *statements], [])
        block.statements.append(loop)
        for counter in found:
            name = names[counter.position]
            self._assign(block, [name], call(dotted("np", "int64"), variable(name)), op.loc)
        self._loop_results(block, op, names)

    def _as_number(self, block: _Block, op: Op, counter: Count, name: str) -> None:
        """Make a counter, and what it is compared with, numbers of Python's."""
        self._assign(block, [name], call(variable("int"), variable(name)), op.loc)
        self._numbers.update(dict.fromkeys(counter.values))
        for limit, at in counter.limits.items():
            number = self._numbers[limit] = self._fresh("limit")
            self._assign(block, [number], call(variable("int"), self._ref(op.operands[at])), op.loc)

    def _for(self, block: _Block, index: int, op: Op) -> None:
        (body,) = op.regions
        names = self._carried(block, index, op, 1)
        arguments = self._entered(block, op, names, op.operands[1 + len(names) :])
        counter = self._fresh(body.params[0].hint or "i")
        trips = call(variable("range"), call(variable("int"), self._ref(op.operands[0])))
        is_read = any(body.params[0] in inner.operands for inner in body.ops) or body.params[0] in body.results
        counts = call(variable("map"), dotted("np", "int64"), trips) if is_read else trips
        self._loops += 1
        statements = self._trip() + self._region(body, [counter, *arguments], names)
        self._loops -= 1
        block.statements.append(ast.For(ast.Name(counter, ast.Store()), counts, statements or [ast.Pass()], []))
        self._loop_results(block, op, names)

    def _entered(self, block: _Block, op: Op, names: Sequence[str], captured: Sequence[Value]) -> list[str]:
        """The variables of carried values, and those of captured ones; floats become Python's, where they may be."""
        arguments = [*names, *map(self._name, captured)]
        if not self._leave or self._loops:
            return arguments
        for i, value in enumerate((*op.results, *captured)):
            if is_float(value) and value not in self._constants:
                number = arguments[i] if i < len(names) else self._fresh("number")
                self._assign(block, [number], of_python(variable(arguments[i])), op.loc)
                arguments[i] = number
        return arguments

    def _trip(self) -> list[ast.stmt]:
        return [ast.If(variable(self._when), [ast.Expr(call(variable(self._leave)))], [])] if self._leave else []

    def _loop_results(self, block: _Block, op: Op, names: Sequence[str]) -> None:
        for value, name in zip(op.results, names, strict=True):
            self._alias(block, value, name)
            if self._leave and not self._loops and is_float(value):
                self._assign(block, [name], of_numpy(variable(name)), None)

    @property
    def _is_fast(self) -> bool:
        """Whether this is in a loop of a program that is not read; there floats are Python's (see `floats`)."""
        return bool(self._loops and self._leave)

    def _outline(self, block: _Block, index: int, op: Op) -> None:
        """A region op through its kernel, its regions as functions of their own."""
        copies = self._buffers.entry_copies.get(op, frozenset[int]())
        lead = 1 if op.name == "for_loop" else 0
        operands: list[ast.expr] = []
        for i, v in enumerate(op.operands):
            given = self._expressions.as_numpy if self._is_fast else self._ref
            operands.append(self._copy_of(v) if i - lead in copies else given(v))
        names: list[ast.expr] = []
        for region in op.regions:
            name = self._bindings.fresh(f"{op.name}_{region.name}")
            self.outlined.append(self._outlined_function(region, name))
            names.append(variable(name))
        attrs = {name: self._bindings.literal(value) for name, value in op.attrs.items()}
        regions = ast.Tuple(names, ast.Load())
        kernel = self._bindings.function(op.opdef.kernel, op.name)
        self._results_of_tuple(block, index, op, call(kernel, *operands, **attrs, regions=regions))

    def _outlined_function(self, region: Graph, name: str) -> ast.FunctionDef:
        inner = FunctionEmitter(self._bindings, self._functions, self._leave, self._when)
        inner._buffers = self._buffers
        block = inner._open(region, [None] * len(region.results))
        arguments = [inner._define(block, p, None) for p in region.params]
        block.statements += inner._trip()
        inner._ops(block)
        block.statements.append(ast.Return(ast.Tuple([inner._ref(v) for v in region.results], ast.Load())))
        self.locations.update(inner.locations)
        self.sources.update(inner.sources)
        self.outlined.extend(inner.outlined)
        return function(name, arguments, block.statements)

    def _results_of_tuple(self, block: _Block, index: int, op: Op, expression: ast.expr) -> None:
        names = [self._define(block, v, self._wish(block, index, v)) for v in op.results]
        self._assign(block, names, expression, op.loc, is_tuple=True)
