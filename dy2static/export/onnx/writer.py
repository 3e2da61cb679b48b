"""Writes nodes: names, constants, blocks, and the dtypes that kernels are there for."""

# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np

from dy2static.errors import ExportError
from dy2static.export.onnx.handles import Handle, Part, Tensor, TensorList, made_of, part_types, parts_of
from dy2static.export.onnx.kernels import computes_in
from dy2static.export.onnx.library import onnx
from graph.aval import Aval, Type
from graph.dtypes import SHORT_NAMES, DType, bool_, int64
from graph.location import UNKNOWN, Loc

NUMBER: Final = (bool, int, float)
SECOND_LEADS: Final = frozenset({"Where"})
"""Kinds of nodes whose dtype is that of the second input."""
SEQUENCES: Final = ("SequenceEmpty", "SequenceConstruct", "SequenceInsert", "SequenceErase", "SplitToSequence")
"""Kinds of nodes that give sequences."""


@dataclass(slots=True)
class Block:
    """The nodes of a graph or of a region under way."""

    nodes: list[Any] = field(default_factory=list[Any])
    made: set[str] = field(default_factory=set[str])
    """The names of what its nodes give."""
    checks: list[Tensor] = field(default_factory=list[Tensor])
    """What must be looked at for the run to fail where it should."""


class Writer:
    """Nodes in blocks. Everything has a name of its own, in regions too, so regions see what is around them."""

    def __init__(self) -> None:
        self.block = Block()
        self.loc: Loc = UNKNOWN
        """The user's line that nodes are written for."""
        self.initializers: dict[tuple[Any, ...], Any] = {}
        self._count = 0

    def name(self, hint: str) -> str:
        """A new name."""
        self._count += 1
        return f"{hint}_{self._count}"

    # Constants

    def tensor(self, value: Any, dtype: DType) -> Tensor:
        """A constant of the model; equal ones are one."""
        array = np.ascontiguousarray(value, dtype).reshape(np.shape(value))
        key = (dtype, array.shape, array.tobytes())
        if key not in self.initializers:
            self.initializers[key] = onnx().numpy_helper.from_array(array, self.name("constant"))
        return Tensor(self.initializers[key].name, dtype, Aval(dtype, array.shape))

    def as_tensor(self, x: Any, like: DType) -> Any:
        """A Python number as a constant of a dtype; anything else as it is."""
        return self.tensor(x, like) if isinstance(x, NUMBER) else x

    # Nodes

    def node(self, op_type: str, *inputs: Any, dtype: DType | None = None, **attrs: Any) -> Any:
        """See `OnnxEmitter`."""
        return self.nodes(op_type, *inputs, dtypes=(dtype,), **attrs)[0]

    def nodes(self, op_type: str, *inputs: Any, dtypes: Sequence[DType | None], **attrs: Any) -> tuple[Any, ...]:
        """See `OnnxEmitter`. A dtype that is None is that of the leading input."""
        lead = self._lead(op_type, inputs)
        if lead is None:
            return self.written(op_type, inputs, [d or bool_ for d in dtypes], attrs)
        own = computes_in(op_type, lead)
        if own is None:
            raise ExportError(
                f"ONNX Runtime has no {SHORT_NAMES[lead]} kernel of `{op_type}`", next_step="cast with `astype`."
            )
        given = [self.as_tensor(x, lead) for x in inputs]
        given = [self.cast(x, own) if isinstance(x, Tensor) and x.dtype == lead else x for x in given]
        wanted = [lead if d is None else d for d in dtypes]
        results = self.written(op_type, given, [own if d == lead else d for d in wanted], attrs)
        return tuple(self.cast(x, d) if isinstance(x, Tensor) else x for x, d in zip(results, wanted, strict=True))

    def _lead(self, op_type: str, inputs: Sequence[Any]) -> DType | None:
        typed = [x.dtype for x in inputs[op_type in SECOND_LEADS :] if isinstance(x, Tensor | TensorList)]
        return typed[0] if typed else None

    def written(
        self, op_type: str, inputs: Sequence[Any], dtypes: Sequence[DType], attrs: dict[str, Any], name: str = ""
    ) -> tuple[Any, ...]:
        """A node as it is said, without casts; called `name`, else after the user's line."""
        outputs = [self.name(op_type.lower()) for _ in dtypes]
        given = ["" if x is None else x.name for x in inputs]
        made = onnx().helper.make_node(op_type, given, outputs, name=name or self._node_name(op_type), **_named(attrs))
        if self.loc != UNKNOWN:
            made.doc_string = str(self.loc)
        self.block.nodes.append(made)
        self.block.made.update(outputs)
        kind = TensorList if op_type in SEQUENCES else Tensor
        return tuple(kind(output, dtype) for output, dtype in zip(outputs, dtypes, strict=True))

    def _node_name(self, op_type: str) -> str:
        where = "" if self.loc == UNKNOWN else f" at {self.loc}"
        return self.name(op_type) + where

    def cast(self, x: Any, dtype: DType) -> Any:
        """The tensor in another dtype; itself where it has that."""
        if x.dtype == dtype:
            return x
        return self.written("Cast", (x,), (dtype,), {"to": dtype})[0]

    # Blocks

    @contextmanager
    def inner(self) -> Generator[Block]:
        """The nodes written meanwhile make up a region."""
        outer, self.block = self.block, Block()
        try:
            yield self.block
        finally:
            self.block = outer

    def outputs(self, parts: Sequence[Part]) -> list[Part]:
        """What the block under way yields: values from outside, and what is yielded twice, as copies of their own."""
        seen: set[str] = set()
        found: list[Part] = []
        for part in parts:
            if part.name not in self.block.made or part.name in seen:
                copy = self.written("Identity", (part,), (part.dtype,), {})[0].name
                part = TensorList(copy, part.dtype) if isinstance(part, TensorList) else Tensor(copy, part.dtype)
            seen.add(part.name)
            found.append(part)
        return found

    def region(self, block: Block, name: str, inputs: Sequence[Part], outputs: Sequence[Part]) -> Any:
        """A block as a graph of its own. Shapes are not declared, as they may differ by run; but numbers are."""
        given, made = ([value_info(part, _known_shape(part)) for part in parts] for parts in (inputs, outputs))
        return onnx().helper.make_graph(block.nodes, self.name(name), given, made)

    # Checks: a part of a model runs only where something is made of it, so checks are handed out to the results.

    def require(self, ok: Any, text: str) -> None:
        """See `OnnxEmitter`: `ok` indexes a tensor of one element, which fails where it is not 0."""
        if ok is True:
            return
        wrong = self.written("Not", (self.as_tensor(ok, bool_),), (bool_,), {})[0]
        place = self.cast(wrong, int64)
        (checked,) = self.written("Gather", (self.tensor([True], bool_), place), (bool_,), {}, self.name(text))
        self.block.checks.append(checked)

    def all_checks(self, block: Block) -> Tensor:
        """The checks of a block as one bool, which is true."""
        total, *others = block.checks or [self.tensor(True, bool_)]
        for check in others:
            total = self.written("And", (total, check), (bool_,), {})[0]
        return total

    # Control flow

    def branch(
        self,
        test: Tensor,
        then: Callable[[], Sequence[Handle]],
        other: Callable[[], Sequence[Handle]],
        types: Sequence[Type],
    ) -> tuple[Handle, ...]:
        """The values of one of two regions, which are of `types`."""
        blocks: list[Block] = []
        yields: list[list[Part]] = []
        for make in (then, other):
            with self.inner() as block:
                yields.append([part for value in make() for part in parts_of(value)])
                blocks.append(block)
        checks = any(block.checks for block in blocks)
        graphs: list[Any] = []
        for name, block, parts in zip(("then", "else"), blocks, yields, strict=True):
            outer, self.block = self.block, block
            found = self.outputs([*parts, *([self.all_checks(block)] if checks else [])])
            self.block = outer
            graphs.append(self.region(block, name, (), found))
        dtypes = [part.dtype for t in types for part in part_types(t)] + [bool_] * checks
        if not dtypes:
            return ()
        made = self.written("If", (test,), dtypes, {"then_branch": graphs[0], "else_branch": graphs[1]})
        if checks:
            self.block.checks.append(made[-1])
        return values_of(types, [x.name for x in made])

    def repeat(
        self,
        count: Tensor | None,
        test: Tensor | None,
        carried: Sequence[Handle],
        types: Sequence[Type],
        body: Callable[..., tuple[Sequence[Handle], Tensor | None]],
    ) -> tuple[Handle, ...]:
        """A loop of at most `count` trips, which goes on while the test is true. `body(i, *carried)` gives the next
        carried values, of `types`, and the next test (None for one that is true)."""
        counter, going = (
            Tensor(self.name("i"), int64, Aval(int64, ())),
            Tensor(self.name("going"), bool_, Aval(bool_, ())),
        )
        kinds = [part for t in types for part in part_types(t)]
        names = [self.name("carried") for _ in kinds]
        inputs = [(TensorList if k.is_sequence else Tensor)(n, k.dtype) for n, k in zip(names, kinds, strict=True)]
        with self.inner() as block:
            following, next_test = body(counter, *values_of(types, names))
            parts = [part for value in following for part in parts_of(value)]
            held = Tensor(self.name("checked"), bool_)
            checks = [self.all_checks(block)] if block.checks else []
            found = self.outputs([next_test or going, *parts, *checks])
        if not kinds and not checks:
            return ()
        given = [counter, going, *inputs, *([held] if checks else [])]
        graph = self.region(block, "body", given, found)
        start = [part for value in carried for part in parts_of(value)]
        start += [self.tensor(True, bool_)] if checks else []
        dtypes = [k.dtype for k in kinds] + [bool_] * len(checks)
        made = self.written("Loop", (count, test, *start), dtypes, {"body": graph})
        if checks:
            self.block.checks.append(made[-1])
        return values_of(types, [x.name for x in made])


def values_of(types: Sequence[Type], names: Sequence[str]) -> tuple[Handle, ...]:
    """Values of types whose parts have names, one after the other; names that are left over are for something else."""
    rest = iter(names)
    return tuple(made_of(t, [next(rest) for _ in part_types(t)]) for t in types)


def _named(attrs: dict[str, Any]) -> dict[str, Any]:
    """Attributes as ONNX has them: dtypes as numbers."""
    return {k: elem_type(cast(DType, v)) if isinstance(v, np.dtype) else v for k, v in attrs.items() if v is not None}


def elem_type(dtype: DType) -> int:
    """The number that ONNX has for a dtype."""
    return onnx().helper.np_dtype_to_tensor_dtype(dtype)


def value_info(part: Part, shape: Sequence[int | str | None] | None = None) -> Any:
    """The declaration of a value."""
    helper = onnx().helper
    declared = helper.make_tensor_type_proto(elem_type(part.dtype), shape)
    if isinstance(part, TensorList):
        declared = helper.make_sequence_type_proto(declared)
    return helper.make_value_info(part.name, declared)


def _known_shape(part: Part) -> list[int | str | None] | None:
    return [] if isinstance(part, Tensor) and part.known is not None and not part.known.shape else None
