"""Functions of `functools.lru_cache` and `functools.cache`. What they have kept is there before a run, and is compared
before each: it is an input. A call for which nothing is kept runs the function as it is, once, as plain Python does. So
such a call is refused where a run decides whether it comes to it, unless nobody can tell."""

import functools
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import BuiltinMethodType, MethodType
from typing import Any, Final, NoReturn, cast

from dy2static.errors import StagingError
from dy2static.runtime.callables.told import MEMO, Told, told_by
from dy2static.source.convert import is_converted
from dy2static.staging.containers.lists import is_of_graph
from dy2static.staging.failures.never import must_come_later
from dy2static.staging.locate import user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.text import StagedText
from eager.recorder import recording

ASKS: Final = frozenset({"cache_info", "cache_clear"})


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What a function keeps for some arguments, for a guard."""

    memo: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __call__(self) -> Any:
        """The result; where none is kept something that nobody has, as the next run has to call the function."""
        return self.memo(*self.args, **self.kwargs) if is_kept(self.memo, self.args, self.kwargs) else object()


def remembered(stager: Stager, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What stands for a call of such a function; None for other functions.

    Raises: StagingError where it is not known before a run whether the function is called.
    """
    if isinstance(function, BuiltinMethodType) and type(function.__self__) is MEMO and function.__name__ in ASKS:
        raise StagingError(
            f"`{function.__name__}` of a function that keeps its results: runs find them without asking for them",
            next_step=f"call `{function.__name__}()` outside of the converted function.",
            loc=user_location(),
        )
    if isinstance(function, MethodType) and type(cast(Any, function.__func__)) is MEMO:
        function, args = cast(Any, function.__func__), (function.__self__, *args)
    if type(function) is not MEMO:
        return None
    memo, given = cast(Any, function), (*args, *kwargs.values())
    if any(is_of_graph(x) or isinstance(x, StagedText) for x in given):
        return None  # such a value cannot be a key
    if memo.cache_parameters()["maxsize"] == 0:
        return lambda: stager.call(memo.__wrapped__, args, kwargs)
    if is_converted(memo.__wrapped__) or any(stager.cells.is_ours(x) for x in (memo, *given)):
        return lambda: _of_this_run(stager, memo, args, kwargs)
    return lambda: _of_all_runs(stager, memo, args, kwargs)


def is_kept(memo: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the result for these arguments is kept."""
    return _key(memo, args, kwargs) in _table(memo)


def _of_all_runs(stager: Stager, memo: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not is_kept(memo, args, kwargs):
        _check_is_surely_called(stager, memo, args, kwargs)
        with recording(None):  # what it keeps is no value of this graph
            result = memo(*args, **kwargs)
        if not is_kept(memo, args, kwargs):  # it called itself, and kept so much that this is gone
            return result
    kept = Kept(memo, args, kwargs)
    stager.note_asked(kept, None, "call")
    return kept()


def _check_is_surely_called(stager: Stager, memo: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raises: StagingError where a run may not come to this call, or later than this, and that could be told."""
    if not must_come_later(stager):
        return
    told = told_by(memo.__wrapped__, (*args, *kwargs.values()))
    if told is Told.NOTHING or (told is Told.READS and stager.builder is stager.root):
        return
    _refuse(
        memo,
        "has none for these arguments yet: whether a run comes to this call, and what it does before, is known only "
        "when the graph runs",
    )


def _of_this_run(stager: Stager, memo: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a function, or with an object, that each run makes: what it keeps is of this run only."""
    key = _key(memo, args, kwargs)
    _, results = stager.kept.setdefault(id(memo), (memo, {}))
    if key in results:
        result = results[key] = results.pop(key)  # the one that is asked for last goes last
        return result
    ours = [x for x in (memo, *args, *kwargs.values()) if stager.cells.is_ours(x)]
    if stager.builder is not stager.root and not (ours and all(map(stager.cells.is_born_here, ours))):
        _refuse(memo, "would keep one of a branch, loop or `try` of the graph beyond that")
    result = results[key] = stager.call(memo.__wrapped__, args, kwargs)
    most = memo.cache_parameters()["maxsize"]
    if most is not None and len(results) > most:
        del results[next(iter(results))]
    return result


def _key(memo: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """The key that the function itself uses, in C."""
    is_typed = memo.cache_parameters()["typed"]
    if not kwargs and not is_typed:
        return args[0] if len(args) == 1 and type(args[0]) in (int, str) else args
    key = args
    if kwargs:
        key += (MARK, *(part for item in kwargs.items() for part in item))
    return (*key, *map(type, args), *map(type, kwargs.values())) if is_typed else key


def _table(memo: Any) -> dict[Any, Any]:
    """What a function keeps, by keys: the last of the dicts that it refers to, apart from that of its attributes."""
    held: list[Any] = gc.get_referents(memo)
    tables: list[Any] = [x for x in held if type(x) is dict and x is not memo.__dict__]
    return tables[-1]


def _refuse(memo: Any, why: str) -> NoReturn:
    name = memo.__name__
    raise StagingError(
        f"`{name}` keeps its results, and {why}",
        next_step=f"call `{name}` with these arguments at the beginning of the function, or before it.",
        loc=user_location(),
    )


MARK: Final = [x for x in gc.get_referents(functools.cache(len)) if type(x) is object][-1]
"""What stands before named arguments in a key."""
