"""`step`: walk through what a static function does, op by op, forwards and backwards."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from dy2static.debug.history import MOST_EVENTS, Activation, Event, History, record
from dy2static.debug.naming import names_in, producers_in, text_of
from dy2static.debug.prompt import prompt
from dy2static.decorator import BoundStaticFunction, StaticFunction, to_static
from dy2static.tracing.trace import TracedFunction
from eager.tensor import Tensor, wrap
from graph.aval import Aval
from graph.errors import GraphError
from graph.ir.op import Op
from graph.ir.value import Value
from graph.location import Loc
from graph.ops.effects import short

ARRAYS: Final[Any] = (np.ndarray, np.generic)
REGIONS: Final = {"then": "the `if` branch", "else": "the `else` branch", "test": "the test of the loop"}


class Stepper:
    """A run of a graph that has happened, and a place in it. See `step`.

    Moving (`forward`, `back`, `at`, `out`, `first`, `last`) gives the stepper itself, which shows the place.
    """

    def __init__(self, history: History, name: str) -> None:
        self._history = history
        self._name = name
        self._names = names_in(history.graph)
        self._producers = producers_in(history.graph)
        self._at = 0

    # Moving

    def forward(self, count: int = 1) -> "Stepper":
        """`count` ops on; at most to the last one."""
        return self._go(self._at + count)

    def back(self, count: int = 1) -> "Stepper":
        """`count` ops back; at most to the first one."""
        return self._go(self._at - count)

    def first(self) -> "Stepper":
        """To the first op."""
        return self._go(0)

    def last(self) -> "Stepper":
        """To the last op: where the run failed, if it did."""
        return self._go(len(self) - 1)

    def at(self, line: int, *, back: bool = False) -> "Stepper":
        """To the next op of that line of the source, or `back` to the one before. LookupError when there is none."""
        ahead = range(self._at - 1, -1, -1) if back else range(self._at + 1, len(self))
        for i in ahead:
            if self._events[i].op.loc.line == line:
                return self._go(i)
        lines = sorted({event.op.loc.line for event in self._events if event.op.loc.line})
        raise LookupError(
            f"no op of line {line} comes {'before' if back else 'after'} op {self._at + 1}; there are ops of the "
            f"lines {', '.join(map(str, lines))}"
        )

    def out(self) -> "Stepper":
        """To the op after this run of a branch, of a loop body or of a function."""
        inside = self._event.where
        for i in range(self._at + 1, len(self)):
            if inside not in self._events[i].where.chain():
                return self._go(i)
        return self.last()

    def _go(self, index: int) -> "Stepper":
        self._at = max(0, min(index, len(self) - 1))
        return self

    # Looking

    def __len__(self) -> int:
        """How many ops ran."""
        return len(self._events)

    @property
    def position(self) -> int:
        """How many ops ran up to here, this one included."""
        return self._at + 1

    @property
    def op(self) -> Op:
        """The op that has just run."""
        return self._event.op

    @property
    def loc(self) -> Loc:
        """Its place in the source."""
        return self._event.op.loc

    @property
    def line(self) -> int:
        """Its line in the source; 0 where it has none."""
        return self._event.op.loc.line

    @property
    def trip(self) -> int:
        """Which trip of the innermost loop this is, from 1; 0 outside of loops."""
        return next((a.trip for a in reversed(self._event.where.chain()) if a.trip), 0)

    @property
    def where(self) -> str:
        """The branches and loops around the op, with the trips of the loops."""
        return ", ".join(_described(a) for a in self._event.where.chain() if a.owner is not None)

    @property
    def operands(self) -> dict[str, Any]:
        """What the op took, by the user's names: variables, or the expressions that computed them."""
        texts = [text_of(v, self._names, self._producers) for v in self.op.operands]
        return {
            text or f"operand {i}": _shown(x)
            for i, (text, x) in enumerate(zip(texts, self._event.operands, strict=True))
        }

    @property
    def result(self) -> Any:
        """What the op gave: a tensor, a tuple of several, None of an op without results."""
        found = tuple(map(_shown, self._event.results))
        return found[0] if len(found) == 1 else found or None

    @property
    def values(self) -> dict[str, Any]:
        """The user's variables as they are after this op."""
        found: dict[str, Any] = {}
        chain = self._event.where.chain()
        for a in chain:
            for value, x in a.inputs.items():
                if value in self._names:
                    found[self._names[value]] = _shown(x)
            for event in self._events[: self._at + 1]:
                if event.where is a:
                    found.update(self._named(event))
        return found

    def history(self, name: str) -> list[Any]:
        """The values that a variable has had up to here, first to last."""
        found: list[Any] = []
        seen: set[Activation] = set()
        for event in self._events[: self._at + 1]:
            for a in event.where.chain():
                if a not in seen:
                    seen.add(a)
                    found += [x for value, x in a.inputs.items() if self._names.get(value) == name]
            found += [x for v, x in zip(event.op.results, event.results, strict=False) if self._names.get(v) == name]
        return [_shown(x) for i, x in enumerate(found) if i == 0 or x is not found[i - 1]]

    @property
    def error(self) -> Exception | None:
        """What this op raised, which is where the run ended."""
        return self._event.error

    @property
    def printed(self) -> str:
        """What this op prints in a run. Nothing is printed here."""
        return self._event.printed

    @property
    def is_complete(self) -> bool:
        """Whether the run came to its end: without an error, and within the limit of events."""
        return self._history.is_complete

    def __repr__(self) -> str:
        event = self._event
        lines = [f"op {self.position} of {len(self)} in {self._name}" + (f": {self.where}" if self.where else "")]
        if self.line:
            lines.append(self.loc.excerpt())
        taken = ", ".join(
            f"{text} = {_value_text(x)}" if text else _value_text(x)
            for text, x in zip(self._texts(event.op.operands), event.operands, strict=True)
        )
        lines.append(f"  {event.op.name} {taken}".rstrip())
        for value, x in zip(event.op.results, event.results, strict=False):
            name = self._names.get(value, "")
            lines.append(f"    -> {name + ': ' if name else ''}{value.type} = {_value_text(x)}")
        if event.printed:
            lines.append(f"  prints {event.printed!r}")
        if event.error is not None:
            message = event.error.what if isinstance(event.error, GraphError) else str(event.error)
            lines.append(f"  raises {type(event.error).__name__}: {message}".rstrip(": "))
        return "\n".join(lines)

    def interact(self) -> None:
        """Walk by typing commands; `h` lists them."""
        prompt(self)

    # Within

    @property
    def _events(self) -> Sequence[Event]:
        return self._history.events

    @property
    def _event(self) -> Event:
        return self._history.events[self._at]

    def _texts(self, values: Sequence[Value]) -> list[str]:
        texts = (text_of(v, self._names, self._producers) for v in values)
        return [t if not t[:1].isdigit() and not t.startswith("-") else "" for t in texts]

    def _named(self, event: Event) -> dict[str, Any]:
        pairs = zip(event.op.results, event.results, strict=False)
        return {self._names[v]: _shown(x) for v, x in pairs if v in self._names}


def _described(activation: Activation) -> str:
    owner = activation.owner
    line = f" of line {owner.loc.line}" if owner is not None and owner.loc.line else ""
    name = activation.graph.name
    if owner is not None and owner.name == "call":
        return f"function `{name}`"
    if activation.trip:
        where = "the test before trip" if name == "test" else "trip"
        return f"{where} {activation.trip} of the loop{line}"
    return REGIONS.get(name, f"`{name}`") + line


def _shown(x: Any) -> Any:
    """Data as what the user has: tensors, lists of tensors, None."""
    if isinstance(x, list):
        return [_shown(item) for item in cast("list[Any]", x)]
    return wrap(x) if isinstance(x, ARRAYS) else x


def _value_text(x: Any) -> str:
    if isinstance(x, list):
        return "[" + ", ".join(map(_value_text, cast("list[Any]", x))) + "]"
    if not isinstance(x, ARRAYS):
        return str(x)
    text = short(np.asarray(x))
    return text if len(text) <= 72 else str(Aval(x.dtype, np.shape(x)))


def step(f: Callable[..., Any], *args: Any, limit: int = MOST_EVENTS, **kwargs: Any) -> Stepper:
    """Run the graph of `f` for these arguments op by op, and give a `Stepper` that stands at its first op.

        s = step(newton, x)
        s.at(12)            # the first op of line 12
        s.forward().values  # the variables after the next op
        s.interact()        # the same by typing

    `f` is a static function, a traced one, or a plain function, which is converted. It is the graph as it was staged,
    before any pass. Nothing is printed and no state is written; a run that fails is there up to the op that failed. At
    most `limit` ops are kept.
    Raises: what conversion and staging raise; ValueError where the function does nothing with tensors.
    """
    if isinstance(f, TracedFunction):
        program, call = f.find(args, kwargs)
    elif isinstance(f, BoundStaticFunction):
        args = (f.__self__, *args)
        program, call = f.__func__.cache.find(args, kwargs)
    else:
        static = f if isinstance(f, StaticFunction) else to_static(f)
        program, call = static.cache.find(args, kwargs)
    history = record(program.staged.graph, [_data(x) for x in program.inputs(call)], limit)
    name = program.staged.graph.name
    if not history.events:
        raise ValueError(f"there is nothing to step through: `{name}` does no op on tensors for these arguments")
    return Stepper(history, name)


def _data(x: Any) -> Any:
    if isinstance(x, list):
        return [_data(item) for item in cast("list[Any]", x)]
    return np.asarray(x)[()] if isinstance(x, Tensor) else x
