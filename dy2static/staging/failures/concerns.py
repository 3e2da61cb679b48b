"""Whether an exception of Python is one of the user's program, or of values that stand for others while staging.

What a run would have in place of a staged number or list is an ordinary one, which can more. So a TypeError or an
AttributeError that one of them may have caused says nothing about a run.
"""

import inspect
import re
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, cast

from dy2static.converters.allow import is_library
from dy2static.staging.containers.lists import StageableList
from dy2static.staging.locate import is_users
from dy2static.staging.values.maybe import MaybeDefined
from dy2static.staging.values.optional import OptionalObject
from dy2static.staging.values.staged import OF_KIND, PYTHON_NUMBERS, StagedNumber
from dy2static.staging.values.text import StagedText
from eager.tensor import Tensor

STAND_INS: Final = (StagedNumber, StageableList, OptionalObject, MaybeDefined, StagedText)
NAMES: Final = tuple(cls.__name__ for cls in (*STAND_INS, *OF_KIND.values()) if cls is not StageableList)
"""As Python's messages have them. A list is named by its own name there, in the graph or not."""
NUMBERS: Final = {cls.__name__: PYTHON_NUMBERS[kind].__name__ for kind, cls in OF_KIND.items()}
OF_OPERATORS: Final = re.compile(
    r"unsupported operand type|'\S+' not supported between instances|bad operand type|can't multiply sequence"
)
"""Messages of operators: staged numbers have those of Python's numbers, with whatever these take."""


def may_concern_staging(error: Exception) -> bool:
    """Whether a value that stands for another one may have caused an exception; false where certainly none did."""
    if isinstance(error, AttributeError) and error.name is not None:
        return _has_in_a_run(error.obj, error.name)
    if any(name in str(error) for name in NAMES):
        return True
    inner: list[FrameType] = []
    user: FrameType | None = None
    step = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        if is_users(frame.f_code.co_filename) and not is_library(frame.f_globals.get("__name__") or ""):
            user, inner = frame, []
        else:
            inner.append(frame)
        step = step.tb_next
    if not inner:
        return user is not None and StageableList.__name__ in str(error) and _holds(user, _is_staged_list)
    # Operators name the classes that they do not take: no number is to blame, and a list may be.
    to_blame = _is_staged_list if _is_of_operator(error) else _is_stand_in
    return any(_was_given(frame, to_blame, is_innermost=frame is inner[-1]) for frame in inner)


def _was_given(frame: FrameType, wanted: Callable[[Any], bool], *, is_innermost: bool) -> bool:
    """Whether a frame of ours was given such a value; what it made itself concerns the exception only where that comes
    from the very frame: else it was given to the next one, too."""
    if is_innermost:
        return _holds(frame, wanted)
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    given = [frame.f_locals[name] for name in code.co_varnames[:count] if name in frame.f_locals]
    return any(_is_within(value, wanted) for value in given)


def name_numbers(error: Exception) -> None:
    """Have the message of an operator name the class that a staged number has in a run."""
    if _is_of_operator(error):
        error.args = (re.sub("|".join(NUMBERS), lambda found: NUMBERS[found.group()], str(error)),)


def _is_of_operator(error: Exception) -> bool:
    """Whether an operator does not take the classes that the message names."""
    return type(error) is TypeError and OF_OPERATORS.match(str(error)) is not None


def _has_in_a_run(owner: Any, name: str) -> bool:
    """Whether what a run has in place of `owner` may have the attribute."""
    if isinstance(owner, StagedNumber):
        return hasattr(PYTHON_NUMBERS[owner.dtype.kind], name)
    if isinstance(owner, Tensor):
        return hasattr(Tensor, name)
    if isinstance(owner, StageableList):
        return hasattr(list, name)
    return isinstance(owner, STAND_INS)


def _holds(frame: FrameType, wanted: Callable[[Any], bool]) -> bool:
    return any(_is_within(value, wanted) for value in frame.f_locals.values())


def _is_within(value: Any, wanted: Callable[[Any], bool], depth: int = 2) -> bool:
    if wanted(value):
        return True
    if depth and isinstance(value, tuple | list | dict):
        items = cast("dict[Any, Any]", value).values() if isinstance(value, dict) else cast("list[Any]", value)
        return any(_is_within(item, wanted, depth - 1) for item in items)
    return False


def _is_staged_list(value: Any) -> bool:
    return isinstance(value, StageableList) and value.staged is not None


def _is_stand_in(value: Any) -> bool:
    return _is_staged_list(value) if isinstance(value, StageableList) else isinstance(value, STAND_INS)
