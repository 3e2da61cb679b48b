"""Objects that a block makes, that hold values of it, and that cannot be taken apart: they cannot leave it."""

from collections.abc import Iterator
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from dy2static.converters.allow import is_library
from dy2static.errors import StagingError
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import user_location
from dy2static.staging.objects.instances import is_made
from dy2static.staging.objects.made import HOLDING, fields_of
from dy2static.staging.values.staged import NUMBERS, StagedTensor
from eager.pytree import children

if TYPE_CHECKING:
    from dy2static.staging.stager import Stager

WITHOUT_VALUES = (*NUMBERS, str, bytes, type, ModuleType, type(None))
"""What holds no values of the graph."""
MOST_DEEP = 4


def without_leak(value: Any, stager: "Stager") -> Any:
    """A value that leaves a block as it is.

    Raises: StagingError for an object with values of the graph that are the block's.
    """
    if isinstance(value, WITHOUT_VALUES) or not any(_is_foreign(x, stager) for x in _values_in(value, MOST_DEEP)):
        return value
    kind = cast("type[Any]", type(value)).__name__
    if isinstance(value, MethodType):
        what = f"a method of an object of class {type(value.__self__).__name__}"
        next_step = "keep the object, and take its method where it is called."
    elif isinstance(value, FunctionType):
        what = f"the function `{value.__name__}`, with its defaults,"
        next_step = "make it before, or read what it needs from variables, without a default."
    elif is_made(value):
        what = f"an object of class {kind}, which holds itself or has a `__del__`,"
        next_step = "make it before, or let objects refer to each other by an index."
    else:
        what = f"an object of class {kind}"
        next_step = (
            "make it before, or keep a list, a dict or an object of a plain class, or register its class with "
            "`eager.register_pytree`."
        )
    refused = StagingError(
        f"{what} is made in a branch or loop of the graph and used outside of it; it holds values that only the branch "
        "or loop has, and it cannot be taken apart",
        next_step=next_step,
        loc=user_location(),
    )
    refused.kinds = () if is_made(value) else (cast("type[Any]", type(value)),)
    raise refused


def _values_in(value: Any, depth: int) -> Iterator[StagedTensor]:
    if isinstance(value, StagedTensor):
        yield value
    elif depth and not isinstance(value, WITHOUT_VALUES):
        for item in _held_by(value):
            yield from _values_in(item, depth - 1)


def _held_by(value: Any) -> list[Any]:
    if isinstance(value, MethodType):
        return [value.__self__]
    if isinstance(value, FunctionType):  # the variables that it reads are merged themselves
        return [*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, StageableList) and value.staged is not None:
        return []  # it was there before: what is in it is merged as the content of a cell
    if isinstance(value, partial):
        bound = cast("partial[Any]", value)
        return [bound.func, *bound.args, *bound.keywords.values()]
    if (split := children(value)) is not None:
        return split[1]
    cls = cast("type[Any]", type(value))
    fields = [] if is_library(cls.__module__) else list(fields_of(value).values())
    if isinstance(value, dict):
        return [*cast("dict[Any, Any]", value).values(), *fields]
    return [*value, *fields] if isinstance(value, HOLDING) else fields


def _is_foreign(value: StagedTensor, stager: "Stager") -> bool:
    return not stager.is_known_here(value)
