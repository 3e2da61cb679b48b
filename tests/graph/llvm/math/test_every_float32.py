"""`make exhaustive` would see a wrong result: its native measure of errors is the one of `support.ulps`."""

from typing import Any

import numpy as np
from llvmlite import ir

from graph.llvm.math.term import Writer
from support import every_float32
from support.every_float32 import COUNT, check, error_in_units
from support.native_loops import HOST, elementwise_loop
from support.ulps import BOUNDS, errors


def test_native_errors_are_those_of_ulps() -> None:
    random = np.random.default_rng(0)
    reference = np.ldexp(random.normal(size=4000), random.integers(-160, 140, 4000))
    found = reference * (1 + random.normal(0, 1e-7, 4000))
    ends = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-300, 2.0**128 - 2.0**102, 1e300, 1.0]
    every = np.meshgrid(ends, ends)
    with np.errstate(over="ignore"):
        found = np.concatenate([found, every[0].ravel()]).astype(np.float32)
    reference = np.concatenate([reference, every[1].ravel()])

    def body(module: Any, builder: Any, elements: list[Any]) -> Any:
        writer = Writer(builder, fma=HOST.fma)
        return error_in_units(writer.term(elements[0]).widened(), writer.term(elements[1])).value

    measured = np.empty(found.size, np.float32)
    elementwise_loop(body, [ir.FloatType(), ir.DoubleType()], ir.FloatType())(measured, found, reference)
    with np.errstate(all="ignore"):
        expected = errors(found, reference).astype(np.float32)
    np.testing.assert_allclose(measured, expected, rtol=1e-6)


def test_blocks_from_everywhere() -> None:
    with np.errstate(all="ignore"):
        for name in ("exp", "log1p", "sin"):
            result = check(name, HOST, range(0, COUNT, COUNT >> 6))
            assert 0.25 < result.worst <= BOUNDS[name]
            assert 0.9 < result.nearest <= 1


def test_a_wrong_reference_is_seen(monkeypatch: Any) -> None:
    monkeypatch.setitem(every_float32.REFERENCES, "sin", lambda x: np.sin(x) * (1 + 1e-6))
    with np.errstate(all="ignore"):
        assert check("sin", HOST, [0x3F000000]).worst > 5
