"""Declared shapes of results: held against what was staged, and checked when the graph runs where that cannot say."""

from collections.abc import Sequence

from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from eager.pytree import leaves_of
from eager.tensor import Tensor
from graph.aval import Aval, SymDim
from graph.errors import ShapeError
from graph.ir.value import Value

Declared = tuple[int | str | None, ...]
"""A shape: sizes, names of sizes that arguments have, None for any size."""


def check_shapes(stager: Stager, value: object, shapes: Sequence[Declared]) -> None:
    """Raises: ShapeError where the tensors in a returned value have other shapes than declared; where only a run can
    tell, the graph raises ValueError."""
    tensors = [leaf for leaf in leaves_of(value) if isinstance(leaf, Tensor)]
    if len(tensors) != len(shapes):
        raise ShapeError(f"{len(shapes)} results are declared, the function returns {len(tensors)} tensors")
    for i, (tensor, shape) in enumerate(zip(tensors, shapes, strict=True)):
        name = "the result" if len(shapes) == 1 else f"result {i}"
        found = tensor.graph_value if isinstance(tensor, StagedTensor) else stager.lift_tensor(tensor)
        if found.ndim != len(shape):
            raise ShapeError(f"{name} is declared with {len(shape)} dimensions, it is {found.type}")
        for axis, (dim, want) in enumerate(zip(found.shape, shape, strict=True)):
            if want is not None and dim != (SymDim.named(want) if isinstance(want, str) else want):
                _check(stager, found, axis, want, f"axis {axis} of {name} is declared as `{want}`")


def _check(stager: Stager, value: Value, axis: int, want: int | str, text: str) -> None:
    b = stager.builder
    dim = value.shape[axis]
    expected = _size_of(stager, want) if isinstance(want, str) else want
    if expected is None or (isinstance(dim, int) and isinstance(expected, int)):
        raise ShapeError(
            f"{text}, it is {dim}", next_step="" if expected is not None else f"use a name of an argument for `{want}`."
        )
    actual = b.shape_of(b.lift(value))[axis]
    size = b.constant(actual) if isinstance(actual, int) else actual
    b.check(b.eq(size, expected), size, error="ValueError", parts=(f"{text}, it is ", ""), forms=("",))


def _size_of(stager: Stager, name: str) -> Value | int | None:
    """The size that a name stands for; None for a name that no argument has."""
    for param in stager.root.params:
        if isinstance(param.type, Aval) and SymDim.named(name) in param.shape:
            return stager.builder.shape_of(param)[param.shape.index(SymDim.named(name))]
    return None
