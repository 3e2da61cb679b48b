"""What the primal saves: a joint forward-and-backward op list is cut in two.

Residuals are the forward values that backward ops read, but for two kinds. What costs nothing to make (constants, views
and index arithmetic on values that are there anyway) is made again. Where only the size of a value is asked, the size
is saved; of a view of a part of something, a copy, so that the rest can go.
"""

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType

from graph.aval import Aval, is_static
from graph.dtypes import is_integer
from graph.ir.builder import static_shape
from graph.ir.differentiator import Split
from graph.ir.op import Graph, Op
from graph.ir.opdef import Effect, effect_of, lookup
from graph.ir.value import Value


@dataclass(frozen=True, slots=True)
class Joint:
    """A region and its derivative as one op list, cut at `mark`.

    `seeds` are the sums that come in and `outputs` the cotangents that go out, by parameter; `at_hand` are parameters
    that the backward half has without their being saved.
    """

    name: str
    params: Sequence[Value]
    ops: Sequence[Op]
    mark: int
    results: Sequence[Value]
    active_results: tuple[bool, ...]
    cts: Sequence[Value]
    seeds: Mapping[int, Value]
    outputs: Mapping[int, Value]
    reached: frozenset[int]
    at_hand: Collection[int]


def partition(joint: Joint, narrow: Callable[[frozenset[int], frozenset[int]], Split]) -> Split:
    """The two halves of a joint op list. `narrow` gives them for cotangents of some results alone."""
    params, outputs = joint.params, [joint.outputs[i] for i in sorted(joint.outputs)]
    forward = list(joint.ops[: joint.mark])
    known = {*params, *(v for op in forward for v in op.results)}
    at_hand = [params[i] for i in joint.at_hand]
    sizes, backward = _sizes_apart(live(joint.ops[joint.mark :], outputs), outputs, known, at_hand)
    forward += sizes
    known.update(v for op in sizes for v in op.results)
    read = _reads(backward, outputs, known)
    again = _made_again(forward, read, {*read, *at_hand})
    remade = {v for op in again for v in op.results}
    saved = [v for v in _reads([*again, *backward], outputs, known) if v not in remade]
    index = {p: i for i, p in enumerate(params)}
    from_params = tuple(sorted(index[v] for v in saved if v in index))
    entering = [v for v in saved if v not in index]
    forward, residuals = _compacted(forward, entering)
    seeded = tuple(sorted(joint.seeds))
    taken = [*(params[i] for i in from_params), *entering, *joint.cts, *(joint.seeds[i] for i in seeded)]
    return Split(
        Graph(joint.name, tuple(params), tuple(forward), (*joint.results, *residuals)),
        Graph(joint.name, tuple(taken), (*again, *backward), tuple(outputs)),
        from_params,
        joint.active_results,
        seeded,
        tuple(sorted(joint.outputs)),
        joint.reached,
        narrow,
    )


def narrowed(joint: Joint, whole: Split) -> Split | None:
    """The halves of a joint op list of which the forward one is that of `whole`: fewer cotangents come in, so that no
    more is read than `whole` has saved. None where that is not so."""
    outputs = [joint.outputs[i] for i in sorted(joint.outputs)]
    saved = whole.backward.params[: len(whole.from_params) + len(whole.residuals)]
    forward = list(joint.ops[: joint.mark])
    sizes = {_computation(op): op.results for op in whole.forward.ops if _is_size(op) and set(op.results) <= {*saved}}
    backward, env = list[Op](), dict[Value, Value]()
    for op in live(joint.ops[joint.mark :], outputs):
        if (same := _same_dim(op, saved)) is not None:
            backward.append(same)
        elif _is_size(op) and _computation(op) in sizes:
            env.update(zip(op.results, sizes[_computation(op)], strict=True))
        else:
            operands = tuple(env.get(v, v) for v in op.operands)
            backward.append(Op(op.opdef, operands, op.results, op.attrs, op.regions, op.loc))
    outputs = tuple(env.get(v, v) for v in outputs)
    seeded = tuple(sorted(joint.seeds))
    taken = (*saved, *joint.cts, *(joint.seeds[i] for i in seeded))
    there = {*taken, *(v for op in backward for v in op.results)}
    again = _made_again(forward, [v for op in backward for v in op.operands if v not in there], saved)
    there.update(v for op in again for v in op.results)
    if not there.issuperset([*outputs, *(v for op in (*again, *backward) for v in op.operands)]):
        return None
    return replace(
        whole,
        backward=Graph(joint.name, taken, (*again, *backward), outputs),
        active_results=joint.active_results,
        seeded=seeded,
        outputs=tuple(sorted(joint.outputs)),
        reached=joint.reached,
    )


def _computation(op: Op) -> tuple[object, ...]:
    """What two ops without regions have in common that compute the same."""
    return op.name, op.operands, tuple(op.attrs.items())


def live(ops: Sequence[Op], roots: Iterable[Value]) -> list[Op]:
    """The backward ops that `roots` depend on, in order.

    Others are dropped even if they could fail: rules only repeat on cotangents what went well on values, and do nothing
    that is seen from outside.
    """
    needed: set[Value] = set(roots)
    kept: list[Op] = []
    for op in reversed(ops):
        if any(v in needed for v in op.results):
            needed.update(op.operands)
            kept.append(op)
    kept.reverse()
    return kept


def _reads(ops: Sequence[Op], results: Sequence[Value], known: Set[Value]) -> list[Value]:
    """Those of the known values that the ops or the results read, each once, in order."""
    read = dict.fromkeys(v for op in ops for v in op.operands)
    read.update(dict.fromkeys(results))
    return [v for v in read if v in known]


def _sizes_apart(
    ops: Sequence[Op], results: Sequence[Value], known: Set[Value], at_hand: Sequence[Value]
) -> tuple[list[Op], list[Op]]:
    """The ops that only take sizes of forward values which nothing else reads, and the other ops.

    A `dim` that can be taken of something else is among the others.
    """
    measuring = {op for op in ops if all(v in known for v in op.operands) and _is_size(op)}
    others = [op for op in ops if op not in measuring]
    read = dict.fromkeys([*_reads(others, results, known), *at_hand])
    sizes: list[Op] = []
    rest: list[Op] = []
    for op in ops:
        if op not in measuring or all(v in read for v in op.operands):
            rest.append(op)
        elif (same := _same_dim(op, read)) is not None:
            rest.append(same)
        else:
            sizes.append(op)
    return sizes, rest


def _same_dim(op: Op, values: Iterable[Value]) -> Op | None:
    """A `dim` of one of the values that is this `dim` too."""
    if op.name != "dim":
        return None
    (measured,), axis = op.operands, op.attrs["axis"]
    assert isinstance(axis, int)
    for value in values:
        if isinstance(value.type, Aval) and measured.shape[axis] in value.shape:
            at = value.shape.index(measured.shape[axis])
            return Op(op.opdef, (value,), op.results, MappingProxyType({"axis": at}), loc=op.loc)
    return None


def _is_size(op: Op) -> bool:
    """Whether a number is made of something large: a `dim`, the length of a list."""
    return (
        not op.regions
        and effect_of(op) is Effect.PURE
        and all(_is_number(v) for v in op.results)
        and not all(_is_number(v) for v in op.operands)
    )


def _is_number(value: Value) -> bool:
    return isinstance(value.type, Aval) and value.ndim == 0 and (is_integer(value.dtype) or value.dtype.kind == "b")


def _made_again(ops: Sequence[Op], read: Sequence[Value], at_hand: Collection[Value]) -> list[Op]:
    """The forward ops that the backward half repeats for what it reads, where `at_hand` is what they need."""
    available = set(at_hand)
    for op in ops:
        if _is_free(op) and available.issuperset(op.operands):
            available.update(op.results)
    wanted = set(read)
    again: list[Op] = []
    for op in reversed(ops):
        if wanted.intersection(op.results) and _is_free(op) and available.issuperset(op.operands):
            again.append(op)
            wanted.update(op.operands)
    again.reverse()
    return again


def _compacted(ops: Sequence[Op], residuals: Sequence[Value]) -> tuple[list[Op], list[Value]]:
    """The forward ops with copies of those residuals that are views of a part of something, and the residuals then.

    The rest of it is not needed: kept alive, it would cost memory, and could not be updated in place.
    """
    saved = set(residuals)
    parts = {v: Value(v.type) for op in ops for v in op.results if v in saved and _is_part(op, v)}
    compacted: list[Op] = []
    for op in ops:
        compacted.append(op)
        for v in op.results:
            if v in parts:
                compacted.append(Op(lookup("compact"), (v,), (parts[v],), loc=op.loc))
    return compacted, [parts.get(v, v) for v in residuals]


def _is_part(op: Op, view: Value) -> bool:
    """Whether the result is a view of some elements of the first operand, and not of all."""
    if not op.opdef.aliases or op.regions or not isinstance(view.type, Aval) or not view.ndim:
        return False
    whole = op.operands[0].type
    if not isinstance(whole, Aval):
        return False
    if is_static(whole.shape) and is_static(view.shape):
        return math.prod(static_shape(view.shape)) < math.prod(static_shape(whole.shape))
    dropped, added = Counter(whole.shape) - Counter(view.shape), Counter(view.shape) - Counter(whole.shape)
    return not added and any(dim != 1 for dim in dropped)


def _is_free(op: Op) -> bool:
    """Whether an op takes no time and memory worth saving: a constant, a view, arithmetic on indices."""
    if op.regions or effect_of(op) is Effect.ORDERED:
        return False
    if not op.operands:
        return effect_of(op) is Effect.PURE
    is_view = op.opdef.aliases and all(isinstance(v.type, Aval) for v in op.results)
    return is_view or all(_is_number(v) for v in (*op.operands, *op.results))
