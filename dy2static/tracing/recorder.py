"""The recorder of a trace: runs every op, appends it to the graph, and guards what goes to Python."""

# pyright: reportPrivateUsage=false
# Like `eager.dispatch`, this looks at the data of tensors.

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from dy2static.tracing.decision import Decision, warn, warn_of_text
from dy2static.tracing.shown import is_only_shown
from dy2static.tracing.traced import TracedNumber, TracedTensor, as_traced
from eager.crossing import crossed
from eager.dispatch import apply
from eager.numpy_types import TUPLE
from eager.recorder import recording
from eager.tensor import Tensor, wrap
from graph.ir.opdef import Effect, OpDef, effect_of
from graph.ir.value import Value
from graph.location import Loc

PYTHON: Final[dict[str, Callable[..., Any]]] = {
    op: getattr(operator, name)
    for op, name in {
        **{op: op for op in ("add", "sub", "mul", "mod", "pow", "lt", "le", "gt", "ge", "eq", "ne", "neg", "abs")},
        "div": "truediv",
        "floor_div": "floordiv",
        "bitwise_and": "and_",
        "bitwise_or": "or_",
        "bitwise_xor": "xor",
        "bitwise_invert": "invert",
        "shift_left": "lshift",
        "shift_right": "rshift",
        "positive": "pos",
    }.items()
}
"""Python's operators, by the name of the op that `number_op` appends for them."""
BY_DTYPE: Final = {"b": "bool", "i": "int", "u": "int", "f": "float", "V": "float", "c": "complex"}
"""The Python number that `item` gives. (bfloat16 has the kind "V".)"""


class Tracer(Stager):
    """A stager whose values are known too, for the examples.

    What goes to Python becomes a `Decision`, and a guard of the program. What depends on no input is the same at every
    run: it needs neither. `warned` are the lines (file and number) that have warned before.
    """

    def __init__(self, name: str, warned: set[tuple[str, int]]) -> None:
        super().__init__(name, _just_call)
        self.decisions: list[Decision] = []
        self._warned = warned
        self.failed: Loc | None = None
        """Where the first op failed."""
        self._guarded: set[tuple[Value, str]] = set()
        self._fixed: set[Value] = set()
        self._ops_seen = 0

    # Recorder

    def apply(self, opdef: OpDef, operands: Sequence[Any], attrs: Mapping[str, Any]) -> Any:
        """Do one op, and append it; results are traced tensors."""
        plain = [self._known(x) for x in operands]
        try:
            with recording(None):
                known = apply(opdef, *plain, **attrs)
        except Exception:
            self.failed = self.failed or user_location()
            raise
        made = super().apply(opdef, operands, attrs)
        if isinstance(made, TUPLE):
            return tuple(as_traced(handle, x._data) for handle, x in zip(made, known, strict=True))
        return as_traced(made, known._data)

    def number_op(self, op: str, *operands: Any) -> Any:
        data = [x.graph_example if isinstance(x, TracedNumber) else x for x in operands]
        known: Any = PYTHON[op](*data)
        if op == "pow" and type(known) is float and all(type(x) is int for x in data):
            return PYTHON[op](*map(int, operands))  # an int to a negative one: a graph value has one type
        return as_traced(super().number_op(op, *operands), known)

    def to_python(self, x: Tensor, kind: str) -> Any:
        """What Python sees of a value, as a decision unless it is always the same."""
        value = self.lift_tensor(x)
        known = wrap(np.asarray(x.graph_example)[()]) if isinstance(x, TracedNumber) else self._known(x)
        if kind in ("len", "iter"):
            return self._length_to_python(x, known, value, kind)
        with recording(None):
            found = crossed(known, kind)
        guarded = {"index": "int", "item": BY_DTYPE.get(x.dtype.kind, "float")}.get(kind, kind)
        if kind == "item" and value.ndim:
            value = self.builder.reshape(value, ())
        self._decide(kind, value, guarded, found)
        return found

    def _length_to_python(self, x: Tensor, known: Tensor, value: Value, kind: str) -> int | Iterator[Tensor]:
        if not x.ndim:
            raise TypeError("len() of unsized object" if kind == "len" else "iteration over a 0-d array")
        size = int(known.shape[0])
        if not isinstance(value.shape[0], int):
            self._decide(kind, value, "len", size)
        return size if kind == "len" else (x[i] for i in range(size))

    def text_was_taken(self, x: TracedTensor) -> None:
        """The text of a value goes to Python: a decision, unless it is only printed or logged."""
        if is_only_shown():
            location = user_location()
            if self._is_first(location.file, location.line):
                warn_of_text(location)
            return
        value = self.lift_tensor(x)
        guarded = BY_DTYPE.get(x.dtype.kind, "array") if isinstance(x, TracedNumber) else "array"
        self._decide(
            "text", value, guarded, x.graph_example if isinstance(x, TracedNumber) else np.asarray(x.graph_example)
        )

    # Decisions

    def _decide(self, kind: str, value: Value, guarded: str, found: Any) -> None:
        if self._is_fixed(value):
            return
        location = user_location()
        if (value, guarded) not in self._guarded:
            self._guarded.add((value, guarded))
            self.builder.loc = location
            self.builder.guard(value, kind=guarded, expected=found, site=str(location))
        decision = Decision(kind, found, location)
        self.decisions.append(decision)
        if self._is_first(location.file, location.line):
            warn(decision)

    def _is_first(self, file: str, line: int) -> bool:
        if (file, line) in self._warned:
            return False
        self._warned.add((file, line))
        return True

    def _is_fixed(self, value: Value) -> bool:
        """Whether a value depends on no input of the graph."""
        for op in self.builder.ops[self._ops_seen :]:
            if all(x in self._fixed for x in op.operands) and effect_of(op) is not Effect.ORDERED:
                self._fixed.update(op.results)
        self._ops_seen = len(self.builder.ops)
        return value in self._fixed

    # Values

    def hold(self, x: Tensor) -> Tensor:
        """A handle of the graph value of `x` that knows its value for the examples too."""
        made = super().hold(x)
        return made if isinstance(x, TracedTensor) else as_traced(cast(StagedTensor, made), x._data)

    def set_apart(self, x: Tensor) -> Tensor:
        """`x` itself: the tape of a trace keeps handles, there are no regions."""
        return x

    def _known(self, x: Any) -> Any:
        """An operand outside of the graph: a plain tensor, a Python number, an array."""
        if isinstance(x, TracedNumber):
            return x.graph_example
        if isinstance(x, TracedTensor):
            return wrap(x.graph_example)
        return wrap(x._data) if isinstance(x, Tensor) else x


def _just_call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)
