"""`warnings.warn`: a warning in each run that comes to it, at the user's line."""

import sys
import warnings
from types import FrameType
from typing import Any, cast

from dy2static.errors import StagingError
from dy2static.staging.locate import GENERATED, is_users, user_location
from dy2static.staging.stager import Stager
from dy2static.staging.values.text import StagedText
from graph.ops.raised import name_of


def warn(
    stager: Stager,
    message: Any,
    category: Any = None,
    stacklevel: int = 1,
    source: Any = None,
    **options: Any,
) -> None:
    """`warnings.warn(message, category, stacklevel)` in the graph.

    Raises: StagingError for other options, which look at the frames of the running program, and where the code has
    changed the filters.
    """
    if options:
        raise StagingError(
            f"a graph cannot give a warning with `{next(iter(options))}`, which looks at the frames of a run",
            next_step="leave it out, or say by `stacklevel` which line the warning is about.",
            loc=user_location(),
        )
    if isinstance(message, Warning):
        category = type(message)
    if category is not None and not _is_warning(category):
        kind = cast("type[Any]", type(category)).__name__
        raise TypeError(f"category must be a Warning subclass, not '{kind}'")
    stager.world.check_filters()
    text, frame, loc = StagedText.of(message), _frame_at(stacklevel), user_location()
    stager.builder.loc = loc
    stager.builder.warn(
        *text.values,
        category=name_of(category or UserWarning),
        parts=tuple(text.parts),
        forms=tuple(text.forms),
        file=loc.file if frame is None else frame.f_code.co_filename,
        line=loc.line if frame is None else frame.f_lineno,
        module="sys" if frame is None else frame.f_globals.get("__name__", "<string>"),
    )


def warn_in_python(message: Any, category: type[Warning] | None = None, stacklevel: int = 1, **options: Any) -> None:
    """The same in converted code that Python runs: two frames of ours are around it."""
    warnings.warn(message, category, stacklevel + 2, **options)


def _is_warning(category: Any) -> bool:
    return isinstance(category, type) and issubclass(category, Warning)


def _frame_at(level: int) -> FrameType | None:
    """The frame of the user's that so many calls lead to, 1 for the one that runs now; blocks that conversion has made
    functions of belong to the function that they are in. None where there are fewer."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    found: FrameType | None = None
    while frame is not None and level > 0:
        if is_users(frame.f_code.co_filename):
            found = found or frame
            if frame.f_code.co_name not in GENERATED:
                level -= 1
                if not level:
                    return found
                found = None
        frame = frame.f_back
    return None
