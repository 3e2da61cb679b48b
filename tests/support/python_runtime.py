"""A double of `dy2static.runtime` for ordinary values only: what each construct means in Python, as short as it goes.

With it converters are tested without staging: `run_on_python(f)` is `f` converted, on this runtime.
"""

import operator
import sys
from builtins import slice as slice_  # noqa: F401 (converted code names it)
from collections.abc import Callable, Iterable, Sequence
from types import CellType, FunctionType
from typing import Any

from dy2static.runtime.generators import Generator, consume, generator, generator_of, is_over, yield_  # noqa: F401
from dy2static.runtime.match_stmt import captured, match_  # noqa: F401 (converted code names it)
from dy2static.source.compile import bind
from dy2static.source.convert import CACHE

State = tuple[Any, ...]
Block = Callable[..., State]
Thunk = Callable[[], Any]

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}
IN_PLACE: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.iadd,
    "-": operator.isub,
    "*": operator.imul,
    "/": operator.itruediv,
    "//": operator.ifloordiv,
    "%": operator.imod,
    "**": operator.ipow,
    "@": operator.imatmul,
    "&": operator.iand,
    "|": operator.ior,
    "^": operator.ixor,
    "<<": operator.ilshift,
    ">>": operator.irshift,
}


class Undefined:
    def __init__(self, name: str) -> None:
        self.name = name


def read(value: Any, name: str) -> Any:
    if isinstance(value, Undefined):
        raise UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return value


def read_free(value: Any, name: str) -> Any:
    if isinstance(value, Undefined):
        text = f"cannot access free variable {name!r} where it is not associated with a value in enclosing scope"
        raise NameError(text)
    return value


def if_(test: Any, then: Block, orelse: Block | None, inputs: State, names: tuple[str, ...]) -> State:
    outputs = then(*inputs) if test else inputs[: len(names)] if orelse is None else orelse(*inputs)
    assert len(outputs) == len(names)
    return outputs


def while_(
    test: Callable[..., Any], body: Block, state: State, names: tuple[str, ...], counters: tuple[str, ...] = ()
) -> State:
    assert len(state) == len(names)
    while test(*state):
        state = body(*state)
    return state


def for_(
    iterable: Iterable[Any], body: Block, state: State, names: tuple[str, ...], stop: tuple[str, ...] = ()
) -> State:
    assert len(state) == len(names)

    def has_ended(*state: Any) -> bool:
        return any(state[names.index(flag)] for flag in stop)

    if isinstance(iterable, Generator):
        return consume(iterable, body, state, names, has_ended if stop else None)
    for item in iterable:
        state = body(item, *state)
        if has_ended(*state):
            break
    return state


def if_expr(test: Any, then: Thunk, orelse: Thunk) -> Any:
    return then() if test else orelse()


def and_(value: Any, *others: Thunk) -> Any:
    for other in others:
        if not value:
            break
        value = other()
    return value


def or_(value: Any, *others: Thunk) -> Any:
    for other in others:
        if value:
            break
        value = other()
    return value


def not_(value: Any) -> bool:
    return not value


def in_(item: Any, container: Any) -> bool:
    return item in container


def compare_chain(first: Any, *links: tuple[str, Thunk]) -> Any:
    left, result = first, True
    for symbol, operand in links:
        right = operand()
        result = COMPARISONS[symbol](left, right)
        if not result:
            break
        left = right
    return result


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


def list_(items: list[Any]) -> list[Any]:
    return items


def part(items: Any) -> Any:
    return items


def joined(items: list[Any]) -> list[Any]:
    return items


def new(made: Any) -> Any:
    return made


def class_of(value: Any) -> Any:
    return value.__class__


def attributes_of(value: Any) -> Any:
    return value.__dict__


def spread(items: Any) -> Any:
    return items


def unpack(value: Any, before: int, after: int | None = None) -> Any:
    if after is None:
        return value
    items = [*value]
    end = len(items) - after
    return (*items[:before], items[before:end], *items[end:])


def fstring(*parts: str) -> str:
    return "".join(parts)


def formatted(value: Any, conversion: str = "", spec: str = "") -> str:
    forms: dict[str, Callable[[Any], Any]] = {"s": str, "r": repr, "a": ascii}
    return format(forms[conversion](value) if conversion else value, spec)


def assert_(test: Thunk, message: Thunk | None = None) -> None:
    if test():
        return
    raise AssertionError(*([] if message is None else [message()]))


def raise_(error: Any, cause: Any = None) -> None:
    if cause is None:
        raise error
    raise error from cause


def raise_again() -> None:
    raise


def try_(
    steps: tuple[Block, ...],
    handlers: tuple[Block, ...],
    kinds: tuple[Thunk | None, ...],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
    orelse: Block | None = None,
    final: Block | None = None,
) -> State:
    assert len(state) == len(names)
    assert set(watched) <= set(names)
    assert len(handlers) == len(kinds)
    try:
        try:
            for step in steps:
                state = step(*state)
        except BaseException as error:
            for handler, kind in zip(handlers, kinds, strict=True):
                if kind is None or isinstance(error, kind()):
                    state = handler(error, *values())
                    break
            else:
                raise
        else:
            state = orelse(*state) if orelse else state
    except BaseException:
        if final:
            final(*values())
        raise
    return final(*state) if final else state


def steps(
    blocks: Sequence[Block],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
) -> State:
    assert len(state) == len(names)
    assert set(watched) <= set(names)
    for block in blocks:
        state = block(*state)
    return state


def head(thunk: Callable[[], Any]) -> Any:
    return thunk()


def with_(
    manager: Any,
    inside: Block,
    steps: tuple[Block, ...],
    state: State,
    names: tuple[str, ...],
    values: Callable[[], State],
    *,
    watched: tuple[str, ...] = (),
) -> State:
    assert len(state) == len(names)
    assert set(watched) <= set(names)
    with manager as entered:
        state = inside(entered, *state)
        for step in steps:
            state = step(*state)
        return state
    return values()


def list_of(fill: Callable[[Any], None]) -> list[Any]:
    made: list[Any] = []
    fill(made.append)
    return made


def set_of(fill: Callable[[Any], None]) -> set[Any]:
    made: set[Any] = set()
    fill(made.add)
    return made


def dict_of(fill: Callable[[Any], None]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    fill(made.__setitem__)
    return made


def each(items: Iterable[Any], body: Callable[[Any], None], add: Any) -> None:
    stop = getattr(add, "stop", None)
    for item in items:
        body(item)
        if stop is not None and stop():
            break


def when(test: Any, then: Thunk) -> None:
    if test:
        then()


def is_(a: Any, b: Any) -> bool:
    return a is b


def is_not(a: Any, b: Any) -> bool:
    return a is not b


def equal(a: Any, b: Any) -> Any:
    return a == b


def unequal(a: Any, b: Any) -> Any:
    return a != b


def union(made: Any) -> Any:
    return made


def percent(template: str, values: Any) -> str:
    return template % values


def del_attr(obj: Any, name: str) -> None:
    delattr(obj, name)


def del_item(container: Any, key: Any) -> None:
    del container[key]


def set_global(name: str, value: Any) -> None:
    sys._getframe(1).f_globals[name] = value


def del_global(name: str) -> None:
    if name not in sys._getframe(1).f_globals:
        raise NameError(f"name {name!r} is not defined")
    del sys._getframe(1).f_globals[name]


def read_global(value: Any, name: str) -> Any:
    return value


def set_nonlocal(read: Any, value: Any) -> None:
    read.__closure__[0].cell_contents = value


def del_nonlocal(read: Any) -> None:
    read_free(read(), read.__code__.co_freevars[0])
    set_nonlocal(read, Undefined(read.__code__.co_freevars[0]))


def owns(read: Thunk) -> None:
    pass


def set_attr(obj: Any, name: str, value: Any) -> None:
    setattr(obj, name, value)


def set_item(container: Any, key: Any, value: Any) -> None:
    container[key] = value


def update(target: Any, symbol: str, value: Any) -> Any:
    return IN_PLACE[symbol](target, value)


def update_attr(obj: Any, name: str, symbol: str, value: Any) -> None:
    setattr(obj, name, update(getattr(obj, name), symbol, value))


def update_item(container: Any, key: Any, symbol: str, value: Any) -> None:
    container[key] = update(container[key], symbol, value)


def update_attr_by(obj: Any, name: str, symbol: str, value: Callable[[], Any]) -> None:
    setattr(obj, name, update(getattr(obj, name), symbol, value()))


def update_item_by(container: Any, key: Any, symbol: str, value: Callable[[], Any]) -> None:
    container[key] = update(container[key], symbol, value())


def run_on_python(function: Callable[..., Any]) -> FunctionType:
    """`function` converted, its runtime this one."""
    assert isinstance(function, FunctionType)
    conversion = CACHE.get(function)
    return bind(conversion.code, function, conversion.origin.runtime, CellType(sys.modules[__name__]))
