"""Clocks: `time.perf_counter()` and its like are read by each run, where the program comes to them."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedNumber
from graph.ops.clock import CLOCKS


def _read(name: str, stager: Stager) -> StagedNumber:
    """`time.name()`: seconds as a float, or nanoseconds as an int, in the graph."""
    stager.builder.loc = user_location()
    return StagedNumber.of(stager.builder.clock(name=name))


READ_IN_GRAPH: Final[dict[Any, Callable[..., Any]]] = {getattr(time, name): partial(_read, name) for name in CLOCKS}
