"""`clock`: what a clock of the machine says, read each time that the graph runs."""

import time
from typing import Final

import numpy as np

from graph.aval import Type, scalar
from graph.dtypes import float64, int64
from graph.errors import InternalError
from graph.ir.lowering import Callback
from graph.ir.onnx_form import NoOnnx
from graph.ir.opdef import Effect, NotDifferentiable, OpDef, register

CLOCKS: Final = tuple(
    f"{name}{suffix}"
    for name in ("time", "perf_counter", "monotonic", "process_time", "thread_time")
    for suffix in ("", "_ns")
)
"""Functions of `time`; those that end in `_ns` give nanoseconds, as integers, the others seconds."""


def infer_clock(*, name: str) -> Type:
    """Shape rule of `clock()`: f64[], or i64[] for a clock of nanoseconds. `name` is one of `CLOCKS`."""
    if name not in CLOCKS:
        raise InternalError(f"`clock`: there is no clock {name!r}")
    return scalar(int64 if name.endswith("_ns") else float64)


def clock_kernel(*, name: str) -> np.generic:
    now = getattr(time, name)()
    return np.int64(now) if name.endswith("_ns") else np.float64(now)


register(
    OpDef(
        "clock",
        infer=infer_clock,
        kernel=clock_kernel,
        vjp=NotDifferentiable("it has no operand"),
        promote=None,
        effect=Effect.ORDERED,
        lower=Callback("Python's clocks are read"),
        onnx=NoOnnx("a clock is read", "pass the time as an argument."),
    )
)
