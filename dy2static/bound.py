"""A function for one kind of arguments: calls that check nothing but these."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dy2static.cache.program import Program
from dy2static.cache.shortcut import MISS, Shortcut, shortcut
from dy2static.cache.signature import Call, signature
from dy2static.debug.tracebacks import hide_ours
from dy2static.eager_mode import is_running_eagerly
from dy2static.tracing.texts import described, difference
from eager.grad_mode import is_grad_enabled
from eager.recorder import active
from graph.errors import DTypeError, GraphError, ShapeError

NEXT: Final = "call the function itself, which makes a program for these arguments, or bind it to them."


class Bound:
    """A compiled function for arguments like the examples. See `StaticFunction.bind`.

    `program` is what runs.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        program: Program,
        call: Call,
        examples: tuple[Any, ...],
        names: Sequence[str],
        *,
        leading: tuple[Any, ...] = (),
        apart_from: frozenset[int] = frozenset(),
    ) -> None:
        self.program = program
        self._function = function
        self._names = names
        self._leading = leading
        self._apart_from = apart_from
        self._family = call.family
        self._arguments: Mapping[str, tuple[str, Any]] = described(names, examples, {})
        self._has_grad = is_grad_enabled()
        self._way: Shortcut = shortcut(program, call, examples, apart_from=apart_from, has_guards=False) or _miss

    def __call__(self, *args: Any) -> Any:
        args = (*self._leading, *args) if self._leading else args
        try:
            if is_running_eagerly() or active() is not None:
                return self._function(*args)
            result = self._way(args)
            return self._run(args) if result is MISS else result
        except Exception as error:
            hide_ours(error)
            raise

    def __repr__(self) -> str:
        arguments = ", ".join(f"{path}: {text}" for path, (text, _) in self._arguments.items())
        return f"<{self._function!r} bound to ({arguments})>"

    def _run(self, args: tuple[Any, ...]) -> Any:
        """The general way: on the tape, for containers, and to say what does not fit."""
        call = signature(args, {})
        if call.family != self._family or not self.program.pattern.fits(call):
            raise self._misfit(call, args)
        shared = any(id(leaf) in self._apart_from for leaf in call.leaves)
        if shared or is_grad_enabled() is not self._has_grad:
            return self._function(*args)
        return self.program.run(call, args, {})

    def _misfit(self, call: Call, args: tuple[Any, ...]) -> GraphError:
        """What is to be raised for arguments that are not like the examples."""
        kind = ShapeError if call.family == self._family else DTypeError
        why = difference(self._arguments, described(self._names, args, {}))
        return kind(f"{self._function!r} was bound to other arguments: {why}", next_step=NEXT)


def _miss(args: tuple[Any, ...]) -> Any:
    """The shortcut of what has none."""
    return MISS
