"""Functions that call themselves, as reverse mode sees them: what the calls save goes on tapes.

What a recursive call saves contains what the calls in it save, so it has no type. But calls end in the reverse order of
their beginning, and the backward half goes through them in reverse: so all push what they save on lists that are handed
from call to call, one list for each type, and the backward half takes it from their ends. A function `f` becomes
`f_forward(operands, tapes) -> results, tapes` and `f_backward(operands, cotangents, tapes) -> cotangents, tapes`.

How many tapes there are is known only when the functions are differentiated. Until then one token stands for all. It is
threaded through the ops that contain calls, as a value, and reverse mode hands it back as if it were a cotangent of
itself. In the end the token is replaced by the lists.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from graph.autodiff.activity import calls
from graph.autodiff.calls import reached, silenced
from graph.aval import Aval, ListType, SymDim, Type
from graph.dtypes import float64
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Split
from graph.ir.op import Attr, Graph, Op
from graph.ir.opdef import lookup
from graph.ir.value import Value
from graph.ir.walk import inline
from graph.ops.shape_rules import UNKNOWN_DIM

TOKEN: Final = ListType(Aval(float64, (SymDim.named("tapes"),)))
"""The type of what stands for the tapes: one that carries cotangents."""

Key = tuple[str, tuple[bool, ...]]
"""A function, and which of its operands it is differentiated by."""


class Splitter(Protocol):
    """Reverse mode, as far as it is needed here."""

    @property
    def b(self) -> GraphBuilder: ...
    def active_call(self, name: str, active: Sequence[bool]) -> tuple[bool, ...]: ...
    def split(
        self, region: Graph, active: Sequence[bool], *, dense: Sequence[int] = (), at_hand: Sequence[int] = ()
    ) -> Split: ...


@dataclass(frozen=True, slots=True)
class Derivative:
    """The names of the two halves, and the types of the tapes."""

    forward: str
    backward: str
    tapes: tuple[Type, ...]


@dataclass(slots=True)
class Family:
    """Functions that call each other, while they are differentiated."""

    functions: dict[str, Graph]
    names: frozenset[str]
    asked: dict[Key, Derivative] = field(default_factory=dict[Key, Derivative])
    """What is to be made; without its tapes."""
    joint: dict[Key, str] = field(default_factory=dict[Key, str])
    """Functions that run both halves, for calls whose tapes cannot be handed on."""

    @staticmethod
    def of(name: str, functions: dict[str, Graph]) -> "Family":
        """The family of a function that calls itself, directly or through others."""
        members = {called for called in reached(name, functions) if name in reached(called, functions)}
        return Family(functions, frozenset(members))

    def ask(self, key: Key) -> Derivative:
        """The two halves of a member, to be made before the family is done."""
        if key not in self.asked:
            self.asked[key] = Derivative(self._free(f"{key[0]}_forward"), self._free(f"{key[0]}_backward"), ())
        return self.asked[key]

    def ask_joint(self, key: Key) -> str:
        """A function `operands, cotangents -> cotangents`, which runs the forward half again and prints nothing."""
        self.ask(key)
        if key not in self.joint:
            self.joint[key] = self._free(f"{key[0]}_vjp")
        return self.joint[key]

    def _free(self, name: str) -> str:
        found = next(
            n for n in itertools.chain([name], (f"{name}{i}" for i in itertools.count(2))) if n not in self.functions
        )
        self.functions[found] = Graph(found, (), (), ())  # the name is taken
        return found


def is_threaded(op: Op) -> bool:
    """Whether a call hands the tapes on."""
    return op.name == "call" and bool(op.operands) and op.operands[-1].type == TOKEN


def derive(family: Family, key: Key, engine: Splitter) -> dict[Key, Derivative]:
    """Add the two halves of a function to its family's functions, and those of all that it needs: what was made."""
    for name in family.names:
        engine.b.avoid_sizes_of(family.functions[name])
    family.ask(key)
    splits: dict[Key, Split] = {}
    while waiting := [k for k in family.asked if k not in splits]:
        name, wrt = waiting[0]
        graph = _threaded(family.functions[name], family.names)
        end = len(wrt)
        dense = [*(i for i, on in enumerate(wrt) if on), end]
        splits[waiting[0]] = engine.split(graph, [*wrt, True], dense=dense, at_hand=range(end))
    tapes = tuple(dict.fromkeys(_tape(v.type) for split in splits.values() for v in split.residuals))
    made = {k: Derivative(names.forward, names.backward, tapes) for k, names in family.asked.items()}
    for k, derived in made.items():
        family.functions[derived.forward] = _forward(derived, splits[k], engine)
        family.functions[derived.backward] = _backward(derived, splits[k], k, engine)
    for k, name in family.joint.items():
        family.functions[name] = _both(name, made[k], k, family.functions, engine)
    return made


def _tape(t: Type) -> ListType:
    """The list for values of a type: their sizes differ from call to call."""
    return ListType(_of_any_size(t))


def _of_any_size(t: Type) -> Type:
    if not isinstance(t, Aval):
        return type(t)(_of_any_size(t.element))
    return Aval(t.dtype, tuple(dim if isinstance(dim, int) else UNKNOWN_DIM for dim in t.shape))


# The token


def _threaded(graph: Graph, names: frozenset[str]) -> Graph:
    """A function or region that also takes the token, hands it from call to call, and yields it."""
    first = token = Value(TOKEN)
    ops: list[Op] = []
    for op in graph.ops:
        given = _with_token(op, token, names)
        if given is not None:
            op, token = given, given.results[-1]
        ops.append(op)
    return Graph(graph.name, (*graph.params, first), tuple(ops), (*graph.results, token))


def _with_token(op: Op, token: Value, names: frozenset[str]) -> Op | None:
    """`op` with the token as its last operand (the last carried one of a loop) and its last result; None for what does
    not call, and for what cannot hand the token on."""
    results = (*op.results, Value(TOKEN))
    if op.name == "call":
        is_member = op.attrs["function"] in names
        return Op(op.opdef, (*op.operands, token), results, op.attrs, (), op.loc) if is_member else None
    if op.name not in ("cond", "for_loop", "while_loop") or not names.intersection(_calls_of_bodies(op)):
        return None
    if op.name == "cond":
        regions = tuple(_threaded(region, names) for region in op.regions)
        return Op(op.opdef, (*op.operands, token), results, op.attrs, regions, op.loc)
    carried = op.attrs["carried"]
    assert isinstance(carried, int)
    lead = 1 if op.name == "for_loop" else 0
    body = _threaded(op.regions[-1], names)
    params = _inserted(body.params[:-1], lead + carried, body.params[-1])
    tests = (Graph(t.name, _inserted(t.params, carried, Value(TOKEN)), t.ops, t.results) for t in op.regions[:-1])
    attrs: dict[str, Attr] = {**op.attrs, "carried": carried + 1}
    operands = _inserted(op.operands, lead + carried, token)
    return Op(op.opdef, operands, results, attrs, (*tests, Graph(body.name, params, body.ops, body.results)), op.loc)


def _calls_of_bodies(op: Op) -> Iterator[str]:
    """The functions that regions call, but for tests of loops, which have no derivative."""
    for region in op.regions if op.name == "cond" else op.regions[-1:]:
        yield from calls(region)


def _inserted(values: Sequence[Value], at: int, value: Value) -> tuple[Value, ...]:
    return (*values[:at], value, *values[at:])


def _expanded(graph: Graph, tapes: Sequence[Type], env: dict[Value, tuple[Value, ...]]) -> Graph:
    """`graph` with the tapes in place of the token; `env` has those of each."""

    def flat(values: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(x for v in values for x in (env[v] if v.type == TOKEN else (v,)))

    def define(values: Sequence[Value]) -> tuple[Value, ...]:
        env.update({v: tuple(Value(t) for t in tapes) for v in values if v.type == TOKEN})
        return flat(values)

    params = define(graph.params)
    ops: list[Op] = []
    for op in graph.ops:
        regions = tuple(_expanded(region, tapes, env) for region in op.regions)
        operands, results = flat(op.operands), define(op.results)
        ops.append(Op(op.opdef, operands, results, _recounted(op, flat), regions, op.loc))
    return Graph(graph.name, params, tuple(ops), flat(graph.results))


def _recounted(op: Op, flat: "_Flat") -> Mapping[str, Attr]:
    carried = op.attrs.get("carried")
    if not isinstance(carried, int):
        return op.attrs
    lead = 1 if op.name == "for_loop" else 0
    return {**op.attrs, "carried": len(flat(op.operands[lead : lead + carried]))}


class _Flat(Protocol):
    def __call__(self, values: Sequence[Value]) -> tuple[Value, ...]: ...


# The functions


def _forward(derived: Derivative, split: Split, engine: Splitter) -> Graph:
    """`operands, tapes -> results, tapes`: the calls within push first."""
    b = GraphBuilder(derived.forward, sizes=engine.b)
    graph = _expanded(split.forward, derived.tapes, {})
    values = inline(b, graph, [b.param(p.type, p.hint) for p in graph.params])
    end = len(values) - len(split.residuals)
    start = end - len(derived.tapes)
    tapes = dict(zip(derived.tapes, values[start:end], strict=True))
    for value in values[end:]:
        kind = _tape(value.type)
        tapes[kind] = b.list_append(tapes[kind], value)
    return b.build([*values[:start], *tapes.values()])


def _backward(derived: Derivative, split: Split, key: Key, engine: Splitter) -> Graph:
    """`operands, cotangents, tapes -> cotangents, tapes`."""
    b = GraphBuilder(derived.backward, sizes=engine.b)
    operands = [b.param(p.type, p.hint) for p in split.forward.params[:-1]]
    active = [v for v, on in zip(split.forward.results, split.active_results, strict=False) if on]
    cts = [b.param(v.type) for v in active[:-1]]
    tapes = {t: b.param(t) for t in derived.tapes}
    residuals: list[Value] = []
    for value in reversed(split.residuals):
        kind = _tape(value.type)
        tapes[kind], popped = b.list_pop(tapes[kind], -1, checked=False)
        residuals.insert(0, popped)
    graph = _expanded(split.backward, derived.tapes, {})
    taken = [*(operands[i] for i in split.from_params), *residuals, *cts, *tapes.values()]
    return b.build(inline(b, graph, taken))


def _both(name: str, derived: Derivative, key: Key, functions: dict[str, Graph], engine: Splitter) -> Graph:
    """`operands, cotangents -> cotangents`."""
    forward, backward = functions[derived.forward], functions[derived.backward]
    b = GraphBuilder(name, sizes=engine.b)
    count = len(derived.tapes)
    operands = [b.param(p.type, p.hint) for p in forward.params[: len(key[1])]]
    cts = [b.param(p.type) for p in backward.params[len(operands) : len(backward.params) - count]]
    tapes = empty(b, derived)
    types = [v.type for v in forward.results]
    call = lookup("call")
    quiet = {"function": silenced(derived.forward, functions)}
    after = b.append(call, (*operands, *tapes), quiet, types=types)[len(types) - count :]
    types = [v.type for v in backward.results]
    found = b.append(call, (*operands, *cts, *after), {"function": derived.backward}, types=types)
    return b.build(found[: len(found) - count])


def empty(b: GraphBuilder, derived: Derivative) -> list[Value]:
    """Tapes for a call from outside."""
    return [b.list_make(element=t.element) for t in derived.tapes if isinstance(t, ListType)]
