"""A program's shortcut: one generated function that recognizes a plain call that the program serves, and runs it.

The general way through the cache takes any call apart. Most calls are plain: positional tensors, arrays, numbers and
objects, off the tape. For these the checks are written out as one Python function for each program.
"""

# pyright: reportPrivateUsage=false

import math
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.cache.program import Program
from dy2static.cache.signature import NUMBERS, Call, is_input_number
from dy2static.staging.spec import ContainerSpec, TensorSpec
from eager.grad_mode import GRAD_MODE, is_grad_enabled
from eager.parameter import Parameter
from eager.tensor import Tensor, wrap
from graph.aval import SymDim
from graph.dtypes import of_scalar

Shortcut = Callable[[tuple[Any, ...]], Any]
MISS: Final = object()
"""What a shortcut returns for a call that it does not take."""
TENSORS: Final[tuple[Any, ...]] = (Tensor, Parameter)
ATOMS: Final = (bool, str, type(None))


class _Writer:
    """The source of a shortcut, and the objects that it names."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"MISS": MISS, "wrap": wrap, "grad_mode": GRAD_MODE.get}

    def name(self, value: Any) -> str:
        name = f"c{len(self.names)}"
        self.names[name] = value
        return name

    def unless(self, test: str) -> None:
        """Give up where `test` is false."""
        self.lines.append(f"if not ({test}): return MISS")


def shortcut(program: Program, call: Call, args: Sequence[Any]) -> Shortcut | None:
    """The shortcut of the program that served this call; None where calls of this kind are not plain."""
    if len(call.leaves) != len(args) or not all(a is b for a, b in zip(call.leaves, args, strict=True)):
        return None
    if program.staged.writes:
        return None
    w = _Writer()
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
    _off_the_tape(w, call.leaves, program)
    if program.guards.all:
        w.unless(f"{w.name(program.guards.hold)}()")
    inputs = [data[i] for i in program.staged_leaves]
    inputs += [f"{w.name(_number)}({w.name(source.load)}())" for source in program.dynamic]
    inputs += [f"{w.name(_data)}({w.name(load)}())" for load in program.captured]
    result = _result(program)
    if result is None:
        return None
    w.lines.append(f"r = {w.name(program.compiled.runner)}({', '.join(inputs)})")
    w.lines.append(f"return {result}")
    source = "\n    ".join(["def shortcut(args):", *w.lines])
    exec(compile(source, "<shortcut>", "exec"), w.names)
    return w.names["shortcut"]


def _take(w: _Writer, name: str, leaf: Any, entry: Any, sizes: set[str]) -> str | None:
    """Checks of one argument; the expression of its data, "" where it has none, None where it is not plain."""
    kind = cast("type[Any]", type(leaf))
    if kind in TENSORS or kind is np.ndarray:
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
    if isinstance(leaf, np.generic):
        return None
    held = w.name(leaf)
    if kind is str:
        w.unless(f"type({name}) is str and {name} == {held}")
    elif kind in ATOMS or not isinstance(leaf, int | bytes | np.dtype | range | frozenset):
        w.unless(f"{name} is {held}")
    else:
        return None
    return ""


def _check_shape(w: _Writer, entry: Any, sizes: set[str]) -> None:
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


def _distinct(w: _Writer, leaves: Sequence[Any]) -> None:
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


def _off_the_tape(w: _Writer, leaves: Sequence[Any], program: Program) -> None:
    """Nothing to record: the tape is off, or no input is on it."""
    if not is_grad_enabled():
        w.unless("not grad_mode()")
        return
    w.unless("grad_mode()")
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, Tensor):
            w.unless(f"a{i}._link is None")
    for load in program.captured:
        w.unless(f"{w.name(_link)}({w.name(load)}()) is None")


def _result(program: Program) -> str | None:
    match program.staged.result:
        case TensorSpec(_, weak):
            return _tensor(0, weak)
        case ContainerSpec(node, parts) if node.kind is tuple and parts:
            specs = [part for part in parts if isinstance(part, TensorSpec)]
            if len(specs) < len(parts):
                return None
            return f"({', '.join(_tensor(i, spec.weak) for i, spec in enumerate(specs))},)"
        case _:
            return None


def _tensor(index: int, weak: bool) -> str:
    return f"r[{index}].item()" if weak else f"wrap(r[{index}])"


def _number(x: Any) -> Any:
    return of_scalar(x).type(x)


def _data(x: Any) -> Any:
    return x._data if isinstance(x, Tensor) else x


def _link(x: Any) -> Any:
    return x._link if isinstance(x, Tensor) else None
