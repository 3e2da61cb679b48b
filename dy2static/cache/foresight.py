"""What the loops of a program were found to carry, kept on disk, so that a second process stages their bodies once.

`t = 0.0` before a loop that adds tensors to `t` is a number first and a tensor from the second trip on: a loop is
staged until what it carries settles (see `staging.loop`). Where that took a second round, the next process begins with
what was found. That is presumed only: it counts where the graph, the functions that were converted and what was read
outside come out as they were then; else the function is staged anew, without it.
"""

import functools
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

from dy2static.cache.sources import BY_VALUE, Guard
from dy2static.source.convert import Converted, convert_function
from dy2static.staging.arguments import Leaf
from dy2static.staging.regions.rounds import Foreseen, Settled
from dy2static.staging.values.spec import TensorSpec
from eager.tensor import Tensor
from graph.aval import scalar
from graph.dtypes import FROM_SHORT, SHORT_NAMES
from graph.llvm.runtime.cache import Cached, ObjectCache, default_cache
from graph.llvm.runtime.object_code import ObjectCode

T = TypeVar("T")
NAMED: Final = (type, FunctionType, BuiltinFunctionType, ModuleType)


class Foresight:
    """The entry of one function with arguments of one kind."""

    def __init__(self, function: Any, leaves: Sequence[Leaf], *, is_kept: bool) -> None:
        """`leaves` are those of its arguments; nothing is kept unless `is_kept`."""
        self._function, self._leaves = function, leaves
        self._cache = default_cache() if is_kept else ObjectCache(None)
        self._came_to = ""
        self._is_ignored = False

    def loops(self) -> Sequence[Foreseen]:
        """What was found for the loops outside of loops, in the order in which they were staged. Asked for by the first
        of them: most functions have none."""
        kept = None if self._is_ignored or self._cache.folder is None else self._cache.get(self._key)
        if kept is None:
            return ()
        try:
            came_to, loops = json.loads(kept.note)
            found = [_read(*loop) for loop in loops]
        except (ValueError, TypeError, KeyError):  # written by another version
            return ()
        self._came_to = came_to
        return found

    def used_for(self, stage: Callable[[], T], outcome_of: Callable[[T], tuple[Settled, Callable[[], str]]]) -> T:
        """What `stage` gives, which asks for `loops`: a second time without them, where it does not come to what it
        came to when they were found. `outcome_of` says what that is.

        Raises: what `stage` raises without them.
        """
        try:
            made = stage()
            settled, outcome = outcome_of(made)
            if settled.is_foreseen and outcome() != self._came_to:
                return self._stage_anew(stage, outcome_of)
        except Exception:  # perhaps only for what was foreseen
            if not self._came_to or self._is_ignored:
                raise
            return self._stage_anew(stage, outcome_of)
        return made

    def note(self, settled: Settled, outcome: Callable[[], str]) -> None:
        """Keep what was found, where it took a second round."""
        if settled.is_repeated and not settled.is_foreseen and self._cache.folder is not None:
            note = json.dumps([outcome(), [_written(loop) for loop in settled.loops]])
            self._cache.put(self._key, Cached(ObjectCode(b"", ()), note))

    def _stage_anew(self, stage: Callable[[], T], outcome_of: Callable[[T], tuple[Settled, Callable[[], str]]]) -> T:
        self._is_ignored = True
        return self.used_for(stage, outcome_of)

    @functools.cached_property
    def _key(self) -> str:
        source = convert_function(self._function).source
        types = [f"{leaf.aval} {leaf.weak}" for leaf in self._leaves]
        return f"loops-{_digest([source.file, self._function.__qualname__, source.text, *types])}"


def outcome(
    graph: str, conversions: Iterable[tuple[Any, Converted]], guards: Iterable[Guard], captured: Iterable[Any]
) -> str:
    """A digest of what staging came to."""
    texts = [graph]
    converted = [f"{made.source.file} {made.function.__qualname__} {made.source.text}" for _, made in conversions]
    texts += dict.fromkeys(converted)  # each once: how often they are called is a matter of rounds
    texts += [f"{guard.source.text} {guard.how} {_description(guard.expected)}" for guard in guards]
    texts += [_description(held) for held in captured]
    return _digest(texts)


def _description(value: Any) -> str:
    """What two processes have in common of a value."""
    if isinstance(value, BY_VALUE):
        return repr(cast("object", value))
    if isinstance(value, Tensor):
        return f"{value.dtype} {value.shape}"
    if isinstance(value, NAMED):
        return f"{getattr(value, '__module__', '')} {getattr(value, '__qualname__', value.__name__)}"
    kind = cast("type[Any]", type(value))
    return f"{kind.__module__} {kind.__qualname__}"


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()


def _written(loop: Foreseen) -> Any:
    return loop.names, [(i, SHORT_NAMES[s.aval.dtype], s.weak, s.adapted) for i, s in loop.numbers.items()]


def _read(names: Sequence[str], numbers: Sequence[tuple[int, str, bool, bool]]) -> Foreseen:
    specs = {i: TensorSpec(scalar(FROM_SHORT[name]), weak, adapted) for i, name, weak, adapted in numbers}
    return Foreseen(tuple(names), specs)
