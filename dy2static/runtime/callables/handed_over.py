"""Objects of users that code of libraries is given (`closing(file)`, `stack.enter_context(manager)`): it calls their
methods as they are. Those that change or print something are converted until staging ends, whoever calls them."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from types import FunctionType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.errors import StagingError
from dy2static.runtime.callables.changing import changes
from dy2static.source.convert import is_converted
from dy2static.source.load import has_source
from dy2static.staging.locate import user_location
from dy2static.staging.objects.by_identity import of_class
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import current

OURS: Final = frozenset({"eager", "graph", "dy2static"})
"""They hand on what is the user's to be called, themselves."""
LEFT: Final = frozenset(
    f"__{name}__"
    for name in (
        *("init", "new", "del", "hash", "getattribute", "setattr", "delattr", "next", "init_subclass"),
        *("class_getitem", "set_name", "getattr"),
    )
)
"""Methods that Python calls, also on its own account."""
MARK: Final = "__dy2static_function__"
"""The attribute that says what to convert in the place of a function."""
GENERATOR_MANAGER: Final[type[Any]] = contextlib._GeneratorContextManager  # pyright: ignore[reportPrivateUsage]


def hand_over(stager: Stager, home: str, things: Iterable[Any]) -> None:
    """Convert the methods of these, and of what those of libraries hold, before code of the module `home` calls them.

    Raises: StagingError for a manager made of a generator function that changes or prints something: only a `with`
    statement of its own runs that converted.
    """
    if home.partition(".")[0] in OURS:
        return
    for thing in _with_held(things):
        if isinstance(thing, GENERATOR_MANAGER):
            _check_manager(thing)
        for owner, name in _acting(cast("type[Any]", type(thing))):
            method = vars(owner).get(name)
            if isinstance(method, FunctionType) and not (is_converted(method) or hasattr(method, MARK)):
                stager.put_back.append(partial(setattr, owner, name, method))
                setattr(owner, name, _converting(method))


def _with_held(things: Iterable[Any]) -> Iterator[Any]:
    for thing in things:
        yield thing
        cls = cast("type[Any]", type(thing))
        if is_library(cls.__module__) and cls.__module__.partition(".")[0] not in OURS:
            yield from tuple(getattr(thing, "__dict__", {}).values())


def _converting(method: FunctionType) -> Callable[..., Any]:
    """The method, which runs converted in what is staged: only then is what it reads of any concern."""

    @wraps(method)
    def called(*args: Any, **kwargs: Any) -> Any:
        stager = current()
        return method(*args, **kwargs) if stager is None else stager.call(method, args, kwargs)

    setattr(called, MARK, method)
    return called


@of_class
def _acting(cls: type) -> tuple[tuple[type, str], ...]:
    """The methods of a user's class that change or print something, with the class that each is of."""
    bases = [base for base in cls.__mro__ if not is_library(base.__module__)]
    methods = ((base, name, member) for base in bases for name, member in tuple(vars(base).items()))
    return tuple(
        (base, name)
        for base, name, member in methods
        if isinstance(member, FunctionType) and name not in LEFT and has_source(member) and changes(member, cls)
    )


def _check_manager(manager: Any) -> None:
    function: Any = manager.func
    if is_library(getattr(function, "__module__", None) or "") or not changes(function, GENERATOR_MANAGER):
        return
    raise StagingError(
        f"`{function.__name__}` changes or prints something, and a library enters its manager here, as it is: it would "
        "while the graph is made, and in no run",
        next_step=f"enter it by a `with` statement of its own: `with {function.__name__}(...):`.",
        loc=user_location(),
    )
