"""Questions about files and the environment: what is answered while the graph is made is compared before each run, and
another answer makes another program."""

import functools
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final

from dy2static.staging.stager import Stager

ENVIRONMENT: Final[Any] = type(os.environ)
QUESTIONS: Final[frozenset[Any]] = frozenset(
    (
        *(os.getenv, os.getcwd, os.getpid, os.cpu_count, os.path.exists, os.path.isfile, os.path.isdir),
        *(os.path.getsize, os.path.getmtime, os.path.islink, os.path.abspath, os.path.realpath),
        *(os.path.expanduser, os.path.expandvars),
    )
)
"""Functions that look at the world and change nothing."""
OF_ENVIRONMENT: Final = frozenset({"get", "__getitem__", "__contains__"})
OF_PATHS: Final = frozenset({"exists", "is_file", "is_dir", "cwd", "home", "absolute", "resolve", "expanduser"})
"""Methods that do so."""


def is_question(function: Any) -> bool:
    """Whether it only asks about files or the environment."""
    if isinstance(function, MethodType):
        owner: Any = function.__self__
        is_path = isinstance(owner, Path) or (isinstance(owner, type) and issubclass(owner, Path))
        of_owner = OF_PATHS if is_path else OF_ENVIRONMENT if isinstance(owner, ENVIRONMENT) else ()
        return function.__name__ in of_owner
    return isinstance(function, FunctionType | BuiltinFunctionType) and function in QUESTIONS


def note_question(stager: Stager, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Note that a call is one, if it is."""
    if is_question(function):
        stager.note_asked(functools.partial(function, *args, **kwargs), None, "call")


def note_key(stager: Stager, container: Any, method: str, key: Any) -> None:
    """The same of `os.environ[key]` and `key in os.environ`, by the name of the method; and of `sys.modules[key]`."""
    if isinstance(container, ENVIRONMENT):
        note_question(stager, getattr(container, method), (key,), {})
    elif container is sys.modules and key in sys.modules:
        stager.note_asked(sys.modules[key], None, "module")
