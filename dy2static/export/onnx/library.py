"""The `onnx` and `onnxruntime` packages, loaded when a model is made and not before."""

import functools
import importlib
from types import ModuleType
from typing import Any

from dy2static.errors import ExportError


@functools.cache
def onnx() -> Any:
    """The package. Raises: ExportError where it is not installed."""
    return _loaded("onnx")


@functools.cache
def onnxruntime() -> Any:
    """The package. Raises: ExportError where it is not installed."""
    return _loaded("onnxruntime")


def _loaded(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ExportError(
            f"the package {name!r} is needed to export to ONNX, and cannot be imported: {error}",
            next_step="pip install 'dy2static[onnx]'.",
        ) from None
