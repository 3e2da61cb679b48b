"""What a trace has fixed: places where Python was given the value of a tensor."""

import warnings
from dataclasses import dataclass
from typing import Any

from dy2static.errors import TraceWarning
from graph.location import Loc
from graph.ops.effects import short


@dataclass(frozen=True, slots=True)
class Decision:
    """One value that went from a tensor to Python while tracing."""

    kind: str
    """How: "bool", "int", "float", "complex", "index", "len", "item", "iter", "array" or "text"."""
    value: Any
    location: Loc

    @property
    def text(self) -> str:
        """The line of source; empty when it cannot be found."""
        return self.location.text()

    def __str__(self) -> str:
        line = f"  `{self.text}`" if self.text else ""
        return f"{self.location}: {self.kind} is {short(self.value)}{line}"


def warn(decision: Decision) -> None:
    """Say what was baked in, and what to do."""
    read = "its length was read" if decision.kind in ("len", "iter") else f"its {decision.kind} was read"
    if decision.kind == "array":
        read = "its elements were read"
    _warn(
        decision.location,
        f"a tensor went to Python while tracing: {read}, which is {short(decision.value)} for the examples. "
        "The trace holds for inputs that give the same, and replay checks it.\n"
        "  Next: convert the source with `@to_static`, which keeps branches and loops; "
        "to export the trace as it is, pass `allow_baked=True`.",
    )


def warn_of_text(location: Loc) -> None:
    """The same for the text of a tensor that is only printed or logged, which is no decision."""
    _warn(
        location,
        "the text of a tensor was made while tracing; replay does not make it again.\n"
        "  Next: convert the source with `@to_static`, where `print` and f-strings happen at every run.",
    )


def _warn(location: Loc, message: str) -> None:
    line = location.text()
    where = f"{location}" + (f": `{line}`" if line else "")
    warnings.warn_explicit(f"{where}\n  {message}", TraceWarning, location.file, max(location.line, 1))
