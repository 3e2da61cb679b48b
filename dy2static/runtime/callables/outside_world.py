"""Calls that reach outside of the program: files, processes, queues, iterators, the system. They would be made once,
while the graph is made, and by no run again: so they are refused. What a function makes and fills by itself, such as a
digest, is the same in every run."""

import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import date
from pathlib import Path, PurePath
from types import FunctionType, MethodType, ModuleType
from typing import Any, Final, NoReturn, cast

import numpy as np

from dy2static.converters.allow import ON_FILES
from dy2static.errors import StagingError
from dy2static.runtime.callables.pulled import is_iterator
from dy2static.runtime.callables.questions import ENVIRONMENT, is_question
from dy2static.staging.locate import user_location
from dy2static.staging.objects.by_identity import of_class
from dy2static.staging.objects.stale import check_usable
from dy2static.staging.stager import Stager
from dy2static.staging.values.staged import StagedTensor
from dy2static.staging.values.text import StagedText

WHY: Final = "reaches outside of the program: it would be called while the graph is made, and by no run again"
NEXT: Final = "call it outside of the converted function: pass what it gives as an argument, return what it is given."
OF_SYSTEM: Final = frozenset(
    (
        *("posix", "nt", "os", "shutil", "tempfile", "glob", "subprocess", "atexit", "fcntl", "mmap", "getpass"),
        *("socket", "_socket", "ssl", "select", "selectors", "http.client", "urllib.request", "smtplib", "ftplib"),
        *("sqlite3", "_sqlite3", "dbm", "shelve", "multiprocessing", "concurrent", "secrets"),
    )
)
"""Modules whose functions ask or change the system."""
PURE: Final = frozenset(("fspath", "_fspath", "fsencode", "fsdecode", "strerror"))
"""Functions of theirs that do neither."""
FUNCTIONS: Final = frozenset(
    (
        *("io.open", "io.open_code", "builtins.open", "builtins.input", "time.sleep", "uuid.uuid1", "uuid.uuid4"),
        *("contextlib.redirect_stdout", "contextlib.redirect_stderr"),
    )
)
"""Functions of other modules."""
OF_HANDLERS: Final = frozenset({"sys.exc_info", "sys.exception", "traceback.format_exc", "traceback.print_exc"})
"""Functions that find the exception that is handled."""
OF_NOW: Final = {"localtime": 1, "gmtime": 1, "ctime": 1, "asctime": 1, "strftime": 2}
"""Functions of `time` that take the time of now, where they are given fewer arguments than this."""
OF_TODAY: Final = frozenset({"now", "utcnow", "today"})
OF_PATHS: Final = frozenset(name for name in vars(Path) if not hasattr(PurePath, name))
"""Methods of a path that look at files."""
CHANGEABLE: Final = frozenset(
    (
        *("_io", "io", "queue", "_queue", "csv", "_csv", "threading", "zlib", "bz2", "_bz2", "lzma", "_lzma", "gzip"),
        *("zipfile", "tarfile", "hmac", "_hashlib", "_md5", "_sha1", "_sha2", "_sha256", "_sha512", "_sha3", "_blake2"),
    )
)
"""Modules whose objects change by calls, and cannot be looked into."""
MAKERS: Final = frozenset({"hashlib", "_hashlib", "_blake2", "csv", "_csv", "hmac", "zlib", "gzip", "bz2", "lzma"})
"""Modules whose functions make such objects."""


def check(stager: Stager, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Raises: StagingError for a call that reaches out, or that may change an object which the function did not make in
    this branch or loop of the graph."""
    if is_question(function):
        return
    if _reaches_out(function, args):
        _refuse(f"`{_name_of(function)}` {WHY}", NEXT)
    if f"{_module_of(function)}.{_name_of(function)}" in OF_HANDLERS and sys.exc_info()[0] is None:
        _refuse(
            f"`{_name_of(function)}` asks Python for the exception that is handled, and a run handles it in the graph",
            "name the exception, `except ValueError as error:`, and use that.",
        )
    check_objects(stager, _name_of(function), (getattr(function, "__self__", None), *args, *kwargs.values()))


def check_objects(stager: Stager, name: str, things: Sequence[Any]) -> None:
    """The same of what a call, or a statement of this name, may change."""
    changed = next(filter(is_changeable, things), None)
    if changed is None:
        return
    check_usable(changed)
    kind, place = cast("type[Any]", type(changed)).__name__, stager.place_of(changed)
    if place is None:
        _refuse(
            f"`{name}` may change an object of class {kind} that this function has not made: it would be called while "
            "the graph is made, and by no run again",
            "collect the values in a list, return it, and do this with them outside of the converted function.",
        )
    if place is not stager.builder:
        _refuse(
            f"`{name}` may change an object of class {kind} that was made outside of this branch or loop: how often a "
            "run comes here is known only when the graph runs",
            "make the object in the branch or loop, or collect the values in a list.",
        )
    if any(isinstance(x, StagedTensor | StagedText) for x in things):
        _refuse(
            f"an object of class {kind} takes what is known while the graph is made, and `{name}` is given a value "
            "that only a run knows",
            "put texts together by `+` and `join`, or do this outside of the converted function.",
        )


def note(stager: Stager, function: Any, made: Any) -> Any:
    """What a call gives: remembered, if the call has made it and it changes by calls; a module is read from outside."""
    if isinstance(made, ModuleType):
        stager.note_asked(made, None, "module")
    is_maker = isinstance(function, type) or _module_of(function) in MAKERS or is_iterator(made)
    if is_maker and is_changeable(made) and stager.place_of(made) is None:
        stager.made_here(made)
    return made


def is_changeable(value: Any) -> bool:
    """Whether it is a file, queue, digest or the like, or an iterator of which nothing is noted."""
    if isinstance(value, np.flatiter):
        return value.index > 0  # each `x.flat` is another one
    return is_iterator(value) or _is_of_changeable(cast("type[Any]", type(value)))


@of_class
def _is_of_changeable(cls: type) -> bool:
    return any(base.__module__ in CHANGEABLE for base in cls.__mro__)


def reaches_out(module: str, name: str, count: int) -> bool:
    """Whether a function of a module asks or changes the system, where it is given so many arguments."""
    if module in OF_SYSTEM or module.partition(".")[0] in OF_SYSTEM:
        return name not in PURE
    if module == "time" and count < OF_NOW.get(name, 0):
        return True
    if module.partition(".")[0] == "numpy" and name in ON_FILES:
        return True
    return f"{module.removeprefix('_')}.{name}" in FUNCTIONS


def _reaches_out(function: Any, args: Sequence[Any]) -> bool:
    name = getattr(function, "__name__", "")
    if reaches_out(_module_of(function), name, len(args)):
        return True
    owner = getattr(function, "__self__", args[0] if args else None)
    cls = cast("type[Any]", owner if isinstance(owner, type) else type(owner))
    if isinstance(owner, np.ndarray):
        return name in ("tofile", "dump")
    if isinstance(owner, ContextVar):
        return name in ("set", "reset")
    if isinstance(owner, ENVIRONMENT):
        return isinstance(function, MethodType | type)
    is_file = issubclass(cls, Path) and name in OF_PATHS
    return is_file or (issubclass(cls, date) and name in OF_TODAY)


def _module_of(function: Any) -> str:
    """The module that defines a function, or the class of a method."""
    if isinstance(function, MethodType):
        function = function.__func__
    if isinstance(function, FunctionType):
        return function.__globals__.get("__name__") or ""
    owner = getattr(function, "__self__", None)
    return owner.__name__ if isinstance(owner, ModuleType) else getattr(function, "__module__", None) or ""


def _name_of(function: Any) -> str:
    return getattr(function, "__name__", None) or cast("type[Any]", type(function)).__name__


def _refuse(what: str, next_step: str) -> NoReturn:
    raise StagingError(what, next_step=next_step, loc=user_location())
