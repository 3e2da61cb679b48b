"""What names mean where a function is converted: all that conversion asks about values, as questions whose answers can
be written down. Where the answers are the same, so is the converted code.
"""

import builtins
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Final

import numpy as np

from dy2static.converters.allow import is_exception_class, is_library, stays_direct

Resolve = Callable[[str], object]
"""Gives the value of a global or builtin name; None when there is none."""
Answer = bool | int | None


class Meanings:
    """Answers about dotted names that begin with a global one; notes them. `answers`: those that are known already."""

    def __init__(self, resolve: Resolve, answers: Mapping[tuple[str, str], Answer] = MappingProxyType({})) -> None:
        self._resolve = resolve
        self.answers = dict(answers)
        """By question and name."""

    def is_builtin(self, name: str) -> bool:
        """Whether a name means Python's builtin."""
        return bool(self._answer("is_builtin", name))

    def is_unknown(self, name: str) -> bool:
        """Whether a name has no meaning so far."""
        return bool(self._answer("is_unknown", name))

    def is_direct(self, path: str) -> bool:
        """Whether calls need no runtime around them."""
        return bool(self._answer("is_direct", path))

    def may_catch(self, path: str) -> bool:
        """Whether the manager that a call gives may see exceptions, or is seen by others than those Python tells."""
        return bool(self._answer("may_catch", path))

    def most_operands(self, path: str) -> int | None:
        """How many operands a ufunc of NumPy takes; None for anything else."""
        return self._answer("most_operands", path)

    def _answer(self, question: str, path: str) -> Answer:
        key = (question, path)
        if key not in self.answers:
            self.answers[key] = QUESTIONS[question](path, self._resolve)
        return self.answers[key]


def still_hold(answers: Iterable[tuple[tuple[str, str], Answer]], resolve: Resolve) -> bool:
    """Whether the same questions have the same answers here."""
    return all(QUESTIONS[question](path, resolve) == answer for (question, path), answer in answers)


def known_value(path: str, resolve: Resolve) -> object:
    """What a dotted name means now, as far as it leads through modules only; None where that cannot be said."""
    first, *rest = path.split(".")
    value = resolve(first)
    for attribute in rest:
        if not isinstance(value, ModuleType):
            return None
        value = getattr(value, attribute, None)
    return value


def _is_builtin(name: str, resolve: Resolve) -> bool:
    return resolve(name) is getattr(builtins, name, None)


def _is_unknown(name: str, resolve: Resolve) -> bool:
    return resolve(name) is None


def _is_direct(path: str, resolve: Resolve) -> bool:
    callee = known_value(path, resolve)
    return callee is not None and (stays_direct(callee, path.rpartition(".")[-1]) or is_exception_class(callee))


def _may_catch(path: str, resolve: Resolve) -> bool:
    module: object = getattr(known_value(path, resolve), "__module__", None)
    return not isinstance(module, str) or module == "contextlib" or not is_library(module)


def _most_operands(path: str, resolve: Resolve) -> int | None:
    callee = known_value(path, resolve)
    return callee.nin if isinstance(callee, np.ufunc) else None


QUESTIONS: Final[Mapping[str, Callable[[str, Resolve], Answer]]] = {
    "is_builtin": _is_builtin,
    "is_unknown": _is_unknown,
    "is_direct": _is_direct,
    "may_catch": _may_catch,
    "most_operands": _most_operands,
}
