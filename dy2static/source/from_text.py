"""Static functions from source that is given as a string."""

import itertools
import linecache
import weakref
from collections.abc import Mapping
from types import FunctionType
from typing import Any, Final

from dy2static.debug.tracebacks import hide_ours
from dy2static.decorator import StaticFunction, to_static

_COUNT: Final = itertools.count(1)


def convert_source(
    text: str, name: str | None = None, *, globals: Mapping[str, Any] | None = None, **options: Any
) -> StaticFunction:
    """The function that `text` defines, as `to_static` makes it; `options` are those of `to_static`.

        f = convert_source("def f(x):\\n    return xp.tanh(x)", globals={"xp": xp})

    The text runs as a module, once, with the names in `globals`. It is kept while the function lives, so that errors,
    tracebacks and pdb show its lines. Where it defines several functions, `name` says which.
    Raises: SyntaxError for what is no Python; LookupError where the function is not there, or none is named of several;
    what the text raises when it runs; what `to_static` raises.
    """
    file = f"<dy2static source {next(_COUNT)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace: dict[str, Any] = {"__name__": "__dy2static_source__", **(globals or {})}
    try:
        exec(compile(text, file, "exec", dont_inherit=True), namespace)
        found = _function(namespace, file, name)
        made = found if isinstance(found, StaticFunction) and not options else to_static(found, **options)
    except Exception as error:
        hide_ours(error)
        raise
    weakref.finalize(made, linecache.cache.pop, file, None)
    return made


def _function(namespace: Mapping[str, Any], file: str, name: str | None) -> Any:
    """What the text defines under `name`, or the only function that it defines."""
    functions = {key: value for key, value in namespace.items() if _file_of(value) == file}
    if name is not None:
        if name not in namespace:
            raise LookupError(f"the source defines no `{name}`, but {_listed(functions)}")
        return namespace[name]
    if len(functions) != 1:
        raise LookupError(f"the source defines {_listed(functions)}; say which one with `name`")
    return next(iter(functions.values()))


def _file_of(value: Any) -> str:
    function = getattr(value, "__dy2static_function__", value)
    return function.__code__.co_filename if isinstance(function, FunctionType) else ""


def _listed(functions: Mapping[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in functions) or "no function"
