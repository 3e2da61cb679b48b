"""What Python's own callables mean for values of the graph, where that is not what Python does by itself."""

from collections import deque
from collections.abc import Callable
from types import BuiltinFunctionType, BuiltinMethodType, FunctionType, MethodDescriptorType, WrapperDescriptorType
from typing import Any, Final, cast

from dy2static.converters.allow import PROGRESS, is_library
from dy2static.runtime.callables import logging_calls, math_functions
from dy2static.runtime.callables.builtins import BUILTINS
from dy2static.runtime.callables.changed_by_call import STORES
from dy2static.runtime.callables.converted import home_of
from dy2static.runtime.callables.getters import reading_by_text
from dy2static.runtime.callables.library_written_out import written_out
from dy2static.runtime.callables.memos import remembered
from dy2static.runtime.callables.single_dispatch import dispatched
from dy2static.runtime.callables.stream_calls import writing_to_stream
from dy2static.runtime.callables.texts import method_of_text
from dy2static.runtime.graph_keys import method_in_graph
from dy2static.runtime.missing_keys import read_by_call
from dy2static.staging.containers.iterables import is_staged_iterable
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.stager import Stager

Args = tuple[Any, ...]
Named = dict[str, Any]
Done = Callable[[], Any]


def meaning_of(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    """What is done in the place of `function(*args, **kwargs)`; None where nothing else is."""
    for find in MEANINGS:
        found = find(stager, function, args, kwargs)
        if found is not None:
            return found
    return None


def builtin(function: Any) -> Callable[..., Any] | None:
    """What one of the functions in `BUILTINS` means; it takes the stager first."""
    try:
        return BUILTINS.get(function)
    except TypeError:  # a callable object that cannot be hashed is no builtin
        return None


def _builtin(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = builtin(function)
    return None if found is None else lambda: found(stager, *args, **kwargs)


def _method_of_class(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    """`list.append(x, v)`, `object.__setattr__(x, "a", v)`: the method of x, as that of converted code has its own."""
    if not args:
        return None
    owner = cast(object, args[0])
    if isinstance(function, MethodDescriptorType) and isinstance(owner, CONTAINERS):
        method = getattr(owner, function.__name__) if type(owner) is StageableList else function.__get__(owner)
    elif _is_store_of_library(function):
        method = function.__get__(owner)
    else:
        return None
    return lambda: stager.call(method, args[1:], kwargs)


def _is_store_of_library(function: Any) -> bool:
    is_python = isinstance(function, FunctionType) and is_library(home_of(function))
    return (is_python or isinstance(function, WrapperDescriptorType)) and function.__name__ in STORES


def _written_out(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = written_out(function, args, kwargs.values())
    return None if found is None else lambda: stager.call(found, args, kwargs)


def _by_text(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = reading_by_text(stager, function)
    return None if found is None else lambda: found(*args, **kwargs)


def _by_class(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = dispatched(stager, function, args)
    return None if found is None else lambda: stager.call(found, args, kwargs)


def _to_stream(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = writing_to_stream(stager, function)
    return None if found is None else lambda: found(*args, **kwargs)


def _to_log(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    logger = logging_calls.logger_of(function)
    return None if logger is None else lambda: logging_calls.log(stager, logger, function.__name__, args, kwargs)


def _of_math(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    if type(function) is not BuiltinFunctionType or not math_functions.takes(function, args):
        return None
    return lambda: math_functions.in_graph(stager, function, args, kwargs)


def _of_text(_: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = method_of_text(function, (*args, *kwargs.values())) if isinstance(function, BuiltinMethodType) else None
    return None if found is None else lambda: found(function.__self__, *args, **kwargs)


def _of_dict(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    found = method_in_graph(stager, function, args)
    return None if found is None else lambda: found(*args, **kwargs)


def _of_missing(stager: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    return read_by_call(stager, function, args)


def _of_progress(_: Stager, function: Any, args: Args, kwargs: Named) -> Done | None:
    """`tqdm(items)` of items that the graph goes over: these."""
    is_progress = (getattr(function, "__module__", None) or "").partition(".")[0] in PROGRESS
    return (lambda: args[0]) if is_progress and args and is_staged_iterable(args[0]) else None


CONTAINERS: Final[tuple[type[Any], ...]] = (list, dict, set, deque)
MEANINGS: Final = (
    _builtin,
    remembered,
    _method_of_class,
    _written_out,
    _by_text,
    _by_class,
    _to_stream,
    _to_log,
    _of_math,
    _of_text,
    _of_dict,
    _of_missing,
    _of_progress,
)
"""Where a meaning is looked for, in this order."""
