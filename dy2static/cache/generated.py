"""Functions that are written for one program: their source, and the objects that it names."""

import types
from typing import Any, Final

_EXACT: Final = (str, int)
"""Classes whose values are written as they are."""


class Body:
    """The body of a generated function. Where a test fails it returns `otherwise`, an object."""

    def __init__(self, otherwise: object, **names: Any) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"otherwise": otherwise, **names}
        self._known: dict[int, str] = {id(value): name for name, value in self.names.items()}
        self._count = 0

    def name(self, value: Any) -> str:
        """The name of an object, which lives as long as the function does."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = self.fresh("c")
            self.names[known] = value
        return known

    def literal(self, value: Any) -> str:
        """A value, written out where that is short."""
        return repr(value) if type(value) in _EXACT else self.name(value)

    def fresh(self, letter: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{letter}{self._count}"

    def unless(self, test: str) -> None:
        """Give up where `test` is false."""
        self.lines.append(f"if not ({test}): return otherwise")

    def local(self, expression: str) -> str:
        """A new variable with that value."""
        name = self.fresh("v")
        self.lines.append(f"{name} = {expression}")
        return name

    def function(self, name: str, parameters: str) -> types.FunctionType:
        """The function, compiled."""
        text = "\n    ".join([f"def {name}({parameters}):", *self.lines])
        exec(compile(text, f"<{name}>", "exec"), self.names)
        return self.names[name]
