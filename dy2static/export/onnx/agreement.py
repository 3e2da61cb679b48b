"""Whether ONNX Runtime does with a model what the oracle does with its graph."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.errors import ExportError
from dy2static.export.onnx.handles import part_types
from dy2static.export.onnx.library import onnx, onnxruntime
from graph.aval import Aval, ListType, OptionalType, Type
from graph.dtypes import bfloat16, float16, float32, float64

TOLERANCE: Final = {float64: 1e-9, float32: 1e-4, float16: 2e-2, bfloat16: 5e-2}
"""How far results may be off, as a part of the largest: sums are made in another order, functions are others."""
STEP: Final = {float64: 2.0**-52, float32: 2.0**-23, float16: 2.0**-10, bfloat16: 2.0**-7}
"""From 1 to the next number."""
LAST_DIGITS: Final = 256
"""How many of the smallest steps from 1 a number that cancels may be off."""
SILENT: Final = 4
MOST_SECONDS: Final = 60.0


class Session:
    """A model that ONNX Runtime has loaded. Raises: ExportError where the checker or the runtime does not take it."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        runtime = onnxruntime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = SILENT
        self._names = names
        try:
            onnx().checker.check_model(model, full_check=True)
            self._session = runtime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # of their own classes, which need the packages to be named
            raise ExportError(
                f"the model is not taken: {_first_lines(error)}",
                next_step="report it: a program that we accept should export.",
            ) from error

    def run(self, args: Sequence[Any]) -> list[Any]:
        """The outputs. Raises what the runtime raises; also where it takes too long, as a last digit may keep a loop
        going."""
        options = onnxruntime().RunOptions()
        options.log_severity_level = SILENT
        timer = threading.Timer(MOST_SECONDS, setattr, (options, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return self._session.run(None, dict(zip(self._names, args, strict=True)), options)
        finally:
            timer.cancel()


def _first_lines(error: Exception) -> str:
    return " ".join(str(error).split())[:600]


def data_parts(t: Type, value: Any) -> Iterator[Any]:
    """What outputs hold for a value of a type, in order; None for what nobody may read."""
    match t:
        case Aval():
            yield np.asarray(value)
        case OptionalType(element):
            yield np.asarray(value is not None)
            if value is None:
                yield from (None for _ in part_types(element))
            else:
                yield from data_parts(element, value)
        case ListType(element):
            rows = [list(data_parts(element, item)) for item in value]
            yield from ([row[i] for row in rows] for i, _ in enumerate(part_types(element)))


def largest(args: Sequence[Any]) -> float:
    """The largest finite number among arguments: what rounding errors are measured by."""
    sizes = [np.abs(x.astype(np.float64)) for x in map(np.asarray, args) if x.dtype.kind in "iufV" and x.size]
    return max((float(np.max(s, where=np.isfinite(s), initial=0.0)) for s in sizes), default=0.0)


def difference(expected: Any, found: Any, scale: float = 0.0) -> str:
    """How an output is off what is expected, in words; empty where it is not. A difference may be a small part of the
    largest element, or some last digits of `scale`: what cancels leaves only these."""
    if expected is None:
        return ""
    if isinstance(expected, list):
        items = cast("list[Any]", expected)
        if len(items) != len(found):
            return f"{len(found)} elements instead of {len(items)}"
        texts = (difference(x, y, scale) for x, y in zip(items, found, strict=True))
        return next((f"element {i}: {text}" for i, text in enumerate(texts) if text), "")
    wanted, given = np.asarray(expected), np.asarray(found)
    if wanted.dtype != given.dtype or wanted.shape != given.shape:
        return f"{given.dtype}{list(given.shape)} instead of {wanted.dtype}{list(wanted.shape)}"
    if wanted.dtype not in TOLERANCE:
        return "" if np.array_equal(wanted, given) else f"{_short(given)} instead of {_short(wanted)}"
    a, b = wanted.astype(np.float64), given.astype(np.float64)
    finite = np.isfinite(a)
    if not np.array_equal(
        np.where(finite, 0.0, a), np.where(finite, np.where(np.isfinite(b), 0.0, b), b), equal_nan=True
    ):
        return f"{_short(given)} instead of {_short(wanted)}"
    most = TOLERANCE[wanted.dtype] * float(np.max(np.abs(a), where=finite, initial=0.0))
    most += LAST_DIGITS * STEP[wanted.dtype] * scale
    with np.errstate(invalid="ignore"):
        off = float(np.max(np.abs(a - b), where=finite, initial=0.0))
    return "" if off <= most else f"{_short(given)} instead of {_short(wanted)}, off by {off:.3g}"


def _short(x: Any) -> str:
    return " ".join(np.array2string(x, threshold=6, edgeitems=2, precision=9).split())
