"""The only way that a graph grows: appends typed ops, infers their types, closes regions over what they use."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, cast

import numpy as np

from graph.aval import Aval, Dim, ListType, OptionalType, Shape, SymDim, Type, dim_add, dim_scale, dim_sub
from graph.dtypes import DType, int64, of_scalar
from graph.errors import DTypeError, GraphError, InternalError
from graph.ir.emitter import Emitter, Scalar, Size
from graph.ir.op import NO_ATTRS, NO_FUNCTIONS, Attr, Graph, Op
from graph.ir.opdef import OpDef, Operand, Promote, lookup
from graph.ir.value import Value
from graph.location import UNKNOWN, Loc


class _Names:
    """Fresh names of symbolic sizes, `u0`, `u1`, ...: shared by all builders that work on one graph."""

    def __init__(self) -> None:
        self._next = 0

    def fresh(self) -> SymDim:
        self._next += 1
        return SymDim.named(f"u{self._next - 1}")

    def avoid(self, t: Type) -> None:
        """Give no name that is in `t`."""
        while not isinstance(t, Aval):
            t = t.element
        for dim in t.shape:
            if isinstance(dim, SymDim):
                for name in dim.names:
                    if name[0] == "u" and name[1:].isdigit():
                        self._next = max(self._next, int(name[1:]) + 1)


class GraphBuilder(Emitter[Value]):
    """Builds one graph. With a `parent` it builds a region: values of the parent that an op uses become parameters.

    `loc` is the place that the next ops are said to come from. `sizes` is a builder of another part of the same graph,
    such as a region that will be passed to an op there: what one calls `u0` the other does not.
    """

    def __init__(self, name: str, parent: "GraphBuilder | None" = None, *, sizes: "GraphBuilder | None" = None) -> None:
        self.name = name
        self.parent = parent
        self.loc: Loc = parent.loc if parent else UNKNOWN
        self.params: list[Value] = []
        self.ops: list[Op] = []
        self.captures: dict[Value, Value] = {}
        self.watch: Callable[[Op], None] | None = parent.watch if parent else None
        """Told of every op that is appended, in the regions of this graph too."""
        self.producer: dict[Value, Op | None] = {}
        shared = parent or sizes
        self._names: _Names = shared._names if shared else _Names()

    # Values

    def param(self, type: Type, hint: str = "") -> Value:
        """A new parameter, after those there are."""
        value = Value(type, hint)
        self.params.append(value)
        self.producer[value] = None
        return value

    def fresh_dim(self) -> SymDim:
        """A symbolic size that no other dim of this build has."""
        return self._names.fresh()

    def avoid_sizes_of(self, graph: Graph) -> None:
        """Let fresh sizes differ from those of a graph to be copied here, its regions and functions included."""
        for value in (*graph.params, *(v for op in graph.ops for v in op.results)):
            self._names.avoid(value.type)
        for op in graph.ops:
            for region in op.regions:
                self.avoid_sizes_of(region)
        for function in graph.functions.values():
            self.avoid_sizes_of(function)

    def lift(self, value: Value) -> Value:
        """`value` as it is known in this region: itself, or the parameter through which it comes in."""
        if value in self.producer:
            return value
        if value in self.captures:
            return self.captures[value]
        if self.parent is None:
            raise InternalError(f"graph {self.name!r} uses a value ({value.type}) that it does not own")
        outer = self.parent.lift(value)
        if outer in self.captures:  # the same value by the name that the parent has for it
            inner = self.captures[value] = self.captures[outer]
            return inner
        made = self.parent.producer.get(outer)
        if made is not None and made.name == "constant":  # cheaper than a parameter, and folds in place
            inner = self.constant(cast(np.ndarray, made.attrs["value"]))
        else:
            inner = Value(value.type, value.hint)
            self.producer[inner] = None
        self.captures[value] = self.captures[outer] = inner
        return inner

    def names_of(self, value: Value) -> list[Value]:
        """`value`, and what it is called in the regions around this one."""
        names, builder = [value], self
        while builder is not None:
            names += [outer for outer, inner in builder.captures.items() if inner in names and outer not in names]
            builder = builder.parent
        return names

    def constant(self, value: Any, dtype: DType | None = None) -> Value:
        """A tensor known now; kept as a read-only copy.

        Raises: OverflowError, with NumPy's text, for a Python int that the dtype has no room for.
        """
        try:
            array = np.array(value, dtype=dtype)
        except OverflowError as error:
            raise OverflowError(*error.args) from None
        array.setflags(write=False)
        return self.append(lookup("constant"), (), {"value": array}, types=(Aval(array.dtype, array.shape),))[0]

    # Ops

    def append(
        self,
        opdef: OpDef,
        operands: Sequence[Value],
        attrs: Mapping[str, Attr],
        regions: tuple[Graph, ...] = (),
        types: Sequence[Type] | None = None,
    ) -> tuple[Value, ...]:
        """Append one op whose operands already have the right dtypes; `types` are inferred unless given."""
        producer = self.producer
        lifted = tuple([v if v in producer else self.lift(v) for v in operands])
        if types is None:
            types = self.infer(opdef, lifted, attrs, regions)
        results = tuple([Value(t) for t in types])
        op = Op(opdef, lifted, results, MappingProxyType(dict(attrs)) if attrs else NO_ATTRS, regions, self.loc)
        if self.watch is not None:
            self.watch(op)
        self.ops.append(op)
        for value in results:
            producer[value] = op
        return results

    def infer(
        self, opdef: OpDef, operands: Sequence[Value], attrs: Mapping[str, Attr], regions: tuple[Graph, ...] = ()
    ) -> tuple[Type, ...]:
        """The types of the results, new sizes named; errors carry the builder's location."""
        try:
            types = [v.type for v in operands]
            inferred = opdef.infer(*types, **attrs, regions=regions) if regions else opdef.infer(*types, **attrs)
        except GraphError as error:
            raise error.at(self.loc) from None
        return self.name_sizes(inferred if isinstance(inferred, tuple) else (inferred,))

    def name_sizes(self, types: tuple[Type, ...]) -> tuple[Type, ...]:
        """Give the sizes that shape rules left open ('?', '?1', ...) names of their own."""
        if not any(map(_has_open_size, types)):
            return types
        fresh: dict[str, SymDim] = {}

        def rename_dim(dim: Dim) -> Dim:
            if isinstance(dim, int):
                return dim
            total: Dim = dim.constant
            for name, k in dim.terms:
                named = fresh.setdefault(name, self.fresh_dim()) if name.startswith("?") else SymDim.named(name)
                total = dim_add(total, dim_scale(named, k))
            return total

        return tuple(_renamed(t, rename_dim) for t in types)

    def apply(self, name: str, operands: Sequence[Value | Scalar], attrs: dict[str, Any]) -> tuple[Value, ...]:
        """Append an op by name; Python scalars and mixed dtypes are promoted as NEP 50 says."""
        opdef = lookup(name)
        return self.append(opdef, self.promoted(opdef, operands), attrs)

    def promoted(
        self, opdef: OpDef, operands: Sequence[Value | Scalar], weak: Sequence[bool] | None = None
    ) -> tuple[Value, ...]:
        """Operands cast to the dtypes that the op asks for; where `weak[i]`, a 0-d value is as a Python scalar."""
        if opdef.promote is None:
            return tuple([x if isinstance(x, Value) else self.constant(x, of_scalar(x)) for x in operands])
        kinds: list[Operand | None] = []
        compares = opdef.symbol in COMPARISONS
        are_ints = compares and all(_is_int(x) for x in operands if isinstance(x, Value))
        for i, x in enumerate(operands):
            if not isinstance(x, Value):
                kinds.append(type(x))
                continue
            t = x.type
            if not isinstance(t, Aval):
                kinds.append(None)
            else:
                is_weak = weak is not None and weak[i] and not are_ints
                kinds.append(_weak_kind(t.dtype) if is_weak else t.dtype)
        try:
            targets = _targets(opdef.promote, tuple([k for k in kinds if k is not None]))
        except TypeError as error:
            names = ", ".join(k.__name__ if isinstance(k, type) else str(k) for k in cast("list[Any]", kinds))
            raise DTypeError(f"`{opdef.name}` does not take ({names}): {error}", loc=self.loc) from None
        wanted = iter(targets)
        found: list[Value] = []
        for x, k in zip(operands, kinds, strict=True):
            if not isinstance(x, Value):
                try:
                    found.append(self.constant(x, next(wanted)))
                except OverflowError:
                    if not compares:
                        raise
                    infinite = math.inf if cast(int, x) > 0 else -math.inf
                    beyond = [infinite if y is x else y for y in operands]
                    return self.promoted(opdef, beyond, weak)
            elif k is None or k is (dtype := next(wanted)):
                found.append(x)
            else:
                if k is int and dtype.kind in "iu":
                    self._check_room(x, dtype)
                found.append(self.cast(x, dtype))
        return tuple(found)

    def _check_room(self, x: Value, dtype: DType) -> None:
        """Append the check of a Python int: an integer dtype has room for it, or it is an error."""
        bounds = np.iinfo(str(dtype))
        if bounds.max < np.iinfo(str(x.dtype)).max:
            has_room = self.logical_and(self.ge(x, int(bounds.min)), self.le(x, int(bounds.max)))
        elif bounds.min == 0:
            has_room = self.ge(x, 0)
        else:
            return
        parts = ("Python integer ", f" out of bounds for {dtype}")
        self.check(has_room, x, error="OverflowError", parts=parts, forms=("",))

    def cast(self, x: Value | Scalar, dtype: DType) -> Value:
        """`x` in `dtype`: a constant for a Python scalar, nothing where it has that dtype already."""
        if not isinstance(x, Value):
            return self.constant(x, dtype)
        if x.dtype == dtype:
            return x
        made = self.producer.get(x)
        if made is not None and made.name == "constant":
            return self.constant(cast(np.ndarray, made.attrs["value"]).astype(dtype))
        return self.append(lookup("cast"), (x,), {"dtype": dtype})[0]

    # What rules ask

    def type_of(self, x: Value) -> Type:
        return x.type

    def wants(self, x: Value) -> bool:
        return True

    def shape_of(self, x: Value) -> tuple[Size, ...]:
        return tuple(
            d if isinstance(d, int) else self.append(lookup("dim"), (x,), {"axis": axis})[0]
            for axis, d in enumerate(x.shape)
        )

    def dim_of(self, size: Value) -> Dim:
        value = self.lift(size)
        op = self.producer.get(value)
        if op is None:
            outer = next((o for o, inner in self.captures.items() if inner is value), None)
            return self.parent.dim_of(outer) if outer is not None and self.parent else self.fresh_dim()
        match op.name:
            case "constant":
                return int(cast(np.ndarray, op.attrs["value"]))
            case "dim":
                return op.operands[0].shape[cast(int, op.attrs["axis"])]
            case "add":
                return dim_add(self.dim_of(op.operands[0]), self.dim_of(op.operands[1]))
            case "sub":
                return dim_sub(self.dim_of(op.operands[0]), self.dim_of(op.operands[1]))
            case "mul":
                a, b = (self.dim_of(v) for v in op.operands)
                if isinstance(b, int):
                    return dim_scale(a, b)
                return dim_scale(b, a) if isinstance(a, int) else self.fresh_dim()
            case _:
                return self.fresh_dim()

    def zeros_like(self, x: Value) -> Value:
        if not isinstance(x.type, Aval):
            return self.append(lookup("zeros_like_any"), (x,), {})[0]
        return self.full(self.shape_of(x), 0, x.dtype)

    def size_value(self, size: Size) -> Value:
        """A size as a 0-d int64 value."""
        return self.constant(size, int64) if isinstance(size, int) else size

    def truncate(self, count: int) -> None:
        """Take back all ops but the first `count`: what was appended was a trial."""
        for op in self.ops[count:]:
            for value in op.results:
                del self.producer[value]
        del self.ops[count:]
        for outer in [o for o, inner in self.captures.items() if inner not in self.producer]:
            del self.captures[outer]

    # The end

    def build(self, results: Sequence[Value], functions: Mapping[str, Graph] = NO_FUNCTIONS) -> Graph:
        """The finished graph. A region's captures come after its own parameters; see `regions.close`."""
        lifted = tuple(self.lift(v) for v in results)
        captured = list(dict.fromkeys(v for v in self.captures.values() if self.producer.get(v) is None))
        return Graph(self.name, (*self.params, *captured), tuple(self.ops), lifted, functions)

    def captured(self) -> dict[Value, Value]:
        """Outer value -> parameter, for the captures that are parameters (constants were copied)."""
        return {outer: inner for outer, inner in self.captures.items() if self.producer.get(inner) is None}


@lru_cache(maxsize=1024)
def _targets(promote: Promote, operands: tuple[Operand, ...]) -> Sequence[DType]:
    """What operands are cast to: the ops of a program are of few kinds."""
    return promote(operands)


def _has_open_size(t: Type) -> bool:
    """Whether a shape rule left a size of this type open. Those of the elements of a list stay so."""
    if isinstance(t, Aval):
        named = [dim for dim in t.shape if not isinstance(dim, int)]
        return bool(named) and any(name.startswith("?") for dim in named for name in dim.names)
    return isinstance(t, OptionalType) and _has_open_size(t.element)


def _renamed(t: Type, rename: Callable[[Dim], Dim]) -> Type:
    """The type with each of its sizes renamed."""
    if isinstance(t, ListType):
        return t  # each element has sizes of its own: they stay unknown
    if not isinstance(t, Aval):
        return type(t)(_renamed(t.element, rename))
    return Aval(t.dtype, tuple(map(rename, t.shape)))


COMPARISONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
"""The symbols of ops that compare: by values, also with Python ints that the dtype of the others has no room for."""
WEAK_KINDS: Final[Mapping[str, type[bool] | type[int] | type[float] | type[complex]]] = {
    "b": bool,
    "i": int,
    "u": int,
    "c": complex,
}
"""The kind of Python number by that of a dtype; `float` for the others."""


def _is_int(x: Value) -> bool:
    return isinstance(x.type, Aval) and x.dtype.kind in "iu"


def _weak_kind(dtype: DType) -> type[bool] | type[int] | type[float] | type[complex]:
    return WEAK_KINDS.get(dtype.kind, float)


def static_shape(shape: Shape) -> tuple[int, ...]:
    """`shape` where every dim is an int; InternalError otherwise."""
    if not all(isinstance(d, int) for d in shape):
        raise InternalError(f"a static shape is needed, this one is {shape}")
    return cast("tuple[int, ...]", shape)
