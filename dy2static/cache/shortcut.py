"""A program's shortcut: one generated function that recognizes a plain call that the program serves, and runs it.

The general way through the cache takes any call apart. Most calls are plain: positional tensors, arrays, numbers and
objects, off the tape. For these the checks are written out as one Python function for each program.
"""

# pyright: reportPrivateUsage=false

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.compiled import wrapped
from dy2static.cache.generated import Body
from dy2static.cache.guard_set import TENSORS, GuardWriter
from dy2static.cache.making import MAKING
from dy2static.cache.program import Program
from dy2static.cache.signature import NUMBERS, Call, is_input_number
from dy2static.cache.sources import Source
from dy2static.staging.arguments import ArgumentRef
from dy2static.staging.objects.cells import HandleCell
from dy2static.staging.stage import Write
from dy2static.staging.values.spec import ConstantSpec, ContainerSpec, Spec, TensorSpec
from eager.grad_mode import GRAD_MODE, is_grad_enabled
from eager.tape import is_tracked
from eager.tape_links import Leaf
from eager.tensor import Tensor, wrap
from graph.aval import SymDim
from graph.dtypes import of_scalar

Shortcut = Callable[[tuple[Any, ...]], Any]
MISS: Final = object()
"""What a shortcut returns for a call that it does not take."""
MOST_SHORTCUTS: Final = 4
"""Of one function."""
ATOMS: Final = (bool, str, type(None))


def shortcut(
    program: Program,
    call: Call,
    args: Sequence[Any],
    *,
    apart_from: frozenset[int] = frozenset(),
    has_guards: bool = True,
) -> Shortcut | None:
    """The shortcut of the program that served this call; None where calls of this kind are not plain.

    No argument may be an object of `apart_from`, by identity. Without guards, it takes whatever has fitting arguments.
    """
    if len(call.leaves) != len(args) or not all(a is b for a, b in zip(call.leaves, args, strict=True)):
        return None
    if program.written_arrays(args, {}):
        return None
    w = Body(MISS, wrap=wrap, grad_mode=GRAD_MODE.get)
    w.unless(f"len(args) == {len(args)}")
    names = [f"a{i}" for i in range(len(args))]
    if names:
        w.lines.append(f"{', '.join(names)}, = args")
    sizes: set[str] = set()
    data: dict[int, str] = {}
    for i, (leaf, entry) in enumerate(zip(call.leaves, program.pattern.entries, strict=True)):
        taken = _take(w, f"a{i}", leaf, entry, sizes)
        if taken is None:
            return None
        data[i] = taken
    _distinct(w, call.leaves)
    if apart_from and names:
        w.unless(f"{w.name(apart_from)}.isdisjoint(({', '.join(f'id({name})' for name in names)},))")
    reads = GuardWriter(w)
    if has_guards:
        reads.write(program.guards.all)
    captured = [_read(w, reads, load) for load in program.captured]
    if not _second_names(w, program, call, captured):
        return None
    _off_the_tape(w, call, captured, program)
    inputs = [data[i] for i in program.staged_leaves]
    for source in program.dynamic:
        number = _read(w, reads, source.load)
        inputs.append(f"{w.name(_number)}({number})")
    inputs += [f"{name}._data" for name in captured]
    w.lines.append(f"r = {w.name(program.compiled)}.runner({', '.join(inputs)})")
    _deliver(w, program, call)
    return w.function("shortcut", "args")


def _read(w: Body, reads: GuardWriter, load: Callable[[], Any]) -> str:
    """The variable with what `load` gives."""
    source = getattr(load, "__self__", None)
    known = reads.loaded.get(source.key) if isinstance(source, Source) else None
    return known or w.local(f"{w.name(load)}()")


def _take(w: Body, name: str, leaf: Any, entry: Any, sizes: set[str]) -> str | None:
    """Checks of one argument; the expression of its data, "" where it has none, None where it is not plain."""
    kind = cast("type[Any]", type(leaf))
    if kind in TENSORS or (kind is np.ndarray and leaf.dtype.isnative):
        w.unless(f"type({name}) is {w.name(kind)}")
        data = name if kind is np.ndarray else f"d{name}"
        if kind is not np.ndarray:
            w.lines.append(f"{data} = {name}._data")
        w.unless(f"{data}.dtype is {w.name(leaf.dtype)}")
        w.lines.append(f"s = {data}.shape")
        _check_shape(w, entry, sizes)
        return data
    if kind in NUMBERS:
        w.unless(f"type({name}) is {kind.__name__}")
        if entry is None:
            if kind is int:
                w.unless(f"-0x8000000000000000 <= {name} < 0x8000000000000000")
            return f"{w.name(of_scalar(leaf).type)}({name})" if is_input_number(leaf) else None
        if kind is complex or (kind is float and (leaf == 0 or not math.isfinite(leaf))):
            return None
        w.unless(f"{name} == {w.name(entry)}")
        return ""
    if isinstance(leaf, np.generic | np.ndarray):
        return None
    held = w.name(leaf)
    if kind is str:
        w.unless(f"type({name}) is str and {name} == {held}")
    elif kind in ATOMS or not isinstance(leaf, int | bytes | np.dtype | range | frozenset):
        w.unless(f"{name} is {held}")
    else:
        return None
    return ""


def _check_shape(w: Body, entry: Any, sizes: set[str]) -> None:
    """An exact shape, or one with named sizes, where a name stands for one size."""
    if all(isinstance(dim, int) for dim in entry):
        w.unless(f"s == {tuple(entry)}")
        return
    w.unless(f"len(s) == {len(entry)}")
    for k, dim in enumerate(entry):
        if isinstance(dim, SymDim) and dim.names[0] not in sizes:
            sizes.add(dim.names[0])
            w.lines.append(f"size_{dim.names[0]} = s[{k}]")
        else:
            w.unless(f"s[{k}] == {f'size_{dim.names[0]}' if isinstance(dim, SymDim) else dim}")


def _distinct(w: Body, leaves: Sequence[Any]) -> None:
    """One handle passed twice makes another program; the call that is the example has none."""
    handles: Any = (Tensor, np.ndarray)
    at = [f"a{i}" for i, leaf in enumerate(leaves) if isinstance(leaf, handles)]
    ids = {id(leaf) for leaf in leaves if isinstance(leaf, handles)}
    if len(ids) < len(at):
        w.unless("False")
    elif len(at) in (2, 3):
        w.unless(" and ".join(f"{a} is not {b}" for i, a in enumerate(at) for b in at[i + 1 :]))
    elif at:
        w.unless(f"len({{{', '.join(f'id({a})' for a in at)}}}) == {len(at)}")


def _second_names(w: Body, program: Program, call: Call, captured: Sequence[str]) -> bool:
    """Checks that no tensor that the program changes in place comes in by a second way (see `has_second_names`); False
    where an argument is a captured tensor already, so that another one may be so next."""
    if not (program.changed_leaves or program.changed_outside):
        return True
    held = [load() for load in program.captured]
    passed = {i: leaf for i, leaf in enumerate(call.leaves) if isinstance(leaf, Tensor)}
    if any(leaf is x for leaf in passed.values() for x in held):
        return False
    names = [f"a{i}" for i in passed]
    moving = [name for name, x in zip(captured, held, strict=True) if id(x) not in program.changed_outside]
    changed = [f"a{i}" for i in program.changed_leaves]
    for fixed, others in (
        (w.name(program.changed_outside) if program.changed_outside else "", [*names, *moving]),
        (f"{{{', '.join(map(_identity, changed))}}}" if changed else "", moving),
    ):
        if fixed and others:
            w.unless(f"{fixed}.isdisjoint(({', '.join(map(_identity, others))},))")
    return True


def _identity(name: str) -> str:
    return f"id({name})"


def _off_the_tape(w: Body, call: Call, captured: Sequence[str], program: Program) -> None:
    """Nothing to record: the tape is off, or no input is on it that results depend on."""
    if not is_grad_enabled():
        w.unless("not grad_mode()")
        return
    w.unless("grad_mode()")
    inputs = program.inputs(call)
    names = [f"a{i}" if isinstance(call.leaves[i], Tensor) else "" for i in program.staged_leaves]
    names += [*("" for _ in program.dynamic), *captured]
    unrecorded = program.compiled.unrecorded(tuple(i for i, x in enumerate(inputs) if is_tracked(x)))
    for i, name in enumerate(names):
        if name and i not in unrecorded:
            w.unless(f"{name}._link is None")


def _deliver(w: Body, program: Program, call: Call) -> None:
    """The changes that the program makes, and the function's value."""
    found = itertools.count()
    value = _value(program.staged.result, found)
    stores = [_store(w, write, found, call) for write in program.staged.writes]
    if value is None or None in stores:
        w.lines.append(f"return {w.name(program.deliver)}([*map({w.name(wrapped)}, r)], args, {{}})")
        return
    if stores:
        w.lines.append(f"{w.name(MAKING.wait)}()")
    w.lines += [line for lines in stores for line in lines or ()]
    w.lines.append(f"return {value}")


def _value(spec: Spec, found: Iterator[int]) -> str | None:
    """The value of a tensor, of a number, or of a tuple of these; None for others."""
    match spec:
        case TensorSpec(_, weak):
            return f"r[{next(found)}].item()" if weak else f"wrap(r[{next(found)}])"
        case ContainerSpec(node, parts) if node.kind is tuple and parts:
            items = [_value(part, found) for part in parts]
            return None if None in items else f"({', '.join(map(str, items))},)"
        case ConstantSpec(None):
            return "None"
        case _:
            return None


def _store(w: Body, write: Write, found: Iterator[int], call: Call) -> list[str] | None:
    """The statements of one change; None where the general way makes it."""
    owner = "" if write.owner is None else f"a{write.owner.path[-1]}"
    if owner and not (type(write.owner) is ArgumentRef and len(write.owner.path) == 2):
        return None
    if not isinstance(write.cell, HandleCell):
        value = _value(write.spec, found)
        return None if value is None else [f"{w.name(write.cell)}{f'.of({owner})' if owner else ''}.store({value})"]
    handle: Any = call.leaves[int(owner[1:])] if owner else write.cell.handle
    if type(handle) not in TENSORS or not isinstance(write.spec, TensorSpec) or write.spec.weak:
        return None
    name = owner or w.name(handle)
    return [
        f"{name}._data = r[{next(found)}]",
        f"if not isinstance({name}._link, {w.name(Leaf)}): {name}._link = None",
    ]


def _number(x: Any) -> Any:
    return of_scalar(x).type(x)
