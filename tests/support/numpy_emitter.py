"""An emitter over plain NumPy arrays: VJP rules computed at once by the kernels, and differentiated again if asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graph.aval import Aval, Dim, Type
from graph.errors import InternalError
from graph.ir.emitter import Accumulate, Emitter, Size
from graph.ir.opdef import NotDifferentiable, OpDef, lookup


@dataclass(frozen=True, slots=True)
class Step:
    """One op that was applied; operands are known by identity."""

    opdef: OpDef
    operands: tuple[Any, ...]
    attrs: dict[str, Any]
    results: tuple[Any, ...]


@dataclass
class NumpyEmitter(Emitter[Any]):
    """Applies kernels to arrays. `steps` keeps what was done, for `pull`."""

    steps: list[Step] = field(default_factory=list[Step])

    def apply(self, name: str, operands: Sequence[Any], attrs: dict[str, Any]) -> tuple[Any, ...]:
        opdef = lookup(name)
        promoted = _promoted(opdef, operands)
        out = opdef.kernel(*promoted, **attrs)
        results = tuple(_fresh(r, promoted) for r in (out if isinstance(out, tuple) else (out,)))
        # A cast is part of the op here: its cotangent is cast back in `pull`.
        self.steps.append(Step(opdef, tuple(operands), attrs, results))
        return results

    def type_of(self, x: Any) -> Type:
        return Aval(x.dtype, x.shape)

    def shape_of(self, x: Any) -> tuple[Size, ...]:
        return x.shape

    def wants(self, x: Any) -> bool:
        return True

    def dim_of(self, size: Any) -> Dim:
        raise InternalError("all sizes are ints here")

    def zeros_like(self, x: Any) -> Any:
        return self.full(x.shape, 0, x.dtype)

    # Reverse mode

    def pull(self, results: Sequence[Any], cts: Sequence[Any], wanted: Sequence[Any]) -> list[Any]:
        """Cotangents of `wanted`, given those of `results`, through the steps so far."""
        sums: dict[int, Any] = {}
        held: list[Any] = []  # whose ids are used stays alive
        for result, ct in zip(results, cts, strict=True):
            _add(self, sums, result, ct)
        for step in reversed(tuple(self.steps)):
            found = [sums.pop(id(r), None) for r in step.results]
            if all(ct is None for ct in found) or isinstance(step.opdef.vjp, NotDifferentiable):
                continue
            held.append(step)
            ct = found[0] if len(found) == 1 else tuple(found)
            y = step.results[0] if len(found) == 1 else step.results
            promoted = _promoted(step.opdef, step.operands)
            for operand, part in zip(step.operands, _rule(self, step, ct, y, promoted), strict=True):
                if isinstance(operand, np.ndarray | np.generic) and part is not None:
                    _add(self, sums, operand, part)
        return [np.zeros_like(x) if sums.get(id(x)) is None else sums[id(x)] for x in wanted]


def vjp_of(b: Emitter[Any], opdef: OpDef, ct: Any, y: Any, operands: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
    """What the rule of an op gives; sums that rules make by themselves start from zeros."""
    assert callable(opdef.vjp)
    cts = opdef.vjp(b, ct, y, *operands, **attrs)
    assert len(cts) == len(operands), f"`{opdef.name}`: {len(cts)} cotangents for {len(operands)} operands"
    return [
        part.into(b.zeros_like(x)) if isinstance(part, Accumulate) else part
        for part, x in zip(cts, operands, strict=True)
    ]


def _rule(b: NumpyEmitter, step: Step, ct: Any, y: Any, operands: Sequence[Any]) -> list[Any]:
    return vjp_of(b, step.opdef, ct, y, operands, step.attrs)


def _add(b: NumpyEmitter, sums: dict[int, Any], x: Any, ct: Any) -> None:
    if ct.dtype.kind == "c" and x.dtype.kind != "c":
        ct = ct.real
    so_far = sums.get(id(x))
    sums[id(x)] = ct if so_far is None else np.add(so_far, ct)


def _promoted(opdef: OpDef, operands: Sequence[Any]) -> list[Any]:
    """Operands as a graph would hold them: no Python scalars, dtypes promoted."""
    kinds = [x.dtype if isinstance(x, np.ndarray | np.generic) else type(x) for x in operands]
    if opdef.promote is None:
        return [x if isinstance(x, np.ndarray | np.generic) else np.asarray(x)[()] for x in operands]
    targets = opdef.promote(kinds)
    return [_as(x, dtype) for x, dtype in zip(operands, targets, strict=True)]


def _as(x: Any, dtype: Any) -> Any:
    if isinstance(x, np.ndarray | np.generic):
        return x if x.dtype == dtype else x.astype(dtype)
    return dtype.type(x)


def _fresh(result: Any, operands: Collection[Any]) -> Any:
    """A result with an identity of its own."""
    return np.array(result)[()] if any(result is x for x in operands) else result
