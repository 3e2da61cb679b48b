"""The emitters that VJP rules speak to in eager code: ops pass through `apply`, so they run, or are recorded."""

# pyright: reportPrivateUsage=false
# Links are asked for here as in the tape itself.

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final

from eager.dispatch import apply, apply_in_place, dims_of, may_overwrite, shaped
from eager.numpy_types import TUPLE
from eager.recorder import RECORDER
from eager.tape_links import Record, resolve
from eager.tensor import Tensor
from graph.aval import Aval, Dim, Type
from graph.dtypes import DType
from graph.errors import InternalError
from graph.ir.emitter import Accumulate, Emitter, Scalar, Size
from graph.ir.opdef import OpDef, lookup


class DimView:
    """A staged tensor as rules see it: its shape has dims, which compare without asking for data."""

    __slots__ = ("dtype", "ndim", "shape", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor
        self.shape = dims_of(tensor)
        self.dtype = tensor.dtype
        self.ndim = len(self.shape)


class TapeEmitter(Emitter[Any]):
    """Applies ops at once. `needed` are the records that the cotangents asked for pass through; `is_taped` says whether
    gradients may be asked of what is computed here."""

    def __init__(self, needed: Collection[Record], *, is_taped: bool) -> None:
        self.is_taped = is_taped
        self._needed = needed
        self._owned: Tensor | None = None

    def view(self, x: Any) -> Any:
        """A tensor as rules of this emitter take it."""
        return x

    def unview(self, x: Any) -> Any:
        """The tensor behind what a rule returns."""
        return x

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        call = self._call(lookup(name))
        setattr(self, name, call)
        return call

    def _call(self, opdef: OpDef) -> Callable[..., Any]:
        call = partial(apply, opdef)
        if opdef.inplace is None:
            return call

        def call_in_place(*operands: Any, **attrs: Any) -> Any:
            if operands and operands[0] is self._owned and may_overwrite(operands):
                self._owned = None
                return apply_in_place(opdef, operands, attrs)
            return call(*operands, **attrs)

        return call_in_place

    def add_into(self, rule: Accumulate[Any], acc: Tensor, *, owned: bool) -> Tensor:
        """Let a rule add to the sum `acc`; in place where it is `owned`, that is, held by nobody else."""
        self._owned = acc if owned else None
        try:
            return self.unview(rule.into(self.view(acc)))
        finally:
            self._owned = None

    def apply(self, name: str, operands: Sequence[Any], attrs: dict[str, Any]) -> tuple[Any, ...]:
        result = getattr(self, name)(*operands, **attrs)
        return result if isinstance(result, TUPLE) else (result,)

    def type_of(self, x: Any) -> Type:
        return Aval(x.dtype, x.shape)

    def shape_of(self, x: Any) -> tuple[Size, ...]:
        return x.shape

    def wants(self, x: Any) -> bool:
        link = getattr(x, "_link", None)
        return link is not None and resolve(link)[0] in self._needed

    def dim_of(self, size: Any) -> Dim:
        raise InternalError("all sizes are integers here")

    def reshape(self, x: Any, shape: Sequence[Size]) -> Any:
        return apply(RESHAPE, x, shape=tuple(shape))

    def broadcast_to(self, x: Any, shape: Sequence[Size]) -> Any:
        return apply(BROADCAST_TO, x, shape=tuple(shape))

    def full(self, shape: Sequence[Size], value: Scalar, dtype: DType) -> Any:
        return apply(FULL, shape=tuple(shape), value=value, dtype=dtype)

    def zeros_like(self, x: Any) -> Any:
        return self.full(x.shape, 0, x.dtype)

    def cast_to(self, ct: Any, dtype: DType) -> Any:
        """A cotangent in the dtype of its operand: eager kernels promote without a `cast` on the tape."""
        if ct.dtype == dtype:
            return ct
        if ct.dtype.kind == "c" and dtype.kind != "c":
            ct = self.real(ct)
        return ct if ct.dtype == dtype else self.cast(ct, dtype=dtype)


class SymbolicTapeEmitter(TapeEmitter):
    """Where a recorder runs, rules work on `DimView`s, and sizes that are not known are 0-d tensors."""

    def view(self, x: Any) -> Any:
        return DimView(x) if isinstance(x, Tensor) else x

    def unview(self, x: Any) -> Any:
        return x.tensor if isinstance(x, DimView) else x

    def _call(self, opdef: OpDef) -> Callable[..., Any]:
        def call(*operands: Any, **attrs: Any) -> Any:
            result = apply(opdef, *(self.unview(x) for x in operands), **attrs)
            return tuple(map(self.view, result)) if isinstance(result, TUPLE) else self.view(result)

        return call

    def shape_of(self, x: Any) -> tuple[Size, ...]:
        return tuple(self.view(size) for size in x.tensor.shape)

    def wants(self, x: Any) -> bool:
        return super().wants(self.unview(x))

    def dim_of(self, size: Any) -> Dim:
        recorder = RECORDER.get()
        if recorder is None:
            raise InternalError("a symbolic size outlives its recorder")
        return recorder.dim_of(self.unview(size))

    def _sized(self, opdef: OpDef, operands: Sequence[Any], shape: Sequence[Size], **attrs: Any) -> Any:
        return self.view(shaped(opdef, [self.unview(x) for x in operands], tuple(map(self.unview, shape)), **attrs))

    def reshape(self, x: Any, shape: Sequence[Size]) -> Any:
        return self._sized(RESHAPE, (x,), shape)

    def broadcast_to(self, x: Any, shape: Sequence[Size]) -> Any:
        return self._sized(BROADCAST_TO, (x,), shape)

    def full(self, shape: Sequence[Size], value: Scalar, dtype: DType) -> Any:
        return self._sized(FULL, (), shape, value=value, dtype=dtype)

    def zeros_like(self, x: Any) -> Any:
        return self.full(self.shape_of(x), 0, x.dtype)


RESHAPE: Final = lookup("reshape")
BROADCAST_TO: Final = lookup("broadcast_to")
FULL: Final = lookup("full")
