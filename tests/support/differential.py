"""Running a program in every mode and comparing: eager Python is the oracle."""

import contextlib
import copy
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

import eager as xp
from dy2static.cache.compiled import Executor
from dy2static.decorator import to_static
from dy2static.errors import ConversionError, StagingError
from eager.tensor import Tensor
from graph.errors import BranchTypeError, LoopTypeError, NotDifferentiableError
from support.compare import difference, outcome
from support.programs import Program

REFUSALS = (BranchTypeError, LoopTypeError, StagingError, ConversionError)
"""What static code raises, by design, where eager code may run."""


def check_static(program: Program, executor: Executor) -> None:
    """Every case, in one cache: in order, again (programs are found), backwards; and each with a cache of its own."""
    cases = list(program.cases)
    check_calls(program, executor, [*cases, *cases, *reversed(cases)])
    if executor == "numpy":
        for case in cases[1:]:
            check_calls(program, executor, [case])


def check_calls(program: Program, executor: Executor, cases: Sequence[Sequence[Any]]) -> None:
    """Calls of one static function against the same calls of the eager function."""
    eager, static = program.make(), to_static(program.make(), executor=executor)
    for case in cases:
        expected, found = outcome(eager, case), outcome(static, case)
        if program.refused and isinstance(found.error, REFUSALS):
            continue
        what = difference(expected, found, case, adapts=program.adapts)
        assert not what, f"{program.name}{tuple(case)}: {what}"


class Place:
    """Where arguments are found."""

    first: Any
    rest: list[Any]


def check_outside(program: Program, *, fresh: bool) -> None:
    """Calls of a function that finds its arguments outside, in an attribute and in a list, other values each time: of
    one object from outside, or of a fresh object that it is given."""
    eager, inner, one = program.make(), program.make(), Place()

    def outside() -> Any:
        return inner(one.first, *one.rest)

    def given(place: Place) -> Any:
        return inner(place.first, *place.rest)

    static = to_static(given if fresh else outside, executor="numpy")
    for values in (varied(case, k) for case in program.cases for k in range(2)):
        expected = outcome(eager, values)
        own = copy.deepcopy(tuple(values))
        place = Place() if fresh else one
        place.first, place.rest = own[0], list(own[1:])
        found = outcome(static, (), (place,) if fresh else ())
        if not isinstance(found.error, REFUSALS):
            what = difference(expected, dataclasses.replace(found, args=own), values, adapts=True)
            assert not what, f"{program.name}{tuple(values)}: {what}"


def varied(value: Any, k: int) -> Any:
    """A value of the same kind: with other numbers in its tensors where `k` is not 0."""
    if isinstance(value, list | tuple) and type(cast(Any, value)) in (list, tuple):
        return type(value)(varied(item, k) for item in cast("Sequence[Any]", value))
    if type(value) is dict:
        return {key: varied(item, k) for key, item in cast("dict[Any, Any]", value).items()}
    if type(value) is Tensor and value.dtype.kind == "f":
        return value.copy() * (1 + k * 0.5) + 0.25 * k
    return copy.deepcopy(value)


def total(value: Any) -> Any:
    """A number that depends on every floating part of a result, each element with a weight of its own."""
    if isinstance(value, list | tuple):
        whole = xp.asarray(0.0)
        for item in value:
            whole = whole + total(item)
        return whole
    if isinstance(value, dict):
        return total(list(value.values()))
    if not isinstance(value, Tensor) or value.dtype.kind != "f":
        return xp.asarray(0.0)
    flat = xp.reshape(value, (-1,))
    return xp.sum(flat * xp.cos(xp.arange(flat.shape[0], dtype=value.dtype)))


def check_gradients(program: Program, executor: Executor, is_within: bool = True) -> int:
    """Gradients of `total` of the results: the tape over eager code, over the static function, the static gradient,
    the tape over the static loss, the gradient taken within static code if `is_within`, central differences. Returns
    how many cases were compared."""
    function = program.make()
    static = to_static(program.make(), executor=executor)

    def loss(*args: Any) -> Any:
        return total(function(*args))

    def static_loss(*args: Any) -> Any:
        return total(static(*args))

    whole = to_static(loss, executor=executor)
    within = to_static(_gradient_of(loss, program.grad), executor=executor)
    done = 0
    for case in program.cases:
        if outcome(function, case).error is not None or not all(_is_floating(case[i]) for i in program.grad):
            continue
        expected = _own(xp.grad(loss, program.grad), case)
        _same(program, case, "the static gradient", expected, _own(whole.grad(program.grad), case))
        _same(
            program, case, "the tape over the static function", expected, _own(xp.grad(static_loss, program.grad), case)
        )
        _same(program, case, "the tape over the static loss", expected, _own(xp.grad(whole, program.grad), case))
        if is_within:
            with contextlib.suppress(NotDifferentiableError):  # of recursion, for one: refused, never wrong
                _same(program, case, "the gradient taken within static code", expected, _own(within, case))
        _against_differences(program, loss, case, expected)
        done += 1
    return done


def _gradient_of(loss: Callable[..., Any], argnums: tuple[int, ...]) -> Callable[..., Any]:
    def gradient(*args: Any) -> Any:
        return xp.grad(loss, argnums)(*args)

    return gradient


def _own(function: Callable[..., Any], case: Sequence[Any]) -> Any:
    return function(*copy.deepcopy(tuple(case)))


def _is_floating(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dtype.kind == "f"


def _same(program: Program, case: Sequence[Any], how: str, expected: Any, found: Any) -> None:
    for i, a, b in zip(program.grad, expected, found, strict=True):
        x, y = np.asarray(a), np.asarray(b)
        assert x.dtype == y.dtype, (
            f"{program.name}{tuple(case)}, argument {i}: {how} has dtype {y.dtype}, eager {x.dtype}"
        )
        assert x.shape == y.shape, (
            f"{program.name}{tuple(case)}, argument {i}: {how} has shape {y.shape}, eager {x.shape}"
        )
        tolerance = 1e-4 if x.dtype.itemsize < 8 else 1e-10
        assert np.allclose(x, y, rtol=tolerance, atol=tolerance, equal_nan=True), (
            f"{program.name}{tuple(case)}, argument {i}: {how} is {y}, eager {x}"
        )


def _against_differences(
    program: Program, loss: Callable[..., Any], case: Sequence[Any], gradients: Sequence[Any]
) -> None:
    """Along one random direction; for float64 alone."""
    rng = np.random.default_rng(7)
    arrays = [np.asarray(case[i]) for i in program.grad]
    if any(x.dtype != np.float64 or not np.isfinite(x).all() for x in arrays):
        return
    directions = [rng.standard_normal(x.shape) for x in arrays]

    def at(step: float) -> float:
        args = list(copy.deepcopy(tuple(case)))
        for i, x, direction in zip(program.grad, arrays, directions, strict=True):
            args[i] = xp.asarray(x + step * direction)
        return float(loss(*args))

    eps = 1e-6
    ahead, behind = at(eps) - at(0.0), at(0.0) - at(-eps)
    if not np.isclose(ahead, behind, rtol=1e-3, atol=1e-3 * eps):
        return  # a kink or a step: the tape's gradient is that of the branch taken
    numeric = (at(eps) - at(-eps)) / (2 * eps)
    product = sum(float(np.sum(np.asarray(g) * d)) for g, d in zip(gradients, directions, strict=True))
    assert np.isclose(product, numeric, rtol=1e-5, atol=1e-6, equal_nan=True), (
        f"{program.name}{tuple(case)}: the gradient along a direction is {product}, central differences say {numeric}"
    )
