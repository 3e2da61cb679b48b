"""The engine of reverse mode: a forward sweep that notes pullbacks, a backward sweep that sums cotangents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from graph.autodiff.activity import carries_cotangents, differentiable, is_recursive, propagates
from graph.autodiff.recursion import Derivative, Family, Key, derive, empty, is_threaded
from graph.autodiff.residuals import Joint, narrowed, partition
from graph.ir.builder import GraphBuilder
from graph.ir.differentiator import Augmented, Differentiator, Pullback, RegionVjp, Split
from graph.ir.emitter import Accumulate
from graph.ir.op import Graph, Op
from graph.ir.opdef import Vjp, lookup
from graph.ir.value import Value
from graph.ir.walk import copy_op
from graph.location import Loc
from graph.ops.cotangents import add_cotangents


class ReverseBuilder(GraphBuilder):
    """A builder whose rules are told which cotangents are needed."""

    def __init__(self, name: str, *, sizes: GraphBuilder | None = None) -> None:
        super().__init__(name, sizes=sizes)
        self.active: set[Value] = set()

    def wants(self, x: Value) -> bool:
        return x in self.active


@dataclass(frozen=True, slots=True)
class _Step:
    results: tuple[Value, ...]
    pullback: Pullback
    loc: Loc


class Reverse:
    """Reverse mode over ops that are appended to `b`; `within` is the one that this serves, for a region."""

    def __init__(
        self,
        b: GraphBuilder,
        functions: dict[str, Graph],
        active: set[Value] | None = None,
        within: "Reverse | None" = None,
        family: Family | None = None,
    ) -> None:
        self.b = b
        self.active: set[Value] = b.active if isinstance(b, ReverseBuilder) else set() if active is None else active
        self.sums: dict[Value, Value] = {}
        self.seedable: set[Value] = set()
        """Parameters whose sum so far may come in from outside, as an extra parameter, when a rule adds in place."""
        self.seeds: dict[Value, Value] = {}
        self.at_hand: Collection[Value] | None = None
        """What the backward half of a region need not save; None where nothing must be saved."""
        self.functions = functions
        """Graph functions by name; the derivatives of recursive ones are added."""
        self._known: dict[tuple[Graph, tuple[bool, ...]], tuple[bool, ...]] = within._known if within else {}
        self._calls: dict[tuple[str, tuple[bool, ...]], tuple[bool, ...]] = within._calls if within else {}
        self._derived: dict[Key, Derivative] = within._derived if within else {}
        self._family = family or (within._family if within else None)
        """The functions whose halves this is a part of."""
        self._steps: list[_Step] = []

    # Forward

    def is_active(self, value: Value) -> bool:
        return value in self.active

    def is_at_hand(self, value: Value) -> bool:
        return self.at_hand is None or value in self.at_hand

    def forward(self, graph: Graph, arguments: Sequence[Value]) -> tuple[Value, ...]:
        """Append a copy of the graph, its region ops replaced by versions that save residuals."""
        env: dict[Value, Value] = dict(zip(graph.params, arguments, strict=True))
        for op in graph.ops:
            self._forward_op(op, env)
        return tuple(env[v] for v in graph.results)

    def _forward_op(self, op: Op, env: dict[Value, Value]) -> None:
        operands = tuple(env[v] for v in op.operands)
        active = [self.is_active(v) for v in operands]
        rule = op.opdef.vjp
        if op.name == "call":
            self.b.loc = op.loc
            env.update(zip(op.results, self._forward_call(op, operands, active), strict=True))
            return
        if isinstance(rule, RegionVjp) and any(rule.activity(self, op, active)):
            self.b.loc = op.loc
            made = rule.augment(self, op, operands)
            env.update(zip(op.results, made.results, strict=True))
            self._note(made.results, made.active, made.pullback, op.loc)
            return
        copy_op(self.b, op, env)
        if isinstance(rule, RegionVjp) or not propagates(op, active):
            return
        results = tuple(env[v] for v in op.results)
        flags = differentiable(results, True)
        if any(flags):
            self._note(results, flags, _rule_pullback(op, rule, operands, results), op.loc)  # pyright: ignore[reportArgumentType]

    def _forward_call(self, op: Op, operands: tuple[Value, ...], active: Sequence[bool]) -> tuple[Value, ...]:
        """Append a call: the ops of the function, or where it calls itself a call that saves what is needed."""
        name = str(op.attrs["function"])
        if is_threaded(op):
            return self._threaded_call(op, operands)
        if any(active):
            if not is_recursive(name, self.functions):
                return self.forward(self.functions[name], operands)
            made = self.augmented_call(op, operands, active)
            if made is not None:
                self._note(made.results, made.active, made.pullback, op.loc)
                return made.results
        return self.b.append(op.opdef, operands, op.attrs, types=[v.type for v in op.results])

    def augmented_call(self, op: Op, operands: tuple[Value, ...], active: Sequence[bool]) -> Augmented | None:
        """Append a call of a recursive function in the version that saves what its backward half needs; None, and
        nothing is appended, where no result is active."""
        b, name = self.b, str(op.attrs["function"])
        wrt, flags = self._activity_of_call(name, operands, active)
        if not any(flags):
            return None
        if self._family is not None and name in self._family.names:
            derived = Derivative(name, self._family.ask_joint((name, wrt)), ())
        else:
            derived = self._derivative(name, wrt)
        types = [v.type for v in op.results]
        attrs = {"function": derived.forward}
        made = b.append(op.opdef, (*operands, *empty(b, derived)), attrs, types=[*types, *derived.tapes])
        results, tapes = made[: len(types)], made[len(types) :]
        chosen = [v for v, on in zip(operands, wrt, strict=True) if on]
        return Augmented(results, flags, _call_pullback(derived, operands, results, flags, tapes, chosen))

    def _threaded_call(self, op: Op, operands: tuple[Value, ...]) -> tuple[Value, ...]:
        """Append a call within a recursive function, which hands on the tapes; they come back as a cotangent."""
        b, name, given = self.b, str(op.attrs["function"]), operands[:-1]
        wrt, flags = self._activity_of_call(name, given, [self.is_active(v) for v in given])
        types = [v.type for v in op.results]
        if self._family is None or not any(flags):
            return (*b.append(op.opdef, given, op.attrs, types=types[:-1]), operands[-1])
        derived = self._family.ask((name, wrt))
        results = b.append(op.opdef, operands, {"function": derived.forward}, types=types)
        flags = (*flags, True)
        chosen = [v for v, on in zip(operands, (*wrt, True), strict=True) if on]
        self._note(results, flags, _call_pullback(derived, given, results, flags, (), chosen), op.loc)
        return results

    def _activity_of_call(
        self, name: str, operands: Sequence[Value], active: Sequence[bool]
    ) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
        """By which operands a call is differentiated, and which of its results depend on them."""
        wrt = tuple(on and carries_cotangents(v.type) for on, v in zip(active, operands, strict=True))
        return wrt, self.active_call(name, wrt)

    def _note(self, results: tuple[Value, ...], flags: Sequence[bool], pullback: Pullback, loc: Loc) -> None:
        self.active.update(v for v, on in zip(results, flags, strict=True) if on)
        self._steps.append(_Step(results, pullback, loc))

    def active_call(self, name: str, active: Sequence[bool]) -> tuple[bool, ...]:
        """Which results of a graph function depend on its active parameters."""
        key = name, tuple(active)
        if key in self._calls:
            return self._calls[key]
        found: tuple[bool, ...] = tuple(False for _ in self.functions[name].results)
        before = set(self._calls)
        while self._calls.get(key) != found:  # what it finds for itself, it had assumed
            for other in self._calls.keys() - before:  # found on an assumption that did not hold
                del self._calls[other]
            self._calls[key] = found
            self._known.clear()
            found = self._active_results(self.functions[name], active)
        return found

    def _derivative(self, name: str, wrt: tuple[bool, ...]) -> Derivative:
        """The two halves of a recursive function."""
        if (name, wrt) not in self._derived:
            family = Family.of(name, self.functions)
            engine = Reverse(ReverseBuilder(name, sizes=self.b), self.functions, within=self, family=family)
            self._derived.update(derive(family, (name, wrt), engine))
        return self._derived[name, wrt]

    def active_results(self, region: Graph, active: Sequence[bool]) -> tuple[bool, ...]:
        key = region, tuple(active)
        found = self._known.get(key)  # loops ask again and again, at every level of a nest
        if found is None:
            found = self._known[key] = self._active_results(region, active)
        return found

    def _active_results(self, region: Graph, active: Sequence[bool]) -> tuple[bool, ...]:
        on: set[Value] = {p for p, flag in zip(region.params, active, strict=True) if flag}
        for op in region.ops:
            flags = [v in on for v in op.operands]
            if not any(flags):
                continue
            if isinstance(op.opdef.vjp, RegionVjp):
                result_flags = op.opdef.vjp.activity(self, op, flags)
            elif is_threaded(op):
                result_flags = (*self.active_call(str(op.attrs["function"]), flags[:-1]), flags[-1])
            elif op.name == "call":
                result_flags = self.active_call(str(op.attrs["function"]), flags)
            else:
                result_flags = differentiable(op.results, propagates(op, flags))
            on.update(v for v, flag in zip(op.results, result_flags, strict=True) if flag)
        return tuple(v in on for v in region.results)

    # Backward

    def backward(self) -> None:
        """Run the pullbacks in reverse; what was summed for a result is used up."""
        for step in reversed(self._steps):
            cts = [self.sums.pop(v, None) if self.is_active(v) else None for v in step.results]
            if all(ct is None for ct in cts):
                continue
            self.b.loc = step.loc
            step.pullback(self, cts)

    def sum_of(self, value: Value) -> Value | None:
        if value in self.seedable and value not in self.sums:
            self.seeds[value] = self.sums[value] = self.b.param(value.type)
        return self.sums.get(value)

    def add(self, value: Value, ct: Value) -> None:
        if not self.is_active(value):
            return
        so_far = self.sums.get(value)
        self.sums[value] = ct if so_far is None else add_cotangents(self.b, so_far, ct)

    def replace(self, value: Value, ct: Value) -> None:
        self.sums[value] = ct

    def accumulate(self, value: Value, ct: "Accumulate[Value]") -> None:
        """Let a rule add to the sum by itself."""
        if not self.is_active(value):
            return
        so_far = self.sum_of(value)
        self.sums[value] = ct.into(self.b.zeros_like(value) if so_far is None else so_far)

    # Regions

    def split(
        self,
        region: Graph,
        active: Sequence[bool],
        *,
        seeded: Collection[int] = (),
        dense: Collection[int] = (),
        at_hand: Collection[int] = (),
    ) -> Split:
        b = ReverseBuilder(region.name, sizes=self.b)
        inner = Reverse(b, self.functions, within=self)
        params = [b.param(p.type, p.hint) for p in region.params]
        inner.at_hand = {params[i] for i in at_hand}
        b.active.update(p for p, flag in zip(params, active, strict=True) if flag)
        results = inner.forward(region, params)
        return _Region(inner, params, results, len(b.ops), seeded, dense, at_hand).split()

    def again(self) -> "Reverse":
        """Another backward sweep over the same forward one."""
        made = Reverse(self.b, self.functions, within=self)
        made.at_hand, made._steps = self.at_hand, self._steps
        return made


@dataclass(frozen=True, slots=True)
class _Region:
    """A region after its forward sweep, which ended at `mark`. The other fields are what `Reverse.split` was asked."""

    forward: Reverse
    params: Sequence[Value]
    results: Sequence[Value]
    mark: int
    seeded: Collection[int]
    dense: Collection[int]
    at_hand: Collection[int]

    def split(self) -> Split:
        flags = tuple(self.forward.is_active(v) for v in self.results)
        found: dict[tuple[frozenset[int], frozenset[int]], Split] = {}

        def narrow(wanted: frozenset[int], dense: frozenset[int]) -> Split:
            if (wanted, dense) not in found:
                fewer = self._joint(tuple(on and i in wanted for i, on in enumerate(flags)), dense)
                found[wanted, dense] = narrowed(fewer, whole) or whole
            return found[wanted, dense]

        whole = partition(self._joint(flags, self.dense), narrow)
        return whole

    def _joint(self, flags: tuple[bool, ...], dense: Collection[int]) -> Joint:
        """The backward sweep for cotangents of the results with these flags, after the forward one."""
        sweep = self.forward.again()
        b, active = sweep.b, [sweep.is_active(p) for p in self.params]
        b.truncate(self.mark)
        cts = [b.param(v.type) for v, on in zip(self.results, flags, strict=True) if on]
        sweep.seedable = {p for i, p in enumerate(self.params) if active[i] and i not in self.dense}
        for i in self.seeded:
            sweep.sum_of(self.params[i])
        for v, ct in zip([v for v, on in zip(self.results, flags, strict=True) if on], cts, strict=True):
            sweep.add(v, ct)
        sweep.backward()
        sums = {i: sweep.sums[p] for i, p in enumerate(self.params) if p in sweep.sums and active[i]}
        seeds = {i: sweep.seeds[p] for i, p in enumerate(self.params) if p in sweep.seeds}
        reached = {i: total for i, total in sums.items() if total is not seeds.get(i)}
        zeros = {i: b.zeros_like(self.params[i]) for i in dense if i not in sums and active[i]}
        return Joint(
            name=b.name,
            params=self.params,
            ops=tuple(b.ops),
            mark=self.mark,
            results=self.results,
            active_results=flags,
            cts=cts,
            seeds={i: seed for i, seed in seeds.items() if i in reached},
            outputs=reached | zeros,
            reached=frozenset(reached),
            at_hand=self.at_hand,
        )


def _call_pullback(
    derived: Derivative,
    operands: Sequence[Value],
    results: Sequence[Value],
    flags: Sequence[bool],
    tapes: Sequence[Value],
    chosen: Sequence[Value],
) -> Pullback:
    """The pullback of a call with these operands: a call of the backward half, which gives cotangents of `chosen`."""
    types = [*(v.type for v in chosen), *derived.tapes]

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        b = d.b
        given = [b.zeros_like(v) if ct is None else ct for v, ct, on in zip(results, cts, flags, strict=True) if on]
        attrs = {"function": derived.backward}
        found = b.append(lookup("call"), (*operands, *given, *tapes), attrs, types=types)
        for operand, ct in zip(chosen, found, strict=False):
            d.add(operand, ct)

    return pullback


def _rule_pullback(op: Op, rule: Vjp, operands: tuple[Value, ...], results: tuple[Value, ...]) -> Pullback:
    """The pullback of an op without regions, by its VJP rule."""

    def pullback(d: Differentiator, cts: Sequence[Value | None]) -> None:
        assert isinstance(d, Reverse)
        single = len(results) == 1
        found = rule(d.b, cts[0] if single else tuple(cts), results[0] if single else results, *operands, **op.attrs)
        for operand, ct in zip(operands, found, strict=True):
            if isinstance(ct, Accumulate):
                d.accumulate(operand, ct)  # pyright: ignore[reportUnknownArgumentType]
            elif ct is not None:
                d.add(operand, ct)

    return pullback
