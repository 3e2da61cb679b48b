"""Traces whose decisions the test knows of."""

import warnings
from collections.abc import Callable
from typing import Any

from dy2static import TracedFunction, trace
from dy2static.errors import TraceWarning


def quietly(f: Callable[..., Any], *examples: Any, **options: Any) -> TracedFunction:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TraceWarning)
        return trace(f, *examples, **options)
